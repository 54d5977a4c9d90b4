/* SPDX-License-Identifier: Apache-2.0 */
/* Views: where they point, what a peer can make of them, and how long they last. */
#include "calls/bolts.h"
#include "calls/looms.h"

static struct bolts bolts;
static struct weft_rx rx;

static weft_status print(const bolts_v1_Pattern *request, bolts_v1_Pattern *response)
{
	return bolt_print(&bolts.client, request, response, &rx, WEFT_MS(10));
}

/* ---- As it should be ---- */

static void views_point_into_the_shared_memory_wherever_they_stand(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;

	(void)state;
	bolts_up(&bolts);
	memset(&response, 0xa5, sizeof response); /* nothing of it survives */
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_true(view_is(&response.name, "herringbone") && in_region(&bolts, &response.name));
	assert_true(view_is(&response.weave, "over two, under two") && in_region(&bolts, &response.weave));
	assert_true(response.has_border);
	assert_true(view_is(&response.border.dye, "madder") && in_region(&bolts, &response.border.dye));
	assert_int_equal(response.swatches_count, 3);
	assert_true(view_is(&response.swatches[0].dye, "woad") && in_region(&bolts, &response.swatches[0].dye));
	assert_true(view_is(&response.swatches[2].dye, "weld"));
	assert_int_equal(response.which_edge, bolts_v1_Pattern_fringe_tag);
	assert_true(view_is(&response.edge.fringe, "tassel") && in_region(&bolts, &response.edge.fringe));
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);

	request.which_edge = bolts_v1_Pattern_trim_tag;
	request.edge.trim = (bolts_v1_Swatch){ 4, view_of("piping") };
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_int_equal(response.edge.trim.number, 4);
	assert_true(view_is(&response.edge.trim.dye, "piping"));
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void an_absent_view_is_null_and_an_empty_one_is_not(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;

	(void)state;
	bolts_up(&bolts);
	request.weave = (struct weft_view){ NULL, 0 };
	memset(&response, 0xa5, sizeof response);
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_null(response.weave.data);
	assert_int_equal(response.weave.len, 0);
	assert_null(response.swatches[1].dye.data);
	assert_non_null(response.note.data);
	assert_int_equal(response.note.len, 0);
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);

	request = (bolts_v1_Pattern)bolts_v1_Pattern_init_default;
	request.which_edge = bolts_v1_Pattern_fringe_tag; /* that says it is there, whatever data is */
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_null(response.name.data);
	assert_null(response.note.data);
	assert_int_equal(response.which_edge, bolts_v1_Pattern_fringe_tag);
	assert_non_null(response.edge.fringe.data);
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
}

