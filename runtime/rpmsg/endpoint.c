/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints: the table, their life, to whom they are bound. */
#include <string.h>

#include "rpmsg/device.h"

/* ---- The table: a chain a slot. A dynamic endpoint is alone in its slot, unless static ones join it. ---- */

static struct rpmsg_endpoint **slot_of(const struct rpmsg_device *rdev, uint32_t addr)
{
	return &rdev->endpoints[addr & (rdev->endpoint_slots - 1u)];
}

struct rpmsg_endpoint *rpmsg_lookup(const struct rpmsg_device *rdev, uint32_t addr)
{
	struct rpmsg_endpoint *ept = *slot_of(rdev, addr);

	while (ept != NULL && ept->addr != addr)
		ept = ept->next;
	return ept;
}

/* The slot number with high bits that rotate: a stale message does not meet a new endpoint. There are more slots
 * than endpoints, so one of as many addresses in a row falls into an empty slot. */
static uint32_t dynamic_addr(struct rpmsg_device *rdev)
{
	uint32_t addr;

	do {
		addr = rdev->next_addr++;
		if (rdev->next_addr == RPMSG_ADDR_ANY)
			rdev->next_addr = RPMSG_RESERVED_ADDRESSES + 1u;
	} while (*slot_of(rdev, addr) != NULL);
	return addr;
}

static int insert(struct rpmsg_device *rdev, struct rpmsg_endpoint *ept, uint32_t src)
{
	if (src == RPMSG_NS_EPT_ADDR || (src != RPMSG_ADDR_ANY && rpmsg_lookup(rdev, src) != NULL))
		return RPMSG_ERR_ADDR;
	if (rdev->endpoint_count == rdev->endpoint_slots)
		return RPMSG_ERR_NO_MEM;
	ept->addr = src != RPMSG_ADDR_ANY ? src : dynamic_addr(rdev);
	ept->next = *slot_of(rdev, ept->addr);
	*slot_of(rdev, ept->addr) = ept;
	rdev->endpoint_count++;
	return RPMSG_SUCCESS;
}

/* One that is in the table. */
static void unlink(struct rpmsg_device *rdev, struct rpmsg_endpoint *ept)
{
	struct rpmsg_endpoint **link = slot_of(rdev, ept->addr);

	while (*link != ept)
		link = &(*link)->next;
	*link = ept->next;
	rdev->endpoint_count--;
}

struct rpmsg_endpoint *rpmsg_first_with(const struct rpmsg_device *rdev, uint32_t flag, const char *name, uint32_t dest)
{
	for (uint32_t slot = 0; slot < rdev->endpoint_slots; slot++) {
		for (struct rpmsg_endpoint *ept = rdev->endpoints[slot]; ept != NULL; ept = ept->next) {
			if ((ept->flags & flag) == 0)
				continue;
			if (name == NULL || (ept->dest_addr == dest && rpmsg_same_name(ept->name, name)))
				return ept;
		}
	}
	return NULL;
}

/* ---- Create ---- */

/* Loops of a few bytes here and below, and not memchr, strncmp and memmove, which are 540 bytes of newlib. */
bool rpmsg_name_fits(const char *name)
{
	uint32_t len = 0;

	while (len < RPMSG_NAME_SIZE && name[len] != '\0')
		len++;
	return len < RPMSG_NAME_SIZE;
}

static uint32_t initial_flags(const struct rpmsg_endpoint_config *config)
{
	uint32_t flags = config->flags & (RPMSG_EPT_SERVER | RPMSG_EPT_QUIET);

	if (config->name == NULL || config->name[0] == '\0' || config->dest != RPMSG_ADDR_ANY)
		return flags;
	if ((flags & RPMSG_EPT_QUIET) == 0)
		flags |= EPT_ANNOUNCES | EPT_DUE;
	if ((flags & RPMSG_EPT_SERVER) == 0)
		flags |= EPT_WAITS;
	return flags;
}

static bool waits(const struct rpmsg_endpoint *ept)
{
	return (ept->flags & (EPT_WAITS | EPT_DEAD)) == EPT_WAITS && ept->dest_addr == RPMSG_ADDR_ANY;
}

static void bind_to(struct rpmsg_endpoint *ept, uint32_t dest, uint32_t how)
{
	ept->dest_addr = dest;
	ept_change(ept, EPT_BOUND | how, 0);
}

struct rpmsg_endpoint *rpmsg_bind_waiting(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	struct rpmsg_endpoint *ept = rpmsg_first_with(rdev, EPT_WAITS, name, RPMSG_ADDR_ANY);

	if (ept != NULL)
		bind_to(ept, dest, EPT_CHANNEL);
	return ept;
}

void rpmsg_tell_bound(struct rpmsg_endpoint *ept)
{
	struct rpmsg_device *rdev = ept->rdev;

	if (ept->hooks != NULL && ept->hooks->bound != NULL)
		ept->hooks->bound(ept);
	rpmsg_wake(rdev);
}

