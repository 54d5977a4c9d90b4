/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0, the driver, starts anew while calls run, at the same places; core 1 runs on and serves the next life. */
#include "cut.h"
#include "local.h"

#define LIVES 100u
#define COUNTS 41u

enum { KEPT_CUT }; /* words that a restart leaves */

static void tick_or_poll(void)
{
	cut_tick();
	if (local_link.rdev.polled_by == RPMSG_POLLED_BY_INTERRUPT)
		while (rpmsg_poll(&local_link.rdev, 16) == 16) {
		}
}

int main(void)
{
	uint32_t life = board_life();
	enum rpmsg_polled_by mode = life % 2u == 0 ? RPMSG_POLLED_BY_LOOP : RPMSG_POLLED_BY_INTERRUPT;

	cut_watch(board_port(), board_kept() + KEPT_CUT);
	local_open(mode, RPMSG_POLLED_BY_INTERRUPT);
	local_lift_many(3);
	if (life <= LIVES) {
		board_on_tick(500, tick_or_poll);
		enum cut_place place = (enum cut_place)(1u + life % (CUT_PLACES - 1u));

		__atomic_store_n(board_kept() + KEPT_CUT, cut_word(place, 1u + life * 7u % COUNTS), __ATOMIC_RELEASE);
		for (;;)
			local_lift_many(1);
	}
	local_close("restarts of core 0", life - 1u);
	return 0;
}
