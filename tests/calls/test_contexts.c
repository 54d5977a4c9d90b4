/* SPDX-License-Identifier: Apache-2.0 */
/* From where clients and servers may be called: what is refused inside their own callbacks, what a second context gets
 * while another polls, and who ends a call when nobody polls. */
#include "calls/looms.h"

static struct looms looms;
static struct ending ending;
static weft_status told[3]; /* what was said in a callback */

static struct rpmsg_device *driver(void)
{
	return &looms.pair.driver.rdev;
}

/* ---- Inside of their own callbacks ---- */

static unsigned closes;

static void close_in_done(struct loom_weave_call *call, weft_status status, tests_v1_Cloth *response)
{
	(void)call;
	(void)response;
	ending.status = status;
	closes++;
	told[0] = loom_client_close(&looms.client);
	told[1] = loom_client_wait(&looms.client, WEFT_MS(1));
}

static void call_then_close(uint32_t timeout_us)
{
	tests_v1_Thread request = thread_of(1, "red");

	looms_up(&looms);
	closes = 0;
	told[0] = told[1] = WEFT_OK;
	assert_int_equal(
		loom_weave_start(&looms.client, &ending.call, &request, &ending.cloth, timeout_us, close_in_done, NULL),
		WEFT_OK);
}

static void expect_refused(weft_status ended)
{
	assert_int_equal(closes, 1);
	assert_int_equal(ending.status, ended);
	assert_int_equal(told[0], WEFT_FAILED_PRECONDITION);
	assert_int_equal(told[1], WEFT_FAILED_PRECONDITION);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
}

static void a_client_is_not_closed_in_a_callback_of_its_own(void **state)
{
	(void)state;
	call_then_close(WEFT_MS(5));
	pair_settle(&looms.pair); /* of its endpoint: the reply */
	expect_refused(WEFT_OK);

	call_then_close(WEFT_MS(5));
	looms.pair.now += WEFT_MS(5);
	rpmsg_poll(driver(), 16); /* of its task: the deadline */
	expect_refused(WEFT_DEADLINE_EXCEEDED);

	call_then_close(WEFT_MS(5));
	rpmsg_restart(driver());
	rpmsg_poll(driver(), 16); /* of its driver: the link went */
	expect_refused(WEFT_UNAVAILABLE);
}

static weft_status weave_and_stop(void *context, struct weft_token token, const tests_v1_Thread *request,
                                  tests_v1_Cloth *response)
{
	(void)context;
	(void)token;
	(void)request;
	(void)response;
	told[0] = loom_server_stop(&looms.server);
	return WEFT_OK;
}

static void a_server_is_not_stopped_in_a_handler_of_its_own(void **state)
{
	static const struct loom_ops stopping = { .weave = weave_and_stop };
	struct rpmsg_endpoint greedy;

	(void)state;
	for (int waits = 0; waits < 2; waits++) {
		looms_up(&looms);
		assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
		assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &stopping, NULL, NULL),
		                 WEFT_OK);
		pair_settle(&looms.pair);
		told[0] = WEFT_OK;
		assert_int_equal(rpmsg_create_ept(&greedy, &looms.pair.device.rdev, NULL, RPMSG_ADDR_ANY,
		                                  RPMSG_ADDR_ANY, NULL, NULL),
		                 0);
		while (waits && rpmsg_get_tx_payload_buffer(&greedy, NULL, 0) != NULL) {
		}
		assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(50)), WEFT_OK);
		pair_settle(&looms.pair);
		assert_int_equal(told[0], waits ? WEFT_OK : WEFT_FAILED_PRECONDITION);
		assert_int_equal(rpmsg_destroy_ept(&greedy), 0);
		looms.pair.now += WEFT_MS(2); /* its task serves what waited */
		pair_settle(&looms.pair);
		assert_int_equal(told[0], WEFT_FAILED_PRECONDITION);
		assert_int_equal(ending.status, WEFT_OK);
		assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	}
}

/* ---- A second context ---- */

static struct weft_port_ops ops;
static uintptr_t me; /* the context that we play */

static uintptr_t self(struct weft_port *port)
{
	(void)port;
	return me;
}

static int call_from_another(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	me = 2; /* meanwhile, in a second thread; but this link is a loop's */
	told[0] = loom_weave(&looms.client, &request, &cloth, WEFT_MS(5));
	looms.client.base.state = 0; /* as if it had no server */
	told[1] = loom_client_wait(&looms.client, WEFT_MS(5));
	me = 1;
	return RPMSG_SUCCESS;
}

static void a_second_context_does_not_wait_where_the_first_polls(void **state)
{
	struct rpmsg_endpoint ept;

	(void)state;
	looms_up(&looms);
	ops = pair_ops;
	ops.self = self;
	me = 1;
	looms.pair.driver.port.ops = &ops;
	assert_int_equal(rpmsg_create_ept(&ept, driver(), NULL, 90, RPMSG_ADDR_ANY, call_from_another, NULL), 0);
	pair_forge(&looms.pair.device, 5, 90, "weft", 4, 4);
	rpmsg_poll(driver(), 16);
	assert_int_equal(told[0], WEFT_FAILED_PRECONDITION);
	assert_int_equal(told[1], WEFT_FAILED_PRECONDITION);
	assert_null(looms.table[0]);
	pair_settle(&looms.pair);
	pair_expect_no_buffers_out(&looms.pair);
}

/* ---- Nobody polls ---- */

static void only_sleep(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	(void)port;
	assert_int_equal(*event, seen);
	looms.pair.now += timeout_us;
}

static void wake(struct weft_port *port, uint32_t *event)
{
	(void)port;
	(void)event;
}

