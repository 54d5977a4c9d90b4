/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the kernel on core 0: its virtqueues, channels and endpoints. */
#ifndef WEFT_SIM_KERNEL_H
#define WEFT_SIM_KERNEL_H

#include "sim/linux.h"
#include "sim/oracle.h"
#include "sim/port.h"

#define KERNEL_CHANNELS 8

/* A vring of Linux's and what it remembers of it. */
struct kernel_vq {
	uint32_t at; /* of its descriptors, in the window */
	uint8_t link, number;
	bool broken;
	uint16_t num;
	uint16_t avail; /* what it has added */
	uint16_t used;  /* what it has taken back */
	uint16_t flags; /* in its available ring */
	uint16_t free;  /* heads of free descriptors: a list through next[] */
	uint16_t free_count;
	uint16_t next[LINUX_NUM_MAX];
	uint32_t buffer[LINUX_NUM_MAX]; /* offset in the window; 0: not with the core */
};

/* A name that the core has announced, with the endpoint of the driver that it was bound to. */
struct kernel_channel {
	char name[32]; /* empty: none */
	uint32_t addr; /* the core's */
	uint32_t src;  /* ours */
	uint8_t post;  /* ORACLE_ENDPOINTS: nobody drives it */
	bool heard;    /* from the core, since it is there */
	uint32_t calm_sent;
};

struct kernel_link {
	struct kernel_vq rvq, svq;
	struct kernel_channel channel[KERNEL_CHANNELS];
	uint32_t last_sbuf;
	uint32_t binds;
	uint64_t bound_at;       /* ns */
	uint32_t sent, received; /* in this life of Linux */
	uint8_t link, home;
	bool bound;     /* the driver is */
	bool announced; /* an endpoint of ours, with the name of the second post */
	bool calm;      /* it has noticed */
};

struct kernel {
	struct kernel_link link[SIM_LINKS];
	bool late; /* a boot after the first */
};

/* ring.c: virtio_ring */
void kernel_lay(struct kernel_vq *vq, int link, int home, int number);
/* Needs a free descriptor. Not seen before kernel_kick(). */
void kernel_add(struct kernel_vq *vq, uint32_t buffer, uint32_t len, uint16_t flags);
/* virtqueue_kick_prepare(): the core wants to hear of it. */
bool kernel_kick_prepare(const struct kernel_vq *vq);
void kernel_kick(const struct kernel_vq *vq);
/* virtqueue_get_buf(): offset of the buffer, or 0. */
uint32_t kernel_get(struct kernel_vq *vq, uint32_t *len);
/* Disabled: true. Enabled: false when there is something to take already. */
bool kernel_enable_cb(struct kernel_vq *vq);
void kernel_disable_cb(struct kernel_vq *vq);
/* Something came that nobody told Linux of. */
bool kernel_overlooks(const struct kernel_vq *vq);

/* bus.c: virtio_rpmsg_bus */
void kernel_probe(struct kernel_link *at);
void kernel_remove(struct kernel_link *at);
void kernel_receive(struct kernel_link *at);
/* Wait: for as long as Linux does, here a few turns. False: no buffer. */
bool kernel_send(struct kernel_link *at, uint32_t src, uint32_t dst, const void *data, uint32_t len, bool wait);
void kernel_announce(struct kernel_link *at, bool here);
bool kernel_send_letter(struct kernel_link *at, struct kernel_channel *channel, bool nested, bool wait);
struct kernel_channel *kernel_channel_of(struct kernel_link *at, uint32_t post);

/* linux.c: sleep; interrupts come meanwhile. */
void kernel_sleep(uint32_t timeout_us);

#define KERNEL_FIXED 0x457u /* the source of the endpoint that Linux announces */

#endif
