/* SPDX-License-Identifier: Apache-2.0 */
/* What a vdev entry of a resource table says of its two vrings, checked. Inline: of the roles that read one an image
 * has one, and pays for no call. */
#ifndef WEFT_VIRTIO_VRINGS_H
#define WEFT_VIRTIO_VRINGS_H

#include "virtio/checks.h"
#include "virtio/table.h"
#include "weft/virtqueue.h"
#include "weft/wrap.h"

WEFT_WRAPS static inline enum weft_check
virtio_vring_fault(const struct rsc_vring *vring, const struct weft_region *region, uint32_t head, uint16_t room)
{
	uint64_t offset = (uint64_t)vring->da - (uint32_t)region->address; /* below the region: wraps, out of range */

	if (!check_vring_num(vring->num, room))
		return WEFT_CHECK_VRING_NUM;
	if (!check_vring_align(vring->align, (uint32_t)offset))
		return WEFT_CHECK_VRING_ALIGN;
	if (!check_vring_range(offset, virtio_vring_size((uint16_t)vring->num, vring->align), head, region->size))
		return WEFT_CHECK_VRING_RANGE;
	return WEFT_CHECK_NONE;
}

/* Copy each of the two once, check it, and say where the rings are: behind the region's first `head` bytes, each of at
 * most `room` descriptors. WEFT_CHECK_NONE, or what is wrong and *rings undefined. */
static inline enum weft_check virtio_vrings_read(const struct rsc_vdev *vdev, const struct weft_region *region,
                                                 uint32_t head, uint16_t room, struct virtio_rings *rings)
{
	uint32_t size[2];

	for (int i = 0; i < 2; i++) {
		struct rsc_vring vring;

		ring_load_words(&vring, &vdev->vring[i], sizeof vring);
		enum weft_check fault = virtio_vring_fault(&vring, region, head, room);
		if (fault != WEFT_CHECK_NONE)
			return fault;
		rings->offset[i] = vring.da - (uint32_t)region->address;
		rings->align[i] = vring.align;
		rings->num[i] = (uint16_t)vring.num;
		size[i] = virtio_vring_size(rings->num[i], vring.align);
	}
	return check_vring_overlap(rings->offset[0], size[0], rings->offset[1], size[1]) ? WEFT_CHECK_NONE
	                                                                                 : WEFT_CHECK_VRING_OVERLAP;
}

#endif
