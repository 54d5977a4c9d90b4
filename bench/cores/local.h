/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0 of the benchmarks: a link, its client and endpoints, and rounds over them. What goes wrong ends the run. */
#ifndef BENCH_CORES_LOCAL_H
#define BENCH_CORES_LOCAL_H

#include <stdbool.h>

#include "mark.h"
#include "meter_client.h"
#include "weft/link.h"
#include "words.h"

#define PATIENCE_US WEFT_MS(500) /* of every wait, on the guest's clock */
#define WATCHDOG_US WEFT_MS(5000)
#define WARM_UP 20u

extern struct weft_link local_link;

/* Open the link as the driver; it is polled from here on. */
void local_open(void);

/* Until core 1's endpoints and its service are found. */
void local_meet(void);

/* Poll, unless the interrupt does, and sleep while *event is 0. */
void local_turn(const uint32_t *event);

/* `rounds` messages of len bytes to core 1, each answered, each sent by the callback that took the answer before. */
void local_copies(uint32_t len, uint32_t rounds);

/* The same, written in place. */
void local_loans(uint32_t len, uint32_t rounds);

/* Calls, each answered; calls that have no answer, each served. */
void local_calls(uint32_t rounds);
void local_notes(uint32_t rounds);

#endif
