/* SPDX-License-Identifier: Apache-2.0 */
/* Linux as the driver, and one core of ours as the remote core that it drives. It does in this memory what
 * virtio_rpmsg_bus, virtio_ring and remoteproc do in theirs: where it lays what, what it clears and what it leaves,
 * which buffers it takes and gives, what it refuses. What Linux would complain of fails a test. */
#ifndef WEFT_TESTS_KERNEL_H
#define WEFT_TESTS_KERNEL_H

#include "unit/pair.h" /* struct vring, struct inbox, cmocka */

#define KERNEL_NUM_MAX 256u
#define KERNEL_ALIGN 4096u
#define KERNEL_BUF_SIZE 512u /* virtio_rpmsg_bus knows no other */
#define KERNEL_MTU 496u
#define KERNEL_ADDRESS 0x10000000u
#define KERNEL_VRING 12288u /* of each carveout: 256 descriptors take 10246 */
#define KERNEL_BUFFERS (2u * KERNEL_VRING)
#define KERNEL_REGION (KERNEL_BUFFERS + 2u * KERNEL_NUM_MAX * KERNEL_BUF_SIZE)
#define KERNEL_CHANNELS 8u
#define KERNEL_INBOX 1024u

#define KERNEL_EAGAIN (-11)
#define KERNEL_EMSGSIZE (-90)

/* The resource table of the remote core: a trace buffer before the vdev. */
struct kernel_table {
	uint32_t version;
	uint32_t num;
	uint32_t reserved[2];
	uint32_t offset[2];
	uint32_t trace[12];
	struct rsc_vdev vdev;
};

/* A vring of Linux's and what it remembers of it. */
struct kernel_vq {
	struct vring ring;
	uint16_t num;
	uint16_t avail; /* what it has added */
	uint16_t used;  /* what it has taken back */
	uint16_t free;  /* heads of free descriptors: a list through next[] */
	uint16_t free_count;
	uint16_t next[KERNEL_NUM_MAX];
	uint32_t buffer[KERNEL_NUM_MAX]; /* offset in the region; 0: not with the device */
	unsigned kicks;
};

struct kernel_channel {
	char name[32];
	uint32_t addr;
};

struct kernel_message {
	uint32_t src;
	uint32_t dst;
	uint32_t len;
	uint8_t data[KERNEL_MTU];
};

struct kernel {
	_Alignas(4096) uint8_t memory[KERNEL_REGION];
	_Alignas(64) struct kernel_table table;
	uint16_t num;     /* of each vring */
	uint32_t buffers; /* offset of those that it receives in, and behind them of those that it sends in */

	/* Linux */
	struct kernel_vq rvq;
	struct kernel_vq svq;
	uint32_t last_sbuf;
	struct kernel_channel channels[KERNEL_CHANNELS];
	unsigned channel_count;
	unsigned created; /* since it booted */
	unsigned destroyed;
	struct kernel_message *inbox; /* what came to other addresses than the name service's, KERNEL_INBOX of them */
	unsigned received;
	bool asleep; /* it takes nothing */

	/* The remote core */
	struct weft_region region;      /* what it sees of memory and table: */
	volatile struct rsc_vdev *vdev; /* with a cache, something else. kernel_boot_core() takes them */
	struct weft_port port;
	struct weft_shm_linux to_linux;
	struct weft_shm shm;
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[2 * KERNEL_NUM_MAX];
	struct rpmsg_endpoint *endpoints[16];
	struct rpmsg_channel kept[4];
	uint32_t now;
	unsigned kicks[2]; /* that it rang, by vring */
	unsigned events[4];
	uint32_t detail[4];
};

/* The memory is garbage, the table as the core's firmware has it, nobody runs. num: 2 to 256. */
void kernel_init(struct kernel *kernel, uint16_t num);

/* Boot the core, as after a reset of its own: its state is new, the memory stays as it is, the table too. */
void kernel_boot_core(struct kernel *kernel);

/* Load the core's firmware and start it: the table is new, the core's state too. The rings stay as they are. */
void kernel_start_core(struct kernel *kernel);

/* The rpmsg driver binds: features, zeroed rings, receive buffers, DRIVER_OK, a kick; unbinds: status 0, no more. */
void kernel_bind(struct kernel *kernel);
void kernel_unbind(struct kernel *kernel);

/* The two halves of a bind: all but DRIVER_OK, and that. */
void kernel_lay(struct kernel *kernel);
void kernel_go(struct kernel *kernel);

/* The interrupt of vring 0: take what came, give the buffers back, as many as there are. How many. */
unsigned kernel_work(struct kernel *kernel);

/* What the send-side interrupt's flag says: Linux wants a kick for buffers that come back (a writer sleeps), or not. */
void kernel_want_tx(struct kernel *kernel, bool wanted);

/* Send without waiting: 0, KERNEL_EAGAIN or KERNEL_EMSGSIZE. */
int kernel_send(struct kernel *kernel, uint32_t src, uint32_t dst, const void *data, uint32_t len);

/* The core polls and Linux works until neither has anything to do. */
void kernel_settle(struct kernel *kernel);

/* kernel_init, the core started, bound, settled: up. */
void kernel_up(struct kernel *kernel, uint16_t num);

/* The address of the channel of this name, or 0. */
uint32_t kernel_channel(const struct kernel *kernel, const char *name);

#endif
