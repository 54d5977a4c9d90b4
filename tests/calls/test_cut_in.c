/* SPDX-License-Identifier: Apache-2.0 */
/* Something comes between: an interrupt, which polls the link, cuts in before and after each critical section of a
 * call, one run for each of them and for each thing that may have happened meanwhile. Whatever the call says then, it
 * ends once, every buffer goes back, and the next call is served. */
#include <stdlib.h>

#include "calls/bolts.h"
#include "calls/looms.h"

static struct looms looms;
static struct bolts bolts;
static struct pair *pair; /* of one of the two */
static struct core *here; /* where it cuts in */
static struct weft_port_ops ops;
static bool locked;
static bool inside; /* the interrupt */
static unsigned countdown;
static void (*meanwhile)(void);

/* ---- The port ---- */

static void perhaps_cut_in(void)
{
	if (inside || countdown == 0 || --countdown != 0)
		return;
	inside = true;
	meanwhile();
	inside = false;
}

static uintptr_t lock(struct weft_port *port)
{
	(void)port;
	perhaps_cut_in();
	assert_false(locked);
	locked = true;
	return 0;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	(void)key;
	locked = false;
	perhaps_cut_in();
}

static uintptr_t self(struct weft_port *port)
{
	(void)port;
	return inside ? 2 : 1;
}

static void interrupt(void)
{
	bool was = inside;

	inside = true;
	while (rpmsg_poll(&here->rdev, 4) == 4) {
	}
	inside = was;
}

static void pass_time(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	pair->now += timeout_us < PAIR_TICK_US ? timeout_us + 1u : PAIR_TICK_US;
	rpmsg_poll(&here->other->rdev, 16);
	interrupt();
}

static void sleep_on(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	if (*event == seen)
		pass_time(port, timeout_us);
}

static void wake(struct weft_port *port, uint32_t *event)
{
	(void)port;
	(void)event;
}

static void cut_in(struct pair *whose, struct core *core)
{
	pair = whose;
	here = core;
	ops = pair_ops;
	ops.lock = lock;
	ops.unlock = unlock;
	ops.self = self;
	ops.relax = pass_time;
	ops.wait = sleep_on;
	ops.wake = wake;
	here->port.ops = &ops;
	here->rdev.polled_by = RPMSG_POLLED_BY_INTERRUPT;
}

/* ---- What may happen meanwhile ---- */

static void nothing_happens(void)
{
	interrupt();
}

static void the_link_restarts(void)
{
	rpmsg_restart(&pair->driver.rdev);
}

static void the_link_goes(void)
{
	the_link_restarts();
	interrupt();
}

static void the_link_lives_anew(void)
{
	the_link_goes();
	if (here->rdev.poller == 0) /* else who polls is who is cut in */
		pair_settle(pair);
}

static void time_passes(void)
{
	pair->now += WEFT_MS(100);
	interrupt();
}

static void an_answer_comes_late(void)
{
	rpmsg_poll(&here->other->rdev, 16);
	time_passes();
}

/* The other core's server stops, if it has one. */
static void the_server_goes(void)
{
	if (looms.server.base.rdev == &here->other->rdev)
		assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	if (bolts.server.base.rdev == &here->other->rdev)
		assert_int_equal(bolt_server_stop(&bolts.server), WEFT_OK);
	interrupt();
}

/* ... and comes again, at another address. */
static void the_server_moves(void)
{
	bool loom = looms.server.base.rdev == &here->other->rdev;
	bool bolt = bolts.server.base.rdev == &here->other->rdev;

	the_server_goes();
	if (loom)
		assert_int_equal(loom_server_start(&looms.server, &here->other->rdev, &loom_ops, &looms, NULL),
		                 WEFT_OK);
	if (bolt)
		assert_int_equal(bolt_server_start(&bolts.server, &here->other->rdev, &bolt_ops, &bolts, NULL),
		                 WEFT_OK);
	rpmsg_poll(&here->other->rdev, 16);
	interrupt();
}

