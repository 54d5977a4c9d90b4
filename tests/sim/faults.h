/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong in a run: drawn as a swarm, so that some runs have one kind of fault only, some all, some none. */
#ifndef WEFT_SIM_FAULTS_H
#define WEFT_SIM_FAULTS_H

#include "sim/world.h"

/* Draw a plan. */
void faults_plan(struct sim_plan *plan);

/* At the begin: what memory holds at power-on. */
void faults_begin(void);

/* At every switch: clocks that jump, interrupts that storm, words that somebody writes. */
void faults_happen(void);

/* Add to a 16 bit word of shared memory behind everybody's back. */
void faults_add(int link, uint32_t at, uint16_t by);

/* A doorbell on its way to a core. */
void faults_kick(int to);

#endif
