/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/liar.h"

#include <sanitizer/asan_interface.h>

#define KICKS_MAX 6u /* a look after the link, and a flush of two queues */
#define HEADER 16u

static uint32_t received(const struct liar *liar)
{
	return liar->victim->shm.transport.counters.received;
}

static void liar_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	struct liar *liar = (struct liar *)priv;

	(void)rdev;
	liar->victim->events[event]++;
	liar->victim->detail[event] = detail;
	if (event == RPMSG_LINK_DOWN && liar->down != NULL)
		liar->down();
	if (event == RPMSG_LINK_UP && liar->wild != 0)
		liar->wild--;
}

/* In a new life of the liar's rings nothing is under way. */
static void resync(struct liar *liar)
{
	uint32_t ups = liar->core->shm.transport.counters.ups;

	if (ups != liar->ups)
		liar->next = received(liar);
	liar->ups = ups;
}

void liar_up(struct liar *liar, unsigned side, const struct rpmsg_config *config)
{
	ASAN_UNPOISON_MEMORY_REGION(liar->pair.guard, sizeof liar->pair.guard);
	memset(liar, 0, sizeof *liar);
	pair_init(&liar->pair);
	ASAN_POISON_MEMORY_REGION(liar->pair.guard, sizeof liar->pair.guard);
	liar->core = side == 0 ? &liar->pair.driver : &liar->pair.device;
	liar->victim = liar->core->other;
	if (config != NULL)
		liar->pair.config = *config;
	liar->pair.config.tx_timeout_us = 10u * PAIR_TICK_US; /* waits are for others to test */
	pair_boot(liar->victim);
	liar->victim->rdev.event_cb = liar_event;
	liar->victim->rdev.priv = liar;
	pair_settle(&liar->pair);
	fuzz_assert(rpmsg_link(&liar->victim->rdev) == WEFT_LINK_UP);
	resync(liar);
}

/* What the victim's transport is told about how much there is: a driver's buffers come whole. */
static uint32_t came(const struct liar *liar, uint32_t len)
{
	return liar->core == &liar->pair.device ? HEADER + len : PAIR_BUF_SIZE;
}

bool liar_send(struct liar *liar, uint32_t src, uint32_t dst, const void *data, uint32_t len, uint16_t claimed)
{
	struct weft_transport *transport = &liar->core->shm.transport;
	uint8_t *payload = transport->ops->get_tx(transport, liar);

	resync(liar);
	if (payload == NULL)
		return false;
	struct lie *lie = &liar->lies[liar->next++ % LIAR_FRAMES];
	liar->last = payload;
	lie->src = src;
	lie->dst = dst;
	lie->claimed = claimed;
	lie->bad = src == RPMSG_ADDR_ANY || HEADER + claimed > came(liar, len);
	lie->given = false;
	memcpy(payload, data, len);
	fuzz_assert(transport->ops->send(transport, liar, payload, len, src, dst));
	memcpy(payload - 4, &claimed, sizeof claimed); /* 12 bytes into the header */
	memcpy(lie->bytes, payload, PAIR_BUF_SIZE - HEADER);
	transport->ops->flush(transport);
	return true;
}

struct lie *liar_given(struct liar *liar)
{
	return &liar->lies[(received(liar) - 1u) % LIAR_FRAMES];
}

/* What became of the messages that a poll took. */
struct tally {
	uint32_t bad;
	uint32_t names;
	uint32_t others;
};

static struct tally count(const struct liar *liar, uint32_t from, uint32_t to)
{
	struct tally tally = { 0, 0, 0 };

	for (uint32_t i = from; i != to; i++) {
		const struct lie *lie = &liar->lies[i % LIAR_FRAMES];

		if (lie->bad)
			tally.bad++;
		else if (lie->dst == RPMSG_NS_EPT_ADDR)
			tally.names++;
		else
			tally.others++;
		fuzz_assert(!(lie->bad && lie->given));
	}
	return tally;
}

