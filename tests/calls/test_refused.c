/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot go out any more when it is ready: its buffer goes back, and nothing is written beyond it. */
#include "calls/looms.h"

static struct looms looms;
static struct weft_transport_ops transport; /* the link's own, one changed */
static unsigned refusals;

static bool refuse(struct weft_transport *link, const void *owner, const void *payload, uint32_t len, uint32_t src,
                   uint32_t dst)
{
	(void)link;
	(void)owner;
	(void)payload;
	(void)len;
	(void)src;
	(void)dst;
	refusals++;
	return false;
}

static void a_server_gives_the_buffer_of_a_refused_answer_back(void **state)
{
	struct weft_transport *link = &looms.pair.device.shm.transport;
	struct ending ending;

	(void)state;
	looms_up(&looms);
	transport = *link->ops;
	transport.send = refuse;
	refusals = 0;
	assert_int_equal(start_weave(&looms, &ending, 1, WEFT_MS(1)), WEFT_OK);
	link->ops = &transport;
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(refusals, 1);
	assert_int_equal(looms.server.base.counters.dropped, 1);
	assert_int_equal(rpmsg_buffers_out(&looms.pair.device.rdev), 0);
}

/* The call waits for a buffer; what comes meanwhile says that the server has gone. */
static void a_call_whose_server_went_while_it_waited_gives_its_buffer_back(void **state)
{
	struct rpmsg_device *rdev = &looms.pair.driver.rdev;
	tests_v1_Thread thread = tests_v1_Thread_init_zero;
	tests_v1_Cloth cloth;

	(void)state;
	looms_up(&looms);
	while (rpmsg_trysendto(&looms.client.base.ept, "", 0, 0x5555) >= 0)
		;
	assert_int_equal(loom_server_stop(&looms.server), WEFT_OK);
	assert_int_equal(loom_weave(&looms.client, &thread, &cloth, WEFT_MS(10)), WEFT_UNAVAILABLE);
	assert_int_equal(rpmsg_link(rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_buffers_out(rdev), 0);
}

/* ---- A link of small buffers, which another context restarts as soon as one of them is lent ---- */

static struct loom_server server; /* on the driver: there rpmsg_restart() may be said */
static struct weft_port_ops ops;
static uint8_t memory_then[PAIR_REGION];
static bool restarts;
static bool defers;
static struct weft_token deferred;

static uintptr_t lock(struct weft_port *port)
{
	(void)port;
	return 0;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	(void)key;
	if (!restarts || virtqueue_out(&looms.pair.driver.shm.tx) == 0)
		return;
	restarts = false;
	memcpy(memory_then, looms.pair.memory, sizeof memory_then);
	rpmsg_restart(&looms.pair.driver.rdev);
}

static weft_status weave_a_long_label(void *context, struct weft_token token, const tests_v1_Thread *request,
                                      tests_v1_Cloth *response)
{
	(void)context;
	(void)request;
	deferred = token;
	memset(response->label, 'l', sizeof response->label - 1); /* 33 bytes, where there are 32 */
	return defers ? WEFT_DEFERRED : WEFT_OK;
}

static void have_a_request_come(bool is_deferred)
{
	static const struct loom_ops handlers = { .weave = weave_a_long_label };
	struct weft_call_header header = { .kind = WEFT_KIND_REQUEST, .method = LOOM_WEAVE_ID, .aux = WEFT_MS(10) };
	struct pair *pair = &looms.pair;
	struct rpmsg_endpoint asker;

	pair_init(pair);
	pair->layout.buf_size = 64;
	pair_boot(&pair->driver);
	pair_settle(pair);
	ops = pair_ops;
	ops.lock = lock;
	ops.unlock = unlock;
	pair->driver.port.ops = &ops;
	defers = is_deferred;
	assert_int_equal(loom_server_start(&server, &pair->driver.rdev, &handlers, NULL, NULL), WEFT_OK);
	pair_settle(pair);
	assert_int_equal(rpmsg_create_ept(&asker, &pair->device.rdev, NULL, 77, 78, NULL, NULL), RPMSG_SUCCESS);
	send_frame(&pair->device, 77, server.base.ept.addr, header, NULL, 0);
	restarts = !is_deferred;
	rpmsg_poll(&pair->driver.rdev, 16);
	assert_int_equal(server.base.counters.requests, 1);
}

/* What is written begins with the call header's kind, where the payload of the buffer begins. */
static void expect_nothing_written_behind_the_buffer(void)
{
	size_t first = 0;
	size_t last = PAIR_REGION - 1u;

	assert_false(restarts);
	while (first < last && looms.pair.memory[first] == memory_then[first])
		first++;
	while (last > first && looms.pair.memory[last] == memory_then[last])
		last--;
	assert_in_range(last - first, 0, 47);
}

static void a_response_is_bounded_by_the_buffer_that_it_is_written_into(void **state)
{
	(void)state;
	have_a_request_come(false);
	expect_nothing_written_behind_the_buffer();
}

static void a_late_answer_is_bounded_by_the_buffer_that_it_is_written_into(void **state)
{
	tests_v1_Cloth cloth = tests_v1_Cloth_init_zero;

	(void)state;
	have_a_request_come(true);
	memset(cloth.label, 'l', sizeof cloth.label - 1);
	restarts = true;
	loom_weave_reply(&server, deferred, WEFT_OK, &cloth);
	expect_nothing_written_behind_the_buffer();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_gives_the_buffer_of_a_refused_answer_back),
		cmocka_unit_test(a_call_whose_server_went_while_it_waited_gives_its_buffer_back),
		cmocka_unit_test(a_response_is_bounded_by_the_buffer_that_it_is_written_into),
		cmocka_unit_test(a_late_answer_is_bounded_by_the_buffer_that_it_is_written_into),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
