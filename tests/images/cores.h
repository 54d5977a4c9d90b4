/* SPDX-License-Identifier: Apache-2.0 */
/* Two cores of the runtime with a private image each, and an application on either: messages both ways between two
 * named endpoints, each numbered and full of its number; loans sent and dropped; received buffers held; calls of
 * views.v1.Camera from driver to device. All is checked where it comes out. Nothing runs by itself. */
#ifndef WEFT_TESTS_CORES_H
#define WEFT_TESTS_CORES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "images/images.h"
#include "in_client.h"
#include "in_server.h"
#include "weft/rpmsg.h"
#include "weft/shm.h"

#define CORES_REGION 24576u
#define CORES_ADDRESS 0x10000000u
#define CORES_NUM (WEFT_CACHE_LINE / 2u) /* the most buffers of a direction: either ring has more than one line */
#define CORES_LAYOUTS 2u
#define CORES_TICK_US 10u

struct cores;

/* What has happened, so that a test can say that it did. */
struct core_counts {
	unsigned sent;
	unsigned received;
	unsigned held;
	unsigned lent_sent;
	unsigned lent_dropped;
	unsigned lent_lost; /* with the link */
	unsigned calls;     /* that ended with OK */
	unsigned ups;
};

struct core {
	struct weft_port port; /* first: ops find the core by it */
	struct cores *cores;
	struct core *other;
	struct image image;
	struct weft_shm shm;
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[2 * CORES_NUM];
	struct rpmsg_endpoint *table[16];
	struct rpmsg_channel channels[4];
	bool running; /* its code is on the stack: it is not polled from within */
	bool rung;    /* its doorbell, since it was polled */
	struct core_counts counts;
	/* The application. */
	struct rpmsg_endpoint ept;
	uint32_t sent;     /* in this life of the link */
	uint32_t received; /* likewise */
	uint8_t *loan;
	uint32_t room;
	void *held;
	size_t held_len;
	uint32_t held_number;
	/* Of the driver. */
	struct camera_client client;
	struct camera_take_call call;
	views_v1_Frame frame;
	struct weft_rx rx;
	uint32_t shot;
	bool calling;
	/* Of the device. */
	struct camera_server server;
};

struct cores {
	_Alignas(256) uint8_t memory[CORES_REGION];
	_Alignas(256) uint8_t views[2][CORES_REGION];
	_Alignas(256) uint8_t loaded[2][CORES_REGION];
	struct core driver;
	struct core device;
	unsigned layout; /* of cores_layouts: the driver's */
	uint32_t now;
	uint32_t random;
	/* Chaos between two operations on a cache; a chance is one in so many, 0: never. */
	uint32_t evict;    /* a dirty line */
	uint32_t prefetch; /* a clean one */
	uint32_t meddle;   /* the other core polls */
	bool sleepy;       /* a core polls in its doorbell's interrupt, and at no other time */
};

extern const struct virtio_layout_config cores_layouts[CORES_LAYOUTS];

/* Memory cleared, both booted, not polled yet, no chaos. */
void cores_init(struct cores *cores, uint32_t seed, bool sleepy);

/* A number below n. */
uint32_t cores_draw(struct cores *cores, uint32_t n);

/* Boot a core anew; the cache is as it is. */
void cores_boot(struct core *core);

/* Time passes; one poll, or when sleepy as many as it takes, if its doorbell has rung. */
void cores_poll(struct core *core);

/* Poll both until all that was sent has come, loans and holds are given back, and calls have ended. */
void cores_settle(struct cores *cores);

/* What an application does; whatever cannot be done now is not. */
void cores_send(struct core *core);
void cores_borrow(struct core *core); /* and dirties all of the buffer */
void cores_send_loan(struct core *core);
void cores_drop_loan(struct core *core);
void cores_release(struct core *core); /* what it holds */
void cores_call(struct core *driver);

/* A line that a core has dirtied lies in a buffer that it fills; so never in one that it receives. */
void cores_expect_dirt_in_place(const struct core *core);

#endif