static void a_call_whose_response_has_no_views_is_as_any_other(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Receipt receipt;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(bolt_count(&bolts.client, &request, &receipt, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(receipt.number, 6);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void the_sender_keeps_the_limits_of_the_schema(void **state)
{
	static const char sixteen[] = "0123456789abcdef";
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;

	(void)state;
	bolts_up(&bolts);
	request.name = view_of(sixteen); /* max_size 16 is 15 bytes and a NUL, as of any string */
	assert_int_equal(print(&request, &response), WEFT_INVALID_ARGUMENT);
	request.name.len = 15;
	request.swatches[1].dye = view_of(sixteen);
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	request.swatches[1].dye = (struct weft_view){ (const uint8_t *)sixteen, 17 };
	assert_int_equal(print(&request, &response), WEFT_INVALID_ARGUMENT);
	request.swatches[1].dye = (struct weft_view){ NULL, 1 };
	assert_int_equal(print(&request, &response), WEFT_INVALID_ARGUMENT);
	request.swatches[1].dye = (struct weft_view){ NULL, 0 };
	request.edge.fringe = (struct weft_view){ (const uint8_t *)sixteen, 9 };
	assert_int_equal(print(&request, &response), WEFT_INVALID_ARGUMENT);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void what_is_copied_out_fits_or_is_left_alone(void **state)
{
	struct weft_view view = view_of("madder");
	char copy[8] = "-------";

	(void)state;
	assert_false(weft_view_copy(&view, copy, 5));
	assert_string_equal(copy, "-------");
	assert_true(weft_view_copy(&view, copy, 6));
	assert_string_equal(copy, "madder-");
	view = (struct weft_view){ NULL, 0 };
	assert_true(weft_view_copy(&view, NULL, 0));
}

/* ---- Peers that lie ---- */

#define LONG "0123456789abcdef0123456789abcdef0"
static const struct {
	const char *what;
	const char *body;
	uint32_t len;
	weft_status server; /* a request of it is answered with; a reply that is not OK is DATA_LOSS */
} lies[] = {
	{ "honest", "\x12\x02hi", 4, WEFT_OK },
	{ "varint for a string", "\x10\x05", 2, WEFT_INVALID_ARGUMENT },
	{ "long varint for bytes", "\x18\xff\xff\xff\xff\x0f", 6, WEFT_INVALID_ARGUMENT },
	{ "fixed32 for bytes", "\x1d\x01\x02\x03\x04", 5, WEFT_INVALID_ARGUMENT },
	{ "fixed64 for bytes", "\x19\x01\x02\x03\x04\x05\x06\x07\x08", 9, WEFT_INVALID_ARGUMENT },
	{ "start of a group for bytes", "\x1b\x1c", 2, WEFT_INVALID_ARGUMENT },
	{ "varint for a view inside a message", "\x22\x02\x10\x05", 4, WEFT_INVALID_ARGUMENT },
	{ "fixed32 for one in a repeated message", "\x2a\x00\x2a\x05\x15\x01\x02\x03\x04", 9, WEFT_INVALID_ARGUMENT },
	{ "varint for one in a oneof", "\x38\x05", 2, WEFT_INVALID_ARGUMENT },
	{ "varint for one in a message of a oneof", "\x42\x02\x10\x05", 4, WEFT_INVALID_ARGUMENT },
	{ "varint for an optional one", "\x48\x05", 2, WEFT_INVALID_ARGUMENT },
	{ "length beyond the body", "\x12\x03hi", 4, WEFT_INVALID_ARGUMENT },
	{ "length without end", "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01hi", 14, WEFT_INVALID_ARGUMENT },
	{ "length of 4 GB", "\x12\xff\xff\xff\xff\x0fhi", 8, WEFT_INVALID_ARGUMENT },
	{ "length beyond its message, inside the body", "\x22\x03\x12\x03h\x08\x01", 7, WEFT_INVALID_ARGUMENT },
	{ "string over its limit", "\x12\x10" LONG, 18, WEFT_INVALID_ARGUMENT },
	{ "string at its limit", "\x12\x0f" LONG, 17, WEFT_OK },
	{ "bytes over their limit", "\x1a\x21" LONG, 35, WEFT_INVALID_ARGUMENT },
	{ "bytes at their limit", "\x1a\x20" LONG, 34, WEFT_OK },
	{ "bytes of a message over their limit", "\x22\x13\x12\x11" LONG, 21, WEFT_INVALID_ARGUMENT },
	{ "bytes of a oneof over their limit", "\x3a\x09" LONG, 11, WEFT_INVALID_ARGUMENT },
	{ "padded length", "\x12\x82\x80\x80\x80\x00hi", 8, WEFT_OK },
};

static void ask(const void *body, uint32_t len, struct inbox *answers, struct rpmsg_endpoint *liar)
{
	struct weft_call_header header = {
		.kind = WEFT_KIND_REQUEST, .method = BOLT_PRINT_ID, .call = 77, .aux = WEFT_MS(10)
	};

	answers->count = 0;
	send_frame(&bolts.pair.driver, liar->addr, bolts.client.base.server, header, body, len);
	pair_settle(&bolts.pair);
}

static void be_a_lying_client(struct inbox *answers, struct rpmsg_endpoint *liar)
{
	bolts_up(&bolts);
	memset(answers, 0, sizeof *answers);
	assert_int_equal(
		rpmsg_create_ept(liar, &bolts.pair.driver.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, inbox_cb, NULL),
		0);
	liar->priv = answers;
}

static void a_server_gives_its_handler_no_view_that_lies_outside_of_the_request(void **state)
{
	struct rpmsg_endpoint liar;
	struct inbox answers;

	(void)state;
	be_a_lying_client(&answers, &liar);
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		struct weft_call_header answer;

		ask(lies[i].body, lies[i].len, &answers, &liar);
		assert_int_equal(answers.count, 1);
		memcpy(&answer, answers.bytes, sizeof answer);
		if (answer.aux != lies[i].server)
			fail_msg("%s: status %u", lies[i].what, answer.aux);
	}
	pair_expect_no_buffers_out(&bolts.pair);
}

static void of_a_view_that_comes_twice_the_last_one_counts(void **state)
{
	struct rpmsg_endpoint liar;
	struct inbox answers;

	(void)state;
	be_a_lying_client(&answers, &liar);
	ask("\x12\x02hi\x12\x03you", 9, &answers, &liar);
	assert_int_equal(bolts.pattern.name.len, 3);
	ask("\x10\x05\x12\x03you", 7, &answers, &liar); /* a wrong one before it does no harm */
	assert_int_equal(bolts.pattern.name.len, 3);
	assert_int_equal(bolts.served, 2);
	ask("\x12\x03you\x10\x05", 7, &answers, &liar);
	assert_int_equal(bolts.served, 2);
	/* In a oneof: what came last says which it is. */
	ask("\x30\x07\x3a\x02hi", 6, &answers, &liar);
	assert_int_equal(bolts.pattern.which_edge, bolts_v1_Pattern_fringe_tag);
	assert_int_equal(bolts.pattern.edge.fringe.len, 2);
	ask("\x3a\x02hi\x30\x07", 6, &answers, &liar);
	assert_int_equal(bolts.pattern.which_edge, bolts_v1_Pattern_hem_tag);
	assert_int_equal(bolts.pattern.edge.hem, 7);
	ask("\x3a\x02hi\x42\x02\x08\x03", 8, &answers, &liar); /* its message has no dye, and no old view */
	assert_int_equal(bolts.pattern.which_edge, bolts_v1_Pattern_trim_tag);
	assert_int_equal(bolts.pattern.edge.trim.number, 3);
	assert_null(bolts.pattern.edge.trim.dye.data);
	/* A message that comes twice is merged: the view of the first stays. */
	ask("\x22\x04\x12\x02hi\x22\x02\x08\x03", 10, &answers, &liar);
	assert_int_equal(bolts.pattern.border.dye.len, 2);
	assert_int_equal(bolts.pattern.border.number, 3);
	assert_int_equal(bolts.served, 6);
}

static uint32_t random_below(uint32_t limit)
{
	static uint32_t seed = 1;

	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % limit;
}

/* One or two fields of our tags, of all wire types, most of them with a length that fits what follows. */
static uint32_t random_body(uint8_t *body)
{
	static const uint8_t tags[] = { 0x12, 0x1a, 0x22, 0x2a, 0x3a, 0x42, 0x4a, 0x10, 0x18, 0x1d, 0x39, 0x48 };
	uint32_t len = 0;

	for (uint32_t fields = 1u + random_below(3); fields != 0; fields--) {
		uint32_t size = random_below(8);

		body[len++] = tags[random_below(sizeof tags)];
		body[len++] = (uint8_t)(random_below(4) == 0 ? random_below(256) : size);
		for (; size != 0; size--)
			body[len++] = random_below(2) == 0 ? tags[random_below(sizeof tags)] : (uint8_t)random_below(8);
	}
	return len;
}

/* The handler looks whether every view is in the region. */
static void no_random_request_makes_a_view_outside(void **state)
{
	struct rpmsg_endpoint liar;
	struct inbox answers;

	(void)state;
	be_a_lying_client(&answers, &liar);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t body[32];
		uint32_t len = random_body(body);

		ask(body, len, &answers, &liar);
		assert_int_equal(answers.count, 1);
	}
	assert_true(bolts.served > 2000);
	pair_expect_no_buffers_out(&bolts.pair);
}

/* A started call whose reply a lying server makes. */
struct printing {
	struct bolt_print_call call;
	bolts_v1_Pattern response;
	struct weft_rx rx;
	unsigned times;
	weft_status status;
};
static struct printing printing;

static void printed(struct bolt_print_call *call, weft_status status, bolts_v1_Pattern *response)
{
	struct printing *of = (struct printing *)call->arg;

	assert_ptr_equal(response, &of->response);
	of->times++;
	of->status = status;
}

static void start_printing(void)
{
	bolts_v1_Pattern request = full_pattern();

	memset(&printing, 0xa5, sizeof printing);
	printing.times = 0;
	assert_int_equal(bolt_print_start(&bolts.client, &printing.call, &request, &printing.response, &printing.rx,
	                                  WEFT_MS(10), printed, &printing),
	                 WEFT_OK);
}

static void reply(const void *body, uint32_t len, uint32_t status)
{
	struct weft_call_header header = {
		.kind = WEFT_KIND_REPLY, .method = BOLT_PRINT_ID, .call = printing.call.base.id, .aux = status
	};

	send_frame(&bolts.pair.device, bolts.client.base.server, bolts.client.base.ept.addr, header, body, len);
	rpmsg_poll(&bolts.pair.driver.rdev, 16);
}

static void a_client_takes_no_view_that_lies_outside_of_the_reply(void **state)
{
	(void)state;
	bolts_up(&bolts);
	bolts.pair.device.asleep = true; /* the real server says nothing */
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		bool good = lies[i].server == WEFT_OK;

		start_printing();
		reply(lies[i].body, lies[i].len, WEFT_OK);
		if (printing.times != 1 || printing.status != (good ? WEFT_OK : WEFT_DATA_LOSS))
			fail_msg("%s: %u times %s", lies[i].what, printing.times, weft_status_name(printing.status));
		assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), good ? 1 : 0);
		assert_int_equal(weft_rx_release(&printing.rx), good ? WEFT_OK : WEFT_FAILED_PRECONDITION);
		rpmsg_poll(&bolts.pair.device.rdev, 16); /* it takes the request away */
		rpmsg_poll(&bolts.pair.driver.rdev, 16);
	}
}

