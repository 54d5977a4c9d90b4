/* SPDX-License-Identifier: Apache-2.0 */
#include "serve.h"

#include "say.h"
#include "sensor.h"
#include "service.h"

static struct sensor_hub hub;
static struct sensor_hub_server server;
static const struct core *hub_core;
static unsigned gone;

static void log_entry(const sensor_v1_LogEntry *entry)
{
	bool warning = entry->severity == sensor_v1_Severity_SEVERITY_WARNING;

	say('B', now_us(), "log", "%s: %s", warning ? "warning" : "info", entry->text);
}

static void wrote(const uint8_t *data, uint32_t len)
{
	say('B', now_us(), "sample", "%u bytes written at byte %u of the shared memory", (unsigned)len,
	    (unsigned)(data - hub_core->port->region.base));
}

void serve_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
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

bool serve_start(struct core *core)
{
	static struct weft_server_slot slots[MEANS + 1]; /* one for a request that waits for a buffer */
	static const struct weft_server_config serving = { .slots = slots, .slot_count = MEANS + 1 };

	hub_core = core;
	sensor_init();
	hub.log = log_entry;
	hub.wrote = wrote;
	weft_status status = sensor_hub_server_start(&server, &core->link.rdev, &sensor_hub_ops, &hub, &serving);
	if (status == WEFT_OK)
		say_what_is_served();
	else
		say('B', now_us(), "error", "cannot serve: %s", weft_status_name(status));
	return status == WEFT_OK;
}

void serve_turn(struct core *core)
{
	core_turn(core, mean_turn(hub.means, &server, WEFT_MS(1000)));
}

unsigned serve_gone(void)
{
	return gone;
}
