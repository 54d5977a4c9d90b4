/* SPDX-License-Identifier: Apache-2.0 */
/* The port to the simulated world: one for each link of a core. */
#ifndef WEFT_SIM_PORT_H
#define WEFT_SIM_PORT_H

#include "sim/world.h"
#include "weft/shm.h"

struct sim_port {
	struct weft_port base;
	const struct weft_shm *shm;
	uint8_t peer; /* core */
};

/* A core published in this word, of which we have taken so much, longer ago than memory is ever late; and has gone on
 * far enough to have rung. */
bool sim_overlooked(int link, int peer, uint32_t at, uint16_t taken);
/* Nothing is lost or late in this run. */
bool sim_is_honest(void);

/* interrupts: whoever uses the link can be interrupted by what polls it. */
void sim_port_open(struct sim_port *port, int link, const struct weft_shm *shm, bool interrupts);

#endif
