/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of one channel, for tests of buffers: what is lent and held on one core, seen from both. */
#ifndef WEFT_TESTS_ENDS_H
#define WEFT_TESTS_ENDS_H

#include "unit/pair.h"

extern struct pair both;
extern struct core *core; /* that lends and holds */
extern struct core *peer;
extern struct rpmsg_endpoint ept;   /* of core, at 77, bound to 77 */
extern struct rpmsg_endpoint other; /* of core, at 78 */
extern struct rpmsg_endpoint far;   /* of peer, at 77, bound to 77 */
extern struct inbox inbox;          /* of ept */
extern struct inbox far_inbox;

/* The link up, the endpoints there. side 0: core is the driver; 1: the device. */
void ends_connect(int side);

/* Nothing moves any more, no buffer is out, and the link works. */
void ends_settled(void);

/* The payload is none of whose's to send, release or hold, and nothing changes by trying. */
void ends_expect_refused(struct rpmsg_endpoint *whose, void *payload);

#endif
