/* SPDX-License-Identifier: Apache-2.0 */
/* The name service: announcements out and in, and those that nobody has asked for yet. */
#include <string.h>

#include "rpmsg/checks.h"
#include "rpmsg/device.h"
#include "weft/once.h"

/* What goes to address 53. Linux tests the bit, others the whole word: send nothing else. */
#define NS_DESTROY 1u

struct ns_message {
	char name[RPMSG_NAME_SIZE];
	uint32_t addr;
	uint32_t flags;
};

bool rpmsg_same_name(const char *a, const char *b)
{
	uint32_t i = 0;

	while (i < RPMSG_NAME_SIZE && a[i] == b[i] && a[i] != '\0')
		i++;
	return i == RPMSG_NAME_SIZE || a[i] == b[i];
}

/* ---- Out ---- */

static void copy_name(char to[RPMSG_NAME_SIZE], const char *name)
{
	size_t i = 0;

	for (; i < RPMSG_NAME_SIZE - 1u && name[i] != '\0'; i++)
		to[i] = name[i];
	memset(to + i, 0, RPMSG_NAME_SIZE - i);
}

static bool ns_send(struct rpmsg_endpoint *ept, uint32_t flags, uint8_t *payload)
{
	const struct weft_transport_ops *ops = ept->rdev->transport->ops;
	struct ns_message *message = (struct ns_message *)(void *)payload;

	copy_name(message->name, ept->name);
	message->addr = ept->addr;
	message->flags = flags;
	return ops->send(ept->rdev->transport, ept, payload, sizeof *message, ept->addr, RPMSG_NS_EPT_ADDR);
}

struct rpmsg_endpoint *rpmsg_ns_due(struct rpmsg_device *rdev)
{
	struct rpmsg_endpoint *ept = rpmsg_first_with(rdev, EPT_DUE, NULL, 0);

	__atomic_store_n(&rdev->announce_due, ept != NULL, __ATOMIC_RELAXED);
	return ept;
}

void rpmsg_ns_say(struct rpmsg_endpoint *ept, uint8_t *payload)
{
	ns_send(ept, 0, payload);
	ept_change(ept, EPT_ANNOUNCED, EPT_DUE);
}

void rpmsg_ns_announce(struct rpmsg_device *rdev)
{
	/* A look without the lock: most polls have nothing to announce. */
	if (!__atomic_load_n(&rdev->announce_due, __ATOMIC_RELAXED))
		return;
	uintptr_t key = rpmsg_lock(rdev);

	if (rdev->announce_due && rdev->link == WEFT_LINK_UP) {
		rpmsg_first_free(rdev, NULL);
		rpmsg_flush(rdev);
	}
	rpmsg_unlock(rdev, key);
}

bool rpmsg_ns_withdraw(struct rpmsg_endpoint *ept, uint8_t *payload)
{
	if ((ept->flags & EPT_ANNOUNCED) == 0 || ept->rdev->transport->mtu == 0)
		return true;
	return payload != NULL && ns_send(ept, NS_DESTROY, payload);
}

/* ---- Kept channels. Locked, but for the public look-up. ---- */

static struct rpmsg_channel *find_channel(const struct rpmsg_device *rdev, const char *name, uint32_t addr)
{
	for (uint32_t i = 0; i < rdev->channel_count; i++) {
		if (rdev->channels[i].addr == addr && rpmsg_same_name(rdev->channels[i].name, name))
			return &rdev->channels[i];
	}
	return NULL;
}

static uint32_t other_channel(const struct rpmsg_device *rdev, const char *name, uint32_t except)
{
	for (uint32_t i = 0; i < rdev->channel_count; i++) {
		if (rdev->channels[i].addr != except && rpmsg_same_name(rdev->channels[i].name, name))
			return rdev->channels[i].addr;
	}
	return RPMSG_ADDR_ANY;
}

/* Those behind it move up: who came first stays first. */
static void remove_channel(struct rpmsg_device *rdev, struct rpmsg_channel *channel)
{
	const struct rpmsg_channel *last = &rdev->channels[--rdev->channel_count];

	for (; channel != last; channel++)
		memcpy(channel, channel + 1, sizeof *channel);
}

uint32_t rpmsg_take_channel(struct rpmsg_device *rdev, const char *name)
{
	uint32_t addr = other_channel(rdev, name, RPMSG_ADDR_ANY);

	if (addr != RPMSG_ADDR_ANY)
		remove_channel(rdev, find_channel(rdev, name, addr));
	return addr;
}