static void (*const happenings[])(void) = {
	nothing_happens, the_link_restarts,    the_link_goes,   the_link_lives_anew,
	time_passes,     an_answer_comes_late, the_server_goes, the_server_moves,
};

/* Run one from a fresh start for every happening and at every critical section that it has. */
static void at_every_cut(void (*begin)(void), void (*run)(void), void (*end)(void))
{
	unsigned cuts = 0;

	for (size_t i = 0; i < sizeof happenings / sizeof happenings[0]; i++) {
		for (unsigned cut = 1;; cut++, cuts++) {
			begin();
			meanwhile = happenings[i];
			countdown = cut;
			run();
			bool over = countdown != 0;
			countdown = 0;
			end();
			pair_settle(pair);
			pair_expect_no_buffers_out(pair);
			if (over)
				break;
		}
	}
	assert_true(cuts > 6);
}

/* ---- Calls ---- */

static struct ending ending;
static weft_status started;

static void up(void)
{
	looms_up(&looms);
	cut_in(&looms.pair, &looms.pair.driver);
}

static void the_service_is_there(void)
{
	tests_v1_Thread request = thread_of(3, "red");
	tests_v1_Cloth cloth;

	if (looms.server.base.rdev == NULL)
		assert_int_equal(loom_server_start(&looms.server, &here->other->rdev, &loom_ops, &looms, NULL),
		                 WEFT_OK);
	pair_settle(pair);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(500)), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(50)), WEFT_OK);
	assert_int_equal(cloth.length, 30);
	for (unsigned i = 0; i < 4; i++)
		assert_null(looms.table[i]);
}

static void call(void)
{
	tests_v1_Thread request = thread_of(3, "red");
	tests_v1_Cloth cloth;
	weft_status status = loom_weave(&looms.client, &request, &cloth, WEFT_MS(50));

	assert_true(status == WEFT_OK || status == WEFT_UNAVAILABLE || status == WEFT_DEADLINE_EXCEEDED);
	if (meanwhile == nothing_happens)
		assert_int_equal(status, WEFT_OK);
}

static void a_sync_call_ends_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up, call, the_service_is_there);
}

static void start(void)
{
	started = start_weave(&looms, &ending, 3, WEFT_MS(50));
	assert_true(started == WEFT_OK || started == WEFT_UNAVAILABLE);
}

static void it_has_ended_once(void)
{
	pair_settle(pair);
	pair->now += WEFT_MS(200);
	pair_settle(pair);
	assert_int_equal(ending.times, started == WEFT_OK ? 1 : 0);
	assert_true(ending.status == WEFT_OK || ending.status == WEFT_UNAVAILABLE ||
	            ending.status == WEFT_DEADLINE_EXCEEDED);
	the_service_is_there();
}

static void a_started_call_ends_once_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up, start, it_has_ended_once);
}

/* From its end on a call's storage is the owner's, who may have ended it before it was sent. */
static void give_back(struct loom_weave_call *call, weft_status status, tests_v1_Cloth *cloth)
{
	(void)status;
	(void)cloth;
	free(call);
}

static void start_what_goes_when_it_ends(void)
{
	static tests_v1_Cloth cloth;
	tests_v1_Thread request = thread_of(3, "red");
	struct loom_weave_call *call = (struct loom_weave_call *)malloc(sizeof *call);

	assert_non_null(call);
	if (loom_weave_start(&looms.client, call, &request, &cloth, WEFT_MS(50), give_back, NULL) != WEFT_OK)
		free(call);
}

static void it_went(void)
{
	pair->now += WEFT_MS(200);
	pair_settle(pair);
	the_service_is_there();
}

static void an_ended_call_is_not_looked_at_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up, start_what_goes_when_it_ends, it_went);
}

static void say(void)
{
	tests_v1_Thread request = thread_of(3, "red");
	weft_status status = loom_note(&looms.client, &request, 0);

	assert_true(status == WEFT_OK || status == WEFT_UNAVAILABLE);
}

static void a_oneway_call_is_sent_or_not_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up, say, the_service_is_there);
}

/* ---- Clients come and go ---- */

