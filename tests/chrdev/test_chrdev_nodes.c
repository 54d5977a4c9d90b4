/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint devices: made, given rights to in time or not, destroyed once. */
#include "chrdev/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_problem(const char *text)
{
	if (strstr(weft_chrdev_problem(&user.chrdev), text) == NULL)
		fail_msg("'%s' is not in '%s'", text, weft_chrdev_problem(&user.chrdev));
}

static int sent_to(uint32_t dst)
{
	uint8_t data[WEFT_CHRDEV_MTU];

	return kernel_sent(kernel_device(dst), data, sizeof data);
}

static void made_by_the_first_message(void **state)
{
	struct heard echo;
	char label[32];

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(kernel.count, 0);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	const struct device *device = kernel_device(0x400);
	snprintf(label, sizeof label, "weft-%d echo", (int)getpid());
	assert_string_equal(device->label, label);
	assert_true(device->src >= 0x10000 && device->src <= 0x7ffffffe);
	assert_int_equal(sent_to(0x400), 3);
	assert_int_equal(rpmsg_trysend(&echo.ept, "more", 4), 4);
	assert_int_equal(kernel.count, 1);
	assert_int_equal(sent_to(0x400), 4);
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	assert_int_equal(kernel.devices[0].asks, 1);
}

/* Of several that look alike, ours. */
static void ours_is_the_one_with_all_of_it(void **state)
{
	struct heard echo;
	char label[32];

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	user.chrdev.next_src = 0x20000;
	snprintf(label, sizeof label, "weft-%d echo", (int)getpid());
	kernel_make_device(label, 0x20000, 0x777);
	kernel_make_device("weft-1 echo", 0x20000, 0x400);
	kernel.devices[1].there = false; /* for kernel_device() */
	kernel_add_entry("class/rpmsg", "rpmsg60", NULL);
	kernel_add_entry("class/rpmsg", "rpmsg61", "src", "0x20000", NULL);
	kernel_add_entry("class/rpmsg", "rpmsg62", "src", "0x20000", "dst", "0x400", NULL);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	assert_int_equal(kernel.count, 3);
	assert_int_equal(sent_to(0x400), 3);
}

static void a_static_address_is_asked_for(void **state)
{
	struct heard fixed;

	(void)state;
	user_linked();
	user_endpoint(&fixed, NULL, 77, 0);
	assert_int_equal(rpmsg_trysendto(&fixed.ept, "one", 3, 0x400), 3);
	assert_int_equal(kernel_device(0x400)->src, 77);
}

static void a_static_address_of_another_is_said(void **state)
{
	struct heard fixed;

	(void)state;
	kernel.taken_src = 77;
	user_linked();
	user_endpoint(&fixed, NULL, 77, 0);
	assert_int_equal(rpmsg_trysendto(&fixed.ept, "one", 3, 0x400), 3);
	expect_problem("/rpmsg0: address 77 is another's: end who has it");
	kernel.taken_src = 0;
	kernel_tick();
	user_poll();
	assert_int_equal(sent_to(0x400), 3);
	assert_string_equal(weft_chrdev_problem(&user.chrdev), "");
}

static void another_address_is_taken_when_one_is_somebodys(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	user.chrdev.next_src = 0x7ffffffe; /* the last one there is */
	kernel.taken_src = 0x7ffffffe;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	assert_int_equal(kernel.devices[0].src, 0x7ffffffe);
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.count, 2);
	assert_int_not_equal(kernel.devices[1].src, 0x7ffffffe);
	kernel.devices[0].there = false;
	assert_int_equal(sent_to(0x400), 3);
}

/* udev needs a while to give the node to us: what was sent goes out then, and meanwhile others go on. */
static void a_node_is_waited_for(void **state)
{
	struct heard echo, other;
	uint32_t period = 0;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	user_endpoint(&other, NULL, RPMSG_ADDR_ANY, 0);
	kernel.faults.open_node = EACCES;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	expect_problem("/rpmsg0: Permission denied: a udev rule");
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), RPMSG_ERR_NO_BUFF); /* one waits */
	for (int i = 0; i < 12; i++) {
		kernel_tick();
		user_poll();
		assert_true(kernel.period_us >= period);
		period = kernel.period_us;
	}
	assert_int_equal(period, 256000); /* it is tried less and less often */
	assert_int_equal(kernel.count, 1);
	kernel.faults.open_node = 0;
	assert_int_equal(rpmsg_trysendto(&other.ept, "three", 5, 0x500), 5);
	assert_int_equal(sent_to(0x500), 5);
	assert_int_equal(sent_to(0x400), -1);
	kernel_tick();
	user_poll();
	assert_int_equal(sent_to(0x400), 3);
	assert_int_equal(kernel.period_us, 1000000);
	assert_int_equal(rpmsg_trysend(&echo.ept, "two", 3), 3);
}

static void a_node_that_is_in_use_is_said(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	kernel.faults.open_node = EBUSY;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	expect_problem("/rpmsg0: Device or resource busy: another program has it open");
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	assert_int_equal(kernel.devices[0].asks, 0); /* it cannot be reached: the next life clears it away */
}

