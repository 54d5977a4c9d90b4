/* SPDX-License-Identifier: Apache-2.0 */
/* What both programs of the example are: a core, with a link to the other one. */
#ifndef SENSOR_HUB_CORE_H
#define SENSOR_HUB_CORE_H

#include "weft/link.h"
#include "weft/posix.h"

struct core {
	struct weft_posix posix;
	struct weft_link link;
	char name; /* 'A' or 'B' */
};

/* Open the core's end of the link; path is that of the socket where the two meet. False: it was said why. */
bool core_open(struct core *core, char name, const char *path, bool driver, const struct weft_link_config *config);
void core_close(struct core *core);

/* Take what has come, then sleep until more comes, at most that long. */
void core_turn(struct core *core, uint32_t timeout_us);

void core_say_counters(const struct core *core, uint32_t buffers_out);

#endif
