/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of rpmsg/: what the layer's parts ask of one another.
 *
 * Who owns what. Tables, lists and flags are guarded by the port's critical section. Callbacks run without it, by
 * the polling context alone; `current` pins the endpoint, driver or task whose callback runs, so that a second thread
 * that takes it away can wait until the callback is over; `next_driver` is the walk over drivers. */
#ifndef WEFT_RPMSG_DEVICE_H
#define WEFT_RPMSG_DEVICE_H

#include "weft/check.h"
#include "weft/rpmsg.h"

/* Private flags of an endpoint, above the public ones. */
#define EPT_ANNOUNCES 0x100u /* its name goes out whenever the link comes up */
#define EPT_DUE 0x200u       /* ... and has not, this time */
#define EPT_ANNOUNCED 0x400u /* ... and has: a destroy withdraws it */
#define EPT_WAITS 0x800u     /* binds by name or first message */
#define EPT_BOUND 0x1000u    /* ... and has: link down and withdrawal unbind it */
#define EPT_DEAD 0x2000u     /* destroyed */
#define EPT_OWN 0x4000u      /* ... inside its own callback, which has not returned */
#define EPT_CHANNEL 0x8000u  /* bound to a channel that was announced: a destroy leaves that to others */
#define EPT_HEIR 0x10000u    /* ... by such a destroy, and not told yet */

/* Flags are written with the lock held. A look without it sees one of the values that they had. */
static inline uint32_t ept_flags(const struct rpmsg_endpoint *ept)
{
	return __atomic_load_n(&ept->flags, __ATOMIC_RELAXED);
}

static inline void ept_change(struct rpmsg_endpoint *ept, uint32_t set, uint32_t clear)
{
	__atomic_store_n(&ept->flags, (ept->flags | set) & ~clear, __ATOMIC_RELAXED);
}

/* Created, and not destroyed. What needs it to stay so looks again under the lock. */
static inline bool ept_lives(const struct rpmsg_endpoint *ept)
{
	return ept != NULL && ept->rdev != NULL && (ept_flags(ept) & EPT_DEAD) == 0;
}

/* endpoint.c */
struct rpmsg_endpoint *rpmsg_lookup(const struct rpmsg_device *rdev, uint32_t addr);
/* The first endpoint, in table order, that has `flag`, and when name is given that name and destination. Locked. */
struct rpmsg_endpoint *rpmsg_first_with(const struct rpmsg_device *rdev, uint32_t flag, const char *name,
                                        uint32_t dest);
/* Bind the first endpoint that waits for a channel to it: who, and tell it when the lock is open; or NULL. Locked. */
struct rpmsg_endpoint *rpmsg_bind_waiting(struct rpmsg_device *rdev, const char *name, uint32_t dest);
void rpmsg_tell_bound(struct rpmsg_endpoint *ept);
/* Tell those who inherit a channel: the polling context does, which can pin them. */
void rpmsg_tell_heirs(struct rpmsg_device *rdev);
/* Before its first message: bind an endpoint, if it waits, to who speaks; tell it, if it is bound and was not told.
 * Unlocked, polling context. */
void rpmsg_bind(struct rpmsg_endpoint *ept, uint32_t dest);
/* A channel is gone: unbind the first endpoint that is bound to it (name NULL: to any), and tell it. False: none is,
 * and it is not kept either. Unlocked, polling context. */
bool rpmsg_unbind(struct rpmsg_device *rdev, const char *name, uint32_t dest);
/* After every callback of an endpoint: unpin it, and finish a destroy that waited. */
void rpmsg_unpin(struct rpmsg_device *rdev, struct rpmsg_endpoint *ept);

/* name_service.c */
/* A message to the name service. WEFT_CHECK_NONE, or why it was dropped and counted. */
enum weft_check rpmsg_ns_receive(struct rpmsg_device *rdev, const struct weft_frame *frame);
/* Send what announcements are due, as far as buffers go. */
void rpmsg_ns_announce(struct rpmsg_device *rdev);
/* Whose name is due; NULL: nobody's. Locked. */
struct rpmsg_endpoint *rpmsg_ns_due(struct rpmsg_device *rdev);
/* Announce it, with a buffer that is lent to it. Locked, not yet published. */
void rpmsg_ns_say(struct rpmsg_endpoint *ept, uint8_t *payload);
/* Withdraw a name that the peer has heard of, with a buffer lent to ept. False: there is none (of this life).
 * Locked. */
