/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sim/world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/cache.h"
#include "sim/choose.h"
#include "sim/faults.h"

/* A few polls, with what their callbacks do. */
#define OVERDUE_STEPS 4000u

struct sim sim;
struct sim_stats sim_stats;

static sigjmp_buf broken_env;
static char broken[512];

/* ---- Memory ---- */

uint8_t *sim_region(int core, int link)
{
	return (uint8_t *)(SIM_WINDOW_BASE + (uintptr_t)(core * SIM_LINKS + link) * SIM_WINDOW_SIZE);
}

uint8_t *sim_memory(int link)
{
	return sim_region(SIM_IMAGES ? SIM_CORES : 0, link);
}

void *sim_arena(int core)
{
	return (void *)(SIM_ARENA_BASE + (uintptr_t)core * SIM_ARENA_SIZE);
}

static void map_at(void *where, size_t size, int memory, off_t from)
{
	int flags = MAP_FIXED | (memory < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);

	if (mmap(where, size, PROT_READ | PROT_WRITE, flags, memory, from) == MAP_FAILED) {
		perror("sim: mmap");
		exit(2);
	}
}

/* A core that touches what nobody gave it stops here. */
static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (sim.current == NULL) {
		const char text[] = "sim: the simulator itself touched what is not there\n";
		ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);

		_exit(written > 0 ? 3 : 4);
	}
	sim_violation("safety", "core %d touches %p", sim.current->number, info->si_addr);
}

