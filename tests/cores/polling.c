/* SPDX-License-Identifier: Apache-2.0 */
/* Neither core sleeps or needs a doorbell. */
#include "local.h"

#define CALLS 1000u

int main(void)
{
	local_open(RPMSG_POLLED_BY_BUSY, RPMSG_POLLED_BY_BUSY);
	uint32_t kicks = rpmsg_link_counters(&local_link.rdev)->kicks_sent;

	local_lift_many(CALLS);
	kicks = rpmsg_link_counters(&local_link.rdev)->kicks_sent - kicks;
	if (kicks != 0)
		board_fail("core 0: %u kicks to a core that polls\n", (unsigned)kicks);
	local_close("calls", CALLS);
	return 0;
}
