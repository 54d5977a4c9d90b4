/* SPDX-License-Identifier: Apache-2.0 */
/* What the remote core announced, as sysfs shows it. */
#include "chrdev/kernel.h"

#include <stdio.h>
#include <string.h>

static uint32_t kept(const char *name)
{
	return rpmsg_find_channel(&user.rdev, name, RPMSG_ADDR_ANY);
}

static void names_come_and_go(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "later", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	kernel_announce(0, "later", 0x500);
	user_poll();
	assert_int_equal(echo.ept.dest_addr, 0x500);
	kernel_withdraw(0, "later", 0x500);
	user_poll();
	assert_int_equal(echo.ept.dest_addr, RPMSG_ADDR_ANY);
	assert_int_equal(kept("echo"), 0x400);
}

/* Withdrawn and announced between two looks: another endpoint, which its user has to greet anew. */
static void the_same_again_is_another(void **state)
{
	struct heard echo;
	uint8_t data[16];

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	uint32_t src = kernel_device(0x400)->src;
	kernel_withdraw(0, "echo", 0x400);
	kernel_announce(0, "echo", 0x400);
	user_poll();
	assert_int_equal(kernel.devices[0].fd, -1); /* what was said to the old one goes with it */
	assert_int_equal(kernel.devices[0].asks, 0);
	kernel.devices[0].there = false; /* for kernel_device() */
	assert_int_equal(echo.ept.dest_addr, 0x400);
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), 3);
	assert_int_not_equal(kernel_device(0x400)->src, src);
	assert_int_equal(kernel_sent(kernel_device(0x400), data, sizeof data), 3);
}

static void who_goes_before_it_was_told_was_not_there(void **state)
{
	(void)state;
	user_linked();
	kernel_announce(0, "brief", 0x500);
	assert_int_equal(rpmsg_poll(&user.rdev, 0), 0); /* seen */
	kernel_withdraw(0, "brief", 0x500);
	kernel_announce(0, "other", 0x501);
	assert_int_equal(rpmsg_poll(&user.rdev, 0), 0);
	assert_int_equal(rpmsg_arm(&user.rdev, 1000), 0); /* one is to be told */
	user_poll();
	assert_int_equal(kept("brief"), RPMSG_ADDR_ANY);
	assert_int_equal(kept("other"), 0x501);
}

static void what_the_kernel_made_is_not_announced(void **state)
{
	(void)state;
	kernel_add_control(0, "m4\n");
	kernel_announce(0, "rpmsg_ns", 53);
	kernel_announce(0, "of-linux", RPMSG_ADDR_ANY);
	kernel_announce(0, "", 0x402);
	kernel_add_entry("devices/remoteproc/remoteproc0/virtio0", "power", NULL);
	kernel_add_entry("devices/remoteproc/remoteproc0/virtio0", "half", "name", "half", NULL);
	kernel_add_entry("devices/remoteproc/remoteproc0/virtio0", "blank", "name", "", "dst", "", NULL);
	kernel_announce(0, "real", 0x403);
	user_open(NULL);
	assert_int_equal(user.rdev.channel_count, 1);
	assert_int_equal(kept("real"), 0x403);
	assert_int_equal(user.rdev.counters.bad_name, 0);
}

static void names_have_at_most_31_bytes(void **state)
{
	(void)state;
	kernel_add_control(0, "m4\n");
	kernel_announce(0, "0123456789012345678901234567890123456789", 0x400);
	user_open(NULL);
	assert_int_equal(kept("0123456789012345678901234567890"), 0x400);
}

static void a_flood_of_names_is_bounded(void **state)
{
	char name[32];

	(void)state;
	kernel_add_control(0, "m4\n");
	for (uint32_t i = 0; i < 3 * NAMES; i++) {
		snprintf(name, sizeof name, "flood%u", (unsigned)i);
		kernel_announce(0, name, 0x400 + i);
	}
	user_open(NULL);
	assert_int_equal(user.rdev.channel_count, NAMES);
	assert_true(user.chrdev.names_lost >= 2 * NAMES);
	for (uint32_t i = 0; i < 3 * NAMES; i++) {
		snprintf(name, sizeof name, "flood%u", (unsigned)i);
		kernel_withdraw(0, name, 0x400 + i);
	}
	kernel_announce(0, "after", 0x500);
	user_poll();
	user_poll();
	kernel_uevent("rpmsg"); /* the next look, which comes by itself in time */
	user_poll();
	assert_int_equal(user.rdev.channel_count, 1);
	assert_int_equal(kept("after"), 0x500);
}

static void names_of_another_remote_core_are_not_ours(void **state)
{
	(void)state;
	kernel_add_control(0, "m4\n");
	kernel_add_control(1, "dsp\n");
	kernel_announce(0, "echo", 0x400);
	kernel_announce(1, "other", 0x400);
	user_open("dsp");
	assert_int_equal(kept("echo"), RPMSG_ADDR_ANY);
	assert_int_equal(kept("other"), 0x400);
}

/* A message to who stays goes on. */
static void who_stays_is_talked_to(void **state)
{
	struct heard echo, other;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	user_endpoint(&other, "other", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	kernel_announce(0, "other", 0x500);
	user_poll();
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	assert_int_equal(rpmsg_trysend(&other.ept, "one", 3), 3);
	kernel_withdraw(0, "other", 0x500);
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 0);
	assert_int_equal(kernel.devices[1].fd, -1);
}

static void user_space_cannot_announce(void **state)
{
	struct heard server;

	(void)state;
	user_linked();
	user_endpoint(&server, "service", RPMSG_ADDR_ANY, RPMSG_EPT_SERVER);
	assert_non_null(strstr(weft_chrdev_problem(&user.chrdev), "user space cannot announce 'service': "));
	assert_int_equal(kernel.count, 0);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 0);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, kernel_boot, kernel_halt)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(names_come_and_go),
		ON(the_same_again_is_another),
		ON(who_goes_before_it_was_told_was_not_there),
		ON(what_the_kernel_made_is_not_announced),
		ON(names_have_at_most_31_bytes),
		ON(a_flood_of_names_is_bounded),
		ON(names_of_another_remote_core_are_not_ours),
		ON(who_stays_is_talked_to),
		ON(user_space_cannot_announce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
