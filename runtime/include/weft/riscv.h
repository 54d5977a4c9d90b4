/* SPDX-License-Identifier: Apache-2.0 */
/* The port to one RISC-V hart, rv32 or rv64, in machine mode without an operating system: one task, and interrupts.
 *
 * The critical section masks interrupts (mstatus.MIE), so it holds between the task and interrupts of one hart: two
 * harts have two images, or at least each its own variables. Interrupts do not nest. The board gives what differs from
 * chip to chip: the doorbell, a clock, a timer that ends a sleep. */
#ifndef WEFT_RISCV_H
#define WEFT_RISCV_H

#include "weft/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft_riscv_board {
	/* Ring the other hart's doorbell. Any context. The port has ordered what was stored before it. */
	void (*ring)(uint32_t notifyid);

	/* A free-running clock in microseconds that wraps at 2^32. Any context. */
	uint32_t (*now_us)(void);

	/* Let an interrupt of this hart come timeout_us from now or earlier, once; a call replaces the last one. Called
	 * with interrupts masked. NULL: another interrupt comes often enough to end a sleep, a tick for instance. */
	void (*wake_after)(uint32_t timeout_us);

	/* A turn of a busy loop. Any context that waits. NULL: the instruction pause. */
	void (*pause)(void);
};

/* Private but for port. */
struct weft_riscv {
	struct weft_port port; /* first: give &riscv.port to the transport */
	const struct weft_riscv_board *board;
	volatile bool rung;      /* since the last relax() */
	volatile bool interrupt; /* this hart is in its trap handler */
};

/* Fill in the port. board is kept for as long as the link. Task, with interrupts masked or disabled. */
void weft_riscv_open(struct weft_riscv *riscv, const struct weft_riscv_board *board, const struct weft_region *region);

/* The trap handler calls these first and last: what runs between is not the task, and self() of port.h says so. */
void weft_riscv_enter(struct weft_riscv *riscv);
void weft_riscv_leave(struct weft_riscv *riscv);

/* The doorbell's interrupt handler calls this, after it has quieted the doorbell and before it polls, if it does. */
void weft_riscv_rung(struct weft_riscv *riscv);

#ifdef __cplusplus
}
#endif

#endif
