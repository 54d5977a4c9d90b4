/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of an RPMsg link in one process, up, before it becomes two processes. */
#ifndef WEFT_BENCH_LINK_H
#define WEFT_BENCH_LINK_H

#include "peer.h"
#include "weft/posix.h"
#include "weft/rpmsg.h"
#include "weft/service.h"
#include "weft/shm.h"

#define LINK_ENDPOINTS 128u

struct link_end {
	struct weft_port port;   /* of those who poll busily: memory, and no doorbell */
	struct weft_posix posix; /* of those who sleep */
	struct weft_shm shm;
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[2 * BENCH_BUFFERS];
	struct rpmsg_endpoint *table[LINK_ENDPOINTS];
	struct rpmsg_channel channels[4];
	bool sleeps;
};

extern struct link_end link_ends[2];

/* Up, both sides. sleeps: over the posix port, as programs use it; else memory alone, busily polled. */
void link_make(bool sleeps);
/* Nothing has come: wait for it, each in its way. */
void link_wait(struct link_end *end);
/* Poll both sides until nothing moves: before the fork. */
void link_settle(void);

#endif
