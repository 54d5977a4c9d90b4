/* SPDX-License-Identifier: Apache-2.0 */
/* Fibers: the cores take turns on one thread. */
#ifndef WEFT_SIM_FIBER_H
#define WEFT_SIM_FIBER_H

#include <stddef.h>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

struct fiber {
#if defined(__x86_64__)
	void *sp;
#else
	ucontext_t context;
#endif
};

/* Make ready: the first switch to it calls run(), which must not return. A fiber is ended by never going back. */
void fiber_make(struct fiber *fiber, void *stack, size_t size, void (*run)(void));

/* Go on with `to`, until somebody switches back to `from`. */
void fiber_switch(struct fiber *from, struct fiber *to);

#endif
