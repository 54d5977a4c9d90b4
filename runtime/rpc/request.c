/* SPDX-License-Identifier: Apache-2.0 */
/* A server answers all that it can get a buffer for: at once, when there is a buffer, or when its handler says. */
#include "rpc/checks.h"
#include "rpc/frame.h"
#include "rpc/server.h"
#include "weft/wrap.h"

#define LOOK_US WEFT_MS(1) /* until those who wait for a transmit buffer are looked at again */
#define NEVER UINT32_MAX   /* more than any time-out */

/* Tokens are answered by any context. */
static void count(struct weft_server *server, uint32_t *counter)
{
	uintptr_t key = rpmsg_lock(server->rdev);

	++*counter;
	rpmsg_unlock(server->rdev, key);
}

/* ---- Answers ---- */

static void give_frame_back(struct weft_server *server, struct weft_server_slot *slot)
{
	if (slot->held)
		rpmsg_release_rx_buffer(&server->ept, slot->frame);
	slot->held = false;
	slot->frame = NULL;
}

/* While the slot is ours: as soon as it is free it may be another's. */
static __attribute__((noinline)) void begin_answer(uint8_t *frame, uint32_t method, uint32_t call, weft_status status)
{
	frame_begin(frame, (struct weft_call_header){
				   .kind = WEFT_KIND_REPLY, .method = method, .call = call, .aux = (uint32_t)status });
}

static void send_answer(struct weft_server *server, uint32_t dst, uint8_t *frame, uint32_t body_len)
{
	if (rpmsg_sendto_nocopy(&server->ept, frame, (int)(WEFT_CALL_HEADER_SIZE + body_len), dst) >= 0)
		return;
	count(server, &server->counters.dropped); /* the link went while we served */
	rpmsg_release_tx_buffer(&server->ept, frame);
}

static weft_status run(struct weft_server *server, struct weft_request *request)
{
	count(server, &server->counters.requests);
	weft_status status = server->dispatch(server, request);
	if (status == WEFT_DEFERRED && request->token.id == 0)
		status = request->oneway ? WEFT_OK : WEFT_RESOURCE_EXHAUSTED; /* there is no slot to owe it from */
	if (status == WEFT_DEFERRED)
		count(server, &server->counters.deferred);
	else if (!check_status((uint32_t)status))
		status = WEFT_UNKNOWN;
	if (status != WEFT_OK && status != WEFT_DEFERRED)
		count(server, &server->counters.errors);
	return status;
}

/* Streams and continued messages are not. */
static bool is_implemented(uint8_t kind, uint8_t flags)
{
	return kind == WEFT_KIND_REQUEST && (flags & WEFT_FLAG_CONTINUED) == 0;
}

static weft_status status_of(struct weft_server *server, const struct weft_server_slot *slot,
                             struct weft_request *request)
{
	if (!is_implemented(slot->kind, slot->flags))
		return WEFT_UNIMPLEMENTED;
	if (slot_is_due(slot, rpmsg_now_us(server->rdev)))
		return WEFT_DEADLINE_EXCEEDED;
	return run(server, request);
}

/* Have it handled; its response goes into a borrowed buffer. len: what that has room for, then what the response takes.
 * The header was read when it came: the frame may say something else by now. On its own: what only the handler
 * needs is off the stack when the answer goes out. */
static __attribute__((noinline)) weft_status handle(struct weft_server *server, const struct weft_server_slot *slot,
                                                    uint8_t *reply, uint32_t *len)
{
	struct weft_request request = {
		.body = (uint8_t *)slot->frame + WEFT_CALL_HEADER_SIZE,
		.body_len = slot->len - WEFT_CALL_HEADER_SIZE,
		.method = slot->method,
		.call = slot->call,
		.src = slot->src,
		.token = { slot->token },
		.reply = reply + WEFT_CALL_HEADER_SIZE,
		.reply_capacity = *len - WEFT_CALL_HEADER_SIZE,
	};
	weft_status status = status_of(server, slot, &request);

	*len = status == WEFT_OK ? request.reply_len : 0;
	return status;
}

