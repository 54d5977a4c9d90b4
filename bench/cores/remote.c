/* SPDX-License-Identifier: Apache-2.0 */
/* Core 1 of every benchmark: answers the doorbell, then what comes over the link, and starts anew when told to. */
#include "mark.h"
#include "meter_server.h"
#include "weft/link.h"
#include "words.h"

#define PATIENCE_US WEFT_MS(500)

static struct weft_link link;
static struct meter_server server;
static struct rpmsg_endpoint copies;
static struct rpmsg_endpoint loans;

static void bounce(void)
{
	struct weft_port *port = board_port();

	port->ops->kick(port, 0);
}

static int on_copy(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	if (rpmsg_trysendto(ept, data, (int)len, src) < 0)
		board_fail("core 1: no buffer to answer in\n");
	return RPMSG_SUCCESS;
}

/* Only the ends are read and written. */
static int on_loan(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	const uint8_t *in = data;
	uint8_t *reply = rpmsg_try_tx_buffer(ept, NULL);

	(void)priv;
	if (reply == NULL)
		board_fail("core 1: no buffer to answer in\n");
	reply[0] = in[0];
	reply[len - 1u] = in[len - 1u];
	if (rpmsg_sendto_nocopy(ept, reply, (int)len, src) < 0)
		board_fail("core 1: cannot answer in place\n");
	return RPMSG_SUCCESS;
}

static weft_status echo(void *context, struct weft_token token, const bench_v1_Reading *request,
                        bench_v1_Reading *response)
{
	(void)context;
	(void)token;
	*response = *request;
	return WEFT_OK;
}

static void note(void *context, const bench_v1_Reading *request)
{
	(void)context;
	word_set(WORD_NOTES, request->id);
}

static const struct meter_ops meter = { .echo = echo, .note = note };

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)event;
	(void)detail;
	(void)priv;
	word_set(WORD_LINK, (uint32_t)rpmsg_link(rdev));
}

static void poll(void)
{
	poll_all(&link.rdev);
}

static void poll_or_restart(void)
{
	if (word_get(WORD_RESTART) != 0) {
		word_set(WORD_RESTART, 0);
		board_restart();
	}
	poll();
}

static void open_link(void)
{
	static const struct weft_link_config config = { .polled_by = POLLED_BY, .event = on_event };

	if (weft_link_open(&link, board_port(), &weft_shm_device, &config) != 0 ||
	    meter_server_start(&server, &link.rdev, &meter, NULL, NULL) != WEFT_OK ||
	    rpmsg_create_ept(&copies, &link.rdev, "copies", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_copy, NULL) != 0 ||
	    rpmsg_create_ept(&loans, &link.rdev, "loans", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_loan, NULL) != 0)
		board_fail("core 1: cannot open the link\n");
}

int main(void)
{
	struct weft_port *port = board_port();

	board_on_doorbell(bounce);
	word_set(WORD_READY, 1);
	while (word_get(WORD_OPEN) == 0)
		port->ops->wait(port, board_shared() + WORD_OPEN, 0, PATIENCE_US);
	board_on_doorbell(NULL);
	open_link();
	if (POLLED_BY != RPMSG_POLLED_BY_INTERRUPT) {
		for (;;) {
			poll();
			rpmsg_wait(&link.rdev, PATIENCE_US);
		}
	}
	if (POLL_BUDGET == 1)
		board_on_tick(TICK_US, poll_or_restart);
	board_on_doorbell(poll);
	const uint32_t never = 0;
	for (;;)
		port->ops->wait(port, &never, 0, PATIENCE_US);
}
