/* SPDX-License-Identifier: Apache-2.0 */
/* The rpmsg device: polling, waiting, the link's ups and downs. */
#include <string.h>

#include "rpmsg/device.h"

#define TX_TIMEOUT_US 1000000u
#define DRAIN_LOOK_US 1000u /* who drains is woken; this is for ports that cannot wake */
#define TURN_BUDGET 16u     /* messages a turn of a wait takes before it looks at what it waits for */

static struct weft_port *port_of(const struct rpmsg_device *rdev)
{
	return rdev->transport->port;
}

uintptr_t rpmsg_lock(struct rpmsg_device *rdev)
{
	const struct weft_port_ops *ops = port_of(rdev)->ops;

	return ops->lock != NULL ? ops->lock(port_of(rdev)) : 0;
}

void rpmsg_unlock(struct rpmsg_device *rdev, uintptr_t key)
{
	const struct weft_port_ops *ops = port_of(rdev)->ops;

	if (ops->unlock != NULL)
		ops->unlock(port_of(rdev), key);
}

uint32_t rpmsg_now_us(const struct rpmsg_device *rdev)
{
	return port_of(rdev)->ops->now_us(port_of(rdev));
}

/* Without self() one context runs at a time: whoever asks while a poll runs is inside it. */
static uintptr_t self(const struct rpmsg_device *rdev)
{
	const struct weft_port_ops *ops = port_of(rdev)->ops;

	return ops->self != NULL ? ops->self(port_of(rdev)) : 1u;
}

int rpmsg_init(struct rpmsg_device *rdev, const struct rpmsg_config *config)
{
	uint32_t slots = config->endpoint_slots;

	if (config->transport == NULL || config->endpoints == NULL || slots == 0 || (slots & (slots - 1u)) != 0)
		return RPMSG_ERR_PARAM;
	memset(rdev, 0, sizeof *rdev);
	memset(config->endpoints, 0, slots * sizeof *config->endpoints);
	rdev->transport = config->transport;
	rdev->endpoints = config->endpoints;
	rdev->endpoint_slots = slots;
	rdev->channels = config->channels;
	rdev->channel_slots = config->channels != NULL ? config->channel_slots : 0;
	rdev->ns_bind_cb = config->ns_bind_cb;
	rdev->ns_unbind_cb = config->ns_unbind_cb;
	rdev->event_cb = config->event;
	rdev->priv = config->priv;
	rdev->tx_timeout_us = config->tx_timeout_us != 0 ? config->tx_timeout_us : TX_TIMEOUT_US;
	rdev->polled_by = (uint8_t)config->polled_by;
	rdev->next_addr = RPMSG_RESERVED_ADDRESSES + 1u;
	return RPMSG_SUCCESS;
}

/* ---- Link ---- */

static void tell(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail)
{
	if (rdev->event_cb != NULL)
		rdev->event_cb(rdev, event, detail, rdev->priv);
}

static void link_up(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);

	for (uint32_t slot = 0; slot < rdev->endpoint_slots; slot++) {
		for (struct rpmsg_endpoint *ept = rdev->endpoints[slot]; ept != NULL; ept = ept->next) {
			ept_change(ept, ept->flags & EPT_ANNOUNCES ? EPT_DUE : 0, EPT_ANNOUNCED);
		}
	}
	rdev->announce_due = true;
	rpmsg_unlock(rdev, key);
	tell(rdev, RPMSG_LINK_UP, rpmsg_mtu(rdev));
	rpmsg_ns_link(rdev, true);
}

static struct rpmsg_endpoint *pin_bound(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	struct rpmsg_endpoint *ept = rpmsg_first_with(rdev, EPT_BOUND, NULL, 0);

	if (ept != NULL)
		rpmsg_pin(rdev, ept);
	rpmsg_unlock(rdev, key);
	return ept;
}

static void link_down(struct rpmsg_device *rdev)
{
	struct rpmsg_endpoint *ept;

	tell(rdev, RPMSG_LINK_DOWN, 0);
	rpmsg_ns_link(rdev, false);
	while ((ept = pin_bound(rdev)) != NULL) {
		rpmsg_unbind(ept);
		rpmsg_unpin(rdev, ept);
	}
}