/* `reply` is a borrowed buffer of `room` bytes, and gone after this. The slot is being served. */
static void serve(struct weft_server *server, struct weft_server_slot *slot, uint8_t *reply, uint32_t room)
{
	uint32_t token = slot->token;
	uint32_t len = room;
	weft_status status = handle(server, slot, reply, &len);
	uint32_t src = slot->src; /* who fills slots is this context */
	begin_answer(reply, slot->method, slot->call, status);
	give_frame_back(server, slot);
	/* Not moved: answered already, by its token */
	if (weft_slot_move(server, slot, token, SLOT_SERVING, status == WEFT_DEFERRED ? SLOT_DEFERRED : SLOT_FREE) &&
	    status != WEFT_DEFERRED)
		send_answer(server, src, reply, len);
	else
		rpmsg_release_tx_buffer(&server->ept, reply);
}

void weft_server_oneway(struct weft_server *server, const struct weft_arrival *arrival)
{
	struct weft_request request = {
		.body = arrival->frame + WEFT_CALL_HEADER_SIZE,
		.body_len = arrival->len - WEFT_CALL_HEADER_SIZE,
		.method = arrival->header.method,
		.src = arrival->src,
		.oneway = true,
	};

	if ((arrival->header.flags & WEFT_FLAG_CONTINUED) != 0)
		count(server, &server->counters.dropped); /* a piece is not the message, and there is nobody to tell */
	else
		run(server, &request);
}

/* ---- In ---- */

static void fill(struct weft_server *server, struct weft_server_slot *slot, const struct weft_arrival *arrival)
{
	uint32_t timeout = arrival->header.aux < WEFT_TIMEOUT_MAX_US ? arrival->header.aux : WEFT_TIMEOUT_MAX_US;

	slot->frame = arrival->frame;
	slot->held = false;
	slot->len = arrival->len;
	slot->src = arrival->src;
	slot->kind = arrival->header.kind;
	slot->flags = arrival->header.flags;
	slot->method = arrival->header.method;
	slot->call = arrival->header.call;
	slot->due = weft_wrap_add(rpmsg_now_us(server->rdev), timeout);
}

static weft_status status_in_passing(struct weft_server *server, const struct weft_call_header *header,
                                     struct weft_request *request)
{
	if (!is_implemented(header->kind, header->flags))
		return WEFT_UNIMPLEMENTED;
	return header->aux != 0 ? run(server, request) : WEFT_DEADLINE_EXCEEDED;
}

/* Without a slot: it has no token, and cannot be answered later. */
static __attribute__((noinline)) weft_status
handle_passing(struct weft_server *server, const struct weft_arrival *arrival, uint8_t *reply, uint32_t *len)
{
	struct weft_request request = {
		.body = arrival->frame + WEFT_CALL_HEADER_SIZE,
		.body_len = arrival->len - WEFT_CALL_HEADER_SIZE,
		.method = arrival->header.method,
		.call = arrival->header.call,
		.src = arrival->src,
		.reply = reply + WEFT_CALL_HEADER_SIZE,
		.reply_capacity = *len - WEFT_CALL_HEADER_SIZE,
	};
	weft_status status = status_in_passing(server, &arrival->header, &request);

	*len = status == WEFT_OK ? request.reply_len : 0;
	return status;
}

static void serve_passing(struct weft_server *server, const struct weft_arrival *arrival, uint8_t *reply, uint32_t room)
{
	uint32_t len = room;
	weft_status status = handle_passing(server, arrival, reply, &len);

	begin_answer(reply, arrival->header.method, arrival->header.call, status);
	send_answer(server, arrival->src, reply, len);
}