static void up_without_a_client(void)
{
	up();
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	pair_settle(pair);
}

static void open_a_client(void)
{
	struct weft_client_config config = { .calls = looms.table, .call_slots = 4 };

	assert_int_equal(loom_client_open(&looms.client, &here->rdev, &config), WEFT_OK);
}

static void a_client_finds_its_server_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up_without_a_client, open_a_client, the_service_is_there);
}

static void open_and_close_a_client(void)
{
	open_a_client();
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	memset(&looms.client, 0xa5, sizeof looms.client);
}

static void another_finds_it(void)
{
	open_a_client();
	the_service_is_there();
}

static void a_client_is_closed_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up_without_a_client, open_and_close_a_client, another_finds_it);
}

/* ---- Messages, by the layer below ---- */

static struct rpmsg_endpoint ept;

static void up_with_an_endpoint(void)
{
	up();
	assert_int_equal(rpmsg_create_ept(&ept, &here->rdev, "reed", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL), 0);
	pair_settle(pair);
}

static void send_and_send_a_loan(void)
{
	int result = rpmsg_sendto(&ept, "weft", 4, 5);

	assert_true(result == 4 || result == RPMSG_ERR_DEV_STATE || result == RPMSG_ERR_PARAM);
	void *loan = rpmsg_get_tx_buffer(&ept, NULL, 0);
	result = rpmsg_sendto_nocopy(&ept, loan, 4, 5);
	assert_true(result == 4 || result == RPMSG_ERR_DEV_STATE || result == RPMSG_ERR_PARAM);
}

static void destroy(void)
{
	int result = rpmsg_destroy_ept(&ept);

	if (result == RPMSG_ERR_DEV_STATE)
		fail_msg("a destroy does not need the link");
	assert_int_equal(result, RPMSG_SUCCESS);
}

static void a_send_owes_no_buffer_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up_with_an_endpoint, send_and_send_a_loan, the_service_is_there);
}

static void its_name_is_gone(void)
{
	the_service_is_there();
	assert_int_equal(rpmsg_find_channel(&here->other->rdev, "reed", RPMSG_ADDR_ANY), RPMSG_ADDR_ANY);
}

static void an_endpoint_is_destroyed_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(up_with_an_endpoint, destroy, its_name_is_gone);
}

/* What the next life of the link carries is not written over by a withdrawal that borrowed its buffer in the last. */
static struct rpmsg_endpoint speaker;
static unsigned said;
static unsigned understood;

static int understand(struct rpmsg_endpoint *who, void *data, size_t len, uint32_t src, void *priv)
{
	(void)who;
	(void)src;
	(void)priv;
	assert_int_equal(len, 40);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(((const uint8_t *)data)[i], 0x5a);
	understood++;
	return RPMSG_SUCCESS;
}

static void the_next_life_is_full_of_words(void)
{
	uint8_t words[40];

	memset(words, 0x5a, sizeof words);
	the_link_lives_anew();
	while (rpmsg_trysendto(&speaker, words, sizeof words, 99) == (int)sizeof words)
		said++;
}

static void a_withdrawal_writes_into_no_other_life_whatever_cuts_in(void **state)
{
	struct rpmsg_endpoint listener;
	struct rpmsg_endpoint_config listens = { .src = 99, .dest = RPMSG_ADDR_ANY, .cb = understand };

	(void)state;
	for (unsigned cut = 1;; cut++) {
		up_with_an_endpoint();
		assert_int_equal(rpmsg_create_ept(&speaker, &here->rdev, NULL, 98, 99, NULL, NULL), 0);
		assert_int_equal(rpmsg_create_endpoint(&listener, &here->other->rdev, &listens), 0);
		said = understood = 0;
		meanwhile = the_next_life_is_full_of_words;
		countdown = cut;
		destroy();
		bool over = countdown != 0;
		countdown = 0;
		pair_settle(pair);
		assert_int_equal(understood, said);
		assert_true(over || said != 0);
		its_name_is_gone();
		assert_int_equal(rpmsg_destroy_ept(&listener), 0);
		if (over)
			break;
	}
}

