/* SPDX-License-Identifier: Apache-2.0 */
/* The reset handler, and how a core comes to it again without a reset.
 *
 * The linker script gives the addresses. A restart keeps the section .noinit. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "port/board.h"
#include "port/cortex_m/core.h"
#include "port/cortex_m/scb.h"

#define KEPT_MAGIC 0x57656674u

extern uint32_t vectors[];
extern char image_data_start[], image_data_end[], image_data_load[];
extern char image_bss_start[], image_bss_end[];
int main(void);

/* What a restart leaves. Without the magic number the memory is as the power-on left it. */
static struct {
	uint32_t magic;
	uint32_t life;
	uint32_t words[BOARD_KEPT_WORDS];
} kept __attribute__((section(".noinit")));

uint32_t *board_kept(void)
{
	return kept.words;
}

uint32_t board_life(void)
{
	return kept.life;
}

static size_t bytes(const char *start, const char *end)
{
	return (uintptr_t)end - (uintptr_t)start;
}

static void start(void) __attribute__((noreturn, used));
static void start(void)
{
	memcpy(image_data_start, image_data_load, bytes(image_data_start, image_data_end));
	memset(image_bss_start, 0, bytes(image_bss_start, image_bss_end));
	if (kept.magic != KEPT_MAGIC) {
		memset(&kept, 0, sizeof kept);
		kept.magic = KEPT_MAGIC;
	}
	kept.life++;
	*reg(SCB_VTOR) = (uint32_t)(uintptr_t)vectors;
	*reg(SCB_SHCSR) |= SCB_SHCSR_FAULTS;
	*reg(SCB_CCR) |= SCB_CCR_DIV_0_TRP;
	board_init();
	__asm__ volatile("cpsie i\n\tisb" : : : "memory");
	board_exit(main());
}

/* A stack that is used up is a fault (Armv8-M's limit register), not another's memory. */
__attribute__((naked)) void cortex_m_reset(void)
{
	__asm__ volatile("movs r0, #0\n\t"
#if __ARM_ARCH >= 8
	                 "msr msplim, r0\n\t"
#endif
	                 "msr control, r0\n\t"
	                 "isb\n\t"
	                 "ldr r0, =image_stack_top\n\t"
	                 "msr msp, r0\n\t"
#if __ARM_ARCH >= 8
	                 "ldr r0, =image_stack_end\n\t"
	                 "msr msplim, r0\n\t"
#endif
	                 "ldr r0, =%c0\n\t"
	                 "bx r0\n\t"
	                 ".ltorg"
	                 :
	                 : "i"(start));
}

/* To the reset handler as a task: an interrupt returns there, over a frame that says so. Interrupts have one priority,
 * so there is one to return from. */
__attribute__((naked, noreturn)) static void leave(void)
{
	__asm__ volatile("mrs r0, ipsr\n\t"
	                 "cbz r0, 1f\n\t"
	                 "movs r0, #0\n\t"
#if __ARM_ARCH >= 8
	                 "msr msplim, r0\n\t"
#endif
	                 "ldr r1, =image_stack_top\n\t"
	                 "subs r1, #32\n\t"
	                 "str r0, [r1, #20]\n\t" /* lr */
	                 "ldr r2, =%c0\n\t"
	                 "bic r2, #1\n\t"
	                 "str r2, [r1, #24]\n\t" /* pc */
	                 "ldr r2, =0x01000000\n\t"
	                 "str r2, [r1, #28]\n\t" /* xpsr: Thumb, no exception */
	                 "msr msp, r1\n\t"
	                 "ldr r0, =0xfffffff9\n\t" /* EXC_RETURN: to the task, on the main stack */
	                 "bx r0\n"
	                 "1:\tldr r0, =%c0\n\t"
	                 "bx r0\n\t"
	                 ".ltorg"
	                 :
	                 : "i"(cortex_m_reset));
}

void board_restart(void)
{
	__asm__ volatile("cpsid i" : : : "memory");
	*reg(SYST_CSR) = 0;
	*reg(SCB_ICSR) = SCB_ICSR_PENDSTCLR;
	board_quiet();
	for (uint32_t i = 0; i < NVIC_WORDS; i++) {
		*reg(NVIC_ICER + 4u * i) = UINT32_MAX;
		*reg(NVIC_ICPR + 4u * i) = UINT32_MAX;
	}
	__asm__ volatile("dsb\n\tisb" : : : "memory");
	leave();
}
