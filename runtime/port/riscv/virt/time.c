/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, and one timer for all that this hart waits for: the nearest of several times. */
#include <stddef.h>

#include "port/riscv/virt/virt.h"

#define NEVER UINT64_MAX
#define LOOK_US 1000000u /* how often a hart looks at the watchdog that the other may have set */
#define TURN_TICKS 100u  /* the shortest turn: some times what an interrupt takes */

static uint64_t sleep_at;
static uint64_t tick_at;
static uint64_t look_at;
static uint64_t turn_at;
static uint32_t tick_us;
static void (*on_tick)(void);

/* The two halves are not read at once: the high one before and after is the same, or it is read anew. */
static uint64_t now(void)
{
	volatile uint32_t *mtime = virt_register(VIRT_MTIME);
	uint32_t high = mtime[1];

	for (;;) {
		uint32_t low = mtime[0];
		uint32_t again = mtime[1];

		if (again == high)
			return (uint64_t)high << 32 | low;
		high = again;
	}
}

static uint64_t after(uint32_t us)
{
	return now() + (uint64_t)us * VIRT_TICKS_PER_US;
}

/* Long division, 16 bits a digit: rv32 has no instruction for 64 bits, and the digits above 2^32 are not wanted. */
uint32_t virt_now_us(void)
{
	uint64_t ticks = now();
	uint32_t low = (uint32_t)ticks;
	uint32_t upper = (uint32_t)(ticks >> 32) % VIRT_TICKS_PER_US << 16 | low >> 16;
	uint32_t lower = upper % VIRT_TICKS_PER_US << 16 | (low & 0xffffu);

	return upper / VIRT_TICKS_PER_US << 16 | lower / VIRT_TICKS_PER_US;
}

/* Never a time between the stores that is earlier than the old one and the new one. */
static void set_timer(uint64_t at)
{
	volatile uint32_t *mtimecmp = virt_register(VIRT_MTIMECMP(board_core()));
	uint32_t high = (uint32_t)(at >> 32);

	if (mtimecmp[1] != high) {
		mtimecmp[0] = UINT32_MAX;
		mtimecmp[1] = high;
	}
	mtimecmp[0] = (uint32_t)at;
}

/* With interrupts masked, as all that writes what this reads. */
static void arm(void)
{
	uint64_t next = look_at;

	if (sleep_at < next)
		next = sleep_at;
	if (tick_at < next)
		next = tick_at;
	if (turn_at < next)
		next = turn_at;
	set_timer(next);
}

/* Who sleeps lets the other run: its turn ends with that, not with a time. */
void virt_wake_after(uint32_t timeout_us)
{
	sleep_at = after(timeout_us);
	turn_at = NEVER;
	arm();
}

/* The emulator runs a hart until the next timer is due, then the other: each seed is another order. */
void virt_turn(void)
{
	uint32_t seed = board_seed();

	if (seed == 0 || turn_at != NEVER)
		return;
	turn_at = now() + TURN_TICKS + (board_core() == 0 ? seed : seed / 2u);
	arm();
}

/* Asleep until a time that has come: the emulator turns to the other hart, and comes back at once. */
void board_pause(void)
{
	uintptr_t key = virt_mask();

	set_timer(0);
	__asm__ volatile("wfi" : : : "memory");
	arm();
	virt_unmask(key);
}

void board_on_tick(uint32_t period_us, void (*handler)(void))
{
	uintptr_t key = virt_mask();

	tick_us = period_us;
	tick_at = period_us != 0 ? after(period_us) : NEVER;
	on_tick = handler;
	arm();
	virt_unmask(key);
}

/* Odd: 0 says that there is none. */
void board_watchdog(uint32_t timeout_us)
{
	uint32_t at = timeout_us != 0 ? (virt_now_us() + timeout_us) | 1u : 0;
	uintptr_t key = virt_mask();

	__atomic_store_n(&virt_shared.watchdog_us, at, __ATOMIC_RELAXED);
	look_at = after(timeout_us != 0 ? timeout_us + 2u : LOOK_US);
	arm();
	virt_unmask(key);
}

static void look_at_watchdog(void)
{
	static const char text[] = "watchdog: nothing has got on for too long\n";
	uint32_t at = __atomic_load_n(&virt_shared.watchdog_us, __ATOMIC_RELAXED);

	if (at != 0 && (int32_t)(virt_now_us() - at) >= 0) {
		board_write(text, sizeof text - 1u);
		board_exit(BOARD_WATCHDOG);
	}
	look_at = after(LOOK_US);
}

void virt_on_timer(void)
{
	uint64_t time = now();

	if (sleep_at <= time)
		sleep_at = NEVER;
	if (look_at <= time)
		look_at_watchdog();
	bool ticked = tick_at <= time;
	if (ticked)
		tick_at += (uint64_t)tick_us * VIRT_TICKS_PER_US;
	if (turn_at <= time)
		turn_at = NEVER;
	arm();
	if (ticked && on_tick != NULL)
		on_tick();
}

void virt_time_open(void)
{
	sleep_at = tick_at = turn_at = NEVER;
	look_at = after(LOOK_US);
	arm();
	virt_turn();
}
