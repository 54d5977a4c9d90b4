/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting and waking: who sleeps until what, and whose callback it may be that runs meanwhile. */
#include "rpmsg/device.h"
#include "weft/wrap.h"

#define DRAIN_LOOK_US 1000u /* who drains is woken; this is for ports that cannot wake */
#define TURN_BUDGET 16u     /* messages a turn of a wait takes before it looks at what it waits for */

static struct weft_port *port_of(const struct rpmsg_device *rdev)
{
	return rdev->transport->port;
}

/* ---- Sleep ---- */

static bool has_tx_waiters(const struct rpmsg_device *rdev)
{
	return __atomic_load_n(&rdev->tx_waiters, __ATOMIC_RELAXED) != 0;
}

/* A free transmit buffer is work for the poller: an announcement is due, or it waits to send itself. */
bool rpmsg_wants_tx(const struct rpmsg_device *rdev)
{
	return rdev->announce_due || (has_tx_waiters(rdev) && !rpmsg_others_poll(rdev));
}

/* A buffer that others wait for is theirs to take: they are told, and the poller does not stay awake for it. */
void rpmsg_tell_waiters(struct rpmsg_device *rdev)
{
	if (!has_tx_waiters(rdev) || !rpmsg_others_poll(rdev))
		return;
	uintptr_t key = rpmsg_lock(rdev);
	bool quiet = rdev->transport->ops->arm(rdev->transport, true);
	rpmsg_unlock(rdev, key);
	if (!quiet)
		rpmsg_wake(rdev);
}

uint32_t rpmsg_arm(struct rpmsg_device *rdev, uint32_t timeout_us)
{
	rpmsg_tell_waiters(rdev);
	uintptr_t key = rpmsg_lock(rdev);
	uint32_t sleep_us = rpmsg_next_due(rdev, timeout_us);
	bool quiet = rdev->transport->ops->arm(rdev->transport, rpmsg_wants_tx(rdev));
	rpmsg_unlock(rdev, key);
	return quiet ? sleep_us : 0u;
}

int rpmsg_wait(struct rpmsg_device *rdev, uint32_t timeout_us)
{
	if (rdev == NULL || rdev->transport == NULL)
		return RPMSG_ERR_INIT;
	if (rdev->poller != 0 || rdev->polled_by == RPMSG_POLLED_BY_INTERRUPT)
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
	rpmsg_tell_waiters(rdev);
	/* Under the lock with the look at the timers: who arms one later sees that we sleep, and wakes us. */
	uintptr_t key = rpmsg_lock(rdev);
	rdev->sleeping = true;
	uint32_t sleep_us = rpmsg_next_due(rdev, timeout_us);
	bool quiet = ops->arm(rdev->transport, rpmsg_wants_tx(rdev));
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

/* ---- Wake ---- */

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

	__atomic_store_n(&rdev->event_word, weft_wrap_add(rdev->event_word, 1u), __ATOMIC_RELEASE);
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
	if (has_tx_waiters(rdev))
		rpmsg_wake(rdev);
}

/* ---- Callbacks ---- */

/* Without self() one context runs at a time: whoever asks while a poll runs is inside it. */
uintptr_t rpmsg_self(const struct rpmsg_device *rdev)
{
	const struct weft_port_ops *ops = port_of(rdev)->ops;

	return ops->self != NULL ? ops->self(port_of(rdev)) : 1u;
}

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

/* Without an order, as the next: a context that finds itself there has written that itself, and who is not there finds
 * another or an older one, which is not it either. */
bool rpmsg_in_callback(struct rpmsg_device *rdev)
{
	uintptr_t poller = __atomic_load_n(&rdev->poller, __ATOMIC_RELAXED);

	return poller != 0 && poller == rpmsg_self(rdev); /* 0: nobody polls, and no context is called that */
}

bool rpmsg_in_callback_of(struct rpmsg_device *rdev, const void *whose)
{
	return __atomic_load_n(&rdev->current, __ATOMIC_RELAXED) == whose && rpmsg_in_callback(rdev);
}
