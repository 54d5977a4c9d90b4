/* SPDX-License-Identifier: Apache-2.0 */
/* A remote core of Linux, where both are honest: it comes up, carries messages, and follows each reset, seen or not. */
#include "unit/kernel.h"

static struct kernel kernel;
static struct rpmsg_endpoint echo;

static int echo_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_trysendto(ept, data, (int)len, src) == (int)len ? RPMSG_SUCCESS : RPMSG_ERR_NO_BUFF;
}

static void serve(void)
{
	assert_int_equal(
		rpmsg_create_ept(&echo, &kernel.rdev, "rpmsg-raw", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb, NULL), 0);
}

static void expect_echo(uint32_t len)
{
	uint8_t data[KERNEL_MTU];
	unsigned received = kernel.received = 0;

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7u + len);
	assert_int_equal(kernel_send(&kernel, 0x400, kernel_channel(&kernel, "rpmsg-raw"), data, len), 0);
	kernel_settle(&kernel);
	assert_int_equal(kernel.received, received + 1u);
	assert_int_equal(kernel.inbox[received].src, kernel_channel(&kernel, "rpmsg-raw"));
	assert_int_equal(kernel.inbox[received].dst, 0x400);
	assert_int_equal(kernel.inbox[received].len, len);
	assert_memory_equal(kernel.inbox[received].data, data, len);
}

static void expect_works(void)
{
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	for (unsigned i = 0; i <= 2u * kernel.num; i++)
		expect_echo(i % (KERNEL_MTU + 1u));
	assert_int_equal(rpmsg_buffers_out(&kernel.rdev), 0);
	assert_int_equal(kernel.shm.transport.counters.violations, 0);
}

static void messages_of_every_length_are_echoed(void **state)
{
	(void)state;
	kernel_up(&kernel, 256);
	assert_int_equal(rpmsg_mtu(&kernel.rdev), KERNEL_MTU);
	serve();
	kernel_settle(&kernel);
	assert_true(kernel_channel(&kernel, "rpmsg-raw") >= 1024);
	for (uint32_t len = 0; len <= KERNEL_MTU; len++)
		expect_echo(len);
	expect_works();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_every_length_are_echoed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
