/* SPDX-License-Identifier: Apache-2.0 */
/* What a link's region holds, and where: the head page and behind it vrings and buffers.
 *
 *     0     resource table    standard: one vdev with two vrings; a vendor entry for the epoch lines
 *     256   driver's line     written by the driver only
 *     512   device's line     written by the device only
 *     1024  vring 0, vring 1, buffers device to driver, buffers driver to device
 *
 * Reset between our own cores is a handshake of two words, each with one writer: `epoch` of either line. The link
 * is live when they are equal. A driver starts with a new epoch and touches no ring before the device has echoed
 * it; a device that restarts overwrites its echo, which tells the driver. docs/protocol.md has every byte. */
#ifndef WEFT_VIRTIO_H
#define WEFT_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Device status (virtio 1.x, 2.1) */
#define VIRTIO_STATUS_ACKNOWLEDGE 0x01u
#define VIRTIO_STATUS_DRIVER 0x02u
#define VIRTIO_STATUS_DRIVER_OK 0x04u

/* Features of the RPMsg device. Only what is implemented is offered. */
#define VIRTIO_RPMSG_F_NS 0x01u
#define VIRTIO_RPMSG_FEATURES VIRTIO_RPMSG_F_NS

/* Types and ids of the resource table (Linux, include/linux/remoteproc.h) */
#define RSC_TABLE_VERSION 1u
#define RSC_TRACE 2u
#define RSC_VDEV 3u
#define RSC_WEFT_EPOCH 0x80u /* first of the vendor range */
#define RSC_WEFT_EPOCH_VERSION 1u
#define VIRTIO_ID_RPMSG 7u

/* Resource table of one RPMsg device. Little endian, as all that crosses. */
struct rsc_vring {
	uint32_t da; /* device address */
	uint32_t align;
	uint32_t num;
	uint32_t notifyid;
	uint32_t reserved;
};

struct rsc_vdev {
	uint32_t type; /* RSC_VDEV */
	uint32_t id;   /* VIRTIO_ID_RPMSG */
	uint32_t notifyid;
	uint32_t dfeatures; /* offered by the device */
	uint32_t gfeatures; /* accepted by the driver */
	uint32_t config_len;
	uint8_t status; /* VIRTIO_STATUS_*, the driver's */
	uint8_t num_of_vrings;
	uint8_t reserved[2];
	struct rsc_vring vring[2];
};

/* A text that Linux shows in debugfs. */
struct rsc_trace {
	uint32_t type; /* RSC_TRACE */
	uint32_t da;
	uint32_t len;
	uint32_t reserved;
	uint8_t name[32];
};

struct rsc_epoch {
	uint32_t type; /* RSC_WEFT_EPOCH */
	uint32_t version;
	uint32_t driver_da; /* struct virtio_line */
	uint32_t device_da;
};

struct rsc_table {
	uint32_t version;
	uint32_t num;
	uint32_t reserved[2];
	uint32_t offset[2];
	struct rsc_vdev vdev;
	struct rsc_epoch epoch;
};

/* One cache line with one writer. */
struct virtio_line {
	uint32_t epoch;
	uint32_t features; /* device: offered */
	uint32_t flags;    /* device: VIRTIO_LINE_NEEDS_RESET */
	uint32_t reserved;
};
#define VIRTIO_LINE_NEEDS_RESET 0x01u

/* Epochs of a driver have this bit clear, the words of a device that waits for one have it set: a device's own
 * word is never mistaken for an echo. */
#define VIRTIO_EPOCH_DEVICE 0x80000000u

#define VIRTIO_HEAD_DRIVER 256u
#define VIRTIO_HEAD_DEVICE 512u
#define VIRTIO_HEAD_SIZE 1024u

/* The description from which both sides compute one layout. Built with WEFT_CACHE_LINE: buf_size and align are
 * multiples of it, so that no line has two writers. */
struct virtio_layout_config {
	uint16_t num;      /* buffers in each direction: a power of two, 2 to 32768 */
	uint32_t buf_size; /* bytes of a buffer, RPMsg header included: a multiple of 4, 64 or more. MTU + 16 */
	uint32_t align;    /* of vrings and buffers: a power of two, 16 or more; a cache line at least */
};

/* Offsets in the region. */
struct virtio_layout {
	uint32_t vring[2];   /* 0: device to driver; 1: driver to device */
	uint32_t buffers[2]; /* same order */
	uint32_t size;       /* bytes of region that it takes */
};

/* Compute a layout; returns its size in bytes, or 0 when the description is out of bounds: num, buf_size or align is
 * not what is said above. Any context. */
uint32_t virtio_layout_compute(const struct virtio_layout_config *config, struct virtio_layout *layout);

/* The same as constant expressions, also for #if: num, buf_size and align as above, in bounds. By these a generated
 * header (docs/memory.md) asserts that the runtime lays out what it says. */
#define VIRTIO_ALIGN_UP(n, align) (((n) + (align)-1u) / (align) * (align))
#define VIRTIO_LAYOUT_VRING_SIZE(num, align) (VIRTIO_ALIGN_UP(18u * (num) + 6u, align) + 6u + 8u * (num))
#define VIRTIO_LAYOUT_VRING_0(align) VIRTIO_ALIGN_UP(VIRTIO_HEAD_SIZE, align)
#define VIRTIO_LAYOUT_VRING_1(num, align) \
	VIRTIO_ALIGN_UP(VIRTIO_LAYOUT_VRING_0(align) + VIRTIO_LAYOUT_VRING_SIZE(num, align), align)
#define VIRTIO_LAYOUT_BUFFERS_0(num, align) \
	VIRTIO_ALIGN_UP(VIRTIO_LAYOUT_VRING_1(num, align) + VIRTIO_LAYOUT_VRING_SIZE(num, align), align)
#define VIRTIO_LAYOUT_BUFFERS_1(num, buf_size, align) \
	VIRTIO_ALIGN_UP(VIRTIO_LAYOUT_BUFFERS_0(num, align) + (num) * (buf_size), align)
#define VIRTIO_LAYOUT_SIZE(num, buf_size, align) \
	VIRTIO_ALIGN_UP(VIRTIO_LAYOUT_BUFFERS_1(num, buf_size, align) + (num) * (buf_size), align)

#ifdef __cplusplus
}
#endif

#endif
