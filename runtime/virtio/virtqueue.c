/* SPDX-License-Identifier: Apache-2.0 */
#include "weft/virtqueue.h"

#include "virtio/checks.h"
#include "virtio/queue.h"
#include "virtio/ring.h"
#include "weft/wrap.h"

uint32_t virtio_vring_size(uint16_t num, uint32_t align)
{
	/* 16 bytes a descriptor; flags, idx, entries and used_event of the available ring (2.7) */
	uint32_t driver = num * 16u + (3u + num) * 2u;

	return ((driver + align - 1u) & ~(align - 1u)) + num * 8u + 6u;
}

void virtqueue_init(struct virtqueue *vq, const struct virtqueue_config *config)
{
	uint8_t *base = config->region->base + config->offset;
	uint8_t *avail = base + config->num * 16u;
	uint8_t *used = base + virtio_vring_size(config->num, config->align) - (config->num * 8u + 6u);
	bool driver = config->role->driver;

	memset(vq, 0, sizeof *vq);
	vq->role = config->role;
	vq->region = config->region;
	vq->entries = config->entries;
	vq->desc = (struct vring_desc *)(void *)base;
	vq->ours = (struct vring_head *)(void *)(driver ? avail : used);
	vq->theirs = (const struct vring_head *)(void *)(driver ? used : avail);
	vq->num = config->num;
	vq->free = config->num;
	vq->flags = config->device_writes ? VRING_DESC_F_WRITE : 0;
	for (uint16_t id = 0; id < vq->num; id++)
		virtqueue_set(vq, id, 0, ENTRY_THEIRS);
}

/* A lie advances nothing: what we had not taken stays there to be looked at. */
int virtqueue_break(struct virtqueue *vq, enum weft_check fault)
{
	vq->fault = (uint8_t)fault;
	return VIRTQUEUE_BROKEN;
}

int virtqueue_pop(struct virtqueue *vq, struct virtqueue_buf *out)
{
	return vq->role->take(vq, out);
}

int virtqueue_take(struct virtqueue *vq, struct virtqueue_buf *out)
{
	uint16_t id = vq->free;

	if (vq->fault != 0)
		return VIRTQUEUE_BROKEN;
	if (id == vq->num)
		return virtqueue_pop(vq, out);
	vq->free = (uint16_t)(uintptr_t)vq->entries[id].owner;
	virtqueue_set(vq, id, virtqueue_at(vq, id), ENTRY_OURS);
	vq->entries[id].owner = NULL;
	vq->hint = id;
	*out = (struct virtqueue_buf){ .data = vq->region->base + virtqueue_at(vq, id), .len = vq->buf_size, .id = id };
	return 1;
}

void virtqueue_push(struct virtqueue *vq, uint16_t id, uint32_t len)
{
	if (virtqueue_fills(vq))
		ring_clean(vq->region->base + virtqueue_at(vq, id), len);
	virtqueue_set(vq, id, virtqueue_at(vq, id), ENTRY_THEIRS);
	uint16_t slot = vq->pushed & (uint16_t)(vq->num - 1u);
	vq->pushed = (uint16_t)(vq->pushed + 1u);
	vq->role->give(vq, slot, id, len);
}

void virtqueue_free(struct virtqueue *vq, uint16_t id)
{
	virtqueue_set(vq, id, virtqueue_at(vq, id), ENTRY_FREE);
	vq->entries[id].owner = (const void *)(uintptr_t)vq->free; /* the list runs through the owners */
	vq->free = id;
}

bool virtqueue_publish(struct virtqueue *vq)
{
	if (!virtqueue_is_behind(vq))
		return false;
	/* Release pairs with the peer's acquire: what we pushed is written before the index says so. */
	ring_store16_release(&vq->ours->idx, vq->pushed);
	vq->published = vq->pushed;
	/* Index before flags, for us and for a peer that asks for kicks and looks again (2.7.10). */
	ring_fence();
	return (ring_load16(&vq->theirs->flags) & VRING_F_NO_NOTIFY) == 0;
}

bool virtqueue_pending(const struct virtqueue *vq)
{
	return virtqueue_is_behind(vq);
}

/* The driver may have cleared the ring since, Linux at any time: our line goes, or the store writes its rest back. */
static void set_flags(struct virtqueue *vq, uint16_t flags)
{
	ring_invalidate(vq->ours, sizeof *vq->ours);
	ring_store16(&vq->ours->flags, flags);
}

bool virtqueue_enable_cb(struct virtqueue *vq)
{
	set_flags(vq, 0);
	/* Flags before index: pairs with the fence in the peer's publish. One of the two sees the other. */
	ring_fence();
	/* Only whether there is something: it is looked at, with acquire, when it is taken. */
	return vq->fault == 0 && vq->seen == vq->next && ring_load16(&vq->theirs->idx) == vq->next;
}

void virtqueue_disable_cb(struct virtqueue *vq)
{
	set_flags(vq, VRING_F_NO_NOTIFY);
}

static bool is_at(const struct virtqueue *vq, uint16_t id, uint32_t at, const void *owner)
{
	return vq->entries[id].at == (at | ENTRY_OURS) && vq->entries[id].owner == owner;
}

/* Of a foreign pointer: anything, and not below the region's size. */
WEFT_WRAPS static uintptr_t offset_of(const struct virtqueue *vq, const void *data)
{
	return (uintptr_t)data - (uintptr_t)vq->region->base;
}

int virtqueue_find(const struct virtqueue *vq, const void *data, const void *owner)
{
	if (vq->num == 0)
		return -1; /* the link is down: no region */
	uintptr_t at = offset_of(vq, data);
	if (at >= vq->region->size || (at & ENTRY_STATE) != 0)
		return -1;
	if (is_at(vq, vq->hint, (uint32_t)at, owner))
		return vq->hint;
	for (uint16_t id = 0; id < vq->num; id++) {
		if (is_at(vq, id, (uint32_t)at, owner))
			return id;
	}
	return -1;
}

void virtqueue_set_owner(struct virtqueue *vq, uint16_t id, const void *owner)
{
	vq->entries[id].owner = owner;
}

int virtqueue_owned_by(const struct virtqueue *vq, const void *owner)
{
	for (uint16_t id = 0; id < vq->num; id++) {
		if (virtqueue_is_ours(vq, id, owner))
			return id;
	}
	return -1;
}

uint16_t virtqueue_out(const struct virtqueue *vq)
{
	uint16_t out = 0;

	for (uint16_t id = 0; id < vq->num; id++)
		out = (uint16_t)(out + (virtqueue_state(vq, id) == ENTRY_OURS));
	return out;
}