/* ---- How long they last ---- */

static void a_held_response_stays_while_others_come_and_go(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;
	bolts_v1_Receipt receipt;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), 1);
	for (unsigned i = 0; i < 4 * PAIR_NUM; i++)
		assert_int_equal(bolt_count(&bolts.client, &request, &receipt, WEFT_MS(10)), WEFT_OK);
	assert_true(view_is(&response.name, "herringbone"));
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	pair_expect_works(&bolts.pair);
}

static void a_response_is_released_once(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;
	struct weft_rx copy;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(print(&request, &response), WEFT_OK);
	copy = rx;
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	assert_int_equal(weft_rx_release(&rx), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_rx_release(&copy), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_rx_release(NULL), WEFT_FAILED_PRECONDITION);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void nothing_is_held_when_the_call_fails(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;

	(void)state;
	bolts_up(&bolts);
	bolts.returns = WEFT_NOT_FOUND;
	memset(&rx, 0xa5, sizeof rx);
	assert_int_equal(print(&request, &response), WEFT_NOT_FOUND);
	assert_int_equal(weft_rx_release(&rx), WEFT_FAILED_PRECONDITION);
	bolts.returns = WEFT_DEFERRED; /* and never answered */
	assert_int_equal(print(&request, &response), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(weft_rx_release(&rx), WEFT_FAILED_PRECONDITION);
	assert_int_equal(bolt_print(&bolts.client, &request, &response, NULL, WEFT_MS(10)), WEFT_INVALID_ARGUMENT);
	assert_int_equal(bolt_server_stop(&bolts.server), WEFT_OK);
	pair_settle(&bolts.pair);
	memset(&rx, 0xa5, sizeof rx);
	assert_int_equal(print(&request, &response), WEFT_UNAVAILABLE);
	assert_int_equal(weft_rx_release(&rx), WEFT_FAILED_PRECONDITION);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void a_started_call_holds_its_response_for_done_and_after(void **state)
{
	(void)state;
	bolts_up(&bolts);
	start_printing();
	pair_settle(&bolts.pair);
	assert_int_equal(printing.times, 1);
	assert_int_equal(printing.status, WEFT_OK);
	assert_true(view_is(&printing.response.name, "herringbone"));
	assert_int_equal(weft_rx_release(&printing.rx), WEFT_OK);

	start_printing(); /* one that is cancelled holds nothing */
	assert_int_equal(weft_call_cancel(&printing.call.base), WEFT_OK);
	assert_int_equal(printing.status, WEFT_CANCELLED);
	assert_int_equal(weft_rx_release(&printing.rx), WEFT_FAILED_PRECONDITION);
	pair_settle(&bolts.pair);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void a_hold_ends_with_its_link_and_releases_nothing_of_the_next_life(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(print(&request, &response), WEFT_OK);
	struct weft_rx old[PAIR_NUM];
	for (unsigned i = 0; i < PAIR_NUM; i++) /* as many as there are buffers: one of them is held anew */
		old[i] = rx;
	bolts_reboot(&bolts);
	for (unsigned i = 0; i < PAIR_NUM; i++) {
		assert_int_equal(print(&request, &response), WEFT_OK);
		assert_int_equal(weft_rx_release(&old[i]), WEFT_FAILED_PRECONDITION);
		assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), 1);
		assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	}
	pair_expect_works(&bolts.pair);
}

static void a_hold_is_over_while_the_link_is_down(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(print(&request, &response), WEFT_OK);
	bolts.pair.driver.session = 0; /* the peer has gone */
	rpmsg_poll(&bolts.pair.driver.rdev, 16);
	assert_int_equal(weft_rx_release(&rx), WEFT_FAILED_PRECONDITION);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), 0);
}

