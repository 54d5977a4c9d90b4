/* SPDX-License-Identifier: Apache-2.0 */
/* Our virtqueue alone: what a message costs without RPMsg. All checks on, both roles. */
#include <string.h>

#include "peer.h"
#include "weft/virtio.h"
#include "weft/virtqueue.h"

#define REGION (256u * 1024u)
#define ADDRESS 0x10000000u

static struct end {
	struct virtqueue rx;
	struct virtqueue tx;
	struct virtqueue_entry entries[2][BENCH_BUFFERS];
} ends[2];

static struct weft_region region;
static uint32_t size;

/* A is the driver; vring 0 leads to it. */
static void start(enum side side, const struct virtio_layout *layout)
{
	struct end *end = &ends[side];

	for (int ring = 0; ring < 2; ring++) {
		struct virtqueue_config config = {
			.role = side == A ? &virtqueue_driver : &virtqueue_device,
			.region = &region,
			.entries = end->entries[ring],
			.offset = layout->vring[ring],
			.align = 64,
			.num = BENCH_BUFFERS,
			.device_writes = ring == 0,
		};
		struct virtqueue *vq = (ring == 0) == (side == A) ? &end->rx : &end->tx;

		virtqueue_init(vq, &config);
		if (side == A)
			virtqueue_lay(vq, layout->buffers[ring], BENCH_BUF_SIZE);
		virtqueue_disable_cb(vq);
	}
}

static void make(const struct plan *plan)
{
	struct virtio_layout_config config = { .num = BENCH_BUFFERS, .buf_size = BENCH_BUF_SIZE, .align = 64 };
	struct virtio_layout layout;
	struct virtqueue_buf buf;

	size = plan->size;
	region = (struct weft_region){ bench_share(REGION), ADDRESS, REGION };
	if (virtio_layout_compute(&config, &layout) > REGION)
		bench_die("the region is too small");
	start(A, &layout);
	while (virtqueue_take(&ends[A].rx, &buf) == 1)
		virtqueue_push(&ends[A].rx, buf.id, 0);
	virtqueue_publish(&ends[A].rx);
	start(B, &layout);
}

static void send(enum side side, unsigned n)
{
	struct virtqueue *vq = &ends[side].tx;
	struct virtqueue_buf buf;

	for (; n > 0; n--) {
		while (virtqueue_take(vq, &buf) != 1) {
			virtqueue_publish(vq); /* of a batch that is larger than what is free */
			bench_pause();
		}
		memcpy(buf.data, bench_out, size);
		virtqueue_push(vq, buf.id, size);
	}
	virtqueue_publish(vq);
}

static unsigned take(enum side side)
{
	struct virtqueue *vq = &ends[side].rx;
	struct virtqueue_buf buf;
	unsigned taken = 0;

	while (virtqueue_pop(vq, &buf) != 1) {
	}
	do {
		memcpy(bench_in, buf.data, size);
		virtqueue_push(vq, buf.id, BENCH_BUF_SIZE);
		taken++;
	} while (taken < 16 && virtqueue_pop(vq, &buf) == 1);
	if (bench_answers)
		send(side, taken);
	virtqueue_publish(vq);
	return taken;
}

const struct peer peer_virtqueue = { .name = "virtqueue", .make = make, .send = send, .take = take, .answers = true };
