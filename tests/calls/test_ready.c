/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that cannot announce: the client announces itself, the server speaks first. */
#include "calls/looms.h"

static struct looms looms;
static const struct weft_server_config by_ready = { .ready = true };
static const struct weft_client_config announced = { .announce = true };

static void start_server(void)
{
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, &by_ready),
	                 WEFT_OK);
}

static void open_client(void)
{
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &announced), WEFT_OK);
}

static void expect_service(void)
{
	tests_v1_Thread request = thread_of(4, "red");
	tests_v1_Cloth cloth;

	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(cloth.length, 40);
	pair_expect_no_buffers_out(&looms.pair);
}

static void whoever_comes_first_they_meet(void **state)
{
	(void)state;
	looms_link(&looms);
	start_server();
	pair_settle(&looms.pair);
	open_client();
	expect_service();

	looms_link(&looms);
	open_client();
	pair_settle(&looms.pair);
	start_server();
	expect_service();
}

static void a_server_that_does_not_announce_is_not_in_the_names(void **state)
{
	(void)state;
	looms_link(&looms);
	start_server();
	pair_settle(&looms.pair);
	assert_int_equal(looms.pair.driver.rdev.channel_count, 0);
}

static void a_new_server_on_the_link_takes_over_with_its_ready(void **state)
{
	(void)state;
	looms_link(&looms);
	start_server();
	open_client();
	expect_service();
	uint32_t first = looms.client.base.server;
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	start_server();
	pair_settle(&looms.pair);
	assert_int_not_equal(looms.client.base.server, first);
	expect_service();
}

static void they_meet_again_after_a_restart_of_either_core(void **state)
{
	(void)state;
	looms_link(&looms);
	start_server();
	open_client();
	expect_service();
	pair_boot(&looms.pair.device);
	start_server();
	pair_settle(&looms.pair); /* until it is seen, the client believes in the old one */
	expect_service();
	pair_boot(&looms.pair.driver);
	open_client();
	expect_service();
}

static void one_server_serves_one_client_and_the_next_when_that_has_gone(void **state)
{
	struct loom_client second;

	(void)state;
	looms_link(&looms);
	start_server();
	open_client();
	expect_service();
	assert_int_equal(loom_client_open(&second, &looms.pair.driver.rdev, &announced), WEFT_OK);
	assert_int_equal(loom_client_wait(&second, WEFT_MS(10)), WEFT_UNAVAILABLE);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	assert_int_equal(loom_client_wait(&second, WEFT_MS(10)), WEFT_OK);
}

static void ready_waits_for_a_buffer(void **state)
{
	struct rpmsg_endpoint greedy;
	void *lent[PAIR_NUM];

	(void)state;
	looms_link(&looms);
	start_server();
	assert_int_equal(
		rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL),
		0);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_non_null(lent[i] = rpmsg_get_tx_payload_buffer(&greedy, NULL, 0));
	open_client();
	pair_settle(&looms.pair);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_release_tx_buffer(&greedy, lent[i]), 0);
	expect_service();
}

static void a_client_that_did_not_announce_takes_no_ready(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_READY, .method = LOOM_ID };

	(void)state;
	looms_up(&looms);
	uint32_t server = looms.client.base.server;
	send_frame(&looms.pair.device, 4711, looms.client.base.ept.addr, header, NULL, 0);
	pair_settle(&looms.pair);
	assert_int_equal(looms.client.base.counters.violation, 1);
	assert_int_equal(looms.client.base.server, server);
}

static void a_ready_of_another_service_is_a_violation(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_READY, .method = LOOM_ID + 1 };

	(void)state;
	looms_link(&looms);
	open_client();
	pair_settle(&looms.pair);
	send_frame(&looms.pair.device, 4711, looms.client.base.ept.addr, header, NULL, 0);
	pair_settle(&looms.pair);
	assert_int_equal(looms.client.base.counters.violation, 1);
	assert_int_equal(looms.client.base.server, RPMSG_ADDR_ANY);
}

static void who_announced_heeds_no_announcement(void **state)
{
	(void)state;
	looms_link(&looms);
	open_client();
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.client.base.server, RPMSG_ADDR_ANY);
}

static void a_ready_that_is_repeated_is_answered_with_hello(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_READY, .method = LOOM_ID };

	(void)state;
	looms_link(&looms);
	start_server();
	open_client();
	expect_service();
	uint32_t server = looms.client.base.server;
	uint32_t hellos = looms.client.base.hello_id;
	send_frame(&looms.pair.device, server, looms.client.base.ept.addr, header, NULL, 0);
	pair_settle(&looms.pair);
	assert_int_equal(looms.client.base.hello_id, hellos + 1u);
	assert_int_equal(looms.client.base.counters.violation, 0);
	expect_service();
	assert_int_equal(looms.client.base.server, server);
}

static void a_server_forgets_the_client_that_goes_and_no_other(void **state)
{
	struct loom_client second;

	(void)state;
	looms_link(&looms);
	start_server();
	open_client();
	expect_service();
	assert_int_equal(loom_client_open(&second, &looms.pair.driver.rdev, &announced), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(loom_client_close(&second), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.server.base.ready_to, looms.client.base.ept.addr);
	expect_service();
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.server.base.ready_to, RPMSG_ADDR_ANY);
}

/* Ready waits for a buffer, and its client does not wait for ready. */
static void nobody_is_told_ready_who_has_gone(void **state)
{
	struct rpmsg_endpoint greedy;

	(void)state;
	looms_link(&looms);
	start_server();
	assert_int_equal(
		rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL),
		0);
	while (rpmsg_get_tx_payload_buffer(&greedy, NULL, 0) != NULL) {
	}
	open_client();
	pair_settle(&looms.pair);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(rpmsg_destroy_ept(&greedy), 0);
	uint32_t sent = looms.pair.device.shm.transport.counters.sent;
	looms.pair.now += WEFT_MS(5);
	pair_settle(&looms.pair);
	assert_int_equal(looms.pair.device.shm.transport.counters.sent, sent);
	open_client();
	expect_service();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_comes_first_they_meet),
		cmocka_unit_test(a_server_that_does_not_announce_is_not_in_the_names),
		cmocka_unit_test(a_new_server_on_the_link_takes_over_with_its_ready),
		cmocka_unit_test(they_meet_again_after_a_restart_of_either_core),
		cmocka_unit_test(one_server_serves_one_client_and_the_next_when_that_has_gone),
		cmocka_unit_test(ready_waits_for_a_buffer),
		cmocka_unit_test(a_client_that_did_not_announce_takes_no_ready),
		cmocka_unit_test(a_ready_of_another_service_is_a_violation),
		cmocka_unit_test(who_announced_heeds_no_announcement),
		cmocka_unit_test(a_ready_that_is_repeated_is_answered_with_hello),
		cmocka_unit_test(a_server_forgets_the_client_that_goes_and_no_other),
		cmocka_unit_test(nobody_is_told_ready_who_has_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
