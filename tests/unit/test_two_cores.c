/* SPDX-License-Identifier: Apache-2.0 */
/* Two cores, each a thread of its own, over one and the same memory: for the thread sanitizer, which cannot see that
 * two processes, or two mappings, touch one byte. Each core uses its link alone, without locks, and nothing but the
 * words of the link orders the two: the doorbell is relaxed, and says no more than that there is something to see.
 *
 * What a core does next is drawn from a seed: it sends by copy and by loan, holds, makes and destroys an endpoint with
 * a name, sleeps, and reboots while the other runs on. How the threads interleave is the machine's.
 * WEFT_SEED=<seed> draws the same again. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "weft/rpmsg.h"
#include "weft/shm.h"
#include "weft/wrap.h"

#define BUFFERS 8u
#define BUF_SIZE 256u
#define REGION 12288u
#define ADDRESS 0x10000000u
#define STREAM 100u /* static, on either side: alive whenever its core is */
#define NAME "two cores"
#define HOLDS 3u
#define MESSAGES 3000u /* that each core receives on the stream, at least */
#define GREETINGS 100u /* and on the endpoints that come and go */
#define REBOOTS 30u    /* of each core */
#define PATIENCE_US 50000000u
#define NAP_US 1000u

struct message {
	uint32_t life; /* of the sender's link: counts up over all its boots */
	uint32_t sequence;
	uint8_t fill[BUF_SIZE - 24];
};
#define MESSAGE_MIN ((uint32_t)offsetof(struct message, fill))

struct held {
	void *data;
	uint32_t len;
	struct message copy;
};

struct core {
	struct weft_port port; /* first: the port's functions find the core by it */
	struct core *other;
	const struct weft_shm_role *role;
	struct weft_shm shm;
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[2 * BUFFERS];
	struct rpmsg_endpoint *endpoints[4];
	struct rpmsg_channel channels[4];
	struct rpmsg_endpoint stream;
	struct rpmsg_endpoint named;
	bool has_named;
	struct held held[HOLDS];
	unsigned holds;
	void *loan;
	uint32_t random;
	uint32_t life;
	uint32_t sequence; /* of the next message out */
	uint32_t peer_life;
	uint32_t expected; /* of the next message in */
	unsigned received;
	unsigned greetings;
	unsigned boots;
	unsigned failures;
	int failed_at; /* line of the first */
	uint32_t rung;
	uint32_t done;
	pthread_t thread;
};

static _Alignas(64) uint8_t memory[REGION];
static struct core cores[2];
static uint32_t seed;

/* cmocka's asserts are for the main thread: what a core finds is told when it has ended. */
#define EXPECT(core, condition)                              \
	do {                                                 \
		if (!(condition) && (core)->failures++ == 0) \
			(core)->failed_at = __LINE__;        \
	} while (0)

static uint32_t below(struct core *core, uint32_t n)
{
	core->random ^= core->random << 13;
	core->random ^= core->random >> 17;
	core->random ^= core->random << 5;
	return core->random % n;
}

/* ---- The port ---- */

static struct core *core_of(struct weft_port *port)
{
	return (struct core *)(void *)port;
}

static void kick(struct weft_port *port, uint32_t notifyid)
{
	(void)notifyid;
	__atomic_store_n(&core_of(port)->other->rung, 1u, __ATOMIC_RELAXED);
}

static uint32_t now_us(struct weft_port *port)
{
	struct timespec now;

	(void)port;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

static void relax(struct weft_port *port, uint32_t timeout_us)
{
	uint32_t start = now_us(port);

	while (__atomic_exchange_n(&core_of(port)->rung, 0, __ATOMIC_RELAXED) == 0 &&
	       weft_wrap_sub(now_us(port), start) < timeout_us)
		sched_yield();
}

static const struct weft_port_ops ops = { .kick = kick, .now_us = now_us, .relax = relax };

/* ---- Messages ---- */

/* Each byte tells of which message it is, and where it belongs. */
static uint8_t fill_of(uint32_t life, uint32_t sequence, uint32_t i)
{
	return (uint8_t)(life * 31u + sequence * 7u + i);
}

static void fill(struct message *message, uint32_t life, uint32_t sequence, uint32_t len)
{
	message->life = life;
	message->sequence = sequence;
	for (uint32_t i = 0; i < len - MESSAGE_MIN; i++)
		message->fill[i] = fill_of(life, sequence, i);
}

static bool is_whole(const struct message *message, size_t len)
{
	bool whole = true;

	for (uint32_t i = 0; i < len - MESSAGE_MIN; i++)
		whole = whole && message->fill[i] == fill_of(message->life, message->sequence, i);
	return whole;
}

static int stream_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct core *core = (struct core *)priv;
	struct message message;

	EXPECT(core, src == STREAM && len >= MESSAGE_MIN && len <= sizeof message);
	memcpy(&message, data, len);
	EXPECT(core, is_whole(&message, len));
	if (message.life != core->peer_life) {
		EXPECT(core, message.life > core->peer_life); /* nothing comes back from a life that is over */
		core->peer_life = message.life;
		core->expected = 0;
	}
	EXPECT(core, message.sequence == core->expected);
	core->expected = message.sequence + 1u;
	core->received++;
	if (core->holds < HOLDS && below(core, 4) == 0) {
		struct held *held = &core->held[core->holds++];

		EXPECT(core, rpmsg_hold_rx_buffer(ept, data) == RPMSG_SUCCESS);
		*held = (struct held){ .data = data, .len = (uint32_t)len, .copy = message };
	}
	return RPMSG_SUCCESS;
}

