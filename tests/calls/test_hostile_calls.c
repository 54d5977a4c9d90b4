/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that lie, in both directions: what each lie gets, what it costs, and that nothing is lost by it. */
#include "calls/looms.h"
#include "rpc/frame.h"

static struct looms looms;
static struct rpmsg_endpoint liar; /* on the driver, in the place of a client's endpoint */
static struct inbox answers;

static void be_a_lying_client(void)
{
	looms_up(&looms);
	memset(&answers, 0, sizeof answers);
	assert_int_equal(
		rpmsg_create_ept(&liar, &looms.pair.driver.rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, inbox_cb, NULL),
		0);
	liar.priv = &answers;
}

static struct weft_call_header answer(void)
{
	struct weft_call_header header;

	assert_true(answers.len >= sizeof header);
	memcpy(&header, answers.bytes, sizeof header);
	return header;
}

static void ask(struct weft_call_header header, const void *body, uint32_t len)
{
	answers.count = 0;
	send_frame(&looms.pair.driver, liar.addr, looms.client.base.server, header, body, len);
	pair_settle(&looms.pair);
}

#define BODY(...) (const uint8_t[]){ __VA_ARGS__ }, (uint32_t)sizeof((const uint8_t[]){ __VA_ARGS__ })

/* What a client may send, and what it is answered. All with call 77, method weave unless said. */
static const uint8_t good[] = { 0x08, 0x07 };             /* count: 7 */
static const uint8_t cut[] = { 0x12, 0x05, 'r' };         /* a string of 5 with 1 byte there */
static const uint8_t wrong_type[] = { 0x0d, 1, 2, 3, 4 }; /* count as fixed32 */
static const uint8_t long_string[] = "\x12\x10"
				     "0123456789abcdef";           /* 16 bytes: no room for the NUL */
