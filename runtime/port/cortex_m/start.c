/* SPDX-License-Identifier: Apache-2.0 */
/* The reset handler, and how a core comes to it again without a reset.
 *
 * The linker script gives the addresses. A restart keeps the section .noinit. */
#include <stdbool.h>
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

#define EXCEPTION_SYSTICK 15u
#define EXCEPTION_IRQ 16u

/* The exception that runs; and one that it has cut into, 0: the task. Interrupts have one priority: only what cannot be
 * masked cuts into one. */
static uint32_t running(void)
{
	uint32_t number;

	__asm__ volatile("mrs %0, ipsr" : "=r"(number));
	return number;
}

static uint32_t cut_into(uint32_t number)
{
	if ((*reg(SCB_SHCSR) & SCB_SHCSR_SYSTICKACT) != 0 && number != EXCEPTION_SYSTICK)
		return EXCEPTION_SYSTICK;
	for (uint32_t irq = 0; irq < 32u * NVIC_WORDS; irq++) {
		bool active = (*reg(NVIC_IABR + irq / 32u * 4u) >> irq % 32u & 1u) != 0;

		if (active && number != EXCEPTION_IRQ + irq)
			return EXCEPTION_IRQ + irq;
	}
	return 0;
}

/* An exception ends by returning: to the reset handler as a task, over a frame that says so; or to the exception that
 * it has cut into, which comes here in its turn. */
__attribute__((naked, noreturn)) static void leave(uint32_t outer)
{
	__asm__ volatile("movs r1, #0\n\t"
#if __ARM_ARCH >= 8
	                 "msr msplim, r1\n\t"
#endif
	                 "ldr r1, =image_stack_top\n\t"
	                 "subs r1, #32\n\t"
	                 "orr r2, r0, #0x01000000\n\t"
	                 "str r2, [r1, #28]\n\t" /* xpsr: Thumb, and the exception's number */
	                 "ldr r2, =%c0\n\t"
	                 "ldr r3, =0xfffffff9\n\t" /* EXC_RETURN: to the task, on the main stack */
	                 "cbz r0, 1f\n\t"
	                 "ldr r2, =%c1\n\t"
	                 "ldr r3, =0xfffffff1\n" /* to an exception */
	                 "1:\tbic r2, #1\n\t"
	                 "str r2, [r1, #24]\n\t" /* pc */
	                 "msr msp, r1\n\t"
	                 "bx r3\n\t"
	                 ".ltorg"
	                 :
	                 : "i"(cortex_m_reset), "i"(board_restart));
	(void)outer;
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
	uint32_t number = running();
	if (number == 0)
		cortex_m_reset();
	leave(cut_into(number));
}
