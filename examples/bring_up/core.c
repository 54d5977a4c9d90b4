/* SPDX-License-Identifier: Apache-2.0 */
/* What this core has by itself: a clock, a timer, a critical section, a sleep that ends. */
#include <stdio.h>

#include "checks.h"
#include "port/board.h"

#define TICK_US 1000u
#define TICKS 20u
#define LOOKS 20000u
#define TURNS_MAX 5000000u /* of a loop that waits for a timer, which may not run */

static uint32_t ticks;
static uint32_t word;
static uintptr_t self_in_tick;

static uint32_t now_us(void)
{
	return board_port()->ops->now_us(board_port());
}

static uint32_t seen(const uint32_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static void on_tick(void)
{
	struct weft_port *port = board_port();

	self_in_tick = port->ops->self(port);
	__atomic_store_n(&ticks, ticks + 1u, __ATOMIC_RELAXED);
}

static void on_wake(void)
{
	struct weft_port *port = board_port();

	__atomic_store_n(&word, 1u, __ATOMIC_RELEASE);
	port->ops->wake(port, &word);
}

/* Ticks that came until `count` or for long enough that it is none. */
static uint32_t wait_for_ticks(uint32_t count)
{
	ticks = 0;
	board_on_tick(TICK_US, on_tick);
	for (uint32_t i = 0; i < TURNS_MAX && seen(&ticks) < count; i++)
		board_pause();
	board_on_tick(0, NULL);
	return seen(&ticks);
}

static bool clock_goes_on(char said[SAID_MAX])
{
	uint32_t start = now_us();
	uint32_t last = start;

	for (uint32_t i = 0; i < LOOKS; i++) {
		uint32_t now = now_us();

		if (now - last > UINT32_MAX / 2u) {
			snprintf(said, SAID_MAX, "went back, from %u to %u us", (unsigned)last, (unsigned)now);
			return false;
		}
		last = now;
	}
	snprintf(said, SAID_MAX, "%u looks took %u us, none went back", LOOKS, (unsigned)(last - start));
	return last != start;
}

/* Two clocks of the board, told by one crystal or not, agree within a factor of two. */
static bool tick_and_clock_agree(char said[SAID_MAX])
{
	uint32_t start = now_us();
	uint32_t came = wait_for_ticks(TICKS);
	uint32_t took = now_us() - start;

	snprintf(said, SAID_MAX, "%u ticks of %u us took %u us", (unsigned)came, TICK_US, (unsigned)took);
	return came == TICKS && took > TICKS * TICK_US / 2u && took < TICKS * TICK_US * 2u;
}

/* A tick that comes due inside waits until the end, and then comes. */
static bool section_keeps_interrupts_out(char said[SAID_MAX])
{
	struct weft_port *port = board_port();

	board_on_tick(TICK_US, on_tick);
	uintptr_t key = port->ops->lock(port);
	uint32_t before = seen(&ticks);
	uint32_t start = now_us();
	while (now_us() - start < 5u * TICK_US) {
	}
	uint32_t inside = seen(&ticks) - before;
	port->ops->unlock(port, key);
	uint32_t behind = seen(&ticks) - before - inside;
	board_on_tick(0, NULL);
	snprintf(said, SAID_MAX, "%u ticks inside, %u at its end", (unsigned)inside, (unsigned)behind);
	return inside == 0 && behind >= 1;
}

static bool self_tells_contexts(char said[SAID_MAX])
{
	struct weft_port *port = board_port();
	uintptr_t self = port->ops->self(port);

	self_in_tick = self;
	wait_for_ticks(1);
	snprintf(said, SAID_MAX, "the task is %u, the tick's interrupt %u", (unsigned)self, (unsigned)self_in_tick);
	return self != 0 && self_in_tick != 0 && self != self_in_tick;
}

/* Nobody rings: only the time can end it. The watchdog ends a sleep that does not end. */
static bool sleep_ends(char said[SAID_MAX])
{
	struct weft_port *port = board_port();
	uint32_t start = now_us();
	uint32_t turns = 0;

	for (; now_us() - start < 10u * TICK_US && turns < TURNS_MAX; turns++)
		port->ops->relax(port, 10u * TICK_US);
	snprintf(said, SAID_MAX, "%u us in %u sleeps of at most %u", (unsigned)(now_us() - start), (unsigned)turns,
	         10u * TICK_US);
	return turns < TURNS_MAX;
}

/* Woken by an interrupt that changes the word; not asleep at all when it has changed before. */
static bool wait_is_woken(char said[SAID_MAX])
{
	struct weft_port *port = board_port();
	uint32_t turns = 0;

	word = 0;
	board_on_tick(TICK_US, on_wake);
	for (; __atomic_load_n(&word, __ATOMIC_ACQUIRE) == 0 && turns < TURNS_MAX; turns++)
		port->ops->wait(port, &word, 0, 100u * TICK_US);
	board_on_tick(0, NULL);
	uint32_t start = now_us();
	port->ops->wait(port, &word, 0, 500u * TICK_US);
	uint32_t took = now_us() - start;
	snprintf(said, SAID_MAX, "woken in turn %u; %u us for a word that has changed", (unsigned)turns,
	         (unsigned)took);
	return turns < TURNS_MAX && took < 250u * TICK_US;
}

const struct check checks_of_core[] = {
	{ "clock", clock_goes_on, "now_us(): is the counter enabled, does it count up, are 32 bits read at once?",
	  true },
	{ "tick", tick_and_clock_agree,
	  "the timer's interrupt: number, vector, enabled, acknowledged; the prescalers of timer and clock", true },
	{ "critical section", section_keeps_interrupts_out,
	  "lock() must mask doorbell and timer, unlock() put back what lock() found", false },
	{ "self", self_tells_contexts, "self(): never 0, another number in an interrupt", false },
	{ "sleep", sleep_ends, "relax(): a timer must end it when nobody rings", true },
	{ "wait", wait_is_woken, "wait(): compare with interrupts masked, then sleep; a pending one must end the sleep",
	  false },
	{ NULL, NULL, NULL, false },
};
