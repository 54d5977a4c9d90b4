/* SPDX-License-Identifier: Apache-2.0 */
/* Which remote core, and how the link comes and goes with it. */
#include "chrdev/kernel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "weft/chrdev_link.h"

static void expect_problem(const char *text)
{
	if (strstr(weft_chrdev_problem(&user.chrdev), text) == NULL)
		fail_msg("'%s' is not in '%s'", text, weft_chrdev_problem(&user.chrdev));
}

static void expect_well(void)
{
	assert_string_equal(weft_chrdev_problem(&user.chrdev), "");
}

static void the_only_remote_core_needs_no_name(void **state)
{
	(void)state;
	user_linked();
	assert_int_equal(rpmsg_mtu(&user.rdev), 496);
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_UP);
	expect_well();
}

static void of_several_one_is_named(void **state)
{
	static char by_path[200];

	(void)state;
	kernel_add_control(0, "m4\n");
	kernel_add_control(1, "dsp"); /* without a newline */
	user_open(NULL);
	expect_problem("which remote core? name one of ");
	expect_problem("/rpmsg_ctrl0 (remoteproc0, 'm4')");
	weft_chrdev_close(&user.chrdev);

	snprintf(by_path, sizeof by_path, "%s/rpmsg_ctrl1", kernel.dev);
	const char *names[] = { "dsp", "remoteproc1", by_path };
	for (unsigned i = 0; i < 3; i++) {
		user_open(names[i]);
		assert_int_equal(user.chrdev.control, 1);
		assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_UP);
		weft_chrdev_close(&user.chrdev);
	}
	user_open("m7");
	expect_problem("m7: there is none; there is ");
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_DOWN);
}

static void a_remoteproc_needs_no_name(void **state)
{
	(void)state;
	kernel_add_control(0, NULL);
	user_open("remoteproc0");
	assert_int_equal(user.ups, 1);
}

/* A bus without remoteproc, and what is called nearly like it. */
static void what_is_no_control_device_is_passed_over(void **state)
{
	(void)state;
	kernel_add_entry("class/rpmsg", "rpmsg_ctrl", NULL);
	kernel_add_entry("class/rpmsg", "rpmsg_ctrl7x", NULL);
	kernel_add_entry("class/rpmsg", "rpmsg_ctrl5", NULL);
	user_open("m4");
	expect_problem("m4: there is none; there is ");
	expect_problem("/rpmsg_ctrl5 (, '')");
	assert_null(strstr(weft_chrdev_problem(&user.chrdev), "rpmsg_ctrl7"));
}

static void nobody_there_is_said_and_waited_for(void **state)
{
	(void)state;
	user_open(NULL);
	expect_problem("a remote core: ");
	expect_problem("/class/rpmsg has no rpmsg_ctrl*: start the remote core");
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_DOWN);
	kernel_add_control(0, "m4\n");
	user_poll(); /* nobody said so yet */
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_DOWN);
	kernel_uevent("usb");
	user_poll();
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_DOWN);
	kernel_uevent("rpmsg");
	user_poll();
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_UP);
	expect_well();
}

static void a_uevent_that_was_lost_may_have_been_it(void **state)
{
	(void)state;
	user_open(NULL);
	kernel_add_control(0, "m4\n");
	kernel.faults.receive = ENOBUFS;
	kernel_uevent("usb");
	user_poll();
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_UP);
}

static void without_uevents_the_timer_looks(void **state)
{
	(void)state;
	kernel.faults.socket = EAFNOSUPPORT;
	user_open(NULL);
	assert_int_equal(user.chrdev.uevents, -1);
	kernel_add_control(0, "m4\n");
	user_poll();
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_DOWN);
	kernel_tick();
	user_poll();
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_UP);
}

