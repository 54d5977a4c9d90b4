/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a call at the client: into the table, and out of it to its one end. */
#include "rpc/checks.h"
#include "rpc/client.h"
#include "rpc/frame.h"

/* ---- The table ---- */

/* The sequence stands above the slot, in as many bits as are left. */
static uint32_t first_id(const struct weft_client *client)
{
	return (uint32_t)((uint64_t)client->sequence * client->call_slots);
}

bool weft_call_put(struct weft_client *client, struct weft_call *call, uint8_t *frame, uint32_t timeout_us)
{
	uintptr_t key = rpmsg_lock(client->rdev);
	uint32_t slot = 0;

	while (slot < client->call_slots && client->calls[slot] != NULL)
		slot++;
	if (slot < client->call_slots) {
		client->calls[slot] = call;
		client->sequence = weft_wrap_add(client->sequence, 1u);
		call->id = first_id(client) + slot;
		call->state = CALL_PENDING;
		frame_begin(frame, (struct weft_call_header){ .kind = WEFT_KIND_REQUEST,
		                                              .method = call->method->id,
		                                              .call = call->id,
		                                              .aux = timeout_us });
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

/* By its place, not by what stands in it: where it has ended meanwhile it may be gone. */
bool weft_call_take(struct weft_client *client, struct weft_call *call)
{
	uintptr_t key = rpmsg_lock(client->rdev);
	uint32_t slot = 0;

	while (slot < client->call_slots && client->calls[slot] != call)
		slot++;
	if (slot < client->call_slots)
		taken_out(client, call, slot);
	rpmsg_unlock(client->rdev, key);
	return slot < client->call_slots;
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

void weft_call_finish(struct weft_client *client, struct weft_call *call, weft_status status)
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

/* The views of the response end with the callback, unless its buffer is held. */
static bool keep(struct weft_client *client, const struct weft_call *call, const uint8_t *body)
{
	void *frame = (void *)((uintptr_t)body - WEFT_CALL_HEADER_SIZE);

	return call->rx == NULL || weft_rx_hold(call->rx, &client->ept, frame);
}

void weft_client_reply(struct weft_client *client, const struct weft_call_header *header, const uint8_t *body,
                       uint32_t len)
{
	struct weft_call *call = take_by_id(client, header->call);

	if (call == NULL) {
		client->counters.stray++;
		return;
	}
	weft_status status = check_status(header->aux) ? (weft_status)header->aux : WEFT_UNKNOWN;
	if ((header->flags & WEFT_FLAG_CONTINUED) != 0)
		status = WEFT_UNIMPLEMENTED;
	if (status == WEFT_OK) {
		memset(call->response, 0, call->method->response->struct_size);
		if (!weft_message_decode(call->method->response, call->response, body, len))
			status = WEFT_DATA_LOSS;
		else if (!keep(client, call, body))
			status = WEFT_UNAVAILABLE; /* restarted from another context */
	}
	weft_call_finish(client, call, status);
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
	uint32_t last = first_id(client) + client->call_slots - 1u;
	struct weft_call *call;

	while ((call = take_where(client, false, last)) != NULL)
		weft_call_finish(client, call, status);
}

unsigned weft_client_expire(struct weft_client *client, uint32_t now)
{
	struct weft_call *call;
	unsigned expired = 0;

	for (; (call = take_where(client, true, now)) != NULL; expired++)
		weft_call_finish(client, call, WEFT_DEADLINE_EXCEEDED);
	return expired;
}

static __attribute__((noinline)) void tell_server(struct weft_client *client, const struct weft_call *call)
{
	struct weft_call_header header = { .kind = WEFT_KIND_CANCEL, .method = call->method->id, .call = call->id };

	weft_header_send(&client->ept, client->server, &header); /* best effort: the deadline is on its way too */
}

weft_status weft_call_cancel(struct weft_call *call)
{
	if (call == NULL || call->client == NULL)
		return WEFT_FAILED_PRECONDITION;
	/* One that has ended may have outlived its client. */
	if (__atomic_load_n(&call->state, __ATOMIC_RELAXED) != CALL_PENDING || !weft_call_take(call->client, call))
		return WEFT_FAILED_PRECONDITION;
	tell_server(call->client, call);
	weft_call_finish(call->client, call, WEFT_CANCELLED);
	return WEFT_OK;
}
