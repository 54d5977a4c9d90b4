/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in the shared memory of an attached remote core: for those who write there what a kernel does not. */
#ifndef TESTS_LINUX_MEMORY_H
#define TESTS_LINUX_MEMORY_H

#include "guest.h"

#define DRIVER_OK 7u /* of status, with what comes before it */

/* The link's entry in the resource table. */
struct vdev {
	uint32_t type, id, notifyid, dfeatures, gfeatures, config_len;
	uint8_t status, num_of_vrings, reserved[2];
	struct {
		uint32_t da, align, num, notifyid, reserved;
	} vring[2];
};

/* 0: the remote core sends there; 1: Linux does. */
struct vring {
	volatile struct {
		uint32_t addr, addr_high, len;
		uint16_t flags, next;
	} * desc;
	volatile struct {
		uint16_t flags, idx, id[RING];
	} * avail;
	volatile struct {
		uint16_t flags, idx;
		struct {
			uint32_t id, len;
		} ring[RING];
		uint16_t avail_event;
	} * used;
};

/* Of an RPMsg message. */
struct header {
	uint32_t src, dst, reserved;
	uint16_t len, flags;
};

volatile struct vdev *memory_vdev(void);
struct vring memory_vring(int number);
/* Of the message in descriptor id, in vring 1. */
volatile struct header *memory_header(const struct vring *vring, unsigned id);
/* Both. */
void memory_zero_vrings(void);

#endif