static const uint8_t long_bytes[] = { 0x1a, 6, 1, 2, 3, 4, 5, 6 }; /* the schema says 5, the struct has room */
static const uint8_t just_bytes[] = { 0x1a, 5, 1, 2, 3, 4, 5 };
static const uint8_t field_zero[] = { 0x00, 0x00 };
static const uint8_t endless[] = { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
static const uint8_t unknown[] = { 0x08, 0x07, 0xf8, 0x07, 0x01 }; /* a field of a newer client */
static const struct request_row {
	const char *what;
	uint8_t kind;
	uint8_t flags;
	uint32_t method;
	const uint8_t *body;
	uint32_t len;
	uint32_t status;
} request_rows[] = {
	{ "honest", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, good, sizeof good, WEFT_OK },
	{ "empty body", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, good, 0, WEFT_OK },
	{ "unknown field", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, unknown, sizeof unknown, WEFT_OK },
	{ "unused flag bits", WEFT_KIND_REQUEST, 0xfe, LOOM_WEAVE_ID, good, sizeof good, WEFT_OK },
	{ "bytes at the limit", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, just_bytes, sizeof just_bytes, WEFT_OK },
	{ "bytes over the limit", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, long_bytes, sizeof long_bytes,
	  WEFT_INVALID_ARGUMENT },
	{ "string over the limit", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, long_string, 18, WEFT_INVALID_ARGUMENT },
	{ "cut off", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, cut, sizeof cut, WEFT_INVALID_ARGUMENT },
	{ "wrong wire type", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, wrong_type, sizeof wrong_type,
	  WEFT_INVALID_ARGUMENT },
	{ "field number 0", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, field_zero, sizeof field_zero, WEFT_INVALID_ARGUMENT },
	{ "varint without end", WEFT_KIND_REQUEST, 0, LOOM_WEAVE_ID, endless, sizeof endless, WEFT_INVALID_ARGUMENT },
	{ "unknown method", WEFT_KIND_REQUEST, 0, 0x1234, good, sizeof good, WEFT_UNIMPLEMENTED },
	{ "method 0", WEFT_KIND_REQUEST, 0, 0, good, sizeof good, WEFT_UNIMPLEMENTED },
	{ "oneway method as a request", WEFT_KIND_REQUEST, 0, LOOM_NOTE_ID, good, sizeof good, WEFT_UNIMPLEMENTED },
	{ "continued", WEFT_KIND_REQUEST, WEFT_FLAG_CONTINUED, LOOM_WEAVE_ID, good, sizeof good, WEFT_UNIMPLEMENTED },
	{ "stream", WEFT_KIND_STREAM, 0, LOOM_WEAVE_ID, good, sizeof good, WEFT_UNIMPLEMENTED },
	{ "end", WEFT_KIND_END, 0, LOOM_WEAVE_ID, good, 0, WEFT_UNIMPLEMENTED },
	{ "credit", WEFT_KIND_CREDIT, 0, LOOM_WEAVE_ID, good, 0, WEFT_UNIMPLEMENTED },
	{ "kind of the future", 0x7f, 0, LOOM_WEAVE_ID, good, 0, WEFT_UNIMPLEMENTED },
	{ "kind 0", 0x00, 0, LOOM_WEAVE_ID, good, 0, WEFT_UNIMPLEMENTED },
};

static void a_server_answers_everything_with_a_status(void **state)
{
	(void)state;
	be_a_lying_client();
	for (size_t i = 0; i < sizeof request_rows / sizeof request_rows[0]; i++) {
		struct weft_call_header header = { .kind = request_rows[i].kind,
			                           .flags = request_rows[i].flags,
			                           .method = request_rows[i].method,
			                           .call = 77,
			                           .aux = WEFT_MS(10) };

		ask(header, request_rows[i].body, request_rows[i].len);
		if (answers.count != 1 || answer().aux != request_rows[i].status)
			fail_msg("%s: %u answers, status %u", request_rows[i].what, answers.count, answer().aux);
		assert_int_equal(answer().kind, WEFT_KIND_REPLY);
		assert_int_equal(answer().method, request_rows[i].method);
		assert_int_equal(answer().call, 77);
		if (request_rows[i].status != WEFT_OK)
			assert_int_equal(answers.len, WEFT_CALL_HEADER_SIZE); /* errors have no body */
	}
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_request_with_no_time_left_is_not_served(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_REQUEST, .method = LOOM_WEAVE_ID, .call = 1, .aux = 0 };

	(void)state;
	be_a_lying_client();
	ask(header, NULL, 0);
	assert_int_equal(answer().aux, WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(looms.woven, 0);
}

/* Not the peer's lie: a handler may return what it likes, and a client of another make sees no 99. */
static void a_handlers_status_that_is_none_goes_out_as_unknown(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_REQUEST, .method = LOOM_WEAVE_ID, .call = 1, .aux = 1000 };

	(void)state;
	be_a_lying_client();
	looms.returns = (weft_status)99;
	ask(header, NULL, 0);
	assert_int_equal(answer().aux, WEFT_UNKNOWN);
}

/* Nothing of the answering direction is answered, nor what has no header to answer to, nor a oneway. */
static void a_server_never_answers_answers_nor_scraps_nor_oneways(void **state)
{
	static const uint8_t kinds[] = { WEFT_KIND_HELLO_REPLY, WEFT_KIND_REPLY, WEFT_KIND_STREAM_REPLY,
		                         WEFT_KIND_END_REPLY,   WEFT_KIND_READY, 0xff };

	(void)state;
	be_a_lying_client();
	for (size_t i = 0; i < sizeof kinds; i++) {
		ask((struct weft_call_header){ .kind = kinds[i], .method = LOOM_WEAVE_ID, .call = 1, .aux = 5 }, NULL,
		    0);
		assert_int_equal(answers.count, 0);
		assert_int_equal(looms.server.base.counters.violation, i + 1);
	}
	static const uint8_t scrap[WEFT_CALL_HEADER_SIZE] = { WEFT_KIND_REQUEST };
	for (uint32_t len = 0; len < WEFT_CALL_HEADER_SIZE; len++) {
		pair_forge(&looms.pair.driver, liar.addr, looms.client.base.server, scrap, len, (uint16_t)len);
		pair_settle(&looms.pair);
		assert_int_equal(answers.count, 0);
		assert_int_equal(looms.server.base.counters.violation, sizeof kinds + len + 1);
	}
	ask((struct weft_call_header){ .kind = WEFT_KIND_ONEWAY, .method = LOOM_WEAVE_ID }, BODY(0x08, 0x01));
	ask((struct weft_call_header){ .kind = WEFT_KIND_ONEWAY, .method = 0x1234 }, BODY(0x08, 0x01));
	ask((struct weft_call_header){ .kind = WEFT_KIND_ONEWAY, .method = LOOM_NOTE_ID }, BODY(0x12, 0x05));
	ask((struct weft_call_header){ .kind = WEFT_KIND_CANCEL, .method = LOOM_WEAVE_ID, .call = 9 }, NULL, 0);
	ask((struct weft_call_header){ .kind = WEFT_KIND_ONEWAY, .flags = WEFT_FLAG_CONTINUED, .method = LOOM_NOTE_ID },
	    BODY(0x08, 0x01)); /* a piece of a message, even if it decodes */
	assert_int_equal(looms.server.base.counters.dropped, 1);
	assert_int_equal(answers.count, 0);
	assert_int_equal(looms.woven, 0);
	assert_int_equal(looms.noted, 0);
	pair_expect_no_buffers_out(&looms.pair);
}

static void a_hello_is_refused_for_each_thing_that_does_not_agree(void **state)
{
	const struct weft_hello honest = { .version = WEFT_PROTOCOL_VERSION, .major = 1, .frame_size = 496 };
	struct {
		const char *what;
		struct weft_hello hello;
		uint32_t service;
		uint32_t len;
		uint32_t status;
	} rows[] = {
		{ "honest", honest, LOOM_ID, WEFT_HELLO_SIZE, WEFT_OK },
		{ "longer, from the future", honest, LOOM_ID, WEFT_HELLO_SIZE + 8, WEFT_OK },
		{ "frame just large enough", honest, LOOM_ID, WEFT_HELLO_SIZE, WEFT_OK },
		{ "frame one byte too small", honest, LOOM_ID, WEFT_HELLO_SIZE, WEFT_FAILED_PRECONDITION },
		{ "other version", honest, LOOM_ID, WEFT_HELLO_SIZE, WEFT_FAILED_PRECONDITION },
		{ "later major", honest, LOOM_ID, WEFT_HELLO_SIZE, WEFT_FAILED_PRECONDITION },
		{ "earlier major", honest, LOOM_ID, WEFT_HELLO_SIZE, WEFT_FAILED_PRECONDITION },
		{ "other service", honest, LOOM_ID + 1, WEFT_HELLO_SIZE, WEFT_UNIMPLEMENTED },
		{ "one byte short", honest, LOOM_ID, WEFT_HELLO_SIZE - 1, WEFT_INVALID_ARGUMENT },
		{ "no body", honest, LOOM_ID, 0, WEFT_INVALID_ARGUMENT },
	};
	uint8_t body[WEFT_HELLO_SIZE + 8] = { 0 };

	(void)state;
	rows[2].hello.frame_size = LOOM_FRAME_MAX;
	rows[3].hello.frame_size = LOOM_FRAME_MAX - 1;
	rows[4].hello.version = WEFT_PROTOCOL_VERSION + 1;
	rows[5].hello.major = 2;
	rows[6].hello.major = 0;
	be_a_lying_client();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memcpy(body, &rows[i].hello, sizeof rows[i].hello);
		ask((struct weft_call_header){ .kind = WEFT_KIND_HELLO, .method = rows[i].service, .call = 5 }, body,
		    rows[i].len);
		if (answers.count != 1 || answer().aux != rows[i].status)
			fail_msg("%s: %u answers, status %u", rows[i].what, answers.count, answer().aux);
		assert_int_equal(answer().kind, WEFT_KIND_HELLO_REPLY);
		assert_int_equal(answer().method, rows[i].service);
		assert_int_equal(answer().call, 5);
		assert_int_equal(answers.len,
		                 WEFT_CALL_HEADER_SIZE + (rows[i].status == WEFT_OK ? WEFT_HELLO_SIZE : 0));
	}
}