static void a_control_device_that_is_not_ours_is_said(void **state)
{
	static const struct {
		int error;
		const char *says;
	} rows[] = {
		{ EACCES, "/rpmsg_ctrl0: Permission denied: a udev rule gives it to a group: SUBSYSTEM==\"rpmsg\", " },
		{ EPERM, "/rpmsg_ctrl0: Operation not permitted: a udev rule" },
		{ ENOENT, "/rpmsg_ctrl0: No such file or directory: devtmpfs, udev or mdev makes it" },
		{ ENXIO, "/rpmsg_ctrl0: No such device or address" },
	};

	(void)state;
	kernel_add_control(0, "m4\n");
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		kernel.faults.open_control = rows[i].error;
		user_open(NULL);
		expect_problem(rows[i].says);
		assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_DOWN);
		weft_chrdev_close(&user.chrdev);
	}
	user_open(NULL);
	assert_int_equal(kernel.period_us, 1000);
	for (int i = 0; i < 12; i++) {
		kernel_tick();
		user_poll();
	}
	assert_int_equal(kernel.period_us, 256000); /* less and less often */
	kernel.faults.open_control = 0;             /* udev comes to it */
	kernel_tick();
	user_poll();
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_UP);
	assert_int_equal(kernel.period_us, 1000000);
	expect_well();
}

static void what_was_denied_and_is_gone_is_not_waited_for(void **state)
{
	(void)state;
	kernel_add_control(0, "m4\n");
	kernel.faults.open_control = EACCES;
	user_open(NULL);
	assert_int_equal(kernel.period_us, 1000);
	kernel_remove_control(0);
	kernel_uevent("rpmsg");
	user_poll();
	assert_int_equal(kernel.period_us, 1000000);
	expect_problem("has no rpmsg_ctrl*");
}

static void the_remote_core_goes_and_comes(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	kernel_device(0x400)->dead = true;
	kernel_remove_control(0);
	kernel_uevent("rpmsg");
	user_poll();
	assert_int_equal(user.downs, 1);
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), RPMSG_ERR_DEV_STATE);
	assert_int_equal(echo.ept.dest_addr, RPMSG_ADDR_ANY);

	kernel_add_control(0, NULL);
	kernel_announce(0, "echo", 0x401);
	user_poll();
	assert_int_equal(user.ups, 2);
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), 3);
	assert_int_equal(kernel_device(0x401)->asks, 0);
}

/* Gone and back before anybody looked: another life all the same, with a poll between that says so. */
static void another_one_at_once_is_another_life(void **state)
{
	(void)state;
	user_linked();
	kernel_remove_control(0);
	kernel_add_control(0, NULL);
	kernel_uevent("rpmsg");
	user_poll();
	assert_int_equal(user.downs, 1);
	assert_int_equal(user.ups, 2);
	assert_int_equal(rpmsg_find_channel(&user.rdev, "echo", RPMSG_ADDR_ANY), RPMSG_ADDR_ANY);
}

static void epipe_is_the_end_before_the_control_device_goes(void **state)
{
	struct heard echo;
	uint32_t period;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	period = kernel.period_us;
	assert_int_equal(period, 1000000);
	kernel_kill(kernel_device(0x400)); /* read */
	kernel_uevent("rpmsg");
	user_poll();
	assert_int_equal(user.downs, 1);
	assert_int_equal(user.ups, 1); /* that control device is going */
	assert_int_equal(rpmsg_link(&user.rdev), WEFT_LINK_DOWN);

	/* It was not: somebody has destroyed our endpoint. */
	kernel.devices[0].there = false;
	kernel_tick();
	user_poll();
	assert_int_equal(user.ups, 2);
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), 3);

	struct device *device = kernel_device(0x400);
	device->dead = true; /* write */
	assert_int_equal(rpmsg_trysend(&echo.ept, "three", 5), 5);
	/* Who is told by a poll alone finds the link as it was until then. */
	assert_int_equal(rpmsg_mtu(&user.rdev), 496);
	assert_int_equal(rpmsg_trysend(&echo.ept, "four", 4), 4);
	assert_int_equal(rpmsg_arm(&user.rdev, 1000), 0);
	user_poll();
	assert_int_equal(user.downs, 2);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 0);
}

static void a_restart_ends_this_life_and_begins_another(void **state)
{
	struct heard echo;

	(void)state;
	user_open(NULL);
	rpmsg_restart(&user.rdev); /* nothing to end */
	weft_chrdev_close(&user.chrdev);
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	rpmsg_restart(&user.rdev);
	user_poll();
	assert_int_equal(user.downs, 1);
	assert_int_equal(user.ups, 2);
	assert_int_equal(kernel.devices[0].asks, 1);
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), 3);
}

