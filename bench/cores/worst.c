/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0: the longest single poll and the longest stretch with interrupts masked, by what goes on meanwhile. Both
 * links are polled by interrupts, one message a poll; a timer polls too. */
#include "local.h"

#define ROUNDS 1000u
#define RESTARTS 50u /* of each core */

static void begin(const char *name, uint32_t rounds)
{
	board_watchdog(WATCHDOG_US);
	region_name(name, rounds);
	region_begin();
}

static void turn(void)
{
	const uint32_t never = 0;

	local_turn(&never);
}

static void come_up(void)
{
	while (rpmsg_link(&local_link.rdev) != WEFT_LINK_UP || word_get(WORD_LINK) != WEFT_LINK_UP)
		turn();
	local_meet();
}

static int on_late(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	return RPMSG_SUCCESS;
}

/* A name that core 1 keeps, and that is withdrawn again. */
static void announce(void)
{
	static struct rpmsg_endpoint late;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (rpmsg_create_ept(&late, &local_link.rdev, "late", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_late, NULL) !=
		    0)
			board_fail("core 0: cannot create the endpoint\n");
		turn();
		if (rpmsg_destroy_ept(&late) != 0)
			board_fail("core 0: cannot destroy the endpoint\n");
		turn();
	}
}

/* In the midst of calls, each time elsewhere. */
static void restart_other(uint32_t number)
{
	uint32_t ups = rpmsg_link_counters(&local_link.rdev)->ups;

	board_watchdog(WATCHDOG_US);
	local_calls(number % 7u);
	word_set(WORD_RESTART, 1);
	while (rpmsg_link_counters(&local_link.rdev)->ups == ups)
		turn();
	come_up();
}

static void first_life(void)
{
	begin("link comes up", 1);
	word_set(WORD_OPEN, 1);
	local_open();
	board_start_other();
	come_up();
	region_end();

	begin("idle", ROUNDS);
	for (uint32_t i = 0; i < ROUNDS; i++)
		turn();
	region_end();

	begin("message of 16 B", ROUNDS);
	local_copies(16, ROUNDS);
	region_end();

	begin("message of 496 B", ROUNDS);
	local_copies(496, ROUNDS);
	region_end();

	begin("message in place", ROUNDS);
	local_loans(496, ROUNDS);
	region_end();

	begin("call", ROUNDS);
	local_calls(ROUNDS);
	region_end();

	begin("announcement", ROUNDS);
	announce();
	region_end();

	begin("core 1 restarts", RESTARTS);
	for (uint32_t i = 0; i < RESTARTS; i++)
		restart_other(i);
	region_end();

	begin("core 0 restarts", RESTARTS);
	board_restart();
}

int main(void)
{
	board_watchdog(WATCHDOG_US);
	if (board_life() == 1)
		first_life();
	local_open();
	come_up();
	local_calls(board_life() % 7u);
	if (board_life() <= RESTARTS)
		board_restart();
	region_end();
	board_exit(0);
}
