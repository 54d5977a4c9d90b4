/* SPDX-License-Identifier: Apache-2.0 */
/* What open, close, start and stop, and calls below the generated code, say of what they are given: every status that
 * their headers list. And the bridge between the two error spaces. */
#include "calls/looms.h"
#include "weft/payload.h"

static struct looms looms;
static struct rpmsg_device never; /* initialised */
static struct rpmsg_endpoint crowd[PAIR_ENDPOINTS + 1u];
static struct rpmsg_endpoint greedy;

static const char name32[] = "a.name.of.thirty-two.bytes.long!";

static struct rpmsg_device *driver(void)
{
	return &looms.pair.driver.rdev;
}

static struct rpmsg_device *device(void)
{
	return &looms.pair.device.rdev;
}

/* All transmit buffers of a core are somebody's, until greedy goes. */
static void starve(struct rpmsg_device *rdev)
{
	assert_int_equal(rpmsg_create_ept(&greedy, rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL), 0);
	while (rpmsg_get_tx_payload_buffer(&greedy, NULL, 0) != NULL) {
	}
}

/* ... and all places of its endpoint table. */
static unsigned crowd_in(struct rpmsg_device *rdev)
{
	unsigned count = 0;

	while (rpmsg_create_ept(&crowd[count], rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL) == 0)
		count++;
	assert_true(count > 0);
	return count;
}

/* ---- Clients ---- */

static weft_status open_client(struct weft_client_config config)
{
	return loom_client_open(&looms.client, driver(), &config);
}

static void a_client_is_opened_with_a_table_and_a_name_that_it_can_use(void **state)
{
	static const uint16_t bad[] = { 0, 3, 255, 257, 512, 0x8000 };
	static const uint16_t good[] = { 1, 2, 128, 256 };
	static struct weft_call *table[256];
	struct weft_service nameless = { .channel = name32, .id = 1, .frame_max = 16, .major = 1 };
	struct weft_client client;

	(void)state;
	looms_link(&looms);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(open_client((struct weft_client_config){ .calls = table, .call_slots = bad[i] }),
		                 WEFT_INVALID_ARGUMENT);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(open_client((struct weft_client_config){ .calls = table, .call_slots = good[i] }),
		                 WEFT_OK);
		assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	}
	assert_int_equal(open_client((struct weft_client_config){ .channel = name32 }), WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_client_open(&client, driver(), &nameless, NULL), WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_client_open(&client, driver(), NULL, NULL), WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_client_open(NULL, driver(), &nameless, NULL), WEFT_INVALID_ARGUMENT);
	assert_int_equal(driver()->endpoint_count, 0);
}

static void a_client_needs_a_device_with_a_place_for_it(void **state)
{
	(void)state;
	looms_link(&looms);
	assert_int_equal(loom_client_open(&looms.client, &never, NULL), WEFT_FAILED_PRECONDITION);
	assert_int_equal(loom_client_close(&looms.client), WEFT_INVALID_ARGUMENT); /* it is not open */
	unsigned count = crowd_in(driver());
	assert_int_equal(open_client((struct weft_client_config){ 0 }), WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_UNAVAILABLE);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(1)), WEFT_FAILED_PRECONDITION);
	assert_int_equal(rpmsg_destroy_ept(&crowd[count - 1]), 0);
	assert_int_equal(open_client((struct weft_client_config){ 0 }), WEFT_OK);
}

