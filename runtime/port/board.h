/* SPDX-License-Identifier: Apache-2.0 */
/* What an example, a test or a benchmark without an operating system wants of any board with two cores.
 *
 * A board is a folder of runtime/port/ that defines these functions, so that a firmware's source knows none of them.
 * Each core has its own image and its own variables: a start, the first or a later one, initialises them and runs
 * main() as a task with interrupts enabled. Core 0 starts; core 1 waits for board_start_other().
 * A main() that returns ends the run with what it returns.
 * An interrupt that nobody expects and a fault end the run as well: BOARD_FAULT, after a line that names the fault.
 *
 * Emulators may run both cores in turn on one thread: a loop that looks at memory must sleep (relax() of the port) or
 * call board_pause() in each turn, or the other core never runs. */
#ifndef WEFT_PORT_BOARD_H
#define WEFT_PORT_BOARD_H

#include <stdint.h>

#include "weft/port.h"

#define BOARD_FAULT 99    /* exit code of a run that ended with a fault or an unexpected interrupt */
#define BOARD_WATCHDOG 98 /* and of one that the watchdog ended */

#define BOARD_SHARED_WORDS 64u
#define BOARD_KEPT_WORDS 14u

/* The name of the machine, as scripts/cores knows it. */
extern const char board_name[];

/* 0 or 1: the core that this runs on. Any context. */
unsigned board_core(void);

/* This core's end of the memory that both share. It has all functions of a port but session(). Any context. */
struct weft_port *board_port(void);

/* Words of memory that both cores reach and that are not in the port's region: for what a test says beside the link.
 * Both see each other's stores when they use __atomic operations. Zero when core 0 starts for the first time. */
uint32_t *board_shared(void);

/* Words of this core that its restarts leave as they are. Zero at its first start. */
uint32_t *board_kept(void);

/* How often this core has started: 1 in its first life. Any context. */
uint32_t board_life(void);

/* A number that was given to the run from outside; 0: none. On an emulator each number also lets the cores alternate at
 * other moments, the same number at the same moments. */
uint32_t board_seed(void);

/* Core 0: let core 1 start, at the reset handler of its image. Core 1 runs already: no effect. Task. */
void board_start_other(void);

/* Start this core anew, as its reset would: interrupts are masked, disabled and forgotten, and its reset handler runs.
 * From the task, or from any interrupt, in the middle of whatever that has cut into. Does not return. */
_Noreturn void board_restart(void);

/* Run handler in the interrupt of this core's doorbell, each time that the other core has rung, and once after this
 * call. NULL: no more; the doorbell still ends relax(). Task. */
void board_on_doorbell(void (*handler)(void));

/* Run handler in a timer's interrupt, each period_us, until the next call; 0: no more. It and the doorbell's do not cut
 * into each other. Task, or the handler itself. */
void board_on_tick(uint32_t period_us, void (*handler)(void));

/* A turn of a loop that looks at memory: lets the other core run where both share a processor. Task. */
void board_pause(void);

/* End the run as BOARD_WATCHDOG unless called again within timeout_us; 0: no more. One a board, which watches both
 * cores: core 0 calls it where it gets on. It ends cores that have masked their interrupts too, where it can. */
void board_watchdog(uint32_t timeout_us);

/* End the run of both cores with that exit code, 0 to 255: 0 is good. Any context. */
_Noreturn void board_exit(int code);

/* ---- The same on every board: board.c, and console.c over what a board gives of its UART (port/console.h) ---- */

/* Write to the console. A whole line at a time is not mixed with what the other core writes. Any context. */
void board_write(const char *text, uint32_t len);

/* Write a line as printf() would, "\n" included; what does not fit into 160 bytes is cut off. Task or interrupt. */
void board_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say why, and end the run with exit code 1. */
_Noreturn void board_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
