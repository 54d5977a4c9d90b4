/* SPDX-License-Identifier: Apache-2.0 */
/* How a call begins: a buffer, the request in it, a place in the table, the wire; and the wait of a sync one. */
#include "rpc/client.h"
#include "rpc/frame.h"
#include "rpc/payload.h"

/* ---- Start ---- */

/* What a request needs before it can go out. The buffer is borrowed by the client's endpoint, and the link is kept
 * from restarting under our hands (rpmsg_tx_begin()) until transmit() or drop(). */
struct outgoing {
	uint8_t *frame;
	uint32_t room; /* of the frame */
	uint32_t len;
	uint32_t life; /* of the link, from before the loan: it is of that one, or of none */
};

static void drop(struct weft_client *client, struct outgoing *out)
{
	rpmsg_release_tx_buffer(&client->ept, out->frame);
	rpmsg_tx_end(client->rdev);
}

/* Borrow a buffer. Two of them: who does not wait has no room on its stack for that. */
static inline __attribute__((always_inline)) void borrow(struct weft_client *client, uint32_t wait_us,
                                                         struct outgoing *out)
{
	out->life = weft_link_life(client->rdev);
	out->frame = (uint8_t *)rpmsg_get_tx_buffer(&client->ept, &out->room, wait_us);
}

static inline __attribute__((always_inline)) void try_borrow(struct weft_client *client, struct outgoing *out)
{
	out->life = weft_link_life(client->rdev);
	out->frame = (uint8_t *)rpmsg_try_tx_buffer(&client->ept, &out->room);
}

/* Encode the request into what was borrowed, or say why nothing was. */
static weft_status encode(struct weft_client *client, const struct weft_message *type, const void *request,
                          struct outgoing *out)
{
	if (out->frame == NULL) {
		weft_status state = weft_client_state(client);
		if (state != WEFT_OK)
			return state;
		return weft_link_lives(client->rdev, out->life) ? WEFT_RESOURCE_EXHAUSTED : WEFT_UNAVAILABLE;
	}
	rpmsg_tx_begin(client->rdev);
	if (!weft_link_lives(client->rdev, out->life)) {
		drop(client, out);
		return WEFT_UNAVAILABLE;
	}
	if (!weft_message_encode(type, request, out->frame + WEFT_CALL_HEADER_SIZE, out->room - WEFT_CALL_HEADER_SIZE,
	                         &out->len)) {
		drop(client, out);
		return WEFT_INVALID_ARGUMENT;
	}
	out->len += WEFT_CALL_HEADER_SIZE;
	return WEFT_OK;
}

/* The header is written. */
static weft_status transmit(struct weft_client *client, struct outgoing *out)
{
	/* rpmsg_sendto_nocopy(), a frame less deep */
	int result =
		rpmsg_send_offchannel_nocopy(&client->ept, client->ept.addr, client->server, out->frame, (int)out->len);
	if (result < 0) {
		drop(client, out);
		return WEFT_UNAVAILABLE; /* the link or the server went while we encoded */
	}
	rpmsg_tx_end(client->rdev);
	uintptr_t key = rpmsg_lock(client->rdev);
	client->counters.started++;
	rpmsg_unlock(client->rdev, key);
	return WEFT_OK;
}

static weft_status transmit_oneway(struct weft_client *client, const struct weft_method *method, struct outgoing *out)
{
	frame_begin(out->frame, (struct weft_call_header){ .kind = WEFT_KIND_ONEWAY, .method = method->id });
	return transmit(client, out);
}

/* RESOURCE_EXHAUSTED: the table is full, and the buffer is still borrowed. Else it is not. */
static weft_status start(struct weft_client *client, struct weft_call *call, uint32_t timeout_us, struct outgoing *out)
{
	call->due = weft_wrap_add(rpmsg_now_us(client->rdev), timeout_us);
	if (!weft_call_put(client, call, out->frame, timeout_us))
		return WEFT_RESOURCE_EXHAUSTED;
	weft_status status = transmit(client, out);
	if (status != WEFT_OK && weft_call_take(client, call))
		return status;
	weft_client_arm(client); /* gone from the table already: it has ended like any other */
	return WEFT_OK;
}

static weft_status start_or_drop(struct weft_client *client, struct weft_call *call, uint32_t timeout_us,
                                 struct outgoing *out)
{
	weft_status status = start(client, call, timeout_us, out);

	if (status == WEFT_RESOURCE_EXHAUSTED)
		drop(client, out);
	return status;
}

static weft_status timeout_fault(uint32_t timeout_us)
{
	if (timeout_us > WEFT_TIMEOUT_MAX_US)
		return WEFT_INVALID_ARGUMENT;
	return timeout_us == 0 ? WEFT_DEADLINE_EXCEEDED : WEFT_OK;
}