/* One that waits for a transmit buffer is read when it comes, not when it is served. */
static void a_header_that_is_rewritten_while_its_request_waits_changes_nothing(void **state)
{
	static const struct weft_call_header lie = {
		.kind = WEFT_KIND_STREAM, .flags = WEFT_FLAG_CONTINUED, .method = LOOM_TEAR_ID, .call = 0x666
	};
	struct ending ending;
	void *loan = NULL;
	void *next;

	(void)state;
	looms_up(&looms);
	pair_settle(&looms.pair);
	struct weft_server *server = &looms.server.base;
	while ((next = rpmsg_get_tx_buffer(&server->ept, NULL, 0)) != NULL)
		loan = next;
	assert_int_equal(start_weave(&looms, &ending, 7, WEFT_MS(10)), WEFT_OK);
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(server->waiting, 1);
	memcpy(server->slots[0].frame, &lie, sizeof lie);
	assert_int_equal(rpmsg_release_tx_buffer(&server->ept, loan), 0);
	looms.pair.now += WEFT_MS(2);
	pair_settle(&looms.pair);
	assert_int_equal(looms.woven, 1);
	assert_int_equal(ending.times, 1);
	assert_int_equal(ending.status, WEFT_OK);
	assert_int_equal(ending.cloth.length, 70);
}

