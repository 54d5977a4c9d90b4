/* SPDX-License-Identifier: Apache-2.0 */
/* Two cores in one process: the unmodified runtime on both sides of one piece of memory, with a clock and doorbells
 * that a test moves by hand. Nothing runs by itself: a core lives while it is polled. When one core waits
 * (relax), the other is polled and time passes, so that sync calls end.
 *
 * It is honest; a test that needs a liar writes to the memory: pair_vring() and pair_table() say where. */
#ifndef WEFT_TESTS_PAIR_H
#define WEFT_TESTS_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "virtio/ring.h"
#include "virtio/table.h"
#include "weft/rpmsg.h"
#include "weft/shm.h"

#define PAIR_NUM 8u        /* buffers in each direction */
#define PAIR_BUF_SIZE 512u /* MTU 496 */
#define PAIR_ENDPOINTS 16u
#define PAIR_CHANNELS 4u
#define PAIR_REGION 32768u
#define PAIR_ADDRESS 0x10000000u
#define PAIR_TICK_US 10u /* that pass when a core relaxes */

struct pair;

/* What a core's port does; a test may copy it, change an entry and set it after pair_boot(). */
extern const struct weft_port_ops pair_ops;

struct core {
	struct weft_port port; /* first: ops find the core by it */
	struct pair *pair;
	struct core *other;
	struct weft_shm shm;
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[2 * PAIR_NUM];
	struct rpmsg_endpoint *endpoints[PAIR_ENDPOINTS];
	struct rpmsg_channel channels[PAIR_CHANNELS];
	bool asleep;      /* a test may say so: then relax of the other does not poll it */
	unsigned kicks;   /* doorbells that it rang */
	unsigned relaxed; /* times that it waited */
	uint32_t session;
	unsigned events[4]; /* by enum rpmsg_event */
	uint32_t detail[4]; /* of the last one */
};

struct pair {
	_Alignas(64) uint8_t memory[PAIR_REGION];
	uint8_t guard[64]; /* untouched: fuzzers have it watched */
	uint32_t now;
	struct core driver;
	struct core device;
	/* May be changed between pair_init() and the first poll, by pair_boot(). */
	struct virtio_layout_config layout;
	struct rpmsg_config config;
};

/* Memory cleared, both cores booted, not polled yet. */
void pair_init(struct pair *pair);

/* Boot one core, as after a reset: its own state is new, the memory stays as it is. */
void pair_boot(struct core *core);

/* Poll both until neither finds anything to do. Fails the test when that takes longer than it can. */
void pair_settle(struct pair *pair);

/* pair_init, pair_settle, and the link is up on both sides. */
void pair_up(struct pair *pair);

/* Where things are in the memory. ring 0: device to driver. */
struct vring {
	struct vring_desc *desc;
	struct vring_head *avail;
	struct vring_head *used;
};
struct vring pair_vring(struct pair *pair, int ring);
struct rsc_table *pair_table(struct pair *pair);

/* Send `len` bytes that the RPMsg layer had no say in, as a liar does: raw header fields, one buffer of the core's
 * transmit ring. claimed: what the header says its length is. The other side has to poll. */
void pair_forge(struct core *from, uint32_t src, uint32_t dst, const void *data, uint32_t len, uint16_t claimed);

/* An endpoint callback that records; priv is a struct inbox. */
struct inbox {
	unsigned count;
	int result; /* what the callback returns */
	bool hold;  /* the callback holds what comes */
	uint32_t src;
	size_t len;
	void *data;
	uint8_t bytes[PAIR_BUF_SIZE];
};
int inbox_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv);

/* The link is up, messages pass both ways through every buffer, and none is lost. Takes an
 * endpoint slot on either side, and the address. */
#define PAIR_TEST_ADDR 0x77777777u
void pair_expect_works(struct pair *pair);

/* Every buffer of either side is where it belongs: nothing lent, nothing held, and nobody writes. */
void pair_expect_no_buffers_out(struct pair *pair);

#endif
