/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that go as they should, and all the ways for them to end. */
#include "calls/looms.h"

static struct looms looms;

static void a_sync_call_brings_the_response(void **state)
{
	tests_v1_Thread request = thread_of(7, "blue");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	memset(&cloth, 0xa5, sizeof cloth); /* what the response lacks is absent, whatever stood there */
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(cloth.length, 70);
	assert_string_equal(cloth.label, "");
	assert_int_equal(cloth.threads_count, 1);
	assert_string_equal(cloth.threads[0].colour, "blue");
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_handlers_status_comes_back_and_its_response_does_not(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth = tests_v1_Cloth_init_zero;

	(void)state;
	looms_up(&looms);
	assert_int_equal(loom_tear(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_NOT_FOUND);
	assert_int_equal(cloth.length, 0);
	assert_int_equal(looms.server.base.counters.errors, 1);
}

static void every_status_of_a_handler_arrives(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	for (int status = 0; status <= 16; status++) {
		looms.returns = (weft_status)status;
		assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), status);
	}
	looms.returns = (weft_status)17;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_UNKNOWN);
}

static void a_method_without_a_handler_is_unimplemented(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	assert_int_equal(loom_dye(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_UNIMPLEMENTED);
}

static void a_oneway_call_is_served_and_not_answered(void **state)
{
	tests_v1_Thread request = thread_of(3, "green");

	(void)state;
	looms_up(&looms);
	uint32_t sent = looms.pair.device.shm.transport.counters.sent;
	assert_int_equal(loom_note(&looms.client, &request, 0), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.noted, 1);
	assert_string_equal(looms.last.colour, "green");
	assert_int_equal(looms.pair.device.shm.transport.counters.sent, sent);
}

static void before_the_service_is_there_a_call_is_unavailable(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, NULL), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_UNAVAILABLE);
	assert_int_equal(loom_note(&looms.client, &request, WEFT_MS(10)), WEFT_UNAVAILABLE);
	uint32_t start = looms.pair.now;
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(5)), WEFT_UNAVAILABLE);
	assert_true(looms.pair.now - start >= WEFT_MS(5));
}

static void the_client_may_open_before_or_after_the_server_starts(void **state)
{
	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, NULL), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);

	looms_up(&looms); /* the server first */
}

static void four_calls_are_in_flight_and_each_gets_its_own_reply(void **state)
{
	struct ending endings[5];

	(void)state;
	looms_up(&looms);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(start_weave(&looms, &endings[i], i, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(start_weave(&looms, &endings[4], 4, WEFT_MS(10)), WEFT_RESOURCE_EXHAUSTED);
	pair_settle(&looms.pair);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(endings[i].times, 1);
		assert_int_equal(endings[i].status, WEFT_OK);
		assert_int_equal(endings[i].cloth.length, i * 10);
	}
	assert_int_equal(endings[4].times, 0);
	assert_int_equal(looms.client.base.counters.started, 4);
	assert_int_equal(looms.client.base.counters.ended, 4);
	pair_expect_no_buffers_out(&looms.pair);
}

static void without_a_transmit_buffer_a_start_says_so_and_a_sync_call_waits(void **state)
{
	void *lent[PAIR_NUM];
	struct rpmsg_endpoint greedy;
	struct ending ending;
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	assert_int_equal(
		rpmsg_create_ept(&greedy, &looms.pair.driver.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL),
		0);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_non_null(lent[i] = rpmsg_get_tx_payload_buffer(&greedy, NULL, 0));
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(10)), WEFT_RESOURCE_EXHAUSTED);
	uint32_t start = looms.pair.now;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(3)), WEFT_DEADLINE_EXCEEDED);
	assert_true(looms.pair.now - start >= WEFT_MS(3));
	assert_int_equal(loom_note(&looms.client, &request, 0), WEFT_RESOURCE_EXHAUSTED);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_release_tx_buffer(&greedy, lent[i]), 0);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(3)), WEFT_OK);
}

static void limits_of_the_schema_hold_at_both_ends(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	request.knot.size = 5;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_OK);
	request.knot.size = 6; /* there is room in the struct, and nanopb takes it */
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_INVALID_ARGUMENT);
	request.knot.size = 0;
	memset(request.colour, 'x', sizeof request.colour); /* no end */
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_INVALID_ARGUMENT);
	request = thread_of(1, "red");
	looms.spoil = true;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_INTERNAL);
	looms.spoil = false;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_OK);
	pair_expect_no_buffers_out(&looms.pair);
}

/* ---- Several of everything ---- */

static weft_status pass(void *context, struct weft_token token, const tests_v1_Thread *request,
                        tests_v1_Thread *response)
{
	(void)context;
	(void)token;
	*response = *request;
	response->count++;
	return WEFT_OK;
}
static const struct shuttle_ops shuttle_ops = { .pass = pass };

