/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/checks.h"
#include "weft/virtio.h"
#include "weft/virtqueue.h"

#define REGION_MAX 0x40000000u /* a quarter of what offsets can say: no sum below overflows */

static uint32_t align_up(uint32_t offset, uint32_t align)
{
	return (offset + align - 1u) & ~(align - 1u);
}

static bool in_bounds(const struct virtio_layout_config *config)
{
	if (!check_power_of_two(config->num) || config->num < 2u) /* at most 32768: 16 bits */
		return false;
	if (!check_power_of_two(config->align) || config->align < CHECK_LINE(16u) || config->align > 65536u)
		return false;
	return config->buf_size >= 64u && config->buf_size % CHECK_LINE(4u) == 0 &&
	       config->buf_size <= REGION_MAX / config->num / 4u;
}

uint32_t virtio_layout_compute(const struct virtio_layout_config *config, struct virtio_layout *layout)
{
	if (!in_bounds(config))
		return 0;

	uint32_t at = align_up(VIRTIO_HEAD_SIZE, config->align);
	for (int i = 0; i < 2; i++) {
		layout->vring[i] = at;
		at = align_up(at + virtio_vring_size(config->num, config->align), config->align);
	}
	for (int i = 0; i < 2; i++) {
		layout->buffers[i] = at;
		at = align_up(at + config->num * config->buf_size, config->align);
	}
	layout->size = at;
	return at;
}
