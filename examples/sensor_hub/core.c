/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "say.h"

bool core_open(struct core *core, char name, struct weft_port *port, bool driver, const struct weft_link_config *config)
{
	core->name = name;
	core->port = port;
	int error = weft_link_open(&core->link, port, driver ? &weft_shm_driver : &weft_shm_device, config);
	if (error != 0)
		say(name, now_us(), "error", "cannot open the link: %d", error);
	return error == 0;
}

void core_turn(struct core *core, uint32_t timeout_us)
{
	rpmsg_poll(&core->link.rdev, 16);
	rpmsg_wait(&core->link.rdev, timeout_us);
}

void core_say_counters(const struct core *core, uint32_t buffers_out)
{
	const struct weft_link_counters *counters = rpmsg_link_counters(&core->link.rdev);

	say(core->name, now_us(), "counters",
	    "messages sent %u, received %u, broken %u; kicks sent %u, saved %u; buffers out: %u",
	    (unsigned)counters->sent, (unsigned)counters->received, (unsigned)counters->violations,
	    (unsigned)counters->kicks_sent, (unsigned)counters->kicks_saved, (unsigned)buffers_out);
}
