/* SPDX-License-Identifier: Apache-2.0 */
/* Core A, the driver, as Linux would be: finds the sensors of core B and calls them.
 * Usage: host <socket path> [crash | again]. crash: lives on when B is killed, and is killed itself in its last call;
 * again: the one that comes after it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "crash.h"
#include "say.h"
#include "tour.h"
#include "weft/wire.h"

#define PATIENCE_US WEFT_MS(10000) /* for core B to come */

static struct core core;
static struct sensor_hub_client client;

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)priv;
	if (event == RPMSG_LINK_UP)
		say('A', now_us(), "link up", "a message carries %u bytes", (unsigned)detail);
	else if (event == RPMSG_LINK_DOWN)
		say('A', now_us(), "link down", "core B is gone");
	else if (event == RPMSG_LINK_ERROR || event == RPMSG_BAD_MESSAGE)
		say('A', now_us(), "error", "core B broke the protocol: check %u", (unsigned)detail);
}

/* Announcements that nobody has asked for yet are told here, and kept for the client that comes later. */
static void on_announcement(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	(void)rdev;
	say('A', now_us(), "announced", "%s at address %u of core B", name, (unsigned)dest);
}

static bool wait_for_announcement(void)
{
	struct rpmsg_device *rdev = &core.link.rdev;
	uint32_t start = rpmsg_now_us(rdev);

	while (rpmsg_find_channel(rdev, SENSOR_HUB_CHANNEL, RPMSG_ADDR_ANY) == RPMSG_ADDR_ANY) {
		if (rpmsg_now_us(rdev) - start > PATIENCE_US) {
			say('A', now_us(), "error", "nobody announces %s", SENSOR_HUB_CHANNEL);
			return false;
		}
		core_turn(&core, WEFT_MS(100));
	}
	return true;
}

/* Open the client and agree with the server: protocol, major version and frame size fit, or it is refused. */
static bool meet(void)
{
	static struct weft_call *calls[4]; /* in flight at once */
	static const struct weft_client_config config = { .calls = calls, .call_slots = 4 };
	const struct weft_peer *peer = &client.base.peer;
	uint64_t start = now_us();
	weft_status status = sensor_hub_client_open(&client, &core.link.rdev, &config);

	if (status == WEFT_OK)
		status = sensor_hub_client_wait(&client, PATIENCE_US);
	if (status != WEFT_OK) {
		say('A', start, "error", "no agreement with %s: %s", SENSOR_HUB_CHANNEL, weft_status_name(status));
		return false;
	}
	say_took('A', start, now_us() - start, "hello",
	         "endpoint %u bound to %u of core B; protocol %u, major %u agreed", (unsigned)client.base.ept.addr,
	         (unsigned)client.base.ept.dest_addr, WEFT_PROTOCOL_VERSION, SENSOR_HUB_MAJOR);
	say('A', start, "", "fingerprint %016" PRIx64 ", %s; epoch %08x; frames of %u bytes, %u needed",
	    peer->fingerprint, peer->fingerprint == SENSOR_HUB_FINGERPRINT ? "the same schema" : "another schema",
	    (unsigned)peer->epoch, (unsigned)peer->frame_size, SENSOR_HUB_FRAME_MAX);
	return true;
}

static bool run(const char *what)
{
	if (what == NULL)
		return tour(&core, &client);
	return strcmp(what, "crash") == 0 ? crash_of_b(&core, &client) : crash_of_a(&client);
}

int main(int argc, char **argv)
{
	const struct weft_link_config config = { .event = on_event, .ns_bind_cb = argc == 2 ? on_announcement : NULL };

	if (argc != 2 && argc != 3)
		return EXIT_FAILURE;
	say('A', now_us(), "start", "the driver: %u bytes of shared memory, 2 x %u buffers of %u bytes", WEFT_LINK_SIZE,
	    WEFT_LINK_BUFFERS, WEFT_LINK_BUF_SIZE);
	if (!core_open(&core, 'A', argv[1], true, &config))
		return EXIT_FAILURE;
	bool good = wait_for_announcement() && meet() && run(argv[2]);
	core_say_counters(&core, rpmsg_buffers_out(&core.link.rdev));
	core_close(&core);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
