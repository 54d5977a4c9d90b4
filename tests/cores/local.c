/* SPDX-License-Identifier: Apache-2.0 */
#include "local.h"

#include <string.h>

#define TICK_US 500u
#define FNV_PRIME 16777619u

struct weft_link local_link;
struct yard_client local_client;
static enum rpmsg_polled_by mode;
static uint32_t trace = 2166136261u;

static uint32_t now_us(void)
{
	return rpmsg_now_us(&local_link.rdev);
}

static void note(uint32_t value)
{
	trace = (trace ^ value) * FNV_PRIME;
}

static void poll(void)
{
	while (rpmsg_poll(&local_link.rdev, 16) == 16) {
	}
}

/* A timer that is due lets the other core of an emulator run. */
static void nothing(void)
{
}

void local_turn(void)
{
	struct weft_port *port = board_port();

	if (mode == RPMSG_POLLED_BY_INTERRUPT) {
		port->ops->relax(port, TICK_US);
		return;
	}
	poll();
	rpmsg_wait(&local_link.rdev, TICK_US);
}

void local_open(enum rpmsg_polled_by own, enum rpmsg_polled_by other)
{
	const struct weft_link_config config = { .polled_by = own };

	mode = own;
	board_watchdog(PATIENCE_US);
	word_set(WORD_MODE, (uint32_t)other);
	if (weft_link_open(&local_link, board_port(), &weft_shm_driver, &config) != 0 ||
	    yard_client_open(&local_client, &local_link.rdev, NULL) != WEFT_OK)
		board_fail("core 0: cannot open the link\n");
	board_on_tick(TICK_US, own == RPMSG_POLLED_BY_INTERRUPT ? poll : nothing);
	if (own == RPMSG_POLLED_BY_INTERRUPT)
		board_on_doorbell(poll);
	board_start_other();
	weft_status status = yard_client_wait(&local_client, PATIENCE_US);
	if (status != WEFT_OK)
		board_fail("core 0: no server: %s\n", weft_status_name(status));
}

weft_status local_lift(uint32_t number)
{
	const yard_v1_Load load = { number, (int32_t)(number % 1000u) - 500, number % 3u == 0, "hook and chain" };
	yard_v1_Load lifted;
	weft_status status = yard_lift(&local_client, &load, &lifted, PATIENCE_US / 2u);

	note((uint32_t)status);
	note(now_us());
	if (status == WEFT_OK && (lifted.number != number + 1u || lifted.weight != -load.weight ||
	                          lifted.heavy == load.heavy || strcmp(lifted.mark, load.mark) != 0))
		board_fail("core 0: call %u has the answer of another one\n", (unsigned)number);
	return status;
}

void local_lift_many(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		weft_status status = local_lift(i);

		if (status != WEFT_OK)
			board_fail("core 0: call %u: %s\n", (unsigned)i, weft_status_name(status));
		board_watchdog(PATIENCE_US);
	}
}

void local_close(const char *what, uint32_t count)
{
	uint32_t start = now_us();

	while (rpmsg_buffers_out(&local_link.rdev) != 0 || word_get(WORD_OUT) != 0) {
		if (now_us() - start > PATIENCE_US / 2u)
			board_fail("core 0: %u buffers out here, %u at core 1\n",
			           (unsigned)rpmsg_buffers_out(&local_link.rdev), (unsigned)word_get(WORD_OUT));
		local_turn();
	}
	uint32_t violations = rpmsg_link_counters(&local_link.rdev)->violations + local_client.base.counters.violation;
	if (violations + word_get(WORD_VIOLATIONS) != 0)
		board_fail("core 0: %u violations here, %u at core 1\n", (unsigned)violations,
		           (unsigned)word_get(WORD_VIOLATIONS));
	board_print("%u %s; trace %08x at %u us\n", (unsigned)count, what, (unsigned)trace, (unsigned)now_us());
}
