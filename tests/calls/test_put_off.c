/* SPDX-License-Identifier: Apache-2.0 */
/* An interrupt polls while a task writes a request or an answer into its buffer: the peer has restarted, and the link
 * follows when the task has done. However a call ends, the link does not wait for it any longer. */
#include "calls/bolts.h"
#include "calls/looms.h"

static struct looms looms;
static struct bolts bolts;
static struct core *here; /* whose task writes */
static void (*meanwhile)(void);
static bool encodes;
static unsigned encoded;

static void nothing_happens(void)
{
}

static void the_peer_restarts(void)
{
	uint32_t ups = here->shm.transport.counters.ups;

	pair_boot(here->other);
	for (int i = 0; i < 8; i++) {
		rpmsg_poll(&here->other->rdev, 16);
		rpmsg_poll(&here->rdev, 16);
	}
	assert_int_equal(here->shm.transport.counters.ups, ups);
	assert_int_equal(rpmsg_link(&here->rdev), WEFT_LINK_UP);
	assert_int_equal(here->events[RPMSG_LINK_DOWN], 0);
	assert_true(here->rdev.service_due);
}

static void time_passes(void)
{
	here->pair->now += WEFT_MS(20);
}

/* As long as may be. */
static bool encode(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity, uint32_t *len)
{
	(void)type;
	(void)message;
	encoded++;
	meanwhile();
	memset(out, 0xe5, capacity);
	*len = capacity;
	return encodes;
}

static const struct weft_message long_message = { .encode = encode };
static const struct weft_method weave = { .request = &long_message, .response = &long_message, .id = LOOM_WEAVE_ID };

static void polled_by_interrupt(struct core *core, void (*what)(void))
{
	here = core;
	here->rdev.polled_by = RPMSG_POLLED_BY_INTERRUPT;
	meanwhile = what;
	encodes = true;
	encoded = 0;
}

static void looms_begin(void (*what)(void))
{
	looms_up(&looms);
	polled_by_interrupt(&looms.pair.driver, what);
}

static void bolts_begin(void)
{
	bolts_up(&bolts);
	polled_by_interrupt(&bolts.pair.driver, nothing_happens);
}

static void nobody_writes(void)
{
	assert_int_equal(here->rdev.writers, 0);
	assert_int_equal(rpmsg_buffers_out(&here->rdev), 0);
}

/* What was put off comes, and the link works. */
static void the_link_follows(void)
{
	nobody_writes();
	rpmsg_poll(&here->rdev, 16);
	assert_int_equal(here->events[RPMSG_LINK_DOWN], 1);
	pair_settle(here->pair);
	pair_expect_works(here->pair);
}

/* ---- The peer restarts ---- */

static unsigned endings;

static void count_ending(struct weft_call *call, weft_status status)
{
	(void)call;
	(void)status;
	endings++;
}

static void a_request_is_written_into_the_life_that_it_was_begun_in(void **state)
{
	struct weft_call call;

	(void)state;
	looms_begin(the_peer_restarts);
	endings = 0;
	weft_status status =
		weft_client_start(&looms.client.base, &call, &weave, NULL, NULL, NULL, WEFT_MS(10), count_ending);
	assert_int_equal(encoded, 1);
	the_link_follows();
	assert_int_equal(endings, status == WEFT_OK);
}

static struct weft_token token;

static weft_status defer(void *context, struct weft_token of, const tests_v1_Thread *request, tests_v1_Cloth *response)
{
	(void)context;
	(void)request;
	(void)response;
	token = of;
	return WEFT_DEFERRED;
}

static void owe_an_answer(void (*what)(void))
{
	static const struct loom_ops handlers = { .weave = defer };
	static struct ending ending;

	looms_up(&looms);
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &handlers, NULL, NULL), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
	pair_settle(&looms.pair);
	polled_by_interrupt(&looms.pair.device, what);
}

static void an_answer_is_written_into_the_life_that_it_is_of(void **state)
{
	(void)state;
	owe_an_answer(the_peer_restarts);
	assert_int_equal(weft_server_reply(&looms.server.base, token, WEFT_OK, &long_message, NULL), WEFT_OK);
	assert_int_equal(encoded, 1);
	the_link_follows();
}

/* ---- However it ends ---- */

