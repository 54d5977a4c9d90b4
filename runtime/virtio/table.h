/* SPDX-License-Identifier: Apache-2.0 */
/* The head page: the resource table that the driver writes and the device believes only after checks, and the
 * two epoch lines. */
#ifndef WEFT_VIRTIO_TABLE_H
#define WEFT_VIRTIO_TABLE_H

#include "virtio/ring.h"
#include "weft/check.h"
#include "weft/virtio.h"

/* What a device learns from the table. Offsets in the region, checked. */
struct virtio_rings {
	uint32_t offset[2];
	uint32_t align[2];
	uint16_t num[2];
};

static inline struct rsc_table *virtio_table(const struct weft_region *region)
{
	return (struct rsc_table *)(void *)region->base;
}

static inline struct virtio_line *virtio_driver_line(const struct weft_region *region)
{
	return (struct virtio_line *)(void *)(region->base + VIRTIO_HEAD_DRIVER);
}

static inline struct virtio_line *virtio_device_line(const struct weft_region *region)
{
	return (struct virtio_line *)(void *)(region->base + VIRTIO_HEAD_DEVICE);
}

/* Driver: write the whole table; status 0, no features accepted. */
void virtio_table_write(const struct weft_region *region, const struct virtio_layout_config *config,
                        const struct virtio_layout *layout);

/* Device: copy the table once, check it, and say where the rings are; each has at most `room` descriptors.
 * WEFT_CHECK_NONE, or what is wrong and *rings undefined. */
enum weft_check virtio_table_read(const struct weft_region *region, uint16_t room, struct virtio_rings *rings);

#endif
