/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a call at the client: into the table, out on the wire, and to its one end. */
#include "rpc/checks.h"
#include "rpc/client.h"
#include "rpc/frame.h"

/* ---- The table ---- */

static bool put(struct weft_client *client, struct weft_call *call)
{
	uintptr_t key = rpmsg_lock(client->rdev);
	uint32_t slot = 0;

	while (slot < client->call_slots && client->calls[slot] != NULL)
		slot++;
	if (slot < client->call_slots) {
		client->calls[slot] = call;
		call->id = ++client->sequence * client->call_slots + slot;
		call->state = CALL_PENDING;
	}
	rpmsg_unlock(client->rdev, key);
	return slot < client->call_slots;
}

/* A sync caller looks at the state without the lock. */
static void taken_out(struct weft_client *client, struct weft_call *call, uint32_t slot)
{
	client->calls[slot] = NULL;
	__atomic_store_n(&call->state, CALL_ENDING, __ATOMIC_RELAXED);
}

static uint32_t slot_of(const struct weft_client *client, uint32_t id)
{
	return id & (client->call_slots - 1u);
}

/* Take the call out of the table. True: it was there, and it is now the caller's to end. */
static bool take(struct weft_client *client, struct weft_call *call)
{
	uintptr_t key = rpmsg_lock(client->rdev);
	uint32_t slot = slot_of(client, call->id);
	bool taken = client->calls[slot] == call;

	if (taken)
		taken_out(client, call, slot);
	rpmsg_unlock(client->rdev, key);
	return taken;
}

/* The pending call that a reply names, taken out; NULL: none. */
static struct weft_call *take_by_id(struct weft_client *client, uint32_t id)
{
	uintptr_t key = rpmsg_lock(client->rdev);
	uint32_t slot = slot_of(client, id);
	struct weft_call *call = client->calls[slot];

	if (call != NULL && !check_call_id(id, call->id))
		call = NULL;
	if (call != NULL)
		taken_out(client, call, slot);
	rpmsg_unlock(client->rdev, key);
	return call;
}

/* The last thing that touches a call: its storage is the owner's from here. */
static void finish(struct weft_client *client, struct weft_call *call, weft_status status)
{
	weft_call_done done = call->done;
	uintptr_t key = rpmsg_lock(client->rdev);

	client->counters.ended++;
	client->counters.timeouts += status == WEFT_DEADLINE_EXCEEDED;
	rpmsg_unlock(client->rdev, key);
	call->status = (uint8_t)status;
	/* Release pairs with the acquire of a sync caller in another context: response and status are written. */
	__atomic_store_n(&call->state, CALL_DONE, __ATOMIC_RELEASE);
	if (done != NULL)
		done(call, status);
	else
		rpmsg_wake(client->rdev);
}

/* ---- Ends ---- */

void weft_client_reply(struct weft_client *client, const struct weft_call_header *header, const uint8_t *body,
                       uint32_t len)
{
	struct weft_call *call = take_by_id(client, header->call);

	if (call == NULL) {
		client->counters.stray++;
		return;
	}
	weft_status status = check_status(header->aux) ? (weft_status)header->aux : WEFT_UNKNOWN;
	if (header->flags & WEFT_FLAG_CONTINUED)
		status = WEFT_UNIMPLEMENTED;
	if (status == WEFT_OK) {
		memset(call->response, 0, call->method->response->struct_size);
		if (!weft_message_decode(call->method->response, call->response, body, len))
			status = WEFT_DATA_LOSS;
	}
	finish(client, call, status);
}

/* A pending call that is due, or not newer than `last`, taken out; NULL: none. */
static struct weft_call *take_where(struct weft_client *client, bool due, uint32_t now_or_last)
{
	uintptr_t key = rpmsg_lock(client->rdev);
	struct weft_call *found = NULL;

