/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the port that every Armv7-M and Armv8-M core has in common.
 *
 * No wake-up is lost: what ends a sleep is looked at with interrupts masked, and wfi ends for an interrupt that is
 * pending, masked or not (Armv8-M Architecture Reference Manual, B3.25 "Wait For Interrupt"). */
#include "weft/cortex_m.h"

#include <stddef.h>

static struct weft_cortex_m *cortex_m_of(struct weft_port *port)
{
	return (struct weft_cortex_m *)(void *)port; /* its first member */
}

/* ---- The critical section ---- */

static uintptr_t mask(void)
{
	uintptr_t key;

	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(key) : : "memory");
	return key;
}

/* The barrier lets an interrupt that is pending come here, not some instructions later. */
static void unmask(uintptr_t key)
{
	__asm__ volatile("msr primask, %0\n\tisb" : : "r"(key) : "memory");
}

static uintptr_t cortex_m_lock(struct weft_port *port)
{
	(void)port;
	return mask();
}

static void cortex_m_unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	unmask(key);
}

/* The number of the exception that runs, and one more: the task is 1. */
static uintptr_t cortex_m_self(struct weft_port *port)
{
	uintptr_t number;

	(void)port;
	__asm__ volatile("mrs %0, ipsr" : "=r"(number));
	return number + 1u;
}

/* ---- Sleep: with interrupts masked ---- */

static void sleep_at_most(const struct weft_cortex_m *cortex_m, uint32_t timeout_us)
{
	if (cortex_m->board->wake_after != NULL)
		cortex_m->board->wake_after(timeout_us);
	__asm__ volatile("dsb\n\twfi" : : : "memory");
}

static void cortex_m_relax(struct weft_port *port, uint32_t timeout_us)
{
	struct weft_cortex_m *cortex_m = cortex_m_of(port);

	if (timeout_us == 0) {
		__asm__ volatile("yield" : : : "memory");
		return;
	}
	uintptr_t key = mask();
	if (!cortex_m->rung)
		sleep_at_most(cortex_m, timeout_us);
	cortex_m->rung = false;
	/* The interrupt that ended the sleep runs here, and may set it again: the next call does not sleep. */
	unmask(key);
}

static void cortex_m_wait(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	uintptr_t key = mask();

	if (*event == seen && timeout_us != 0)
		sleep_at_most(cortex_m_of(port), timeout_us);
	unmask(key);
}

/* Who wakes another is an interrupt, and that has ended the sleep. */
static void cortex_m_wake(struct weft_port *port, uint32_t *event)
{
	if (event == NULL)
		weft_cortex_m_rung(cortex_m_of(port));
}

/* ---- The board's ---- */

static void cortex_m_kick(struct weft_port *port, uint32_t notifyid)
{
	cortex_m_of(port)->board->ring(notifyid);
}

static uint32_t cortex_m_now_us(struct weft_port *port)
{
	return cortex_m_of(port)->board->now_us();
}

/* One store: who looks at it does so with interrupts masked. */
void weft_cortex_m_rung(struct weft_cortex_m *cortex_m)
{
	__atomic_store_n(&cortex_m->rung, true, __ATOMIC_RELAXED);
}

void weft_cortex_m_open(struct weft_cortex_m *cortex_m, const struct weft_cortex_m_board *board,
                        const struct weft_region *region)
{
	static const struct weft_port_ops ops = {
		.kick = cortex_m_kick,
		.now_us = cortex_m_now_us,
		.relax = cortex_m_relax,
		.lock = cortex_m_lock,
		.unlock = cortex_m_unlock,
		.self = cortex_m_self,
		.wait = cortex_m_wait,
		.wake = cortex_m_wake,
	};

	cortex_m->port.ops = &ops;
	cortex_m->port.region = *region;
	cortex_m->board = board;
	cortex_m->rung = false;
}
