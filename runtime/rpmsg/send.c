/* SPDX-License-Identifier: Apache-2.0 */
/* Sending: borrow a buffer, fill it, send it or give it back; and received buffers that are held.
 *
 * What is copied is copied with the lock held: nobody can poll meanwhile, restart the link, and leave us writing into
 * memory of its new life. Who fills a loan in place sees to that by rpmsg_tx_begin(). */
#include <string.h>

#include "rpmsg/device.h"
#include "weft/wrap.h"

void rpmsg_flush(struct rpmsg_device *rdev)
{
	if (!rpmsg_in_callback(rdev))
		rdev->transport->ops->flush(rdev->transport);
}

/* ---- Borrow, and send at once when there is a message ---- */

struct message {
	uint32_t src;
	uint32_t dst;
	const void *data;
	int len;
};

/* A name goes out before what its endpoint says: whoever binds to a message then learns of the withdrawal too. */
static uint8_t *first_free(struct rpmsg_device *rdev, const struct rpmsg_endpoint *ept)
{
	rpmsg_ns_catch_up(rdev);
	return rdev->announce_due ? NULL : rdev->transport->ops->get_tx(rdev->transport, ept);
}

static int copy_and_send(struct rpmsg_device *rdev, const struct rpmsg_endpoint *ept, uint8_t *payload,
                         const struct message *message)
{
	const struct weft_transport_ops *ops = rdev->transport->ops;

	if ((uint32_t)message->len > rdev->transport->mtu) {
		ops->drop(rdev->transport, ept, payload); /* the link came back with smaller ones while we waited */
		return RPMSG_ERR_BUFF_SIZE;
	}
	if (message->len > 0)
		memcpy(payload, message->data, (size_t)message->len);
	ops->send(rdev->transport, ept, payload, (uint32_t)message->len, message->src, message->dst);
	rpmsg_flush(rdev);
	return message->len;
}

/* Looked up by its address: whoever ran since the caller looked may have destroyed ept, and what it was is not
 * touched. */
static int try_borrow(struct rpmsg_device *rdev, const struct rpmsg_endpoint *ept, uint32_t addr, uint8_t **payload,
                      const struct message *message, bool waits)
{
	const struct weft_transport_ops *ops = rdev->transport->ops;
	uintptr_t key = rpmsg_lock(rdev);
	bool lives = rpmsg_lookup(rdev, addr) == ept;
	bool up = lives && rdev->link == WEFT_LINK_UP && rdev->transport->mtu != 0;

	*payload = up ? first_free(rdev, ept) : NULL;
	/* Where another context polls, nobody but us asks for word of free buffers; one may have come meanwhile. */
	if (up && *payload == NULL && waits && rpmsg_others_poll(rdev) && !ops->arm(rdev->transport, true))
		*payload = first_free(rdev, ept);
	int result = (int)rdev->transport->mtu; /* of this life of the link, which may end before the caller looks */
	if (*payload != NULL && message != NULL)
		result = copy_and_send(rdev, ept, *payload, message);
	rpmsg_unlock(rdev, key);
	if (!up)
		return lives ? RPMSG_ERR_DEV_STATE : RPMSG_ERR_PARAM;
	return *payload != NULL ? result : RPMSG_ERR_NO_BUFF;
}

static void count_waiter(struct rpmsg_device *rdev, int by)
{
	uintptr_t key = rpmsg_lock(rdev);

	__atomic_store_n(&rdev->tx_waiters, (uint16_t)(rdev->tx_waiters + by), __ATOMIC_RELAXED);
	rpmsg_unlock(rdev, key);
}

static int wait_and_borrow(struct rpmsg_endpoint *ept, uint8_t **payload, const struct message *message,
                           uint32_t timeout_us)
{
	struct rpmsg_device *rdev = ept->rdev;
	uint32_t addr = ept->addr;
	uint32_t start = rpmsg_now_us(rdev);
	uint32_t elapsed = 0;
	int result;

	count_waiter(rdev, 1);
	for (;;) {
		uint32_t event = rpmsg_event_word(rdev);

		result = try_borrow(rdev, ept, addr, payload, message, true);
		if (result != RPMSG_ERR_NO_BUFF || elapsed >= timeout_us)
			break;
		if (rpmsg_wait_turn(rdev, event, timeout_us - elapsed) < 0)
			break;
		elapsed = weft_wrap_sub(rpmsg_now_us(rdev), start);
	}
	count_waiter(rdev, -1);
	return result;
}

static int borrow(struct rpmsg_endpoint *ept, uint8_t **payload, const struct message *message, uint32_t timeout_us)
{
	int result = try_borrow(ept->rdev, ept, ept->addr, payload, message, false);

	if (result != RPMSG_ERR_NO_BUFF || timeout_us == 0 || rpmsg_in_callback(ept->rdev))
		return result;
	return wait_and_borrow(ept, payload, message, timeout_us);
}

int rpmsg_borrow(struct rpmsg_endpoint *ept, uint8_t **payload, uint32_t timeout_us)
{
	return borrow(ept, payload, NULL, timeout_us);
}

void *rpmsg_get_tx_buffer(struct rpmsg_endpoint *ept, uint32_t *len, uint32_t timeout_us)
{
	uint8_t *payload = NULL;
	int room = ept_lives(ept) ? rpmsg_borrow(ept, &payload, timeout_us) : RPMSG_ERR_PARAM;

	if (room < 0)
		return NULL;
	if (len != NULL)
		*len = (uint32_t)room;
	return payload;
}

