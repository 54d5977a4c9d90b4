/* SPDX-License-Identifier: Apache-2.0 */
/* Core 1 of every test: serves Yard, holds what is sent to "store" until it may let go, and starts anew where it is
 * told to. Polled as core 0 says. */
#include "cut.h"
#include "weft/link.h"
#include "words.h"
#include "yard_server.h"

#define HELD_MAX WEFT_LINK_BUFFERS
#define TICK_US 500u

static struct weft_link link;
static struct yard_server server;
static struct rpmsg_endpoint store;
static void *held[HELD_MAX];
static uint32_t held_count;
static uint32_t violations_before; /* of former lives */

static weft_status lift(void *context, struct weft_token token, const yard_v1_Load *request, yard_v1_Load *response)
{
	(void)context;
	(void)token;
	*response = *request;
	response->number++;
	response->weight = -response->weight;
	response->heavy = !response->heavy;
	return WEFT_OK;
}

static const struct yard_ops yard = { .lift = lift };

static int on_store(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)len;
	(void)src;
	(void)priv;
	if (held_count == HELD_MAX || rpmsg_hold_rx_buffer(ept, data) != 0)
		board_fail("core 1: cannot hold message %u\n", (unsigned)held_count);
	held[held_count++] = data;
	return RPMSG_SUCCESS;
}

/* In the context that polls. */
static void follow_orders(void)
{
	if (word_get(WORD_RELEASE) != 0) {
		while (held_count != 0) {
			if (rpmsg_release_rx_buffer(&store, held[--held_count]) != 0)
				board_fail("core 1: cannot release message %u\n", (unsigned)held_count);
		}
		word_set(WORD_RELEASE, 0);
	}
	word_set(WORD_HELD, held_count);
	word_set(WORD_OUT, rpmsg_buffers_out(&link.rdev));
	word_set(WORD_VIOLATIONS,
	         violations_before + rpmsg_link_counters(&link.rdev)->violations + server.base.counters.violation);
}

static void poll(void)
{
	while (rpmsg_poll(&link.rdev, 16) == 16) {
	}
	follow_orders();
}

static void poll_tick(void)
{
	cut_tick();
	poll();
}

int main(void)
{
	enum rpmsg_polled_by mode = (enum rpmsg_polled_by)word_get(WORD_MODE);
	const struct weft_link_config config = { .polled_by = mode };
	struct weft_port *port = board_port();

	violations_before = word_get(WORD_VIOLATIONS);
	cut_watch(port, board_shared() + WORD_CUT);
	if (weft_link_open(&link, port, &weft_shm_device, &config) != 0 ||
	    yard_server_start(&server, &link.rdev, &yard, NULL, NULL) != WEFT_OK ||
	    rpmsg_create_ept(&store, &link.rdev, "store", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_store, NULL) != 0)
		board_fail("core 1: cannot open the link\n");
	if (mode == RPMSG_POLLED_BY_INTERRUPT) {
		board_on_tick(TICK_US, poll_tick);
		board_on_doorbell(poll);
		for (;;)
			port->ops->relax(port, WEFT_MS(100));
	}
	board_on_tick(TICK_US, cut_tick);
	for (;;) {
		poll();
		rpmsg_wait(&link.rdev, TICK_US);
	}
}
