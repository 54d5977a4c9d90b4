/* SPDX-License-Identifier: Apache-2.0 */
/* Between board_write(), which is the same on every board, and a board: a console that two cores share. */
#ifndef WEFT_PORT_CONSOLE_H
#define WEFT_PORT_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Given by the board: the word in memory of both that says whose line is written, the core's number and one more. Zero
 * when core 0 starts for the first time. */
uint32_t *console_writer(void);

/* Given by the board: give a byte to the UART. False: it takes none now. */
bool console_put(uint8_t byte);

/* This core starts anew, perhaps cut off while it wrote a line: let go of the console. */
void console_forget(void);

#endif