void sim_open(void)
{
	static uint8_t signal_stack[65536];
	stack_t stack = { .ss_sp = signal_stack, .ss_size = sizeof signal_stack };
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	int memory = memfd_create("sim", 0);

	if (memory < 0 || ftruncate(memory, SIM_LINKS * (off_t)SIM_REGION) != 0) {
		perror("sim: memfd");
		exit(2);
	}
	for (int core = 0; core < SIM_CORES; core++) {
		uint8_t *arena = (uint8_t *)sim_arena(core);

		map_at(arena, SIM_STATE_SIZE, -1, 0);
		map_at(arena + SIM_ARENA_SIZE - SIM_STACK_SIZE, SIM_STACK_SIZE, -1, 0);
		for (int link = 0; link < SIM_LINKS; link++)
			map_at(sim_region(core, link), SIM_REGION, SIM_IMAGES ? -1 : memory, link * (off_t)SIM_REGION);
	}
	for (int link = 0; SIM_IMAGES && link < SIM_LINKS; link++)
		map_at(sim_memory(link), SIM_REGION, memory, link * (off_t)SIM_REGION);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* ---- What happened ---- */

void sim_trace(uint64_t what)
{
	sim.trace = (sim.trace ^ what) * 0x100000001b3u;
	sim.trace ^= sim.trace >> 29;
}

void sim_say(const char *format, ...)
{
	va_list list;

	if (!sim.loud)
		return;
	printf("%12.3f us  ", (double)sim.now / 1000.0);
	if (sim.current != NULL)
		printf("%*score %d: ", sim.current->number * 4, "", sim.current->number);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

void sim_violation(const char *invariant, const char *format, ...)
{
	va_list list;
	int used = snprintf(broken, sizeof broken, "%s: ", invariant);

	va_start(list, format);
	vsnprintf(broken + used, sizeof broken - (size_t)used, format, list);
	va_end(list);
	sim_say("VIOLATION %s", broken);
	siglongjmp(broken_env, 1);
}

const char *sim_broken(void)
{
	return broken[0] != 0 ? broken : NULL;
}

/* ---- Life and death of a core ---- */

static void boot(struct sim_core *core)
{
	core->state = SIM_RUNS;
	core->notified = core->masked = core->in_interrupt = false;
	core->interrupt = NULL;
	core->call_limit = 0;
	core->due = 0;
	bool victim = sim.plan.victim >= 0 && core->number == (uint8_t)sim.plan.victim;
	core->dies_at = victim && core->lives == 0 ? sim.plan.dies_at : SIM_FOREVER;
	if (core->lives++ != 0)
		sim_stats.restarts++;
	memset(sim_arena(core->number), 0, firmware_size());
	fiber_make(&core->fiber, (uint8_t *)sim_arena(core->number) + SIM_ARENA_SIZE - SIM_STACK_SIZE, SIM_STACK_SIZE,
	           firmware_main);
	sim_say("core %d boots, life %u", core->number, (unsigned)core->lives);
}

static void die(struct sim_core *core)
{
	sim_say("core %d dies at its step %llu", core->number, (unsigned long long)core->steps);
	if ((int)core->number == (int)sim.plan.victim && core->lives == 1 && sim.plan.later != 0)
		sim.second_at = sim.steps + sim.plan.later;
	core->state = SIM_OFF;
	core->boots_at = sim.now + 1000u * (1u + choose(64) * choose(64));
	core->dies_at = SIM_FOREVER;
	if (choose(2) == 0)
		cache_lose(core->number); /* else a warm reset: lines of the last life are still there */
	if (core->call_limit != 0 || core->in_interrupt)
		sim_mark(MARK_CRASH_IN_POLL);
	firmware_died(core->number);
}

/* ---- Time ---- */

uint32_t sim_now_us(const struct sim_core *core)
{
	return core->clock + (uint32_t)(sim.now / 1000u);
}

bool sim_fault(uint32_t rate, enum sim_mark mark)
{
	if (sim_calm() || !rarely(rate))
		return false;
	sim_stats.faults++;
	sim_mark(mark);
	return true;
}

void sim_mark(enum sim_mark mark)
{
	sim_stats.marks[mark]++;
}

void sim_notify(int core)
{
	sim.core[core].notified = true;
}

void sim_stop(int core)
{
	sim_say("core %d is stopped", core);
	sim.core[core].state = SIM_OFF;
	sim.core[core].boots_at = SIM_FOREVER;
	sim.core[core].dies_at = SIM_FOREVER;
	struct sim_core *current = sim.current;
	sim.current = NULL; /* the load tells us of it, not a core */
	firmware_died(core);
	sim.current = current;
}

void sim_start(int core)
{
	sim.core[core].boots_at = sim.now;
}

static void look_at(struct sim_core *core)
{
	if (core->state == SIM_OFF && sim.now >= core->boots_at)
		boot(core);
	if (sim.now >= core->rings_at) {
		core->rings_at = SIM_FOREVER;
		core->notified = true;
	}
	if (core->storm != 0) {
		core->storm--;
		core->notified = true;
	}
	if (core->state == SIM_SLEEPS &&
	    (core->notified || sim.now >= core->wakes_at || sim_fault(sim.plan.spurious, MARK_WAKE_SPURIOUS)))
		core->state = SIM_RUNS;
}

/* The next time at which something happens by itself. */
static uint64_t next_time(void)
{
	uint64_t next = SIM_FOREVER;

	for (int i = 0; i < sim.plan.cores; i++) {
		const struct sim_core *core = &sim.core[i];
		uint64_t at = core->state == SIM_OFF ? core->boots_at : core->wakes_at;

		if (core->state != SIM_RUNS && at < next)
			next = at;
		if (core->rings_at < next)
			next = core->rings_at;
	}
	return next;
}

static void begin_calm(void)
{
	sim.calm_at = sim.steps;
	if (sim.plan.policy == SIM_PRIORITY)
		sim.plan.policy = SIM_RANDOM; /* calm is fair */
	sim_say("faults end");
	for (int i = 0; i < sim.plan.cores; i++) {
		struct sim_core *core = &sim.core[i];

		core->storm = 0;
		core->step_ns = 100;
		if (core->state == SIM_OFF)
			core->boots_at = sim.now;
	}
	firmware_calm();
}

/* ---- Who runs next ---- */

static uint32_t draw_run(void)
{
	static const uint32_t steps[] = { 300, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144 };

	switch (sim.plan.policy) {
	case SIM_PRIORITY:
		return 1u + 8u * choose(256);
	case SIM_EXHAUSTIVE:
		return 1;
	default:
		return steps[choose(sim.plan.patience)];
	}
}

/* Those that can run, the one that does first. */
static uint32_t who_can(struct sim_core *last, struct sim_core *can[SIM_CORES])
{
	uint32_t n = 0;

	if (last != NULL && last->state == SIM_RUNS)
		can[n++] = last;
	for (int i = 0; i < sim.plan.cores; i++) {
		if (&sim.core[i] != last && sim.core[i].state == SIM_RUNS)
			can[n++] = &sim.core[i];
	}
	return n;
}

static struct sim_core *pick(struct sim_core *last, struct sim_core *can[SIM_CORES], uint32_t n)
{
	struct sim_core *best = can[0];

	if (sim.plan.policy == SIM_RANDOM)
		return can[choose(n)];
	if (sim.plan.policy == SIM_EXHAUSTIVE) {
		bool open = sim.steps >= sim.plan.from && sim.steps < sim.plan.to;
		uint32_t which = open && sim.plan.preemptions != 0 ? explore(n) : 0;
		sim.plan.preemptions = (uint8_t)(sim.plan.preemptions - (which != 0));
		return can[which];
	}
	if (best == last)
		last->priority = choose(8); /* a change point: it may fall behind */
	for (uint32_t i = 1; i < n; i++) {
		if (can[i]->priority > best->priority)
			best = can[i];
	}
	return best;
}

static struct sim_core *next_core(struct sim_core *last)
{
	struct sim_core *can[SIM_CORES];
	uint32_t n;

	for (;;) {
		if (!sim_calm() && sim.steps >= sim.plan.trouble)
			begin_calm();
		for (int i = 0; i < sim.plan.cores; i++)
			look_at(&sim.core[i]);
		n = who_can(last, can);
		if (n != 0)
			return pick(last, can, n);
		uint64_t next = next_time();
		if (next == SIM_FOREVER)
			sim_violation("liveness", "every core sleeps for ever");
		sim_mark(MARK_ALL_ASLEEP);
		sim.now = next > sim.now ? next : sim.now;
		sim.steps++; /* a world that only sleeps ends too */
	}
}

static bool is_over(void)
{
	if (sim_calm() && firmware_content())
		return true;
	if (!sim_calm() || sim.steps - sim.calm_at <= sim.plan.calm)
		return false;
	if (sim.loud)
		firmware_describe();
	sim_violation("liveness", "not well again %u steps after the last fault: %s", sim.plan.calm,
	              firmware_missing());
}

/* The second of two scripted deaths: of whoever runs, sleeps, or has just come back. */
static void die_again(void)
{
	struct sim_core *core = &sim.core[sim.plan.second];

	if (sim.second_at == 0 || sim.steps < sim.second_at || core->state == SIM_OFF)
		return;
	sim.second_at = 0;
	die(core);
}

/* Leave the core that runs, for another, for good or for itself. */
static void switch_away(struct sim_core *core)
{
	static struct fiber grave;
	struct fiber *from = &core->fiber;

	sim.current = NULL;
	firmware_check();
	if (core->steps >= core->dies_at || (core->state != SIM_OFF && sim_fault(sim.plan.crash, MARK_CRASH)))
		die(core);
	die_again();
	if (core->state == SIM_OFF)
		from = &grave; /* and it may boot before we have left its old life */
	faults_happen();
	if (is_over()) {
		sim.over = true;
		fiber_switch(from, &sim.main);
	}
	struct sim_core *next = next_core(core);
	sim.run = draw_run();
	sim.current = next;
	if (next == core && from != &grave)
		return;
	sim_stats.switches++;
	sim_trace(next->number);
	fiber_switch(from, &next->fiber);
}

static void interrupt(struct sim_core *core)
{
#if !SIM_LINUX
	sim_mark(core->due != 0 ? MARK_INTERRUPT_IN_CALL : MARK_INTERRUPT);
#else
	sim_mark(MARK_INTERRUPT); /* there are no calls */
#endif
	core->in_interrupt = true;
	core->notified = false;
	core->interrupt();
	core->in_interrupt = false;
}

void sim_deadline(uint32_t timeout_us)
{
	sim.current->due = timeout_us != 0 ? sim.now + 1000u * (uint64_t)timeout_us : 0;
	sim.current->overdue = 0;
}

static void check_bounds(struct sim_core *core)
{
	if (core->call_limit != 0 && ++core->calls > core->call_limit)
		sim_violation("bounded work", "core %d is in a call for more than %u steps", core->number,
		              core->call_limit);
	if (core->due != 0 && sim.now > core->due && ++core->overdue > OVERDUE_STEPS)
		sim_violation("deadline", "core %d waits for %u steps beyond its deadline", core->number,
		              OVERDUE_STEPS);
}

void sim_step(void)
{
	struct sim_core *core = sim.current;

	sim.steps++;
	core->steps++;
	sim.now += core->step_ns;
	check_bounds(core);
	if (--sim.run == 0 || core->steps >= core->dies_at || (sim.second_at != 0 && sim.steps >= sim.second_at))
		switch_away(core);
	if (core->notified && core->interrupt != NULL && !core->masked && !core->in_interrupt)
		interrupt(core);
}

bool sim_sleep(uint32_t timeout_us)
{
	struct sim_core *core = sim.current;
	bool interrupts = core->interrupt != NULL && !core->in_interrupt;

	if (interrupts && timeout_us > SIM_TICK_US)
		timeout_us = SIM_TICK_US;
	core->wakes_at = sim.now + 1000u * (uint64_t)timeout_us + 2000u;
	core->state = SIM_SLEEPS;
	switch_away(core);
	bool notified = core->notified;
	if (interrupts)
		interrupt(core); /* the doorbell's, or the timer's */
	core->notified = false;
	return notified;
}

/* ---- A run ---- */

void sim_begin(const struct sim_plan *plan)
{
	struct fiber main = sim.main;
	bool loud = sim.loud;

	memset(&sim, 0, offsetof(struct sim, weak));
	memset((char *)&sim + offsetof(struct sim, current), 0, sizeof sim - offsetof(struct sim, current));
	sim.main = main;
	sim.loud = loud;
	sim.plan = *plan;
	sim.run = 1;
	broken[0] = 0;
	for (int link = 0; link < plan->cores - 1; link++)
		weak_reset(&sim.weak[link]);
	for (int i = 0; i < plan->cores; i++) {
		struct sim_core *core = &sim.core[i];

		core->number = (uint8_t)i;
		core->rings_at = SIM_FOREVER;
		core->priority = choose(8);
		core->boots_at = 1000u * (uint64_t)(choose(16) * choose(16));
		core->clock = plan->wrap ? 0u - choose(256) * 64u : choose(256) * 0x01000000u;
		core->step_ns = 100u + (plan->slow != 0 && rarely(plan->slow) ? 100u * choose(64) : 0);
	}
	faults_begin();
	cache_begin();
}

void sim_run(void)
{
	if (sigsetjmp(broken_env, 1) == 0) {
		struct sim_core *first = next_core(NULL);

		sim.run = draw_run();
		sim.current = first;
		fiber_switch(&sim.main, &first->fiber);
	}
	sim.current = NULL;
	sim_stats.runs++;
	sim_stats.steps += sim.steps;
}