	for (unsigned slot = 0; slot < client->call_slots && found == NULL; slot++) {
		struct weft_call *call = client->calls[slot];

		if (call == NULL)
			continue;
		if (client_is_due(due ? call->due : call->id, now_or_last)) {
			taken_out(client, call, slot);
			found = call;
		}
	}
	rpmsg_unlock(client->rdev, key);
	return found;
}

/* Calls that a done callback starts are newer, and are left alone. */
void weft_client_fail(struct weft_client *client, weft_status status)
{
	uint32_t last = client->sequence * client->call_slots + client->call_slots - 1u;
	struct weft_call *call;

	while ((call = take_where(client, false, last)) != NULL)
		finish(client, call, status);
}

unsigned weft_client_expire(struct weft_client *client, uint32_t now)
{
	struct weft_call *call;
	unsigned expired = 0;

	for (; (call = take_where(client, true, now)) != NULL; expired++)
		finish(client, call, WEFT_DEADLINE_EXCEEDED);
	return expired;
}

static void tell_server(struct weft_client *client, const struct weft_call *call)
{
	struct weft_call_header header = { .kind = WEFT_KIND_CANCEL, .method = call->method->id, .call = call->id };

	weft_frame_send(&client->ept, client->server, &header, NULL); /* best effort: the deadline is on its way too */
}

weft_status weft_call_cancel(struct weft_call *call)
{
	if (call == NULL || call->client == NULL || !take(call->client, call))
		return WEFT_FAILED_PRECONDITION;
	tell_server(call->client, call);
	finish(call->client, call, WEFT_CANCELLED);
	return WEFT_OK;
}

/* ---- Start ---- */

/* What a request needs before it can go out. The buffer is borrowed by the client's endpoint. */
struct outgoing {
	struct weft_call_header header;
	uint8_t *frame;
	uint32_t len;
};

/* Borrow a buffer, waiting at most wait_us, and encode the request into it. */
static weft_status encode(struct weft_client *client, const struct weft_method *method, const void *request,
                          uint32_t wait_us, struct outgoing *out)
{
	uint32_t capacity = 0;
	uint32_t len = 0;

	out->frame = (uint8_t *)rpmsg_get_tx_buffer(&client->ept, &capacity, wait_us);
	if (out->frame == NULL) {
		weft_status state = weft_client_state(client);
		return state == WEFT_OK ? WEFT_RESOURCE_EXHAUSTED : state;
	}
	if (capacity < WEFT_CALL_HEADER_SIZE ||
	    !weft_message_encode(method->request, request, out->frame + WEFT_CALL_HEADER_SIZE,
	                         capacity - WEFT_CALL_HEADER_SIZE, &len)) {
		rpmsg_release_tx_buffer(&client->ept, out->frame);
		return WEFT_INVALID_ARGUMENT;
	}
	out->len = WEFT_CALL_HEADER_SIZE + len;
	out->header = (struct weft_call_header){ .method = method->id };
	return WEFT_OK;
}

static weft_status transmit(struct weft_client *client, struct outgoing *out)
{
	frame_begin(out->frame, &out->header);
	int result = rpmsg_sendto_nocopy(&client->ept, out->frame, (int)out->len, client->server);
	if (result < 0) {
		rpmsg_release_tx_buffer(&client->ept, out->frame);
		return WEFT_UNAVAILABLE; /* the link or the server went while we encoded */
	}
	uintptr_t key = rpmsg_lock(client->rdev);
	client->counters.started++;
	rpmsg_unlock(client->rdev, key);
	return WEFT_OK;
}

static weft_status start(struct weft_client *client, struct weft_call *call, uint32_t timeout_us, struct outgoing *out)
{
	out->header.kind = WEFT_KIND_REQUEST;
	out->header.aux = timeout_us;
	call->due = rpmsg_now_us(client->rdev) + timeout_us;
	if (!put(client, call)) {
		rpmsg_release_tx_buffer(&client->ept, out->frame);
		return WEFT_RESOURCE_EXHAUSTED;
	}
	out->header.call = call->id;
	weft_status status = transmit(client, out);
	if (status != WEFT_OK && take(client, call))
		return status;
	weft_client_arm(client); /* gone from the table already: it has ended like any other */
	return WEFT_OK;
}