/* Whatever comes of the call: what stood in rx is not taken for a hold. */
static void nothing_held(struct weft_rx *rx)
{
	if (rx != NULL)
		*rx = (struct weft_rx){ 0 };
}

static void prepare(struct weft_client *client, struct weft_call *call, const struct weft_method *method,
                    void *response, struct weft_rx *rx, weft_call_done done)
{
	*call = (struct weft_call){ .client = client, .method = method, .response = response, .rx = rx, .done = done };
}

weft_status weft_client_start(struct weft_client *client, struct weft_call *call, const struct weft_method *method,
                              const void *request, void *response, struct weft_rx *rx, uint32_t timeout_us,
                              weft_call_done done)
{
	struct outgoing out;
	weft_status status = weft_client_state(client);

	nothing_held(rx);
	if (status == WEFT_OK)
		status = timeout_fault(timeout_us);
	if (status == WEFT_OK && done == NULL)
		status = WEFT_INVALID_ARGUMENT;
	if (status != WEFT_OK)
		return status;
	try_borrow(client, &out);
	status = encode(client, method->request, request, &out);
	if (status != WEFT_OK)
		return status;
	prepare(client, call, method, response, rx, done);
	return start_or_drop(client, call, timeout_us, &out);
}

/* ---- Wait ---- */

/* Until somebody has ended it; when nobody has in time, we do. */
static weft_status wait_for(struct weft_client *client, struct weft_call *call)
{
	struct rpmsg_device *rdev = client->rdev;

	for (;;) {
		uint32_t event = rpmsg_event_word(rdev);
		/* Acquire pairs with weft_call_finish(). */
		if (__atomic_load_n(&call->state, __ATOMIC_ACQUIRE) == CALL_DONE)
			return (weft_status)call->status;

		uint32_t left = client_left(call->due, rpmsg_now_us(rdev));
		int result = rpmsg_wait_turn(rdev, event, left);
		if (result < 0 && weft_call_take(client, call))
			weft_call_finish(client, call, weft_status_from_rpmsg(result));
		else if (left == 0 && weft_call_take(client, call))
			weft_call_finish(client, call, WEFT_DEADLINE_EXCEEDED);
	}
}

/* What stands against a sync call now. */
static weft_status sync_fault(struct weft_client *client, uint32_t timeout_us)
{
	weft_status status = weft_client_state(client);

	if (status == WEFT_OK)
		status = timeout_fault(timeout_us);
	if (status == WEFT_OK && rpmsg_in_callback(client->rdev))
		status = WEFT_FAILED_PRECONDITION;
	return status;
}

/* In a function of its own: the call is not on the stack while a buffer is waited for. */
static __attribute__((noinline)) weft_status start_and_wait(struct weft_client *client,
                                                            const struct weft_method *method, void *response,
                                                            struct weft_rx *rx, uint32_t timeout_us,
                                                            struct outgoing *out)
{
	struct weft_call call;

	prepare(client, &call, method, response, rx, NULL);
	weft_status status = start_or_drop(client, &call, timeout_us, out);
	return status == WEFT_OK ? wait_for(client, &call) : status;
}

weft_status weft_client_call(struct weft_client *client, const struct weft_method *method, const void *request,
                             void *response, struct weft_rx *rx, uint32_t timeout_us)
{
	struct outgoing out;
	weft_status status = sync_fault(client, timeout_us);

	nothing_held(rx);
	if (status != WEFT_OK)
		return status;

	uint32_t begun = rpmsg_now_us(client->rdev);
	borrow(client, timeout_us, &out);
	status = encode(client, method->request, request, &out);
	uint32_t waited = weft_wrap_sub(rpmsg_now_us(client->rdev), begun);
	if (status == WEFT_OK && waited >= timeout_us)
		drop(client, &out);
	if (waited >= timeout_us && (status == WEFT_OK || status == WEFT_RESOURCE_EXHAUSTED))
		return WEFT_DEADLINE_EXCEEDED;
	if (status != WEFT_OK)
		return status;
	return start_and_wait(client, method, response, rx, timeout_us - waited, &out);
}

weft_status weft_client_oneway(struct weft_client *client, const struct weft_method *method, const void *request,
                               uint32_t timeout_us)
{
	struct outgoing out;
	weft_status status = weft_client_state(client);

	if (status != WEFT_OK)
		return status;
	borrow(client, timeout_us, &out);
	status = encode(client, method->request, request, &out);
	return status == WEFT_OK ? transmit_oneway(client, method, &out) : status;
}

/* ---- With a payload that is written in place ---- */