static int named_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct core *core = (struct core *)priv;
	struct message message;

	(void)ept;
	(void)src;
	EXPECT(core, len == MESSAGE_MIN + 8u);
	memcpy(&message, data, MESSAGE_MIN + 8u);
	EXPECT(core, is_whole(&message, len));
	core->greetings++;
	return RPMSG_SUCCESS;
}

/* ---- What a core does ---- */

static void send_one(struct core *core, bool lent)
{
	struct message message;
	uint32_t len = MESSAGE_MIN + below(core, sizeof message.fill);
	int result;

	if (lent && core->loan == NULL)
		core->loan = rpmsg_get_tx_buffer(&core->stream, NULL, 0);
	if (lent && (core->loan == NULL || below(core, 4) == 0))
		return; /* none now; or kept for a while */
	fill(lent ? (struct message *)core->loan : &message, core->life, core->sequence, len);
	if (lent)
		result = rpmsg_send_nocopy(&core->stream, core->loan, (int)len);
	else
		result = rpmsg_trysend(&core->stream, &message, (int)len);
	core->loan = lent ? NULL : core->loan;
	core->sequence += result == (int)len;
	EXPECT(core, result == (int)len || (!lent && result == RPMSG_ERR_NO_BUFF));
}

static void release_one(struct core *core)
{
	if (core->holds == 0)
		return;
	struct held held = core->held[--core->holds];

	EXPECT(core, memcmp(held.data, &held.copy, held.len) == 0); /* held: nobody has written there */
	EXPECT(core, rpmsg_release_rx_buffer(&core->stream, held.data) == RPMSG_SUCCESS);
}

static void come_or_go(struct core *core)
{
	struct message message;

	if (!core->has_named) {
		EXPECT(core, rpmsg_create_ept(&core->named, &core->rdev, NAME, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, named_cb,
		                              NULL) == RPMSG_SUCCESS);
		core->named.priv = core;
		core->has_named = true;
	} else if (is_rpmsg_ept_ready(&core->named) && below(core, 4) != 0) {
		fill(&message, core->life, 0, MESSAGE_MIN + 8u);
		rpmsg_trysend(&core->named, &message, (int)MESSAGE_MIN + 8);
	} else {
		int result = rpmsg_destroy_ept(&core->named);

		core->has_named = result == RPMSG_ERR_NO_BUFF;
		EXPECT(core, result == RPMSG_SUCCESS || result == RPMSG_ERR_NO_BUFF);
	}
}

/* What was lent and held has ended with the link; the sequence begins again. */
static void event(struct rpmsg_device *rdev, enum rpmsg_event what, uint32_t detail, void *priv)
{
	struct core *core = (struct core *)priv;

	(void)rdev;
	(void)detail;
	EXPECT(core, what == RPMSG_LINK_UP || what == RPMSG_LINK_DOWN);
	core->loan = NULL;
	core->holds = 0;
	core->sequence = 0;
	core->life += what == RPMSG_LINK_UP;
}

/* As after a reset: the core's own state is new, the memory stays as it is. */
static void boot(struct core *core)
{
	struct weft_shm_config shm = { core->role, &core->port, core->entries, { BUFFERS, BUF_SIZE, 64 } };
	struct rpmsg_config config = {
		.transport = &core->shm.transport,
		.endpoints = core->endpoints,
		.endpoint_slots = 4,
		.channels = core->channels,
		.channel_slots = 4,
		.event = event,
		.priv = core,
		.tx_timeout_us = NAP_US,
	};
	struct rpmsg_endpoint_config stream = { .src = STREAM, .dest = STREAM, .cb = stream_cb, .priv = core };

	EXPECT(core, core->shm.transport.counters.violations == 0 && core->rdev.counters.bad_name == 0);
	core->boots++;
	core->has_named = false;
	core->loan = NULL;
	core->holds = 0;
	EXPECT(core, weft_shm_init(&core->shm, &shm) == 0);
	EXPECT(core, rpmsg_init(&core->rdev, &config) == RPMSG_SUCCESS);
	EXPECT(core, rpmsg_create_endpoint(&core->stream, &core->rdev, &stream) == RPMSG_SUCCESS);
}