/* ---- Lying servers ---- */

static struct ending pending;

static void have_a_call_pending(void)
{
	looms_up(&looms);
	looms.pair.device.asleep = true; /* the real server says nothing */
	assert_int_equal(start_weave(&looms, &pending, 1, WEFT_MS(50)), WEFT_OK);
}

static void reply_from(uint32_t src, struct weft_call_header header, const void *body, uint32_t len)
{
	send_frame(&looms.pair.device, src, looms.client.base.ept.addr, header, body, len);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
}

static struct weft_call_header reply_header(uint32_t call, uint32_t status)
{
	return (struct weft_call_header){
		.kind = WEFT_KIND_REPLY, .method = LOOM_WEAVE_ID, .call = call, .aux = status
	};
}

static void a_reply_is_taken_once_and_by_its_own_call_only(void **state)
{
	uint32_t server;
	uint32_t id;

	(void)state;
	have_a_call_pending();
	server = looms.client.base.server;
	id = pending.call.base.id;
	reply_from(server, reply_header(id + 4, WEFT_OK), BODY(0x08, 0x01)); /* the slot, another generation */
	reply_from(server, reply_header(id - 4, WEFT_OK), BODY(0x08, 0x01)); /* ... an old one */
	reply_from(server, reply_header(id + 1, WEFT_OK), BODY(0x08, 0x01)); /* an empty slot */
	reply_from(server, reply_header(0, WEFT_OK), NULL, 0);
	assert_int_equal(pending.times, 0);
	assert_int_equal(looms.client.base.counters.stray, 4);
	reply_from(server, reply_header(id, WEFT_OK), BODY(0x08, 0x2a));
	assert_int_equal(pending.times, 1);
	assert_int_equal(pending.cloth.length, 42);
	reply_from(server, reply_header(id, WEFT_OK), BODY(0x08, 0x2b)); /* twice */
	assert_int_equal(pending.times, 1);
	assert_int_equal(pending.cloth.length, 42);
	assert_int_equal(looms.client.base.counters.stray, 5);
}

