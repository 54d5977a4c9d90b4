/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of the thread sanitizer's library. Its functions have no header; gcc and clang call the same. */
#include "trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct trace trace;

static void note(enum trace_kind kind, const void *address, size_t size, bool atomic, int order)
{
	uintptr_t at = (uintptr_t)address - (uintptr_t)trace.memory; /* wraps for memory that is not watched */

	if (!trace.on || (kind != TRACE_FENCE && at >= trace.size))
		return;
	assert_true(trace.count < TRACE_MAX);
	trace.log[trace.count++] = (struct trace_access){ kind, atomic, order, (uint32_t)at, (uint32_t)size };
	if (trace.before == NULL)
		return;
	trace.on = false;
	trace.before();
	trace.on = true;
}

void trace_memory(const uint8_t *memory, uint32_t size)
{
	trace.memory = memory;
	trace.size = size;
	trace.on = false;
	trace.count = 0;
	trace.before = NULL;
}

void trace_begin(void)
{
	trace.count = 0;
	trace.on = true;
}

void trace_end(void)
{
	trace.on = false;
}

unsigned trace_accesses(void)
{
	unsigned accesses = 0;

	for (unsigned i = 0; i < trace.count; i++)
		accesses += trace.log[i].kind != TRACE_FENCE;
	return accesses;
}

unsigned trace_loads_of(uint32_t at)
{
	unsigned loads = 0;

	for (unsigned i = 0; i < trace.count; i++) {
		const struct trace_access *access = &trace.log[i];

		loads += access->kind == TRACE_LOAD && at >= access->at && at - access->at < access->size;
	}
	return loads;
}

/* ---- What the compilers call ---- */

#define PLAIN(size)                                           \
	void __tsan_read##size(void *address);                \
	void __tsan_read##size(void *address)                 \
	{                                                     \
		note(TRACE_LOAD, address, (size), false, 0);  \
	}                                                     \
	void __tsan_write##size(void *address);               \
	void __tsan_write##size(void *address)                \
	{                                                     \
		note(TRACE_STORE, address, (size), false, 0); \
	}                                                     \
	void __tsan_unaligned_read##size(void *address);      \
	void __tsan_unaligned_read##size(void *address)       \
	{                                                     \
		note(TRACE_LOAD, address, (size), false, 0);  \
	}                                                     \
	void __tsan_unaligned_write##size(void *address);     \
	void __tsan_unaligned_write##size(void *address)      \
	{                                                     \
		note(TRACE_STORE, address, (size), false, 0); \
	}

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

/* The orders are numbered as __ATOMIC_* are. */
#define ATOMIC(bits)                                                                                \
	uint##bits##_t __tsan_atomic##bits##_load(const uint##bits##_t *address, int order);        \
	uint##bits##_t __tsan_atomic##bits##_load(const uint##bits##_t *address, int order)         \
	{                                                                                           \
		note(TRACE_LOAD, address, (bits) / 8, true, order);                                 \
		return *(const volatile uint##bits##_t *)address;                                   \
	}                                                                                           \
	void __tsan_atomic##bits##_store(uint##bits##_t *address, uint##bits##_t value, int order); \
	void __tsan_atomic##bits##_store(uint##bits##_t *address, uint##bits##_t value, int order)  \
	{                                                                                           \
		note(TRACE_STORE, address, (bits) / 8, true, order);                                \
		*(volatile uint##bits##_t *)address = value;                                        \
	}

ATOMIC(8)
ATOMIC(16)
ATOMIC(32)
ATOMIC(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	note(TRACE_FENCE, NULL, 0, true, order);
}

void __tsan_read_range(void *address, size_t size);
void __tsan_read_range(void *address, size_t size)
{
	note(TRACE_LOAD, address, size, false, 0);
}

void __tsan_write_range(void *address, size_t size);
void __tsan_write_range(void *address, size_t size)
{
	note(TRACE_STORE, address, size, false, 0);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
	(void)caller;
}

void __tsan_func_exit(void *unused);
void __tsan_func_exit(void *unused)
{
	(void)unused;
}

/* ---- Copies: gcc and clang leave them calls, clang 15 and newer under a name of their own ---- */

#define WRAPPED(name) __real_##name
#define COPY(wrap, name)                                              \
	void *WRAPPED(name)(void *to, const void *from, size_t size); \
	void *wrap(void *to, const void *from, size_t size);          \
	void *wrap(void *to, const void *from, size_t size)           \
	{                                                             \
		note(TRACE_LOAD, from, size, false, 0);               \
		note(TRACE_STORE, to, size, false, 0);                \
		return WRAPPED(name)(to, from, size);                 \
	}

COPY(__wrap_memcpy, memcpy)
COPY(__wrap_memmove, memmove)
COPY(__tsan_memcpy, memcpy)
COPY(__tsan_memmove, memmove)

void *__real_memset(void *to, int value, size_t size);
void *__wrap_memset(void *to, int value, size_t size);
void *__wrap_memset(void *to, int value, size_t size)
{
	note(TRACE_STORE, to, size, false, 0);
	return __real_memset(to, value, size);
}

void *__tsan_memset(void *to, int value, size_t size);
void *__tsan_memset(void *to, int value, size_t size)
{
	return __wrap_memset(to, value, size);
}
