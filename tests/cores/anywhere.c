/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0, the driver, starts anew at any instruction, those of the ring's own operations among them. Only a board whose
 * watchdog comes through a critical section can do that: not board.h's. */
#include "local.h"
#include "port/cortex_m/mps2_an521/an521.h"

#define LIVES 400u
#define CALL_TICKS 4507u /* about as long as a call: a prime, so that each life is cut elsewhere */

int main(void)
{
	static const enum rpmsg_polled_by modes[] = { RPMSG_POLLED_BY_LOOP, RPMSG_POLLED_BY_BUSY,
		                                      RPMSG_POLLED_BY_INTERRUPT };
	uint32_t life = board_life();

	local_open(modes[life % 3u], RPMSG_POLLED_BY_INTERRUPT);
	if (life <= LIVES) {
		an521_cut(1u + life * 1009u % CALL_TICKS);
		for (uint32_t i = 0;; i++) {
			if (local_lift(i) != WEFT_OK)
				board_fail("core 0: a call in life %u did not end well\n", (unsigned)life);
		}
	}
	local_lift_many(10);
	local_close("restarts of core 0 at any instruction", life - 1u);
	return 0;
}