static weft_status timeout_fault(uint32_t timeout_us)
{
	if (timeout_us > WEFT_TIMEOUT_MAX_US)
		return WEFT_INVALID_ARGUMENT;
	return timeout_us == 0 ? WEFT_DEADLINE_EXCEEDED : WEFT_OK;
}

static void prepare(struct weft_client *client, struct weft_call *call, const struct weft_method *method,
                    void *response, weft_call_done done)
{
	*call = (struct weft_call){ .client = client, .method = method, .response = response, .done = done };
}

weft_status weft_client_start(struct weft_client *client, struct weft_call *call, const struct weft_method *method,
                              const void *request, void *response, uint32_t timeout_us, weft_call_done done)
{
	struct outgoing out;
	weft_status status = weft_client_state(client);

	if (status == WEFT_OK)
		status = timeout_fault(timeout_us);
	if (status == WEFT_OK && done == NULL)
		status = WEFT_INVALID_ARGUMENT;
	if (status == WEFT_OK)
		status = encode(client, method, request, 0, &out);
	if (status != WEFT_OK)
		return status;
	prepare(client, call, method, response, done);
	return start(client, call, timeout_us, &out);
}

/* ---- Wait ---- */

/* Until somebody has ended it; when nobody has in time, we do. */
static weft_status wait_for(struct weft_client *client, struct weft_call *call)
{
	struct rpmsg_device *rdev = client->rdev;

	for (;;) {
		uint32_t event = rpmsg_event_word(rdev);
		/* Acquire pairs with finish(). */
		if (__atomic_load_n(&call->state, __ATOMIC_ACQUIRE) == CALL_DONE)
			return (weft_status)call->status;

		uint32_t now = rpmsg_now_us(rdev);
		uint32_t left = client_is_due(call->due, now) ? 0 : call->due - now;
		int result = rpmsg_wait_turn(rdev, event, left);
		if (result < 0 && take(client, call))
			finish(client, call, weft_status_from_rpmsg(result));
		else if (left == 0 && take(client, call))
			finish(client, call, WEFT_DEADLINE_EXCEEDED);
	}
}

weft_status weft_client_call(struct weft_client *client, const struct weft_method *method, const void *request,
                             void *response, uint32_t timeout_us)
{
	struct weft_call call;
	struct outgoing out;
	weft_status status = weft_client_state(client);

	if (status == WEFT_OK)
		status = timeout_fault(timeout_us);
	if (status == WEFT_OK && rpmsg_in_callback(client->rdev))
		status = WEFT_FAILED_PRECONDITION;
	if (status != WEFT_OK)
		return status;

	uint32_t begun = rpmsg_now_us(client->rdev);
	status = encode(client, method, request, timeout_us, &out);
	uint32_t waited = rpmsg_now_us(client->rdev) - begun;
	if (status == WEFT_OK && waited >= timeout_us)
		rpmsg_release_tx_buffer(&client->ept, out.frame);
	if (waited >= timeout_us && (status == WEFT_OK || status == WEFT_RESOURCE_EXHAUSTED))
		return WEFT_DEADLINE_EXCEEDED;
	if (status != WEFT_OK)
		return status;
	prepare(client, &call, method, response, NULL);
	status = start(client, &call, timeout_us - waited, &out);
	return status == WEFT_OK ? wait_for(client, &call) : status;
}

weft_status weft_client_oneway(struct weft_client *client, const struct weft_method *method, const void *request,
                               uint32_t timeout_us)
{
	struct outgoing out;
	weft_status status = weft_client_state(client);

	if (status == WEFT_OK)
		status = encode(client, method, request, timeout_us, &out);
	if (status != WEFT_OK)
		return status;
	out.header.kind = WEFT_KIND_ONEWAY;
	return transmit(client, &out);
}
