/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that do not go through: late, cancelled, closed, overtaken by a restart, waiting for a buffer. Each ends
 * once. */
#include "calls/looms.h"

static struct looms looms;

static void a_sync_call_ends_at_its_deadline(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	looms.pair.device.asleep = true;
	uint32_t start = looms.pair.now;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_DEADLINE_EXCEEDED);
	uint32_t took = looms.pair.now - start;
	assert_true(took >= WEFT_MS(5) && took <= WEFT_MS(5) + 2 * PAIR_TICK_US);
	assert_int_equal(looms.client.base.counters.timeouts, 1);
}

static void a_started_call_ends_at_its_deadline(void **state)
{
	struct ending ending;

	(void)state;
	looms_up(&looms);
	looms.pair.device.asleep = true;
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(5)), WEFT_OK);
	looms.pair.now += WEFT_MS(5) - 1;
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(ending.times, 0);
	looms.pair.now += 1;
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(ending.times, 1);
	assert_int_equal(ending.status, WEFT_DEADLINE_EXCEEDED);
}

static void a_time_out_of_nothing_or_of_too_much_starts_nothing(void **state)
{
	struct ending ending;
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;
	uint32_t sent;

	(void)state;
	looms_up(&looms);
	sent = looms.pair.driver.shm.transport.counters.sent;
	assert_int_equal(start_weave(&looms, &ending, 1, 0), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, 0), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_TIMEOUT_MAX_US + 1), WEFT_INVALID_ARGUMENT);
	assert_int_equal(looms.pair.driver.shm.transport.counters.sent, sent);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_TIMEOUT_MAX_US), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_OK);
}

static void the_longest_time_out_ends_too(void **state)
{
	struct ending ending;

	(void)state;
	looms_up(&looms);
	looms.pair.device.asleep = true;
	looms.pair.now += WEFT_MS(100); /* the timer of hello is over */
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_TIMEOUT_MAX_US), WEFT_OK);
	looms.pair.now += WEFT_TIMEOUT_MAX_US;
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(ending.times, 1);
	assert_int_equal(ending.status, WEFT_DEADLINE_EXCEEDED);
}

static void a_cancel_ends_the_call_here_and_tells_the_server(void **state)
{
	struct ending ending;

	(void)state;
	looms_up(&looms);
	looms.pair.device.asleep = true;
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(5)), WEFT_OK);
	assert_int_equal(weft_call_cancel(&ending.call.base), WEFT_OK);
	assert_int_equal(ending.times, 1);
	assert_int_equal(ending.status, WEFT_CANCELLED);
	assert_int_equal(weft_call_cancel(&ending.call.base), WEFT_FAILED_PRECONDITION);
	pair_settle(&looms.pair); /* the reply to it comes late */
	assert_int_equal(ending.times, 1);
	assert_int_equal(looms.client.base.counters.stray, 1);
	looms.pair.now += WEFT_MS(10);
	pair_settle(&looms.pair);
	assert_int_equal(ending.times, 1);
}

/* Lend all of the device's transmit buffers to somebody else. */
static struct rpmsg_endpoint greedy;
static void *lent[PAIR_NUM];

static void starve_the_server(void)
{
	unsigned i = 0;

	assert_int_equal(
		rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL),
		0);
	while (i < PAIR_NUM && (lent[i] = rpmsg_get_tx_payload_buffer(&greedy, NULL, 0)) != NULL)
		i++;
	assert_int_equal(i, PAIR_NUM);
}

static void feed_the_server(void)
{
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_release_tx_buffer(&greedy, lent[i]), 0);
}

