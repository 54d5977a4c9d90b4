/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's half of reset: ask with a new epoch, touch no ring before the device echoes it, lay out, go. */
#include "transport/shm/shm.h"
#include "virtio/table.h"
#include "weft/wrap.h"

#define STATUS_UP (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK)

static uint32_t next_epoch(uint32_t old, uint32_t device)
{
	uint32_t epoch = old;

	/* Three turns at most: far from coming round to old again. */
	do {
		epoch = weft_wrap_add(epoch, 1u) & ~VIRTIO_EPOCH_DEVICE;
	} while (epoch == 0 || epoch == device);
	return epoch;
}

static void ask(struct weft_shm *shm)
{
	const struct weft_region *region = &shm->transport.port->region;
	struct virtio_layout layout;

	ring_forget(region);
	uint32_t old = ring_load32(&virtio_driver_line(region)->epoch);
	uint32_t device = ring_load32(&virtio_device_line(region)->epoch);

	/* With status 0: a device that sees the new epoch, by its release, sees that nobody drives it. */
	virtio_layout_compute(&shm->layout, &layout);
	virtio_table_write(region, &shm->layout, &layout);
	shm->epoch = next_epoch(old, device);
	/* Release pairs with the device's acquire: the table is written. */
	ring_store32_release(&virtio_driver_line(region)->epoch, shm->epoch);
	shm->state = SHM_ASKED;
	shm_kick(shm, 0);
}

static void lay_out(struct weft_shm *shm)
{
	const struct weft_region *region = &shm->transport.port->region;
	struct rsc_vdev *vdev = &virtio_table(region)->vdev;
	struct virtio_layout layout;
	struct virtqueue_buf buf;

	virtio_layout_compute(&shm->layout, &layout);
	for (int i = 0; i < 2; i++)
		weft_shm_queue(shm, i, layout.vring[i], shm->layout.num, shm->layout.align);
	virtqueue_lay(&shm->rx, layout.buffers[0], shm->layout.buf_size);
	virtqueue_lay(&shm->tx, layout.buffers[1], shm->layout.buf_size);
	for (uint16_t i = 0; i < shm->rx.num; i++) {
		virtqueue_take(&shm->rx, &buf);
		virtqueue_push(&shm->rx, buf.id, 0);
	}
	virtqueue_publish(&shm->rx);

	uint32_t offered = ring_load32(&virtio_device_line(region)->features);
	ring_store32(&vdev->dfeatures, offered);
	ring_store32(&vdev->gfeatures, offered & VIRTIO_RPMSG_FEATURES);
	/* Release pairs with the device's acquire of status: rings, descriptors, features. */
	ring_store8_release(&vdev->status, STATUS_UP);
	weft_shm_up(shm);
	shm_kick(shm, 0);
}

static void give_up(struct weft_shm *shm, enum weft_check fault)
{
	weft_shm_violation(shm, fault);
	weft_shm_drop(shm, SHM_ERROR);
}

/* What we said last is still there. A device's loader that clears the memory, or a core gone wild, wipes it out. */
static bool stands(const struct weft_shm *shm, uint8_t status)
{
	const struct weft_region *region = &shm->transport.port->region;

	return ring_load32(&virtio_driver_line(region)->epoch) == shm->epoch &&
	       ring_load8(&virtio_table(region)->vdev.status) == status;
}

/* The device found a fault of ours; it knows which. */
static bool needs_reset(const struct virtio_line *device)
{
	return (ring_load32(&device->flags) & VIRTIO_LINE_NEEDS_RESET) != 0;
}

/* Asked: has the device echoed, and is it content? */
static void await_echo(struct weft_shm *shm)
{
	const struct virtio_line *device = virtio_device_line(&shm->transport.port->region);

	/* Acquire pairs with the device's release: it has let go of the old rings, and its flags are of this epoch. */
	if (ring_load32_acquire(&device->epoch) != shm->epoch) {
		if (!stands(shm, 0))
			ask(shm);
	} else if (needs_reset(device)) {
		give_up(shm, WEFT_CHECK_NONE);
	} else {
		lay_out(shm);
	}
}

/* Up: is the device still the one that we agreed with, and content? */
static void watch(struct weft_shm *shm)
{
	const struct virtio_line *device = virtio_device_line(&shm->transport.port->region);

	if (shm_fault(shm) != 0)
		give_up(shm, (enum weft_check)shm_fault(shm));
	else if (ring_load32(&device->epoch) != shm->epoch || !stands(shm, STATUS_UP))
		weft_shm_drop(shm, SHM_START);
	else if (needs_reset(device))
		give_up(shm, WEFT_CHECK_NONE);
}

static enum weft_link_state driver_service(struct weft_shm *shm)
{
	if (!weft_shm_peer(shm))
		return shm->state == SHM_ERROR ? WEFT_LINK_ERROR : WEFT_LINK_DOWN;

	if (shm->state == SHM_UP)
		watch(shm);
	if (shm->state == SHM_START)
		ask(shm);
	else if (shm->state == SHM_ASKED)
		await_echo(shm);
	return shm_link(shm);
}

const struct weft_shm_role weft_shm_driver = { driver_service, &virtqueue_driver, NULL, 0 };
