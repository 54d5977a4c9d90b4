/* SPDX-License-Identifier: Apache-2.0 */
/* A remote core of Linux, where both are honest: it comes up, carries messages, and follows each reset, seen or not. */
#include "unit/kernel.h"
#include "weft/link.h"

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

/* ---- Coming up, and messages ---- */

static void messages_of_every_length_are_echoed(void **state)
{
	uint8_t data[KERNEL_MTU + 1];

	(void)state;
	kernel_up(&kernel, 256);
	assert_int_equal(rpmsg_mtu(&kernel.rdev), KERNEL_MTU);
	serve();
	kernel_settle(&kernel);
	assert_true(kernel_channel(&kernel, "rpmsg-raw") >= 1024);
	for (uint32_t len = 0; len <= KERNEL_MTU; len++)
		expect_echo(len);
	expect_works();
	assert_int_equal(kernel_send(&kernel, 0x400, echo.addr, data, sizeof data), KERNEL_EMSGSIZE);
	assert_int_equal(rpmsg_trysendto(&echo, data, sizeof data, 0x400), RPMSG_ERR_BUFF_SIZE);
	expect_works();
}

static void rings_of_any_size_that_there_is_room_for_will_do(void **state)
{
	(void)state;
	for (uint16_t num = 2; num <= KERNEL_NUM_MAX; num = (uint16_t)(num * 2u)) {
		kernel_up(&kernel, num);
		serve();
		kernel_settle(&kernel);
		expect_works();
	}
}

static void nothing_is_written_before_driver_ok(void **state)
{
	static uint8_t before[KERNEL_REGION];

	(void)state;
	kernel_init(&kernel, 256);
	serve();
	for (uint8_t status = 0; status < 4; status++) {
		if (status == 3)
			kernel_lay(&kernel);
		kernel.table.vdev.status = status;
		memcpy(before, kernel.memory, sizeof before);
		struct kernel_table table = kernel.table;
		kernel_settle(&kernel);
		assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_DOWN);
		assert_memory_equal(before, kernel.memory, sizeof before);
		assert_memory_equal(&table, &kernel.table, sizeof table);
	}
	kernel_go(&kernel);
	kernel_settle(&kernel);
	expect_works();
	assert_int_equal(kernel.created, 1);
}

/* Linux posts them before DRIVER_OK; whoever does it later kicks, if we let it. */
static void it_waits_for_the_first_buffer(void **state)
{
	(void)state;
	kernel_init(&kernel, 8);
	serve();
	kernel_lay(&kernel);
	kernel.rvq.ring.avail->idx = 0;
	kernel_go(&kernel);
	for (int i = 0; i < 5; i++)
		rpmsg_poll(&kernel.rdev, 16);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_DOWN);
	assert_int_equal(kernel.rvq.ring.used->flags, 0);
	kernel.rvq.ring.avail->idx = 8;
	kernel_settle(&kernel);
	expect_works();
}

static void what_linux_does_not_want_is_not_kicked(void **state)
{
	(void)state;
	kernel_up(&kernel, 16);
	serve();
	kernel_settle(&kernel);
	for (unsigned i = 0; i < 40; i++)
		expect_echo(i);
	assert_int_equal(kernel.kicks[1], 0);
	assert_int_not_equal(kernel.kicks[0], 0);
	assert_int_equal(kernel.rvq.kicks, 1); /* of the bind: who polls wants none */
	assert_int_equal(kernel.svq.kicks, 0);
	kernel_want_tx(&kernel, true);
	expect_echo(1);
	assert_int_equal(kernel.kicks[1], 1);
	kernel_want_tx(&kernel, false);
	expect_echo(1);
	assert_int_equal(kernel.kicks[1], 1);
}

/* ---- Bursts ---- */

static void a_stalled_core_is_written_to_as_often_as_it_has_buffers(void **state)
{
	(void)state;
	kernel_up(&kernel, 256);
	serve();
	kernel_settle(&kernel);
	for (unsigned turn = 0; turn < 3; turn++) {
		kernel.received = 0;
		for (uint32_t i = 0; i < 256; i++)
			assert_int_equal(kernel_send(&kernel, 0x400, echo.addr, &i, sizeof i), 0);
		assert_int_equal(kernel_send(&kernel, 0x400, echo.addr, &turn, sizeof turn), KERNEL_EAGAIN);
		kernel_settle(&kernel);
		assert_int_equal(kernel.received, 256);
		for (uint32_t i = 0; i < 256; i++)
			assert_memory_equal(kernel.inbox[i].data, &i, sizeof i);
	}
	expect_works();
}