static void without_a_buffer_a_request_waits_in_its_slot_and_receiving_goes_on(void **state)
{
	struct ending endings[3];
	tests_v1_Thread thread = thread_of(1, "red");

	(void)state;
	looms_up(&looms);
	starve_the_server();
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(start_weave(&looms, &endings[i], i, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.woven, 0);
	assert_int_equal(looms.server.base.counters.waited, 1); /* one slot by default */
	assert_int_equal(looms.server.base.counters.dropped, 2);
	assert_int_equal(loom_note(&looms.client, &thread, 0), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.noted, 1);
	assert_int_equal(rpmsg_buffers_out(&looms.pair.device.rdev), PAIR_NUM + 1);
	feed_the_server();
	looms.pair.now += WEFT_MS(1);
	pair_settle(&looms.pair);
	assert_int_equal(endings[0].status, WEFT_OK);
	assert_int_equal(endings[0].times, 1);
	assert_int_equal(endings[1].times, 0);
	looms.pair.now += WEFT_MS(50);
	pair_settle(&looms.pair);
	assert_int_equal(endings[1].status, WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(endings[2].status, WEFT_DEADLINE_EXCEEDED);
	pair_expect_no_buffers_out(&looms.pair);
}

static void waiting_requests_are_served_in_order_and_the_late_ones_not_at_all(void **state)
{
	struct weft_server_slot slots[4];
	struct weft_server_config config = { .slots = slots, .slot_count = 4 };
	struct ending endings[4];

	(void)state;
	looms_up(&looms);
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &config),
	                 WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK);
	starve_the_server();
	assert_int_equal(start_weave(&looms, &endings[0], 1, WEFT_MS(2)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[1], 2, WEFT_MS(50)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[2], 3, WEFT_MS(50)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[3], 4, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.server.base.counters.waited, 4);
	assert_int_equal(weft_call_cancel(&endings[1].call.base), WEFT_OK);
	pair_settle(&looms.pair);
	looms.pair.now += WEFT_MS(3);
	feed_the_server();
	pair_settle(&looms.pair);
	assert_int_equal(looms.woven, 2); /* the first was too late, the second not wanted */
	assert_int_equal(looms.last.count, 4);
	assert_int_equal(endings[0].status, WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(endings[1].status, WEFT_CANCELLED);
	assert_int_equal(endings[2].status, WEFT_OK);
	assert_int_equal(endings[3].status, WEFT_OK);
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_request_that_waits_beyond_its_deadline_gives_its_buffer_back(void **state)
{
	struct ending endings[2];

	(void)state;
	looms_up(&looms);
	starve_the_server();
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(start_weave(&looms, &endings[i], i, WEFT_MS(5)), WEFT_OK);
		pair_settle(&looms.pair);
		assert_int_equal(looms.server.base.counters.waited, i + 1); /* the one slot is free again */
		assert_int_equal(rpmsg_buffers_out(&looms.pair.device.rdev), PAIR_NUM + 1);
		uint32_t dropped = looms.server.base.counters.dropped;
		looms.pair.now += WEFT_MS(5);
		assert_int_equal(rpmsg_poll(&looms.pair.device.rdev, 16), 0);
		assert_int_equal(rpmsg_buffers_out(&looms.pair.device.rdev), PAIR_NUM);
		assert_int_equal(looms.server.base.counters.dropped, dropped + 1);
		pair_settle(&looms.pair);
		assert_int_equal(endings[i].status, WEFT_DEADLINE_EXCEEDED);
	}
	feed_the_server();
	looms.pair.now += WEFT_MS(1);
	pair_settle(&looms.pair);
	assert_int_equal(looms.woven, 0);
	pair_expect_no_buffers_out(&looms.pair);
}

/* A server and a client on either core, with slots for all buffers of the link. back: served by the driver. */
static struct looms back;

static void serve_both_ways(void)
{
	static struct weft_server_slot slots[2][PAIR_NUM];
	static struct weft_call *tables[2][PAIR_NUM];
	struct rpmsg_device *rdevs[2] = { &looms.pair.device.rdev, &looms.pair.driver.rdev };
	struct looms *ways[2] = { &looms, &back };

	looms_link(&looms);
	memset(&back, 0, sizeof back);
	for (int i = 0; i < 2; i++) {
		struct weft_server_config server = { .slots = slots[i], .slot_count = PAIR_NUM };
		struct weft_client_config client = { .calls = tables[i], .call_slots = PAIR_NUM };

		assert_int_equal(loom_server_start(&ways[i]->server, rdevs[i], &loom_ops, &looms, &server), WEFT_OK);
		assert_int_equal(loom_client_open(&ways[i]->client, rdevs[1 - i], &client), WEFT_OK);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(loom_client_wait(&ways[i]->client, WEFT_MS(10)), WEFT_OK);
}

static void two_cores_that_hold_all_buffers_of_each_other_go_on_at_the_deadlines(void **state)
{
	struct ending there[PAIR_NUM];
	struct ending here[PAIR_NUM];
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	serve_both_ways();
	for (uint32_t i = 0; i < PAIR_NUM; i++) {
		assert_int_equal(start_weave(&looms, &there[i], i, WEFT_MS(5)), WEFT_OK);
		assert_int_equal(start_weave(&back, &here[i], i, WEFT_MS(5)), WEFT_OK);
	}
	pair_settle(&looms.pair);
	assert_int_equal(looms.server.base.counters.waited, PAIR_NUM);
	assert_int_equal(back.server.base.counters.waited, PAIR_NUM);
	looms.pair.now += WEFT_MS(5);
	pair_settle(&looms.pair);
	for (uint32_t i = 0; i < PAIR_NUM; i++) {
		assert_int_equal(there[i].status, WEFT_DEADLINE_EXCEEDED);
		assert_int_equal(here[i].status, WEFT_DEADLINE_EXCEEDED);
	}
	assert_int_equal(looms.woven, 0);
	pair_expect_no_buffers_out(&looms.pair);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_OK);
	assert_int_equal(loom_weave(&back.client, &request, &cloth, WEFT_MS(5)), WEFT_OK);
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_reply_that_is_there_is_taken_even_if_the_clock_says_late(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	looms.takes_us = WEFT_MS(20);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)),
	                 WEFT_OK); /* it was in the ring in time */
	looms.takes_us = 0;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_OK);
}