static void turn(struct core *core)
{
	uint32_t dice = below(core, 16);

	EXPECT(core, rpmsg_poll(&core->rdev, 1u + below(core, 8)) >= 0);
	if (core->boots <= REBOOTS && below(core, 300) == 0) /* up or not */
		boot(core);
	else if (rpmsg_link(&core->rdev) != WEFT_LINK_UP || dice < 3u)
		EXPECT(core, rpmsg_wait(&core->rdev, NAP_US) == RPMSG_SUCCESS);
	else if (dice < 9u)
		send_one(core, dice < 6u);
	else if (dice < 13u)
		release_one(core);
	else
		come_or_go(core);
}

static bool has_done(struct core *core)
{
	bool done = core->received >= MESSAGES && core->greetings >= GREETINGS && core->boots > REBOOTS;

	if (done)
		__atomic_store_n(&core->done, 1u, __ATOMIC_RELAXED);
	return done && __atomic_load_n(&core->other->done, __ATOMIC_RELAXED) != 0;
}

static void *live(void *arg)
{
	struct core *core = (struct core *)arg;
	uint32_t start = now_us(&core->port);

	while (!has_done(core) && core->failures == 0 && weft_wrap_sub(now_us(&core->port), start) < PATIENCE_US)
		turn(core);
	__atomic_store_n(&core->done, 1u, __ATOMIC_RELAXED);
	return NULL;
}

static void prepare(struct core *core, const struct weft_shm_role *role, struct core *other)
{
	memset(core, 0, sizeof *core);
	core->port = (struct weft_port){ &ops, { memory, ADDRESS, REGION } };
	core->other = other;
	core->role = role;
	core->random = (seed ^ (role == &weft_shm_driver ? 0x51ed270bu : 0)) | 1u;
	boot(core);
}

/* The threads have ended: nobody reboots any more, all that is under way arrives, every buffer goes home. */
static void settle(void)
{
	for (unsigned i = 0; i < 200; i++) {
		struct core *core = &cores[i & 1u];

		EXPECT(core, rpmsg_poll(&core->rdev, 8) >= 0);
		while (core->holds != 0)
			release_one(core);
		if (core->loan != NULL)
			EXPECT(core, rpmsg_release_tx_buffer(&core->stream, core->loan) == RPMSG_SUCCESS);
		core->loan = NULL;
	}
}

static void expect_good(struct core *core)
{
	print_message("%s: %u messages, %u greetings, %u boots, %u links\n",
	              core->role == &weft_shm_driver ? "driver" : "device", core->received, core->greetings,
	              core->boots, (unsigned)core->life);
	if (core->failures != 0)
		fail_msg("%s:%d: %u failures", __FILE__, core->failed_at, core->failures);
	assert_true(core->received >= MESSAGES && core->greetings >= GREETINGS && core->boots > REBOOTS);
	assert_int_equal(core->peer_life, core->other->life);
	assert_int_equal(core->expected, core->other->sequence);
	assert_int_equal(core->shm.transport.counters.violations, 0);
	assert_int_equal(rpmsg_link(&core->rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_buffers_out(&core->rdev), 0);
}

static void two_threads_over_one_memory_lose_nothing_and_race_for_nothing(void **state)
{
	(void)state;
	print_message("WEFT_SEED=%u\n", (unsigned)seed);
	memset(memory, 0, sizeof memory);
	prepare(&cores[0], &weft_shm_driver, &cores[1]);
	prepare(&cores[1], &weft_shm_device, &cores[0]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&cores[i].thread, NULL, live, &cores[i]), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(cores[i].thread, NULL), 0);

	settle();
	for (int i = 0; i < 2; i++)
		send_one(&cores[i], false); /* of the last life there may have been none yet */
	settle();
	for (int i = 0; i < 2; i++)
		expect_good(&cores[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads_over_one_memory_lose_nothing_and_race_for_nothing),
	};
	const char *wanted = getenv("WEFT_SEED");

	seed = wanted != NULL ? (uint32_t)strtoul(wanted, NULL, 0) : (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
