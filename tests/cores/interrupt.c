/* SPDX-License-Identifier: Apache-2.0 */
/* Both links are polled by the doorbell's interrupt, the tasks sleep: a hundred thousand calls. */
#include "local.h"

#define CALLS 100000u

int main(void)
{
	local_open(RPMSG_POLLED_BY_INTERRUPT, RPMSG_POLLED_BY_INTERRUPT);
	local_lift_many(CALLS);
	local_close("calls", CALLS);
	return 0;
}
