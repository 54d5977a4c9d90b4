/* SPDX-License-Identifier: Apache-2.0 */
/* The transport over virtqueues in shared memory.
 *
 * The driver lays out the region, posts the receive buffers and decides when to start anew. The device waits for
 * it, checks what it finds, and follows. Either may restart any number of times while the other runs on: rings,
 * loans and holds of the old life are dropped on both sides, and pointers into them are refused.
 * A payload pointer that outlives the link still points into shared memory: what is written through it then may
 * end up in a message of the new life. Tell your code by the link event and let go; where another context polls, write
 * between rpmsg_tx_begin() and rpmsg_tx_end(), after a look at the link's `ups`. */
#ifndef WEFT_SHM_H
#define WEFT_SHM_H

#include "weft/transport.h"
#include "weft/virtio.h"
#include "weft/virtqueue.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft_shm;

/* Driver or device: weft_shm_driver, weft_shm_device; with Linux, WEFT_SHM_LINUX() below. An image links the role that
 * it names. */
struct weft_shm_role {
	enum weft_link_state (*service)(struct weft_shm *shm);
	const struct virtqueue_role *virtqueue;
	bool (*stands)(const struct weft_shm *shm); /* our rings are what they were; NULL: nobody takes them unasked */
	uint8_t rx;                                 /* number of the vring that we receive from */
};
extern const struct weft_shm_role weft_shm_driver;
extern const struct weft_shm_role weft_shm_device;

/* The peer is Linux, unmodified (virtio_rpmsg_bus over remoteproc), and always the driver: a role with the entry that
 * describes the link, in this core's own resource table. One a link, const, the caller's for as long as the link:
 *     static const struct weft_shm_linux to_linux = WEFT_SHM_LINUX(&m4_resource_table.vdev_hub);
 *     .role = &to_linux.role
 * vdev: the entry from its type on, at a multiple of 4, with num and align of two vrings and dfeatures
 * VIRTIO_RPMSG_FEATURES; in the memory where Linux writes its status (the loaded table, not what it was loaded from),
 * which nothing of ours writes to and no cache line shares with other data. What Linux writes there is checked.
 * The link is up while status has DRIVER_OK. Linux takes it back, zeroes the rings and says nothing: poll often enough
 * to see that, a few milliseconds. A broken ring or table is RPMSG_LINK_ERROR with its check. Linux does not learn it:
 * have your core reset, by its watchdog or by a crash that remoteproc knows. The link comes back by itself when Linux
 * resets it.
 * region.address is where Linux sees the region: the physical address of its descriptors and the device address of
 * the table, which must be one number. */
struct weft_shm_linux {
	struct weft_shm_role role;
	volatile struct rsc_vdev *vdev;
};
#define WEFT_SHM_LINUX(vdev)                                                                            \
	{                                                                                               \
		{ weft_shm_linux_service, &weft_shm_linux_virtqueue, weft_shm_linux_stands, 1 }, (vdev) \
	}
/* Private, but for WEFT_SHM_LINUX. */
enum weft_link_state weft_shm_linux_service(struct weft_shm *shm);
bool weft_shm_linux_stands(const struct weft_shm *shm);
extern const struct virtqueue_role weft_shm_linux_virtqueue;

struct weft_shm_config {
	const struct weft_shm_role *role;
	struct weft_port *port;
	struct virtqueue_entry *entries;    /* 2 * layout.num, the caller's, for as long as the link */
	struct virtio_layout_config layout; /* driver: as it shall be. devices: num is the most they have entries for */
};

/* Private but for transport. */
struct weft_shm {
	struct weft_transport transport;
	const struct weft_shm_role *role;
	struct virtqueue_entry *entries;
	struct virtio_layout_config layout;
	struct virtqueue rx;
	struct virtqueue tx;
	uint32_t session;
	uint32_t epoch; /* of the life that we are in */
	uint8_t state;
};

/* Start. Touches the region only from the first poll on. port and entries are in use from here on, config is not kept.
 * Task. 0, or -1: port, role or entries missing; region not
 * aligned to 16. Driver: layout out of bounds or larger than the region; its address not aligned to layout.align.
 * Built with WEFT_CACHE_LINE: also when the region's base, address or size is not a multiple of it. A device then
 * refuses (NEEDS_RESET) a table or a buffer in which a line would have two writers. */
int weft_shm_init(struct weft_shm *shm, const struct weft_shm_config *config);

#ifdef __cplusplus
}
#endif

#endif
