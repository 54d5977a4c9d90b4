/* SPDX-License-Identifier: Apache-2.0 */
/* What a client or a server says is read once: what was checked is what is used. Decoders are traced as well. */
#include "calls/looms.h"
#include "trace/trace.h"

static struct looms looms;
static struct core *const client = &looms.pair.driver;
static struct core *const server = &looms.pair.device;

static void up(void)
{
	looms_up(&looms);
	pair_settle(&looms.pair);
	trace_memory(looms.pair.memory, PAIR_REGION);
}

static void traced_poll(struct core *core)
{
	trace_begin();
	rpmsg_poll(&core->rdev, 16);
	trace_end();
}

/* Buffers: rings are looked at in test_accesses.c. */
static void expect_read_once(void)
{
	struct virtio_layout layout;
	unsigned read = 0;

	virtio_layout_compute(&looms.pair.layout, &layout);
	for (uint32_t byte = layout.buffers[0]; byte < PAIR_REGION; byte++) {
		read += trace_loads_of(byte);
		if (trace_loads_of(byte) > 1)
			fail_msg("byte %u of its buffer is read %u times", (byte - layout.buffers[0]) % PAIR_BUF_SIZE,
			         trace_loads_of(byte));
	}
	assert_true(read >= 32); /* it was seen: two headers */
}

static void a_request_is_read_once(void **state)
{
	struct ending ending;

	(void)state;
	up();
	assert_int_equal(start_weave(&looms, &ending, 7, WEFT_MS(10)), WEFT_OK);
	traced_poll(server);
	assert_int_equal(looms.woven, 1);
	expect_read_once();
}

static void a_oneway_and_a_cancel_are_read_once(void **state)
{
	tests_v1_Thread thread = thread_of(7, "red");
	struct weft_call_header cancel = { .kind = WEFT_KIND_CANCEL, .method = LOOM_WEAVE_ID, .call = 9 };

	(void)state;
	up();
	assert_int_equal(loom_note(&looms.client, &thread, 0), WEFT_OK);
	send_frame(client, 5, looms.client.base.server, cancel, NULL, 0);
	traced_poll(server);
	assert_int_equal(looms.noted, 1);
	expect_read_once();
}

static void a_reply_is_read_once(void **state)
{
	struct ending ending;

	(void)state;
	up();
	assert_int_equal(start_weave(&looms, &ending, 7, WEFT_MS(10)), WEFT_OK);
	rpmsg_poll(&server->rdev, 16);
	traced_poll(client);
	assert_int_equal(ending.times, 1);
	assert_int_equal(ending.status, WEFT_OK);
	assert_int_equal(ending.cloth.length, 70);
	expect_read_once();
}

static void a_hello_and_its_answer_are_read_once(void **state)
{
	(void)state;
	up();
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	assert_int_equal(loom_client_open(&looms.client, &client->rdev, NULL), WEFT_OK);
	rpmsg_poll(&client->rdev, 16);
	traced_poll(server);
	expect_read_once();
	traced_poll(client);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK);
	expect_read_once();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_once),
		cmocka_unit_test(a_oneway_and_a_cancel_are_read_once),
		cmocka_unit_test(a_reply_is_read_once),
		cmocka_unit_test(a_hello_and_its_answer_are_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