void liar_poll(struct liar *liar, unsigned budget, const unsigned *accepted)
{
	struct core *victim = liar->victim;
	struct weft_link_counters link = victim->shm.transport.counters;
	struct rpmsg_counters counted = victim->rdev.counters;
	unsigned events = victim->events[RPMSG_BAD_MESSAGE];
	unsigned kicks = victim->kicks;
	unsigned was = accepted != NULL ? *accepted : 0;

	resync(liar);
	int taken = rpmsg_poll(&victim->rdev, budget);
	const struct weft_link_counters *now = &victim->shm.transport.counters;
	const struct rpmsg_counters *counters = &victim->rdev.counters;

	fuzz_assert(taken >= 0 && (unsigned)taken <= budget && now->received - link.received == (unsigned)taken);
	fuzz_assert(victim->kicks - kicks <= KICKS_MAX);
	if (liar->wild == 0) {
		struct tally tally = count(liar, link.received, now->received);

		fuzz_assert((int32_t)(now->received - liar->next) <= 0);
		fuzz_assert(now->violations - link.violations == tally.bad);
		fuzz_assert(victim->events[RPMSG_BAD_MESSAGE] - events ==
		            tally.bad + (counters->bad_name - counted.bad_name));
		fuzz_assert(counters->bad_name - counted.bad_name <= tally.names);
		uint32_t refused = counters->refused - counted.refused + (counters->unknown - counted.unknown);
		fuzz_assert(accepted != NULL ? *accepted - was + refused == tally.others : refused <= tally.others);
	}
}

void liar_drain(struct liar *liar, const unsigned *accepted)
{
	for (unsigned turn = 0; received(liar) != liar->next; turn++) {
		if (liar->wild != 0 || rpmsg_link(&liar->victim->rdev) != WEFT_LINK_UP ||
		    rpmsg_link(&liar->core->rdev) != WEFT_LINK_UP)
			return;
		fuzz_assert(turn < LIAR_FRAMES);
		liar_poll(liar, 1, accepted);
		liar_breathe(liar);
		resync(liar);
	}
}

void liar_breathe(struct liar *liar)
{
	fuzz_assert(rpmsg_poll(&liar->core->rdev, 16) >= 0);
	if (rpmsg_link(&liar->core->rdev) == WEFT_LINK_ERROR)
		rpmsg_restart(&liar->core->rdev);
}

void liar_wait(struct liar *liar, unsigned turn)
{
	fuzz_assert(turn < 32);
	if (turn == 16 && liar->wild != 0)
		rpmsg_restart(&liar->pair.driver.rdev);
	liar_breathe(liar);
}

void liar_scribble(struct liar *liar, struct fuzz *in)
{
	struct virtio_layout layout;
	uint32_t value;

	fuzz_assert(virtio_layout_compute(&liar->pair.layout, &layout) != 0 && layout.buffers[0] != 0);
	uint32_t at = fuzz_u16(in) % layout.buffers[0] & ~3u;
	memcpy(&value, liar->pair.memory + at, sizeof value);
	value = fuzz_below(in, 2) == 0 ? value + (uint32_t)fuzz_delta(in) : fuzz_u32(in);
	memcpy(liar->pair.memory + at, &value, sizeof value);
	liar->wild = 2; /* the first may come up with the table that was written to */
}

/* A table that was scribbled over is written anew by a driver that starts anew. */
static void recover(struct liar *liar)
{
	rpmsg_restart(&liar->pair.driver.rdev);
	for (int turn = 0; turn < 32; turn++) {
		rpmsg_poll(&liar->pair.driver.rdev, 16);
		rpmsg_poll(&liar->pair.device.rdev, 16);
	}
}

void liar_ends(struct liar *liar)
{
	if (liar->wild != 0 || rpmsg_link(&liar->victim->rdev) != WEFT_LINK_UP ||
	    rpmsg_link(&liar->core->rdev) != WEFT_LINK_UP)
		recover(liar);
	pair_settle(&liar->pair);
	if (liar->ups > 1 || liar->next % 8u == 7u) /* it takes long */
		pair_expect_works(&liar->pair);
	pair_expect_no_buffers_out(&liar->pair);
}
