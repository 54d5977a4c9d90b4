/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/table.h"

#include "virtio/checks.h"
#include "weft/virtqueue.h"
#include "weft/wrap.h"

void virtio_table_write(const struct weft_region *region, const struct virtio_layout_config *config,
                        const struct virtio_layout *layout)
{
	struct rsc_table table;
	uint32_t head_da = (uint32_t)region->address;

	memset(&table, 0, sizeof table);
	table.version = RSC_TABLE_VERSION;
	table.num = 2;
	table.offset[0] = offsetof(struct rsc_table, vdev);
	table.offset[1] = offsetof(struct rsc_table, epoch);
	table.vdev.type = RSC_VDEV;
	table.vdev.id = VIRTIO_ID_RPMSG;
	table.vdev.num_of_vrings = 2;
	for (uint32_t i = 0; i < 2; i++)
		table.vdev.vring[i] =
			(struct rsc_vring){ head_da + layout->vring[i], config->align, config->num, i, 0 };
	table.epoch.type = RSC_WEFT_EPOCH;
	table.epoch.version = RSC_WEFT_EPOCH_VERSION;
	table.epoch.driver_da = head_da + VIRTIO_HEAD_DRIVER;
	table.epoch.device_da = head_da + VIRTIO_HEAD_DEVICE;
	ring_store_words(region->base, &table, sizeof table);
}

WEFT_WRAPS static enum weft_check vring_fault(const struct rsc_vring *vring, const struct weft_region *region,
                                              uint16_t room)
{
	uint64_t offset = (uint64_t)vring->da - (uint32_t)region->address; /* below the region: wraps, out of range */

	if (!check_vring_num(vring->num, room))
		return WEFT_CHECK_VRING_NUM;
	if (!check_vring_align(vring->align, (uint32_t)offset))
		return WEFT_CHECK_VRING_ALIGN;
	if (!check_vring_range(offset, virtio_vring_size((uint16_t)vring->num, vring->align), VIRTIO_HEAD_SIZE,
	                       region->size))
		return WEFT_CHECK_VRING_RANGE;
	return WEFT_CHECK_NONE;
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
	uint32_t size[2];
	enum weft_check fault = header_fault(table);

	if (fault == WEFT_CHECK_NONE)
		fault = epoch_fault(&table->epoch, region);
	for (int i = 0; i < 2 && fault == WEFT_CHECK_NONE; i++) {
		struct rsc_vring vring;

		ring_load_words(&vring, &table->vdev.vring[i], sizeof vring);
		fault = vring_fault(&vring, region, room);
		if (fault != WEFT_CHECK_NONE)
			break;
		rings->offset[i] = vring.da - (uint32_t)region->address;
		rings->align[i] = vring.align;
		rings->num[i] = (uint16_t)vring.num;
		size[i] = virtio_vring_size(rings->num[i], vring.align);
	}
	if (fault == WEFT_CHECK_NONE && !check_vring_overlap(rings->offset[0], size[0], rings->offset[1], size[1]))
		fault = WEFT_CHECK_VRING_OVERLAP;
	return fault;
}