/* ---- Requests that are held ---- */

static void a_server_may_keep_a_request_beyond_its_handler(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;
	struct weft_rx kept;

	(void)state;
	bolts_up(&bolts);
	bolts.hold = &kept;
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.device.rdev), 1);
	struct weft_view name = bolts.pattern.name;
	bolts.hold = NULL;
	for (unsigned i = 0; i < 2 * PAIR_NUM; i++) {
		assert_int_equal(print(&request, &response), WEFT_OK);
		assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	}
	assert_true(view_is(&name, "herringbone"));
	struct weft_rx again;
	assert_int_equal(weft_request_hold(&bolts.server.base, bolts.token, &again), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_rx_release(&again), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_request_hold(&bolts.server.base, (struct weft_token){ 0 }, &again),
	                 WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_rx_release(&kept), WEFT_OK);
	assert_int_equal(weft_rx_release(&kept), WEFT_FAILED_PRECONDITION);
	pair_expect_works(&bolts.pair);
}

/* With no transmit buffer for the reply the request waits, held by its slot; then it is the application's. */
static void a_request_that_had_to_wait_may_be_kept_as_well(void **state)
{
	struct rpmsg_endpoint greedy;
	void *lent[PAIR_NUM];
	struct weft_rx kept;

	(void)state;
	bolts_up(&bolts);
	bolts.hold = &kept;
	assert_int_equal(
		rpmsg_create_ept(&greedy, &bolts.pair.device.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL),
		0);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_non_null(lent[i] = rpmsg_get_tx_payload_buffer(&greedy, NULL, 0));
	start_printing();
	pair_settle(&bolts.pair);
	assert_int_equal(bolts.served, 0);
	assert_int_equal(bolts.server.base.counters.waited, 1);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_release_tx_buffer(&greedy, lent[i]), 0);
	bolts.pair.now += WEFT_MS(1);
	pair_settle(&bolts.pair);
	assert_int_equal(printing.status, WEFT_OK);
	assert_true(view_is(&bolts.pattern.name, "herringbone"));
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.device.rdev), 1);
	assert_int_equal(weft_rx_release(&kept), WEFT_OK);
	assert_int_equal(weft_rx_release(&printing.rx), WEFT_OK);
	pair_expect_works(&bolts.pair);
}

