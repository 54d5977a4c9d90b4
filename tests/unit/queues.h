/* SPDX-License-Identifier: Apache-2.0 */
/* One vring and its buffers in a region of 4 KiB, with an honest virtqueue of either role over it. A test that
 * needs a liar writes into the ring: desc, avail and used say where. */
#ifndef WEFT_TESTS_QUEUES_H
#define WEFT_TESTS_QUEUES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "virtio/ring.h"
#include "weft/virtqueue.h"

#define QUEUES_NUM 8u
#define QUEUES_BUF_SIZE 64u
#define QUEUES_SIZE 0x1000u
#define QUEUES_ADDRESS 0x80001000u
#define QUEUES_BUFFERS 0x400u /* where they begin in the region; the ring is at 0 */

struct queues {
	_Alignas(64) uint8_t memory[QUEUES_SIZE];
	struct weft_region region;
	struct virtqueue driver;
	struct virtqueue device;
	struct virtqueue_entry driver_entries[QUEUES_NUM];
	struct virtqueue_entry device_entries[QUEUES_NUM];
	struct vring_desc *desc;
	struct vring_head *avail;
	struct vring_head *used;
};

/* Both queues fresh, the driver's laid, nothing posted. */
void queues_up(struct queues *queues, bool device_writes);

/* Driver: n of its buffers, which are free, go to the device. */
void queues_post(struct queues *queues, unsigned n);

/* What a driver says, honest or not: descriptor `id` is this one, and it is the next that it offers. */
void queues_offer(struct queues *queues, uint16_t id, struct vring_desc desc);

/* What a device says, honest or not. */
void queues_return(struct queues *queues, uint32_t id, uint32_t len);

/* A pop of `vq` is refused for this reason, changes nothing of ours or of the region, and no later one succeeds. */
void queues_expect_refusal(struct queues *queues, struct virtqueue *vq, enum weft_check fault, const char *what);

/* Fails the test with the row's name. */
#define EXPECT_EQ(a, b, what) queues_expect_eq((long long)(a), (long long)(b), what, __FILE__, __LINE__)
void queues_expect_eq(long long a, long long b, const char *what, const char *file, int line);

#endif
