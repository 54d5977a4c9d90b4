/* SPDX-License-Identifier: Apache-2.0 */
/* A poll: look after the link, give out what has come, do what is due, publish all of it at once. */
#include "rpmsg/device.h"

/* ---- Link ---- */

static void tell(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail)
{
	if (rdev->event_cb != NULL)
		rdev->event_cb(rdev, event, detail, rdev->priv);
}

/* What goes with the state itself, under the same lock: nobody sends before what is due is known to be. Whatever was
 * announced on either side was announced by a life that is over. */
static void change_link(struct rpmsg_device *rdev, uint8_t link)
{
	__atomic_store_n(&rdev->link, link, __ATOMIC_RELAXED);
	rdev->channel_count = 0;
	if (link != WEFT_LINK_UP)
		return;
	for (uint32_t slot = 0; slot < rdev->endpoint_slots; slot++) {
		for (struct rpmsg_endpoint *ept = rdev->endpoints[slot]; ept != NULL; ept = ept->next) {
			ept_change(ept, ept->flags & EPT_ANNOUNCES ? EPT_DUE : 0, EPT_ANNOUNCED);
		}
	}
	__atomic_store_n(&rdev->announce_due, true, __ATOMIC_RELAXED);
}

static void link_up(struct rpmsg_device *rdev)
{
	tell(rdev, RPMSG_LINK_UP, rpmsg_mtu(rdev));
	rpmsg_ns_link(rdev, true);
}

static void link_down(struct rpmsg_device *rdev)
{
	tell(rdev, RPMSG_LINK_DOWN, 0);
	rpmsg_ns_link(rdev, false);
	while (rpmsg_unbind(rdev, NULL, 0)) {
	}
}

/* Unlocked. */
static void tell_link(struct rpmsg_device *rdev, uint8_t before, uint8_t link)
{
	if (before == WEFT_LINK_UP)
		link_down(rdev);
	if (link == WEFT_LINK_UP)
		link_up(rdev);
	if (link == WEFT_LINK_ERROR)
		tell(rdev, RPMSG_LINK_ERROR, rdev->transport->fault);
	rpmsg_wake(rdev);
}

/* Locked; opens the lock to tell. */
static inline uintptr_t look_after_link(struct rpmsg_device *rdev, uintptr_t key)
{
	const struct weft_transport_ops *ops = rdev->transport->ops;

	/* Somebody whom we have interrupted writes into a buffer: it stays what it is until that is over. */
	rdev->service_due = rdev->writers != 0;
	if (rdev->service_due)
		return key;
	if (rdev->restart_due)
		ops->restart(rdev->transport);
	rdev->restart_due = false;
	uint8_t link = (uint8_t)ops->service(rdev->transport);
	uint8_t before = rdev->link;

	if (link == before)
		return key;
	change_link(rdev, link);
	rpmsg_unlock(rdev, key);
	tell_link(rdev, before, link);
	return rpmsg_lock(rdev);
}

/* ---- Receiving: locked, but for what is called back ---- */

static inline uintptr_t hear_names(struct rpmsg_device *rdev, const struct weft_frame *frame, uintptr_t key)
{
	rpmsg_unlock(rdev, key);
	enum weft_check fault = rpmsg_ns_receive(rdev, frame);
	if (fault != WEFT_CHECK_NONE)
		tell(rdev, RPMSG_BAD_MESSAGE, fault);
	return rpmsg_lock(rdev);
}

/* Give it to the endpoint, which is pinned: a destroyer that comes now waits for us. One that waits binds to who speaks
 * first. What has no callback, or no use for it, is refused. */
static inline uintptr_t deliver(struct rpmsg_device *rdev, struct rpmsg_endpoint *ept, const struct weft_frame *frame,
                                uintptr_t key)
{
	if ((ept->flags & EPT_HEIR) || ((ept->flags & EPT_WAITS) && ept->dest_addr == RPMSG_ADDR_ANY)) {
		rpmsg_unlock(rdev, key);
		rpmsg_bind(ept, frame->src); /* where `bound` may rebind or destroy it */
		key = rpmsg_lock(rdev);
	}
	rpmsg_ept_cb cb = (ept->flags & EPT_DEAD) == 0 ? ept->cb : NULL;
	void *priv = ept->priv;
	rpmsg_unlock(rdev, key);
	if (cb == NULL || cb(ept, frame->data, frame->len, frame->src, priv) != RPMSG_SUCCESS)
		rdev->counters.refused++;
	rpmsg_unpin(rdev, ept);
	return rpmsg_lock(rdev);
}