weft_status weft_client_begin(struct weft_client *client, const struct weft_payload *payload, const void *fields,
                              struct weft_tx *tx, uint32_t timeout_us)
{
	struct outgoing out;
	weft_status status = weft_client_state(client);

	*tx = (struct weft_tx){ 0 };
	if (status == WEFT_OK && !weft_payload_is_empty(payload, fields))
		status = WEFT_INVALID_ARGUMENT;
	if (status != WEFT_OK)
		return status;
	borrow(client, timeout_us, &out);
	status = encode(client, payload->message, fields, &out);
	if (status != WEFT_OK)
		return status;
	tx->ept = &client->ept;
	tx->life = weft_link_life(client->rdev);
	if (!weft_tx_place(tx, payload, out.frame + WEFT_CALL_HEADER_SIZE, out.room - WEFT_CALL_HEADER_SIZE,
	                   out.len - WEFT_CALL_HEADER_SIZE)) {
		*tx = (struct weft_tx){ 0 };
		drop(client, &out);
		return WEFT_INVALID_ARGUMENT;
	}
	rpmsg_tx_end(client->rdev); /* the rest is the application's */
	return WEFT_OK;
}

/* What is lent, ready to go out: from OK on the link does not restart. */
static weft_status close_loan(struct weft_client *client, struct weft_tx *tx, uint32_t len, struct outgoing *out)
{
	weft_status status = weft_tx_state(tx);

	if (status == WEFT_OK && tx->ept != &client->ept)
		status = WEFT_FAILED_PRECONDITION;
	if (status == WEFT_OK && len > tx->capacity)
		status = WEFT_INVALID_ARGUMENT;
	if (status != WEFT_OK)
		return status;
	status = weft_client_state(client);
	if (status != WEFT_OK) {
		weft_tx_abort(tx);
		return status;
	}
	out->frame = tx->body - WEFT_CALL_HEADER_SIZE;
	out->len = WEFT_CALL_HEADER_SIZE + weft_tx_close(tx, len);
	return WEFT_OK;
}

static weft_status from_loan(struct weft_client *client, struct weft_tx *tx, uint32_t len, struct outgoing *out)
{
	rpmsg_tx_begin(client->rdev);
	weft_status status = close_loan(client, tx, len, out);
	if (status != WEFT_OK)
		rpmsg_tx_end(client->rdev);
	return status;
}

/* OK, or what else stands against it: then nothing has happened. */
static weft_status or_end(struct weft_client *client, weft_status status)
{
	if (status != WEFT_OK)
		rpmsg_tx_end(client->rdev);
	return status;
}

/* The call goes out. With the table full nothing has happened. */
static weft_status start_loan(struct weft_client *client, struct weft_call *call, struct weft_tx *tx,
                              uint32_t timeout_us, struct outgoing *out)
{
	weft_status status = start(client, call, timeout_us, out);

	if (status != WEFT_RESOURCE_EXHAUSTED)
		*tx = (struct weft_tx){ 0 };
	else
		rpmsg_tx_end(client->rdev);
	return status;
}

weft_status weft_client_commit(struct weft_client *client, struct weft_tx *tx, uint32_t len,
                               const struct weft_method *method, void *response, struct weft_rx *rx,
                               uint32_t timeout_us)
{
	struct weft_call call;
	struct outgoing out;
	weft_status status = from_loan(client, tx, len, &out);

	nothing_held(rx);
	if (status == WEFT_OK)
		status = or_end(client, sync_fault(client, timeout_us));
	if (status != WEFT_OK)
		return status;
	prepare(client, &call, method, response, rx, NULL);
	status = start_loan(client, &call, tx, timeout_us, &out);
	return status == WEFT_OK ? wait_for(client, &call) : status;
}

weft_status weft_client_commit_start(struct weft_client *client, struct weft_call *call, struct weft_tx *tx,
                                     uint32_t len, const struct weft_method *method, void *response, struct weft_rx *rx,
                                     uint32_t timeout_us, weft_call_done done)
{
	struct outgoing out;
	weft_status status = from_loan(client, tx, len, &out);

	nothing_held(rx);
	if (status == WEFT_OK)
		status = or_end(client, done == NULL ? WEFT_INVALID_ARGUMENT : timeout_fault(timeout_us));
	if (status != WEFT_OK)
		return status;
	prepare(client, call, method, response, rx, done);
	return start_loan(client, call, tx, timeout_us, &out);
}

weft_status weft_client_commit_oneway(struct weft_client *client, struct weft_tx *tx, uint32_t len,
                                      const struct weft_method *method)
{
	struct outgoing out;
	weft_status status = from_loan(client, tx, len, &out);

	if (status != WEFT_OK)
		return status;
	*tx = (struct weft_tx){ 0 };
	return transmit_oneway(client, method, &out);
}
