/* SPDX-License-Identifier: Apache-2.0 */
#include "mark.h"

#include "port/board.h"

__attribute__((noinline)) void region_begin(void)
{
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void region_end(void)
{
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void call_begin(void)
{
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void call_end(void)
{
	__asm__ volatile("" : : : "memory");
}

void region_name(const char *name, uint32_t rounds)
{
	board_print("region: %s: %u\n", name, (unsigned)rounds);
}

static unsigned poll_one(struct rpmsg_device *rdev)
{
	call_begin();
	int taken = rpmsg_poll(rdev, 1);
	call_end();
	return taken == 1;
}

void poll_all(struct rpmsg_device *rdev)
{
	if (POLL_BUDGET == 1) {
		while (poll_one(rdev)) {
		}
		return;
	}
	while (rpmsg_poll(rdev, POLL_BUDGET) == (int)POLL_BUDGET) {
	}
}