static void two_services_and_three_clients_share_a_link_without_knowing_each_other(void **state)
{
	struct shuttle_server shuttles;
	struct shuttle_client passer;
	struct loom_client second;
	tests_v1_Thread thread = thread_of(1, "red");
	tests_v1_Thread passed;
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	assert_int_equal(shuttle_server_start(&shuttles, &looms.pair.device.rdev, &shuttle_ops, NULL, NULL), WEFT_OK);
	assert_int_equal(shuttle_client_open(&passer, &looms.pair.driver.rdev, NULL), WEFT_OK);
	assert_int_equal(loom_client_open(&second, &looms.pair.driver.rdev, NULL), WEFT_OK);
	assert_int_equal(shuttle_client_wait(&passer, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(loom_client_wait(&second, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(shuttle_pass(&passer, &thread, &passed, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(passed.count, 2);
	assert_int_equal(loom_weave(&second, &thread, &cloth, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &thread, &cloth, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(loom_client_close(&second), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &thread, &cloth, WEFT_MS(10)), WEFT_OK);
}

static void both_halves_of_a_service_live_in_one_image(void **state)
{
	struct looms *other = &looms;
	struct loom_server server;
	struct loom_client client;
	tests_v1_Thread thread = thread_of(2, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	assert_int_equal(loom_server_start(&server, &looms.pair.driver.rdev, &loom_ops, other, NULL), WEFT_OK);
	assert_int_equal(loom_client_open(&client, &looms.pair.device.rdev, NULL), WEFT_OK);
	assert_int_equal(loom_client_wait(&client, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(loom_weave(&client, &thread, &cloth, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &thread, &cloth, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(looms.woven, 2);
}

static void a_service_may_have_a_static_address_and_no_name(void **state)
{
	struct weft_server_config server = { .address = 400 };
	struct weft_client_config client = { .address = 400 };
	tests_v1_Thread thread = thread_of(2, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &client), WEFT_OK);
	pair_settle(&looms.pair); /* its first hello finds nobody */
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &server),
	                 WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(500)), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &thread, &cloth, WEFT_MS(10)), WEFT_OK);
	pair_boot(&looms.pair.device);
	pair_settle(&looms.pair);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_UNAVAILABLE);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &server),
	                 WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(500)), WEFT_OK);
}

static void a_service_may_have_another_name_on_this_link(void **state)
{
	struct weft_server_config server = { .channel = "loom.left" };
	struct weft_client_config client = { .channel = "loom.left" };

	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &server),
	                 WEFT_OK);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &client), WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
}

static void a_client_with_an_address_heeds_no_announcement(void **state)
{
	struct weft_server_config server = { .address = 400 };
	struct weft_client_config client = { .address = 400 };
	struct rpmsg_endpoint impostor;

	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &server),
	                 WEFT_OK);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &client), WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(rpmsg_create_ept(&impostor, &looms.pair.device.rdev, LOOM_CHANNEL, RPMSG_ADDR_ANY,
	                                  RPMSG_ADDR_ANY, NULL, NULL),
	                 0);
	pair_settle(&looms.pair);
	assert_int_equal(looms.client.base.server, 400);
	assert_int_equal(rpmsg_destroy_ept(&impostor), 0);
	pair_settle(&looms.pair);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK);
}

static void a_client_with_an_address_may_open_before_the_link_is_up(void **state)
{
	struct weft_server_config server = { .address = 400 };
	struct weft_client_config client = { .address = 400 };

	(void)state;
	memset(&looms, 0, sizeof looms);
	pair_init(&looms.pair);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &client), WEFT_OK);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &server),
	                 WEFT_OK);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_UNAVAILABLE);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(500)), WEFT_OK);
}

/* Two servers of one name: the client stays with the first, and takes the second when that has gone. */
static void a_client_stays_with_its_server_when_another_goes(void **state)
{
	struct weft_client *client = &looms.client.base;
	struct loom_server second;
	struct loom_server third;

	(void)state;
	looms_up(&looms);
	uint32_t first = client->server;
	assert_int_equal(loom_server_start(&second, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	assert_int_equal(loom_server_start(&third, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(client->hello_id, 1);
	assert_int_equal(client->ept.dest_addr, first);
	assert_int_equal(loom_server_stop(&second), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(client->server, first);
	assert_int_equal(weft_client_state(client), WEFT_OK);
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(client->server, third.base.ept.addr);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sync_call_brings_the_response),
		cmocka_unit_test(a_handlers_status_comes_back_and_its_response_does_not),
		cmocka_unit_test(every_status_of_a_handler_arrives),
		cmocka_unit_test(a_method_without_a_handler_is_unimplemented),
		cmocka_unit_test(a_oneway_call_is_served_and_not_answered),
		cmocka_unit_test(before_the_service_is_there_a_call_is_unavailable),
		cmocka_unit_test(the_client_may_open_before_or_after_the_server_starts),
		cmocka_unit_test(four_calls_are_in_flight_and_each_gets_its_own_reply),
		cmocka_unit_test(without_a_transmit_buffer_a_start_says_so_and_a_sync_call_waits),
		cmocka_unit_test(limits_of_the_schema_hold_at_both_ends),
		cmocka_unit_test(two_services_and_three_clients_share_a_link_without_knowing_each_other),
		cmocka_unit_test(both_halves_of_a_service_live_in_one_image),
		cmocka_unit_test(a_service_may_have_a_static_address_and_no_name),
		cmocka_unit_test(a_service_may_have_another_name_on_this_link),
		cmocka_unit_test(a_client_with_an_address_heeds_no_announcement),
		cmocka_unit_test(a_client_with_an_address_may_open_before_the_link_is_up),
		cmocka_unit_test(a_client_stays_with_its_server_when_another_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
