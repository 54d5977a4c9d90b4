/* SPDX-License-Identifier: Apache-2.0 */
/* Marks for count.c: empty functions, which it knows by their addresses. */
#ifndef BENCH_CORES_MARK_H
#define BENCH_CORES_MARK_H

#include <stdint.h>

#include "weft/rpmsg.h"

/* POLLED_BY: enum rpmsg_polled_by of both cores. BUDGET: messages a poll; 1: the longest single poll is looked for. */
#define POLL_BUDGET ((unsigned)BUDGET)

void region_begin(void);
void region_end(void);
void call_begin(void);
void call_end(void);

/* Name what is counted next, on the console: scripts/bench-cores reads that. */
void region_name(const char *name, uint32_t rounds);

/* Poll until nothing is there. */
void poll_all(struct rpmsg_device *rdev);

#endif
