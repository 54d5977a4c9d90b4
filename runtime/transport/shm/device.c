/* SPDX-License-Identifier: Apache-2.0 */
/* The device's half of reset: say that we are new, let go of everything when a driver asks, echo, wait for
 * DRIVER_OK. It decides nothing: whatever goes wrong ends in waiting for a new epoch. */
#include "transport/shm/shm.h"
#include "virtio/checks.h"
#include "virtio/table.h"
#include "weft/wrap.h"

/* A word that is no driver's epoch and not the word that stood there: whoever believed in us learns. */
static void announce_boot(struct weft_shm *shm)
{
	struct virtio_line *line = virtio_device_line(&shm->transport.port->region);
	uint32_t word = weft_wrap_add(ring_load32(&line->epoch), 1u) | VIRTIO_EPOCH_DEVICE;

	shm->epoch = 0;
	ring_store32(&line->flags, 0);
	/* Nothing is read by it: the flags count only beside an epoch of the driver's. */
	ring_store32(&line->epoch, word);
	shm->state = SHM_WAIT;
	shm_kick(shm, 0);
}

/* It is said under the driver's epoch: one that still waits for the echo learns it too. */
static void needs_reset(struct weft_shm *shm, enum weft_check fault)
{
	struct virtio_line *line = virtio_device_line(&shm->transport.port->region);

	weft_shm_violation(shm, fault);
	weft_shm_drop(shm, SHM_ERROR);
	ring_store32(&line->flags, VIRTIO_LINE_NEEDS_RESET);
	/* Release pairs with the driver's acquire: the flag. */
	ring_store32_release(&line->epoch, shm->epoch);
	shm_kick(shm, 0);
}

/* A driver asks. From here on we touch no ring until it says DRIVER_OK. */
static void echo(struct weft_shm *shm, uint32_t epoch)
{
	const struct weft_region *region = &shm->transport.port->region;
	struct virtio_line *line = virtio_device_line(region);
	struct virtio_rings rings;

	weft_shm_drop(shm, SHM_ECHO);
	ring_forget(region);
	shm->epoch = epoch;
	enum weft_check fault = virtio_table_read(region, shm->layout.num, &rings);
	if (fault != WEFT_CHECK_NONE) {
		needs_reset(shm, fault);
		return;
	}
	for (int i = 0; i < 2; i++)
		weft_shm_queue(shm, i, rings.offset[i], rings.num[i], rings.align[i]);
	ring_store32(&line->features, VIRTIO_RPMSG_FEATURES);
	ring_store32(&line->flags, 0);
	/* Release pairs with the driver's acquire: what we did to the old rings is over. */
	ring_store32_release(&line->epoch, epoch);
	shm_kick(shm, 0);
}

/* The driver has laid the rings out and goes. */
static void begin(struct weft_shm *shm)
{
	const struct rsc_vdev *vdev = &virtio_table(&shm->transport.port->region)->vdev;

	if (!check_features(ring_load32(&vdev->gfeatures), VIRTIO_RPMSG_FEATURES)) {
		needs_reset(shm, WEFT_CHECK_FEATURES);
		return;
	}
	virtqueue_disable_cb(&shm->rx);
	virtqueue_disable_cb(&shm->tx);
	shm_begin(shm); /* the driver has posted its receive buffers before DRIVER_OK */
}

static bool driver_ok(const struct weft_shm *shm)
{
	const struct rsc_vdev *vdev = &virtio_table(&shm->transport.port->region)->vdev;

	/* Acquire pairs with the driver's release: rings, descriptors and features are written. */
	return (ring_load8_acquire(&vdev->status) & VIRTIO_STATUS_DRIVER_OK) != 0;
}

/* A driver whose boot clears the memory wipes our word out, and may then ask with the epoch that we live in. When it
 * does so between the flag and the word of needs_reset(), the word stands and the flag does not. */
static bool wiped_out(const struct weft_shm *shm)
{
	const struct virtio_line *line = virtio_device_line(&shm->transport.port->region);

	if (shm->state == SHM_ERROR && (ring_load32(&line->flags) & VIRTIO_LINE_NEEDS_RESET) == 0)
		return true;
	bool echoed = shm->state == SHM_ECHO || shm->state == SHM_UP || shm->state == SHM_ERROR;
	return echoed && ring_load32(&line->epoch) != shm->epoch;
}

static enum weft_link_state device_service(struct weft_shm *shm)
{
	if (!weft_shm_peer(shm))
		return WEFT_LINK_DOWN;
	if (wiped_out(shm))
		weft_shm_drop(shm, SHM_START);
	if (shm->state == SHM_START)
		announce_boot(shm);

	const struct weft_region *region = &shm->transport.port->region;
	/* Acquire pairs with the driver's release: the table of this epoch is written. */
	uint32_t epoch = ring_load32_acquire(&virtio_driver_line(region)->epoch);
	bool another = epoch != shm->epoch && epoch != 0 && (epoch & VIRTIO_EPOCH_DEVICE) == 0;
	/* A driver that has not noticed our restart still drives: it will, and then asks with status 0. */
	if (another && ring_load8(&virtio_table(region)->vdev.status) == 0)
		echo(shm, epoch);
	else if (epoch != shm->epoch && shm->state == SHM_UP)
		weft_shm_drop(shm, SHM_START); /* wiped out: the same epoch may come again, and is another life */
	else if (shm->state == SHM_ECHO && epoch == shm->epoch && driver_ok(shm))
		begin(shm);

	if (shm->state != SHM_ERROR && shm_fault(shm) != 0)
		needs_reset(shm, (enum weft_check)shm_fault(shm));
	return shm_link(shm);
}

const struct weft_shm_role weft_shm_device = { device_service, &virtqueue_device, NULL, 1 };
