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

static enum weft_check table_fault(const struct rsc_table *table, const struct weft_region *region)
{
	if (!check_table_header(table->version, table->num, table->offset[0], table->offset[1],
	                        offsetof(struct rsc_table, vdev), offsetof(struct rsc_table, epoch)))
		return WEFT_CHECK_TABLE_HEADER;
	if (!check_table_vdev(table->vdev.type, table->vdev.id, table->vdev.num_of_vrings))
		return WEFT_CHECK_TABLE_VDEV;
	if (!check_table_epoch(table->epoch.type, table->epoch.version, table->epoch.driver_da, table->epoch.device_da,
	                       (uint32_t)region->address))
		return WEFT_CHECK_TABLE_EPOCH;
	return WEFT_CHECK_NONE;
}

enum weft_check virtio_table_read(const struct weft_region *region, uint16_t room, struct virtio_rings *rings)
{
	struct rsc_table table;
	uint32_t size[2];

	ring_load_words(&table, region->base, sizeof table);
	enum weft_check fault = table_fault(&table, region);
	for (int i = 0; i < 2 && fault == WEFT_CHECK_NONE; i++) {
		const struct rsc_vring *vring = &table.vdev.vring[i];

		fault = vring_fault(vring, region, room);
		if (fault != WEFT_CHECK_NONE)
			break;
		rings->offset[i] = vring->da - (uint32_t)region->address;
		rings->align[i] = vring->align;
		rings->num[i] = (uint16_t)vring->num;
		size[i] = virtio_vring_size(rings->num[i], vring->align);
	}
	if (fault == WEFT_CHECK_NONE && !check_vring_overlap(rings->offset[0], size[0], rings->offset[1], size[1]))
		fault = WEFT_CHECK_VRING_OVERLAP;
	return fault;
}
