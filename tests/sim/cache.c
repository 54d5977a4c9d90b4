/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/cache.h"

#include <string.h>

#include "images/images.h"
#include "sim/choose.h"

#define LINES (SIM_REGION / WEFT_CACHE_LINE)

static struct image images[SIM_CORES][SIM_LINKS];
static uint8_t loaded[SIM_CORES][SIM_LINKS][SIM_REGION];
static uint32_t touched[SIM_CORES][SIM_LINKS];

static bool is_end(int core, int link)
{
	return core == 0 || link == core - 1;
}

void cache_begin(void)
{
	images_reset();
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		for (int side = 0; side < 2; side++) {
			int core = side == 0 ? 0 : link + 1;

			image_open(&images[core][link], sim_memory(link), sim_region(core, link), loaded[core][link],
			           SIM_REGION, WEFT_CACHE_LINE);
			touched[core][link] = 0;
		}
	}
}

void cache_lose(int core)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		if (!is_end(core, link))
			continue;
		for (uint32_t at = 0; at < SIM_REGION; at += WEFT_CACHE_LINE) {
			if (image_dirty(&images[core][link], at))
				sim_mark(MARK_DIRTY_LOST);
		}
		image_crash(&images[core][link]);
	}
}

/* ---- Weather ---- */

void cache_touched(int core, int link, uint32_t at)
{
	touched[core][link] = at;
}

void cache_stored(int core, int link, uint32_t at, uint32_t len)
{
	image_stored(&images[core][link], at, len);
}

/* The first dirty line from one of them on; or that one. */
static uint32_t dirty_from(const struct image *image, uint32_t line)
{
	for (uint32_t i = 0; i < LINES; i++) {
		uint32_t at = (line + i) % LINES * WEFT_CACHE_LINE;

		if (image_dirty(image, at))
			return at;
	}
	return line * WEFT_CACHE_LINE;
}

void cache_weather(void)
{
	if (!rarely(sim.plan.evict))
		return;
	int link = (int)choose(sim.plan.cores - 1u);
	int core = choose(2) == 0 ? 0 : link + 1;
	if (sim.plan.late && !firmware_meets(core, link))
		return;
	struct image *image = &images[core][link];
	uint32_t line = choose(256) * LINES / 256u;
	uint32_t at = line * WEFT_CACHE_LINE;

	switch (choose(4)) {
	case 0:
		at = touched[core][link];
		break;
	case 1:
		break;
	default:
		at = dirty_from(image, line);
		break;
	}
	sim_mark(image_dirty(image, at) ? MARK_LINE_WRITTEN : MARK_LINE_LOADED);
	sim_say("core %d: the line at %u of link %d leaves the cache%s", core, at - at % WEFT_CACHE_LINE, link,
	        image_dirty(image, at) ? ", dirty" : "");
	image_evict(image, at);
}

/* ---- What the simulator does behind everybody's back, and asks ---- */

static void add(uint8_t *memory, uint32_t at, uint16_t by)
{
	uint16_t value;

	memcpy(&value, memory + at, sizeof value);
	value = (uint16_t)(value + by);
	memcpy(memory + at, &value, sizeof value);
}

void cache_add(int link, uint32_t at, uint16_t by)
{
	add(sim_memory(link), at, by);
	for (int core = 0; core < sim.plan.cores; core++) {
		if (!is_end(core, link))
			continue;
		add(sim_region(core, link), at, by);
		add(loaded[core][link], at, by);
	}
}

uint32_t cache_differs(int core, int writer, int link, uint32_t at, uint32_t len)
{
	const uint8_t *ours = sim_region(core, link), *theirs = sim_region(writer, link);

	while (len > 0 && ours[at] == theirs[at]) {
		at++;
		len--;
	}
	return at;
}

/* ---- What the runtime calls: a line at a time, and others may run before each ---- */

static void each_line(const void *start, uint32_t len, void (*act)(struct image *image, uint32_t at, uint32_t len),
                      const char *what)
{
	uintptr_t window = (uintptr_t)start - SIM_WINDOW_BASE;
	uint32_t at = (uint32_t)(window % SIM_WINDOW_SIZE);
	int number = (int)(window / SIM_WINDOW_SIZE);
	int core = number / SIM_LINKS, link = number % SIM_LINKS;

	if (len == 0)
		return;
	if (window >= (uintptr_t)SIM_CORES * SIM_LINKS * SIM_WINDOW_SIZE || core != sim.current->number ||
	    !is_end(core, link) || at % WEFT_CACHE_LINE != 0 || len % WEFT_CACHE_LINE != 0 || at > SIM_REGION ||
	    len > SIM_REGION - at)
		sim_violation("safety", "core %d %s %u bytes at %p: not whole lines of its region", sim.current->number,
		              what, len, start);
	for (uint32_t end = at + len; at < end; at += WEFT_CACHE_LINE) {
		sim_step();
		act(&images[core][link], at, WEFT_CACHE_LINE);
	}
}

void weft_cache_clean(const void *start, uint32_t len)
{
	if (!sim.plan.canary)
		each_line(start, len, image_clean, "cleans");
}

void weft_cache_invalidate(const void *start, uint32_t len)
{
	each_line(start, len, image_invalidate, "invalidates");
}
