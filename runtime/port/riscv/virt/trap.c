/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts go to their handlers. Faults are named, and end the run. */
#include "port/riscv/virt/virt.h"

/* An exception's cause: Privileged Architecture, table "Machine cause register values after trap". */
static const char *const causes[] = {
	"instruction address misaligned",
	"instruction access fault",
	"illegal instruction",
	"breakpoint",
	"load address misaligned",
	"load access fault",
	"store address misaligned",
	"store access fault",
	"environment call from user mode",
	"environment call from supervisor mode",
	"reserved",
	"environment call from machine mode",
};

__attribute__((used)) _Noreturn void virt_fault(uintptr_t cause, uintptr_t pc, uintptr_t value)
{
	const char *name = cause < sizeof causes / sizeof causes[0] ? causes[cause] : "unexpected trap";

	board_print("fault: core %u: %s: pc %08lx mcause %lx mtval %08lx\n", board_core(), name, (unsigned long)pc,
	            (unsigned long)cause, (unsigned long)value);
	board_exit(BOARD_FAULT);
}

__attribute__((used, interrupt("machine"))) void virt_interrupt(void)
{
	uintptr_t pending;

	virt_enter();
	__asm__ volatile("csrr %0, mip" : "=r"(pending));
	if ((pending & VIRT_MSI) != 0)
		virt_on_doorbell();
	if ((pending & VIRT_MTI) != 0)
		virt_on_timer();
	virt_turn();
	virt_leave();
}

/* A fault gets the stack anew: it may be the stack that has overflowed, and nobody returns. */
__attribute__((naked, used, aligned(4))) void virt_trap(void)
{
	__asm__("csrw mscratch, t0\n\t"
	        "csrr t0, mcause\n\t"
	        "bgez t0, 1f\n\t"
	        "csrr t0, mscratch\n\t"
	        "j virt_interrupt\n\t"
	        "1: mv a0, t0\n\t"
	        "csrr a1, mepc\n\t"
	        "csrr a2, mtval\n\t"
	        ".option push\n\t"
	        ".option norelax\n\t"
	        "la gp, __global_pointer$\n\t"
	        ".option pop\n\t"
	        "la sp, virt_stack_top\n\t"
	        "call virt_fault");
}