/* Two threads destroy it: one of them does. */
static unsigned destroyed;

static void destroy_it_too(void)
{
	int result = rpmsg_destroy_ept(&ept);

	assert_true(result == RPMSG_SUCCESS || result == RPMSG_ERR_PARAM);
	destroyed += result == RPMSG_SUCCESS;
}

static void of_two_who_destroy_an_endpoint_one_does(void **state)
{
	(void)state;
	for (unsigned cut = 1;; cut++) {
		up_with_an_endpoint();
		destroyed = 0;
		meanwhile = destroy_it_too;
		countdown = cut;
		destroy_it_too();
		bool over = countdown != 0;
		countdown = 0;
		assert_int_equal(destroyed, 1);
		the_service_is_there();
		if (over)
			break;
	}
}

/* ---- Payloads and views ---- */

static void bolts_begin(void)
{
	bolts_up(&bolts);
	cut_in(&bolts.pair, &bolts.pair.driver);
}

static void bolts_are_served(void)
{
	bolts_v1_Length fields = bolts_v1_Length_init_zero;
	bolts_v1_Receipt receipt;

	if (bolts.server.base.rdev == NULL)
		assert_int_equal(bolt_server_start(&bolts.server, &here->other->rdev, &bolt_ops, &bolts, NULL),
		                 WEFT_OK);
	pair_settle(pair);
	assert_int_equal(bolt_client_wait(&bolts.client, WEFT_MS(500)), WEFT_OK);
	assert_int_equal(bolt_store(&bolts.client, &fields, &receipt, WEFT_MS(50)), WEFT_OK);
}

static void commit(void)
{
	bolts_v1_Length fields = bolts_v1_Length_init_zero;
	bolts_v1_Receipt receipt;
	struct weft_tx tx;
	weft_status status = bolt_store_begin(&bolts.client, &fields, &tx, WEFT_MS(50));

	if (status == WEFT_OK)
		status = bolt_store_commit(&bolts.client, &tx, 4, &receipt, WEFT_MS(50));
	assert_true(status == WEFT_OK || status == WEFT_UNAVAILABLE || status == WEFT_DEADLINE_EXCEEDED);
	if (status != WEFT_OK)
		weft_tx_abort(&tx);
}

static void a_payload_is_sent_or_given_back_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(bolts_begin, commit, bolts_are_served);
}

static void print(void)
{
	bolts_v1_Pattern request = full_pattern();
	bolts_v1_Pattern response;
	struct weft_rx rx;
	weft_status status = bolt_print(&bolts.client, &request, &response, &rx, WEFT_MS(50));

	assert_true(status == WEFT_OK || status == WEFT_UNAVAILABLE || status == WEFT_DEADLINE_EXCEEDED);
	if (status == WEFT_OK)
		weft_rx_release(&rx);
}

static void a_response_with_views_is_held_or_not_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(bolts_begin, print, bolts_are_served);
}

/* The reply lies in the ring, and the client's core polls. */
static struct {
	struct bolt_print_call call;
	bolts_v1_Pattern response;
	struct weft_rx rx;
	unsigned times;
	weft_status status;
} printing;

static void printed(struct bolt_print_call *call, weft_status status, bolts_v1_Pattern *response)
{
	(void)call;
	(void)response;
	printing.times++;
	printing.status = status;
}

static void have_a_reply_come(void)
{
	bolts_v1_Pattern request = full_pattern();

	bolts_begin();
	memset(&printing, 0, sizeof printing);
	assert_int_equal(bolt_print_start(&bolts.client, &printing.call, &request, &printing.response, &printing.rx,
	                                  WEFT_MS(50), printed, NULL),
	                 WEFT_OK);
	rpmsg_poll(&here->other->rdev, 16);
}

static void poll_and_release(void)
{
	rpmsg_poll(&here->rdev, 16);
	rpmsg_poll(&here->rdev, 16);
	assert_int_equal(printing.times, 1);
	assert_true(printing.status == WEFT_OK || printing.status == WEFT_UNAVAILABLE);
	if (printing.status == WEFT_OK)
		weft_rx_release(&printing.rx);
}

