/* SPDX-License-Identifier: Apache-2.0 */
/* Caches that are not coherent, where the runtime is built for them (WEFT_CACHE_LINE): the window of a core is its own
 * image of a region, and main memory stands apart. The model is that of tests/images; the weather here is drawn.
 * Built for coherent caches all windows are one memory, and nothing of this does anything. */
#ifndef WEFT_SIM_CACHE_H
#define WEFT_SIM_CACHE_H

#include <string.h>

#include "sim/world.h"

#if SIM_IMAGES

/* A run begins: empty caches over what memory holds. */
void cache_begin(void);

/* The core is reset, its cache too: what it has not written back is lost. */
void cache_lose(int core);

/* A line leaves the cache of somebody, written back if it is dirty, and is loaded anew. */
void cache_weather(void);

/* The core touches a byte of a link's region: its line is one that the weather likes. */
void cache_touched(int core, int link, uint32_t at);

/* And stores to these bytes before anybody else does anything: a store of what stands there is one too. */
void cache_stored(int core, int link, uint32_t at, uint32_t len);

/* Add to a 16 bit word in memory and in every cache that has it. */
void cache_add(int link, uint32_t at, uint16_t by);

/* Offset of the first byte of [at, at + len) that the core sees otherwise than `writer`, who wrote it last; at + len:
 * there is none. */
uint32_t cache_differs(int core, int writer, int link, uint32_t at, uint32_t len);

#else

static inline void cache_begin(void)
{
}

static inline void cache_lose(int core)
{
	(void)core;
}

static inline void cache_weather(void)
{
}

static inline void cache_touched(int core, int link, uint32_t at)
{
	(void)core;
	(void)link;
	(void)at;
}

static inline void cache_stored(int core, int link, uint32_t at, uint32_t len)
{
	(void)core;
	(void)link;
	(void)at;
	(void)len;
}

static inline void cache_add(int link, uint32_t at, uint16_t by)
{
	uint16_t value;

	memcpy(&value, sim_memory(link) + at, sizeof value);
	value = (uint16_t)(value + by);
	memcpy(sim_memory(link) + at, &value, sizeof value);
}

static inline uint32_t cache_differs(int core, int writer, int link, uint32_t at, uint32_t len)
{
	(void)core;
	(void)writer;
	(void)link;
	return at + len;
}

#endif

#endif
