/* SPDX-License-Identifier: Apache-2.0 */
/* Core B, the device: serves sensor.v1.SensorHub until core A is gone.
 * Usage: hub <socket path> [cores A that it outlives, one after the other] */
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "say.h"
#include "sensor.h"
#include "service.h"

#define PATIENCE_US WEFT_MS(20000) /* for core A to come */

static struct core core;
static struct sensor_hub hub;
static struct sensor_hub_server server;
static unsigned gone; /* cores A that were here */

static void log_entry(const sensor_v1_LogEntry *entry)
{
	bool warning = entry->severity == sensor_v1_Severity_SEVERITY_WARNING;

	say('B', now_us(), "log", "%s: %s", warning ? "warning" : "info", entry->text);
}

static void wrote(const uint8_t *data, uint32_t len)
{
	say('B', now_us(), "sample", "%u bytes written at byte %u of the shared memory", (unsigned)len,
	    (unsigned)(data - core.posix.port.region.base));
}

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)priv;
	if (event == RPMSG_LINK_DOWN) {
		gone++;
		say('B', now_us(), "link down", "core A is gone");
	} else if (event == RPMSG_LINK_ERROR || event == RPMSG_BAD_MESSAGE) {
		say('B', now_us(), "error", "core A broke the protocol: check %u", (unsigned)detail);
	}
}

static void say_what_is_served(void)
{
	unsigned temperatures = 0;

	for (unsigned i = 0; i < sensor_count(); i++)
		temperatures += sensor_at(i)->kind == sensor_v1_Kind_KIND_TEMPERATURE;
	say('B', now_us(), "start", "the device: %u sensors, %u of them temperatures%s", sensor_count(), temperatures,
	    temperatures == 0 ? " (this machine shows none)" : "");
	say('B', now_us(), "serve", "%s at address %u", SENSOR_HUB_CHANNEL, (unsigned)server.base.ept.addr);
}

/* Returns the buffers that were out when the link was last seen up: a link that is down has none. */
static uint32_t serve(unsigned outlives)
{
	struct rpmsg_device *rdev = &core.link.rdev;
	uint32_t buffers_out = 0;
	uint32_t alone_since = rpmsg_now_us(rdev);

	while (gone <= outlives && rpmsg_now_us(rdev) - alone_since < PATIENCE_US) {
		core_turn(&core, mean_turn(hub.means, &server, WEFT_MS(1000)));
		if (rpmsg_link(rdev) != WEFT_LINK_UP)
			continue;
		buffers_out = rpmsg_buffers_out(rdev);
		alone_since = rpmsg_now_us(rdev);
	}
	return buffers_out;
}

int main(int argc, char **argv)
{
	static const struct weft_link_config config = { .event = on_event };
	static struct weft_server_slot slots[MEANS + 1]; /* one for a request that waits for a buffer */
	static const struct weft_server_config serving = { .slots = slots, .slot_count = MEANS + 1 };

	unsigned outlives = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (argc < 2 || !core_open(&core, 'B', argv[1], false, &config))
		return EXIT_FAILURE;
	sensor_init();
	hub.log = log_entry;
	hub.wrote = wrote;
	if (sensor_hub_server_start(&server, &core.link.rdev, &sensor_hub_ops, &hub, &serving) != WEFT_OK)
		return EXIT_FAILURE;
	say_what_is_served();
	core_say_counters(&core, serve(outlives));
	core_close(&core);
	return gone > outlives ? EXIT_SUCCESS : EXIT_FAILURE;
}