static void a_burst_beyond_the_ring_waits_for_buffers_and_loses_nothing(void **state)
{
	uint32_t i;

	(void)state;
	kernel_up(&kernel, 256);
	serve();
	kernel_settle(&kernel);
	kernel.asleep = true;
	for (i = 0; i < 256; i++)
		assert_int_equal(rpmsg_trysendto(&echo, &i, sizeof i, 0x400), sizeof i);
	assert_int_equal(rpmsg_trysendto(&echo, &i, sizeof i, 0x400), RPMSG_ERR_NO_BUFF);
	kernel.asleep = false;
	for (; i < KERNEL_INBOX; i++)
		assert_int_equal(rpmsg_sendto(&echo, &i, sizeof i, 0x400), sizeof i);
	kernel_settle(&kernel);
	assert_int_equal(kernel.received, KERNEL_INBOX);
	for (i = 0; i < KERNEL_INBOX; i++)
		assert_memory_equal(kernel.inbox[i].data, &i, sizeof i);
	expect_works();
}

/* ---- Resets ---- */

static void expect_new_life(unsigned lives, unsigned announced)
{
	kernel_settle(&kernel);
	assert_int_equal(kernel.events[RPMSG_LINK_DOWN], lives - 1u);
	assert_int_equal(kernel.events[RPMSG_LINK_UP], lives);
	assert_int_equal(kernel.events[RPMSG_LINK_ERROR], 0);
	assert_int_equal(kernel.created, announced);
	expect_works();
}

static void endpoints_come_back_by_themselves_after_each_bind(void **state)
{
	struct rpmsg_endpoint other;

	(void)state;
	for (unsigned seen = 0; seen < 2; seen++) { /* the time without a driver, by a poll */
		kernel_up(&kernel, 256);
		serve();
		assert_int_equal(rpmsg_create_ept(&other, &kernel.rdev, "rpmsg-tty", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
		                                  echo_cb, NULL),
		                 0);
		expect_new_life(1, 2);
		for (unsigned life = 2; life <= 21; life++) {
			kernel_unbind(&kernel);
			if (seen) {
				rpmsg_poll(&kernel.rdev, 16);
				assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_DOWN);
			}
			kernel_bind(&kernel);
			expect_new_life(life, 2 * life);
			assert_int_not_equal(kernel_channel(&kernel, "rpmsg-tty"), 0);
		}
		assert_int_equal(rpmsg_destroy_ept(&other), 0);
		kernel_settle(&kernel);
		assert_int_equal(kernel.destroyed, 1);
		assert_int_equal(kernel_channel(&kernel, "rpmsg-tty"), 0);
	}
}

static int hold_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)len;
	(void)src;
	*(void **)priv = data;
	return rpmsg_hold_rx_buffer(ept, data);
}

/* Nobody has polled since: what is sent and given back goes nowhere, least of all into the new rings. */
static void what_is_sent_into_a_life_that_is_over_is_lost(void **state)
{
	uint32_t size;
	void *held = NULL;

	(void)state;
	kernel_up(&kernel, 8);
	serve();
	kernel_settle(&kernel);
	echo.cb = hold_cb;
	echo.priv = &held;
	assert_int_equal(kernel_send(&kernel, 0x400, echo.addr, "warp", 4), 0);
	kernel_settle(&kernel);
	void *loan = rpmsg_get_tx_payload_buffer(&echo, &size, 0);
	assert_non_null(loan);
	kernel_unbind(&kernel);
	kernel_bind(&kernel);
	assert_int_equal(kernel_send(&kernel, 0x400, 77, "weft", 4), 0);

	rpmsg_sendto_nocopy(&echo, loan, 4, 0x400);
	rpmsg_release_rx_buffer(&echo, held);
	for (int i = 0; i < 20; i++)
		rpmsg_trysendto(&echo, "weft", 4, 0x400);
	assert_int_equal(kernel.rvq.ring.used->idx, 0);
	assert_int_equal(kernel.svq.ring.used->idx, 0);
	echo.cb = echo_cb;
	kernel_settle(&kernel);
	assert_int_equal(kernel.received, 0);
	expect_works();
	assert_int_equal(rpmsg_send_nocopy(&echo, loan, 4), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_release_rx_buffer(&echo, held), RPMSG_ERR_PARAM);
}

