/* SPDX-License-Identifier: Apache-2.0 */
/* The rpmsg device: its start, what it can be asked, the port's critical section and clock. */
#include <string.h>

#include "rpmsg/device.h"

#define TX_TIMEOUT_US 1000000u

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

	rdev->restart_due = rdev->writers != 0;
	if (!rdev->restart_due)
		rdev->transport->ops->restart(rdev->transport);
	rpmsg_unlock(rdev, key);
}

/* Where the one who writes is the one who polls, nothing happens under its hands. */
void rpmsg_tx_begin(struct rpmsg_device *rdev)
{
	if (!rpmsg_others_poll(rdev))
		return;
	uintptr_t key = rpmsg_lock(rdev);
	rdev->writers++;
	rpmsg_unlock(rdev, key);
}

void rpmsg_tx_end(struct rpmsg_device *rdev)
{
	if (!rpmsg_others_poll(rdev))
		return;
	uintptr_t key = rpmsg_lock(rdev);
	/* Each by itself: read in one word they bring what the poller writes beside them, without the lock. */
	bool service = __atomic_load_n(&rdev->service_due, __ATOMIC_RELAXED);
	bool restart = __atomic_load_n(&rdev->restart_due, __ATOMIC_RELAXED);
	bool due = --rdev->writers == 0 && (service || restart);
	rpmsg_unlock(rdev, key);
	if (due)
		rpmsg_wake(rdev);
}
