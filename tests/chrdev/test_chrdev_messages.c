/* SPDX-License-Identifier: Apache-2.0 */
/* Messages out and in, and the buffers that they are in. */
#include "chrdev/kernel.h"

#include <errno.h>
#include <string.h>

static struct heard echo;

static void talk(void)
{
	uint8_t data[16];

	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "hello", 5), 5);
	assert_int_equal(kernel_sent(kernel_device(0x400), data, sizeof data), 5);
}

static void there_and_back(void **state)
{
	uint8_t largest[WEFT_CHRDEV_MTU], data[WEFT_CHRDEV_MTU + 1];

	(void)state;
	talk();
	memset(largest, 7, sizeof largest);
	assert_int_equal(rpmsg_trysend(&echo.ept, largest, sizeof largest), sizeof largest);
	assert_int_equal(kernel_sent(kernel_device(0x400), data, sizeof data), sizeof largest);
	kernel_send(kernel_device(0x400), largest, sizeof largest);
	user_poll();
	assert_int_equal(echo.len, sizeof largest);
	assert_memory_equal(echo.data, largest, sizeof largest);
	assert_int_equal(echo.src, 0x400);
	kernel_send(kernel_device(0x400), "", 0); /* an empty message is one */
	user_poll();
	assert_int_equal(echo.count, 2);
	assert_int_equal(echo.len, 0);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 0);
}

static void too_long_is_dropped_and_counted(void **state)
{
	uint8_t data[600] = { 0 };

	(void)state;
	talk();
	kernel_send(kernel_device(0x400), data, WEFT_CHRDEV_MTU + 1);
	kernel_send(kernel_device(0x400), data, sizeof data);
	kernel_send(kernel_device(0x400), "good", 4);
	user_poll();
	assert_int_equal(user.bad, 2);
	assert_int_equal(rpmsg_link_counters(&user.rdev)->violations, 2);
	assert_int_equal(echo.count, 1);
	assert_int_equal(echo.len, 4);
}

static void expect_in_order(unsigned count)
{
	uint32_t number;

	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(kernel_sent(kernel_device(0x400), &number, sizeof number), sizeof number);
		assert_int_equal(number, i);
	}
	assert_int_equal(kernel_sent(kernel_device(0x400), &number, sizeof number), -1);
}

/* The remote core is stalled: nobody waits, nothing is lost, nothing is overtaken. */
static void a_kernel_without_buffers_is_asked_again(void **state)
{
	static const int errors[] = { EAGAIN, ENOMEM, EINTR };
	uint32_t number = 0, *lent[2];

	(void)state;
	talk();
	for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		kernel.faults.write = errors[i];
		for (int j = 0; j < 2; j++) {
			lent[j] = (uint32_t *)rpmsg_try_tx_buffer(&echo.ept, NULL);
			assert_non_null(lent[j]);
			*lent[j] = (uint32_t)j;
		}
		for (int j = 0; j < 2; j++)
			assert_int_equal(rpmsg_send_nocopy(&echo.ept, lent[j], 4), 4);
		assert_int_equal(rpmsg_trysend(&echo.ept, &number, sizeof number), RPMSG_ERR_NO_BUFF);
		user_poll();
		assert_int_equal(kernel.period_us, 1000);
		assert_int_equal(rpmsg_arm(&user.rdev, 777), 777); /* the timer's descriptor comes first */
		kernel.faults.write = 0;
		if (i == 0) {
			number = 2;
			assert_int_equal(rpmsg_trysend(&echo.ept, &number, sizeof number), sizeof number);
			expect_in_order(3);
		} else {
			kernel_tick();
			user_poll();
			expect_in_order(2);
		}
		user_poll();
		assert_int_equal(kernel.period_us, 1000000);
	}
}

/* Who waits for a buffer wakes with it. */
static void a_wait_for_a_buffer_ends_with_one(void **state)
{
	(void)state;
	talk();
	kernel.faults.write = EAGAIN;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	assert_int_equal(rpmsg_send_timeout(&echo.ept, echo.ept.addr, 0x400, "two", 3, 2000), RPMSG_ERR_NO_BUFF);
	kernel.faults.once = true;
	assert_int_equal(rpmsg_send_timeout(&echo.ept, echo.ept.addr, 0x400, "two", 3, WEFT_MS(60000)), 3);
}