/* ---- The other side goes ---- */

/* From the restart to the poll that tells it, nobody is there: who waits for the server polls. */
static void a_restart_that_was_not_told_yet_is_waited_for(void **state)
{
	tests_v1_Thread request = thread_of(4, "red");
	weft_status status = WEFT_UNAVAILABLE;
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	rpmsg_restart(&looms.pair.driver.rdev);
	for (unsigned turn = 0; turn < 10 && status != WEFT_OK; turn++) {
		assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
		status = loom_weave(&looms.client, &request, &cloth, WEFT_MS(10));
	}
	assert_int_equal(status, WEFT_OK);
}

static void a_restarted_server_core_ends_what_is_pending_and_service_comes_back(void **state)
{
	struct ending ending;
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	for (int i = 0; i < 10; i++) {
		looms.pair.device.asleep = true;
		assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(500)), WEFT_OK);
		pair_boot(&looms.pair.device);
		rpmsg_poll(&looms.pair.device.rdev, 16);
		rpmsg_poll(&looms.pair.driver.rdev, 16);
		assert_int_equal(ending.times, 1);
		assert_int_equal(ending.status, WEFT_UNAVAILABLE);
		assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_UNAVAILABLE);
		looms.pair.device.asleep = false;
		assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL),
		                 WEFT_OK);
		assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
		assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_OK);
	}
}

static void a_sync_call_ends_early_when_the_peer_goes(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	looms.pair.device.asleep = true;
	looms.pair.driver.session = 0;
	uint32_t start = looms.pair.now;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5000)), WEFT_UNAVAILABLE);
	assert_true(looms.pair.now - start < WEFT_MS(1));
}

/* A port that cannot tell whether the peer is alive: nothing is noticed, so each call has its own deadline to end by,
 * and those that find no buffer any more say so. When the core has rebooted its service is found again. */
