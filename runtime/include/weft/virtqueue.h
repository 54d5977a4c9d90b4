/* SPDX-License-Identifier: Apache-2.0 */
/* A split virtqueue (virtio 1.x, 2.7) of single buffers, in either role.
 *
 * The life of a buffer is in the verbs, and they are the same in both roles:
 *     pop      the peer gives us a buffer      (driver: from the used ring; device: from the available ring)
 *     push     we give it back                 (driver: available; device: used)
 *     publish  the peer may see what was pushed; says whether it wants a kick
 * State. Ours lives in our memory: indices, the entries, the free list. Of the peer's we keep copies that were
 * checked. Descriptors are written once, by the driver, when the ring is laid; the device copies each when popped.
 * Faults. A lie advances nothing: the ring still shows it, the queue is broken until it is laid anew.
 * Context. None of these functions locks or waits; callers serialise. Single-buffer descriptors only: chains and
 * indirect ones are never offered and break the queue. */
#ifndef WEFT_VIRTQUEUE_H
#define WEFT_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/check.h"
#include "weft/port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VIRTQUEUE_BROKEN (-1)

struct vring_desc;
struct vring_head;
struct virtqueue;

/* One a descriptor, the caller's storage: where its buffer is and whose it is. 8 bytes on a 32-bit core. */
struct virtqueue_entry {
	uint32_t at;       /* offset in the region; the state in the two low bits */
	const void *owner; /* who borrowed or holds it; NULL: nobody */
};

/* A buffer in our hands. Ours until pushed or freed. */
struct virtqueue_buf {
	uint8_t *data;
	uint32_t len; /* driver, received: bytes that came. Otherwise: bytes of room */
	uint16_t id;
};

/* What differs between the roles: virtqueue_driver, virtqueue_device. */
struct virtqueue_role {
	int (*take)(struct virtqueue *vq, struct virtqueue_buf *out); /* virtqueue_pop() */
	void (*give)(struct virtqueue *vq, uint16_t slot, uint16_t id, uint32_t len);
	bool driver; /* ours is the available ring */
};
extern const struct virtqueue_role virtqueue_driver;
extern const struct virtqueue_role virtqueue_device;

struct virtqueue {
	const struct virtqueue_role *role;
	const struct weft_region *region;
	struct virtqueue_entry *entries;
	struct vring_desc *desc;         /* the driver's; a device only copies from it */
	struct vring_head *ours;         /* written by us only */
	const struct vring_head *theirs; /* read once a look, never trusted */
	uint32_t buf_size;               /* driver: bytes a buffer; device: of the first one offered */
	uint16_t num;
	uint16_t next;      /* what we have taken of theirs */
	uint16_t seen;      /* how far their index had come when last read */
	uint16_t pushed;    /* what we have put into ours */
	uint16_t published; /* of that, what the peer may see */
	uint16_t free;      /* first of our unused buffers; num: none */
	uint16_t hint;      /* id last handed out: where a pointer is looked up first */
	uint8_t flags;      /* every descriptor's, by direction */
	uint8_t fault;      /* enum weft_check: why the queue is broken; 0: it is not */
};

/* Where a vring is and what carries it. */
struct virtqueue_config {
	const struct virtqueue_role *role;
	const struct weft_region *region;
	struct virtqueue_entry *entries; /* num of them, lives as long as the queue */
	uint32_t offset;                 /* of the vring in the region, kept to its alignment */
	uint32_t align;                  /* of the used ring: a power of two */
	uint16_t num;                    /* descriptors: a power of two */
	bool device_writes;              /* direction: device to driver */
};

/* Bytes of a vring: descriptors, available ring, padding to align, used ring. num <= 32768. */
uint32_t virtio_vring_size(uint16_t num, uint32_t align);

/* Start with a fresh ring: nothing pushed, nothing taken, all state dropped. Arguments were checked by the
 * caller. Driver: follow with virtqueue_lay(). */
void virtqueue_init(struct virtqueue *vq, const struct virtqueue_config *config);

/* Driver: clear the ring and write its descriptors, num buffers of buf_size bytes from region offset `buffers`.
 * All buffers are free. Not published. */
void virtqueue_lay(struct virtqueue *vq, uint32_t buffers, uint32_t buf_size);

/* Take the next buffer from the peer: 1 and *out, 0 when there is none, VIRTQUEUE_BROKEN (see vq->fault). */
int virtqueue_pop(struct virtqueue *vq, struct virtqueue_buf *out);

/* A buffer to fill: one of our unused ones, else pop. Results as virtqueue_pop; out->len is its room. */
int virtqueue_take(struct virtqueue *vq, struct virtqueue_buf *out);

/* Give buffer `id`, which is ours, to the peer; len is what a device has written. Seen after publish. */
void virtqueue_push(struct virtqueue *vq, uint16_t id, uint32_t len);

/* Keep buffer `id`, which is ours, unused, for the next take. */
void virtqueue_free(struct virtqueue *vq, uint16_t id);

/* Let the peer see what was pushed since the last time. True: it wants a kick. */
bool virtqueue_publish(struct virtqueue *vq);

/* Something was pushed and not published. */
bool virtqueue_pending(const struct virtqueue *vq);

/* Ask for notifications before sleeping. False: something came meanwhile, do not sleep, look. */
bool virtqueue_enable_cb(struct virtqueue *vq);

/* We look by ourselves: no notifications wanted. */
void virtqueue_disable_cb(struct virtqueue *vq);

/* The buffer in our hands that holds data and belongs to owner: its id, or -1. Looks at the last one handed
 * out first, else at all. */
int virtqueue_find(const struct virtqueue *vq, const void *data, const void *owner);

/* Say whose buffer `id` is. */
void virtqueue_set_owner(struct virtqueue *vq, uint16_t id, const void *owner);

/* The id of a buffer in our hands that belongs to owner, or -1. */
int virtqueue_owned_by(const struct virtqueue *vq, const void *owner);

/* How many buffers are in somebody's hands: popped or taken, not pushed, not freed. */
uint16_t virtqueue_out(const struct virtqueue *vq);

#ifdef __cplusplus
}
#endif

#endif
