/* SPDX-License-Identifier: Apache-2.0 */
/* The name service: announcements and withdrawals of any bytes, between endpoints that wait, drivers that come and go,
 * and the array of what is kept. While callbacks only look, a model says what each message does; when they act as well,
 * what must hold whatever they do. */
#include "fuzz/liar.h"
#include "rpmsg/device.h"

#define ENDS 4u
#define DRIVERS 3u
#define NAMES 4u

struct message {
	char name[RPMSG_NAME_SIZE];
	uint32_t addr;
	uint32_t flags;
};

static const char *const names[NAMES] = { "warp", "weft", "0123456789012345678901234567890", "\xff\xfe\xfd" };

static struct liar liar;
static struct rpmsg_endpoint ends[ENDS];
static struct rpmsg_driver drivers[DRIVERS];
static bool lives[ENDS];
static unsigned life_of[ENDS];
static bool dying[ENDS];
static bool registered[DRIVERS];
static struct fuzz *input;
static unsigned accepted;
static bool passive; /* callbacks only look */

/* What the callbacks were told of the message that came. */
static struct told {
	unsigned probes;
	unsigned removes;
	unsigned binds; /* ns_bind_cb */
	unsigned unbinds;
	unsigned unbound; /* endpoints */
	unsigned acted;   /* who was told did something, and may be told of that */
} told;

/* ---- The application ---- */

static void act(struct fuzz *in);

static void maybe_act(void)
{
	if (!passive && fuzz_below(input, 2) == 0) {
		told.acted++;
		act(input);
	}
}

static void check_name(const char *name)
{
	fuzz_assert(memchr(name, '\0', RPMSG_NAME_SIZE) != NULL && name[0] != '\0');
}

static void probe(struct rpmsg_driver *driver, uint32_t dest)
{
	fuzz_assert(registered[driver - drivers] && dest != RPMSG_ADDR_ANY && dest != RPMSG_NS_EPT_ADDR);
	told.probes++;
	maybe_act();
}

static void removed(struct rpmsg_driver *driver, uint32_t dest)
{
	fuzz_assert(registered[driver - drivers] && dest != RPMSG_ADDR_ANY);
	told.removes++;
	maybe_act();
}

static void bind_cb(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	(void)rdev;
	fuzz_assert(dest != RPMSG_ADDR_ANY && dest != RPMSG_NS_EPT_ADDR);
	check_name(name);
	told.binds++;
	maybe_act();
}

static void unbind_cb(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	(void)rdev;
	(void)dest;
	check_name(name);
	told.unbinds++;
	maybe_act();
}

static void ept_unbound(struct rpmsg_endpoint *ept)
{
	fuzz_assert(lives[ept - ends] && ept->dest_addr == RPMSG_ADDR_ANY);
	told.unbound++;
	maybe_act();
}

static void ept_bound(struct rpmsg_endpoint *ept)
{
	fuzz_assert(lives[ept - ends] || !passive);
	fuzz_assert(ept->dest_addr != RPMSG_ADDR_ANY);
	maybe_act();
}

static const struct rpmsg_endpoint_hooks hooks = { .bound = ept_bound };

static void create(unsigned i, struct fuzz *in)
{
	struct rpmsg_endpoint_config config = {
		.name = names[fuzz_below(in, NAMES)],
		.src = RPMSG_ADDR_ANY,
		.dest = RPMSG_ADDR_ANY,
		.flags = fuzz_below(in, 4),
		.ns_unbind_cb = ept_unbound,
		.hooks = &hooks,
	};

	if (lives[i] || dying[i])
		return;
	life_of[i]++;
	lives[i] = true; /* it may be bound before this returns */
	fuzz_assert(rpmsg_create_endpoint(&ends[i], &liar.victim->rdev, &config) == RPMSG_SUCCESS);
}

static void destroy(unsigned i)
{
	if (!lives[i])
		return;
	unsigned life = life_of[i];
	bool own = rpmsg_in_callback_of(&liar.victim->rdev, &ends[i]);
	int result = rpmsg_destroy_ept(&ends[i]);
	if (result == RPMSG_ERR_NO_BUFF)
		return;
	if (result == RPMSG_ERR_PARAM && (!lives[i] || life_of[i] != life))
		return; /* a callback did, while this waited for a buffer */
	fuzz_assert(result == RPMSG_SUCCESS || result == 1 || result == RPMSG_ERR_DEV_STATE);
	fuzz_assert(result != 1 || own);
	lives[i] = false;
	dying[i] = result == 1;
	if (result == RPMSG_SUCCESS && passive)
		memset(&ends[i], 0xdd, sizeof ends[i]);
}