static void what_the_kernel_refuses_is_said(void **state)
{
	uint8_t data[8];

	(void)state;
	talk();
	kernel.faults.write = EMSGSIZE;
	assert_int_equal(rpmsg_trysend(&echo.ept, "large", 5), 5);
	assert_non_null(strstr(weft_chrdev_problem(&user.chrdev), "a message of 5 bytes was not sent: "));
	kernel.faults.write = 0;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	assert_int_equal(kernel_sent(kernel_device(0x400), data, sizeof data), 3);
}

/* In the order in which they were sent, whatever buffers they are in. */
static void what_waits_goes_out_in_its_order(void **state)
{
	uint32_t *lent[3];

	(void)state;
	talk();
	for (int i = 0; i < 3; i++)
		lent[i] = (uint32_t *)rpmsg_try_tx_buffer(&echo.ept, NULL);
	user.chrdev.next_order = UINT32_MAX; /* which wraps */
	kernel.faults.write = EAGAIN;
	for (uint32_t i = 0; i < 3; i++) {
		*lent[2 - i] = i;
		assert_int_equal(rpmsg_send_nocopy(&echo.ept, lent[2 - i], 4), 4);
	}
	kernel.faults.write = 0;
	user_poll();
	expect_in_order(3);
}

/* A stalled one that then dies. */
static void the_link_goes_while_a_buffer_is_asked_for(void **state)
{
	(void)state;
	talk();
	kernel.faults.write = EAGAIN;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	kernel_device(0x400)->dead = true;
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), 3); /* the next poll tells */
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	user_poll();
	assert_int_equal(user.downs, 1);
}

static void what_others_have_stays_theirs(void **state)
{
	struct heard other, silent;
	void *lent;

	(void)state;
	talk();
	user_endpoint(&other, NULL, RPMSG_ADDR_ANY, 0);
	user_endpoint(&silent, NULL, RPMSG_ADDR_ANY, 0);
	assert_int_equal(rpmsg_trysendto(&other.ept, "hello", 5, 0x500), 5);
	other.hold = true;
	kernel_send(kernel_device(0x500), "held", 4);
	user_poll();
	lent = rpmsg_try_tx_buffer(&other.ept, NULL);
	assert_int_equal(rpmsg_release_tx_buffer(&echo.ept, lent), RPMSG_ERR_PARAM);
	kernel.faults.write = EAGAIN;
	assert_int_equal(rpmsg_sendto_nocopy(&other.ept, lent, 4, 0x500), 4);
	kernel.faults.write = 0;
	lent = rpmsg_try_tx_buffer(&other.ept, NULL);
	kernel.faults.write = EAGAIN;
	assert_int_equal(rpmsg_trysendto(&other.ept, "waits", 5, 0x500), 5);
	assert_int_equal(rpmsg_destroy_ept(&silent.ept), 0);
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 2);
	kernel.faults.write = 0;
	assert_int_equal(rpmsg_release_tx_buffer(&other.ept, lent), RPMSG_SUCCESS);
	assert_int_equal(rpmsg_release_rx_buffer(&other.ept, other.payload), RPMSG_SUCCESS);
}

static void loans_are_counted_and_given_back(void **state)
{
	void *lent[BUFFERS];

	(void)state;
	talk();
	for (unsigned i = 0; i < BUFFERS; i++) {
		lent[i] = rpmsg_try_tx_buffer(&echo.ept, NULL);
		assert_non_null(lent[i]);
	}
	assert_int_equal(rpmsg_buffers_out(&user.rdev), BUFFERS);
	assert_null(rpmsg_try_tx_buffer(&echo.ept, NULL));
	assert_int_equal(rpmsg_release_tx_buffer(&echo.ept, lent[0]), RPMSG_SUCCESS);
	assert_int_equal(rpmsg_release_tx_buffer(&echo.ept, lent[0]), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_release_tx_buffer(&echo.ept, &echo), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_send_nocopy(&echo.ept, lent[0], 4), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 0);
}

