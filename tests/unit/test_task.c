/* SPDX-License-Identifier: Apache-2.0 */
/* Work for later: when it runs, in which order, and that it can stop and start itself and others. */
#include "unit/pair.h"

static struct pair pair;
static struct rpmsg_device *const rdev = &pair.driver.rdev;

/* A task that notes its turn, and on request stops or starts others. */
struct noting {
	struct rpmsg_task task; /* first */
	unsigned runs;
	unsigned turn; /* of its last run among all */
	bool again;    /* starts itself with delay 0 */
	struct noting *stops;
	struct noting *starts;
};

static unsigned turns;
static struct noting tasks[6];

static void note(struct rpmsg_task *task)
{
	struct noting *noting = (struct noting *)(void *)task;

	assert_true(rpmsg_in_callback_of(rdev, task));
	noting->runs++;
	noting->turn = ++turns;
	if (noting->again)
		rpmsg_task_start(rdev, task, 0);
	if (noting->stops != NULL)
		rpmsg_task_stop(rdev, &noting->stops->task);
	if (noting->starts != NULL)
		rpmsg_task_start(rdev, &noting->starts->task, 0);
}

static void up(void)
{
	pair_up(&pair);
	turns = 0;
	memset(tasks, 0, sizeof tasks);
	for (unsigned i = 0; i < 6; i++)
		tasks[i].task.run = note;
}

static void start(unsigned i, uint32_t delay_us)
{
	rpmsg_task_start(rdev, &tasks[i].task, delay_us);
}

static void poll_at(uint32_t us_later)
{
	pair.now += us_later;
	assert_int_equal(rpmsg_poll(rdev, 16), 0);
}

static void a_task_runs_once_when_it_is_due(void **state)
{
	(void)state;
	up();
	start(0, 100);
	poll_at(99);
	assert_int_equal(tasks[0].runs, 0);
	poll_at(1);
	assert_int_equal(tasks[0].runs, 1);
	poll_at(100000);
	assert_int_equal(tasks[0].runs, 1);
	start(0, 0);
	assert_int_equal(tasks[0].runs, 1);
	poll_at(0);
	assert_int_equal(tasks[0].runs, 2);
}

static void a_started_task_is_moved(void **state)
{
	(void)state;
	up();
	start(0, 100);
	start(0, 200);
	poll_at(150);
	assert_int_equal(tasks[0].runs, 0);
	start(0, 10);
	poll_at(10);
	assert_int_equal(tasks[0].runs, 1);
	poll_at(1000);
	assert_int_equal(tasks[0].runs, 1);
}

static void tasks_run_in_the_order_in_which_they_are_due(void **state)
{
	static const uint32_t delays[] = { 50, 20, 40, 20, 0, 30 };
	static const unsigned order[] = { 6, 2, 5, 3, 1, 4 }; /* who is due together runs as started */

	(void)state;
	up();
	for (unsigned i = 0; i < 6; i++)
		start(i, delays[i]);
	poll_at(1000);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(tasks[i].turn, order[i]);
}

static void a_task_that_starts_itself_runs_in_the_next_poll(void **state)
{
	(void)state;
	up();
	tasks[0].again = tasks[1].again = true;
	start(0, 0);
	start(1, 0);
	for (unsigned i = 1; i <= 100; i++) {
		poll_at(0);
		assert_int_equal(tasks[0].runs, i);
		assert_int_equal(tasks[1].runs, i);
	}
}

static void tasks_that_start_each_other_do_not_keep_a_poll(void **state)
{
	(void)state;
	up();
	tasks[0].starts = &tasks[1];
	tasks[1].starts = &tasks[0];
	start(0, 0);
	for (unsigned i = 1; i <= 100; i++) {
		poll_at(0);
		assert_int_equal(tasks[0].runs + tasks[1].runs, i);
	}
}

static void a_stopped_task_does_not_run(void **state)
{
	(void)state;
	up();
	start(0, 10);
	start(1, 10);
	rpmsg_task_stop(rdev, &tasks[0].task);
	rpmsg_task_stop(rdev, &tasks[0].task);
	rpmsg_task_stop(rdev, &tasks[5].task); /* never started */
	poll_at(10);
	assert_int_equal(tasks[0].runs, 0);
	assert_int_equal(tasks[1].runs, 1);
}

