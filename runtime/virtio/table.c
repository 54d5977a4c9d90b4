/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/table.h"

#include "virtio/checks.h"
#include "virtio/vrings.h"

static void write_vring(struct rsc_vring *vring, uint32_t da, const struct virtio_layout_config *config, uint32_t i)
{
	ring_store32(&vring->da, da);
	ring_store32(&vring->align, config->align);
	ring_store32(&vring->num, config->num);
	ring_store32(&vring->notifyid, i);
	ring_store32(&vring->reserved, 0);
}

static void write_vdev(struct rsc_vdev *vdev)
{
	ring_store32(&vdev->type, RSC_VDEV);
	ring_store32(&vdev->id, VIRTIO_ID_RPMSG);
	ring_store32(&vdev->notifyid, 0);
	ring_store32(&vdev->dfeatures, 0);
	ring_store32(&vdev->gfeatures, 0);
	ring_store32(&vdev->config_len, 0);
	ring_store32((uint32_t *)(void *)&vdev->status, 2u << 8); /* and num_of_vrings, and what is reserved */
}

/* Each word once and in its place: a copy of it all would stand on the stack of whoever polls. */
void virtio_table_write(const struct weft_region *region, const struct virtio_layout_config *config,
                        const struct virtio_layout *layout)
{
	struct rsc_table *table = virtio_table(region);
	uint32_t head_da = (uint32_t)region->address;

	ring_store32(&table->version, RSC_TABLE_VERSION);
	ring_store32(&table->num, 2);
	ring_store32(&table->reserved[0], 0);
	ring_store32(&table->reserved[1], 0);
	ring_store32(&table->offset[0], offsetof(struct rsc_table, vdev));
	ring_store32(&table->offset[1], offsetof(struct rsc_table, epoch));
	write_vdev(&table->vdev);
	for (uint32_t i = 0; i < 2; i++)
		write_vring(&table->vdev.vring[i], head_da + layout->vring[i], config, i);
	ring_store32(&table->epoch.type, RSC_WEFT_EPOCH);
	ring_store32(&table->epoch.version, RSC_WEFT_EPOCH_VERSION);
	ring_store32(&table->epoch.driver_da, head_da + VIRTIO_HEAD_DRIVER);
	ring_store32(&table->epoch.device_da, head_da + VIRTIO_HEAD_DEVICE);
}

static enum weft_check header_fault(const struct rsc_table *table)
{
	uint32_t head[offsetof(struct rsc_table, vdev) / 4u]; /* version, num, reserved, offset */

	ring_load_words(head, table, sizeof head);
	if (!check_table_header(head[0], head[1], head[4], head[5], offsetof(struct rsc_table, vdev),
	                        offsetof(struct rsc_table, epoch)))
		return WEFT_CHECK_TABLE_HEADER;
	if (!check_table_vdev(ring_load32(&table->vdev.type), ring_load32(&table->vdev.id),
	                      ring_load8(&table->vdev.num_of_vrings)))
		return WEFT_CHECK_TABLE_VDEV;
	return WEFT_CHECK_NONE;
}

static enum weft_check epoch_fault(const struct rsc_epoch *shared, const struct weft_region *region)
{
	struct rsc_epoch epoch;

	ring_load_words(&epoch, shared, sizeof epoch);
	return check_table_epoch(epoch.type, epoch.version, epoch.driver_da, epoch.device_da, (uint32_t)region->address)
	               ? WEFT_CHECK_NONE
	               : WEFT_CHECK_TABLE_EPOCH;
}

/* Each word is read once, into a copy of a few that are checked together: the stack of a device is small. */
enum weft_check virtio_table_read(const struct weft_region *region, uint16_t room, struct virtio_rings *rings)
{
	const struct rsc_table *table = virtio_table(region);
	enum weft_check fault = header_fault(table);

	if (fault == WEFT_CHECK_NONE)
		fault = epoch_fault(&table->epoch, region);
	if (fault == WEFT_CHECK_NONE)
		fault = virtio_vrings_read(&table->vdev, region, VIRTIO_HEAD_SIZE, room, rings);
	return fault;
}
