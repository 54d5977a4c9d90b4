/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/choose.h"
#include "sim/faults.h"
#include "sim/oracle.h"

static const char *simulate(const struct sim_plan *plan)
{
	oracle_begin();
	sim_begin(plan);
	sim_run();
	return sim_broken();
}

const char *run_one(void)
{
	struct sim_plan plan;

	faults_plan(&plan);
	return simulate(&plan);
}

/* A string that has ended decides the same for ever: cores in step that find no buffer, each time because of the other,
 * find none the next time. The same again, but from the middle on no decision is like the last. */
static const char *run_out_of_step(void)
{
	static uint8_t string[CHOOSE_MAX];
	size_t len;
	const uint8_t *record = choose_record(&len);
	uint32_t noise = 1;

	memcpy(string, record, len);
	for (size_t i = len / 2; i < len; i++) {
		noise = noise * 1664525u + 1013904223u;
		string[i] = (uint8_t)(noise >> 24);
	}
	choose_string(string, len);
	sim_say("again, out of step");
	return run_one();
}

const char *run_string(const uint8_t *string, size_t len)
{
	choose_string(string, len);
	const char *what = run_one();
	if (what == NULL || strncmp(what, "liveness", strlen("liveness")) != 0)
		return what;
	return run_out_of_step();
}

/* ---- What is printed ---- */

/* One line a figure: scripts/sim adds those of several processes. */
static void print_stats(void)
{
	static const char *const texts[] = {
#define TEXT(id, text) text,
		SIM_MARKS(TEXT)
#undef TEXT
	};

	printf("runs %" PRIu64 "\nsteps %" PRIu64 "\nswitches %" PRIu64 "\nrestarts %" PRIu64 "\n", sim_stats.runs,
	       sim_stats.steps, sim_stats.switches, sim_stats.restarts);
	printf("faults %" PRIu64 "\nstale %" PRIu64 "\nletters %" PRIu64 "\ncalls %" PRIu64 "\n", sim_stats.faults,
	       sim_stats.stale, sim_stats.letters, sim_stats.calls);
	printf("longest_poll %" PRIu32 "\ndearest_poll %" PRIu32 "\n", sim_stats.longest_poll, sim_stats.dearest_poll);
	for (int i = 0; i < MARK_COUNT; i++)
		printf("mark %" PRIu64 " %s\n", sim_stats.marks[i], texts[i]);
}

static int broken(uint64_t seed)
{
	printf("violation: %s\n", sim_broken());
	printf("  seed %" PRIu64 ", step %" PRIu64 "; the timeline: " SIM_PROGRAM " replay %" PRIu64
	       "; a test of it: " SIM_PROGRAM " shrink %" PRIu64 "\n",
	       seed, sim.steps, seed, seed);
	return 1;
}

/* ---- Seeds ---- */

/* One in a hundred is run twice: what is not determined by its seed cannot be replayed. */
static bool repeats(uint64_t seed)
{
	uint64_t trace = sim.trace;
	struct sim_stats stats = sim_stats;

	choose_seed(seed);
	sim_stats.runs--; /* letters carry the number of their run */
	run_one();
	sim_stats = stats;
	return sim.trace == trace;
}

int run_seeds(uint64_t from, uint64_t count)
{
	for (uint64_t seed = from; seed < from + count; seed++) {
		choose_seed(seed);
		if (run_one() != NULL)
			return broken(seed);
		if (seed % 100 == 0 && !repeats(seed)) {
			printf("violation: determinism: seed %" PRIu64 " is another run the second time\n", seed);
			return 1;
		}
	}
	print_stats();
	return 0;
}

int run_replay(uint64_t seed)
{
	choose_seed(seed);
	sim.loud = true;
	if (run_one() != NULL)
		return broken(seed);
	printf("nothing is broken; trace %016" PRIx64 ", %" PRIu64 " steps\n", sim.trace, sim.steps);
	return 0;
}

/* ---- A death at every step ---- */

/* The plan of a scenario: no faults; everything else drawn, so that the scenarios differ. */
static void scenario_plan(struct sim_plan *plan, uint64_t seed)
{
	choose_seed(seed);
	faults_plan(plan);
	plan->kick_lost = plan->kick_late = plan->kick_twice = plan->kick_storm = plan->spurious = 0;
	plan->crash = plan->wild = plan->jump = plan->slow = 0;
	plan->trouble = 3000;
}