static void a_running_task_stops_others_that_are_due(void **state)
{
	(void)state;
	up();
	tasks[0].stops = &tasks[1];
	tasks[2].stops = &tasks[2]; /* itself, while it runs */
	tasks[3].again = true;
	tasks[3].stops = &tasks[3]; /* itself, started again */
	for (unsigned i = 0; i < 5; i++)
		start(i, 10 + i);
	poll_at(1000);
	poll_at(1000);
	assert_int_equal(tasks[0].runs, 1);
	assert_int_equal(tasks[1].runs, 0);
	assert_int_equal(tasks[2].runs, 1);
	assert_int_equal(tasks[3].runs, 1);
	assert_int_equal(tasks[4].runs, 1);
}

static void a_due_task_that_is_moved_waits_for_its_new_time(void **state)
{
	(void)state;
	up();
	tasks[0].starts = &tasks[1];
	start(0, 10);
	start(1, 20);
	poll_at(1000);
	assert_int_equal(tasks[1].runs, 0); /* both were due; the first moved the second to the next poll */
	poll_at(0);
	assert_int_equal(tasks[1].runs, 1);
}

static void the_clock_may_wrap(void **state)
{
	(void)state;
	for (uint32_t before = 0; before < 3; before++) {
		up();
		pair.now = 0xffffffff - before;
		start(0, 1);
		start(1, 5);
		start(2, 0x7fffffff); /* 35 minutes */
		poll_at(1);
		assert_int_equal(tasks[0].runs, 1);
		poll_at(4);
		assert_int_equal(tasks[1].runs, 1);
		poll_at(0x7ffffff9);
		assert_int_equal(tasks[2].runs, 0);
		poll_at(1);
		assert_int_equal(tasks[2].runs, 1);
	}
}

static uint32_t slept;

static void note_sleep(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	slept = timeout_us;
}

static uint32_t sleep_of(uint32_t timeout_us)
{
	static const uint32_t none = 12345678;

	slept = none;
	assert_int_equal(rpmsg_wait(rdev, timeout_us), 0);
	return slept != none ? slept : 0;
}

static void a_wait_sleeps_until_the_next_task_is_due(void **state)
{
	struct weft_port_ops notes = pair_ops;

	(void)state;
	notes.relax = note_sleep;
	up();
	pair.driver.port.ops = &notes;
	assert_int_equal(sleep_of(1000), 1000);
	start(0, 700);
	start(1, 300);
	start(2, 500);
	assert_int_equal(sleep_of(1000), 300);
	assert_int_equal(sleep_of(200), 200);
	pair.now += 299;
	assert_int_equal(sleep_of(1000), 1);
	pair.now += 1;
	assert_int_equal(sleep_of(1000), 0);
	pair.now += 50;
	assert_int_equal(sleep_of(1000), 0);
	poll_at(0);
	assert_int_equal(sleep_of(1000), 150);
	rpmsg_task_stop(rdev, &tasks[2].task);
	assert_int_equal(sleep_of(1000), 350);
	assert_int_equal(sleep_of(0), 0);
	pair.driver.port.ops = &pair_ops;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_runs_once_when_it_is_due),
		cmocka_unit_test(a_started_task_is_moved),
		cmocka_unit_test(tasks_run_in_the_order_in_which_they_are_due),
		cmocka_unit_test(a_task_that_starts_itself_runs_in_the_next_poll),
		cmocka_unit_test(tasks_that_start_each_other_do_not_keep_a_poll),
		cmocka_unit_test(a_stopped_task_does_not_run),
		cmocka_unit_test(a_running_task_stops_others_that_are_due),
		cmocka_unit_test(a_due_task_that_is_moved_waits_for_its_new_time),
		cmocka_unit_test(the_clock_may_wrap),
		cmocka_unit_test(a_wait_sleeps_until_the_next_task_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