static void a_late_reply_does_not_meet_the_next_call_of_its_slot(void **state)
{
	struct ending next;
	uint32_t id;

	(void)state;
	have_a_call_pending();
	id = pending.call.base.id;
	looms.pair.now += WEFT_MS(50);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(pending.status, WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(start_weave(&looms, &next, 2, WEFT_MS(50)), WEFT_OK);
	reply_from(looms.client.base.server, reply_header(id, WEFT_OK), BODY(0x08, 0x01));
	assert_int_equal(next.times, 0);
	assert_int_equal(looms.client.base.counters.stray, 1);
}

static void a_reply_from_another_address_is_a_violation(void **state)
{
	(void)state;
	have_a_call_pending();
	reply_from(looms.client.base.server + 1, reply_header(pending.call.base.id, WEFT_OK), BODY(0x08, 0x01));
	reply_from(looms.client.base.server - 1, reply_header(pending.call.base.id, WEFT_OK), BODY(0x08, 0x01));
	assert_int_equal(pending.times, 0);
	assert_int_equal(looms.client.base.counters.violation, 2);
}

static void a_request_where_a_reply_belongs_is_a_violation_and_not_answered(void **state)
{
	struct weft_call_header header = { .kind = WEFT_KIND_REQUEST, .method = LOOM_WEAVE_ID, .call = 1, .aux = 1000 };
	uint32_t sent;

	(void)state;
	have_a_call_pending();
	sent = looms.pair.driver.shm.transport.counters.sent;
	reply_from(looms.client.base.server, header, NULL, 0);
	send_frame(&looms.pair.device, looms.client.base.server, looms.client.base.ept.addr, header, NULL, 0);
	pair_forge(&looms.pair.device, looms.client.base.server, looms.client.base.ept.addr, &header, 15, 15);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	assert_int_equal(looms.client.base.counters.violation, 3);
	assert_int_equal(looms.pair.driver.shm.transport.counters.sent, sent);
	assert_int_equal(pending.times, 0);
}

static void what_is_no_status_and_what_is_no_message_end_the_call_all_the_same(void **state)
{
	static const struct {
		const char *what;
		uint32_t status;
		uint8_t flags;
		uint8_t body[8];
		uint32_t len;
		weft_status ends;
	} rows[] = {
		{ "status 17", 17, 0, { 0 }, 0, WEFT_UNKNOWN },
		{ "status 0xffffffff", 0xffffffffu, 0, { 0 }, 0, WEFT_UNKNOWN },
		{ "cut off", WEFT_OK, 0, { 0x12, 0x05, 'r' }, 3, WEFT_DATA_LOSS },
		{ "continued", WEFT_OK, WEFT_FLAG_CONTINUED, { 0 }, 0, WEFT_UNIMPLEMENTED },
		{ "an error with a body", WEFT_ABORTED, 0, { 0x08, 0x01 }, 2, WEFT_ABORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		have_a_call_pending();
		struct weft_call_header header = reply_header(pending.call.base.id, rows[i].status);
		header.flags = rows[i].flags;
		reply_from(looms.client.base.server, header, rows[i].body, rows[i].len);
		if (pending.times != 1 || pending.status != rows[i].ends)
			fail_msg("%s: ended %u times with %s", rows[i].what, pending.times,
			         weft_status_name(pending.status));
	}
}

static void a_response_over_the_limit_is_data_loss(void **state)
{
	/* threads[0].knot: six bytes where the schema says five */
	static const uint8_t body[] = { 0x1a, 8, 0x1a, 6, 1, 2, 3, 4, 5, 6 };

	(void)state;
	have_a_call_pending();
	reply_from(looms.client.base.server, reply_header(pending.call.base.id, WEFT_OK), body, sizeof body);
	assert_int_equal(pending.status, WEFT_DATA_LOSS);
}

static void kinds_of_streams_and_of_the_future_touch_no_call(void **state)
{
	static const uint8_t kinds[] = { WEFT_KIND_STREAM_REPLY, WEFT_KIND_END_REPLY, WEFT_KIND_CREDIT_REPLY, 0xff };

	(void)state;
	have_a_call_pending();
	for (size_t i = 0; i < sizeof kinds; i++) {
		struct weft_call_header header = reply_header(pending.call.base.id, WEFT_OK);

		header.kind = kinds[i];
		reply_from(looms.client.base.server, header, NULL, 0);
	}
	assert_int_equal(pending.times, 0);
	assert_int_equal(looms.client.base.counters.stray, sizeof kinds);
}

/* The server's answer to a hello, word by word wrong. The client had asked again after a time-out. */
static void a_client_believes_a_hello_reply_only_when_all_of_it_is_right(void **state)
{
	struct weft_hello honest = { .version = WEFT_PROTOCOL_VERSION,
		                     .major = 1,
		                     .frame_size = 496,
		                     .epoch = 9,
		                     .window = 7,
		                     .fingerprint_low = 1,
		                     .fingerprint_high = 2 };
	struct {
		const char *what;
		struct weft_hello hello;
		uint32_t len;
		uint32_t service;
		uint32_t hello_id_off;
		uint32_t status;
		weft_status state;
	} rows[] = {
		{ "honest", honest, WEFT_HELLO_SIZE, LOOM_ID, 0, WEFT_OK, WEFT_OK },
		{ "other version", honest, WEFT_HELLO_SIZE, LOOM_ID, 0, WEFT_OK, WEFT_FAILED_PRECONDITION },
		{ "other major", honest, WEFT_HELLO_SIZE, LOOM_ID, 0, WEFT_OK, WEFT_FAILED_PRECONDITION },
		{ "frames too small", honest, WEFT_HELLO_SIZE, LOOM_ID, 0, WEFT_OK, WEFT_FAILED_PRECONDITION },
		{ "cut off", honest, WEFT_HELLO_SIZE - 1, LOOM_ID, 0, WEFT_OK, WEFT_UNAVAILABLE },
		{ "to an older hello", honest, WEFT_HELLO_SIZE, LOOM_ID, 1, WEFT_OK, WEFT_UNAVAILABLE },
		{ "of another service", honest, WEFT_HELLO_SIZE, LOOM_ID + 1, 0, WEFT_OK, WEFT_UNAVAILABLE },
		{ "refused", honest, 0, LOOM_ID, 0, WEFT_PERMISSION_DENIED, WEFT_PERMISSION_DENIED },
		{ "refused with no status", honest, 0, LOOM_ID, 0, 99, WEFT_UNKNOWN },
	};

	(void)state;
	rows[1].hello.version++;
	rows[2].hello.major++;
	rows[3].hello.frame_size = LOOM_FRAME_MAX - 1;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		looms_link(&looms);
		assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL),
		                 WEFT_OK);
		rpmsg_poll(&looms.pair.device.rdev, 16);
		assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, NULL), WEFT_OK);
		rpmsg_poll(&looms.pair.driver.rdev, 16); /* found, hello sent */
		struct weft_call_header header = { .kind = WEFT_KIND_HELLO_REPLY,
			                           .method = rows[i].service,
			                           .call = looms.client.base.hello_id - rows[i].hello_id_off,
			                           .aux = rows[i].status };
		reply_from(looms.server.base.ept.addr, header, &rows[i].hello, rows[i].len);
		if (weft_client_state(&looms.client.base) != rows[i].state)
			fail_msg("%s: %s", rows[i].what, weft_status_name(weft_client_state(&looms.client.base)));
		if (rows[i].state == WEFT_OK) {
			assert_int_equal(looms.client.base.peer.fingerprint, 0x200000001u);
			assert_int_equal(looms.client.base.peer.frame_size, 496);
			assert_int_equal(looms.client.base.peer.epoch, 9);
			assert_int_equal(looms.client.base.peer.window, 7);
		}
	}
}

