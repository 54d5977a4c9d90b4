/* SPDX-License-Identifier: Apache-2.0 */
/* From reset to main(). The machine's reset sends both harts into hart 0's image; hart 1 sleeps there until its bell is
 * rung, and goes to its own. A restart enters its own image here again. */
#include <stddef.h>
#include <string.h>

#include "port/riscv/virt/virt.h"

extern char virt_data[], virt_data_end[], virt_data_load[], virt_bss[], virt_bss_end[]; /* virt.ld */

int main(void);

/* A hart that is not this image's is hart 1 in hart 0's. It has no stack here, and needs none. */
__attribute__((naked, used, section(".start"))) void virt_start(void)
{
	__asm__("csrci mstatus, 8\n\t"
	        "csrw mie, zero\n\t"
	        "csrr t0, mhartid\n\t"
	        "lui t1, %hi(virt_hart)\n\t"
	        "addi t1, t1, %lo(virt_hart)\n\t"
	        "bne t0, t1, 1f\n\t"
	        ".option push\n\t"
	        ".option norelax\n\t"
	        "la gp, __global_pointer$\n\t"
	        ".option pop\n\t"
	        "la sp, virt_stack_top\n\t"
	        /* The page below the stack is nobody's, of 4 KiB, locked: a stack that is used up is a fault. */
	        "la t0, virt_stack_guard + 0x7ff\n\t"
	        "srli t0, t0, 2\n\t"
	        "csrw pmpaddr0, t0\n\t"
	        "li t0, 0x98\n\t"
	        "csrw pmpcfg0, t0\n\t"
	        "la t0, virt_trap\n\t"
	        "csrw mtvec, t0\n\t"
	        "tail virt_run\n\t"
	        /* Parked. An interrupt that is pending ends wfi and is not taken: MIE is clear. */
	        "1: csrwi mie, 8\n\t"
	        "2: wfi\n\t"
	        "csrr t0, mip\n\t"
	        "andi t0, t0, 8\n\t"
	        "beqz t0, 2b\n\t"
	        "li t0, 0x02000004\n\t"
	        "sw zero, 0(t0)\n\t"
	        "fence.i\n\t"
	        "lla t0, virt_other\n\t" /* core0.ld: where hart 1's image begins */
	        "jr t0");
}

static size_t bytes(const char *start, const char *end)
{
	return (uintptr_t)end - (uintptr_t)start;
}

__attribute__((used)) _Noreturn void virt_run(void)
{
	memcpy(virt_data, virt_data_load, bytes(virt_data, virt_data_end));
	memset(virt_bss, 0, bytes(virt_bss, virt_bss_end));
	virt_open();
	board_exit(main());
}

/* There is nothing that a hart knows of the interrupt that it is in: a jump leaves it. */
_Noreturn void board_restart(void)
{
	(void)virt_mask();
	virt_start();
	__builtin_unreachable();
}
