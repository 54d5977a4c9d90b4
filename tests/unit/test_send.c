/* SPDX-License-Identifier: Apache-2.0 */
/* Sending with a copy: sizes, addresses, waiting for a buffer, batches and kicks. */
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY
#define MTU (PAIR_BUF_SIZE - 16u)
#define TIMEOUT_US 500u

static struct pair pair;
static struct core *from;
static struct core *to;
static struct rpmsg_endpoint sender;
static struct rpmsg_endpoint receiver; /* at 77 */
static struct inbox inbox;

static const uint8_t bytes[2 * PAIR_BUF_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void boot(enum rpmsg_polled_by polled_by)
{
	pair_init(&pair);
	pair.config.tx_timeout_us = TIMEOUT_US;
	pair.config.polled_by = polled_by;
	pair_boot(&pair.driver);
	pair_boot(&pair.device);
	pair_settle(&pair);
	assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_UP);
}

/* side 0: the driver sends; 1: the device. */
static void connect(int side)
{
	boot(RPMSG_POLLED_BY_LOOP);
	memset(&inbox, 0, sizeof inbox);
	from = side == 0 ? &pair.driver : &pair.device;
	to = from->other;
	assert_int_equal(rpmsg_create_ept(&sender, &from->rdev, NULL, ANY, 77, NULL, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&receiver, &to->rdev, NULL, 77, ANY, inbox_cb, NULL), 0);
	receiver.priv = &inbox;
}

static void fill(void)
{
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_trysend(&sender, "full", 4), 4);
}

static void settled(void)
{
	assert_int_equal(from->rdev.tx_waiters + to->rdev.tx_waiters, 0);
	pair_settle(&pair);
	pair_expect_no_buffers_out(&pair);
	pair_expect_works(&pair);
}

/* ---- Sizes and addresses ---- */

static void a_message_arrives_as_it_was_sent(void **state)
{
	static const int lens[] = { 0, 1, 3, 4, 100, MTU - 1, MTU };

	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++) {
			assert_int_equal(rpmsg_send(&sender, bytes, lens[i]), lens[i]);
			pair_settle(&pair);
			assert_int_equal(inbox.count, i + 1);
			assert_int_equal(inbox.len, lens[i]);
			assert_int_equal(inbox.src, sender.addr);
			assert_memory_equal(inbox.bytes, bytes, (size_t)lens[i]);
			assert_int_equal((uintptr_t)inbox.data % 4u, 0);
		}
		assert_int_equal(rpmsg_send(&sender, NULL, 0), 0);
		settled();
	}
}

static void what_does_not_fit_is_an_error_and_sends_nothing(void **state)
{
	static const int lens[] = { MTU + 1, PAIR_BUF_SIZE, 1000, 65535, 65536, 65536 + 100, INT32_MAX };

	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
			assert_int_equal(rpmsg_send(&sender, bytes, lens[i]), RPMSG_ERR_BUFF_SIZE);
			assert_int_equal(rpmsg_trysend(&sender, bytes, lens[i]), RPMSG_ERR_BUFF_SIZE);
		}
		pair_settle(&pair);
		assert_int_equal(inbox.count, 0);
		assert_int_equal(from->shm.transport.counters.sent, 0);
		settled();
	}
}

