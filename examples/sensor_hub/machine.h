/* SPDX-License-Identifier: Apache-2.0 */
/* The Linux machine whose processes stand for cores: its memory and its doorbells. On a chip the board has them. */
#ifndef SENSOR_HUB_MACHINE_H
#define SENSOR_HUB_MACHINE_H

#include <stdbool.h>

#include "weft/port.h"

/* Open this process's end; path is that of the socket where the two meet. NULL: it was said why. */
struct weft_port *machine_open(char core, const char *path, bool driver);
void machine_close(void);

#endif
