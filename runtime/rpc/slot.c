/* SPDX-License-Identifier: Apache-2.0 */
/* The slots of a server, one a request that is not answered yet: their states and tokens. */
#include "rpc/server.h"

#define TOKEN_SEQUENCE 0xffffffu /* what of the sequence a token has room for */

/* The low byte of a token is its slot, the rest counts the uses of the server's slots; 0 is no token. */
static uint32_t next_token(struct weft_server *server, uint32_t slot)
{
	server->sequence = weft_wrap_add(server->sequence, 1u);
	if ((server->sequence & TOKEN_SEQUENCE) == 0)
		server->sequence = weft_wrap_add(server->sequence, 1u);
	return (server->sequence & TOKEN_SEQUENCE) << 8 | slot;
}

struct weft_server_slot *weft_slot_take(struct weft_server *server)
{
	uintptr_t key = rpmsg_lock(server->rdev);
	struct weft_server_slot *taken = NULL;

	for (uint32_t i = 0; i < server->slot_count; i++) {
		struct weft_server_slot *slot = &server->slots[i];

		if (slot->state != SLOT_FREE)
			continue;
		slot->state = SLOT_SERVING;
		slot->token = next_token(server, i);
		slot->order = server->sequence;
		slot->life = server->life;
		taken = slot;
		break;
	}
	rpmsg_unlock(server->rdev, key);
	return taken;
}

bool weft_slot_move(struct weft_server *server, struct weft_server_slot *slot, uint32_t token, enum slot_state from,
                    enum slot_state to)
{
	uintptr_t key = rpmsg_lock(server->rdev);
	bool moved = slot->token == token && slot->state == from;

	if (moved) {
		__atomic_store_n(&slot->state, (uint8_t)to, __ATOMIC_RELAXED);
		if (to == SLOT_WAITING)
			server->waiting++; /* only by the context that polls, as the next */
		if (from == SLOT_WAITING)
			server->waiting--;
	}
	rpmsg_unlock(server->rdev, key);
	return moved;
}

struct weft_server_slot *weft_slot_oldest(const struct weft_server *server)
{
	struct weft_server_slot *oldest = NULL;

	for (uint32_t i = 0; i < server->slot_count && server->waiting != 0; i++) {
		struct weft_server_slot *slot = &server->slots[i];

		if (slot_is_in(slot, SLOT_WAITING) &&
		    (oldest == NULL || weft_wrap_sub(slot->order, oldest->order) > INT32_MAX))
			oldest = slot;
	}
	return oldest;
}

struct weft_server_slot *weft_slot_claim(struct weft_server *server, uint32_t token)
{
	uint32_t index = token & 0xffu;

	if (token == 0 || index >= server->slot_count)
		return NULL;
	struct weft_server_slot *slot = &server->slots[index];
	uintptr_t key = rpmsg_lock(server->rdev);
	/* In one look: the handler may return meanwhile, and what was served be deferred. */
	bool claimed = slot->token == token && (slot->state == SLOT_DEFERRED || slot->state == SLOT_SERVING);
	if (claimed)
		__atomic_store_n(&slot->state, SLOT_ANSWERING, __ATOMIC_RELAXED);
	rpmsg_unlock(server->rdev, key);
	return claimed ? slot : NULL;
}
