/* SPDX-License-Identifier: Apache-2.0 */
/* The ivshmem port: this process is a remote core of a Linux that runs in QEMU.
 *
 * QEMU's ivshmem-doorbell device connects to our socket, as to an ivshmem server: it gets the shared memory (a sealed
 * memfd), a doorbell to ring (an eventfd) and the ones that we ring (eventfds that it makes interrupts of). In the
 * guest a remoteproc driver for the device says where it sees the memory, and from then on there is a session: it ends
 * when QEMU hangs up or the driver leaves. A guest that boots anew, or crashes, stays in its session as a chip would:
 * only its words in the memory tell. Start QEMU, once this port is open, with
 *
 *     -chardev socket,id=c,path=<path> -device ivshmem-doorbell,chardev=c,vectors=2
 *
 * weft/ivshmem_page.h is what the memory holds. The link on it: we are the device, Linux is the driver. */
#ifndef WEFT_IVSHMEM_H
#define WEFT_IVSHMEM_H

#include "weft/ivshmem_page.h"
#include "weft/posix.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft_ivshmem_config {
	const char *path;    /* of the socket; we make it and remove it */
	const void *table;   /* the resource table, as a boot loader would have left it; NULL: Linux loads a firmware */
	uint32_t table_size; /* bytes, at most WEFT_IVSHMEM_FIRMWARE_SIZE */
	bool threads;        /* as of weft_posix_config */
};

/* Private. */
struct weft_ivshmem {
	struct weft_posix posix; /* first: give &ivshmem.posix.port to the transport */
	struct weft_port_ops ops;
	const void *table;
	uint32_t table_size;
	int vectors[WEFT_IVSHMEM_VECTORS]; /* rung by us: interrupts of the guest */
};

/* Open, whether QEMU is there or not. The memory is zero but for its first page and the table, each time that QEMU
 * connects: as after power-up. Errors as weft_posix_open(), and -EINVAL: the table is too large. path is copied, table
 * is used until weft_ivshmem_close(). Before any other thread knows of ivshmem. */
int weft_ivshmem_open(struct weft_ivshmem *ivshmem, const struct weft_ivshmem_config *config);

/* Tell Linux that this core cannot go on, as its watchdog or a crash mailbox would: remoteproc's recovery, which for a
 * core that it is attached to is to reset the link. For RPMSG_LINK_ERROR. Any context. */
void weft_ivshmem_report_crash(struct weft_ivshmem *ivshmem);

/* Close, as weft_posix_close(): QEMU runs on, and connects to nobody else. */
void weft_ivshmem_close(struct weft_ivshmem *ivshmem);

#ifdef __cplusplus
}
#endif

#endif