/* A link of smaller frames than ours today: what does not fit is not written, and its loan goes back. */
static void a_hello_that_does_not_fit_is_not_written(void **state)
{
	struct virtio_layout layout;

	(void)state;
	be_a_lying_client();
	struct weft_transport *transport = &looms.pair.device.shm.transport;
	uint32_t size = virtio_layout_compute(&looms.pair.layout, &layout);
	uint8_t *buffers = looms.pair.memory + layout.buffers[0];
	memset(buffers, 0, size - layout.buffers[0]);
	transport->mtu = WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE - 1u;
	assert_null(weft_frame_borrow(&looms.server.base.ept, WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE));
	assert_int_equal(rpmsg_buffers_out(&looms.pair.device.rdev), 0);
	transport->mtu++;
	uint8_t *frame = weft_frame_borrow(&looms.server.base.ept, WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE);
	assert_in_range((uintptr_t)frame, (uintptr_t)buffers, (uintptr_t)looms.pair.memory + size);
	memset(frame, 0xee, WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE);
	assert_true(weft_frame_send(&looms.server.base.ept, liar.addr, frame, WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE));
	assert_int_equal(rpmsg_buffers_out(&looms.pair.device.rdev), 0);
}

static void a_frame_that_nobody_takes_gives_its_buffer_back(void **state)
{
	struct rpmsg_endpoint *ept = &looms.server.base.ept;

	(void)state;
	be_a_lying_client();
	uint8_t *frame = weft_frame_borrow(ept, WEFT_CALL_HEADER_SIZE);
	assert_int_equal(rpmsg_buffers_out(ept->rdev), 1);
	assert_false(weft_frame_send(ept, RPMSG_ADDR_ANY, frame, WEFT_CALL_HEADER_SIZE));
	assert_int_equal(rpmsg_buffers_out(ept->rdev), 0);
}

/* ---- For long ---- */

