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
	bool bound; /* to whom the endpoint is bound when it goes out, whatever dst was */
};

/* Who borrows, and what for. ept is looked up by its address each time: whoever ran since the caller looked may have
 * destroyed it, and what it was is not touched. */
struct loan {
	struct rpmsg_device *rdev;
	const struct rpmsg_endpoint *ept;
	uint32_t addr;
	const struct message *message; /* to be sent in it at once; NULL: none */
	uint8_t *payload;              /* what was lent */
	uint32_t life;                 /* of the link, when it was asked for: addresses are of one; 0: it was not */
};

static struct loan loan_for(const struct rpmsg_endpoint *ept, const struct message *message)
{
	return (struct loan){ .rdev = ept->rdev, .ept = ept, .addr = ept->addr, .message = message };
}

/* What stands against lending ept a buffer, but that there may be none; 0: nothing. Locked. */
static int lend_fault(const struct rpmsg_device *rdev, const struct rpmsg_endpoint *ept, uint32_t addr)
{
	if (rpmsg_lookup(rdev, addr) != ept)
		return RPMSG_ERR_PARAM;
	return rdev->link == WEFT_LINK_UP && rdev->transport->mtu != 0 ? RPMSG_SUCCESS : RPMSG_ERR_DEV_STATE;
}

/* What may have changed since the caller looked, or while we waited: the link may have gone, and another life come, in
 * which buffers are smaller and the destination may be anybody. Locked, the link is up. */
static int changed_fault(struct loan *loan)
{
	const struct message *message = loan->message;
	uint32_t life = rpmsg_link_counters(loan->rdev)->ups;

	if (loan->life != 0 && loan->life != life)
		return RPMSG_ERR_DEV_STATE;
	loan->life = life;
	if (message == NULL)
		return RPMSG_SUCCESS;
	if (message->bound && loan->ept->dest_addr == RPMSG_ADDR_ANY)
		return RPMSG_ERR_ADDR;
	return (uint32_t)message->len <= loan->rdev->transport->mtu ? RPMSG_SUCCESS : RPMSG_ERR_BUFF_SIZE;
}

static __attribute__((noinline)) int copy_and_send(const struct loan *loan)
{
	const struct message *message = loan->message;
	struct weft_transport *transport = loan->rdev->transport;
	uint32_t dst = message->bound ? loan->ept->dest_addr : message->dst;

	if (message->len > 0)
		memcpy(loan->payload, message->data, (size_t)message->len);
	transport->ops->send(transport, loan->ept, loan->payload, (uint32_t)message->len, message->src, dst);
	rpmsg_flush(loan->rdev);
	return message->len;
}

/* Its room in this life of the link, which may end before the caller looks; or what was sent; or an error. */
static int try_borrow(struct loan *loan)
{
	uintptr_t key = rpmsg_lock(loan->rdev);
	int result = lend_fault(loan->rdev, loan->ept, loan->addr);

	if (result == RPMSG_SUCCESS)
		result = changed_fault(loan);
	if (result == RPMSG_SUCCESS) {
		loan->payload = rpmsg_first_free(loan->rdev, loan->ept);
		result = loan->payload != NULL ? (int)loan->rdev->transport->mtu : RPMSG_ERR_NO_BUFF;
	}
	if (result >= 0 && loan->message != NULL)
		result = copy_and_send(loan);
	rpmsg_unlock(loan->rdev, key);
	return result;
}

/* Where another context polls, nobody but us asks for word of free buffers. False: one may have come meanwhile. */
static __attribute__((noinline)) bool asked_for_word(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	bool quiet = rdev->transport->ops->arm(rdev->transport, true);

	rpmsg_unlock(rdev, key);
	return quiet;
}

static __attribute__((noinline)) void count_waiter(struct rpmsg_device *rdev, int by)
{
	uintptr_t key = rpmsg_lock(rdev);

	__atomic_store_n(&rdev->tx_waiters, (uint16_t)(rdev->tx_waiters + by), __ATOMIC_RELAXED);
	rpmsg_unlock(rdev, key);
}

static __attribute__((noinline)) uint32_t left_of(uint32_t timeout_us, struct rpmsg_device *rdev, uint32_t start)
{
	uint32_t elapsed = weft_wrap_sub(rpmsg_now_us(rdev), start);

	return elapsed < timeout_us ? timeout_us - elapsed : 0;
}

/* A function of its own: who does not wait has no room on its stack for this. */
static __attribute__((noinline)) int wait_and_borrow(struct loan *loan, uint32_t timeout_us)
{
	uint32_t start = rpmsg_now_us(loan->rdev);
	uint32_t event;
	uint32_t left;
	int result;

	count_waiter(loan->rdev, 1);
	do {
		event = rpmsg_event_word(loan->rdev);
		result = try_borrow(loan);
		if (result == RPMSG_ERR_NO_BUFF && rpmsg_others_poll(loan->rdev) && !asked_for_word(loan->rdev))
			result = try_borrow(loan);
		left = result == RPMSG_ERR_NO_BUFF ? left_of(timeout_us, loan->rdev, start) : 0;
	} while (left != 0 && rpmsg_wait_turn(loan->rdev, event, left) >= 0);
	count_waiter(loan->rdev, -1);
	return result;
}

