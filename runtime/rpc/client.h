/* SPDX-License-Identifier: Apache-2.0 */
/* Between client.c, which finds the server, start.c, which begins calls, and call.c, which ends them.
 *
 * Who owns a call. `calls` is guarded by the port's critical section. A call in the table is pending; who takes it
 * out ends it, and is the only one to: a reply, the deadline, a lost server, a cancel, a close. */
#ifndef WEFT_RPC_CLIENT_H
#define WEFT_RPC_CLIENT_H

#include "weft/client.h"
#include "weft/wire.h"
#include "weft/wrap.h"

enum client_state {
	CLIENT_ALONE, /* no server */
	CLIENT_HELLO, /* asked, not answered */
	CLIENT_READY,
	CLIENT_REFUSED
};

enum call_state {
	CALL_PENDING = 1, /* in the table */
	CALL_ENDING,      /* taken out; response, status and done are under way */
	CALL_DONE         /* over; only a sync caller is there to see it */
};

/* Into the table, and its header into the frame, before anybody can end it: true. False: the table is full. */
bool weft_call_put(struct weft_client *client, struct weft_call *call, uint8_t *frame, uint32_t timeout_us);

/* Take the call out of the table. True: it was there, and it is now the caller's to end. */
bool weft_call_take(struct weft_client *client, struct weft_call *call);

/* The last thing that touches a call that was taken: its storage is the owner's from here. */
void weft_call_finish(struct weft_client *client, struct weft_call *call, weft_status status);

/* End what is pending and was started up to now. */
void weft_client_fail(struct weft_client *client, weft_status status);

/* A reply came. */
void weft_client_reply(struct weft_client *client, const struct weft_call_header *header, const uint8_t *body,
                       uint32_t len);

/* End the calls whose time is over; returns how many. */
unsigned weft_client_expire(struct weft_client *client, uint32_t now);

/* Have client->task run when the next deadline or hello is due. */
void weft_client_arm(struct weft_client *client);

/* Say hello, unless one is under way. */
void weft_client_hello(struct weft_client *client);

/* Wrap-safe: has `due` come? */
/*@ assigns \nothing;
  @ ensures \result <==> ahead(due, now) < 0x80000000; */
static inline bool client_is_due(uint32_t due, uint32_t now)
{
	return weft_wrap_sub(now, due) <= INT32_MAX;
}

/* Until `due`; 0 when it has come. */
static inline uint32_t client_left(uint32_t due, uint32_t now)
{
	return client_is_due(due, now) ? 0 : weft_wrap_sub(due, now);
}

#endif