static void a_client_that_announced_needs_a_buffer_to_close(void **state)
{
	(void)state;
	looms_link(&looms);
	assert_int_equal(open_client((struct weft_client_config){ .announce = true }), WEFT_OK);
	pair_settle(&looms.pair);
	starve(driver());
	assert_int_equal(loom_client_close(&looms.client), WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(device()->channel_count, 1);
	assert_int_equal(rpmsg_destroy_ept(&greedy), 0);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(device()->channel_count, 0);
	assert_int_equal(weft_client_close(NULL), WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_UNAVAILABLE);
}

/* ---- Servers ---- */

static weft_status start_server(struct weft_server_config config)
{
	return loom_server_start(&looms.server, device(), &loom_ops, &looms, &config);
}

static weft_status no_dispatch(struct weft_server *server, struct weft_request *request)
{
	(void)server;
	return request->oneway ? WEFT_DEFERRED : WEFT_UNIMPLEMENTED;
}

static const struct weft_service bare = {
	.channel = "bare", .id = 1, .address = RPMSG_ADDR_ANY, .frame_max = 16, .major = 1
};

static void a_server_is_started_with_all_that_it_needs(void **state)
{
	static struct weft_server_slot slots[256];
	struct weft_server_config named = { .channel = name32 };
	struct weft_server server;

	(void)state;
	looms_link(&looms);
	assert_int_equal(weft_server_start(NULL, device(), &bare, no_dispatch, &looms, NULL, NULL),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_server_start(&server, device(), NULL, no_dispatch, &looms, NULL, NULL),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_server_start(&server, device(), &bare, NULL, &looms, NULL, NULL), WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_server_start(&server, device(), &bare, no_dispatch, NULL, NULL, NULL),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_server_start(&server, device(), &bare, no_dispatch, &looms, NULL, &named),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_server_start(&server, NULL, &bare, no_dispatch, &looms, NULL, NULL),
	                 WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_server_start(&server, &never, &bare, no_dispatch, &looms, NULL, NULL),
	                 WEFT_FAILED_PRECONDITION);
	assert_int_equal(start_server((struct weft_server_config){ .slots = slots, .slot_count = 0 }),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(start_server((struct weft_server_config){ .slots = slots, .slot_count = 256 }),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(start_server((struct weft_server_config){ .address = RPMSG_NS_EPT_ADDR }),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(device()->endpoint_count, 0);
	assert_int_equal(start_server((struct weft_server_config){ .slots = slots, .slot_count = 255 }), WEFT_OK);
}

static void a_server_needs_an_address_and_a_place(void **state)
{
	struct weft_server second;
	struct weft_server_config fixed = { .address = 400 };

	(void)state;
	looms_link(&looms);
	assert_int_equal(start_server(fixed), WEFT_OK);
	assert_int_equal(weft_server_start(&second, device(), &bare, no_dispatch, &looms, NULL, &fixed),
	                 WEFT_ALREADY_EXISTS);
	assert_int_equal(weft_server_stop(&second), WEFT_INVALID_ARGUMENT); /* it does not serve */
	crowd_in(device());
	assert_int_equal(weft_server_start(&second, device(), &bare, no_dispatch, &looms, NULL, NULL),
	                 WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(weft_server_reply(&second, (struct weft_token){ 1 }, WEFT_OK, NULL, NULL),
	                 WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_server_reply(NULL, (struct weft_token){ 1 }, WEFT_OK, NULL, NULL),
	                 WEFT_FAILED_PRECONDITION);
}

static void a_server_that_announced_needs_a_buffer_to_stop(void **state)
{
	(void)state;
	looms_up(&looms);
	starve(device());
	looms.pair.driver.asleep = true;
	assert_int_equal(loom_server_stop(&looms.server), WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(rpmsg_destroy_ept(&greedy), 0);
	looms.pair.driver.asleep = false;
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_OK); /* it serves on */
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	assert_int_equal(loom_server_stop(&looms.server), WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_server_stop(NULL), WEFT_INVALID_ARGUMENT);
}

/* Nobody waits for the answer of a oneway call: one that a dispatch defers is over, and no error. */
static void a_oneway_that_is_deferred_is_over(void **state)
{
	struct weft_server server;
	struct weft_call_header header = { .kind = WEFT_KIND_ONEWAY, .method = 1 };

	(void)state;
	looms_link(&looms);
	assert_int_equal(weft_server_start(&server, device(), &bare, no_dispatch, &looms, NULL, NULL), WEFT_OK);
	send_frame(&looms.pair.driver, 5, server.ept.addr, header, NULL, 0);
	pair_settle(&looms.pair);
	assert_int_equal(server.counters.requests, 1);
	assert_int_equal(server.counters.errors, 0);
	assert_int_equal(server.counters.deferred, 0);
	assert_int_equal(weft_server_stop(&server), WEFT_OK);
}

/* ---- Calls, below the generated code ---- */

static uint32_t body_len;

static bool encode_much(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity,
                        uint32_t *len)
{
	(void)type;
	(void)message;
	if (body_len > capacity)
		return false;
	memset(out, 0, body_len);
	*len = body_len;
	return true;
}

static bool decode_any(const struct weft_message *type, void *message, const uint8_t *data, uint32_t len)
{
	(void)type;
	(void)message;
	(void)data;
	(void)len;
	return true;
}

static const struct weft_message much = { .encode = encode_much, .decode = decode_any };
static const struct weft_method method = { &much, &much, LOOM_WEAVE_ID };

static void never_done(struct weft_call *call, weft_status status)
{
	(void)call;
	(void)status;
	fail();
}

static void a_start_without_a_done_is_refused(void **state)
{
	struct weft_client *client = &looms.client.base;
	struct weft_payload payload = { &much, 0, 2, 100 };
	struct weft_view none = { NULL, 0 };
	struct weft_call call;
	struct weft_tx tx;

	(void)state;
	looms_up(&looms);
	body_len = 0;
	assert_int_equal(weft_client_start(client, &call, &method, NULL, NULL, NULL, WEFT_MS(5), NULL),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_client_begin(client, &payload, &none, &tx, 0), WEFT_OK);
	assert_int_equal(weft_client_commit_start(client, &call, &tx, 4, &method, NULL, NULL, WEFT_MS(5), NULL),
	                 WEFT_INVALID_ARGUMENT);
	assert_non_null(tx.data); /* still lent */
	assert_int_equal(weft_client_commit_start(client, &call, &tx, 101, &method, NULL, NULL, WEFT_MS(5), never_done),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(weft_tx_abort(&tx), WEFT_OK);
	assert_int_equal(weft_tx_abort(NULL), WEFT_FAILED_PRECONDITION);
	pair_expect_no_buffers_out(&looms.pair);
}

static void other_fields_that_leave_the_payload_no_room_lend_nothing(void **state)
{
	const uint32_t room = PAIR_BUF_SIZE - 16u - WEFT_CALL_HEADER_SIZE;
	struct weft_payload payload = { &much, 0, 2, 100 };
	struct weft_view none = { NULL, 0 };
	_Alignas(4) uint8_t reply[16];
	struct weft_request request = { .reply = reply, .reply_capacity = sizeof reply };
	struct weft_tx tx;

	(void)state;
	looms_up(&looms);
	for (body_len = room - 6u; body_len <= room + 1u; body_len++) {
		bool fits = body_len == room - 6u; /* one byte of tag and room for the widest length */
		assert_int_equal(weft_client_begin(&looms.client.base, &payload, &none, &tx, 0),
		                 fits ? WEFT_OK : WEFT_INVALID_ARGUMENT);
		assert_int_equal(tx.data != NULL, fits);
		assert_int_equal(weft_tx_abort(&tx), fits ? WEFT_OK : WEFT_FAILED_PRECONDITION);
		pair_expect_no_buffers_out(&looms.pair);
	}
	for (body_len = 10; body_len <= 17; body_len++) {
		weft_reply_prepare(&tx, &request);
		assert_int_equal(weft_reply_begin(&tx, &payload, &none),
		                 body_len == 10 ? WEFT_OK : WEFT_INVALID_ARGUMENT);
	}
}

static void a_call_that_was_never_started_is_not_cancelled(void **state)
{
	struct weft_call call = { 0 };
	struct ending ending;

	(void)state;
	looms_up(&looms);
	assert_int_equal(weft_call_cancel(NULL), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_call_cancel(&call), WEFT_FAILED_PRECONDITION);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(5)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(ending.status, WEFT_OK);
	assert_int_equal(weft_call_cancel(&ending.call.base), WEFT_FAILED_PRECONDITION);
	assert_int_equal(ending.times, 1);
}

static void between_a_restart_and_the_poll_a_call_is_unavailable(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;
	struct ending ending;

	(void)state;
	looms_up(&looms);
	rpmsg_restart(driver());
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(5)), WEFT_UNAVAILABLE);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_UNAVAILABLE);
	assert_int_equal(loom_note(&looms.client, &request, WEFT_MS(5)), WEFT_UNAVAILABLE);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(500)), WEFT_OK);
}

/* ---- The bridge ---- */

static void every_error_of_rpmsg_is_a_status(void **state)
{
	static const struct {
		int result;
		weft_status status;
	} rows[] = {
		{ RPMSG_SUCCESS, WEFT_OK },
		{ 1, WEFT_OK },
		{ INT32_MAX, WEFT_OK },
		{ RPMSG_ERR_NO_MEM, WEFT_RESOURCE_EXHAUSTED },
		{ RPMSG_ERR_NO_BUFF, WEFT_RESOURCE_EXHAUSTED },
		{ RPMSG_ERR_PARAM, WEFT_INVALID_ARGUMENT },
		{ RPMSG_ERR_DEV_STATE, WEFT_UNAVAILABLE },
		{ RPMSG_ERR_BUFF_SIZE, WEFT_INVALID_ARGUMENT },
		{ RPMSG_ERR_INIT, WEFT_FAILED_PRECONDITION },
		{ RPMSG_ERR_ADDR, WEFT_ALREADY_EXISTS },
		{ RPMSG_ERR_PERM, WEFT_FAILED_PRECONDITION },
		{ -1, WEFT_UNKNOWN },
		{ -2000, WEFT_UNKNOWN },
		{ -2009, WEFT_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(weft_status_from_rpmsg(rows[i].result), rows[i].status);
}

static void every_status_has_its_name(void **state)
{
	static const char *const names[] = {
		"OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
		"NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
		"ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
		"DATA_LOSS", "UNAUTHENTICATED",
	};

	(void)state;
	for (unsigned i = 0; i < 17; i++)
		assert_string_equal(weft_status_name((weft_status)i), names[i]);
	assert_string_equal(weft_status_name((weft_status)17), "?");
	assert_string_equal(weft_status_name(WEFT_DEFERRED), "?");
}

static weft_status refuse_with_a_body(struct weft_server *server, struct weft_request *request)
{
	(void)server;
	request->reply_len = 8;
	return WEFT_ABORTED;
}

static void an_error_has_no_body_whatever_a_dispatch_wrote(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_REQUEST, .method = 1, .call = 1, .aux = WEFT_MS(5) };
	struct inbox answers = { 0 };
	struct rpmsg_endpoint asker;
	struct weft_server server;

	(void)state;
	looms_link(&looms);
	assert_int_equal(rpmsg_create_ept(&asker, driver(), NULL, 77, RPMSG_ADDR_ANY, inbox_cb, NULL), 0);
	asker.priv = &answers;
	assert_int_equal(weft_server_start(&server, device(), &bare, refuse_with_a_body, &looms, NULL, NULL), WEFT_OK);
	send_frame(&looms.pair.driver, 77, server.ept.addr, header, NULL, 0);
	pair_settle(&looms.pair);
	assert_int_equal(answers.count, 1);
	assert_int_equal(answers.len, WEFT_CALL_HEADER_SIZE);
	assert_int_equal(weft_server_stop(&server), WEFT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_opened_with_a_table_and_a_name_that_it_can_use),
		cmocka_unit_test(a_client_needs_a_device_with_a_place_for_it),
		cmocka_unit_test(a_client_that_announced_needs_a_buffer_to_close),
		cmocka_unit_test(a_server_is_started_with_all_that_it_needs),
		cmocka_unit_test(a_server_needs_an_address_and_a_place),
		cmocka_unit_test(a_server_that_announced_needs_a_buffer_to_stop),
		cmocka_unit_test(a_oneway_that_is_deferred_is_over),
		cmocka_unit_test(a_start_without_a_done_is_refused),
		cmocka_unit_test(other_fields_that_leave_the_payload_no_room_lend_nothing),
		cmocka_unit_test(a_call_that_was_never_started_is_not_cancelled),
		cmocka_unit_test(between_a_restart_and_the_poll_a_call_is_unavailable),
		cmocka_unit_test(every_error_of_rpmsg_is_a_status),
		cmocka_unit_test(every_status_has_its_name),
		cmocka_unit_test(an_error_has_no_body_whatever_a_dispatch_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