static void look_after_link(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	uint8_t link = (uint8_t)rdev->transport->ops->service(rdev->transport);
	uint8_t before = rdev->link;

	__atomic_store_n(&rdev->link, link, __ATOMIC_RELAXED);
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

	if ((ept->flags & EPT_WAITS) && ept->dest_addr == RPMSG_ADDR_ANY) {
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

/* ---- Polling and waiting ---- */

/* A free transmit buffer is work for the poller: an announcement is due, or it waits to send itself. */
static bool wants_tx(const struct rpmsg_device *rdev)
{
	return rdev->announce_due || (rdev->tx_waiters != 0 && !rpmsg_others_poll(rdev));
}

/* A buffer that others wait for is theirs to take: they are told, and the poller does not stay awake for it. */
static void tell_waiters(struct rpmsg_device *rdev)
{
	if (rdev->tx_waiters == 0 || !rpmsg_others_poll(rdev))
		return;
	uintptr_t key = rpmsg_lock(rdev);
	bool quiet = rdev->transport->ops->arm(rdev->transport, true);
	rpmsg_unlock(rdev, key);
	if (!quiet)
		rpmsg_wake(rdev);
}

static bool poll_begins(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	bool begins = !rdev->polling;

	if (begins) {
		__atomic_store_n(&rdev->poller, self(rdev), __ATOMIC_RELAXED);
		__atomic_store_n(&rdev->polling, true, __ATOMIC_RELEASE);
	}
	rpmsg_unlock(rdev, key);
	return begins;
}

/* Publish all of it at once. False: more came after the interrupt's poll had asked for the next notification. */
static bool poll_ends(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	bool quiet = true;

	__atomic_store_n(&rdev->polling, false, __ATOMIC_RELEASE);
	rpmsg_flush(rdev);
	if (rdev->polled_by == RPMSG_POLLED_BY_INTERRUPT)
		quiet = rdev->transport->ops->arm(rdev->transport, wants_tx(rdev));
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
	rpmsg_ns_announce(rdev);
	rdev->worked = taken != 0 || rpmsg_event_word(rdev) != event;
	if (!poll_ends(rdev))
		taken = budget;
	tell_waiters(rdev);
	return (int)taken;
}

int rpmsg_wait(struct rpmsg_device *rdev, uint32_t timeout_us)
{
	if (rdev == NULL || rdev->transport == NULL)
		return RPMSG_ERR_INIT;
	if (rdev->polling || rdev->polled_by == RPMSG_POLLED_BY_INTERRUPT)
		return RPMSG_ERR_PERM;

	struct weft_port *port = port_of(rdev);
	const struct weft_transport_ops *ops = rdev->transport->ops;
	bool worked = rdev->worked;
	rdev->worked = false;
	if (worked)
		return RPMSG_SUCCESS;
	if (rdev->polled_by == RPMSG_POLLED_BY_BUSY) {
		port->ops->relax(port, 0);
		return RPMSG_SUCCESS;
	}
	tell_waiters(rdev);
	/* Under the lock with the look at the timers: who arms one later sees that we sleep, and wakes us. */
	uintptr_t key = rpmsg_lock(rdev);
	rdev->sleeping = true;
	uint32_t sleep_us = rpmsg_next_due(rdev, timeout_us);
	bool quiet = ops->arm(rdev->transport, wants_tx(rdev));
	rpmsg_unlock(rdev, key);

	if (quiet && sleep_us != 0)
		port->ops->relax(port, sleep_us);
	key = rpmsg_lock(rdev);
	rdev->sleeping = false;
	ops->disarm(rdev->transport);
	rpmsg_unlock(rdev, key);
	return RPMSG_SUCCESS;
}

/* Sleep until the event word is not `event`, or timeout_us is over. */
static void sleep_on(struct rpmsg_device *rdev, uint32_t event, uint32_t timeout_us)
{
	struct weft_port *port = port_of(rdev);

	if (port->ops->wait == NULL) {
		port->ops->relax(port, timeout_us);
		return;
	}
	/* Counted before the word is compared: who changes it later sees us and wakes us. */
	uintptr_t key = rpmsg_lock(rdev);
	rdev->waiters++;
	rpmsg_unlock(rdev, key);
	port->ops->wait(port, &rdev->event_word, event, timeout_us);
	key = rpmsg_lock(rdev);
	rdev->waiters--;
	rpmsg_unlock(rdev, key);
}

int rpmsg_wait_turn(struct rpmsg_device *rdev, uint32_t event, uint32_t timeout_us)
{
	if (rpmsg_in_callback(rdev))
		return RPMSG_ERR_PERM;
	if (rpmsg_others_poll(rdev)) {
		if (rpmsg_event_word(rdev) == event)
			sleep_on(rdev, event, timeout_us);
		return RPMSG_SUCCESS;
	}
	int taken = rpmsg_poll(rdev, TURN_BUDGET);
	if (taken != 0 || rpmsg_event_word(rdev) != event)
		return taken < 0 ? taken : RPMSG_SUCCESS;
	return rpmsg_wait(rdev, timeout_us);
}

uint32_t rpmsg_event_word(const struct rpmsg_device *rdev)
{
	return __atomic_load_n(&rdev->event_word, __ATOMIC_ACQUIRE);
}

void rpmsg_wake(struct rpmsg_device *rdev)
{
	struct weft_port *port = port_of(rdev);

	uintptr_t key = rpmsg_lock(rdev);
	bool waiters = rdev->waiters != 0;
	bool sleeping = rdev->sleeping;

	__atomic_store_n(&rdev->event_word, rdev->event_word + 1u, __ATOMIC_RELEASE);
	rpmsg_unlock(rdev, key);
	if (port->ops->wake == NULL)
		return;
	if (waiters)
		port->ops->wake(port, &rdev->event_word);
	if (sleeping)
		port->ops->wake(port, NULL);
}

void rpmsg_tx_freed(struct rpmsg_device *rdev)
{
	if (rdev->tx_waiters != 0)
		rpmsg_wake(rdev);
}

/* ---- Callbacks ---- */

void rpmsg_pin(struct rpmsg_device *rdev, const void *whose)
{
	__atomic_store_n(&rdev->current, whose, __ATOMIC_RELAXED);
}

void rpmsg_callback_over(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	bool waiters = rdev->waiters != 0;

	__atomic_store_n(&rdev->current, NULL, __ATOMIC_RELEASE);
	rpmsg_unlock(rdev, key);
	if (waiters)
		rpmsg_wake(rdev);
}

bool rpmsg_drain(struct rpmsg_device *rdev, const void *whose)
{
	for (;;) {
		uint32_t event = rpmsg_event_word(rdev);

		/* Acquire pairs with the release in rpmsg_callback_over(): what the callback did is done. */
		if (__atomic_load_n(&rdev->current, __ATOMIC_ACQUIRE) != whose)
			return true;
		if (rpmsg_in_callback(rdev))
			return false;
		sleep_on(rdev, event, DRAIN_LOOK_US);
	}
}

bool rpmsg_in_callback(struct rpmsg_device *rdev)
{
	return __atomic_load_n(&rdev->polling, __ATOMIC_ACQUIRE) &&
	       __atomic_load_n(&rdev->poller, __ATOMIC_RELAXED) == self(rdev);
}

bool rpmsg_in_callback_of(struct rpmsg_device *rdev, const void *whose)
{
	return __atomic_load_n(&rdev->current, __ATOMIC_ACQUIRE) == whose && rpmsg_in_callback(rdev);
}

uint32_t rpmsg_mtu(const struct rpmsg_device *rdev)
{
	return rdev->transport->mtu;
}

enum weft_link_state rpmsg_link(const struct rpmsg_device *rdev)
{
	return (enum weft_link_state)__atomic_load_n(&rdev->link, __ATOMIC_RELAXED);
}

const struct weft_link_counters *rpmsg_link_counters(const struct rpmsg_device *rdev)
{
	return &rdev->transport->counters;
}

uint32_t rpmsg_buffers_out(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	uint32_t out = rdev->transport->ops->out(rdev->transport);

	rpmsg_unlock(rdev, key);
	return out;
}

void rpmsg_restart(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);

	rdev->transport->ops->restart(rdev->transport);
	rpmsg_unlock(rdev, key);
}
