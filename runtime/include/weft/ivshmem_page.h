/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What QEMU's shared memory holds, as the ivshmem port (weft/ivshmem.h) and a kernel module of the guest both know it:
 *
 *     0        this page
 *     4096     firmware: what Linux loads there, or found there; begins with the resource table
 *     65536    vring 0, vring 1, vring 1, and 256 buffers in each direction: three carveouts
 *
 * Included by kernel code too, hence the licence. */
#ifndef WEFT_IVSHMEM_PAGE_H
#define WEFT_IVSHMEM_PAGE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define WEFT_IVSHMEM_SIZE 0x100000u /* bytes in all: QEMU wants a power of two */
#define WEFT_IVSHMEM_FIRMWARE 0x1000u
#define WEFT_IVSHMEM_FIRMWARE_SIZE 0xf000u
#define WEFT_IVSHMEM_VRING_0 0x10000u
#define WEFT_IVSHMEM_VRING_1 0x13000u
#define WEFT_IVSHMEM_VRING_SIZE 0x3000u
#define WEFT_IVSHMEM_BUFFERS 0x16000u
#define WEFT_IVSHMEM_BUFFERS_SIZE 0x40000u

/* Interrupt vectors from the port to the guest; the other way there is but 0. */
#define WEFT_IVSHMEM_BELL 0u
#define WEFT_IVSHMEM_FAULT 1u /* the remote core cannot go on: Linux may restart it */
#define WEFT_IVSHMEM_VECTORS 2u

#define WEFT_IVSHMEM_MAGIC 0x57565349u /* "ISVW": the page is written */

/* One word, one writer. Little endian. */
struct weft_ivshmem_page {
	uint32_t magic;      /* the port's, written last */
	uint32_t table_size; /* the port's: bytes of the resource table that is loaded already; 0: Linux loads one */
	uint32_t address;    /* the guest's: where it sees this page, 0 while nobody drives the device */
	uint32_t boot;       /* the guest's: boot address of what it loaded, 0: stopped */
};

#endif
