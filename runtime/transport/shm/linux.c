/* SPDX-License-Identifier: Apache-2.0 */
/* A remote core of Linux. There are no epochs: the status byte in our resource table is all that Linux says. It resets
 * without a kick and without waiting for us: status 0, some time later zeroed rings, and DRIVER_OK again. That may be
 * over before we look. So each vring has a mark of ours, in a word that nobody reads and that is zeroed with the rest:
 * while it stands, the ring is the one that we began with. We say nothing: no status, no epoch, no NEEDS_RESET. */
#include "transport/shm/shm.h"
#include "virtio/queue.h"
#include "virtio/vrings.h"

#define MARK 0x5757u

/* ---- The mark ---- */

static uint16_t *mark_of(const struct virtqueue *vq)
{
	return vring_avail_event(vq->ours, vq->num);
}

static inline __attribute__((always_inline)) bool stands(const struct virtqueue *vq)
{
	return ring_load16(mark_of(vq)) == MARK;
}

/* Who sends may come long after the last poll, and a poll may be long: a ring that is another one now is not walked,
 * and no entry of ours goes into it. Inline: without a frame of their own they cost no stack. */
static int linux_take(struct virtqueue *vq, struct virtqueue_buf *out)
{
	return stands(vq) ? virtqueue_device.take(vq, out) : 0;
}

static void linux_give(struct virtqueue *vq, uint16_t slot, uint16_t id, uint32_t len)
{
	if (stands(vq))
		ring_store_used(&vring_used_ring(vq->ours)[slot], id, len);
}

const struct virtqueue_role weft_shm_linux_virtqueue = { linux_take, linux_give, false };

bool weft_shm_linux_stands(const struct weft_shm *shm)
{
	return stands(&shm->rx) && stands(&shm->tx);
}

/* ---- The link ---- */

static const struct rsc_vdev *vdev_of(const struct weft_shm *shm)
{
	const struct weft_shm_linux *to_linux = (const struct weft_shm_linux *)(const void *)shm->role;

	return (const struct rsc_vdev *)(uintptr_t)to_linux->vdev; /* read by ring.h alone */
}

static bool driver_ok(const struct weft_shm *shm)
{
	/* Acquire pairs with the barriers of Linux before it: rings, descriptors and features are written. */
	return (ring_load8_acquire(&vdev_of(shm)->status) & VIRTIO_STATUS_DRIVER_OK) != 0;
}

static bool is_fresh(const struct virtqueue *vq)
{
	return check_ring_fresh(ring_load16(&vq->ours->idx), ring_load16(mark_of(vq)));
}

/* Its frame is gone before queues are set up. */
static __attribute__((noinline)) enum weft_check read_vdev(const struct weft_shm *shm, struct virtio_rings *rings)
{
	const struct rsc_vdev *vdev = vdev_of(shm);

	if (!check_table_vdev(ring_load32(&vdev->type), ring_load32(&vdev->id), ring_load8(&vdev->num_of_vrings)))
		return WEFT_CHECK_TABLE_VDEV;
	if (!check_features(ring_load32(&vdev->gfeatures), VIRTIO_RPMSG_FEATURES))
		return WEFT_CHECK_FEATURES;
	return virtio_vrings_read(vdev, &shm->transport.port->region, 0, shm->layout.num, rings);
}

static enum weft_check open_rings(struct weft_shm *shm)
{
	struct virtio_rings rings;

	ring_forget(&shm->transport.port->region);
	enum weft_check fault = read_vdev(shm, &rings);
	if (fault != WEFT_CHECK_NONE)
		return fault;
	for (int i = 0; i < 2; i++)
		weft_shm_queue(shm, i, rings.offset[i], rings.num[i], rings.align[i]);
	if (!is_fresh(&shm->rx) || !is_fresh(&shm->tx))
		return WEFT_CHECK_RING_FRESH;
	ring_store16(&shm->tx.ours->flags, 0); /* who slept over the reset may have set it */
	ring_store16(mark_of(&shm->rx), MARK);
	ring_store16(mark_of(&shm->tx), MARK);
	shm->state = SHM_WAIT;
	return WEFT_CHECK_NONE;
}

/* Until there is a buffer we want kicks, which zeroed flags ask for. */
static void begin(struct weft_shm *shm)
{
	shm_begin(shm);
	if (shm->state != SHM_UP)
		return;
	virtqueue_disable_cb(&shm->rx);
	virtqueue_disable_cb(&shm->tx);
}

/* Nobody is told but our owner. Until Linux resets, what it has laid is looked at again and again: what is wrong with
 * it stays wrong, and where we have been our mark stands. */
static void give_up(struct weft_shm *shm, enum weft_check fault)
{
	if (shm->state != SHM_ERROR)
		weft_shm_violation(shm, fault);
	weft_shm_drop(shm, SHM_ERROR);
}

/* The life that we are in is over. */
static bool is_gone(const struct weft_shm *shm)
{
	if (!driver_ok(shm))
		return true;
	/* One ring tells: Linux has zeroed both before it says DRIVER_OK. */
	return (shm->state == SHM_WAIT || shm->state == SHM_UP) && !stands(&shm->rx);
}

enum weft_link_state weft_shm_linux_service(struct weft_shm *shm)
{
	if (!weft_shm_peer(shm))
		return WEFT_LINK_DOWN;
	if (is_gone(shm)) {
		weft_shm_drop(shm, SHM_START);
		return WEFT_LINK_DOWN; /* for one poll at least: whoever is above learns it */
	}

	enum weft_check fault = WEFT_CHECK_NONE;
	if (shm->state == SHM_START || shm->state == SHM_ERROR)
		fault = open_rings(shm);
	if (shm->state == SHM_WAIT)
		begin(shm);
	if (fault == WEFT_CHECK_NONE)
		fault = (enum weft_check)shm_fault(shm);
	if (fault != WEFT_CHECK_NONE)
		give_up(shm, fault);
	return shm_link(shm);
}
