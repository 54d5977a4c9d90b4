/* SPDX-License-Identifier: Apache-2.0 */
/* The port to cores of Armv7-M and Armv8-M without an operating system: one task, and interrupts.
 *
 * The critical section masks interrupts (PRIMASK), so it holds between the task and interrupts of one core. Interrupts
 * that use the link have one priority: none of them cuts into another. The board gives what differs from chip to chip:
 * the doorbell, a clock, a timer that ends a sleep. */
#ifndef WEFT_CORTEX_M_H
#define WEFT_CORTEX_M_H

#include "weft/port.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft_cortex_m_board {
	/* Ring the other core's doorbell. Any context; what was stored before is visible to who hears it. */
	void (*ring)(uint32_t notifyid);

	/* A free-running clock in microseconds that wraps at 2^32. Any context. */
	uint32_t (*now_us)(void);

	/* Let an interrupt of this core come timeout_us from now or earlier, once; a call replaces the last one. Called
	 * with interrupts masked. NULL: another interrupt comes often enough to end a sleep, a tick for instance. */
	void (*wake_after)(uint32_t timeout_us);
};

/* Private but for port. */
struct weft_cortex_m {
	struct weft_port port; /* first: give &cortex_m.port to the transport */
	const struct weft_cortex_m_board *board;
	bool rung;
};

/* Fill in the port. board is kept for as long as the link, region is copied. Task. */
void weft_cortex_m_open(struct weft_cortex_m *cortex_m, const struct weft_cortex_m_board *board,
                        const struct weft_region *region);

/* The doorbell's interrupt handler calls this, after it has quieted the doorbell and before it polls, if it does. */
void weft_cortex_m_rung(struct weft_cortex_m *cortex_m);

#ifdef __cplusplus
}
#endif

#endif
