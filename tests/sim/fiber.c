/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/fiber.h"

#include <stdint.h>

#if defined(__x86_64__)

/* What a function must keep, by the System V ABI: rbx, rbp, r12 to r15, and the stack pointer. */
__asm__(".text\n"
        ".type fiber_swap, @function\n"
        "fiber_swap:\n"
        "	pushq %rbp\n"
        "	pushq %rbx\n"
        "	pushq %r12\n"
        "	pushq %r13\n"
        "	pushq %r14\n"
        "	pushq %r15\n"
        "	movq %rsp, (%rdi)\n"
        "	movq (%rsi), %rsp\n"
        "	popq %r15\n"
        "	popq %r14\n"
        "	popq %r13\n"
        "	popq %r12\n"
        "	popq %rbx\n"
        "	popq %rbp\n"
        "	ret\n"
        ".size fiber_swap, . - fiber_swap\n");
void fiber_swap(struct fiber *from, struct fiber *to);

void fiber_make(struct fiber *fiber, void *stack, size_t size, void (*run)(void))
{
	void **top = (void **)(((uintptr_t)stack + size) & ~(uintptr_t)15);

	*--top = NULL; /* where run() would return to; and the alignment that a call leaves */
	*--top = (void *)(uintptr_t)run;
	for (int i = 0; i < 6; i++)
		*--top = NULL;
	fiber->sp = top;
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	fiber_swap(from, to);
}

#else

void fiber_make(struct fiber *fiber, void *stack, size_t size, void (*run)(void))
{
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = stack;
	fiber->context.uc_stack.ss_size = size;
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, run, 0);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	swapcontext(&from->context, &to->context);
}

#endif