uint32_t rpmsg_find_channel(struct rpmsg_device *rdev, const char *name, uint32_t except)
{
	uintptr_t key = rpmsg_lock(rdev);
	uint32_t addr = other_channel(rdev, name, except);

	rpmsg_unlock(rdev, key);
	return addr;
}

bool rpmsg_keep_channel(struct rpmsg_device *rdev, const char *name, uint32_t addr)
{
	if (find_channel(rdev, name, addr) != NULL)
		return false;
	if (rdev->channel_count == rdev->channel_slots) {
		rdev->counters.not_kept++;
		return true;
	}
	struct rpmsg_channel *channel = &rdev->channels[rdev->channel_count++];

	copy_name(channel->name, name);
	channel->addr = addr;
	return true;
}

void rpmsg_forget_channel(struct rpmsg_device *rdev, const char *name, uint32_t addr)
{
	struct rpmsg_channel *channel = find_channel(rdev, name, addr);

	if (channel != NULL)
		remove_channel(rdev, channel);
}

/* ---- Drivers ---- */

enum driver_call { PROBE, REMOVE, UP, DOWN };

/* Locked; opens the lock for the call. */
static uintptr_t call_driver(struct rpmsg_device *rdev, struct rpmsg_driver *driver, enum driver_call what,
                             uint32_t dest, uintptr_t key)
{
	rpmsg_pin(rdev, driver);
	rpmsg_unlock(rdev, key);
	if (what == PROBE)
		driver->probe(driver, dest);
	else if (what == REMOVE)
		driver->remove(driver, dest);
	else if (driver->link != NULL)
		driver->link(driver, what == UP);
	rpmsg_callback_over(rdev);
	return rpmsg_lock(rdev);
}

/* Call every driver of that name (NULL: of any). They may register and unregister meanwhile. False: none. */
static bool call_drivers(struct rpmsg_device *rdev, const char *name, enum driver_call what, uint32_t dest)
{
	bool called = false;
	uintptr_t key = rpmsg_lock(rdev);

	for (struct rpmsg_driver *driver = rdev->drivers; driver != NULL; driver = rdev->next_driver) {
		rdev->next_driver = driver->next;
		if (name != NULL && !rpmsg_same_name(driver->name, name))
			continue;
		called = true;
		key = call_driver(rdev, driver, what, dest, key);
	}
	rpmsg_unlock(rdev, key);
	return called;
}

/* Locked, but for the calls: there the driver may leave, and channels may be taken. */
static uintptr_t introduce(struct rpmsg_device *rdev, struct rpmsg_driver *driver, uintptr_t key)
{
	rdev->next_driver = driver; /* as long as it is registered */
	if (rdev->link == WEFT_LINK_UP)
		key = call_driver(rdev, driver, UP, RPMSG_ADDR_ANY, key);
	for (uint32_t i = 0; i < rdev->channel_count && rdev->next_driver == driver;) {
		uint32_t addr = rdev->channels[i].addr;

		if (rpmsg_same_name(rdev->channels[i].name, driver->name)) {
			key = call_driver(rdev, driver, PROBE, addr, key);
			if (i >= rdev->channel_count || rdev->channels[i].addr != addr)
				continue; /* gone: the next one stands in its place */
		}
		i++;
	}
	return key;
}

/* One may leave and come again, or bring another: that one is for the next poll. */
void rpmsg_ns_introduce(struct rpmsg_device *rdev)
{
	/* A look without the lock: most polls have none. */
	if (__atomic_load_n(&rdev->new_drivers, __ATOMIC_RELAXED) == NULL)
		return;
	uintptr_t key = rpmsg_lock(rdev);
	uint32_t left = 0;

	for (const struct rpmsg_driver *each = rdev->new_drivers; each != NULL; each = each->next)
		left++;
	for (; left != 0 && rdev->new_drivers != NULL; left--) {
		struct rpmsg_driver *driver = rdev->new_drivers;

		__atomic_store_n(&rdev->new_drivers, driver->next, __ATOMIC_RELAXED);
		driver->next = rdev->drivers;
		rdev->drivers = driver;
		key = introduce(rdev, driver, key);
	}
	rpmsg_unlock(rdev, key);
}

int rpmsg_register_driver(struct rpmsg_device *rdev, struct rpmsg_driver *driver)
{
	if (rdev == NULL || driver == NULL || driver->name == NULL || driver->probe == NULL || driver->remove == NULL)
		return RPMSG_ERR_PARAM;
	if (rdev->transport == NULL)
		return RPMSG_ERR_INIT;
	uintptr_t key = rpmsg_lock(rdev);
	struct rpmsg_driver **end = &rdev->new_drivers;

	while (*end != NULL)
		end = &(*end)->next;
	driver->next = NULL;
	__atomic_store_n(end, driver, __ATOMIC_RELAXED);
	rpmsg_unlock(rdev, key);
	rpmsg_wake(rdev);
	return RPMSG_SUCCESS;
}

