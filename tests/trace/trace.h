/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime does to shared memory, access by access. The sources are compiled for the thread sanitizer and
 * linked with our functions in the place of its library: the compiler hands us every load and store with its address,
 * every atomic one with its order, and every fence; copies come by the linker's --wrap. The sources do not know. */
#ifndef WEFT_TESTS_TRACE_H
#define WEFT_TESTS_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_MAX 8192u

enum trace_kind { TRACE_LOAD, TRACE_STORE, TRACE_FENCE };

struct trace_access {
	enum trace_kind kind;
	bool atomic;
	int order;   /* __ATOMIC_*, of atomics and fences */
	uint32_t at; /* offset in the memory that is watched */
	uint32_t size;
};

struct trace {
	const uint8_t *memory; /* watched */
	uint32_t size;
	bool on;
	unsigned count;
	void (*before)(void); /* each access that is logged, itself not; NULL: nobody */
	struct trace_access log[TRACE_MAX];
};
extern struct trace trace;

/* Watch `size` bytes; the log is empty and off, and nobody is told. */
void trace_memory(const uint8_t *memory, uint32_t size);

/* Begin with an empty log; end. More than TRACE_MAX accesses fail the test. */
void trace_begin(void);
void trace_end(void);

/* Loads and stores in the log; fences are none. */
unsigned trace_accesses(void);

/* How many loads cover this byte. */
unsigned trace_loads_of(uint32_t at);

#endif