static void a_device_that_cannot_be_made_is_said(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	kernel.faults.ioctl = ENOMEM;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	expect_problem("/rpmsg_ctrl0: cannot make an endpoint: Cannot allocate memory");
	kernel.faults.ioctl = 0;
	kernel.faults.open_control = EACCES;
	kernel_tick();
	user_poll();
	expect_problem("/rpmsg_ctrl0: Permission denied");
	kernel.faults.open_control = 0;
	kernel_tick();
	user_poll();
	assert_int_equal(sent_to(0x400), 3);
}

static void a_device_that_cannot_be_watched_is_not_used(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	kernel.faults.epoll_add = ENOSPC;
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	expect_problem("/rpmsg0: No space left on device");
	kernel.faults.epoll_add = 0;
	kernel_tick();
	user_poll();
	assert_int_equal(sent_to(0x400), 3);
}

static void another_destination_is_another_device(void **state)
{
	struct heard ept;

	(void)state;
	user_linked();
	user_endpoint(&ept, NULL, RPMSG_ADDR_ANY, 0);
	assert_int_equal(rpmsg_trysendto(&ept.ept, "one", 3, 0x400), 3);
	uint32_t src = kernel_device(0x400)->src;
	assert_int_equal(rpmsg_trysendto(&ept.ept, "two", 3, 0x500), 3);
	assert_int_equal(kernel.devices[0].asks, 1);
	assert_int_not_equal(kernel_device(0x500)->src, src); /* a late answer to the first meets nobody */
	assert_int_equal(sent_to(0x500), 3);
	assert_int_equal(rpmsg_trysend_offchannel(&ept.ept, 9, 0x500, "three", 5), 5);
	assert_int_equal(kernel_device(0x500)->src, 9);
}

static void as_many_endpoints_talk_as_there_is_room_for(void **state)
{
	struct heard ept[CHANNELS + 1];

	(void)state;
	user_linked();
	for (uint32_t i = 0; i < CHANNELS; i++) {
		user_endpoint(&ept[i], NULL, RPMSG_ADDR_ANY, 0);
		assert_int_equal(rpmsg_trysendto(&ept[i].ept, "one", 3, 0x500 + i), 3);
	}
	user_endpoint(&ept[CHANNELS], NULL, RPMSG_ADDR_ANY, 0);
	assert_int_equal(rpmsg_trysendto(&ept[CHANNELS].ept, "one", 3, 0x600), 3);
	expect_problem("4 endpoints talk, and no more may: give more channels");
	assert_int_equal(kernel.count, CHANNELS);
	assert_int_equal(rpmsg_buffers_out(&user.rdev), 0);
	assert_int_equal(rpmsg_destroy_ept(&ept[0].ept), 0);
	assert_int_equal(rpmsg_trysendto(&ept[CHANNELS].ept, "one", 3, 0x600), 3);
	assert_int_equal(sent_to(0x600), 3);
}

/* The kernel falls when it is asked to destroy what has died: kernel.c says so of its own. */
static void what_has_died_is_not_destroyed(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	kernel_kill(kernel_device(0x400));
	assert_int_equal(rpmsg_destroy_ept(&echo.ept), 0);
	assert_int_equal(kernel.devices[0].asks, 0);
	assert_int_equal(kernel.devices[0].fd, -1);
	kernel.devices[0].there = false;
	user_poll();
	assert_int_equal(user.downs, 1); /* it is the end of all of them */
}

/* They go one after the other: who is alive yet is not to be destroyed, and nobody is to be made. */
static void where_one_has_died_all_are_going(void **state)
{
	struct heard echo, other, late;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	user_endpoint(&other, NULL, RPMSG_ADDR_ANY, 0);
	user_endpoint(&late, NULL, RPMSG_ADDR_ANY, 0);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	assert_int_equal(rpmsg_trysendto(&other.ept, "one", 3, 0x500), 3);
	kernel_kill(kernel_device(0x400));
	assert_int_equal(rpmsg_trysendto(&late.ept, "one", 3, 0x600), 3);
	assert_int_equal(kernel.count, 2);
	assert_int_equal(rpmsg_trysendto(&other.ept, "two", 3, 0x501), 3);
	assert_int_equal(kernel.devices[1].asks, 0);
	user_poll();
	assert_int_equal(user.downs, 1);
	assert_int_equal(kernel.count, 2);
	assert_int_equal(kernel.devices[1].asks, 0);
}

/* A name that goes may be the first that is seen of the remote core's end. */
static void who_is_withdrawn_is_destroyed_when_all_is_quiet(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	kernel_withdraw(0, "echo", 0x400);
	user_poll();
	assert_int_equal(kernel.devices[0].fd, -1);
	kernel_uevent("rpmsg"); /* another look, for something goes on */
	user_poll();
	kernel_uevent("rpmsg");
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 0);
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 1);
}

