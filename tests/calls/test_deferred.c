/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that come later, by token: once, for the request that they are of, and never for another. */
#include "calls/looms.h"

static struct looms looms;
static struct weft_server_slot slots[3];

/* What the deferring handler saw. */
static struct weft_token tokens[8];
static unsigned taken;
static bool answers_at_once;

static tests_v1_Cloth cloth_of(uint64_t length)
{
	tests_v1_Cloth cloth = tests_v1_Cloth_init_zero;

	cloth.length = length;
	return cloth;
}

static weft_status weave_later(void *context, struct weft_token token, const tests_v1_Thread *request,
                               tests_v1_Cloth *response)
{
	tests_v1_Cloth cloth = cloth_of(request->count);

	(void)context;
	response->length = 99; /* not sent: the answer is another */
	tokens[taken++] = token;
	if (answers_at_once)
		assert_int_equal(loom_weave_reply(&looms.server, token, WEFT_OK, &cloth), WEFT_OK);
	return WEFT_DEFERRED;
}

static void note_later(void *context, const tests_v1_Thread *request)
{
	(void)context;
	(void)request;
}

static const struct loom_ops later_ops = { .weave = weave_later, .note = note_later };

static void up(uint16_t slot_count)
{
	struct weft_server_config server = { .slots = slots, .slot_count = slot_count };
	struct weft_client_config client = { .calls = looms.table, .call_slots = 4 };

	taken = 0;
	answers_at_once = false;
	looms_link(&looms);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &later_ops, NULL, &server), WEFT_OK);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &client), WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
}

static weft_status reply(struct weft_token token, uint64_t length)
{
	tests_v1_Cloth cloth = cloth_of(length);

	return loom_weave_reply(&looms.server, token, WEFT_OK, &cloth);
}

