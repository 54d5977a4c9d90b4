/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0: what a round trip costs, once all is warm. No timer runs: nothing is lost here. */
#include "local.h"

#define ROUNDS 1000u

static uint32_t rung;
static uint32_t rings; /* to come */

/* With the lock held, as the port wants it of the link. */
static void ring(void)
{
	struct weft_port *port = board_port();
	uintptr_t key = port->ops->lock(port);

	port->ops->kick(port, 0);
	port->ops->unlock(port, key);
}

static void on_ring(void)
{
	struct weft_port *port = board_port();

	if (rings == 0)
		return;
	if (--rings != 0)
		port->ops->kick(port, 0);
	else
		__atomic_store_n(&rung, 1u, __ATOMIC_RELAXED);
}

static void doorbells(uint32_t rounds)
{
	struct weft_port *port = board_port();

	rings = rounds;
	rung = 0;
	ring();
	while (__atomic_load_n(&rung, __ATOMIC_RELAXED) == 0)
		port->ops->wait(port, &rung, 0, PATIENCE_US);
}

static void bare_doorbells(uint32_t unused, uint32_t rounds)
{
	(void)unused;
	doorbells(rounds);
}

static void calls(uint32_t unused, uint32_t rounds)
{
	(void)unused;
	local_calls(rounds);
}

static void notes(uint32_t unused, uint32_t rounds)
{
	(void)unused;
	local_notes(rounds);
}

static void count(const char *name, void (*run)(uint32_t len, uint32_t rounds), uint32_t len)
{
	board_watchdog(WATCHDOG_US);
	run(len, WARM_UP);
	region_name(name, ROUNDS);
	region_begin();
	run(len, ROUNDS);
	region_end();
}

static void with_link(void)
{
	if (POLLED_BY == RPMSG_POLLED_BY_INTERRUPT) {
		count("echo 16 B", local_copies, 16);
		count("echo 64 B", local_copies, 64);
		count("echo 256 B", local_copies, 256);
		count("echo 496 B", local_copies, 496);
		count("echo 496 B in place", local_loans, 496);
		count("typed call", calls, 0);
		count("oneway call", notes, 0);
		return;
	}
	count("echo 16 B, loop", local_copies, 16);
	count("echo 496 B, loop", local_copies, 496);
	count("typed call, loop", calls, 0);
	count("oneway call, loop", notes, 0);
}

int main(void)
{
	struct weft_port *port = board_port();

	board_watchdog(WATCHDOG_US);
	board_start_other();
	while (word_get(WORD_READY) == 0)
		port->ops->relax(port, WEFT_MS(1));
	if (POLLED_BY == RPMSG_POLLED_BY_INTERRUPT) {
		board_on_doorbell(on_ring);
		count("doorbell", bare_doorbells, 0);
		board_on_doorbell(NULL);
	}
	word_set(WORD_OPEN, 1);
	ring(); /* it sleeps */
	local_open();
	local_meet();
	with_link();
	board_exit(0);
}
