/* SPDX-License-Identifier: Apache-2.0 */
#include "meet.h"

#include "say.h"
#include "weft/wire.h"

#define PATIENCE_US WEFT_MS(10000) /* for core B to come */

void meet_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
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
void meet_announcement(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	(void)rdev;
	say('A', now_us(), "announced", "%s at address %u of core B", name, (unsigned)dest);
}

static bool wait_for_announcement(struct core *core)
{
	struct rpmsg_device *rdev = &core->link.rdev;
	uint32_t start = rpmsg_now_us(rdev);

	while (rpmsg_find_channel(rdev, SENSOR_HUB_CHANNEL, RPMSG_ADDR_ANY) == RPMSG_ADDR_ANY) {
		if (rpmsg_now_us(rdev) - start > PATIENCE_US) {
			say('A', now_us(), "error", "nobody announces %s", SENSOR_HUB_CHANNEL);
			return false;
		}
		core_turn(core, WEFT_MS(100));
	}
	return true;
}

/* Open the client and agree with the server: protocol, major version and frame size fit, or it is refused. */
static bool agree(struct core *core, struct sensor_hub_client *client)
{
	static struct weft_call *calls[4]; /* in flight at once */
	static const struct weft_client_config config = { .calls = calls, .call_slots = 4 };
	const struct weft_peer *peer = &client->base.peer;
	uint64_t start = now_us();
	weft_status status = sensor_hub_client_open(client, &core->link.rdev, &config);

	if (status == WEFT_OK)
		status = sensor_hub_client_wait(client, PATIENCE_US);
	if (status != WEFT_OK) {
		say('A', start, "error", "no agreement with %s: %s", SENSOR_HUB_CHANNEL, weft_status_name(status));
		return false;
	}
	say_took('A', start, now_us() - start, "hello",
	         "endpoint %u bound to %u of core B; protocol %u, major %u agreed", (unsigned)client->base.ept.addr,
	         (unsigned)client->base.ept.dest_addr, WEFT_PROTOCOL_VERSION, SENSOR_HUB_MAJOR);
	say('A', start, "", "fingerprint %08x%08x, %s; epoch %08x; frames of %u bytes, %u needed",
	    (unsigned)(peer->fingerprint >> 32), (unsigned)(peer->fingerprint & UINT32_MAX),
	    peer->fingerprint == SENSOR_HUB_FINGERPRINT ? "the same schema" : "another schema", (unsigned)peer->epoch,
	    (unsigned)peer->frame_size, SENSOR_HUB_FRAME_MAX);
	return true;
}

bool meet(struct core *core, struct sensor_hub_client *client)
{
	return wait_for_announcement(core) && agree(core, client);
}