bool rpmsg_ns_withdraw(struct rpmsg_endpoint *ept, uint8_t *payload);
/* Tell drivers that were registered since the last time what there is: the link when it is up, what is kept. Unlocked,
 * polling context, as all that drivers are told: nothing that is told can be over already. */
void rpmsg_ns_introduce(struct rpmsg_device *rdev);
/* Tell the drivers. */
void rpmsg_ns_link(struct rpmsg_device *rdev, bool up);
/* Take the address of a kept channel out of the table; RPMSG_ADDR_ANY: none of that name. Locked. */
uint32_t rpmsg_take_channel(struct rpmsg_device *rdev, const char *name);
/* Keep a channel for those to come: true. False: it is kept already. A full table does not keep it, and counts.
 * Locked. */
bool rpmsg_keep_channel(struct rpmsg_device *rdev, const char *name, uint32_t addr);
void rpmsg_forget_channel(struct rpmsg_device *rdev, const char *name, uint32_t addr);
/* Neither is NULL: who waits for a name, is bound by one or drives one has it. */
bool rpmsg_same_name(const char *a, const char *b);

/* task.c */
void rpmsg_run_tasks(struct rpmsg_device *rdev);
/* Microseconds until the next task is due, at most timeout_us. Locked. */
uint32_t rpmsg_next_due(const struct rpmsg_device *rdev, uint32_t timeout_us);

/* wait.c: a number for the calling context. */
uintptr_t rpmsg_self(const struct rpmsg_device *rdev);
/* Say whose callback runs (locked), and that it is over. */
void rpmsg_pin(struct rpmsg_device *rdev, const void *whose);
void rpmsg_callback_over(struct rpmsg_device *rdev);
/* Wait until no callback of `whose` runs: true. False: it runs in this very context. Unlocked. */
bool rpmsg_drain(struct rpmsg_device *rdev, const void *whose);
/* A free transmit buffer is work for the poller. */
bool rpmsg_wants_tx(const struct rpmsg_device *rdev);
/* Wake those who wait for a transmit buffer: when there is one; when one came from elsewhere than the peer. */
void rpmsg_tell_waiters(struct rpmsg_device *rdev);
void rpmsg_tx_freed(struct rpmsg_device *rdev);

/* Who waits sleeps until another context, which polls, wakes it. */
static inline bool rpmsg_others_poll(const struct rpmsg_device *rdev)
{
	return rdev->polled_by == RPMSG_POLLED_BY_THREAD || rdev->polled_by == RPMSG_POLLED_BY_INTERRUPT;
}

/* The first free transmit buffer, lent to ept; NULL: there is none, or ept is NULL. A name goes out before what its
 * endpoint says: whoever binds to a message then learns of the withdrawal too. Inline: it stands under every send.
 * Locked, the link is up. */
static inline __attribute__((always_inline)) uint8_t *rpmsg_first_free(struct rpmsg_device *rdev,
                                                                       const struct rpmsg_endpoint *ept)
{
	struct weft_transport *transport = rdev->transport;

	for (;;) {
		struct rpmsg_endpoint *due = rdev->announce_due ? rpmsg_ns_due(rdev) : NULL;
		const struct rpmsg_endpoint *whose = due != NULL ? due : ept;
		uint8_t *payload = whose != NULL ? transport->ops->get_tx(transport, whose) : NULL;

		if (payload == NULL || due == NULL)
			return payload;
		rpmsg_ns_say(due, payload);
	}
}

/* send.c: borrow a transmit buffer, waiting at most timeout_us. Its room, *payload and *life, the link's `ups` when it
 * was lent: whoever writes into it looks, locked, whether they are still that. Or a negative error; among them
 * RPMSG_ERR_PARAM: ept was destroyed meanwhile, its memory may be gone. */
int rpmsg_borrow(struct rpmsg_endpoint *ept, uint8_t **payload, uint32_t *life, uint32_t timeout_us);
/* Publish now, unless the poll that we are in does at its end. Locked. */
void rpmsg_flush(struct rpmsg_device *rdev);

#endif
