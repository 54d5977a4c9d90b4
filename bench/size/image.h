/* SPDX-License-Identifier: Apache-2.0 */
/* What the images whose bytes are counted have in common: a link of four buffers each way, polled by a loop. */
#ifndef BENCH_SIZE_IMAGE_H
#define BENCH_SIZE_IMAGE_H

#include "weft/rpmsg.h"
#include "weft/shm.h"

#ifndef ROLE
#define ROLE weft_shm_driver
#endif

#define BUFFERS 4u
#define BUF_SIZE 512u
#define ENDPOINTS 4u

/* port.c: a doorbell, a clock and a pause. */
extern struct weft_port port;

struct image {
	struct rpmsg_device rdev;
	struct weft_shm shm;
	struct virtqueue_entry entries[2 * BUFFERS];
	struct rpmsg_endpoint *endpoints[ENDPOINTS];
};

static inline int image_open(struct image *image)
{
	struct weft_shm_config shm = {
		.role = &ROLE,
		.port = &port,
		.entries = image->entries,
		.layout = { .num = BUFFERS, .buf_size = BUF_SIZE, .align = 64 },
	};
	struct rpmsg_config config = {
		.transport = &image->shm.transport,
		.endpoints = image->endpoints,
		.endpoint_slots = ENDPOINTS,
	};

	return weft_shm_init(&image->shm, &shm) == 0 ? rpmsg_init(&image->rdev, &config) : -1;
}

#endif
