/* SPDX-License-Identifier: Apache-2.0 */
/* Core A, the driver, as Linux would be: finds the sensors of core B and calls them.
 * Usage: host <socket path> [crash | again]. crash: lives on when B is killed, and is killed itself in its last call;
 * again: the one that comes after it. */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "crash.h"
#include "machine.h"
#include "meet.h"
#include "say.h"
#include "tour.h"

static struct core core;
static struct sensor_hub_client client;

static bool run(const char *what)
{
	if (what == NULL)
		return tour(&core, &client);
	return strcmp(what, "crash") == 0 ? crash_of_b(&core, &client) : crash_of_a(&client);
}

int main(int argc, char **argv)
{
	const struct weft_link_config config = { .event = meet_event,
		                                 .ns_bind_cb = argc == 2 ? meet_announcement : NULL };

	if (argc != 2 && argc != 3)
		return EXIT_FAILURE;
	say('A', now_us(), "start", "the driver: %u bytes of shared memory, 2 x %u buffers of %u bytes", WEFT_LINK_SIZE,
	    WEFT_LINK_BUFFERS, WEFT_LINK_BUF_SIZE);
	struct weft_port *port = machine_open('A', argv[1], true);
	if (port == NULL)
		return EXIT_FAILURE;
	bool good = core_open(&core, 'A', port, true, &config) && meet(&core, &client) && run(argv[2]);
	core_say_counters(&core, rpmsg_buffers_out(&core.link.rdev));
	machine_close();
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
