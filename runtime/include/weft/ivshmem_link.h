/* SPDX-License-Identifier: Apache-2.0 */
/* A link of usual sizes to a Linux that runs in QEMU: the ivshmem port, a resource table, and Linux as the driver.
 *
 *     weft_ivshmem_link_open(&link, path, NULL);
 *     fan_server_start(&server, &link.link.rdev, &fan_ops, NULL, NULL);
 *     for (;;) {
 *             rpmsg_poll(&link.link.rdev, 16);
 *             rpmsg_wait(&link.link.rdev, WEFT_MS(1)); // Linux resets without a kick
 *     }
 */
#ifndef WEFT_IVSHMEM_LINK_H
#define WEFT_IVSHMEM_LINK_H

#include "weft/ivshmem.h"
#include "weft/link.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft_ivshmem_link {
	struct weft_ivshmem ivshmem;
	struct weft_shm_linux to_linux; /* private */
	struct weft_link link;
};

/* Open a link to the Linux of the QEMU that connects to path, now or later: it attaches to us, and finds a resource
 * table with this one link, of WEFT_LINK_BUFFERS each way. Returns at once; the link comes up while it is polled. link
 * is in use from here on and stays where it is; config may be NULL and is not kept. Task. 0, or a negative errno as
 * weft_ivshmem_open(). */
int weft_ivshmem_link_open(struct weft_ivshmem_link *link, const char *path, const struct weft_link_config *config);

/* Close: QEMU runs on, and connects to nobody else. */
void weft_ivshmem_link_close(struct weft_ivshmem_link *link);

#ifdef __cplusplus
}
#endif

#endif