/* Slot and sequence make a call's number; the sequence goes around, and no pending call is taken for another. */
static void numbers_of_calls_may_wrap(void **state)
{
	struct ending endings[4];

	(void)state;
	looms_up(&looms);
	looms.client.base.sequence = 0x3ffffffd; /* of four slots: the number is 0 soon */
	for (unsigned round = 0; round < 8; round++) {
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(start_weave(&looms, &endings[i], round * 4u + i, WEFT_MS(10)), WEFT_OK);
		pair_settle(&looms.pair);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(endings[i].times, 1);
			assert_int_equal(endings[i].status, WEFT_OK);
			assert_int_equal(endings[i].cloth.length, (round * 4u + i) * 10u);
		}
	}
	assert_int_equal(looms.client.base.counters.stray, 0);
	/* ... and those that were started before the server went end, whatever their numbers are. */
	looms.client.base.sequence = 0x3ffffffd;
	looms.pair.device.asleep = true;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(start_weave(&looms, &endings[i], i, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(endings[i].times, 1);
		assert_int_equal(endings[i].status, WEFT_CANCELLED);
	}
}

/* Called off as fast as they are started: each costs a turn of the server and leaves nothing. */
static void a_flood_of_requests_and_cancels_leaves_nothing(void **state)
{
	struct weft_call_header request = { .kind = WEFT_KIND_REQUEST, .method = LOOM_WEAVE_ID, .aux = WEFT_MS(10) };
	struct weft_call_header cancel = { .kind = WEFT_KIND_CANCEL, .method = LOOM_WEAVE_ID };

	(void)state;
	be_a_lying_client();
	for (uint32_t i = 0; i < 5000; i++) {
		request.call = cancel.call = i;
		ask(request, NULL, 0);
		ask(cancel, NULL, 0);
		assert_int_equal(looms.server.base.waiting, 0);
	}
	assert_int_equal(looms.woven, 5000);
	pair_expect_no_buffers_out(&looms.pair);
	assert_int_equal(start_weave(&looms, &pending, 1, WEFT_MS(10)), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(pending.status, WEFT_OK);
}

/* Over buffers of 64 bytes no client of this service can call, whatever the server claims. */
static void a_client_refuses_a_link_that_is_too_small_for_itself(void **state)
{
	struct weft_hello boast = { .version = WEFT_PROTOCOL_VERSION, .major = 1, .frame_size = 4096, .epoch = 9 };

	(void)state;
	memset(&looms, 0, sizeof looms);
	pair_init(&looms.pair);
	looms.pair.layout.buf_size = 64;
	pair_boot(&looms.pair.driver);
	pair_boot(&looms.pair.device);
	pair_settle(&looms.pair);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL), WEFT_OK);
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, NULL), WEFT_OK);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	struct weft_call_header header = { .kind = WEFT_KIND_HELLO_REPLY,
		                           .method = LOOM_ID,
		                           .call = looms.client.base.hello_id };
	reply_from(looms.server.base.ept.addr, header, &boast, WEFT_HELLO_SIZE);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_FAILED_PRECONDITION);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(5)), WEFT_FAILED_PRECONDITION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_answers_everything_with_a_status),
		cmocka_unit_test(a_request_with_no_time_left_is_not_served),
		cmocka_unit_test(a_handlers_status_that_is_none_goes_out_as_unknown),
		cmocka_unit_test(a_server_never_answers_answers_nor_scraps_nor_oneways),
		cmocka_unit_test(a_hello_is_refused_for_each_thing_that_does_not_agree),
		cmocka_unit_test(a_header_that_is_rewritten_while_its_request_waits_changes_nothing),
		cmocka_unit_test(a_reply_is_taken_once_and_by_its_own_call_only),
		cmocka_unit_test(a_late_reply_does_not_meet_the_next_call_of_its_slot),
		cmocka_unit_test(a_reply_from_another_address_is_a_violation),
		cmocka_unit_test(a_request_where_a_reply_belongs_is_a_violation_and_not_answered),
		cmocka_unit_test(what_is_no_status_and_what_is_no_message_end_the_call_all_the_same),
		cmocka_unit_test(a_response_over_the_limit_is_data_loss),
		cmocka_unit_test(kinds_of_streams_and_of_the_future_touch_no_call),
		cmocka_unit_test(a_hello_that_does_not_fit_is_not_written),
		cmocka_unit_test(a_frame_that_nobody_takes_gives_its_buffer_back),
		cmocka_unit_test(a_client_believes_a_hello_reply_only_when_all_of_it_is_right),
		cmocka_unit_test(numbers_of_calls_may_wrap),
		cmocka_unit_test(a_flood_of_requests_and_cancels_leaves_nothing),
		cmocka_unit_test(a_client_refuses_a_link_that_is_too_small_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
