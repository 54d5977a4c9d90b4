/* SPDX-License-Identifier: Apache-2.0 */
/* Linux resets and is up again before anybody has looked: between two polls, within one, in a sleep. Nothing is taken
 * from the new rings by the old indices, and nothing of the old life goes into them. */
#include "unit/kernel.h"

static struct kernel kernel;
static struct rpmsg_endpoint echo;

static int echo_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_trysendto(ept, data, (int)len, src) == (int)len ? RPMSG_SUCCESS : RPMSG_ERR_NO_BUFF;
}

/* At each number of messages, with 65536 too: then the indices are those of rings that are new. */
static void a_reset_between_two_polls_is_seen_wherever_the_indices_are(void **state)
{
	static const unsigned counts[] = { 0, 1, 2, 3, 7, 8, 9, 65536 };

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		kernel_up(&kernel, 8);
		assert_int_equal(rpmsg_create_ept(&echo, &kernel.rdev, NULL, 77, RPMSG_ADDR_ANY, echo_cb, NULL), 0);
		for (unsigned sent = 0; sent < counts[i]; sent++) {
			kernel.received = 0;
			assert_int_equal(kernel_send(&kernel, 0x400, 77, &sent, sizeof sent), 0);
			rpmsg_poll(&kernel.rdev, 16);
			assert_int_equal(kernel_work(&kernel), 1);
		}
		kernel_unbind(&kernel);
		kernel_bind(&kernel);
		rpmsg_poll(&kernel.rdev, 16);
		assert_int_equal(kernel.events[RPMSG_LINK_DOWN], 1);
		kernel_settle(&kernel);
		assert_int_equal(kernel.events[RPMSG_LINK_UP], 2);
		assert_int_equal(kernel.events[RPMSG_LINK_ERROR], 0);
		assert_int_equal(kernel.shm.transport.counters.violations, 0);
	}
}

static int reset_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	unsigned *count = (unsigned *)priv;

	(void)src;
	assert_int_equal(len, 4);
	if (++*count == 1) {
		kernel_unbind(&kernel);
		kernel_bind(&kernel);
		for (uint32_t i = 2; i <= 6; i++)
			assert_int_equal(kernel_send(&kernel, 0x400, ept->addr, &i, sizeof i), 0);
	}
	assert_memory_equal(data, count, *count == 1 ? 0 : 4);
	return RPMSG_SUCCESS;
}

/* The rings are new under a poll that goes on: of their messages none is taken by the old indices, or twice. */
static void a_reset_in_the_midst_of_a_poll_takes_nothing_from_the_new_rings(void **state)
{
	unsigned count = 0;

	(void)state;
	kernel_up(&kernel, 8);
	assert_int_equal(rpmsg_create_ept(&echo, &kernel.rdev, NULL, 77, RPMSG_ADDR_ANY, reset_cb, NULL), 0);
	echo.priv = &count;
	assert_int_equal(kernel_send(&kernel, 0x400, 77, "warp", 4), 0);
	rpmsg_poll(&kernel.rdev, 16);
	assert_int_equal(count, 1);
	kernel_settle(&kernel);
	assert_int_equal(count, 6);
	assert_int_equal(kernel.svq.ring.used->idx, 5);
	assert_int_equal(kernel.events[RPMSG_LINK_UP], 2);
	assert_int_equal(kernel.shm.transport.counters.violations, 0);
}

static unsigned answered;
static int laid; /* which of the rings Linux has zeroed so far; -1: both, and it is up again */

/* The first message is answered, the second takes as long as Linux needs to begin anew. */
static int answer_one_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	if (++answered == 1)
		return echo_cb(ept, data, len, src, priv);
	kernel_unbind(&kernel);
	if (laid < 0)
		kernel_bind(&kernel);
	else
		memset(kernel.memory + laid * (int)KERNEL_VRING, 0, virtio_vring_size(8, KERNEL_ALIGN));
	return RPMSG_SUCCESS;
}

/* It was pushed while its ring stood, and would be published with the rest of the poll. */
static void what_a_poll_answers_before_a_reset_is_lost_with_it(void **state)
{
	(void)state;
	for (laid = -1; laid < 2; laid++) {
		answered = 0;
		kernel_up(&kernel, 8);
		assert_int_equal(rpmsg_create_ept(&echo, &kernel.rdev, NULL, 77, RPMSG_ADDR_ANY, answer_one_cb, NULL),
		                 0);
		assert_int_equal(kernel_send(&kernel, 0x400, 77, "warp", 4), 0);
		assert_int_equal(kernel_send(&kernel, 0x400, 77, "weft", 4), 0);
		assert_int_equal(rpmsg_poll(&kernel.rdev, 16), 2);
		assert_int_equal(answered, 2);
		assert_int_equal(kernel.rvq.ring.used->idx, 0);
		assert_int_equal(kernel.svq.ring.used->idx, 0);
		if (laid >= 0)
			kernel_bind(&kernel);
		kernel_settle(&kernel);
		assert_int_equal(kernel.received, 0);
		assert_int_equal(kernel.events[RPMSG_LINK_UP], 2);
		assert_int_equal(kernel.shm.transport.counters.violations, 0);
	}
}

/* Linux is up again, and posts no buffer yet. */
static void reset_relax(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	(void)timeout_us;
	kernel_unbind(&kernel);
	kernel_lay(&kernel);
	kernel.rvq.ring.avail->idx = 0;
	kernel_go(&kernel);
}

/* When it wakes it wants no more kicks, in what it takes for the old rings; of the new ones it wants the first. */
static void who_sleeps_over_a_reset_is_kicked_for_the_first_buffer(void **state)
{
	(void)state;
	kernel_up(&kernel, 8);
	struct weft_port_ops ops = *kernel.port.ops;
	ops.relax = reset_relax;
	kernel.port.ops = &ops;
	assert_int_equal(rpmsg_wait(&kernel.rdev, 1000), RPMSG_SUCCESS);
	assert_int_equal(kernel.rvq.ring.used->idx, 0);
	assert_int_equal(kernel.svq.ring.used->idx, 0);
	for (int i = 0; i < 4; i++)
		rpmsg_poll(&kernel.rdev, 16);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_DOWN);
	assert_int_equal(kernel.rvq.ring.used->flags, 0);
	kernel.rvq.ring.avail->idx = 8;
	kernel_settle(&kernel);
	assert_int_equal(kernel.events[RPMSG_LINK_UP], 2);
	assert_int_equal(kernel.shm.transport.counters.violations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_between_two_polls_is_seen_wherever_the_indices_are),
		cmocka_unit_test(a_reset_in_the_midst_of_a_poll_takes_nothing_from_the_new_rings),
		cmocka_unit_test(what_a_poll_answers_before_a_reset_is_lost_with_it),
		cmocka_unit_test(who_sleeps_over_a_reset_is_kicked_for_the_first_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