static inline uintptr_t dispatch(struct rpmsg_device *rdev, const struct weft_frame *frame, uintptr_t key)
{
	if (frame->dst == RPMSG_NS_EPT_ADDR)
		return hear_names(rdev, frame, key);
	struct rpmsg_endpoint *ept = rpmsg_lookup(rdev, frame->dst);
	if (ept == NULL) {
		rdev->counters.unknown++;
		rpmsg_unlock(rdev, key); /* a flood of these keeps no interrupt waiting for longer than one of them */
		return rpmsg_lock(rdev);
	}
	rpmsg_pin(rdev, ept);
	return deliver(rdev, ept, frame, key);
}

static inline uintptr_t receive(struct rpmsg_device *rdev, unsigned budget, unsigned *taken, uintptr_t key)
{
	struct weft_frame frame;
	unsigned count = 0;

	for (; count < budget; count++) {
		int result = rdev->transport->ops->receive(rdev->transport, &frame);

		if (result == WEFT_FRAME_NONE)
			break;
		if (result == WEFT_FRAME_BAD) {
			rpmsg_unlock(rdev, key);
			tell(rdev, RPMSG_BAD_MESSAGE, rdev->transport->fault);
			key = rpmsg_lock(rdev);
			continue;
		}
		key = dispatch(rdev, &frame, key);
		rdev->transport->ops->done(rdev->transport, &frame);
	}
	*taken = count;
	return key;
}

/* ---- The poll: one critical section, which is open while others are called back ---- */

/* Publish all of it at once. False: more came after the interrupt's poll had asked for the next notification. */
static inline bool poll_ends(struct rpmsg_device *rdev)
{
	__atomic_store_n(&rdev->poller, 0, __ATOMIC_RELAXED);
	rdev->transport->ops->flush(rdev->transport);
	return rdev->polled_by != RPMSG_POLLED_BY_INTERRUPT ||
	       rdev->transport->ops->arm(rdev->transport, rpmsg_wants_tx(rdev));
}

static inline uintptr_t do_what_is_due(struct rpmsg_device *rdev, uintptr_t key)
{
	bool heirs = __atomic_load_n(&rdev->heirs_due, __ATOMIC_RELAXED);

	if (rdev->tasks == NULL && !heirs && !rdev->announce_due && rdev->new_drivers == NULL)
		return key;
	rpmsg_unlock(rdev, key);
	rpmsg_run_tasks(rdev);
	rpmsg_tell_heirs(rdev);
	rpmsg_ns_introduce(rdev);
	rpmsg_ns_announce(rdev);
	return rpmsg_lock(rdev);
}

int rpmsg_poll(struct rpmsg_device *rdev, unsigned budget)
{
	unsigned taken;

	if (rdev == NULL || rdev->transport == NULL)
		return RPMSG_ERR_INIT;
	uintptr_t key = rpmsg_lock(rdev);
	if (rdev->poller != 0) {
		rpmsg_unlock(rdev, key);
		return RPMSG_ERR_PERM;
	}
	__atomic_store_n(&rdev->poller, rpmsg_self(rdev), __ATOMIC_RELAXED);
	uint32_t event = rpmsg_event_word(rdev);
	key = look_after_link(rdev, key);
	key = receive(rdev, budget, &taken, key);
	key = do_what_is_due(rdev, key);
	rdev->worked = taken != 0 || rpmsg_event_word(rdev) != event;
	/* A queue that is broken is never quiet: while nobody may look after the link, that is no reason to go on. */
	bool again = !poll_ends(rdev) && (taken != 0 || !rdev->service_due);
	rpmsg_unlock(rdev, key);
	rpmsg_tell_waiters(rdev);
	return (int)(again ? budget : taken);
}