static void a_going_remote_core_takes_its_own(void **state)
{
	struct heard echo;

	(void)state;
	user_linked();
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	kernel_withdraw(0, "echo", 0x400);
	user_poll();
	kernel_remove_control(0);
	kernel_uevent("rpmsg");
	user_poll();
	assert_int_equal(user.downs, 1);
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 0);
}

static int dead_process(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void what_the_killed_left_goes(void **state)
{
	char label[32];

	(void)state;
	kernel_add_control(0, "m4\n");
	snprintf(label, sizeof label, "weft-%d sensors", dead_process());
	kernel_make_device(label, 0x10001, 0x400);
	kernel_make_device("rpmsg-raw", 0x400, 0x401);
	kernel_make_device("weft-x", 0x402, 0x401);
	kernel_make_device("weft-1 init", 0x403, 0x401); /* it lives, and is not ours to signal */
	kernel_add_entry("class/rpmsg/rpmsg_ctrl0", "rpmsg60", NULL);
	snprintf(label, sizeof label, "weft-%d sensors", (int)getpid());
	kernel_make_device(label, 0x10002, 0x402);
	user_open(NULL);
	for (unsigned i = 0; i < kernel.count; i++)
		assert_int_equal(kernel.devices[i].asks, 0); /* it is new: who knows for how long it stays */
	kernel_tick();
	user_poll();
	for (unsigned i = 0; i < kernel.count; i++) /* ours too, which nobody uses any more */
		assert_int_equal(kernel.devices[i].asks, strstr(kernel.devices[i].label, "sensors") != NULL);
}

/* That one may be going. */
static void what_is_left_at_another_remote_core_stays(void **state)
{
	char label[32];

	(void)state;
	kernel_add_control(0, "m4\n");
	kernel_add_control(1, "dsp\n");
	snprintf(label, sizeof label, "weft-%d sensors", dead_process());
	kernel_make_device(label, 0x10001, 0x400);
	user_open("dsp");
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 0);
}

static void what_is_left_while_one_dies_stays(void **state)
{
	struct heard echo;
	char label[32];

	(void)state;
	user_linked();
	snprintf(label, sizeof label, "weft-%d sensors", dead_process());
	kernel_make_device(label, 0x10001, 0x500);
	user_endpoint(&echo, "echo", RPMSG_ADDR_ANY, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_trysend(&echo.ept, "one", 3), 3);
	kernel_kill(kernel_device(0x400));
	kernel_tick();
	user_poll();
	assert_int_equal(user.downs, 1);
	assert_int_equal(kernel.devices[0].asks, 0);
}

/* Or both destroy it, and the kernel falls. */
static void one_process_at_a_time_clears_away(void **state)
{
	char label[32], path[200];

	(void)state;
	kernel_add_control(0, "m4\n");
	snprintf(label, sizeof label, "weft-%d sensors", dead_process());
	kernel_make_device(label, 0x10001, 0x400);
	user_open(NULL);
	snprintf(path, sizeof path, "%s/../dev/rpmsg_ctrl0", kernel.sys); /* not by the control device's own name */
	int other = open(path, O_RDWR);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 0);
	close(other);
	kernel.faults.open_control = EACCES;
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 0);
	kernel.faults.open_control = 0;
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 1);
	assert_string_equal(weft_chrdev_problem(&user.chrdev), "");
}

static void what_is_not_ours_stays(void **state)
{
	char label[32];

	(void)state;
	kernel_add_control(0, "m4\n");
	snprintf(label, sizeof label, "weft-%d sensors", dead_process());
	kernel_make_device(label, 0x10001, 0x400);
	kernel.faults.open_node = EACCES;
	user_open(NULL);
	kernel_tick();
	user_poll();
	assert_int_equal(kernel.devices[0].asks, 0);
	assert_string_equal(weft_chrdev_problem(&user.chrdev), "");
}

#define ON(test) cmocka_unit_test_setup_teardown(test, kernel_boot, kernel_halt)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(made_by_the_first_message),
		ON(ours_is_the_one_with_all_of_it),
		ON(a_static_address_is_asked_for),
		ON(a_static_address_of_another_is_said),
		ON(another_address_is_taken_when_one_is_somebodys),
		ON(a_node_is_waited_for),
		ON(a_node_that_is_in_use_is_said),
		ON(a_device_that_cannot_be_made_is_said),
		ON(a_device_that_cannot_be_watched_is_not_used),
		ON(another_destination_is_another_device),
		ON(as_many_endpoints_talk_as_there_is_room_for),
		ON(what_has_died_is_not_destroyed),
		ON(where_one_has_died_all_are_going),
		ON(who_is_withdrawn_is_destroyed_when_all_is_quiet),
		ON(a_going_remote_core_takes_its_own),
		ON(what_the_killed_left_goes),
		ON(what_is_left_at_another_remote_core_stays),
		ON(what_is_left_while_one_dies_stays),
		ON(one_process_at_a_time_clears_away),
		ON(what_is_not_ours_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
