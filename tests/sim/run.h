/* SPDX-License-Identifier: Apache-2.0 */
/* Runs, one after another. Each prints what it found, and returns the exit status: 1 when a promise was broken. */
#ifndef WEFT_SIM_RUN_H
#define WEFT_SIM_RUN_H

#include "sim/world.h"

int run_seeds(uint64_t from, uint64_t count);
int run_crashes(uint64_t from, uint64_t scenarios);
int run_all(void);
int run_canary(void);
int run_replay(uint64_t seed);

/* One run of the decisions that were begun with choose_*(). What it broke, or NULL. */
const char *run_one(void);
/* Of those of a string; what breaks liveness must do so out of step, too. */
const char *run_string(const uint8_t *string, size_t len);

#endif