static void what_cannot_be_sent_is_refused(void **state)
{
	struct rpmsg_endpoint none = { 0 };
	struct rpmsg_endpoint unbound;

	(void)state;
	connect(0);
	assert_int_equal(rpmsg_create_ept(&unbound, &from->rdev, NULL, ANY, ANY, NULL, NULL), 0);
	assert_int_equal(rpmsg_send(&sender, NULL, 1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send(&sender, bytes, -1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send(NULL, bytes, 1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send(&none, bytes, 1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_sendto(NULL, bytes, 1, 77), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_trysend(&none, bytes, 1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_trysendto(&none, bytes, 1, 77), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_trysend_offchannel(&none, 5, 77, bytes, 1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send_offchannel(&none, 5, 77, bytes, 1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send_timeout(&none, 5, 77, bytes, 1, 1000), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send_nocopy(&none, bytes, 1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_sendto_nocopy(&none, bytes, 1, 77), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send_offchannel_nocopy(&none, 5, 77, bytes, 1), RPMSG_ERR_PARAM);
	assert_null(rpmsg_get_tx_buffer(&none, NULL, 0));
	assert_null(rpmsg_get_tx_payload_buffer(NULL, NULL, 1));
	assert_null(rpmsg_try_tx_buffer(&none, NULL));
	assert_int_equal(rpmsg_send(&unbound, bytes, 1), RPMSG_ERR_ADDR);
	assert_int_equal(rpmsg_sendto(&sender, bytes, 1, ANY), RPMSG_ERR_ADDR);
	assert_int_equal(rpmsg_send_offchannel(&sender, ANY, 77, bytes, 1), RPMSG_ERR_ADDR);
	assert_int_equal(from->shm.transport.counters.sent, 0);

	assert_int_equal(rpmsg_sendto(&unbound, bytes, 1, 77), 1);
	assert_int_equal(rpmsg_send_offchannel(&unbound, 5, 77, bytes, 2), 2);
	pair_settle(&pair);
	assert_int_equal(inbox.count, 2);
	assert_int_equal(inbox.src, 5);
	settled();
}

static void nothing_is_sent_while_the_link_is_down(void **state)
{
	uint32_t len = 123;

	(void)state;
	connect(0);
	assert_int_equal(rpmsg_mtu(&from->rdev), MTU);
	assert_true(is_rpmsg_ept_ready(&sender));
	from->session = 0;
	rpmsg_poll(&from->rdev, 16);
	assert_int_equal(rpmsg_mtu(&from->rdev), 0);
	assert_false(is_rpmsg_ept_ready(&sender));
	assert_int_equal(rpmsg_send(&sender, bytes, 1), RPMSG_ERR_DEV_STATE);
	assert_int_equal(rpmsg_trysend(&sender, bytes, 1), RPMSG_ERR_DEV_STATE);
	assert_int_equal(rpmsg_send_nocopy(&sender, bytes, 1), RPMSG_ERR_DEV_STATE);
	assert_null(rpmsg_get_tx_payload_buffer(&sender, &len, 1));
	assert_int_equal(len, 123);
	assert_int_equal(from->relaxed, 0);
}

/* ---- Waiting for a buffer ---- */

static void the_ninth_of_eight_finds_no_buffer(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		fill();
		assert_int_equal(rpmsg_trysend(&sender, "more", 4), RPMSG_ERR_NO_BUFF);
		assert_int_equal(from->relaxed, 0);
		pair_settle(&pair);
		assert_int_equal(inbox.count, PAIR_NUM);
		assert_int_equal(rpmsg_trysend(&sender, "more", 4), 4);
		settled();
	}
}

static void a_send_waits_until_the_peer_has_read(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		fill();
		uint32_t start = pair.now;
		for (unsigned i = 0; i < 100; i++)
			assert_int_equal(rpmsg_send(&sender, &bytes[i % 8u], 1), 1);
		assert_true(from->relaxed > 0);
		assert_true(pair.now - start < TIMEOUT_US);
		pair_settle(&pair);
		assert_int_equal(inbox.count, PAIR_NUM + 100u);
		settled();
	}
}

static void a_send_gives_up_when_its_time_is_over(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		fill();
		to->asleep = true;
		uint32_t start = pair.now;
		assert_int_equal(rpmsg_send(&sender, "late", 4), RPMSG_ERR_NO_BUFF);
		assert_in_range(pair.now - start, TIMEOUT_US, TIMEOUT_US + PAIR_TICK_US);
		start = pair.now;
		assert_int_equal(rpmsg_send_timeout(&sender, 5, 77, "late", 4, 33), RPMSG_ERR_NO_BUFF);
		assert_in_range(pair.now - start, 33, 33 + PAIR_TICK_US);
		to->asleep = false;
		settled();
		assert_int_equal(inbox.count, PAIR_NUM);
	}
}

static void a_busy_core_waits_without_asking_for_a_kick(void **state)
{
	(void)state;
	connect(0);
	boot(RPMSG_POLLED_BY_BUSY);
	assert_int_equal(rpmsg_create_ept(&sender, &from->rdev, NULL, ANY, 77, NULL, NULL), 0);
	fill();
	to->kicks = 0;
	assert_int_equal(rpmsg_send(&sender, "more", 4), 4);
	assert_int_equal(to->kicks, 0);
	pair_settle(&pair);
	to->asleep = true;
	fill();
	assert_int_equal(rpmsg_send(&sender, "late", 4), RPMSG_ERR_NO_BUFF);
}

/* The buffers come back in the very tick in which the time is over, and nobody rings. */
static void relax_and_read_late(struct weft_port *port, uint32_t timeout_us)
{
	pair.now += timeout_us;
	rpmsg_poll(&to->rdev, 16);
	(void)port;
}

static void what_came_with_the_last_tick_is_taken(void **state)
{
	struct weft_port_ops late = pair_ops;

	(void)state;
	connect(0);
	late.relax = relax_and_read_late;
	from->port.ops = &late;
	fill();
	assert_int_equal(rpmsg_send(&sender, "just", 4), 4);
	from->port.ops = &pair_ops;
	settled();
}

static void hang_up(struct weft_port *port, uint32_t timeout_us)
{
	struct core *core = (struct core *)(void *)port;

	pair.now += timeout_us < PAIR_TICK_US ? timeout_us : PAIR_TICK_US;
	if (++core->relaxed == 3)
		core->session = 0;
}

static void a_send_ends_early_when_the_peer_goes_away(void **state)
{
	struct weft_port_ops hangs_up = pair_ops;

	(void)state;
	hangs_up.relax = hang_up;
	for (int side = 0; side < 2; side++) {
		connect(side);
		fill();
		from->port.ops = &hangs_up;
		uint32_t start = pair.now;
		assert_int_equal(rpmsg_send(&sender, "lost", 4), RPMSG_ERR_DEV_STATE);
		assert_in_range(pair.now - start, 3 * PAIR_TICK_US, 4 * PAIR_TICK_US);
		assert_int_equal(from->relaxed, 3);
		assert_int_equal(from->events[RPMSG_LINK_DOWN], 1);
		from->port.ops = &pair_ops;
		from->session = to->session = 2;
		settled();
	}
}

static uint8_t as_it_was[PAIR_REGION];

/* The thread that polls sees the driver come again, with smaller buffers, while we sleep. */
static void come_again_smaller(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	(void)port;
	(void)event;
	(void)seen;
	(void)timeout_us;
	from->relaxed++;
	pair.layout.buf_size = PAIR_BUF_SIZE / 4u;
	pair_boot(to);
	pair_settle(&pair);
	assert_int_equal(rpmsg_mtu(&from->rdev), PAIR_BUF_SIZE / 4u - 16u);
	memcpy(as_it_was, pair.memory, sizeof as_it_was);
}

static void wake_nobody(struct weft_port *port, uint32_t *event)
{
	(void)port;
	(void)event;
}

static void what_does_not_fit_any_more_after_a_wait_is_not_written(void **state)
{
	uint8_t full[MTU];
	struct weft_port_ops sleeps = pair_ops;

	(void)state;
	sleeps.wait = come_again_smaller;
	sleeps.wake = wake_nobody;
	memset(full, 0xa5, sizeof full);
	connect(1);
	fill();
	from->rdev.polled_by = RPMSG_POLLED_BY_THREAD;
	from->port.ops = &sleeps;
	from->relaxed = 0;
	assert_int_equal(rpmsg_send(&sender, full, sizeof full), RPMSG_ERR_DEV_STATE);
	assert_int_equal(from->relaxed, 1);
	assert_memory_equal(pair.memory, as_it_was, sizeof as_it_was);
	from->port.ops = &pair_ops;
	from->rdev.polled_by = RPMSG_POLLED_BY_LOOP;
	settled();
}

static bool interrupts;

/* The interrupt that polls comes before the sender has the lock: it has looked at the length already. */
static uintptr_t come_again_first(struct weft_port *port)
{
	if (interrupts) {
		interrupts = false;
		come_again_smaller(port, NULL, 0, 0);
	}
	return 0;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	(void)key;
}

static void what_does_not_fit_any_more_when_it_has_the_lock_is_not_written(void **state)
{
	uint8_t full[MTU];
	struct weft_port_ops interrupted = pair_ops;

	(void)state;
	interrupted.lock = come_again_first;
	interrupted.unlock = unlock;
	memset(full, 0xa5, sizeof full);
	connect(1);
	from->port.ops = &interrupted;
	interrupts = true;
	assert_int_equal(rpmsg_trysend(&sender, full, sizeof full), RPMSG_ERR_BUFF_SIZE);
	assert_false(interrupts);
	assert_memory_equal(pair.memory, as_it_was, sizeof as_it_was);
	from->port.ops = &pair_ops;
	settled();
}

/* ---- Callbacks send, and do not wait ---- */

static unsigned refused;

static int answer(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct core *core = (struct core *)priv;
	unsigned relaxed = core->relaxed;
	int result = rpmsg_sendto(ept, data, (int)len, src);

	assert_true(result == (int)len || result == RPMSG_ERR_NO_BUFF);
	refused += result == RPMSG_ERR_NO_BUFF;
	assert_int_equal(core->relaxed, relaxed);
	return RPMSG_SUCCESS;
}

static void two_cores_that_answer_from_callbacks_with_full_rings_do_not_stop(void **state)
{
	struct rpmsg_endpoint epts[2];

	(void)state;
	boot(RPMSG_POLLED_BY_LOOP);
	refused = 0;
	for (int i = 0; i < 2; i++) {
		struct core *core = i == 0 ? &pair.driver : &pair.device;

		assert_int_equal(rpmsg_create_ept(&epts[i], &core->rdev, NULL, 77, 77, answer, NULL), 0);
		epts[i].priv = core;
	}
	for (unsigned round = 0; round < 200; round++) {
		for (int i = 0; i < 2; i++) {
			while (rpmsg_trysend(&epts[i], "ping", 4) == 4) {
			}
		}
		rpmsg_poll(&pair.driver.rdev, 1 + round % 16u);
		rpmsg_poll(&pair.device.rdev, 1 + round / 7u % 16u);
	}
	assert_true(refused > 0);
	assert_true(pair.driver.shm.transport.counters.received > 500);
	assert_int_equal(rpmsg_destroy_ept(&epts[0]), 0);
	settled();
}

/* The link is up as of the last poll; what carries it is not any more. */
static void until_the_next_poll_a_link_that_was_restarted_is_down(void **state)
{
	struct rpmsg_endpoint late;

	(void)state;
	connect(0);
	void *loan = rpmsg_get_tx_payload_buffer(&sender, NULL, 0);
	rpmsg_restart(&from->rdev);
	assert_int_equal(rpmsg_mtu(&from->rdev), 0);
	assert_int_equal(rpmsg_link(&from->rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_send(&sender, bytes, 1), RPMSG_ERR_DEV_STATE);
	assert_int_equal(rpmsg_trysend(&sender, bytes, 1), RPMSG_ERR_DEV_STATE);
	assert_int_equal(rpmsg_trysend(&sender, bytes, 0), RPMSG_ERR_DEV_STATE);
	assert_int_equal(rpmsg_send_nocopy(&sender, bytes, 1), RPMSG_ERR_DEV_STATE);
	assert_int_equal(rpmsg_send_nocopy(&sender, loan, 4), RPMSG_ERR_DEV_STATE);
	assert_null(rpmsg_get_tx_payload_buffer(&sender, NULL, 1));
	assert_int_equal(from->relaxed, 0);
	assert_int_equal(rpmsg_create_ept(&late, &from->rdev, "loom", ANY, ANY, NULL, NULL), 0);
	settled();
	assert_int_equal(rpmsg_find_channel(&to->rdev, "loom", ANY), late.addr); /* announced when it came up */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_as_it_was_sent),
		cmocka_unit_test(what_does_not_fit_is_an_error_and_sends_nothing),
		cmocka_unit_test(what_cannot_be_sent_is_refused),
		cmocka_unit_test(nothing_is_sent_while_the_link_is_down),
		cmocka_unit_test(the_ninth_of_eight_finds_no_buffer),
		cmocka_unit_test(a_send_waits_until_the_peer_has_read),
		cmocka_unit_test(a_send_gives_up_when_its_time_is_over),
		cmocka_unit_test(a_busy_core_waits_without_asking_for_a_kick),
		cmocka_unit_test(what_came_with_the_last_tick_is_taken),
		cmocka_unit_test(a_send_ends_early_when_the_peer_goes_away),
		cmocka_unit_test(what_does_not_fit_any_more_after_a_wait_is_not_written),
		cmocka_unit_test(what_does_not_fit_any_more_when_it_has_the_lock_is_not_written),
		cmocka_unit_test(two_cores_that_answer_from_callbacks_with_full_rings_do_not_stop),
		cmocka_unit_test(until_the_next_poll_a_link_that_was_restarted_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
