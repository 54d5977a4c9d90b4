/* SPDX-License-Identifier: Apache-2.0 */
/* What both programs of the example are: a core, with a link to the other one over the port that it is given. */
#ifndef SENSOR_HUB_CORE_H
#define SENSOR_HUB_CORE_H

#include "weft/link.h"

struct core {
	struct weft_port *port;
	struct weft_link link;
	char name; /* 'A' or 'B' */
};

/* Open the core's end of the link. False: it was said why. */
bool core_open(struct core *core, char name, struct weft_port *port, bool driver,
               const struct weft_link_config *config);

/* Take what has come, then sleep until more comes, at most that long. */
void core_turn(struct core *core, uint32_t timeout_us);

void core_say_counters(const struct core *core, uint32_t buffers_out);

#endif
