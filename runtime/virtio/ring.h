/* SPDX-License-Identifier: Apache-2.0 */
/* The only code that touches words which the peer also touches: rings, descriptors, epoch lines, status.
 *
 * Each word has one writer. Loads are done once, into a local of the caller. The order is in the name; each use
 * says what it pairs with. Plain types and __atomic builtins: no 64-bit atomics, which 32-bit cores lack.
 * Little endian only, as every pair of cores that ships is.
 *
 * Caches that are not coherent (WEFT_CACHE_LINE) are kept right here too. No line has two writers, so:
 *     a load     drops its line first and sees the memory; the line is never dirty, since
 *     a store    writes its line back at once, before the next one, which may be the index that tells of it
 *     a payload  is written back when it is pushed, and dropped when it has come, before it is read
 * A buffer that is lent is dirty until it is pushed; nobody else writes to it or reads it. A received one is never
 * dirty: it is only read. What a lost link leaves dirty is dropped when the next life begins (ring_forget). */
#ifndef WEFT_VIRTIO_RING_H
#define WEFT_VIRTIO_RING_H

#include <stdint.h>
#include <string.h>

#include "weft/once.h"
#include "weft/port.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Weft's shared memory is little endian"
#endif

/* virtio 1.x, 2.7.5 to 2.7.8 */
#define VRING_DESC_F_WRITE 2u
#define VRING_F_NO_NOTIFY 1u /* in either ring's flags: the writer wants no kick */

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct vring_used_elem {
	uint32_t id;
	uint32_t len;
};

/* Both rings begin with this; entries follow. */
struct vring_head {
	uint16_t flags;
	uint16_t idx;
};

static inline uint16_t *vring_avail_ring(struct vring_head *avail)
{
	return (uint16_t *)(void *)(avail + 1);
}

static inline struct vring_used_elem *vring_used_ring(struct vring_head *used)
{
	return (struct vring_used_elem *)(void *)(used + 1);
}

/* The device's, behind its num entries; without EVENT_IDX nobody looks at it. */
static inline uint16_t *vring_avail_event(struct vring_head *used, uint16_t num)
{
	return (uint16_t *)(void *)(vring_used_ring(used) + num);
}

#if WEFT_CACHE_LINE != 0

#define RING_IN_LINE ((uintptr_t)(WEFT_CACHE_LINE - 1))

static inline const uint8_t *ring_line(const void *start)
{
	return (const uint8_t *)start - ((uintptr_t)start & RING_IN_LINE);
}

/* Bytes of the lines that hold all of [start, start + len) */
static inline uint32_t ring_lines(const void *start, uint32_t len)
{
	return (uint32_t)((((uintptr_t)start & RING_IN_LINE) + len + RING_IN_LINE) & ~RING_IN_LINE);
}

static inline void ring_clean(const void *start, uint32_t len)
{
	weft_cache_clean(ring_line(start), ring_lines(start, len));
}

static inline void ring_invalidate(const void *start, uint32_t len)
{
	weft_cache_invalidate(ring_line(start), ring_lines(start, len));
}

#else

/* Write back what we have stored there. */
static inline void ring_clean(const void *start, uint32_t len)
{
	(void)start;
	(void)len;
}

/* Look anew at what the peer has stored there. */
static inline void ring_invalidate(const void *start, uint32_t len)
{
	(void)start;
	(void)len;
}

#endif

/* A life begins: whatever the cache has of the region is of the last one. Lines of buffers that were lent may be dirty,
 * and may be another's in the new layout; clean ones may be stale, and our next store would write them back. */
static inline void ring_forget(const struct weft_region *region)
{
	ring_invalidate(region->base, region->size);
}

static inline uint16_t ring_load16(const uint16_t *word)
{
	ring_invalidate(word, sizeof *word);
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint16_t ring_load16_acquire(const uint16_t *word)
{
	ring_invalidate(word, sizeof *word);
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void ring_store16(uint16_t *word, uint16_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
	ring_clean(word, sizeof *word);
}

static inline void ring_store16_release(uint16_t *word, uint16_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	ring_clean(word, sizeof *word);
}

static inline uint32_t ring_load32(const uint32_t *word)
{
	ring_invalidate(word, sizeof *word);
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint32_t ring_load32_acquire(const uint32_t *word)
{
	ring_invalidate(word, sizeof *word);
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void ring_store32(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
	ring_clean(word, sizeof *word);
}

static inline void ring_store32_release(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	ring_clean(word, sizeof *word);
}

static inline uint8_t ring_load8(const uint8_t *word)
{
	ring_invalidate(word, sizeof *word);
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint8_t ring_load8_acquire(const uint8_t *word)
{
	ring_invalidate(word, sizeof *word);
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void ring_store8_release(uint8_t *word, uint8_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	ring_clean(word, sizeof *word);
}

/* Between a store that the peer polls and a load of what it stored: index and flags, flags and index. */
static inline void ring_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Copy out what the peer may rewrite meanwhile. */
static inline void ring_copy(void *snapshot, const void *shared, uint32_t len)
{
	ring_invalidate(shared, len);
	weft_copy_once(snapshot, shared, len);
}

/* Word by word, for the table: a driver that reboots lays it anew while the device may still read the last one. What a
 * torn copy says is checked like any other, and a new epoch follows it. len is a multiple of 4. */
static inline void ring_load_words(void *snapshot, const void *shared, uint32_t len)
{
	const uint32_t *from = (const uint32_t *)shared;

	for (uint32_t i = 0; i < len / 4u; i++) {
		uint32_t word = ring_load32(&from[i]);

		memcpy((uint8_t *)snapshot + i * 4u, &word, sizeof word);
	}
}

static inline void ring_store_used(struct vring_used_elem *elem, uint32_t id, uint32_t len)
{
	__atomic_store_n(&elem->id, id, __ATOMIC_RELAXED);
	__atomic_store_n(&elem->len, len, __ATOMIC_RELAXED);
	ring_clean(elem, sizeof *elem);
}

static inline struct vring_desc ring_load_desc(const struct vring_desc *desc)
{
	ring_invalidate(desc, sizeof *desc);
	/* In two halves: into registers, not by way of the stack. Nobody looks at next. */
	uint64_t addr = desc->addr;
	uint64_t rest;
	memcpy(&rest, (const uint8_t *)desc + sizeof addr, sizeof rest);
	__asm__ volatile("" : : : "memory"); /* as in ring_copy() */
	struct vring_desc snapshot = { addr, (uint32_t)rest, (uint16_t)(rest >> 32), 0 };
	return snapshot;
}

#endif
