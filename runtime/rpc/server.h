/* SPDX-License-Identifier: Apache-2.0 */
/* Between server.c, which is found by clients, request.c, which serves them, and slot.c.
 *
 * Who owns a slot. States change under the port's critical section. A slot that is served belongs to the context that
 * polls, one that is answered to whoever holds its token and came first. */
#ifndef WEFT_RPC_SERVER_H
#define WEFT_RPC_SERVER_H

#include "weft/server.h"
#include "weft/wire.h"
#include "weft/wrap.h"

enum slot_state {
	SLOT_FREE,
	SLOT_WAITING,  /* for a transmit buffer; its frame is held */
	SLOT_SERVING,  /* its handler runs */
	SLOT_DEFERRED, /* the handler answers later */
	SLOT_ANSWERING /* it does */
};

/* Without an order: who compares it has begun to write, under the lock, and the link is up; the lock brings both. */
static inline uint32_t server_life(const struct weft_server *server)
{
	return __atomic_load_n(&server->life, __ATOMIC_RELAXED);
}

/*@ requires \valid_read(slot);
  @ assigns \nothing;
  @ ensures \result <==> ahead(slot->due, now) < 0x80000000; */
static inline bool slot_is_due(const struct weft_server_slot *slot, uint32_t now)
{
	return weft_wrap_sub(now, slot->due) <= INT32_MAX;
}

/* Without the lock: one of the states that it had. */
static inline bool slot_is_in(const struct weft_server_slot *slot, enum slot_state state)
{
	return __atomic_load_n(&slot->state, __ATOMIC_RELAXED) == state;
}

/* slot.c: a free slot, with a new token, to be served; NULL: all are in use. */
struct weft_server_slot *weft_slot_take(struct weft_server *server);
/* From one state to another, if it is still that use of the slot. False: somebody was faster. */
bool weft_slot_move(struct weft_server *server, struct weft_server_slot *slot, uint32_t token, enum slot_state from,
                    enum slot_state to);
/* Of those that wait, the one that came first; NULL: nobody waits. */
struct weft_server_slot *weft_slot_oldest(const struct weft_server *server);
/* The slot of a token that is owed, now the caller's to answer; NULL: answered, or none of ours. */
struct weft_server_slot *weft_slot_claim(struct weft_server *server, uint32_t token);

/* A frame, in a callback of the server's endpoint. Its header was read once. */
struct weft_arrival {
	struct weft_call_header header;
	uint8_t *frame;
	uint32_t len;
	uint32_t src;
};

/* A request came. */
void weft_server_take(struct weft_server *server, const struct weft_arrival *arrival);

/* A oneway came. */
void weft_server_oneway(struct weft_server *server, const struct weft_arrival *arrival);

/* The client does not want it any more. */
void weft_server_cancel(struct weft_server *server, uint32_t call, uint32_t src);

/* Serve what waits as far as buffers go, end what is overdue, and look again when the next is. */
void weft_server_look(struct weft_server *server);

/* The link went: what waited and what was owed is of a life that is over. */
void weft_server_forget(struct weft_server *server);

#endif