static int borrow(struct loan *loan, uint32_t timeout_us)
{
	int result = try_borrow(loan);

	if (result != RPMSG_ERR_NO_BUFF || timeout_us == 0 || rpmsg_in_callback(loan->rdev))
		return result;
	return wait_and_borrow(loan, timeout_us);
}

int rpmsg_borrow(struct rpmsg_endpoint *ept, uint8_t **payload, uint32_t *life, uint32_t timeout_us)
{
	struct loan loan = loan_for(ept, NULL);
	int room = borrow(&loan, timeout_us);

	*payload = loan.payload;
	*life = loan.life;
	return room;
}

void *rpmsg_get_tx_buffer(struct rpmsg_endpoint *ept, uint32_t *len, uint32_t timeout_us)
{
	if (!ept_lives(ept))
		return NULL;
	struct loan loan = loan_for(ept, NULL);
	int room = borrow(&loan, timeout_us);
	if (room < 0)
		return NULL;
	if (len != NULL)
		*len = (uint32_t)room;
	return loan.payload;
}

void *rpmsg_get_tx_payload_buffer(struct rpmsg_endpoint *ept, uint32_t *len, int wait)
{
	return ept_lives(ept) ? rpmsg_get_tx_buffer(ept, len, wait ? ept->rdev->tx_timeout_us : 0) : NULL;
}

void *rpmsg_try_tx_buffer(struct rpmsg_endpoint *ept, uint32_t *len)
{
	if (!ept_lives(ept))
		return NULL;
	struct rpmsg_device *rdev = ept->rdev;
	uintptr_t key = rpmsg_lock(rdev);
	uint8_t *payload = lend_fault(rdev, ept, ept->addr) == RPMSG_SUCCESS ? rpmsg_first_free(rdev, ept) : NULL;
	if (payload != NULL && len != NULL)
		*len = rdev->transport->mtu;
	rpmsg_unlock(rdev, key);
	return payload;
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

/* What stands against sending that now; 0: nothing. */
static int send_fault(const struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	if (!ept_lives(ept) || len < 0 || (data == NULL && len > 0))
		return RPMSG_ERR_PARAM;
	uint32_t mtu = rpmsg_mtu(ept->rdev); /* 0 before the next poll has told that the link is down */
	if (rpmsg_link(ept->rdev) != WEFT_LINK_UP || mtu == 0)
		return RPMSG_ERR_DEV_STATE;
	if ((uint32_t)len > mtu)
		return RPMSG_ERR_BUFF_SIZE;
	return src == RPMSG_ADDR_ANY || dst == RPMSG_ADDR_ANY ? RPMSG_ERR_ADDR : RPMSG_SUCCESS;
}

static int message_fault(const struct rpmsg_endpoint *ept, const struct message *message)
{
	return send_fault(ept, message->src, message->dst, message->data, message->len);
}

static int send_copy(struct rpmsg_endpoint *ept, const struct message *message, uint32_t timeout_us)
{
	int fault = message_fault(ept, message);

	if (fault != RPMSG_SUCCESS)
		return fault;
	struct loan loan = loan_for(ept, message);
	return borrow(&loan, timeout_us);
}

static int try_copy(struct rpmsg_endpoint *ept, const struct message *message)
{
	int fault = message_fault(ept, message);

	if (fault != RPMSG_SUCCESS)
		return fault;
	struct loan loan = loan_for(ept, message);
	return try_borrow(&loan);
}

/* Each makes its message, and one of the two above does the rest: arguments pile up on the stack no further. */
int rpmsg_send_timeout(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len,
                       uint32_t timeout_us)
{
	struct message message = { src, dst, data, len, false };

	return send_copy(ept, &message, timeout_us);
}

int rpmsg_send_offchannel(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	struct message message = { src, dst, data, len, false };

	return ept_lives(ept) ? send_copy(ept, &message, ept->rdev->tx_timeout_us) : RPMSG_ERR_PARAM;
}

int rpmsg_sendto(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	struct message message = { ept->addr, dst, data, len, false };
	return send_copy(ept, &message, ept->rdev->tx_timeout_us);
}

int rpmsg_send(struct rpmsg_endpoint *ept, const void *data, int len)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	struct message message = { ept->addr, ept->dest_addr, data, len, true };
	return send_copy(ept, &message, ept->rdev->tx_timeout_us);
}

int rpmsg_trysend_offchannel(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	struct message message = { src, dst, data, len, false };

	return try_copy(ept, &message);
}

int rpmsg_trysendto(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	struct message message = { ept->addr, dst, data, len, false };
	return try_copy(ept, &message);
}

int rpmsg_trysend(struct rpmsg_endpoint *ept, const void *data, int len)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	struct message message = { ept->addr, ept->dest_addr, data, len, true };
	return try_copy(ept, &message);
}

int rpmsg_send_offchannel_nocopy(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len)
{
	int fault = send_fault(ept, src, dst, data, len);

	if (fault != RPMSG_SUCCESS)
		return fault;
	struct weft_transport *transport = ept->rdev->transport;
	uintptr_t key = rpmsg_lock(ept->rdev);
	bool sent = transport->ops->send(transport, ept, data, (uint32_t)len, src, dst);
	if (sent)
		rpmsg_flush(ept->rdev);
	rpmsg_unlock(ept->rdev, key);
	return sent ? len : RPMSG_ERR_PARAM;
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