/* Who waits for a name takes the first that is kept. In one look: a withdrawal finds it in the table or bound. */
static void take_kept(struct rpmsg_endpoint *ept)
{
	uintptr_t key = rpmsg_lock(ept->rdev);
	uint32_t dest = waits(ept) ? rpmsg_take_channel(ept->rdev, ept->name) : RPMSG_ADDR_ANY;

	if (dest != RPMSG_ADDR_ANY)
		bind_to(ept, dest, EPT_CHANNEL);
	rpmsg_unlock(ept->rdev, key);
	if (dest != RPMSG_ADDR_ANY)
		rpmsg_tell_bound(ept);
}

int rpmsg_create_endpoint(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev,
                          const struct rpmsg_endpoint_config *config)
{
	if (ept == NULL || rdev == NULL || (config->name != NULL && !rpmsg_name_fits(config->name)))
		return RPMSG_ERR_PARAM;
	if (rdev->transport == NULL)
		return RPMSG_ERR_INIT;

	*ept = (struct rpmsg_endpoint){
		.name = config->name,
		.rdev = rdev,
		.cb = config->cb,
		.ns_unbind_cb = config->ns_unbind_cb,
		.hooks = config->hooks,
		.priv = config->priv,
		.dest_addr = config->dest,
		.flags = initial_flags(config),
	};
	uintptr_t key = rpmsg_lock(rdev);
	int result = insert(rdev, ept, config->src);
	if (result == RPMSG_SUCCESS && (ept->flags & EPT_DUE))
		__atomic_store_n(&rdev->announce_due, true, __ATOMIC_RELAXED);
	rpmsg_unlock(rdev, key);
	if (result != RPMSG_SUCCESS) {
		ept->rdev = NULL;
		return result;
	}
	rpmsg_ns_announce(rdev);
	take_kept(ept);
	return RPMSG_SUCCESS;
}

int rpmsg_create_ept(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev, const char *name, uint32_t src,
                     uint32_t dest, rpmsg_ept_cb cb, rpmsg_ns_unbind_cb ns_unbind_cb)
{
	struct rpmsg_endpoint_config config = {
		.name = name, .src = src, .dest = dest, .cb = cb, .ns_unbind_cb = ns_unbind_cb
	};

	return rpmsg_create_endpoint(ept, rdev, &config);
}

/* ---- Destroy: unpublish, then drain ---- */

#define NEEDS_BUFFER 2

/* What a withdrawal goes out in. When the link has come up anew since it was lent, it is somebody else's. */
struct farewell {
	uint8_t *payload; /* NULL: none yet */
	uint32_t life;    /* of the link, in which it was lent */
};

/* Somebody has to be told; a look without the lock. */
static bool heirs_due(const struct rpmsg_device *rdev)
{
	return __atomic_load_n(&rdev->heirs_due, __ATOMIC_RELAXED);
}

/* The peer announces a channel once: it is for who waits, or who comes next, in this life of the link. Locked. */
static void leave_channel(struct rpmsg_device *rdev, const struct rpmsg_endpoint *ept)
{
	struct rpmsg_endpoint *heir = rpmsg_bind_waiting(rdev, ept->name, ept->dest_addr);

	if (heir == NULL) {
		rpmsg_keep_channel(rdev, ept->name, ept->dest_addr);
		return;
	}
	ept_change(heir, EPT_HEIR, 0);
	__atomic_store_n(&rdev->heirs_due, true, __ATOMIC_RELAXED);
}

/* From here no message, announcement or look-up finds ept, it says nothing after its withdrawal, and nothing of the
 * link's is in its hands. */
static int unpublish(struct rpmsg_device *rdev, struct rpmsg_endpoint *ept, uint32_t addr,
                     const struct farewell *farewell)
{
	uintptr_t key = rpmsg_lock(rdev);
	bool lent = farewell->life == rpmsg_link_counters(rdev)->ups;
	int result = rpmsg_lookup(rdev, addr) == ept ? RPMSG_SUCCESS : RPMSG_ERR_PARAM;

	if (result == RPMSG_SUCCESS && !rpmsg_ns_withdraw(ept, lent ? farewell->payload : NULL))
		result = NEEDS_BUFFER;
	if (result == RPMSG_SUCCESS) {
		unlink(rdev, ept);
		if ((ept->flags & EPT_CHANNEL) != 0 && rdev->link == WEFT_LINK_UP)
			leave_channel(rdev, ept);
		ept_change(ept, EPT_DEAD, 0);
		rdev->transport->ops->forget(rdev->transport, ept);
		rpmsg_flush(rdev);
	}
	rpmsg_unlock(rdev, key);
	return result;
}

