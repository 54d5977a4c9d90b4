/* SPDX-License-Identifier: Apache-2.0 */
/* Time, and where the two cores are: the round trip of a cache line. */
#ifndef WEFT_BENCH_TIMING_H
#define WEFT_BENCH_TIMING_H

#include <stdint.h>

#include "peer.h"

/* Ticks of the finest clock there is. */
uint64_t timing_now(void);
/* Nanoseconds of a tick; takes 20 ms the first time. */
double timing_tick_ns(void);

/* Round trips, in ticks, one after the other. */
struct trips {
	uint32_t *ticks;
	uint32_t count;
};

/* Sorts them. part: 0.5 is the median. */
double timing_part_ns(struct trips *trips, double part);

/* Bind this process to the n-th of the processors that it may use. */
void timing_bind(unsigned n);

/* Both sides call it; A gets the median round trip of a cache line, in ns. */
double timing_line_ns(enum side side);
/* Before the fork. */
void timing_share(void);

#endif