static bool unlink_driver(struct rpmsg_driver **link, const struct rpmsg_driver *driver)
{
	while (*link != NULL && *link != driver)
		link = &(*link)->next;
	if (*link == NULL)
		return false;
	__atomic_store_n(link, driver->next, __ATOMIC_RELAXED);
	return true;
}

int rpmsg_unregister_driver(struct rpmsg_device *rdev, struct rpmsg_driver *driver)
{
	if (rdev == NULL || rdev->transport == NULL)
		return RPMSG_ERR_INIT;
	uintptr_t key = rpmsg_lock(rdev);
	bool unlinked = unlink_driver(&rdev->drivers, driver) || unlink_driver(&rdev->new_drivers, driver);
	if (rdev->next_driver == driver)
		rdev->next_driver = driver->next;
	rpmsg_unlock(rdev, key);
	rpmsg_drain(rdev, driver);
	return unlinked ? RPMSG_SUCCESS : RPMSG_ERR_PARAM;
}

/* ---- In ---- */

/* In one look, so that who comes to wait meanwhile has it or finds it kept: who waits is bound (*bound, pinned for its
 * callback, else NULL), or it is kept. False: nothing new, said twice or spoken before it was announced. */
static bool bind_or_keep(struct rpmsg_device *rdev, const struct ns_message *message, struct rpmsg_endpoint **bound)
{
	uintptr_t key = rpmsg_lock(rdev);
	struct rpmsg_endpoint *known = rpmsg_first_with(rdev, EPT_BOUND, message->name, message->addr);
	bool news = known == NULL;

	*bound = news ? rpmsg_bind_waiting(rdev, message->name, message->addr) : NULL;
	if (!news)
		ept_change(known, EPT_CHANNEL, 0);
	else if (*bound != NULL)
		rpmsg_pin(rdev, *bound);
	else
		news = rpmsg_keep_channel(rdev, message->name, message->addr);
	rpmsg_unlock(rdev, key);
	return news;
}

static void announced(struct rpmsg_device *rdev, const struct ns_message *message)
{
	struct rpmsg_endpoint *ept;

	if (!bind_or_keep(rdev, message, &ept))
		return;
	if (ept != NULL) {
		rpmsg_tell_bound(ept);
		rpmsg_unpin(rdev, ept);
		return;
	}
	if (!call_drivers(rdev, message->name, PROBE, message->addr) && rdev->ns_bind_cb != NULL)
		rdev->ns_bind_cb(rdev, message->name, message->addr);
}

static void withdrawn(struct rpmsg_device *rdev, const struct ns_message *message)
{
	bool known = false;

	while (rpmsg_unbind(rdev, message->name, message->addr))
		known = true;
	known |= call_drivers(rdev, message->name, REMOVE, message->addr);
	if (!known && rdev->ns_unbind_cb != NULL)
		rdev->ns_unbind_cb(rdev, message->name, message->addr);
}

static enum weft_check message_fault(const struct ns_message *message)
{
	if (!check_ns_name(message->name[0]))
		return WEFT_CHECK_NS_NAME;
	if (!check_ns_addr(message->addr))
		return WEFT_CHECK_NS_ADDR;
	return WEFT_CHECK_NONE;
}

static enum weft_check bad_name(struct rpmsg_device *rdev, enum weft_check fault)
{
	rdev->counters.bad_name++;
	return fault;
}

enum weft_check rpmsg_ns_receive(struct rpmsg_device *rdev, const struct weft_frame *frame)
{
	struct ns_message message;

	rpmsg_ns_introduce(rdev); /* who registered before it came hears of it, not of what is kept of it */
	if (!check_ns_len(frame->len))
		return bad_name(rdev, WEFT_CHECK_NS_LEN);
	weft_copy_once(&message, frame->data, sizeof message);
	message.name[RPMSG_NAME_SIZE - 1u] = '\0'; /* not every stack ends it */
	enum weft_check fault = message_fault(&message);
	if (fault != WEFT_CHECK_NONE)
		return bad_name(rdev, fault);
	if ((message.flags & NS_DESTROY) != 0)
		withdrawn(rdev, &message);
	else
		announced(rdev, &message);
	return WEFT_CHECK_NONE;
}

void rpmsg_ns_link(struct rpmsg_device *rdev, bool up)
{
	call_drivers(rdev, NULL, up ? UP : DOWN, RPMSG_ADDR_ANY);
}