/* Another death soon after, of either end: drawn, but the same for the same scenario and step. */
static void draw_second(struct sim_plan *plan, uint64_t seed)
{
	uint64_t mix = (seed << 40 ^ (uint64_t)plan->victim << 32 ^ plan->dies_at) * 0x9e3779b97f4a7c15u;

	mix ^= mix >> 29;
	plan->second = (uint8_t)(mix % plan->cores);
	plan->later = 1u + (uint32_t)(mix >> 8) % (mix >> 60 < 8 ? 100u : 1000u);
}

/* Core `victim` dies at each step that it makes before calm; alone, or another death follows. */
static const char *die_everywhere(uint64_t seed, int8_t victim, uint64_t steps, bool pairs)
{
	struct sim_plan plan;

	for (uint64_t at = 1; at <= steps; at++) {
		scenario_plan(&plan, seed);
		plan.victim = victim;
		plan.dies_at = at;
		if (pairs)
			draw_second(&plan, seed);
		if (simulate(&plan) != NULL) {
			printf("violation: %s\n  scenario %" PRIu64 ", core %d killed at its step %" PRIu64 "\n",
			       sim_broken(), seed, victim, at);
			if (pairs)
				printf("  and core %u killed %" PRIu32 " steps later\n", plan.second, plan.later);
			return sim_broken();
		}
	}
	printf("scenario %" PRIu64 ": core %d killed at each of its %" PRIu64 " steps%s\n", seed, victim, steps,
	       pairs ? ", and another or it again soon after" : "");
	return NULL;
}

int run_crashes(uint64_t from, uint64_t scenarios)
{
	uint64_t steps[SIM_CORES];
	struct sim_plan plan;

	for (uint64_t seed = from; seed < from + scenarios; seed++) {
		scenario_plan(&plan, seed);
		if (simulate(&plan) != NULL)
			return broken(seed);
		for (int i = 0; i < plan.cores; i++)
			steps[i] = sim.core[i].steps;
		for (int i = 0; i < plan.cores; i++) {
			if (die_everywhere(seed, (int8_t)i, steps[i], false) != NULL ||
			    die_everywhere(seed, (int8_t)i, steps[i], true) != NULL)
				return 1;
		}
	}
	print_stats();
	return 0;
}

/* ---- Every order of a small exchange ---- */

static struct sim_plan small_plan(void)
{
	return (struct sim_plan){
		.cores = 2,
		.policy = SIM_EXHAUSTIVE,
		.calm = 20000,
		.victim = -1,
		.dies_at = SIM_FOREVER,
		.script = true,
		.small = true,
	};
}

/* All orders with so many preemptions and old values in the steps of the window. */
static bool explore_window(uint32_t from, uint32_t to, uint8_t preemptions, uint32_t stale)
{
	choose_odometer();
	do {
		struct sim_plan plan = small_plan();

		plan.from = from;
		plan.to = to;
		plan.preemptions = preemptions;
		plan.stale = stale;
		if (simulate(&plan) != NULL) {
			printf("violation: %s\n  all: steps %u to %u, %u preemptions, %u old values\n", sim_broken(),
			       from, to, preemptions, (unsigned)stale);
			return false;
		}
	} while (choose_next());
	return true;
}

#define WINDOW 128u

int run_all(void)
{
	struct sim_plan plan = small_plan();

	choose_odometer();
	if (simulate(&plan) != NULL)
		return broken(0);
	uint32_t steps = (uint32_t)sim.steps;
	for (uint32_t at = 0; at < steps; at += WINDOW / 2) {
		if (!explore_window(at, at + WINDOW, 2, 0) || !explore_window(at, at + WINDOW, 1, 2))
			return 1;
	}
	printf("an exchange of %u steps: in any %u all orders with two preemptions, or one and two old values\n", steps,
	       WINDOW / 2);
	print_stats();
	return 0;
}

/* ---- Canary ---- */

int run_canary(void)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct sim_plan plan;

		choose_seed(seed);
		faults_plan(&plan);
		plan.wild = 0;
		plan.canary = true;
		if (simulate(&plan) != NULL) {
			printf("as it must: %s (seed %" PRIu64 ")\n", sim_broken(), seed);
			return 0;
		}
	}
	printf("violation: canary: stores that release nothing, and nobody noticed\n");
	return 1;
}
