/* SPDX-License-Identifier: Apache-2.0 */
/* A process kills itself with SIGKILL at a moment that was drawn for it: after so many steps of its own, which comes
 * out the same on every machine, or after a time, which may be between any two instructions. */
#ifndef WEFT_TESTS_DOOM_H
#define WEFT_TESTS_DOOM_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/port.h"

struct doom {
	unsigned after; /* calls that end or are served first; 0: from birth on */
	bool by_clock;
	uint32_t amount; /* steps, or microseconds */
};

/* Set the doom of this process. Every function of the port is a step from now on. */
void doom_set(const struct doom *doom, struct weft_port *port);

/* A step: the process may not come back from it. Without a doom nothing happens. */
void doom_step(void);

/* A call has ended, or was served. */
void doom_call(void);

#endif