static void tables_are_looked_at(void **state)
{
	static char far[400];
	struct weft_chrdev_config good = { .channels = user.channels,
		                           .names = user.names,
		                           .tx = user.tx,
		                           .rx = user.rx,
		                           .channel_count = 1,
		                           .name_count = 1,
		                           .tx_count = 1,
		                           .rx_count = 1 };

	(void)state;
	memset(far, '/', sizeof far - 1);
	for (int i = 0; i < 9; i++) {
		struct weft_chrdev_config config = good;

		if (i == 0)
			config.channels = NULL;
		else if (i == 1)
			config.channel_count = 0;
		else if (i == 2)
			config.names = NULL;
		else if (i == 3)
			config.tx = NULL;
		else if (i == 4)
			config.rx_count = 0xffff;
		else if (i == 5)
			config.dev = far;
		else if (i == 6)
			config.sys = far;
		else
			break;
		assert_int_equal(weft_chrdev_init(&user.chrdev, &config), -EINVAL);
	}
}

static void without_descriptors_nothing_is_open(void **state)
{
	struct weft_chrdev_config config = { .channels = user.channels,
		                             .names = user.names,
		                             .tx = user.tx,
		                             .rx = user.rx,
		                             .channel_count = 1,
		                             .name_count = 1,
		                             .tx_count = 1,
		                             .rx_count = 1 };

	(void)state;
	kernel.faults.epoll_create = EMFILE;
	assert_int_equal(weft_chrdev_init(&user.chrdev, &config), -EMFILE);
	kernel.faults.epoll_create = 0;
	kernel.faults.timer = EMFILE;
	assert_int_equal(weft_chrdev_init(&user.chrdev, &config), -EMFILE);
	kernel.faults.timer = 0;
	kernel.faults.epoll_add = ENOSPC;
	assert_int_equal(weft_chrdev_init(&user.chrdev, &config), -ENOSPC);
	assert_int_equal(user.chrdev.events, -1);

	/* Uevents are not needed. */
	kernel.faults.skip_adds = 1;
	assert_int_equal(weft_chrdev_init(&user.chrdev, &config), 0);
	assert_int_equal(user.chrdev.uevents, -1);
	weft_chrdev_close(&user.chrdev);
	kernel.faults.epoll_add = 0;
	kernel.faults.bind = EPERM;
	assert_int_equal(weft_chrdev_init(&user.chrdev, &config), 0);
	assert_int_equal(user.chrdev.uevents, -1);
	weft_chrdev_close(&user.chrdev);
}

/* A timer that cannot be set stays as it was; one that has not ticked says nothing. */
static void a_timer_that_fails_is_not_trusted(void **state)
{
	(void)state;
	user_linked();
	kernel.faults.timer = EINVAL;
	user.chrdev.period_us = 0;
	user_poll();
	assert_int_equal(user.chrdev.period_us, 0);
	kernel.faults.timer = 0;
	user_poll();
	assert_int_equal(user.chrdev.period_us, 1000000);
	kernel.faults.tick = EAGAIN;
	kernel_tick();
	user_poll();
	assert_int_equal(user.chrdev.ticked_us, 0);
	assert_false(user.chrdev.retry);
}

static bool is_ready(void)
{
	struct pollfd ready = { .fd = weft_chrdev_fd(&user.chrdev), .events = POLLIN };

	return poll(&ready, 1, 0) == 1;
}

static void one_descriptor_says_that_there_is_something(void **state)
{
	struct heard echo;
	struct rpmsg_task task = { 0 };

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	user_poll();
	assert_int_equal(rpmsg_arm(&user.rdev, 5000), 5000);
	assert_false(is_ready());
	kernel_send(kernel_device(0x400), "back", 4);
	assert_true(is_ready());
	user_poll();
	assert_int_equal(echo.count, 1);
	assert_false(is_ready());
	kernel_uevent("rpmsg");
	assert_true(is_ready());
	user_poll();
	kernel_tick();
	assert_true(is_ready());
	user_poll();
	assert_false(is_ready());

	rpmsg_task_start(&user.rdev, &task, WEFT_MS(1000));
	assert_true(rpmsg_arm(&user.rdev, UINT32_MAX) <= WEFT_MS(1000));
	rpmsg_task_stop(&user.rdev, &task);
	assert_int_equal(rpmsg_arm(&user.rdev, UINT32_MAX), UINT32_MAX);
}

