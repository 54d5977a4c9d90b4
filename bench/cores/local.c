/* SPDX-License-Identifier: Apache-2.0 */
#include "local.h"

#include <string.h>

struct weft_link local_link;
static struct meter_client client;
static struct rpmsg_endpoint copies;
static struct rpmsg_endpoint loans;

static uint32_t message[496 / 4]; /* what is copied, in this core's memory */
static uint32_t message_len;
static uint32_t left; /* rounds */
static uint32_t done;
static uint32_t number;

static void send_copy(void)
{
	if (rpmsg_trysend(&copies, message, (int)message_len) < 0)
		board_fail("core 0: cannot send\n");
}

static void send_loan(void)
{
	uint8_t *loan = rpmsg_try_tx_buffer(&loans, NULL);

	if (loan == NULL)
		board_fail("core 0: no buffer to write in\n");
	loan[0] = (uint8_t)left;
	loan[message_len - 1u] = (uint8_t)left;
	if (rpmsg_send_nocopy(&loans, loan, (int)message_len) < 0)
		board_fail("core 0: cannot send in place\n");
}

/* True: there is another round. */
static bool round_over(size_t len)
{
	if (len != message_len)
		board_fail("core 0: %u bytes instead of %u\n", (unsigned)len, (unsigned)message_len);
	if (--left != 0)
		return true;
	__atomic_store_n(&done, 1u, __ATOMIC_RELAXED);
	return false;
}

static int on_copy(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept;
	(void)data;
	(void)src;
	(void)priv;
	if (round_over(len))
		send_copy();
	return RPMSG_SUCCESS;
}

static int on_loan(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	const uint8_t *in = data;

	(void)ept;
	(void)src;
	(void)priv;
	if (in[0] != (uint8_t)left || in[len - 1u] != (uint8_t)left)
		board_fail("core 0: the answer of another round\n");
	if (round_over(len))
		send_loan();
	return RPMSG_SUCCESS;
}

static void poll(void)
{
	poll_all(&local_link.rdev);
}

void local_turn(const uint32_t *event)
{
	struct weft_port *port = board_port();

	if (POLLED_BY == RPMSG_POLLED_BY_INTERRUPT) {
		port->ops->wait(port, event, 0, PATIENCE_US);
		return;
	}
	poll();
	rpmsg_wait(&local_link.rdev, PATIENCE_US);
}

void local_open(void)
{
	static const struct weft_link_config config = { .polled_by = POLLED_BY };

	if (weft_link_open(&local_link, board_port(), &weft_shm_driver, &config) != 0 ||
	    meter_client_open(&client, &local_link.rdev, NULL) != WEFT_OK ||
	    rpmsg_create_ept(&copies, &local_link.rdev, "copies", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_copy, NULL) != 0 ||
	    rpmsg_create_ept(&loans, &local_link.rdev, "loans", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_loan, NULL) != 0)
		board_fail("core 0: cannot open the link\n");
	if (POLLED_BY != RPMSG_POLLED_BY_INTERRUPT)
		return;
	if (POLL_BUDGET == 1)
		board_on_tick(TICK_US, poll);
	board_on_doorbell(poll);
}

void local_meet(void)
{
	weft_status status = meter_client_wait(&client, PATIENCE_US);

	if (status != WEFT_OK)
		board_fail("core 0: no server: %s\n", weft_status_name(status));
	done = 0;
	while (!is_rpmsg_ept_ready(&copies) || !is_rpmsg_ept_ready(&loans))
		local_turn(&done); /* the watchdog ends it */
}

static void rounds_of(void (*start)(void), uint32_t len, uint32_t rounds)
{
	message_len = len;
	left = rounds;
	done = 0;
	start();
	while (__atomic_load_n(&done, __ATOMIC_RELAXED) == 0)
		local_turn(&done);
}

void local_copies(uint32_t len, uint32_t rounds)
{
	rounds_of(send_copy, len, rounds);
}

void local_loans(uint32_t len, uint32_t rounds)
{
	rounds_of(send_loan, len, rounds);
}

static bench_v1_Reading reading(void)
{
	return (bench_v1_Reading){ ++number, -5, true, "hello" };
}

void local_calls(uint32_t rounds)
{
	for (; rounds != 0; rounds--) {
		const bench_v1_Reading request = reading();
		bench_v1_Reading response;
		weft_status status = meter_echo(&client, &request, &response, PATIENCE_US);

		if (status != WEFT_OK || response.id != request.id)
			board_fail("core 0: call %u: %s\n", (unsigned)request.id, weft_status_name(status));
	}
}

void local_notes(uint32_t rounds)
{
	for (; rounds != 0; rounds--) {
		const bench_v1_Reading request = reading();
		weft_status status = meter_note(&client, &request, PATIENCE_US);

		if (status != WEFT_OK)
			board_fail("core 0: note %u: %s\n", (unsigned)request.id, weft_status_name(status));
		while (word_get(WORD_NOTES) != request.id)
			board_pause();
	}
}