static void an_answer_that_cannot_go_out_puts_nothing_off(void **state)
{
	struct rpmsg_endpoint greedy;

	(void)state;
	owe_an_answer(nothing_happens);
	encodes = false;
	assert_int_equal(rpmsg_create_ept(&greedy, &here->rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL), 0);
	while (rpmsg_get_tx_buffer(&greedy, NULL, 0) != NULL) {
	}
	assert_int_equal(weft_server_reply(&looms.server.base, token, WEFT_OK, &long_message, NULL),
	                 WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(here->rdev.writers, 0);
	assert_int_equal(rpmsg_destroy_ept(&greedy), 0);
	assert_int_equal(weft_server_reply(&looms.server.base, token, WEFT_OK, &long_message, NULL), WEFT_INTERNAL);
	nobody_writes();
	assert_int_equal(weft_server_reply(&looms.server.base, token, WEFT_OK, &long_message, NULL),
	                 WEFT_FAILED_PRECONDITION);
	nobody_writes();
}

static bool refuse(struct weft_transport *link, const void *owner, const void *payload, uint32_t len, uint32_t src,
                   uint32_t dst)
{
	(void)link;
	(void)owner;
	(void)payload;
	(void)len;
	(void)src;
	(void)dst;
	return false;
}

static void send_nothing(void)
{
	static struct weft_transport_ops refusing;

	refusing = *here->shm.transport.ops;
	refusing.send = refuse;
	here->shm.transport.ops = &refusing;
}

static void a_request_that_cannot_go_out_puts_nothing_off(void **state)
{
	struct weft_client *client = &looms.client.base;
	struct weft_call calls[5];

	(void)state;
	looms_begin(nothing_happens);
	encodes = false;
	assert_int_equal(weft_client_oneway(client, &weave, NULL, 0), WEFT_INVALID_ARGUMENT);
	nobody_writes();
	encodes = true;
	meanwhile = time_passes;
	assert_int_equal(weft_client_call(client, &weave, NULL, NULL, NULL, WEFT_MS(10)), WEFT_DEADLINE_EXCEEDED);
	nobody_writes();
	meanwhile = nothing_happens;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(
			weft_client_start(client, &calls[i], &weave, NULL, NULL, NULL, WEFT_MS(10), count_ending),
			i < 4 ? WEFT_OK : WEFT_RESOURCE_EXHAUSTED);
		assert_int_equal(here->rdev.writers, 0);
	}
	looms_begin(nothing_happens);
	send_nothing();
	assert_int_equal(weft_client_oneway(client, &weave, NULL, 0), WEFT_UNAVAILABLE);
	nobody_writes();
	assert_int_equal(weft_client_start(client, &calls[0], &weave, NULL, NULL, NULL, WEFT_MS(10), count_ending),
	                 WEFT_UNAVAILABLE);
	nobody_writes();
}

/* The fields fill the buffer. */
static void a_payload_without_room_puts_nothing_off(void **state)
{
	const struct weft_payload payload = { .message = &long_message, .number = 1, .max = 4 };
	const struct weft_view none = { .data = NULL };
	struct weft_tx tx;

	(void)state;
	looms_begin(nothing_happens);
	assert_int_equal(weft_client_begin(&looms.client.base, &payload, &none, &tx, 0), WEFT_INVALID_ARGUMENT);
	assert_int_equal(encoded, 1);
	nobody_writes();
}

static void stored(struct bolt_store_call *call, weft_status status, bolts_v1_Receipt *response)
{
	(void)call;
	(void)status;
	(void)response;
}

static void a_commit_that_is_refused_puts_nothing_off(void **state)
{
	bolts_v1_Length fields = bolts_v1_Length_init_zero;
	bolts_v1_Receipt receipt;
	struct bolt_client *client = &bolts.client;
	struct bolt_store_call calls[5];
	struct weft_tx tx;

	(void)state;
	bolts_begin();
	assert_int_equal(bolt_store_begin(client, &fields, &tx, 0), WEFT_OK);
	assert_int_equal(here->rdev.writers, 0); /* the application writes, and looks after itself */
	const struct {
		uint32_t len;
		uint32_t timeout_us;
		weft_status status;
	} refused[] = {
		{ tx.capacity + 1u, WEFT_MS(1), WEFT_INVALID_ARGUMENT },
		{ 4, 0, WEFT_DEADLINE_EXCEEDED },
		{ 4, WEFT_TIMEOUT_MAX_US + 1u, WEFT_INVALID_ARGUMENT },
	};
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		uint32_t len = refused[i].len;
		uint32_t timeout_us = refused[i].timeout_us;

		assert_int_equal(bolt_store_commit(client, &tx, len, &receipt, timeout_us), refused[i].status);
		assert_int_equal(here->rdev.writers, 0);
		assert_int_equal(
			bolt_store_commit_start(client, &calls[0], &tx, len, &receipt, timeout_us, stored, NULL),
			refused[i].status);
		assert_int_equal(here->rdev.writers, 0);
	}
	assert_int_equal(weft_client_commit_start(&client->base, &calls[0].base, &tx, 4, &weave, &receipt, NULL,
	                                          WEFT_MS(1), NULL),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(here->rdev.writers, 0);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(bolt_store_commit_start(client, &calls[i], &tx, 4, &receipt, WEFT_MS(1), stored, NULL),
		                 i < 4 ? WEFT_OK : WEFT_RESOURCE_EXHAUSTED);
		assert_int_equal(here->rdev.writers, 0);
		if (i < 4)
			assert_int_equal(bolt_store_begin(client, &fields, &tx, 0), WEFT_OK);
	}
	send_nothing();
	assert_int_equal(bolt_drop_commit(client, &tx, 4), WEFT_UNAVAILABLE);
	assert_int_equal(here->rdev.writers, 0);
	assert_int_equal(bolt_drop_commit(client, &tx, 4), WEFT_FAILED_PRECONDITION); /* nothing is lent */
	assert_int_equal(here->rdev.writers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_written_into_the_life_that_it_was_begun_in),
		cmocka_unit_test(an_answer_is_written_into_the_life_that_it_is_of),
		cmocka_unit_test(an_answer_that_cannot_go_out_puts_nothing_off),
		cmocka_unit_test(a_request_that_cannot_go_out_puts_nothing_off),
		cmocka_unit_test(a_payload_without_room_puts_nothing_off),
		cmocka_unit_test(a_commit_that_is_refused_puts_nothing_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