static void toggle_driver(unsigned i, struct fuzz *in)
{
	struct rpmsg_device *rdev = &liar.victim->rdev;

	if (registered[i]) {
		registered[i] = false;
		fuzz_assert(rpmsg_unregister_driver(rdev, &drivers[i]) == RPMSG_SUCCESS);
		fuzz_assert(rpmsg_unregister_driver(rdev, &drivers[i]) == RPMSG_ERR_PARAM);
		return;
	}
	drivers[i] = (struct rpmsg_driver){ .name = names[fuzz_below(in, NAMES)], .probe = probe, .remove = removed };
	registered[i] = true;
	fuzz_assert(rpmsg_register_driver(rdev, &drivers[i]) == RPMSG_SUCCESS);
}

static void act(struct fuzz *in)
{
	unsigned i = fuzz_below(in, ENDS);

	switch (fuzz_below(in, 5)) {
	case 0:
		create(i, in);
		break;
	case 1:
		destroy(i);
		break;
	case 2:
		toggle_driver(i % DRIVERS, in);
		break;
	case 3:
		if (lives[i])
			rpmsg_set_dest(&ends[i], fuzz_below(in, 2) == 0 ? RPMSG_ADDR_ANY : 99);
		break;
	default:
		rpmsg_find_channel(&liar.victim->rdev, names[i % NAMES], fuzz_below(in, 2) == 0 ? 5 : RPMSG_ADDR_ANY);
		break;
	}
}

/* ---- What must hold at rest ---- */

static bool waits(unsigned i)
{
	return lives[i] && (ends[i].flags & EPT_WAITS) != 0 && ends[i].dest_addr == RPMSG_ADDR_ANY;
}

static bool is_bound(unsigned i, const char *name, uint32_t addr)
{
	return lives[i] && (ends[i].flags & EPT_BOUND) != 0 && ends[i].dest_addr == addr &&
	       strcmp(ends[i].name, name) == 0;
}

static int kept_at(const char *name, uint32_t addr)
{
	const struct rpmsg_device *rdev = &liar.victim->rdev;

	for (uint32_t i = 0; i < rdev->channel_count; i++) {
		if (strcmp(rdev->channels[i].name, name) == 0 && (addr == 0 || rdev->channels[i].addr == addr))
			return (int)i;
	}
	return -1;
}

static void check(void)
{
	const struct rpmsg_device *rdev = &liar.victim->rdev;

	fuzz_assert(rdev->channel_count <= PAIR_CHANNELS);
	for (uint32_t i = 0; i < rdev->channel_count; i++) {
		const struct rpmsg_channel *channel = &rdev->channels[i];

		check_name(channel->name);
		fuzz_assert(channel->addr != RPMSG_ADDR_ANY && channel->addr != RPMSG_NS_EPT_ADDR);
		fuzz_assert(channel->addr == 0 || kept_at(channel->name, channel->addr) == (int)i); /* once */
	}
	for (unsigned i = 0; i < ENDS; i++) {
		if (lives[i] && (ends[i].flags & EPT_BOUND) != 0)
			fuzz_assert(ends[i].dest_addr != RPMSG_ADDR_ANY);
		if (waits(i)) /* who waits has taken what is there */
			fuzz_assert(kept_at(ends[i].name, 0) < 0);
	}
}

/* ---- One message ---- */

struct before {
	unsigned waiting; /* endpoints for the name */
	unsigned bound;   /* ... bound to this announcement */
	unsigned told;    /* ... and told so: who inherited the channel is at the next poll */
	unsigned drivers; /* of the name */
	bool kept;
	uint32_t count;
};

static struct before look(const struct message *message)
{
	struct before before = { .kept = false, .count = liar.victim->rdev.channel_count };
	const struct rpmsg_device *rdev = &liar.victim->rdev;

	for (unsigned i = 0; i < ENDS; i++) {
		bool bound = is_bound(i, message->name, message->addr);

		before.waiting += waits(i) && strcmp(ends[i].name, message->name) == 0;
		before.bound += bound;
		before.told += bound && (ends[i].flags & EPT_HEIR) == 0;
	}
	for (unsigned i = 0; i < DRIVERS; i++)
		before.drivers += registered[i] && strcmp(drivers[i].name, message->name) == 0;
	for (uint32_t i = 0; i < rdev->channel_count; i++)
		before.kept |=
			rdev->channels[i].addr == message->addr && strcmp(rdev->channels[i].name, message->name) == 0;
	return before;
}

static void announced(const struct before *before, const struct before *after, uint32_t not_kept)
{
	if (before->bound != 0 || (before->waiting == 0 && before->kept)) { /* said twice */
		fuzz_assert(told.probes == 0 && told.binds == 0 && not_kept == 0 && after->count == before->count);
		fuzz_assert(after->bound == before->bound && after->waiting == before->waiting);
	} else if (before->waiting != 0) {
		fuzz_assert(after->bound == 1 && after->waiting == before->waiting - 1u);
		fuzz_assert(told.probes == 0 && told.binds == 0 && after->count == before->count);
	} else {
		bool full = before->count == PAIR_CHANNELS;

		fuzz_assert(not_kept == full && after->count == before->count + !full && after->kept == !full);
		fuzz_assert(told.probes == before->drivers && told.binds == (before->drivers == 0));
	}
	fuzz_assert(told.removes == 0 && told.unbinds == 0 && told.unbound == 0);
}

