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
	rdev->announce_due = true;
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

static void look_after_link(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	const struct weft_transport_ops *ops = rdev->transport->ops;

	/* Somebody whom we have interrupted writes into a buffer: it stays what it is until that is over. */
	rdev->service_due = rdev->writers != 0;
	if (rdev->service_due) {
		rpmsg_unlock(rdev, key);
		return;
	}
	if (rdev->restart_due)
		ops->restart(rdev->transport);
	rdev->restart_due = false;
	uint8_t link = (uint8_t)ops->service(rdev->transport);
	uint8_t before = rdev->link;

	if (link != before)
		change_link(rdev, link);
	rpmsg_unlock(rdev, key);
	if (link == before)
		return;
	if (before == WEFT_LINK_UP)
		link_down(rdev);
	if (link == WEFT_LINK_UP)
		link_up(rdev);
	if (link == WEFT_LINK_ERROR)
		tell(rdev, RPMSG_LINK_ERROR, rdev->transport->fault);
	rpmsg_wake(rdev);
}

/* ---- Receiving ---- */

/* Give it to the endpoint: 0, or nonzero when it has no use for it. A waiting endpoint binds to who speaks first. */
static int deliver(struct rpmsg_device *rdev, struct rpmsg_endpoint *ept, const struct weft_frame *frame)
{
	uintptr_t key = rpmsg_lock(rdev);

	if ((ept->flags & EPT_HEIR) || ((ept->flags & EPT_WAITS) && ept->dest_addr == RPMSG_ADDR_ANY)) {
		rpmsg_unlock(rdev, key);
		rpmsg_bind(ept, frame->src); /* where `bound` may rebind or destroy it */
		key = rpmsg_lock(rdev);
	}
	rpmsg_ept_cb cb = (ept->flags & EPT_DEAD) == 0 ? ept->cb : NULL;
	void *priv = ept->priv;
	rpmsg_unlock(rdev, key);
	return cb != NULL ? cb(ept, frame->data, frame->len, frame->src, priv) : RPMSG_ERR_ADDR;
}

static void dispatch(struct rpmsg_device *rdev, const struct weft_frame *frame)
{
	if (frame->dst == RPMSG_NS_EPT_ADDR) {
		enum weft_check fault = rpmsg_ns_receive(rdev, frame);

		if (fault != WEFT_CHECK_NONE)
			tell(rdev, RPMSG_BAD_MESSAGE, fault);
		return;
	}
	uintptr_t key = rpmsg_lock(rdev);
	struct rpmsg_endpoint *ept = rpmsg_lookup(rdev, frame->dst);
	if (ept != NULL)
		rpmsg_pin(rdev, ept); /* under the lock: a destroyer that comes now waits for us */
	else
		rdev->counters.unknown++;
	rpmsg_unlock(rdev, key);
	if (ept == NULL)
		return;
	if (deliver(rdev, ept, frame) != RPMSG_SUCCESS)
		rdev->counters.refused++;
	rpmsg_unpin(rdev, ept);
}

static unsigned receive(struct rpmsg_device *rdev, unsigned budget)
{
	const struct weft_transport_ops *ops = rdev->transport->ops;
	struct weft_frame frame;
	unsigned taken = 0;

	for (; taken < budget; taken++) {
		uintptr_t key = rpmsg_lock(rdev);
		int result = ops->receive(rdev->transport, &frame);
		rpmsg_unlock(rdev, key);
		if (result == WEFT_FRAME_NONE)
			break;
		if (result == WEFT_FRAME_BAD) {
			tell(rdev, RPMSG_BAD_MESSAGE, rdev->transport->fault);
			continue;
		}
		dispatch(rdev, &frame);
		key = rpmsg_lock(rdev);
		ops->done(rdev->transport, &frame);
		rpmsg_unlock(rdev, key);
	}
	return taken;
}

/* ---- The poll ---- */

static bool poll_begins(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	bool begins = rdev->poller == 0;

	if (begins)
		__atomic_store_n(&rdev->poller, rpmsg_self(rdev), __ATOMIC_RELAXED);
	rpmsg_unlock(rdev, key);
	return begins;
}

/* Publish all of it at once. False: more came after the interrupt's poll had asked for the next notification. */
static bool poll_ends(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	bool quiet = true;

	__atomic_store_n(&rdev->poller, 0, __ATOMIC_RELAXED);
	rpmsg_flush(rdev);
	if (rdev->polled_by == RPMSG_POLLED_BY_INTERRUPT)
		quiet = rdev->transport->ops->arm(rdev->transport, rpmsg_wants_tx(rdev));
	rpmsg_unlock(rdev, key);
	return quiet;
}

int rpmsg_poll(struct rpmsg_device *rdev, unsigned budget)
{
	if (rdev == NULL || rdev->transport == NULL)
		return RPMSG_ERR_INIT;
	if (!poll_begins(rdev))
		return RPMSG_ERR_PERM;
	uint32_t event = rpmsg_event_word(rdev);
	look_after_link(rdev);
	unsigned taken = receive(rdev, budget);
	rpmsg_run_tasks(rdev);
	rpmsg_tell_heirs(rdev);
	rpmsg_ns_announce(rdev);
	rdev->worked = taken != 0 || rpmsg_event_word(rdev) != event;
	/* A queue that is broken is never quiet: while nobody may look after the link, that is no reason to go on. */
	if (!poll_ends(rdev) && (taken != 0 || !rdev->service_due))
		taken = budget;
	rpmsg_tell_waiters(rdev);
	return (int)taken;
}
