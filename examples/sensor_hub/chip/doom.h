/* SPDX-License-Identifier: Apache-2.0 */
/* How core 1 comes to start anew: a word beside the link stands for the fault or the watchdog of a product. */
#ifndef SENSOR_HUB_DOOM_H
#define SENSOR_HUB_DOOM_H

#include "weft/port.h"

enum doom {
	DOOM_NONE,
	DOOM_SOON,   /* from the timer's interrupt, 20 ms after it has seen the word */
	DOOM_IN_KICK /* inside the next kick: the lock is held, what was sent is published */
};

/* Core 0: how core 1 restarts, once. */
void doom_other(enum doom doom);

/* Core 1: look at the word from now on; port is the one that the link will use. */
void doom_wait(struct weft_port *port);

#endif
