/* SPDX-License-Identifier: Apache-2.0 */
/* The side that owns the buffers: writes descriptors and the available ring, takes from the used ring. */
#include "virtio/checks.h"
#include "virtio/queue.h"
#include "virtio/ring.h"

/* RPMsg header: a device that sends has written at least that. */
#define HEADER_SIZE 16u

void virtqueue_lay(struct virtqueue *vq, uint32_t buffers, uint32_t buf_size)
{
	vq->buf_size = buf_size;
	memset(vring_avail_ring(vq->ours), 0, vq->num * 2u);
	ring_store16(&vq->ours->flags, VRING_F_NO_NOTIFY);
	ring_store16(&vq->ours->idx, 0);
	/* The used ring is the device's; it is not running yet, and nobody else clears it. */
	uint32_t used_size = (uint32_t)sizeof *vq->theirs + vq->num * 8u;
	memset((void *)(uintptr_t)vq->theirs, 0, used_size);

	for (uint16_t left = vq->num; left > 0; left--) {
		uint16_t id = (uint16_t)(left - 1u);
		uint32_t at = buffers + id * buf_size;

		vq->desc[id] = (struct vring_desc){ vq->region->address + at, buf_size, vq->flags, 0 };
		virtqueue_set(vq, id, at, ENTRY_OURS);
		virtqueue_free(vq, id);
	}
	ring_clean(vq->desc, (uint32_t)((uintptr_t)vq->theirs - (uintptr_t)vq->desc) + used_size);
}

static int driver_take(struct virtqueue *vq, struct virtqueue_buf *out)
{
	int more = virtqueue_look(vq);

	if (more != 1)
		return more;
	struct vring_used_elem *elem = &vring_used_ring((struct vring_head *)(uintptr_t)vq->theirs)[virtqueue_slot(vq)];
	uint32_t id = ring_load32(&elem->id);
	uint32_t len = ring_load32(&elem->len);
	bool received = vq->flags == VRING_DESC_F_WRITE;

	if (!check_ring_id(id, vq->num))
		return virtqueue_break(vq, WEFT_CHECK_RING_ID);
	if (!check_ring_twice(virtqueue_state(vq, (uint16_t)id) == ENTRY_THEIRS))
		return virtqueue_break(vq, WEFT_CHECK_RING_TWICE);
	if (received && !check_used_len(len, HEADER_SIZE, vq->buf_size))
		return virtqueue_break(vq, WEFT_CHECK_USED_LEN);
	return virtqueue_took(vq, (uint16_t)id, virtqueue_at(vq, (uint16_t)id), received ? len : vq->buf_size, out);
}

/* Descriptors were written once: only the index of one goes into the ring. */
static void driver_give(struct virtqueue *vq, uint16_t slot, uint16_t id, uint32_t len)
{
	(void)len;
	ring_store16(&vring_avail_ring(vq->ours)[slot], id);
}

const struct virtqueue_role virtqueue_driver = { driver_take, driver_give, true };