void *rpmsg_get_tx_payload_buffer(struct rpmsg_endpoint *ept, uint32_t *len, int wait)
{
	return ept_lives(ept) ? rpmsg_get_tx_buffer(ept, len, wait ? ept->rdev->tx_timeout_us : 0) : NULL;
}

int rpmsg_release_tx_buffer(struct rpmsg_endpoint *ept, void *txbuf)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	uintptr_t key = rpmsg_lock(ept->rdev);
	bool dropped = ept->rdev->transport->ops->drop(ept->rdev->transport, ept, txbuf);
	rpmsg_unlock(ept->rdev, key);
	rpmsg_tx_freed(ept->rdev);
	return dropped ? RPMSG_SUCCESS : RPMSG_ERR_PARAM;
}

/* ---- Send ---- */

static int addresses_fault(uint32_t src, uint32_t dst)
{
	return src == RPMSG_ADDR_ANY || dst == RPMSG_ADDR_ANY ? RPMSG_ERR_ADDR : RPMSG_SUCCESS;
}

/* What stands against sending len bytes now; 0: nothing. */
static int send_fault(const struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	if (!ept_lives(ept) || len < 0 || (data == NULL && len > 0))
		return RPMSG_ERR_PARAM;
	uint32_t mtu = rpmsg_mtu(ept->rdev); /* 0 before the next poll has told that the link is down */
	if (rpmsg_link(ept->rdev) != WEFT_LINK_UP || mtu == 0)
		return RPMSG_ERR_DEV_STATE;
	if ((uint32_t)len > mtu)
		return RPMSG_ERR_BUFF_SIZE;
	return addresses_fault(src, dst);
}

int rpmsg_send_offchannel_nocopy(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	int fault = send_fault(ept, src, dst, data, len);

	if (fault != RPMSG_SUCCESS)
		return fault;
	uintptr_t key = rpmsg_lock(ept->rdev);
	bool sent = ept->rdev->transport->ops->send(ept->rdev->transport, ept, data, (uint32_t)len, src, dst);
	if (sent)
		rpmsg_flush(ept->rdev);
	rpmsg_unlock(ept->rdev, key);
	return sent ? len : RPMSG_ERR_PARAM;
}

int rpmsg_send_timeout(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len,
                       uint32_t timeout_us)
{
	struct message message = { src, dst, data, len };
	uint8_t *payload;
	int fault = send_fault(ept, src, dst, data, len);

	return fault == RPMSG_SUCCESS ? borrow(ept, &payload, &message, timeout_us) : fault;
}

/* Straight to the one that does it: each function between costs a frame, with three arguments on the stack. */
int rpmsg_send_offchannel(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	return rpmsg_send_timeout(ept, src, dst, data, len, ept_lives(ept) ? ept->rdev->tx_timeout_us : 0);
}

int rpmsg_sendto(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	return rpmsg_send_timeout(ept, ept->addr, dst, data, len, ept->rdev->tx_timeout_us);
}

int rpmsg_send(struct rpmsg_endpoint *ept, const void *data, int len)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	return rpmsg_send_timeout(ept, ept->addr, ept->dest_addr, data, len, ept->rdev->tx_timeout_us);
}

int rpmsg_trysend_offchannel(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	return rpmsg_send_timeout(ept, src, dst, data, len, 0);
}

int rpmsg_trysendto(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst)
{
	return ept_lives(ept) ? rpmsg_send_timeout(ept, ept->addr, dst, data, len, 0) : RPMSG_ERR_PARAM;
}

int rpmsg_trysend(struct rpmsg_endpoint *ept, const void *data, int len)
{
	return ept_lives(ept) ? rpmsg_send_timeout(ept, ept->addr, ept->dest_addr, data, len, 0) : RPMSG_ERR_PARAM;
}

int rpmsg_sendto_nocopy(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst)
{
	return ept_lives(ept) ? rpmsg_send_offchannel_nocopy(ept, ept->addr, dst, data, len) : RPMSG_ERR_PARAM;
}

int rpmsg_send_nocopy(struct rpmsg_endpoint *ept, const void *data, int len)
{
	return ept_lives(ept) ? rpmsg_sendto_nocopy(ept, data, len, ept->dest_addr) : RPMSG_ERR_PARAM;
}

/* ---- Hold ---- */

int rpmsg_hold_rx_buffer(struct rpmsg_endpoint *ept, void *rxbuf)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	uintptr_t key = rpmsg_lock(ept->rdev);
	bool held = ept->rdev->transport->ops->hold(ept->rdev->transport, ept, rxbuf);
	rpmsg_unlock(ept->rdev, key);
	return held ? RPMSG_SUCCESS : RPMSG_ERR_PARAM;
}

int rpmsg_release_rx_buffer(struct rpmsg_endpoint *ept, void *rxbuf)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	uintptr_t key = rpmsg_lock(ept->rdev);
	bool released = ept->rdev->transport->ops->release(ept->rdev->transport, ept, rxbuf);
	if (released)
		rpmsg_flush(ept->rdev);
	rpmsg_unlock(ept->rdev, key);
	return released ? RPMSG_SUCCESS : RPMSG_ERR_PARAM;
}
