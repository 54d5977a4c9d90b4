/* SPDX-License-Identifier: Apache-2.0 */
/* Linux unbinds and binds before the n-th access of a poll, for each n: all of it happens between two instructions of
 * the remote core. Whatever the moment, the link comes up and works; only where docs/protocol.md says so it may take
 * one reset more. */
#include "trace/trace.h"
#include "unit/kernel.h"

#define NUM 8u
#define MESSAGES 4u

static struct kernel kernel;
static struct rpmsg_endpoint ept;
static unsigned left; /* accesses before Linux resets; 0: it has */

static void count_down(void)
{
	if (left == 0 || --left != 0)
		return;
	kernel_unbind(&kernel);
	kernel_bind(&kernel);
}

static int echo_cb(struct rpmsg_endpoint *to, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	rpmsg_trysendto(to, data, (int)len, src);
	return RPMSG_SUCCESS;
}

static void init(void)
{
	kernel_init(&kernel, NUM);
	kernel.rdev.polled_by = RPMSG_POLLED_BY_INTERRUPT; /* it asks for kicks too */
	trace_memory(kernel.memory, (uint32_t)(offsetof(struct kernel, table) + sizeof kernel.table));
	trace.before = count_down;
	assert_int_equal(rpmsg_create_ept(&ept, &kernel.rdev, "thread", 77, RPMSG_ADDR_ANY, echo_cb, NULL), 0);
}

static void send_some(void)
{
	for (unsigned i = 0; i < MESSAGES; i++)
		assert_int_equal(kernel_send(&kernel, 0x400, 77, "warp", 4), 0);
}

/* False: the poll has fewer accesses than that. */
static bool poll_and_reset_before(unsigned access)
{
	left = access;
	trace_begin();
	rpmsg_poll(&kernel.rdev, 16);
	trace_end();
	return left == 0;
}

static bool new_rings_are_written_to(void)
{
	return kernel.rvq.ring.used->idx != 0 || kernel.svq.ring.used->idx != 0;
}

static void expect_works(void)
{
	kernel_settle(&kernel);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	assert_int_equal(kernel_channel(&kernel, "thread"), 77);
	kernel.received = 0;
	for (unsigned i = 0; i < NUM; i++) {
		send_some();
		kernel_settle(&kernel);
	}
	assert_int_equal(kernel.received, NUM * MESSAGES);
	assert_int_equal(rpmsg_buffers_out(&kernel.rdev), 0);
}

/* The look at the marks is followed by two indices and, between them, a look whether the first is to be told of. */
static void a_reset_at_any_moment_of_a_poll_is_followed(void **state)
{
	unsigned unseen = 0;
	bool more = true;

	(void)state;
	for (unsigned access = 1; more; access++) {
		init();
		kernel_bind(&kernel);
		kernel_settle(&kernel);
		send_some();
		more = poll_and_reset_before(access);
		if (more && new_rings_are_written_to()) {
			unseen++;
			kernel_unbind(&kernel);
			kernel_bind(&kernel);
		}
		expect_works();
		assert_int_equal(kernel.shm.transport.counters.violations, 0);
		if (!more)
			assert_true(access > 20u * MESSAGES);
	}
	assert_in_range(unseen, 1, 4);
}

/* It begins, and announces. When it has marked one of the old rings and one of the new, that is an error, which the
 * next reset ends; so is an index in the new. */
static void a_reset_at_any_moment_of_a_beginning_is_followed(void **state)
{
	unsigned errors = 0;
	bool more = true;

	(void)state;
	for (unsigned access = 1; more; access++) {
		init();
		kernel_bind(&kernel);
		more = poll_and_reset_before(access);
		for (int i = 0; i < 4; i++)
			rpmsg_poll(&kernel.rdev, 16);
		if (rpmsg_link(&kernel.rdev) == WEFT_LINK_ERROR) {
			assert_int_equal(kernel.detail[RPMSG_LINK_ERROR], WEFT_CHECK_RING_FRESH);
			errors++;
			kernel_unbind(&kernel);
			kernel_bind(&kernel);
		}
		expect_works();
	}
	assert_in_range(errors, 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_at_any_moment_of_a_poll_is_followed),
		cmocka_unit_test(a_reset_at_any_moment_of_a_beginning_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
