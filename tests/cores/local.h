/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0 of the tests: a link, a client of Yard, and what must hold at the end. Whatever goes wrong ends the run. */
#ifndef TESTS_CORES_LOCAL_H
#define TESTS_CORES_LOCAL_H

#include "weft/link.h"
#include "words.h"
#include "yard_client.h"

#define PATIENCE_US WEFT_MS(5000) /* of every wait, on the guest's clock */

extern struct weft_link local_link;
extern struct yard_client local_client;

/* Open the link as the driver, start core 1 (polled by `other`), and wait until both agree. */
void local_open(enum rpmsg_polled_by own, enum rpmsg_polled_by other);

/* One call of Lift, its answer compared. Returns its status. Each call's end, and when it was, goes into the trace. */
weft_status local_lift(uint32_t number);

/* `count` calls, all good. */
void local_lift_many(uint32_t count);

/* Poll, where nobody else does, and sleep a little. */
void local_turn(void);

/* Until nothing is out on both sides; then nobody may have broken the protocol. Prints what was done and the trace. */
void local_close(const char *what, uint32_t count);

#endif