static void wait_in(struct weft_server *server, struct weft_server_slot *slot)
{
	if (rpmsg_hold_rx_buffer(&server->ept, slot->frame) != RPMSG_SUCCESS) {
		count(server, &server->counters.dropped);
		weft_slot_move(server, slot, slot->token, SLOT_SERVING, SLOT_FREE);
		return;
	}
	slot->held = true;
	count(server, &server->counters.waited);
	weft_slot_move(server, slot, slot->token, SLOT_SERVING, SLOT_WAITING);
}

void weft_server_cancel(struct weft_server *server, uint32_t call, uint32_t src)
{
	for (uint32_t i = 0; i < server->slot_count; i++) {
		struct weft_server_slot *slot = &server->slots[i];

		if (slot->src != src || slot->call != call)
			continue;
		if (weft_slot_move(server, slot, slot->token, SLOT_WAITING, SLOT_FREE))
			give_frame_back(server, slot);
		weft_slot_move(server, slot, slot->token, SLOT_DEFERRED, SLOT_FREE);
	}
}

/* ---- Later ---- */

/* The client has given up by itself; it is told as far as that goes: not in another life of the link. One that waits
 * has no buffer to be told with, and holds one that the peer may lack to give us ours. */
static __attribute__((noinline)) void expire(struct weft_server *server, struct weft_server_slot *slot)
{
	bool same = slot->life == server_life(server);

	if (weft_slot_move(server, slot, slot->token, SLOT_WAITING, SLOT_FREE)) {
		give_frame_back(server, slot);
		count(server, &server->counters.dropped);
		return;
	}
	if (!weft_slot_move(server, slot, slot->token, SLOT_DEFERRED, SLOT_FREE) || !same)
		return;
	uint8_t *reply = (uint8_t *)rpmsg_try_tx_buffer(&server->ept, NULL);
	if (reply == NULL) {
		count(server, &server->counters.dropped);
		return;
	}
	begin_answer(reply, slot->method, slot->call, WEFT_DEADLINE_EXCEEDED); /* who fills slots is this context */
	send_answer(server, slot->src, reply, 0);
}

static __attribute__((noinline)) void serve_waiting(struct weft_server *server)
{
	struct weft_server_slot *slot;

	while ((slot = weft_slot_oldest(server)) != NULL) {
		uint32_t room;
		uint8_t *reply = (uint8_t *)rpmsg_try_tx_buffer(&server->ept, &room);

		if (reply == NULL)
			return;
		weft_slot_move(server, slot, slot->token, SLOT_WAITING, SLOT_SERVING);
		serve(server, slot, reply, room);
	}
}

static __attribute__((noinline)) void end_overdue(struct weft_server *server)
{
	uint32_t now = rpmsg_now_us(server->rdev);
	uint32_t delay = NEVER;

	for (uint32_t i = 0; i < server->slot_count; i++) {
		struct weft_server_slot *slot = &server->slots[i];

		if (!slot_is_in(slot, SLOT_DEFERRED) && !slot_is_in(slot, SLOT_WAITING))
			continue;
		if (slot_is_due(slot, now))
			expire(server, slot);
		else if (weft_wrap_sub(slot->due, now) < delay)
			delay = weft_wrap_sub(slot->due, now);
	}
	if (server->waiting != 0 && delay > LOOK_US)
		delay = LOOK_US;
	if (delay != NEVER)
		rpmsg_task_start(server->rdev, &server->task, delay);
}

void weft_server_look(struct weft_server *server)
{
	serve_waiting(server);
	end_overdue(server);
}

void weft_server_take(struct weft_server *server, const struct weft_arrival *arrival)
{
	uint8_t *reply = NULL;
	uint32_t room;

	struct weft_server_slot *slot = weft_slot_take(server);
	if (slot != NULL)
		fill(server, slot, arrival);
	if (server->waiting == 0)
		reply = (uint8_t *)rpmsg_try_tx_buffer(&server->ept, &room);
	if (reply != NULL && slot != NULL)
		serve(server, slot, reply, room);
	else if (reply != NULL)
		serve_passing(server, arrival, reply, room);
	else if (slot != NULL)
		wait_in(server, slot);
	else
		count(server, &server->counters.dropped);
}

