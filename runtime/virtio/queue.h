/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of a virtqueue: the states of an entry, and how a queue breaks. */
#ifndef WEFT_VIRTIO_QUEUE_H
#define WEFT_VIRTIO_QUEUE_H

#include "virtio/checks.h"
#include "virtio/ring.h"
#include "weft/virtqueue.h"

/* In the two low bits of an entry's offset, which buffers leave free by starting at multiples of 4. */
#define ENTRY_THEIRS 0u /* posted, or not yet given to us */
#define ENTRY_FREE 1u   /* ours, unused */
#define ENTRY_OURS 2u   /* lent, being received, or held */
#define ENTRY_STATE 3u

static inline uint32_t virtqueue_state(const struct virtqueue *vq, uint16_t id)
{
	return vq->entries[id].at & ENTRY_STATE;
}

static inline uint32_t virtqueue_at(const struct virtqueue *vq, uint16_t id)
{
	return vq->entries[id].at & ~ENTRY_STATE;
}

static inline void virtqueue_set(struct virtqueue *vq, uint16_t id, uint32_t at, uint32_t state)
{
	vq->entries[id].at = at | state;
}

/* We fill its buffers and the peer reads them; else the other way round. */
static inline bool virtqueue_fills(const struct virtqueue *vq)
{
	return (vq->flags == VRING_DESC_F_WRITE) != vq->role->driver;
}

/* In our hands, and `owner`'s. */
static inline bool virtqueue_is_ours(const struct virtqueue *vq, uint16_t id, const void *owner)
{
	return virtqueue_state(vq, id) == ENTRY_OURS && vq->entries[id].owner == owner;
}

/* Something was pushed and not published. */
static inline bool virtqueue_is_behind(const struct virtqueue *vq)
{
	return vq->published != vq->pushed;
}

/* Remember the fault and take nothing more. VIRTQUEUE_BROKEN. */
int virtqueue_break(struct virtqueue *vq, enum weft_check fault);

/* The two halves of each role's take, around what differs; inline: a message passes here twice.
 * 1 when the peer has something for us. Its index is read again only when what we knew is used up. */
static inline int virtqueue_look(struct virtqueue *vq)
{
	if (vq->fault != 0)
		return VIRTQUEUE_BROKEN;
	if (vq->seen != vq->next)
		return 1;

	/* Acquire pairs with the peer's release of its index: entries, descriptors and payload are written. */
	uint16_t index = ring_load16_acquire(&vq->theirs->idx);
	if (!check_ring_distance((uint16_t)(index - vq->next), vq->num))
		return virtqueue_break(vq, WEFT_CHECK_RING_DISTANCE);
	vq->seen = index;
	return index != vq->next;
}

static inline uint16_t virtqueue_slot(const struct virtqueue *vq)
{
	return vq->next & (uint16_t)(vq->num - 1u);
}

/* Buffer id is ours now, and lies at `at`. */
static inline int virtqueue_took(struct virtqueue *vq, uint16_t id, uint32_t at, uint32_t len,
                                 struct virtqueue_buf *out)
{
	virtqueue_set(vq, id, at, ENTRY_OURS);
	vq->entries[id].owner = NULL;
	vq->hint = id;
	vq->next = (uint16_t)(vq->next + 1u);
	*out = (struct virtqueue_buf){ .data = vq->region->base + at, .len = len, .id = id };
	return 1;
}

#endif