static void withdrawn(const struct before *before, const struct before *after)
{
	bool known = before->bound != 0 || before->drivers != 0;

	fuzz_assert(!after->kept && after->bound == 0);
	fuzz_assert(told.unbound == before->told && told.removes == before->drivers);
	fuzz_assert(told.unbinds == !known && told.probes == 0 && told.binds == 0);
}

/* What is on the wire: 32 bytes that may have no end. */
static struct message any_message(struct fuzz *in)
{
	struct message message = { .name = { 0 } };
	uint32_t which = fuzz_below(in, NAMES + 4u);

	if (which < NAMES)
		memcpy(message.name, names[which], strlen(names[which]));
	else if (which == NAMES)
		memcpy(message.name, "01234567890123456789012345678901", RPMSG_NAME_SIZE);
	else if (which == NAMES + 1u)
		memcpy(message.name, "warp\0junk", 9);
	else if (which == NAMES + 2u)
		memset(message.name, fuzz_u8(in), RPMSG_NAME_SIZE);
	message.addr = FUZZ_PICK(in, 0, 1, 5, 6, 7, 1025, 53, RPMSG_ADDR_ANY);
	message.flags = FUZZ_PICK(in, 0, 0, 1, 1, 2, 3);
	return message;
}

static void say(struct fuzz *in)
{
	struct message message = any_message(in);
	struct rpmsg_device *rdev = &liar.victim->rdev;
	uint32_t len = fuzz_below(in, 4) != 0 ? 40 : FUZZ_PICK(in, 0, 1, 32, 39, 40, 41, 496) % 497u;
	uint8_t bytes[PAIR_BUF_SIZE] = { 0 };
	struct rpmsg_counters was = rdev->counters;

	memcpy(bytes, &message, sizeof message);
	liar_drain(&liar, &accepted);
	if (liar.victim->rdev.new_drivers != NULL)
		liar_poll(&liar, 1, &accepted); /* they hear of what is kept, and may bring others */
	bool others = liar.victim->rdev.new_drivers != NULL;
	if (!liar_send(&liar, FUZZ_PICK(in, 0, 5, 53, 1025) & 0x7fffffffu, RPMSG_NS_EPT_ADDR, bytes, len,
	               (uint16_t)len))
		return;
	message.name[RPMSG_NAME_SIZE - 1u] = '\0';
	bool bad = len != 40u || message.name[0] == '\0' || message.addr == RPMSG_ADDR_ANY ||
	           message.addr == RPMSG_NS_EPT_ADDR;
	struct before before = look(&message);
	uint32_t received = liar.victim->shm.transport.counters.received;
	memset(&told, 0, sizeof told);
	liar_poll(&liar, 1, &accepted);
	if (liar.wild != 0 || liar.victim->shm.transport.counters.received == received)
		return;
	fuzz_assert(rdev->counters.bad_name - was.bad_name == bad);
	struct before after = look(&message);
	if (bad)
		fuzz_assert(told.acted != 0 || others ||
		            told.probes + told.removes + told.binds + told.unbinds + told.unbound == 0);
	else if (passive && (message.flags & 1u) != 0)
		withdrawn(&before, &after);
	else if (passive)
		announced(&before, &after, rdev->counters.not_kept - was.not_kept);
}

static void reap(void)
{
	memset(dying, 0, sizeof dying);
}

static void step(struct fuzz *in)
{
	uint8_t what = fuzz_u8(in);

	if (what < 0x90)
		say(in);
	else if (what < 0xe0)
		act(in);
	else if (what < 0xfc)
		liar_breathe(&liar);
	else
		rpmsg_restart(&liar.pair.driver.rdev);
	if (what >= 0xf0)
		liar_poll(&liar, 4, &accepted);
	reap();
	check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };
	struct rpmsg_config config = { .ns_bind_cb = bind_cb, .ns_unbind_cb = unbind_cb };
	uint8_t mode = fuzz_u8(&in);

	memset(lives, 0, sizeof lives);
	memset(dying, 0, sizeof dying);
	memset(registered, 0, sizeof registered);
	memset(&told, 0, sizeof told);
	accepted = 0;
	input = &in;
	passive = (mode & 2u) != 0;
	liar_up(&liar, mode & 1u, &config);
	while (fuzz_more(&in))
		step(&in);

	passive = true;
	for (unsigned i = 0; i < ENDS; i++) {
		for (unsigned turn = 0; lives[i]; turn++) {
			destroy(i);
			liar_wait(&liar, turn);
			liar_poll(&liar, 16, &accepted);
			reap();
		}
	}
	for (unsigned i = 0; i < DRIVERS; i++) {
		if (registered[i])
			toggle_driver(i, &in);
	}
	liar_ends(&liar);
	return 0;
}