/* All are held: what comes waits in the kernel, and nobody's main loop spins for it. */
static void held_until_released(void **state)
{
	void *held[BUFFERS];

	(void)state;
	talk();
	echo.hold = true;
	for (uint32_t i = 0; i < BUFFERS; i++) {
		kernel_send(kernel_device(0x400), &i, sizeof i);
		user_poll();
		held[i] = echo.payload;
	}
	echo.hold = false;
	assert_int_equal(rpmsg_buffers_out(&user.rdev), BUFFERS);
	assert_int_equal(rpmsg_hold_rx_buffer(&echo.ept, held[0]), RPMSG_ERR_PARAM);
	kernel_send(kernel_device(0x400), "more", 4);
	user_poll();
	assert_int_equal(echo.count, BUFFERS);
	assert_int_equal(rpmsg_arm(&user.rdev, 1000), 1000);
	assert_memory_equal(held[2], &(uint32_t){ 2 }, 4);
	assert_int_equal(rpmsg_release_rx_buffer(&echo.ept, held[2]), RPMSG_SUCCESS);
	assert_int_equal(rpmsg_release_rx_buffer(&echo.ept, held[2]), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_arm(&user.rdev, 1000), 0);
	user_poll();
	assert_int_equal(echo.count, BUFFERS + 1);
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 0);
}

static void a_read_that_fails_is_one_that_comes_again(void **state)
{
	static const int errors[] = { EINTR, EIO };

	(void)state;
	talk();
	kernel.faults.once = true;
	for (unsigned i = 0; i < 2; i++) {
		kernel.faults.read = errors[i];
		kernel_send(kernel_device(0x400), "one", 3);
		user_poll();
		kernel_send(kernel_device(0x400), "two", 3);
		user_poll();
		assert_int_equal(echo.count, 2 * (i + 1));
	}
}

static void one_that_is_flooded_does_not_silence_the_others(void **state)
{
	struct heard other;

	(void)state;
	talk();
	user_endpoint(&other, NULL, RPMSG_ADDR_ANY, 0);
	assert_int_equal(rpmsg_trysendto(&other.ept, "hello", 5, 0x500), 5);
	for (int i = 0; i < 8; i++)
		kernel_send(kernel_device(0x400), "flood", 5);
	kernel_send(kernel_device(0x500), "one", 3);
	assert_int_equal(rpmsg_poll(&user.rdev, 2), 2);
	assert_int_equal(other.count, 1);
	assert_int_equal(echo.count, 1);
}

/* The link goes in the callback of a message: its buffer is not given back twice. */
static int on_last(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	kernel_device(0x400)->dead = true;
	assert_int_equal(rpmsg_trysend(ept, "bye", 3), 3);
	return RPMSG_SUCCESS;
}

static void the_link_goes_while_a_message_is_looked_at(void **state)
{
	(void)state;
	talk();
	assert_int_equal(rpmsg_rebind_ept(&echo.ept, on_last, NULL), RPMSG_SUCCESS);
	kernel_send(kernel_device(0x400), "last", 4);
	user_poll();
	assert_int_equal(user.downs, 1);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 0);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, kernel_boot, kernel_halt)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(there_and_back),
		ON(too_long_is_dropped_and_counted),
		ON(a_kernel_without_buffers_is_asked_again),
		ON(a_wait_for_a_buffer_ends_with_one),
		ON(what_the_kernel_refuses_is_said),
		ON(what_waits_goes_out_in_its_order),
		ON(the_link_goes_while_a_buffer_is_asked_for),
		ON(what_others_have_stays_theirs),
		ON(loans_are_counted_and_given_back),
		ON(held_until_released),
		ON(a_read_that_fails_is_one_that_comes_again),
		ON(one_that_is_flooded_does_not_silence_the_others),
		ON(the_link_goes_while_a_message_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
