/* SPDX-License-Identifier: Apache-2.0 */
/* Calls, and a restart in their midst, in an order of both cores' instructions that the seed chooses: how each side is
 * polled, and where core 1 starts anew, too. */
#include "cut.h"
#include "local.h"

#define CALLS 40u

static const enum rpmsg_polled_by modes[] = { RPMSG_POLLED_BY_LOOP, RPMSG_POLLED_BY_BUSY, RPMSG_POLLED_BY_INTERRUPT };
static uint32_t calls;
static uint32_t lost;

static void call(void)
{
	weft_status status = local_lift(calls++);

	if (status == WEFT_UNAVAILABLE) {
		lost++;
		status = yard_client_wait(&local_client, PATIENCE_US / 2u);
	}
	if (status != WEFT_OK)
		board_fail("core 0: call %u: %s\n", (unsigned)calls, weft_status_name(status));
}

/* Polled without sleep core 0 wants no doorbell, and core 1 never comes to where it rings. */
static uint32_t place_of(uint32_t seed, enum rpmsg_polled_by own)
{
	enum cut_place place = (enum cut_place)(1u + seed % (CUT_PLACES - 1u));

	if (place == CUT_RINGING && own == RPMSG_POLLED_BY_BUSY)
		place = CUT_LOCKED;
	return cut_word(place, 1u + seed % (place == CUT_TICK ? 7u : 29u));
}

int main(void)
{
	uint32_t seed = board_seed();
	enum rpmsg_polled_by own = modes[seed % 3u];

	local_open(own, modes[seed / 3u % 3u]);
	while (calls < CALLS / 2u)
		call();
	word_set(WORD_CUT, place_of(seed, own));
	while (calls < CALLS || word_get(WORD_CUT) != 0) {
		/* In some orders core 0 is always awake, and core 1 does not ring either. */
		if (calls % (4u * CALLS) == 0)
			word_set(WORD_CUT, cut_word(CUT_LOCKED, 1));
		call();
	}
	call(); /* which sees the restart, if none has */
	uint32_t ups = rpmsg_link_counters(&local_link.rdev)->ups;
	if (ups != 2)
		board_fail("core 0: the link came up %u times\n", (unsigned)ups);
	board_print("seed %u: %u calls lost\n", (unsigned)seed, (unsigned)lost);
	local_close("calls", calls);
	return 0;
}