void weft_server_forget(struct weft_server *server)
{
	__atomic_store_n(&server->life, weft_wrap_add(server->life, 1u), __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < server->slot_count; i++) {
		struct weft_server_slot *slot = &server->slots[i];

		weft_slot_move(server, slot, slot->token, SLOT_WAITING, SLOT_FREE); /* its hold went with the link */
		weft_slot_move(server, slot, slot->token, SLOT_DEFERRED, SLOT_FREE);
	}
}

/* ---- By token ---- */

/* A buffer of the life that the request is of, which stays that until rpmsg_tx_end(). Without one the slot goes back to
 * what it was, or is free. */
static weft_status borrow(struct weft_server *server, struct weft_server_slot *slot, uint32_t token, uint8_t **reply,
                          uint32_t *room)
{
	rpmsg_tx_begin(server->rdev);
	*reply = (uint8_t *)rpmsg_try_tx_buffer(&server->ept, room);
	bool same = slot->life == server_life(server) && rpmsg_link(server->rdev) == WEFT_LINK_UP;
	if (*reply != NULL && same)
		return WEFT_OK;
	if (*reply != NULL)
		rpmsg_release_tx_buffer(&server->ept, *reply);
	rpmsg_tx_end(server->rdev);
	weft_slot_move(server, slot, token, SLOT_ANSWERING, same ? SLOT_DEFERRED : SLOT_FREE);
	return same ? WEFT_RESOURCE_EXHAUSTED : WEFT_FAILED_PRECONDITION;
}

weft_status weft_server_reply(struct weft_server *server, struct weft_token token, weft_status status,
                              const struct weft_message *type, const void *message)
{
	if (server == NULL || server->rdev == NULL)
		return WEFT_FAILED_PRECONDITION;
	struct weft_server_slot *slot = weft_slot_claim(server, token.id);
	uint8_t *reply;
	uint32_t room;
	uint32_t len = 0;

	if (slot == NULL) {
		count(server, &server->counters.stale);
		return WEFT_FAILED_PRECONDITION;
	}
	weft_status borrowed = borrow(server, slot, token.id, &reply, &room);
	if (borrowed != WEFT_OK)
		return borrowed;
	uint32_t capacity = room - WEFT_CALL_HEADER_SIZE;
	if (!check_status((uint32_t)status))
		status = WEFT_UNKNOWN;
	if (status == WEFT_OK && !weft_message_encode(type, message, reply + WEFT_CALL_HEADER_SIZE, capacity, &len))
		status = WEFT_INTERNAL;
	uint32_t src = slot->src;
	begin_answer(reply, slot->method, slot->call, status);
	/* Free before the client hears: its next request finds the slot. */
	weft_slot_move(server, slot, token.id, SLOT_ANSWERING, SLOT_FREE);
	send_answer(server, src, reply, status == WEFT_OK ? len : 0);
	rpmsg_tx_end(server->rdev);
	return status == WEFT_INTERNAL ? WEFT_INTERNAL : WEFT_OK;
}

/* The context that polls is in the handler, so nobody else takes or gives the slot's frame. */
weft_status weft_request_hold(struct weft_server *server, struct weft_token token, struct weft_rx *rx)
{
	uint32_t index = token.id & 0xffu;

	*rx = (struct weft_rx){ 0 };
	if (token.id == 0 || index >= server->slot_count)
		return WEFT_FAILED_PRECONDITION;
	struct weft_server_slot *slot = &server->slots[index];
	if (!weft_slot_move(server, slot, token.id, SLOT_SERVING, SLOT_SERVING) || !rpmsg_in_callback(server->rdev))
		return WEFT_FAILED_PRECONDITION;
	if (slot->held) { /* since it waited: from the slot to rx */
		slot->held = false;
		weft_rx_take(rx, &server->ept, slot->frame);
		return WEFT_OK;
	}
	return weft_rx_hold(rx, &server->ept, slot->frame) ? WEFT_OK : WEFT_FAILED_PRECONDITION;
}
