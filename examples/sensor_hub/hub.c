/* SPDX-License-Identifier: Apache-2.0 */
/* Core B, the device: serves sensor.v1.SensorHub until core A is gone.
 * Usage: hub <socket path> [cores A that it outlives, one after the other] */
#include <stdlib.h>

#include "core.h"
#include "machine.h"
#include "serve.h"
#include "weft/service.h"

#define PATIENCE_US WEFT_MS(20000) /* for core A to come */

static struct core core;

/* Returns the buffers that were out when the link was last seen up: a link that is down has none. */
static uint32_t serve(unsigned outlives)
{
	struct rpmsg_device *rdev = &core.link.rdev;
	uint32_t buffers_out = 0;
	uint32_t alone_since = rpmsg_now_us(rdev);

	while (serve_gone() <= outlives && rpmsg_now_us(rdev) - alone_since < PATIENCE_US) {
		serve_turn(&core);
		if (rpmsg_link(rdev) != WEFT_LINK_UP)
			continue;
		buffers_out = rpmsg_buffers_out(rdev);
		alone_since = rpmsg_now_us(rdev);
	}
	return buffers_out;
}

int main(int argc, char **argv)
{
	static const struct weft_link_config config = { .event = serve_event };
	unsigned outlives = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (argc < 2)
		return EXIT_FAILURE;
	struct weft_port *port = machine_open('B', argv[1], false);
	if (port == NULL || !core_open(&core, 'B', port, false, &config) || !serve_start(&core))
		return EXIT_FAILURE;
	core_say_counters(&core, serve(outlives));
	machine_close();
	return serve_gone() > outlives ? EXIT_SUCCESS : EXIT_FAILURE;
}
