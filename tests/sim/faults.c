/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/faults.h"

#include <string.h>

#include "sim/cache.h"
#include "sim/choose.h"
#include "sim/linux.h"

/* ---- The plan ---- */

/* A class of faults is off in most runs, and rare or frequent in the others. */
static uint32_t draw_rate(uint32_t off, uint32_t rare)
{
	static const uint8_t divide[] = { 1, 2, 4, 8, 16, 32 };

	if (rarely(off))
		return rare / divide[choose(sizeof divide)];
	return 0;
}

void faults_plan(struct sim_plan *plan)
{
	*plan = (struct sim_plan){ .victim = -1, .dies_at = SIM_FOREVER };
	plan->cores = (uint8_t)(rarely(4) ? 3 + choose(2) : 2);
	plan->policy = rarely(4) ? SIM_PRIORITY : SIM_RANDOM;
	plan->stale = rarely(8) ? 0 : UINT32_MAX;
	plan->patience = (uint8_t)(2 + choose(11));
	plan->trouble = 200 + 30 * choose(16) * choose(16);
	plan->calm = 200000u * plan->cores; /* steps are of all of them together */
	plan->kick_lost = draw_rate(4, 64) / 2;
	plan->kick_late = draw_rate(4, 64) / 2;
	plan->kick_twice = draw_rate(4, 64) / 2;
	plan->kick_storm = draw_rate(6, 64) / 2;
	plan->spurious = draw_rate(4, 256);
	plan->crash = draw_rate(3, 1024);
	plan->wild = draw_rate(5, 256);
	plan->jump = draw_rate(6, 1024);
	plan->slow = draw_rate(6, 32) != 0 ? 2 : 0;
	plan->small = rarely(4);
	plan->wrap = rarely(2);
	plan->other = rarely(3);
	plan->dirty = rarely(2);
	plan->rebind = SIM_LINUX && !rarely(3) ? 1u + choose(16) * choose(16) : 0;
	if (SIM_IMAGES) {
		plan->stale = 0;    /* a load reads the image */
		plan->trouble *= 2; /* half of the steps are a cache's */
		plan->evict = rarely(3) ? 0 : 2u + choose(16) * choose(16);
		plan->late = rarely(4);
		if (plan->late) {
			plan->evict = 2;
			plan->crash = 64; /* lives follow each other */
		}
	}
}

void faults_begin(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		uint8_t *memory = sim_memory(link);

		memset(memory, 0, SIM_REGION);
		if (sim.plan.dirty) {
			for (uint32_t i = 0; i < SIM_REGION; i++)
				memory[i] = (uint8_t)(i * 2654435761u >> 24);
		}
		/* Epochs begin near their wrap, whatever else is there. */
		if (sim.plan.wrap) {
			uint32_t driver = 0x7fffffffu - choose(3);
			uint32_t device = 0xffffffffu - choose(3);

			memcpy(memory + 256, &driver, sizeof driver);
			memcpy(memory + 512, &device, sizeof device);
		}
		sim.weak[link].stale = sim.plan.stale;
	}
	linux_begin();
}

/* ---- Words that somebody writes ---- */

static uint32_t wild_value(const uint8_t *memory, uint32_t at, uint8_t size)
{
	static const uint32_t edges[] = { 0,          1,          2,          3,      15,         16,
		                          53,         0x7fff,     0x8000,     0xffff, 0x7fffffff, 0x80000000,
		                          0xffffffff, 0x10000000, 0x10002000, 4 };
	uint32_t value = 0;

	memcpy(&value, memory + at, size);
	switch (choose(5)) {
	case 0:
		return edges[choose(16)];
	case 1:
		return value ^ 1u << choose(8u * size);
	case 2:
		return value + 1u;
	case 3:
		return value - 1u;
	default:
		return choose(256) * 0x01010101u;
	}
}

static void wild_write(int link)
{
	static const struct {
		uint16_t from, len;
	} zones[] = {
#if SIM_LINUX /* there are no epochs: what Linux sends, instead */
		{ 0, 128 },
		{ 2304, 256 },
		{ 2304, 512 },
		{ 1024, 256 },
		{ 1024, 512 },
		{ 1024, 1024 },
		{ 1536, 2048 }
#else
		{ 0, 128 },
		{ 256, 16 },
		{ 512, 16 },
		{ 1024, 256 },
		{ 1024, 512 },
		{ 1024, 1024 },
		{ 1536, 2048 }
#endif
	};
	static const uint8_t sizes[] = { 4, 2, 1 };
	uint32_t zone = choose(7);
	uint8_t size = sizes[choose(3)];
	uint32_t at = (zones[zone].from + choose(256) * zones[zone].len / 256u) & ~(size - 1u);
	uint8_t *memory = sim_memory(link);
	uint32_t value = wild_value(memory, at, size);

	memcpy(memory + at, &value, size);
	weak_poke(&sim.weak[link], at, size);
	sim_say("somebody writes %u bytes at %u of link %d: 0x%x", size, at, link, value);
}

/* ---- All the time ---- */

void faults_add(int link, uint32_t at, uint16_t by)
{
	cache_add(link, at, by);
	weak_add(&sim.weak[link], at, by);
}

static void wrap_rings(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		if (sim.core[0].state == SIM_SLEEPS && sim.core[link + 1].state == SIM_SLEEPS)
			firmware_wrap(link);
	}
}

void faults_happen(void)
{
	cache_weather();
	if (sim_calm())
		return;
	if (sim.plan.wrap && sim.plan.wild == 0)
		wrap_rings();
	if (sim_fault(sim.plan.wild, MARK_WILD_WRITE))
		wild_write((int)choose(sim.plan.cores - 1u));
	if (sim_fault(sim.plan.jump, MARK_CLOCK_JUMP)) {
		struct sim_core *core = &sim.core[choose(sim.plan.cores)];

		core->clock += choose(64) * choose(64) * 256u;
		sim_say("the clock of core %d jumps", core->number);
	}
}

void faults_kick(int to)
{
	struct sim_core *core = &sim.core[to];

	if (sim_fault(sim.plan.kick_lost, MARK_KICK_LOST)) {
		sim_say("the doorbell to core %d is lost", to);
		return;
	}
	if (sim_fault(sim.plan.kick_late, MARK_KICK_LATE)) {
		core->rings_at = sim.now + 1000u * (1u + choose(64) * choose(16));
		return;
	}
	if (sim_fault(sim.plan.kick_twice, MARK_KICK_TWICE))
		core->rings_at = sim.now + 1000u * choose(64);
	if (sim_fault(sim.plan.kick_storm, MARK_KICK_STORM))
		core->storm = 1 + choose(64);
	sim_notify(to);
}
