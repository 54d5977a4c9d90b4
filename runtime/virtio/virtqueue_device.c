/* SPDX-License-Identifier: Apache-2.0 */
/* The remote side: takes from the available ring, copies and checks descriptors, writes the used ring. */
#include "virtio/checks.h"
#include "virtio/queue.h"
#include "virtio/ring.h"

#define HEADER_SIZE 16u /* of RPMsg: a driver that sends may offer no more than it sends */

static uint32_t least_len(const struct virtqueue *vq)
{
	if (vq->flags != VRING_DESC_F_WRITE)
		return HEADER_SIZE;
	return vq->buf_size != 0 ? vq->buf_size : CHECK_BUF_SIZE_MIN;
}

static enum weft_check desc_fault(const struct virtqueue *vq, const struct vring_desc *desc)
{
	if (!check_desc_flags(desc->flags, vq->flags))
		return WEFT_CHECK_DESC_FLAGS;
	if (!check_desc_len(desc->len, least_len(vq)))
		return WEFT_CHECK_DESC_LEN;
	if (!check_desc_range(desc->addr, desc->len, vq->region->address, vq->region->size))
		return WEFT_CHECK_DESC_RANGE;
	if (!check_desc_align(desc->addr - vq->region->address, virtqueue_fills(vq) ? desc->len : 0))
		return WEFT_CHECK_DESC_ALIGN;
	return WEFT_CHECK_NONE;
}

static int device_take(struct virtqueue *vq, struct virtqueue_buf *out)
{
	int more = virtqueue_look(vq);

	if (more != 1)
		return more;
	uint16_t id = ring_load16(&vring_avail_ring((struct vring_head *)(uintptr_t)vq->theirs)[virtqueue_slot(vq)]);

	if (!check_ring_id(id, vq->num))
		return virtqueue_break(vq, WEFT_CHECK_RING_ID);
	if (!check_ring_twice(virtqueue_state(vq, id) == ENTRY_THEIRS))
		return virtqueue_break(vq, WEFT_CHECK_RING_TWICE);

	/* Read once: the driver can rewrite the descriptor between our check and our use. */
	struct vring_desc desc = ring_load_desc(&vq->desc[id]);
	enum weft_check fault = desc_fault(vq, &desc);
	if (fault != WEFT_CHECK_NONE)
		return virtqueue_break(vq, fault);

	if (vq->buf_size == 0)
		vq->buf_size = desc.len;
	return virtqueue_took(vq, id, (uint32_t)(desc.addr - vq->region->address), desc.len, out);
}

static void device_give(struct virtqueue *vq, uint16_t slot, uint16_t id, uint32_t len)
{
	ring_store_used(&vring_used_ring(vq->ours)[slot], id, len);
}

const struct virtqueue_role virtqueue_device = { device_take, device_give, false };