static void a_wait_ends_with_a_message(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	user_poll();
	kernel_send(kernel_device(0x400), "back", 4);
	while (echo.count == 0) {
		assert_int_equal(rpmsg_wait(&user.rdev, WEFT_MS(60000)), RPMSG_SUCCESS);
		assert_true(rpmsg_poll(&user.rdev, 1) >= 0);
	}
	user.chrdev.port.ops->kick(&user.chrdev.port, 0); /* there is no doorbell: nothing happens */
	assert_memory_equal(echo.data, "back", 4);
}

static bool arm(bool tx)
{
	return user.chrdev.transport.ops->arm(&user.chrdev.transport, tx);
}

/* Who waits for a transmit buffer sleeps while there is none to be had. */
static void sleep_is_for_who_has_nothing_to_do(void **state)
{
	struct heard echo;
	void *lent[BUFFERS];

	(void)state;
	user_open(NULL);
	assert_true(arm(true));
	assert_null(user.chrdev.transport.ops->get_tx(&user.chrdev.transport, &echo));
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	weft_chrdev_close(&user.chrdev);
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_true(arm(false));
	assert_false(arm(true));
	for (unsigned i = 0; i < BUFFERS; i++)
		lent[i] = rpmsg_try_tx_buffer(&echo.ept, NULL);
	assert_true(arm(true));
	for (unsigned i = 0; i < BUFFERS; i++)
		assert_int_equal(rpmsg_release_tx_buffer(&echo.ept, lent[i]), RPMSG_SUCCESS);
	kernel.faults.open_node = EACCES;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	assert_true(arm(true));
	kernel.faults.open_node = 0;
	kernel_tick();
	user_poll();
	kernel.faults.write = EAGAIN;
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), 3);
	assert_true(arm(true));
	rpmsg_restart(&user.rdev);
	assert_false(arm(false));
	assert_int_equal(rpmsg_poll(&user.rdev, 1), 0);
	assert_false(arm(false)); /* down was said; up is next */
}

/* With the folders of this machine, whatever it has. */
static void a_link_of_usual_sizes(void **state)
{
	static struct weft_chrdev_link link;
	static const struct weft_link_config config = { .polled_by = RPMSG_POLLED_BY_BUSY };

	(void)state;
	assert_int_equal(weft_chrdev_link_open(&link, "no such remote core", NULL), 0);
	assert_int_equal(rpmsg_poll(&link.rdev, 1), 0);
	assert_int_equal(rpmsg_link(&link.rdev), WEFT_LINK_DOWN);
	assert_non_null(strstr(weft_chrdev_problem(&link.chrdev), "no such remote core: "));
	weft_chrdev_link_close(&link);
	assert_int_equal(weft_chrdev_link_open(&link, NULL, &config), 0);
	assert_int_equal(link.rdev.polled_by, RPMSG_POLLED_BY_BUSY);
	weft_chrdev_link_close(&link);
	kernel.faults.epoll_create = EMFILE;
	assert_int_equal(weft_chrdev_link_open(&link, NULL, NULL), -EMFILE);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, kernel_boot, kernel_halt)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(the_only_remote_core_needs_no_name),
		ON(of_several_one_is_named),
		ON(a_remoteproc_needs_no_name),
		ON(what_is_no_control_device_is_passed_over),
		ON(nobody_there_is_said_and_waited_for),
		ON(a_uevent_that_was_lost_may_have_been_it),
		ON(without_uevents_the_timer_looks),
		ON(a_control_device_that_is_not_ours_is_said),
		ON(what_was_denied_and_is_gone_is_not_waited_for),
		ON(the_remote_core_goes_and_comes),
		ON(another_one_at_once_is_another_life),
		ON(epipe_is_the_end_before_the_control_device_goes),
		ON(a_restart_ends_this_life_and_begins_another),
		ON(tables_are_looked_at),
		ON(without_descriptors_nothing_is_open),
		ON(a_timer_that_fails_is_not_trusted),
		ON(one_descriptor_says_that_there_is_something),
		ON(a_wait_ends_with_a_message),
		ON(sleep_is_for_who_has_nothing_to_do),
		ON(a_link_of_usual_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
