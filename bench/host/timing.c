/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* sched_setaffinity */
#include "timing.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#define LINE_TRIPS 3000u
#define CALIBRATION_NS 20000000u

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t timing_now(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return clock_ns();
#endif
}

double timing_tick_ns(void)
{
	static double tick_ns;

	if (tick_ns > 0)
		return tick_ns;
	uint64_t ns = clock_ns();
	uint64_t ticks = timing_now();
	while (clock_ns() - ns < CALIBRATION_NS) {
	}
	ticks = timing_now() - ticks;
	tick_ns = (double)(clock_ns() - ns) / (double)ticks;
	return tick_ns;
}

static int by_size(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

double timing_part_ns(struct trips *trips, double part)
{
	qsort(trips->ticks, trips->count, sizeof *trips->ticks, by_size);
	return trips->ticks[(uint32_t)(part * (trips->count - 1u))] * timing_tick_ns();
}

void timing_bind(unsigned n)
{
	cpu_set_t mine;
	cpu_set_t one;

	if (sched_getaffinity(0, sizeof mine, &mine) != 0)
		bench_die("sched_getaffinity failed");
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &mine) || n-- != 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof one, &one) == 0)
			return;
	}
	bench_die("two processors are needed: run it where nproc says 2 or more");
}

/* ---- The line ---- */

static uint32_t *line; /* alone in its page */

void timing_share(void)
{
	line = bench_share(4096);
}

static void await(uint32_t value)
{
	while (__atomic_load_n(line, __ATOMIC_ACQUIRE) != value) {
	}
}

double timing_line_ns(enum side side)
{
	static uint32_t last;
	static uint32_t ticks[LINE_TRIPS];
	struct trips trips = { ticks, LINE_TRIPS };

	for (uint32_t i = 0; i < LINE_TRIPS; i++) {
		uint64_t start = timing_now();

		if (side == A)
			__atomic_store_n(line, last + 1u, __ATOMIC_RELEASE);
		else
			await(last + 1u);
		if (side == B)
			__atomic_store_n(line, last + 2u, __ATOMIC_RELEASE);
		else
			await(last + 2u);
		last += 2u;
		ticks[i] = (uint32_t)(timing_now() - start);
	}
	return side == A ? timing_part_ns(&trips, 0.5) : 0;
}
