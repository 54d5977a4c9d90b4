/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the port that every RISC-V hart has in common.
 *
 * No wake-up is lost: what ends a sleep is looked at with interrupts masked, and wfi ends for an interrupt that is
 * pending and enabled in mie, whether mstatus.MIE masks it or not (Privileged Architecture, 3.3.3). */
#include "weft/riscv.h"

#include <stddef.h>

#define MSTATUS_MIE 8u

static struct weft_riscv *riscv_of(struct weft_port *port)
{
	return (struct weft_riscv *)(void *)port; /* its first member */
}

/* ---- The critical section ---- */

static uintptr_t riscv_lock(struct weft_port *port)
{
	uintptr_t mstatus;

	(void)port;
	__asm__ volatile("csrrci %0, mstatus, %1" : "=r"(mstatus) : "i"(MSTATUS_MIE) : "memory");
	return mstatus & MSTATUS_MIE;
}

static void riscv_unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	__asm__ volatile("csrs mstatus, %0" : : "r"(key) : "memory");
}

static uintptr_t riscv_self(struct weft_port *port)
{
	return riscv_of(port)->interrupt ? 2u : 1u;
}

/* ---- Sleep: with interrupts masked ---- */

static void sleep_at_most(const struct weft_riscv *riscv, uint32_t timeout_us)
{
	if (riscv->board->wake_after != NULL)
		riscv->board->wake_after(timeout_us);
	__asm__ volatile("wfi" : : : "memory");
}

static void pause_a_little(const struct weft_riscv *riscv)
{
	if (riscv->board->pause != NULL)
		riscv->board->pause();
	else
		__asm__ volatile(".insn i 0x0f, 0, x0, x0, 16"
		                 :
		                 :
		                 : "memory"); /* pause, a hint: harts without Zihintpause pass it */
}

static void riscv_relax(struct weft_port *port, uint32_t timeout_us)
{
	struct weft_riscv *riscv = riscv_of(port);

	if (timeout_us == 0) {
		pause_a_little(riscv);
		return;
	}
	uintptr_t key = riscv_lock(port);
	if (!riscv->rung)
		sleep_at_most(riscv, timeout_us);
	riscv_unlock(port, key);
	riscv->rung = false; /* whatever has rung until here, our caller is about to look */
}

static void riscv_wait(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	uintptr_t key = riscv_lock(port);

	if (__atomic_load_n(event, __ATOMIC_RELAXED) == seen && timeout_us != 0)
		sleep_at_most(riscv_of(port), timeout_us);
	riscv_unlock(port, key);
}

/* Who wakes another is an interrupt, and that has ended the sleep. */
static void riscv_wake(struct weft_port *port, uint32_t *event)
{
	if (event == NULL)
		weft_riscv_rung(riscv_of(port));
}

/* ---- The board's ---- */

static void riscv_kick(struct weft_port *port, uint32_t notifyid)
{
	/* Memory before device: who is interrupted sees what was stored. */
	__asm__ volatile("fence rw, ow" : : : "memory");
	riscv_of(port)->board->ring(notifyid);
}

static uint32_t riscv_now_us(struct weft_port *port)
{
	return riscv_of(port)->board->now_us();
}

void weft_riscv_enter(struct weft_riscv *riscv)
{
	riscv->interrupt = true;
}

void weft_riscv_leave(struct weft_riscv *riscv)
{
	riscv->interrupt = false;
}

void weft_riscv_rung(struct weft_riscv *riscv)
{
	/* Quiet before anything is looked at: what is stored behind our back rings anew. */
	__asm__ volatile("fence ow, rw" : : : "memory");
	riscv->rung = true;
}

void weft_riscv_open(struct weft_riscv *riscv, const struct weft_riscv_board *board, const struct weft_region *region)
{
	static const struct weft_port_ops ops = {
		.kick = riscv_kick,
		.now_us = riscv_now_us,
		.relax = riscv_relax,
		.lock = riscv_lock,
		.unlock = riscv_unlock,
		.self = riscv_self,
		.wait = riscv_wait,
		.wake = riscv_wake,
	};

	*riscv = (struct weft_riscv){ .port = { .ops = &ops, .region = *region }, .board = board };
}