static void a_death_that_the_port_cannot_see_ends_calls_at_their_deadlines(void **state)
{
	static struct weft_port_ops blind;
	struct ending endings[3];
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	blind = pair_ops;
	blind.session = NULL;
	looms.pair.driver.port.ops = &blind;
	looms.pair.device.asleep = true; /* dead */
	looms.pair.driver.session = 0;
	uint32_t start = looms.pair.now;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(start_weave(&looms, &endings[i], i, WEFT_MS(10 * (i + 1))), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_DEADLINE_EXCEEDED);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(endings[i].times, 0);
		looms.pair.now = start + WEFT_MS(10 * (i + 1));
		rpmsg_poll(&looms.pair.driver.rdev, 16);
		assert_int_equal(endings[i].times, 1);
		assert_int_equal(endings[i].status, WEFT_DEADLINE_EXCEEDED);
	}
	while (loom_note(&looms.client, &request, 0) == WEFT_OK)
		assert_true(looms.pair.driver.shm.transport.counters.sent < 100);
	assert_int_equal(loom_note(&looms.client, &request, WEFT_MS(5)), WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK); /* as far as anybody knows */

	pair_boot(&looms.pair.device);
	looms.pair.device.asleep = false;
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(endings[i].times, 1);
	assert_int_equal(looms.client.base.counters.ended, 5); /* the one that found no buffer was not started */
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_stopped_server_is_withdrawn_and_another_takes_its_place(void **state)
{
	struct loom_server second;
	struct ending ending;
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	assert_int_equal(loom_server_start(&second, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	pair_settle(&looms.pair); /* kept: the client has a server */
	uint32_t first = looms.client.base.server;
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_UNAVAILABLE);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
	assert_int_not_equal(looms.client.base.server, first);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_OK);
	assert_int_equal(loom_server_stop(&second), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_UNAVAILABLE);
}

/* A server that starts again at the same address without a word: the epoch in the next hello tells. */
static void a_changed_epoch_fails_what_was_pending(void **state)
{
	struct weft_server_config server = { .address = 400 };
	struct weft_client_config client = { .address = 400, .calls = looms.table, .call_slots = 4 };
	struct ending endings[2];

	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &server),
	                 WEFT_OK);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &client), WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
	uint32_t epoch = looms.client.base.peer.epoch;
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[0], 1, WEFT_MS(5)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[1], 1, WEFT_MS(500)), WEFT_OK);
	pair_settle(&looms.pair); /* nobody at 400 */
	looms.pair.now += WEFT_MS(5);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &server),
	                 WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(endings[0].status, WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(endings[1].times, 1);
	assert_int_equal(endings[1].status, WEFT_UNAVAILABLE);
	assert_int_not_equal(looms.client.base.peer.epoch, epoch);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK);
}

static void the_answer_to_an_earlier_hello_counts(void **state)
{
	struct weft_client_config config = { .hello_us = 1000 };

	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &config), WEFT_OK);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	looms.pair.now += 1000;
	rpmsg_poll(&looms.pair.driver.rdev, 16); /* the second hello; the server answers the first */
	assert_int_equal(rpmsg_poll(&looms.pair.device.rdev, 1), 1);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK);
}

/* ---- Contexts ---- */

struct nosy {
	struct rpmsg_endpoint ept;
	struct ending started;
	weft_status sync;
	weft_status wait;
	weft_status start;
};

static int calls_in_a_callback(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct nosy *nosy = (struct nosy *)priv;
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	nosy->sync = loom_weave(&looms.client, &request, &cloth, WEFT_MS(5));
	nosy->wait = loom_client_wait(&looms.client, WEFT_MS(5));
	nosy->start = start_weave(&looms, &nosy->started, 1, WEFT_MS(5));
	return RPMSG_SUCCESS;
}

