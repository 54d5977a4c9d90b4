/* SPDX-License-Identifier: Apache-2.0 */
/* Core B, the device: serves sensor.v1.SensorHub until core A is gone. Usage: hub <socket path> */
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "say.h"
#include "sensor.h"
#include "service.h"

#define PATIENCE_US WEFT_MS(20000) /* for core A to come */

static struct core core;
static struct sensor_hub_server server;
static bool was_up;

static void log_entry(const sensor_v1_LogEntry *entry)
{
	bool warning = entry->severity == sensor_v1_Severity_SEVERITY_WARNING;

	say('B', now_us(), "log", "%s: %s", warning ? "warning" : "info", entry->text);
}

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)priv;
	if (event == RPMSG_LINK_UP)
		was_up = true;
	else if (event == RPMSG_LINK_ERROR || event == RPMSG_BAD_MESSAGE)
		say('B', now_us(), "error", "core A broke the protocol: check %u", (unsigned)detail);
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
static uint32_t serve(void)
{
	uint32_t buffers_out = 0;
	uint32_t start = rpmsg_now_us(&core.link.rdev);

	for (;;) {
		core_turn(&core, WEFT_MS(1000));
		bool up = rpmsg_link(&core.link.rdev) == WEFT_LINK_UP;
		if (up)
			buffers_out = rpmsg_buffers_out(&core.link.rdev);
		else if (was_up || rpmsg_now_us(&core.link.rdev) - start > PATIENCE_US)
			return buffers_out;
	}
}

int main(int argc, char **argv)
{
	static const struct weft_link_config config = { .event = on_event };
	static struct sensor_hub hub = { .log = log_entry };

	if (argc != 2 || !core_open(&core, 'B', argv[1], false, &config))
		return EXIT_FAILURE;
	sensor_init();
	if (sensor_hub_server_start(&server, &core.link.rdev, &sensor_hub_ops, &hub, NULL) != WEFT_OK)
		return EXIT_FAILURE;
	say_what_is_served();
	core_say_counters(&core, serve());
	core_close(&core);
	return was_up ? EXIT_SUCCESS : EXIT_FAILURE;
}