static void a_reply_with_views_is_held_or_not_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(have_a_reply_come, poll_and_release, bolts_are_served);
}

/* ---- A server, on the core that restarts its link ---- */

static struct weft_token token;
static unsigned taken;
static bool defers;
static struct rpmsg_endpoint greedy;

static weft_status weave_or_defer(void *context, struct weft_token of, const tests_v1_Thread *request,
                                  tests_v1_Cloth *response)
{
	(void)context;
	response->length = (uint64_t)request->count * 10u;
	if (!defers)
		return WEFT_OK;
	token = of;
	taken++;
	return WEFT_DEFERRED;
}

static const struct loom_ops deferring_ops = { .weave = weave_or_defer };

static void server_up(void)
{
	struct weft_client_config config = { .calls = looms.table, .call_slots = 4 };

	looms_link(&looms);
	cut_in(&looms.pair, &looms.pair.driver);
	defers = false;
	taken = 0;
	memset(&ending, 0, sizeof ending);
	assert_int_equal(loom_server_start(&looms.server, &here->rdev, &deferring_ops, NULL, NULL), WEFT_OK);
	assert_int_equal(loom_client_open(&looms.client, &here->other->rdev, &config), WEFT_OK);
	assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
}

static void the_server_serves(void)
{
	pair_settle(pair);
	pair->now += WEFT_MS(200);
	defers = false;
	it_has_ended_once();
}

static void owe_an_answer(void)
{
	server_up();
	defers = true;
	started = start_weave(&looms, &ending, 3, WEFT_MS(50));
	assert_int_equal(started, WEFT_OK);
	pair_settle(pair);
	assert_int_equal(taken, 1);
}

static weft_status answer(void)
{
	tests_v1_Cloth cloth = tests_v1_Cloth_init_zero;

	return loom_weave_reply(&looms.server, token, WEFT_OK, &cloth);
}

static void answer_and_again(void)
{
	weft_status status = answer();

	assert_true(status == WEFT_OK || status == WEFT_FAILED_PRECONDITION || status == WEFT_RESOURCE_EXHAUSTED);
	status = answer();
	assert_true(status == WEFT_FAILED_PRECONDITION || status == WEFT_RESOURCE_EXHAUSTED);
}

static void it_came_in_its_life(void)
{
	the_server_serves();
	if (meanwhile == the_link_lives_anew)
		assert_int_equal(looms.client.base.counters.stray, 0);
}

static void a_late_answer_goes_out_once_or_not_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(owe_an_answer, answer_and_again, it_came_in_its_life);
}

/* A link of small buffers, which no honest client of the service calls over. */
static void owe_an_answer_over_small_buffers(void)
{
	struct weft_call_header header = { .kind = WEFT_KIND_REQUEST, .method = LOOM_WEAVE_ID, .call = 1 };

	memset(&looms, 0, sizeof looms);
	pair_init(&looms.pair);
	looms.pair.layout.buf_size = 64;
	pair_boot(&looms.pair.driver);
	pair_boot(&looms.pair.device);
	pair_settle(&looms.pair);
	cut_in(&looms.pair, &looms.pair.driver);
	assert_int_equal(loom_server_start(&looms.server, &here->rdev, &deferring_ops, NULL, NULL), WEFT_OK);
	header.aux = WEFT_MS(50);
	defers = true;
	send_frame(here->other, 5, looms.server.base.ept.addr, header, NULL, 0);
	pair_settle(pair);
}

static void answer_at_length(void)
{
	tests_v1_Cloth cloth = tests_v1_Cloth_init_zero;
	unsigned run = 0;

	memset(cloth.label, 'z', 31);
	assert_int_not_equal(loom_weave_reply(&looms.server, token, WEFT_OK, &cloth), WEFT_OK);
	for (unsigned i = 0; i < PAIR_REGION && run < 31; i++)
		run = looms.pair.memory[i] == 'z' ? run + 1 : 0;
	assert_int_equal(run, 0);
}

static void none(void)
{
}