static void who_waits_ends_its_call_when_the_poller_does_not(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	ops = pair_ops;
	ops.wait = only_sleep;
	ops.wake = wake;
	looms.pair.driver.port.ops = &ops;
	driver()->polled_by = RPMSG_POLLED_BY_THREAD; /* which has died */
	uint32_t start = looms.pair.now;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(looms.pair.now - start, WEFT_MS(5));
	assert_int_equal(looms.client.base.counters.timeouts, 1);
	assert_null(looms.table[0]);
}

/* A buffer comes in the very moment in which the time is over: there is none left for an answer. */
static struct rpmsg_endpoint last;

static void sleep_and_get_the_buffer(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	(void)port;
	(void)event;
	(void)seen;
	looms.pair.now += timeout_us;
	rpmsg_destroy_ept(&last);
}

static void a_buffer_that_comes_with_the_deadline_starts_no_call(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	ops = pair_ops;
	ops.wait = sleep_and_get_the_buffer;
	ops.wake = wake;
	looms.pair.driver.port.ops = &ops;
	driver()->polled_by = RPMSG_POLLED_BY_THREAD;
	assert_int_equal(rpmsg_create_ept(&last, driver(), NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL), 0);
	while (rpmsg_get_tx_payload_buffer(&last, NULL, 0) != NULL) {
	}
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(looms.client.base.counters.started, 0);
	pair_settle(&looms.pair);
	pair_expect_no_buffers_out(&looms.pair);
}

/* ---- Another context polls ---- */

/* ... after the caller's nth look at the clock, at the latest when it sleeps. */
static unsigned looks;

static void another_polls(void)
{
	me = 2;
	rpmsg_poll(&looms.pair.device.rdev, 16);
	rpmsg_poll(driver(), 16);
	me = 1;
}

static uint32_t now_while_another_polls(struct weft_port *port)
{
	(void)port;
	if (looks != 0 && --looks == 0)
		another_polls();
	return looms.pair.now;
}

static void relax_while_another_polls(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	(void)timeout_us;
	assert_int_not_equal(looks, 0); /* else there was word of it already */
	looks = 0;
	another_polls();
}

static void a_reply_that_came_after_the_look_is_not_slept_over(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;
	struct weft_call *const *table = looms.table;

	(void)state;
	for (unsigned look = 4; look < 12; look++) {
		looms_up(&looms);
		ops = pair_ops;
		ops.self = self;
		ops.now_us = now_while_another_polls;
		ops.relax = relax_while_another_polls;
		me = 1;
		looms.pair.driver.port.ops = &ops;
		driver()->polled_by = RPMSG_POLLED_BY_THREAD;
		looks = look;
		assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_OK);
		assert_null(table[0]);
		looms.pair.driver.port.ops = &pair_ops;
		looks = 0;
	}
}

/* ---- While it is closed ---- */

static void start_in_done(struct loom_weave_call *call, weft_status status, tests_v1_Cloth *response)
{
	tests_v1_Thread request = thread_of(1, "red");

	ending.status = status;
	closes++;
	told[0] = weft_client_state(&looms.client.base);
	told[1] = loom_weave_start(&looms.client, call, &request, response, WEFT_MS(5), start_in_done, NULL);
}

static void a_client_that_is_closed_starts_nothing_more(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");

	(void)state;
	looms_up(&looms);
	closes = 0;
	assert_int_equal(
		loom_weave_start(&looms.client, &ending.call, &request, &ending.cloth, WEFT_MS(5), start_in_done, NULL),
		WEFT_OK);
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	assert_int_equal(closes, 1);
	assert_int_equal(ending.status, WEFT_CANCELLED);
	assert_int_equal(told[0], WEFT_UNAVAILABLE);
	assert_int_equal(told[1], WEFT_UNAVAILABLE);
}

/* A buffer comes in time, and an answer does not: it is one time for both. */
static void sleep_and_get_the_buffer_early(struct weft_port *port, const uint32_t *event, uint32_t seen,
                                           uint32_t timeout_us)
{
	(void)port;
	(void)event;
	(void)seen;
	looms.pair.now += last.rdev != NULL ? WEFT_MS(2) : timeout_us;
	if (last.rdev != NULL)
		assert_int_equal(rpmsg_destroy_ept(&last), 0);
	last.rdev = NULL;
}

static void the_wait_for_a_buffer_is_of_the_time_of_the_call(void **state)
{
	tests_v1_Thread request = thread_of(1, "red");
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	ops = pair_ops;
	ops.wait = sleep_and_get_the_buffer_early;
	ops.wake = wake;
	looms.pair.driver.port.ops = &ops;
	driver()->polled_by = RPMSG_POLLED_BY_THREAD;
	assert_int_equal(rpmsg_create_ept(&last, driver(), NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, NULL, NULL), 0);
	while (rpmsg_get_tx_payload_buffer(&last, NULL, 0) != NULL) {
	}
	uint32_t start = looms.pair.now;
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(5)), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(looms.client.base.counters.started, 1);
	assert_int_equal(looms.pair.now - start, WEFT_MS(5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_not_closed_in_a_callback_of_its_own),
		cmocka_unit_test(a_server_is_not_stopped_in_a_handler_of_its_own),
		cmocka_unit_test(a_second_context_does_not_wait_where_the_first_polls),
		cmocka_unit_test(who_waits_ends_its_call_when_the_poller_does_not),
		cmocka_unit_test(a_buffer_that_comes_with_the_deadline_starts_no_call),
		cmocka_unit_test(a_reply_that_came_after_the_look_is_not_slept_over),
		cmocka_unit_test(a_client_that_is_closed_starts_nothing_more),
		cmocka_unit_test(the_wait_for_a_buffer_is_of_the_time_of_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