static void in_a_callback_a_sync_call_is_refused_and_a_start_is_not(void **state)
{
	struct nosy nosy = { 0 };
	struct rpmsg_endpoint other;

	(void)state;
	looms_up(&looms);
	assert_int_equal(rpmsg_create_ept(&nosy.ept, &looms.pair.driver.rdev, NULL, 90, RPMSG_ADDR_ANY,
	                                  calls_in_a_callback, NULL),
	                 0);
	nosy.ept.priv = &nosy;
	assert_int_equal(rpmsg_create_ept(&other, &looms.pair.device.rdev, NULL, 91, 90, NULL, NULL), 0);
	assert_int_equal(rpmsg_send(&other, "x", 1), 1);
	pair_settle(&looms.pair);
	assert_int_equal(nosy.sync, WEFT_FAILED_PRECONDITION);
	assert_int_equal(nosy.wait, WEFT_FAILED_PRECONDITION);
	assert_int_equal(nosy.start, WEFT_OK);
	assert_int_equal(nosy.started.status, WEFT_OK);
	assert_int_equal(nosy.started.times, 1);
}

static struct {
	struct loom_weave_call call;
	tests_v1_Cloth cloth;
	unsigned rounds;
	weft_status close;
} again;

static void start_again(struct loom_weave_call *call, weft_status status, tests_v1_Cloth *response)
{
	tests_v1_Thread request = thread_of(1, "red");

	again.close = loom_client_close(&looms.client);
	if (status == WEFT_OK && ++again.rounds < 100)
		assert_int_equal(
			loom_weave_start(&looms.client, call, &request, response, WEFT_MS(5), start_again, NULL),
			WEFT_OK);
}

static void done_may_start_the_next_call_in_the_same_storage_and_not_close_its_client(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");

	(void)state;
	looms_up(&looms);
	memset(&again, 0, sizeof again);
	assert_int_equal(
		loom_weave_start(&looms.client, &again.call, &request, &again.cloth, WEFT_MS(5), start_again, NULL),
		WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(again.rounds, 100);
	assert_int_equal(again.close, WEFT_FAILED_PRECONDITION);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
}

static void a_call_that_ended_with_its_client_cannot_be_cancelled(void **state)
{
	struct ending ending;

	(void)state;
	looms_up(&looms);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(5)), WEFT_OK);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	assert_int_equal(ending.status, WEFT_CANCELLED);
	memset(&looms.client, 0, sizeof looms.client); /* ours again */
	assert_int_equal(weft_call_cancel(&ending.call.base), WEFT_FAILED_PRECONDITION);
	assert_int_equal(ending.times, 1);
}

static void closing_a_client_cancels_its_calls_and_gives_everything_back(void **state)
{
	struct ending endings[3];

	(void)state;
	looms_up(&looms);
	looms.pair.device.asleep = true;
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(start_weave(&looms, &endings[i], i, WEFT_MS(5)), WEFT_OK);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(endings[i].times, 1);
		assert_int_equal(endings[i].status, WEFT_CANCELLED);
	}
	assert_int_equal(loom_client_close(&looms.client), WEFT_INVALID_ARGUMENT);
	memset(&looms.client, 0xa5, sizeof looms.client); /* whoever still looks at it crashes */
	pair_settle(&looms.pair);
	looms.pair.now += WEFT_MS(200);
	pair_settle(&looms.pair);
	pair_expect_no_buffers_out(&looms.pair);
	assert_true(looms.pair.driver.rdev.counters.unknown >= 3); /* the replies find nobody */
}

