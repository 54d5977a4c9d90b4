/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's machine virt with two harts, between the files of the board. Addresses of devices: QEMU,
 * hw/riscv/virt.c. Of memory: board.toml. */
#ifndef WEFT_PORT_RISCV_VIRT_H
#define WEFT_PORT_RISCV_VIRT_H

#include <stdbool.h>
#include <stdint.h>

#include "port/board.h"

/* ACLINT: a doorbell and a timer a hart, and a clock of 10 MHz for both. */
#define VIRT_MSIP(hart) (0x02000000u + 4u * (hart))
#define VIRT_MTIMECMP(hart) (0x02004000u + 8u * (hart))
#define VIRT_MTIME 0x0200bff8u
#define VIRT_TICKS_PER_US 10u

#define VIRT_UART 0x10000000u /* 16550 */
#define VIRT_UART_LSR (VIRT_UART + 5u)
#define VIRT_UART_LSR_EMPTY 0x20u
#define VIRT_TEST 0x00100000u /* SiFive's: a store ends the run */

#define VIRT_MIE 8u    /* mstatus */
#define VIRT_MSI 0x08u /* mie and mip: the doorbell */
#define VIRT_MTI 0x80u /* and the timer */

/* Memory that both harts reach at one address (virt.ld), and that no start clears. */
struct virt_shared {
	uint32_t seed;        /* first: who starts the machine may put a number there */
	uint32_t watchdog_us; /* when it bites, odd; 0: it does not */
	uint32_t writer;      /* the console's */
	uint32_t words[BOARD_SHARED_WORDS];
};
extern struct virt_shared virt_shared;

static inline volatile uint32_t *virt_register(uintptr_t address)
{
	return (volatile uint32_t *)address;
}

static inline uintptr_t virt_mask(void)
{
	uintptr_t mstatus;

	__asm__ volatile("csrrci %0, mstatus, %1" : "=r"(mstatus) : "i"(VIRT_MIE) : "memory");
	return mstatus & VIRT_MIE;
}

static inline void virt_unmask(uintptr_t key)
{
	__asm__ volatile("csrs mstatus, %0" : : "r"(key) : "memory");
}

/* start.c, trap.c, in assembler: where a reset enters, and a trap. */
void virt_start(void);
void virt_trap(void);

/* board.c: the port, and interrupts enabled. */
void virt_open(void);

/* board.c: what the trap handler calls. */
void virt_enter(void);
void virt_leave(void);
void virt_on_doorbell(void);

/* time.c: the port's clock and sleep; the timer's interrupt; the end of every interrupt. */
uint32_t virt_now_us(void);
void virt_wake_after(uint32_t timeout_us);
void virt_on_timer(void);
void virt_turn(void);
void virt_time_open(void);

#endif