static void a_deferred_answer_may_be_made_from_a_request_that_is_kept(void **state)
{
	struct weft_rx kept;

	(void)state;
	bolts_up(&bolts);
	bolts.hold = &kept;
	bolts.returns = WEFT_DEFERRED;
	start_printing();
	pair_settle(&bolts.pair);
	assert_int_equal(printing.times, 0);
	assert_int_equal(bolt_print_reply(&bolts.server, bolts.token, WEFT_OK, &bolts.pattern), WEFT_OK);
	assert_int_equal(bolt_print_reply(&bolts.server, bolts.token, WEFT_OK, &bolts.pattern),
	                 WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_rx_release(&kept), WEFT_OK);
	pair_settle(&bolts.pair);
	assert_int_equal(printing.status, WEFT_OK);
	assert_true(view_is(&printing.response.name, "herringbone"));
	assert_int_equal(weft_rx_release(&printing.rx), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

static struct {
	weft_status first;
	weft_status again;
	weft_status other_token;
	weft_status other_context;
} holds;
static bool elsewhere;

static uintptr_t which_context(struct weft_port *port)
{
	(void)port;
	return elsewhere ? 2 : 1;
}

static weft_status hold_in_every_way(void *context, struct weft_token token, const bolts_v1_Pattern *request,
                                     bolts_v1_Pattern *response)
{
	struct weft_rx kept;
	struct weft_rx more;

	(void)context;
	(void)request;
	(void)response;
	elsewhere = true;
	holds.other_context = weft_request_hold(&bolts.server.base, token, &more);
	elsewhere = false;
	holds.other_token = weft_request_hold(&bolts.server.base, (struct weft_token){ token.id | 0xffu }, &more);
	holds.first = weft_request_hold(&bolts.server.base, token, &kept);
	holds.again = weft_request_hold(&bolts.server.base, token, &more);
	assert_int_equal(weft_rx_release(&more), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_rx_release(&kept), WEFT_OK);
	return WEFT_OK;
}

static void a_request_is_held_once_in_its_handler_by_its_token(void **state)
{
	static const struct bolt_ops holding = { .print = hold_in_every_way };
	struct weft_port_ops ops = pair_ops;
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;

	(void)state;
	bolts_up(&bolts);
	ops.self = which_context;
	bolts.pair.device.port.ops = &ops;
	assert_int_equal(bolt_server_stop(&bolts.server), WEFT_OK);
	assert_int_equal(bolt_server_start(&bolts.server, &bolts.pair.device.rdev, &holding, NULL, NULL), WEFT_OK);
	pair_settle(&bolts.pair);
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	assert_int_equal(holds.first, WEFT_OK);
	assert_int_equal(holds.again, WEFT_FAILED_PRECONDITION);
	assert_int_equal(holds.other_token, WEFT_FAILED_PRECONDITION);
	assert_int_equal(holds.other_context, WEFT_FAILED_PRECONDITION);
	pair_expect_works(&bolts.pair);
	bolts.pair.device.port.ops = &pair_ops;
}

static void what_outlives_its_client_is_refused(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;
	bolts_v1_Length fields = bolts_v1_Length_init_zero;
	struct weft_tx tx;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(print(&request, &response), WEFT_OK);
	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
	assert_int_equal(bolt_client_close(&bolts.client), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
	memset(&bolts.client, 0, sizeof bolts.client);
	assert_int_equal(weft_rx_release(&rx), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_tx_abort(&tx), WEFT_UNAVAILABLE);
	assert_int_equal(weft_tx_abort(&tx), WEFT_FAILED_PRECONDITION);
}

static void a_loan_is_over_while_the_link_is_down(void **state)
{
	bolts_v1_Length fields = bolts_v1_Length_init_zero;
	struct weft_tx tx;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
	bolts.pair.driver.session = 0;
	rpmsg_poll(&bolts.pair.driver.rdev, 16);
	assert_int_equal(weft_tx_abort(&tx), WEFT_UNAVAILABLE);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), 0);
}

/* Nothing is written behind the end, wherever in the message that is. */
static void a_message_with_views_is_encoded_where_it_fits_and_nowhere_else(void **state)
{
	const struct weft_message pattern = { .fields = &bolts_v1_Pattern_msg };
	bolts_v1_Pattern request = full_pattern();
	uint8_t out[256];
	uint32_t len;

	(void)state;
	assert_true(weft_nanopb_encode(&pattern, &request, out, sizeof out, &len));
	for (uint32_t room = 0; room <= len; room++) {
		uint32_t written;

		memset(out, 0xa5, sizeof out);
		assert_int_equal(weft_nanopb_encode(&pattern, &request, out, room, &written), room == len);
		for (uint32_t i = room; i < sizeof out; i++)
			assert_int_equal(out[i], 0xa5);
	}
}

static void a_view_fits_from_its_first_byte_to_its_last(void **state)
{
	static const uint8_t around[12];
	const uint8_t *body = around + 4;
	struct {
		const uint8_t *data;
		uint32_t len;
		bool fits;
	} rows[] = {
		{ body, 4, true },      { body, 0, true },           { body + 4, 0, true },  { body + 3, 1, true },
		{ body - 1, 1, false }, { body, 5, false },          { body + 3, 2, false }, { body + 4, 1, false },
		{ body + 5, 0, false }, { body, UINT32_MAX, false }, { NULL, 0, true },      { NULL, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct weft_view view = { rows[i].data, rows[i].len };

		if (weft_view_fits(&view, UINT32_MAX, body, 4) != rows[i].fits)
			fail_msg("row %zu", i);
		assert_true(view.len == 0 || !weft_view_fits(&view, view.len - 1u, body, 4));
	}
}

static void a_release_that_is_repeated_gives_back_no_later_hold(void **state)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;
	struct weft_rx first;
	struct weft_rx second;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(bolt_print(&bolts.client, &request, &response, &first, WEFT_MS(10)), WEFT_OK);
	void *frame = first.frame;
	assert_int_equal(weft_rx_release(&first), WEFT_OK);
	for (unsigned i = 0; i < PAIR_NUM; i++) { /* until the buffer has its turn again */
		assert_int_equal(bolt_print(&bolts.client, &request, &response, &second, WEFT_MS(10)), WEFT_OK);
		if (second.frame == frame)
			break;
		assert_int_equal(weft_rx_release(&second), WEFT_OK);
	}
	assert_ptr_equal(second.frame, frame);
	assert_int_equal(weft_rx_release(&first), WEFT_FAILED_PRECONDITION);
	assert_int_equal(weft_rx_release(&second), WEFT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_point_into_the_shared_memory_wherever_they_stand),
		cmocka_unit_test(an_absent_view_is_null_and_an_empty_one_is_not),
		cmocka_unit_test(a_call_whose_response_has_no_views_is_as_any_other),
		cmocka_unit_test(the_sender_keeps_the_limits_of_the_schema),
		cmocka_unit_test(what_is_copied_out_fits_or_is_left_alone),
		cmocka_unit_test(a_server_gives_its_handler_no_view_that_lies_outside_of_the_request),
		cmocka_unit_test(of_a_view_that_comes_twice_the_last_one_counts),
		cmocka_unit_test(no_random_request_makes_a_view_outside),
		cmocka_unit_test(a_client_takes_no_view_that_lies_outside_of_the_reply),
		cmocka_unit_test(a_held_response_stays_while_others_come_and_go),
		cmocka_unit_test(a_response_is_released_once),
		cmocka_unit_test(nothing_is_held_when_the_call_fails),
		cmocka_unit_test(a_started_call_holds_its_response_for_done_and_after),
		cmocka_unit_test(a_hold_ends_with_its_link_and_releases_nothing_of_the_next_life),
		cmocka_unit_test(a_hold_is_over_while_the_link_is_down),
		cmocka_unit_test(a_server_may_keep_a_request_beyond_its_handler),
		cmocka_unit_test(a_request_that_had_to_wait_may_be_kept_as_well),
		cmocka_unit_test(a_deferred_answer_may_be_made_from_a_request_that_is_kept),
		cmocka_unit_test(a_request_is_held_once_in_its_handler_by_its_token),
		cmocka_unit_test(what_outlives_its_client_is_refused),
		cmocka_unit_test(a_loan_is_over_while_the_link_is_down),
		cmocka_unit_test(a_message_with_views_is_encoded_where_it_fits_and_nowhere_else),
		cmocka_unit_test(a_view_fits_from_its_first_byte_to_its_last),
		cmocka_unit_test(a_release_that_is_repeated_gives_back_no_later_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
