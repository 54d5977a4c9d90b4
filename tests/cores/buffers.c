/* SPDX-License-Identifier: Apache-2.0 */
/* Core 1 holds whatever it receives, until core 0 has no buffer left to send in; then all of them come back. */
#include "local.h"

#define ROUNDS 20u

static struct rpmsg_endpoint ept;

static int on_answer(struct rpmsg_endpoint *from, void *data, size_t len, uint32_t src, void *priv)
{
	(void)from;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	board_fail("core 0: an answer that nobody asked for\n");
}

static void wait_until(enum word word, uint32_t value)
{
	while (word_get(word) != value)
		local_turn(); /* the watchdog ends it */
}

/* The last call's buffer may still be on its way back. Then there is none, for a try or for one that waits. */
static void exhaust(void)
{
	static const char message[] = "keep this";
	uint32_t sent = 0;
	int result;

	while (sent < WEFT_LINK_BUFFERS) {
		result = rpmsg_trysend(&ept, message, sizeof message);
		if (result > 0)
			sent++;
		else if (result == RPMSG_ERR_NO_BUFF)
			local_turn(); /* the watchdog ends it */
		else
			board_fail("core 0: %u messages, then %d\n", (unsigned)sent, result);
	}
	result = rpmsg_trysend(&ept, message, sizeof message);
	if (result != RPMSG_ERR_NO_BUFF)
		board_fail("core 0: a message more than there are buffers: %d\n", result);
	wait_until(WORD_HELD, sent);
	result = rpmsg_send_timeout(&ept, ept.addr, ept.dest_addr, message, sizeof message, WEFT_MS(5));
	if (result != RPMSG_ERR_NO_BUFF)
		board_fail("core 0: sent in a buffer that is held: %d\n", result);
}

int main(void)
{
	static const yard_v1_Load load;
	yard_v1_Load lifted;

	local_open(RPMSG_POLLED_BY_LOOP, RPMSG_POLLED_BY_LOOP);
	if (rpmsg_create_ept(&ept, &local_link.rdev, "store", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_answer, NULL) != 0)
		board_fail("core 0: cannot create the endpoint\n");
	while (!is_rpmsg_ept_ready(&ept))
		local_turn();
	for (uint32_t round = 0; round < ROUNDS; round++) {
		board_watchdog(PATIENCE_US);
		exhaust();
		weft_status status = yard_lift(&local_client, &load, &lifted, WEFT_MS(5));
		if (status != WEFT_DEADLINE_EXCEEDED)
			board_fail("core 0: a call without a buffer: %s\n", weft_status_name(status));
		word_set(WORD_RELEASE, 1);
		wait_until(WORD_RELEASE, 0);
		wait_until(WORD_HELD, 0);
		if (local_lift(round) != WEFT_OK)
			board_fail("core 0: no call after the buffers came back\n");
	}
	local_close("times all buffers held and released", ROUNDS);
	return 0;
}
