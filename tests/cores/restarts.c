/* SPDX-License-Identifier: Apache-2.0 */
/* Core 1 starts anew while calls run: from its timer, at locks taken and given back, inside its kicks; polled by a
 * loop, without sleep, and by its interrupt. Each call ends at once, core 1 is found again by its name. */
#include "cut.h"
#include "local.h"

#define ROUNDS 120u
#define COUNTS 37u

static uint32_t calls;
static uint32_t lost;

/* A call that is under way ends with the link; that it was never answered is allowed, that it hangs is not. */
static void call(void)
{
	weft_status status = local_lift(calls++);

	board_watchdog(PATIENCE_US);
	if (status != WEFT_OK && status != WEFT_UNAVAILABLE)
		board_fail("core 0: call %u: %s\n", (unsigned)calls, weft_status_name(status));
	if (status == WEFT_OK)
		return;
	lost++;
	status = yard_client_wait(&local_client, PATIENCE_US / 2u);
	if (status != WEFT_OK)
		board_fail("core 0: core 1 is not found again: %s\n", weft_status_name(status));
}

int main(void)
{
	static const enum rpmsg_polled_by modes[] = { RPMSG_POLLED_BY_LOOP, RPMSG_POLLED_BY_BUSY,
		                                      RPMSG_POLLED_BY_INTERRUPT };

	local_open(RPMSG_POLLED_BY_LOOP, modes[0]);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t ups = rpmsg_link_counters(&local_link.rdev)->ups;
		enum cut_place place = (enum cut_place)(1u + round % (CUT_PLACES - 1u));

		word_set(WORD_MODE, (uint32_t)modes[round % 3u]);
		word_set(WORD_CUT, cut_word(place, 1u + round * 7u % COUNTS));
		while (rpmsg_link_counters(&local_link.rdev)->ups == ups || word_get(WORD_CUT) != 0)
			call();
	}
	local_lift_many(10);
	board_print("%u of %u calls lost in %u restarts\n", (unsigned)lost, (unsigned)calls, ROUNDS);
	local_close("restarts of core 1", ROUNDS);
	return 0;
}