static void answers_come_in_any_order_to_the_calls_that_they_are_of(void **state)
{
	struct ending endings[3];

	(void)state;
	up(3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(start_weave(&looms, &endings[i], i, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(taken, 3);
	assert_int_equal(looms.server.base.counters.deferred, 3);
	pair_expect_no_buffers_out(&looms.pair); /* an owed answer holds none */
	assert_int_equal(reply(tokens[2], 102), WEFT_OK);
	assert_int_equal(reply(tokens[0], 100), WEFT_OK);
	assert_int_equal(reply(tokens[1], 101), WEFT_OK);
	pair_settle(&looms.pair);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(endings[i].times, 1);
		assert_int_equal(endings[i].status, WEFT_OK);
		assert_int_equal(endings[i].cloth.length, 100 + i);
	}
	pair_expect_no_buffers_out(&looms.pair);
}

static void an_error_may_be_the_late_answer(void **state)
{
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(loom_weave_reply(&looms.server, tokens[0], WEFT_ABORTED, NULL), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_ABORTED);
}

/* A client of ours would make UNKNOWN of it by itself; one of another make reads what is on the wire. */
static void a_late_status_that_is_none_goes_out_as_unknown(void **state)
{
	static const weft_status none[] = { (weft_status)17, (weft_status)99, WEFT_DEFERRED };
	const struct weft_call_header request = { .kind = WEFT_KIND_REQUEST,
		                                  .method = LOOM_WEAVE_ID,
		                                  .aux = WEFT_MS(50) };
	struct rpmsg_device *rdev = &looms.pair.driver.rdev;
	struct rpmsg_endpoint asker;
	struct inbox inbox = { 0 };

	(void)state;
	up(1);
	assert_int_equal(rpmsg_create_ept(&asker, rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, inbox_cb, NULL), 0);
	asker.priv = &inbox;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct weft_call_header answer;

		send_frame(&looms.pair.driver, asker.addr, looms.client.base.server, request, NULL, 0);
		pair_settle(&looms.pair);
		assert_int_equal(loom_weave_reply(&looms.server, tokens[i], none[i], NULL), WEFT_OK);
		pair_settle(&looms.pair);
		assert_int_equal(inbox.len, sizeof answer);
		memcpy(&answer, inbox.bytes, sizeof answer);
		assert_int_equal(answer.aux, WEFT_UNKNOWN);
	}
}

static void a_token_is_good_for_one_answer(void **state)
{
	struct ending endings[2];

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &endings[0], 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(reply(tokens[0], 1), WEFT_OK);
	assert_int_equal(reply(tokens[0], 2), WEFT_FAILED_PRECONDITION);
	assert_int_equal(start_weave(&looms, &endings[1], 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(reply(tokens[0], 3), WEFT_FAILED_PRECONDITION); /* the slot is another's now */
	assert_int_equal(looms.server.base.counters.stale, 2);
	pair_settle(&looms.pair);
	assert_int_equal(endings[0].cloth.length, 1);
	assert_int_equal(endings[1].times, 0);
	assert_int_equal(reply(tokens[1], 4), WEFT_OK);
}

static void a_token_that_was_made_up_answers_nothing(void **state)
{
	struct ending ending;
	static const uint32_t made_up[] = { 0, 1, 0xff, 0x100, 0xffffffff };

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	for (size_t i = 0; i < sizeof made_up / sizeof made_up[0]; i++) {
		if (made_up[i] != tokens[0].id)
			assert_int_equal(reply((struct weft_token){ made_up[i] }, 1), WEFT_FAILED_PRECONDITION);
	}
	pair_settle(&looms.pair);
	assert_int_equal(ending.times, 0);
	assert_int_equal(reply(tokens[0], 1), WEFT_OK);
}

static void a_token_ends_with_its_call(void **state)
{
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(weft_call_cancel(&ending.call.base), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(reply(tokens[0], 1), WEFT_FAILED_PRECONDITION);

	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(5)), WEFT_OK);
	pair_settle(&looms.pair);
	looms.pair.now += WEFT_MS(5);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(reply(tokens[1], 1), WEFT_FAILED_PRECONDITION);
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_token_ends_after_the_longest_time_out_too(void **state)
{
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_TIMEOUT_MAX_US), WEFT_OK);
	pair_settle(&looms.pair);
	looms.pair.now += WEFT_TIMEOUT_MAX_US;
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(reply(tokens[0], 1), WEFT_FAILED_PRECONDITION);
}

static void an_end_that_nobody_can_be_told_is_counted(void **state)
{
	struct rpmsg_endpoint greedy;
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, 3, 3, NULL, NULL), 0);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(5)), WEFT_OK);
	pair_settle(&looms.pair);
	while (rpmsg_get_tx_buffer(&greedy, NULL, 0) != NULL)
		continue;
	looms.pair.now += WEFT_MS(5);
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(looms.server.base.counters.dropped, 1);
	assert_int_equal(rpmsg_destroy_ept(&greedy), 0);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_DEADLINE_EXCEEDED);
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_token_ends_with_the_link(void **state)
{
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	rpmsg_restart(&looms.pair.driver.rdev);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(ending.status, WEFT_UNAVAILABLE);
	pair_settle(&looms.pair);
	assert_int_equal(reply(tokens[0], 1), WEFT_FAILED_PRECONDITION);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(reply(tokens[1], 7), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(ending.cloth.length, 7);
}

static void a_token_ends_with_its_server(void **state)
{
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	assert_int_equal(reply(tokens[0], 1), WEFT_FAILED_PRECONDITION);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_UNAVAILABLE);
	memset(&looms.server, 0xa5, sizeof looms.server); /* whoever still looks at it crashes */
	looms.pair.now += WEFT_MS(100);
	pair_settle(&looms.pair);
}

static void without_a_buffer_the_token_stays_good(void **state)
{
	struct rpmsg_endpoint greedy;
	void *lent[PAIR_NUM];
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(
		rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL),
		0);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_non_null(lent[i] = rpmsg_get_tx_payload_buffer(&greedy, NULL, 0));
	assert_int_equal(reply(tokens[0], 1), WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(reply(tokens[0], 1), WEFT_RESOURCE_EXHAUSTED);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_release_tx_buffer(&greedy, lent[i]), 0);
	assert_int_equal(reply(tokens[0], 5), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(ending.cloth.length, 5);
}

