/* SPDX-License-Identifier: Apache-2.0 */
#include "weft/ivshmem_link.h"

#include <stddef.h>

#include "weft/virtio.h"

#define ANY 0xffffffffu /* Linux says where */
#define PAGE 4096u

/* What Linux finds in a firmware's section .resource_table. */
struct table {
	uint32_t version, num, reserved[2], offset[1];
	struct rsc_vdev vdev;
};
static const struct table table = {
	.version = RSC_TABLE_VERSION,
	.num = 1,
	.offset = { offsetof(struct table, vdev) },
	.vdev = {
		.type = RSC_VDEV,
		.id = VIRTIO_ID_RPMSG,
		.dfeatures = VIRTIO_RPMSG_FEATURES,
		.num_of_vrings = 2,
		.vring = { { ANY, PAGE, WEFT_LINK_BUFFERS, 0, 0 }, { ANY, PAGE, WEFT_LINK_BUFFERS, 1, 0 } },
	},
};

int weft_ivshmem_link_open(struct weft_ivshmem_link *link, const char *path, const struct weft_link_config *config)
{
	const struct weft_ivshmem_config ivshmem = { .path = path, .table = &table, .table_size = sizeof table };
	int result = weft_ivshmem_open(&link->ivshmem, &ivshmem);

	if (result != 0)
		return result;
	struct weft_port *port = &link->ivshmem.posix.port;
	void *vdev = port->region.base + WEFT_IVSHMEM_FIRMWARE + offsetof(struct table, vdev);
	link->to_linux = (struct weft_shm_linux)WEFT_SHM_LINUX(vdev);
	/* Cannot fail: the region is the port's. */
	return weft_link_open(&link->link, port, &link->to_linux.role, config);
}

void weft_ivshmem_link_close(struct weft_ivshmem_link *link)
{
	weft_ivshmem_close(&link->ivshmem);
}
