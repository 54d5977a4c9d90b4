/* SPDX-License-Identifier: Apache-2.0 */
/* What a chip or a host must give us: a region of shared memory and a handful of functions.
 * A port is one folder of runtime/port/ that fills these in; docs/porting.md is the page for it. */
#ifndef WEFT_PORT_H
#define WEFT_PORT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a cache line on a chip whose caches are not coherent, the longest line of both cores: a power of two, 16 to
 * 256. 0: coherent, or the region is not cached, and none of this costs anything. Runtime and port are built with one
 * value (CMake: -DWEFT_CACHE_LINE=32). */
#ifndef WEFT_CACHE_LINE
#define WEFT_CACHE_LINE 0
#endif
#if WEFT_CACHE_LINE != 0 && \
	(WEFT_CACHE_LINE < 16 || WEFT_CACHE_LINE > 256 || (WEFT_CACHE_LINE & (WEFT_CACHE_LINE - 1)) != 0)
#error "WEFT_CACHE_LINE: 0, or a power of two from 16 to 256"
#endif

/* Shared memory as we reach it and as the peer's descriptors name it. With WEFT_CACHE_LINE it consists of whole lines:
 * base, address and size are multiples of it. */
struct weft_region {
	uint8_t *base;    /* first byte, in our address space; aligned to 16 */
	uint64_t address; /* the same byte as a device address */
	uint32_t size;    /* bytes */
};

#if WEFT_CACHE_LINE != 0
/* The port defines these two. Plain functions: a cache is the core's, not the link's. Given are whole lines of a
 * region, or none (len 0). Any context that uses the link, with its lock held or not; must not wait for anybody.
 *
 * Clean: write back what this core has stored to these lines. All stores before the call are in memory, where the peer
 * looks, before any load or store after it.
 * Invalidate: forget what this core has of these lines, written back or not. All loads before the call are done before
 * it, and those after it see the memory as it is after the call began. */
void weft_cache_clean(const void *start, uint32_t len);
void weft_cache_invalidate(const void *start, uint32_t len);
#endif

struct weft_port;

/* One of these a port, const. Entries marked "optional" may be NULL. */
struct weft_port_ops {
	/* Ring the peer's doorbell. Called with the lock held, from any context that sends. Must not wait. */
	void (*kick)(struct weft_port *port, uint32_t notifyid);

	/* A free-running clock in microseconds that wraps at 2^32. Any context. */
	uint32_t (*now_us)(struct weft_port *port);

	/* Every wait loop calls this once a turn. Returns when the peer's doorbell rang since the last call, when
	 * timeout_us is over, or earlier for no reason. 0: a pause for a busy loop. Never called with the lock held. */
	void (*relax)(struct weft_port *port, uint32_t timeout_us);

	/* Optional, both or none: the critical section over everything that shares the link: threads, and the
	 * interrupt when it polls. Held for short, bounded work; never nested. None: one context uses the link. */
	uintptr_t (*lock)(struct weft_port *port);
	void (*unlock)(struct weft_port *port, uintptr_t key);

	/* Optional: a number for the calling context, never 0 (thread id; or interrupt and task apart). Needed where
	 * a second thread may destroy endpoints while a callback runs. */
	uintptr_t (*self)(struct weft_port *port);

	/* Optional, both or none: sleep while *event == seen, at most timeout_us; wake everybody who sleeps on it,
	 * or with event NULL end the relax() of the context that polls. None: who does not poll waits by relax(). */
	void (*wait)(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us);
	void (*wake)(struct weft_port *port, uint32_t *event);

	/* Optional: a number that changes whenever the peer at the other end is another one, 0 while there is
	 * none. The region may move between two sessions, never within one. None: always 1. Task or poll context. */
	uint32_t (*session)(struct weft_port *port);
};

struct weft_port {
	const struct weft_port_ops *ops;
	struct weft_region region;
};

#ifdef __cplusplus
}
#endif

#endif
