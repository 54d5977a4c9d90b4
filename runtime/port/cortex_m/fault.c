/* SPDX-License-Identifier: Apache-2.0 */
/* A fault is said and ends the run: a core that is quietly dead looks like a link that is down. */
#include <stdint.h>

#include "port/board.h"
#include "port/cortex_m/core.h"
#include "port/cortex_m/scb.h"

#define FAULT_STACK_WORDS 256u
#define EXCEPTION_INTERRUPTS 16u

/* Its own: the task's may be what is at fault. */
static uint64_t fault_stack[FAULT_STACK_WORDS / 2u] __attribute__((used));

struct frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

/* The bits of CFSR that are set, by the manual's names. */
static const struct cause {
	uint32_t bit;
	const char *name;
} causes[] = {
	{ 1u << 0, "IACCVIOL" }, { 1u << 1, "DACCVIOL" },    { 1u << 3, "MUNSTKERR" },    { 1u << 4, "MSTKERR" },
	{ 1u << 8, "IBUSERR" },  { 1u << 9, "PRECISERR" },   { 1u << 10, "IMPRECISERR" }, { 1u << 11, "UNSTKERR" },
	{ 1u << 12, "STKERR" },  { 1u << 16, "UNDEFINSTR" }, { 1u << 17, "INVSTATE" },    { 1u << 18, "INVPC" },
	{ 1u << 19, "NOCP" },    { 1u << 20, "STKOF" },      { 1u << 24, "UNALIGNED" },   { 1u << 25, "DIVBYZERO" },
};

static const char *exception_name(uint32_t number)
{
	static const char *const names[] = { "?",         "?",        "NMI",        "HardFault",
		                             "MemManage", "BusFault", "UsageFault", "SecureFault" };

	return number < sizeof names / sizeof names[0] ? names[number] : "an interrupt that nobody expects";
}

static void fault(const struct frame *frame, uint32_t number) __attribute__((noreturn, used));
static void fault(const struct frame *frame, uint32_t number)
{
	uint32_t cfsr = *reg(SCB_CFSR);
	const char *cause = "no cause";

	for (uint32_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
		if (cfsr & causes[i].bit)
			cause = causes[i].name;
	}
	if (number >= EXCEPTION_INTERRUPTS)
		board_print("fault: core %u: %s, %u\n", board_core(), exception_name(number),
		            (unsigned)(number - EXCEPTION_INTERRUPTS));
	else
		board_print("fault: core %u: %s, %s: pc %08x lr %08x cfsr %08x hfsr %08x address %08x\n", board_core(),
		            exception_name(number), cause, (unsigned)frame->pc, (unsigned)frame->lr, (unsigned)cfsr,
		            (unsigned)*reg(SCB_HFSR), (unsigned)*reg(SCB_BFAR));
	board_exit(BOARD_FAULT);
}

__attribute__((naked)) void cortex_m_fault(void)
{
	__asm__ volatile("cpsid i\n\t"
	                 "mrs r0, msp\n\t"
	                 "mrs r1, ipsr\n\t"
#if __ARM_ARCH >= 8
	                 "movs r2, #0\n\t"
	                 "msr msplim, r2\n\t"
#endif
	                 "ldr r2, =%c0\n\t"
	                 "msr msp, r2\n\t"
	                 "ldr r2, =%c1\n\t"
	                 "bx r2\n\t"
	                 ".ltorg"
	                 :
	                 : "i"(&fault_stack[FAULT_STACK_WORDS / 2u]), "i"(fault));
}