static void an_answer_is_never_longer_than_its_buffer_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(owe_an_answer_over_small_buffers, answer_at_length, none);
}

static unsigned answered;

static void answer_too(void)
{
	answered += answer() == WEFT_OK;
}

static void of_two_who_answer_one_does(void **state)
{
	bool over = false;

	(void)state;
	for (unsigned cut = 1; !over; cut++) {
		owe_an_answer();
		answered = 0;
		meanwhile = answer_too;
		countdown = cut;
		answer_too();
		over = countdown != 0;
		countdown = 0;
		assert_int_equal(answered, 1);
		the_server_serves();
	}
}

/* An answer by token, and the deadline that the poll finds over. */
static void a_late_answer_and_its_deadline_end_a_call_once(void **state)
{
	bool over = false;

	(void)state;
	for (unsigned cut = 1; !over; cut++) {
		owe_an_answer();
		pair->now += WEFT_MS(60);
		answered = 0;
		meanwhile = answer_too;
		countdown = cut;
		rpmsg_poll(&here->rdev, 16);
		over = countdown != 0;
		countdown = 0;
		assert_true(over ? answered == 0 : answered <= 1);
		the_server_serves();
	}
}

/* A request lies in the ring, and the server's core polls. */
static void send_a_request(void)
{
	server_up();
	started = start_weave(&looms, &ending, 3, WEFT_MS(50));
	assert_int_equal(started, WEFT_OK);
}

static void poll_it(void)
{
	rpmsg_poll(&here->rdev, 16);
}

static void a_request_is_answered_or_dropped_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(send_a_request, poll_it, the_server_serves);
}

static void send_a_request_that_must_wait(void)
{
	send_a_request();
	assert_int_equal(rpmsg_create_ept(&greedy, &here->rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL), 0);
	while (rpmsg_get_tx_payload_buffer(&greedy, NULL, 0) != NULL) {
	}
}

static void poll_it_then_have_a_buffer(void)
{
	rpmsg_poll(&here->rdev, 16);
	rpmsg_destroy_ept(&greedy);
	pair->now += WEFT_MS(2);
	rpmsg_poll(&here->rdev, 16);
}

static void a_request_that_waits_is_answered_or_dropped_whatever_cuts_in(void **state)
{
	(void)state;
	at_every_cut(send_a_request_that_must_wait, poll_it_then_have_a_buffer, the_server_serves);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sync_call_ends_whatever_cuts_in),
		cmocka_unit_test(a_started_call_ends_once_whatever_cuts_in),
		cmocka_unit_test(an_ended_call_is_not_looked_at_whatever_cuts_in),
		cmocka_unit_test(a_oneway_call_is_sent_or_not_whatever_cuts_in),
		cmocka_unit_test(a_client_finds_its_server_whatever_cuts_in),
		cmocka_unit_test(a_client_is_closed_whatever_cuts_in),
		cmocka_unit_test(a_send_owes_no_buffer_whatever_cuts_in),
		cmocka_unit_test(an_endpoint_is_destroyed_whatever_cuts_in),
		cmocka_unit_test(a_withdrawal_writes_into_no_other_life_whatever_cuts_in),
		cmocka_unit_test(of_two_who_destroy_an_endpoint_one_does),
		cmocka_unit_test(a_payload_is_sent_or_given_back_whatever_cuts_in),
		cmocka_unit_test(a_response_with_views_is_held_or_not_whatever_cuts_in),
		cmocka_unit_test(a_reply_with_views_is_held_or_not_whatever_cuts_in),
		cmocka_unit_test(a_late_answer_goes_out_once_or_not_whatever_cuts_in),
		cmocka_unit_test(an_answer_is_never_longer_than_its_buffer_whatever_cuts_in),
		cmocka_unit_test(of_two_who_answer_one_does),
		cmocka_unit_test(a_late_answer_and_its_deadline_end_a_call_once),
		cmocka_unit_test(a_request_is_answered_or_dropped_whatever_cuts_in),
		cmocka_unit_test(a_request_that_waits_is_answered_or_dropped_whatever_cuts_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