int rpmsg_destroy_ept(struct rpmsg_endpoint *ept)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	struct rpmsg_device *rdev = ept->rdev;
	uint32_t addr = ept->addr;
	struct farewell farewell = { .payload = NULL };
	int result;

	while ((result = unpublish(rdev, ept, addr, &farewell)) == NEEDS_BUFFER) {
		/* In a callback it does not wait. */
		int room = rpmsg_borrow(ept, &farewell.payload, &farewell.life, rdev->tx_timeout_us);
		if (room == RPMSG_ERR_NO_BUFF || room == RPMSG_ERR_PARAM)
			return room;
	}
	if (result != RPMSG_SUCCESS)
		return result;
	rpmsg_tx_freed(rdev);
	if (heirs_due(rdev))
		rpmsg_wake(rdev);
	/* The polling context can only still be inside ept's callback: it was pinned before unpublish, by a look-up
	 * under the lock. When that context is us, it ends after our caller does; rpmsg_unpin() then tells. */
	if (!rpmsg_drain(rdev, ept)) {
		ept_change(ept, EPT_OWN, 0); /* dead: nobody else changes it */
		return 1;
	}
	return RPMSG_SUCCESS;
}

/* A dead endpoint whose destroyer waits may be gone as soon as the callback is over: its flags are read before. */
void rpmsg_unpin(struct rpmsg_device *rdev, struct rpmsg_endpoint *ept)
{
	bool own = (ept_flags(ept) & EPT_OWN) != 0;
	rpmsg_released_cb released = own && ept->hooks != NULL ? ept->hooks->released : NULL;

	rpmsg_callback_over(rdev);
	if (released != NULL)
		released(ept);
}

/* ---- Bound to whom ---- */

void rpmsg_bind(struct rpmsg_endpoint *ept, uint32_t dest)
{
	uintptr_t key = rpmsg_lock(ept->rdev);
	bool news = waits(ept);

	if (news)
		bind_to(ept, dest, 0);
	news |= (ept->flags & EPT_HEIR) != 0;
	ept_change(ept, 0, EPT_HEIR);
	rpmsg_unlock(ept->rdev, key);
	if (news)
		rpmsg_tell_bound(ept);
}

static bool tell_an_heir(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	struct rpmsg_endpoint *ept = rpmsg_first_with(rdev, EPT_HEIR, NULL, 0);

	__atomic_store_n(&rdev->heirs_due, ept != NULL, __ATOMIC_RELAXED);
	if (ept != NULL) {
		ept_change(ept, 0, EPT_HEIR);
		rpmsg_pin(rdev, ept);
	}
	rpmsg_unlock(rdev, key);
	if (ept == NULL)
		return false;
	rpmsg_tell_bound(ept);
	rpmsg_unpin(rdev, ept);
	return true;
}

/* One may leave its channel to the next, and come again: the rest is for the next poll. */
void rpmsg_tell_heirs(struct rpmsg_device *rdev)
{
	uint32_t left = heirs_due(rdev) ? rdev->endpoint_slots : 0;

	while (left != 0 && tell_an_heir(rdev))
		left--;
}

/* In one look: a destination that is set meanwhile stands, and what a destroy leaves meanwhile is not left behind. */
bool rpmsg_unbind(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	uintptr_t key = rpmsg_lock(rdev);
	struct rpmsg_endpoint *ept = rpmsg_first_with(rdev, EPT_BOUND, name, dest);
	bool told = ept != NULL && (ept->flags & EPT_HEIR) == 0; /* that it was bound */

	if (name != NULL)
		rpmsg_forget_channel(rdev, name, dest);
	if (ept != NULL) {
		ept->dest_addr = RPMSG_ADDR_ANY;
		ept_change(ept, 0, EPT_BOUND | EPT_CHANNEL | EPT_HEIR);
		rpmsg_pin(rdev, ept);
	}
	rpmsg_unlock(rdev, key);
	if (ept == NULL)
		return false;
	if (told && ept->ns_unbind_cb != NULL)
		ept->ns_unbind_cb(ept);
	take_kept(ept);
	rpmsg_unpin(rdev, ept);
	return true;
}

bool is_rpmsg_ept_ready(const struct rpmsg_endpoint *ept)
{
	return ept_lives(ept) && ept->dest_addr != RPMSG_ADDR_ANY && rpmsg_link(ept->rdev) == WEFT_LINK_UP;
}

int rpmsg_set_dest(struct rpmsg_endpoint *ept, uint32_t dest)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	uintptr_t key = rpmsg_lock(ept->rdev);
	ept->dest_addr = dest;
	ept_change(ept, 0, EPT_BOUND | EPT_CHANNEL | EPT_HEIR);
	rpmsg_unlock(ept->rdev, key);
	take_kept(ept);
	return RPMSG_SUCCESS;
}

int rpmsg_rebind_ept(struct rpmsg_endpoint *ept, rpmsg_ept_cb cb, void *priv)
{
	if (!ept_lives(ept))
		return RPMSG_ERR_PARAM;
	uintptr_t key = rpmsg_lock(ept->rdev);
	ept->cb = cb;
	ept->priv = priv;
	rpmsg_unlock(ept->rdev, key);
	return RPMSG_SUCCESS;
}

struct rpmsg_endpoint *rpmsg_find_ept(struct rpmsg_device *rdev, uint32_t addr)
{
	if (rdev == NULL || rdev->transport == NULL)
		return NULL;
	uintptr_t key = rpmsg_lock(rdev);
	struct rpmsg_endpoint *ept = rpmsg_lookup(rdev, addr);
	rpmsg_unlock(rdev, key);
	return ept;
}