static void who_waited_longer_is_served_first_whatever_the_slot(void **state)
{
	struct weft_server_slot slots[2];
	struct weft_server_config config = { .slots = slots, .slot_count = 2 };
	struct ending endings[3];

	(void)state;
	looms_up(&looms);
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &config),
	                 WEFT_OK);
	pair_settle(&looms.pair);
	starve_the_server();
	assert_int_equal(start_weave(&looms, &endings[0], 1, WEFT_MS(50)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[1], 2, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(weft_call_cancel(&endings[0].call.base), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(start_weave(&looms, &endings[2], 3, WEFT_MS(50)), WEFT_OK); /* into the first slot */
	pair_settle(&looms.pair);
	feed_the_server();
	looms.pair.now += WEFT_MS(1);
	pair_settle(&looms.pair);
	assert_int_equal(looms.woven, 2);
	assert_int_equal(looms.last.count, 3);
	assert_int_equal(endings[1].status, WEFT_OK);
	assert_int_equal(endings[2].status, WEFT_OK);
}

/* One slot, and it is taken: but there are buffers again, and who waits goes first. */
static void a_request_that_finds_another_waiting_is_served_behind_it(void **state)
{
	struct ending endings[2];

	(void)state;
	looms_up(&looms);
	starve_the_server();
	assert_int_equal(start_weave(&looms, &endings[0], 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.server.base.counters.waited, 1);
	feed_the_server();
	assert_int_equal(start_weave(&looms, &endings[1], 2, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(endings[0].status, WEFT_OK);
	assert_int_equal(endings[1].status, WEFT_OK);
	assert_int_equal(looms.woven, 2);
	assert_int_equal(looms.last.count, 2);
	assert_int_equal(looms.server.base.counters.dropped, 0);
}

static void an_unanswered_hello_is_said_again_when_the_config_says(void **state)
{
	static const uint32_t configured[] = { 0, WEFT_MS(5), WEFT_MS(300) };

	(void)state;
	for (size_t i = 0; i < sizeof configured / sizeof configured[0]; i++) {
		uint32_t hello_us = configured[i] != 0 ? configured[i] : WEFT_MS(100);
		struct weft_client_config config = { .address = 400, .hello_us = configured[i] };

		looms_link(&looms);
		assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &config), WEFT_OK);
		pair_settle(&looms.pair);
		uint32_t hellos = looms.client.base.hello_id;
		looms.pair.now += hello_us - 1u;
		pair_settle(&looms.pair);
		assert_int_equal(looms.client.base.hello_id, hellos);
		looms.pair.now += 1;
		pair_settle(&looms.pair);
		assert_int_equal(looms.client.base.hello_id, hellos + 1u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sync_call_ends_at_its_deadline),
		cmocka_unit_test(a_started_call_ends_at_its_deadline),
		cmocka_unit_test(a_time_out_of_nothing_or_of_too_much_starts_nothing),
		cmocka_unit_test(the_longest_time_out_ends_too),
		cmocka_unit_test(a_cancel_ends_the_call_here_and_tells_the_server),
		cmocka_unit_test(without_a_buffer_a_request_waits_in_its_slot_and_receiving_goes_on),
		cmocka_unit_test(waiting_requests_are_served_in_order_and_the_late_ones_not_at_all),
		cmocka_unit_test(a_request_that_waits_beyond_its_deadline_gives_its_buffer_back),
		cmocka_unit_test(two_cores_that_hold_all_buffers_of_each_other_go_on_at_the_deadlines),
		cmocka_unit_test(a_reply_that_is_there_is_taken_even_if_the_clock_says_late),
		cmocka_unit_test(a_restart_that_was_not_told_yet_is_waited_for),
		cmocka_unit_test(a_restarted_server_core_ends_what_is_pending_and_service_comes_back),
		cmocka_unit_test(a_sync_call_ends_early_when_the_peer_goes),
		cmocka_unit_test(a_death_that_the_port_cannot_see_ends_calls_at_their_deadlines),
		cmocka_unit_test(a_stopped_server_is_withdrawn_and_another_takes_its_place),
		cmocka_unit_test(a_changed_epoch_fails_what_was_pending),
		cmocka_unit_test(the_answer_to_an_earlier_hello_counts),
		cmocka_unit_test(in_a_callback_a_sync_call_is_refused_and_a_start_is_not),
		cmocka_unit_test(done_may_start_the_next_call_in_the_same_storage_and_not_close_its_client),
		cmocka_unit_test(a_call_that_ended_with_its_client_cannot_be_cancelled),
		cmocka_unit_test(closing_a_client_cancels_its_calls_and_gives_everything_back),
		cmocka_unit_test(who_waited_longer_is_served_first_whatever_the_slot),
		cmocka_unit_test(a_request_that_finds_another_waiting_is_served_behind_it),
		cmocka_unit_test(an_unanswered_hello_is_said_again_when_the_config_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