static void a_response_that_breaks_its_schema_ends_the_call_and_the_token(void **state)
{
	tests_v1_Cloth spoilt = cloth_of(1);
	struct ending ending;

	(void)state;
	up(1);
	spoilt.threads_count = 4;
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(loom_weave_reply(&looms.server, tokens[0], WEFT_OK, &spoilt), WEFT_INTERNAL);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_INTERNAL);
	assert_int_equal(reply(tokens[0], 1), WEFT_FAILED_PRECONDITION);
}

static void with_no_slot_left_a_deferring_handler_exhausts_the_server(void **state)
{
	struct ending endings[2];

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &endings[0], 1, WEFT_MS(50)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[1], 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(tokens[1].id, 0);
	assert_int_equal(endings[1].status, WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(reply(tokens[0], 1), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(endings[0].status, WEFT_OK);
}

static void a_handler_may_answer_before_it_returns_deferred(void **state)
{
	struct ending ending;

	(void)state;
	up(1);
	answers_at_once = true;
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(start_weave(&looms, &ending, i, WEFT_MS(50)), WEFT_OK);
		pair_settle(&looms.pair);
		assert_int_equal(ending.times, 1);
		assert_int_equal(ending.cloth.length, i);
	}
	pair_expect_no_buffers_out(&looms.pair);
}

/* The sequence of 24 bits goes around: no token is 0, none is one of the last. */
static void tokens_may_wrap(void **state)
{
	struct ending ending;
	struct weft_token before = { 0 };

	(void)state;
	up(1);
	looms.server.base.sequence = 0xfffffd;
	for (unsigned i = 0; i < 6; i++) {
		taken = 0;
		assert_int_equal(start_weave(&looms, &ending, i, WEFT_MS(50)), WEFT_OK);
		pair_settle(&looms.pair);
		assert_int_equal(taken, 1);
		assert_int_not_equal(tokens[0].id, 0);
		assert_int_not_equal(tokens[0].id, before.id);
		assert_int_equal(reply(before, 1), WEFT_FAILED_PRECONDITION);
		before = tokens[0];
		assert_int_equal(reply(tokens[0], i), WEFT_OK);
		pair_settle(&looms.pair);
		assert_int_equal(ending.times, 1);
		assert_int_equal(ending.cloth.length, i);
	}
}

/* What waits for a buffer is looked at again soon, what is owed when it is due: whichever is sooner. */
static void what_is_owed_expires_in_time_while_others_wait(void **state)
{
	struct rpmsg_endpoint greedy;
	struct ending owed;
	struct ending waits;

	(void)state;
	up(2);
	assert_int_equal(start_weave(&looms, &owed, 1, 500), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(
		rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL),
		0);
	while (rpmsg_get_tx_payload_buffer(&greedy, NULL, 0) != NULL) {
	}
	assert_int_equal(start_weave(&looms, &waits, 2, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.server.base.counters.waited, 1);
	looms.pair.now += 500;
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(reply(tokens[0], 1),
	                 WEFT_FAILED_PRECONDITION); /* over, though there was nothing to say so with */
	assert_int_equal(rpmsg_destroy_ept(&greedy), 0);
	looms.pair.now += WEFT_MS(1);
	pair_settle(&looms.pair);
	assert_int_equal(taken, 2);
	assert_int_equal(owed.status, WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(reply(tokens[1], 2), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(waits.status, WEFT_OK);
	pair_expect_no_buffers_out(&looms.pair);
}

static struct weft_token owed_token;
static weft_status replied;

static void reply_when_it_goes_down(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)detail;
	(void)priv;
	if (event == RPMSG_LINK_DOWN)
		replied = reply(owed_token, 1);
}

static void a_token_is_no_more_when_the_link_is_said_to_be_down(void **state)
{
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	owed_token = tokens[0];
	replied = WEFT_OK;
	looms.pair.device.rdev.event_cb = reply_when_it_goes_down;
	looms.pair.device.session = 0;
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(replied, WEFT_FAILED_PRECONDITION);
	assert_int_equal(reply(owed_token, 1), WEFT_FAILED_PRECONDITION);
}

static void a_cancel_is_of_the_client_that_asked(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_CANCEL, .method = LOOM_WEAVE_ID };
	struct ending ending;

	(void)state;
	up(1);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	header.call = ending.call.base.id;
	send_frame(&looms.pair.driver, 4711, looms.server.base.ept.addr, header, NULL, 0);
	header.call++;
	send_frame(&looms.pair.driver, looms.client.base.ept.addr, looms.server.base.ept.addr, header, NULL, 0);
	pair_settle(&looms.pair);
	assert_int_equal(reply(tokens[0], 3), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(ending.cloth.length, 3);
}

/* 35 minutes are the longest: what says more is not taken for a time that has passed. */
static void a_time_out_beyond_the_longest_is_the_longest(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_REQUEST, .method = LOOM_WEAVE_ID, .call = 1 };

	(void)state;
	up(1);
	for (unsigned i = 0; i < 2; i++) {
		header.aux = i == 0 ? 0x80000000u : 0xffffffffu;
		send_frame(&looms.pair.driver, 4711, looms.server.base.ept.addr, header, NULL, 0);
		pair_settle(&looms.pair);
		assert_int_equal(taken, i + 1u);
		assert_int_equal(reply(tokens[i], 1), WEFT_OK);
	}
}

/* ---- The link falls and comes again between two steps of an answer that finds no buffer ---- */

static unsigned locks_until_fall; /* 0: it does not fall */

static uintptr_t lock_and_fall(struct weft_port *port)
{
	(void)port;
	if (locks_until_fall != 0 && --locks_until_fall == 0) {
		rpmsg_restart(&looms.pair.driver.rdev);
		pair_settle(&looms.pair);
	}
	return 0;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	(void)key;
}

static void a_token_ends_with_the_link_that_falls_in_the_middle_of_an_answer(void **state)
{
	struct weft_port_ops ops = pair_ops;
	struct rpmsg_endpoint greedy;
	struct ending ending;

	(void)state;
	ops.lock = lock_and_fall;
	ops.unlock = unlock;
	for (unsigned locks = 1; locks <= 3; locks++) {
		up(1);
		looms.pair.device.port.ops = &ops;
		assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
		pair_settle(&looms.pair);
		assert_int_equal(rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, RPMSG_ADDR_ANY,
		                                  RPMSG_ADDR_ANY, NULL, NULL),
		                 0);
		while (rpmsg_get_tx_payload_buffer(&greedy, NULL, 0) != NULL) {
		}
		locks_until_fall = locks; /* claim, look for a buffer, give back */
		reply(tokens[0], 1);
		assert_int_equal(locks_until_fall, 0);
		assert_int_equal(reply(tokens[0], 1), WEFT_FAILED_PRECONDITION);
		assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_in_any_order_to_the_calls_that_they_are_of),
		cmocka_unit_test(an_error_may_be_the_late_answer),
		cmocka_unit_test(a_late_status_that_is_none_goes_out_as_unknown),
		cmocka_unit_test(a_token_is_good_for_one_answer),
		cmocka_unit_test(a_token_that_was_made_up_answers_nothing),
		cmocka_unit_test(a_token_ends_with_its_call),
		cmocka_unit_test(a_token_ends_after_the_longest_time_out_too),
		cmocka_unit_test(an_end_that_nobody_can_be_told_is_counted),
		cmocka_unit_test(a_token_ends_with_the_link),
		cmocka_unit_test(a_token_ends_with_its_server),
		cmocka_unit_test(without_a_buffer_the_token_stays_good),
		cmocka_unit_test(a_response_that_breaks_its_schema_ends_the_call_and_the_token),
		cmocka_unit_test(with_no_slot_left_a_deferring_handler_exhausts_the_server),
		cmocka_unit_test(a_handler_may_answer_before_it_returns_deferred),
		cmocka_unit_test(tokens_may_wrap),
		cmocka_unit_test(what_is_owed_expires_in_time_while_others_wait),
		cmocka_unit_test(a_token_is_no_more_when_the_link_is_said_to_be_down),
		cmocka_unit_test(a_cancel_is_of_the_client_that_asked),
		cmocka_unit_test(a_time_out_beyond_the_longest_is_the_longest),
		cmocka_unit_test(a_token_ends_with_the_link_that_falls_in_the_middle_of_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
