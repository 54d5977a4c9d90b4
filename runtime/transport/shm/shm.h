/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the transport: its states, and what both roles do. */
#ifndef WEFT_TRANSPORT_SHM_H
#define WEFT_TRANSPORT_SHM_H

#include "weft/shm.h"

enum shm_state {
	SHM_START, /* driver: about to ask; device: about to say that it is new */
	SHM_ASKED, /* driver: epoch written, no echo yet */
	SHM_WAIT,  /* device: for a driver to ask; Linux's: for a first buffer */
	SHM_ECHO,  /* device: echoed, waits for DRIVER_OK */
	SHM_UP,
	SHM_ERROR
};

/* True when there is a peer at the other end. Another one than last time: everything starts anew. */
bool weft_shm_peer(struct weft_shm *shm);

/* Drop all ring state: nothing of the old life is found any more. */
void weft_shm_drop(struct weft_shm *shm, enum shm_state state);

/* Point a queue at vring i. Touches our memory only. */
void weft_shm_queue(struct weft_shm *shm, int i, uint32_t offset, uint16_t num, uint32_t align);

/* The link is up: MTU, counter. */
void weft_shm_up(struct weft_shm *shm);

/* The peer broke a rule: count, remember which. */
void weft_shm_violation(struct weft_shm *shm, enum weft_check fault);

/* A device: the rings stand, so the link is up as soon as there is a buffer to send in: the first tells the MTU. */
static inline void shm_begin(struct weft_shm *shm)
{
	struct virtqueue_buf buf;

	if (virtqueue_take(&shm->tx, &buf) != 1)
		return;
	virtqueue_free(&shm->tx, buf.id);
	weft_shm_up(shm);
}

static inline enum weft_link_state shm_link(const struct weft_shm *shm)
{
	if (shm->state == SHM_ERROR)
		return WEFT_LINK_ERROR;
	return shm->state == SHM_UP ? WEFT_LINK_UP : WEFT_LINK_DOWN;
}

/* Why one of the queues is broken; 0: neither is. */
static inline uint8_t shm_fault(const struct weft_shm *shm)
{
	return shm->rx.fault != 0 ? shm->rx.fault : shm->tx.fault;
}

static inline void shm_kick(struct weft_shm *shm, uint32_t vring)
{
	shm->transport.counters.kicks_sent++;
	shm->transport.port->ops->kick(shm->transport.port, vring);
}

#endif