static uint32_t session;

static uint32_t kernel_session(struct weft_port *port)
{
	(void)port;
	return session;
}

/* A port may know that nobody is there, whatever the table says. */
static void without_a_peer_nothing_is_looked_at(void **state)
{
	struct weft_port_ops ops;

	(void)state;
	kernel_init(&kernel, 8);
	ops = *kernel.port.ops;
	ops.session = kernel_session;
	kernel.port.ops = &ops;
	for (uint32_t somebody = 1; somebody <= 3; somebody++) {
		session = 0;
		kernel_bind(&kernel);
		kernel_settle(&kernel);
		assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_DOWN);
		assert_int_equal(*vring_avail_event(kernel.rvq.ring.used, 8), 0);
		session = somebody;
		kernel_settle(&kernel);
		assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
		assert_int_equal(kernel.events[RPMSG_LINK_UP], somebody);
	}
}

/* Linux does not know of it: buffers are out that nobody has. */
static void a_core_that_restarts_alone_waits_for_a_reset(void **state)
{
	(void)state;
	for (unsigned seen = 0; seen < 2; seen++) {
		kernel_up(&kernel, 8);
		serve();
		kernel_settle(&kernel);
		kernel_boot_core(&kernel);
		serve();
		for (int i = 0; i < 20; i++)
			rpmsg_poll(&kernel.rdev, 16);
		assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_ERROR);
		assert_int_equal(kernel.events[RPMSG_LINK_ERROR], 1);
		assert_int_equal(kernel.detail[RPMSG_LINK_ERROR], WEFT_CHECK_RING_FRESH);
		kernel_unbind(&kernel);
		if (seen)
			rpmsg_poll(&kernel.rdev, 16);
		kernel_bind(&kernel);
		kernel_settle(&kernel);
		expect_echo(4);
		assert_int_equal(kernel.shm.transport.counters.violations, 1);
	}
}

static void a_core_that_linux_restarts_is_new(void **state)
{
	(void)state;
	kernel_up(&kernel, 256);
	for (int i = 0; i < 3; i++) {
		kernel_unbind(&kernel);
		kernel_start_core(&kernel);
		serve();
		kernel_settle(&kernel);
		kernel_bind(&kernel);
		kernel_settle(&kernel);
		expect_works();
	}
}

static void a_link_with_usual_sizes_takes_the_role_too(void **state)
{
	static struct weft_link link;

	(void)state;
	kernel_init(&kernel, WEFT_LINK_BUFFERS);
	assert_int_equal(weft_link_open(&link, &kernel.port, &kernel.to_linux.role, NULL), 0);
	rpmsg_poll(&link.rdev, 16);
	kernel_bind(&kernel);
	rpmsg_poll(&link.rdev, 16);
	assert_int_equal(rpmsg_link(&link.rdev), WEFT_LINK_UP);
	rpmsg_restart(&link.rdev); /* not for a remote core to say */
	rpmsg_poll(&link.rdev, 16);
	assert_int_equal(rpmsg_link(&link.rdev), WEFT_LINK_UP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_every_length_are_echoed),
		cmocka_unit_test(rings_of_any_size_that_there_is_room_for_will_do),
		cmocka_unit_test(nothing_is_written_before_driver_ok),
		cmocka_unit_test(it_waits_for_the_first_buffer),
		cmocka_unit_test(what_linux_does_not_want_is_not_kicked),
		cmocka_unit_test(a_stalled_core_is_written_to_as_often_as_it_has_buffers),
		cmocka_unit_test(a_burst_beyond_the_ring_waits_for_buffers_and_loses_nothing),
		cmocka_unit_test(endpoints_come_back_by_themselves_after_each_bind),
		cmocka_unit_test(what_is_sent_into_a_life_that_is_over_is_lost),
		cmocka_unit_test(without_a_peer_nothing_is_looked_at),
		cmocka_unit_test(a_core_that_restarts_alone_waits_for_a_reset),
		cmocka_unit_test(a_core_that_linux_restarts_is_new),
		cmocka_unit_test(a_link_with_usual_sizes_takes_the_role_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
