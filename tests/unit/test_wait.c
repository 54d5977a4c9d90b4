/* SPDX-License-Identifier: Apache-2.0 */
/* Who sleeps, who is woken, and a second thread that takes an endpoint away while its callback runs. Threads are
 * played: the port says which one we are. */
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY

static struct pair pair;
static struct core *const core = &pair.driver;
static struct rpmsg_device *const rdev = &pair.driver.rdev;
static struct rpmsg_endpoint ept; /* at 77 */
static struct weft_port_ops ops;
static uintptr_t me;            /* the thread that we play */
static unsigned woken;          /* who sleeps on the event word */
static unsigned roused;         /* the poller out of its relax */
static unsigned slept;          /* on the event word */
static void (*meanwhile)(void); /* what others do while we sleep */

static uintptr_t self(struct weft_port *port)
{
	(void)port;
	return me;
}

static void sleep_on(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	(void)port;
	assert_ptr_equal(event, &rdev->event_word);
	slept++;
	if (meanwhile != NULL)
		meanwhile();
	if (*event == seen)
		pair.now += timeout_us;
}

static void wake(struct weft_port *port, uint32_t *event)
{
	(void)port;
	assert_true(event == NULL || event == &rdev->event_word);
	if (event != NULL)
		woken++;
	else
		roused++;
}

static void relax(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	core->relaxed++;
	pair.now += timeout_us;
	if (meanwhile != NULL)
		meanwhile();
}

static void up(enum rpmsg_polled_by polled_by)
{
	pair_up(&pair);
	ops = pair_ops;
	ops.self = self;
	ops.wait = sleep_on;
	ops.wake = wake;
	ops.relax = relax;
	core->port.ops = &ops;
	rdev->polled_by = (uint8_t)polled_by;
	me = 1;
	woken = roused = slept = 0;
	meanwhile = NULL;
	pair_settle(&pair);
}

static void wake_all(void)
{
	rpmsg_wake(rdev);
}

static struct rpmsg_task task;
static unsigned runs;

static void run(struct rpmsg_task *whose)
{
	(void)whose;
	runs++;
}

static void start_task(void)
{
	rpmsg_task_start(rdev, &task, 100);
}

static void only_who_sleeps_is_woken(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	wake_all();
	assert_int_equal(woken + roused, 0);
	meanwhile = wake_all;
	assert_int_equal(rpmsg_wait_turn(rdev, rpmsg_event_word(rdev), 1000), 0);
	assert_int_equal(slept, 1);
	assert_int_equal(woken, 1);
	assert_int_equal(roused, 0);
	while (core->relaxed == 0)
		assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(woken, 1);
	assert_int_equal(roused, 1);
	wake_all();
	assert_int_equal(woken + roused, 2);
}

static void a_task_started_meanwhile_rouses_the_poller(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	task = (struct rpmsg_task){ .run = run };
	runs = 0;
	meanwhile = start_task;
	while (core->relaxed == 0)
		assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(roused, 1);
	meanwhile = NULL;
	pair.now += 100;
	rpmsg_poll(rdev, 16);
	assert_int_equal(runs, 1);
}

static void a_turn_of_a_wait_ends_when_there_was_something_to_do(void **state)
{
	struct inbox inbox = { 0 };

	(void)state;
	up(RPMSG_POLLED_BY_LOOP);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, ANY, inbox_cb, NULL), 0);
	ept.priv = &inbox;
	uint32_t event = rpmsg_event_word(rdev);
	pair_forge(&pair.device, 5, 77, "weft", 4, 4);
	assert_int_equal(rpmsg_wait_turn(rdev, event, 1000), 0);
	assert_int_equal(inbox.count, 1);
	assert_int_equal(core->relaxed, 0);
	event = rpmsg_event_word(rdev);
	wake_all();
	assert_int_equal(rpmsg_wait_turn(rdev, event, 1000), 0);
	assert_int_equal(core->relaxed, 0);
	event = rpmsg_event_word(rdev);
	for (int i = 0; i < 3 && core->relaxed == 0; i++)
		assert_int_equal(rpmsg_wait_turn(rdev, event, 1000), 0);
	assert_int_equal(core->relaxed, 1);
}

/* ---- A second thread ---- */

static void end_callback(void)
{
	if (slept == 3)
		rdev->current = NULL; /* as the poller does when the callback returns */
}

static int destroyed_by_another(struct rpmsg_endpoint *whose, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	me = 2; /* meanwhile, in another thread */
	assert_false(rpmsg_in_callback(rdev));
	assert_false(rpmsg_in_callback_of(rdev, whose));
	meanwhile = end_callback;
	assert_int_equal(rpmsg_destroy_ept(whose), 0);
	assert_int_equal(slept, 3);
	me = 1;
	return RPMSG_SUCCESS;
}

static void a_thread_that_destroys_waits_for_the_callback(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, ANY, destroyed_by_another, NULL), 0);
	pair_forge(&pair.device, 5, 77, "weft", 4, 4);
	rpmsg_poll(rdev, 16);
	assert_int_equal(slept, 3);
	meanwhile = NULL;
}

static struct rpmsg_driver listener;

/* The poller is in probe; the thread that unregisters has the memory back only when that has returned. */
static void unregistered_by_another(struct rpmsg_driver *driver, uint32_t dest)
{
	(void)dest;
	me = 2;
	meanwhile = end_callback;
	assert_int_equal(rpmsg_unregister_driver(rdev, driver), 0);
	assert_int_equal(slept, 3);
	me = 1;
}

static void a_thread_that_unregisters_a_driver_waits_for_its_callback(void **state)
{
	uint8_t message[40] = "loom";

	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	listener = (struct rpmsg_driver){ .name = "loom",
		                          .probe = unregistered_by_another,
		                          .remove = unregistered_by_another };
	assert_int_equal(rpmsg_register_driver(rdev, &listener), 0);
	pair_forge(&pair.device, 5, RPMSG_NS_EPT_ADDR, message, sizeof message, sizeof message);
	rpmsg_poll(rdev, 16);
	assert_int_equal(slept, 3);
	meanwhile = NULL;
}

static void never_called(struct rpmsg_driver *driver, uint32_t dest)
{
	(void)driver;
	(void)dest;
	fail();
}

static void register_a_driver(void)
{
	meanwhile = NULL;
	me = 2;
	listener = (struct rpmsg_driver){ .name = "loom", .probe = never_called, .remove = never_called };
	assert_int_equal(rpmsg_register_driver(rdev, &listener), 0);
	assert_int_equal(roused, 1);
	me = 1;
}

static void a_thread_that_registers_a_driver_rouses_who_polls(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	meanwhile = register_a_driver;
	rpmsg_wait(rdev, 1000);
	assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(roused, 1);
	core->relaxed = 0;
	rpmsg_wait(rdev, 1000); /* not before it was told what there is */
	assert_int_equal(core->relaxed, 0);
}

static void the_end_of_a_callback_wakes_who_waits_for_it(void **state)
{
	struct inbox inbox = { 0 };

	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, ANY, inbox_cb, NULL), 0);
	ept.priv = &inbox;
	rdev->waiters = 1; /* another thread sleeps in a destroy */
	pair_forge(&pair.device, 5, 77, "weft", 4, 4);
	rpmsg_poll(rdev, 16);
	assert_int_equal(inbox.count, 1);
	assert_true(woken > 0);
}

/* ---- A second context, and one that may not ---- */

static int sends_from_another(struct rpmsg_endpoint *whose, void *data, size_t len, uint32_t src, void *priv)
{
	uint32_t start = pair.now;

	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	me = 2; /* meanwhile, in another thread; but the link is a loop's, and nobody else's to poll */
	assert_int_equal(rpmsg_poll(rdev, 16), RPMSG_ERR_PERM);
	assert_int_equal(rpmsg_wait(rdev, 1000), RPMSG_ERR_PERM);
	assert_int_equal(rpmsg_wait_turn(rdev, rpmsg_event_word(rdev), 1000), RPMSG_ERR_PERM);
	assert_int_equal(rpmsg_sendto(whose, "more", 4, 5), RPMSG_ERR_NO_BUFF);
	assert_int_equal(pair.now, start);
	me = 1;
	return RPMSG_SUCCESS;
}

static void who_may_not_poll_a_loops_link_does_not_wait_there_either(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_LOOP);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, ANY, sends_from_another, NULL), 0);
	pair_forge(&pair.device, 5, 77, "weft", 4, 4);
	while (rpmsg_trysendto(&ept, "full", 4, 5) == 4) {
	}
	assert_int_equal(rpmsg_poll(rdev, 16), 1);
	assert_int_equal(rdev->counters.refused, 0);
	assert_int_equal(rdev->tx_waiters, 0);
}

static void nobody_sleeps_for_a_link_that_its_interrupt_polls(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_INTERRUPT);
	assert_int_equal(rpmsg_wait(rdev, 1000), RPMSG_ERR_PERM);
	assert_int_equal(core->relaxed, 0);
}

/* ---- Between the look and the arm ---- */

static const struct weft_transport_ops *real;

/* The peer gives everything back just before we ask to be told: it rings no bell for that. */
static bool arm_too_late(struct weft_transport *transport, bool tx)
{
	rpmsg_poll(&pair.device.rdev, 16);
	return real->arm(transport, tx);
}

static void a_buffer_that_came_back_before_its_waiter_asked_is_not_slept_over(void **state)
{
	struct weft_transport_ops late;

	(void)state;
	for (int interrupt = 0; interrupt < 2; interrupt++) {
		up(interrupt ? RPMSG_POLLED_BY_INTERRUPT : RPMSG_POLLED_BY_THREAD);
		assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, 5, NULL, NULL), 0);
		while (rpmsg_trysend(&ept, "full", 4) == 4) {
		}
		real = core->shm.transport.ops;
		late = *real;
		late.arm = arm_too_late;
		core->shm.transport.ops = &late;
		assert_int_equal(rpmsg_send(&ept, "more", 4), 4);
		assert_int_equal(slept, 0);
		core->shm.transport.ops = real;
	}
}

static void who_does_not_wait_asks_for_no_bell(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, 5, NULL, NULL), 0);
	while (rpmsg_trysend(&ept, "full", 4) == 4) {
	}
	unsigned kicks = pair.device.kicks;
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(pair.device.kicks, kicks);
}

static int sends_in_a_callback(struct rpmsg_endpoint *whose, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	assert_int_equal(rpmsg_sendto(whose, "more", 4, 5), RPMSG_ERR_NO_BUFF);
	return RPMSG_SUCCESS;
}

static void nor_does_a_callback_that_finds_no_buffer(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, ANY, sends_in_a_callback, NULL), 0);
	pair_forge(&pair.device, 5, 77, "weft", 4, 4);
	while (rpmsg_trysendto(&ept, "full", 4, 5) == 4) {
	}
	assert_int_equal(rpmsg_poll(rdev, 16), 1);
	unsigned kicks = pair.device.kicks;
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(pair.device.kicks, kicks);
	assert_int_equal(rdev->counters.refused, 0);
}

static void after_a_poll_that_did_something_one_wait_returns_at_once(void **state)
{
	struct inbox inbox = { 0 };

	(void)state;
	up(RPMSG_POLLED_BY_LOOP);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, ANY, inbox_cb, NULL), 0);
	ept.priv = &inbox;
	pair_forge(&pair.device, 5, 77, "weft", 4, 4);
	assert_int_equal(rpmsg_poll(rdev, 16), 1);
	core->relaxed = 0;
	assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(core->relaxed, 0);
	assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(core->relaxed, 1);
}

static void run_and_wake(struct rpmsg_task *whose)
{
	(void)whose;
	wake_all(); /* as a call does that ends at its deadline */
}

static void so_does_one_after_a_poll_that_ended_something(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_LOOP);
	task.run = run_and_wake;
	rpmsg_task_start(rdev, &task, 0);
	assert_int_equal(rpmsg_poll(rdev, 16), 0);
	core->relaxed = 0;
	assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(core->relaxed, 0);
}

static void a_wait_of_no_time_does_not_sleep(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_LOOP);
	rpmsg_poll(rdev, 16);
	core->relaxed = 0;
	assert_int_equal(rpmsg_wait(rdev, 0), 0);
	rpmsg_task_start(rdev, &task, 0);
	assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(core->relaxed, 0);
	rpmsg_task_stop(rdev, &task);
}

static void who_was_told_already_does_not_sleep_whatever_the_port_can(void **state)
{
	(void)state;
	for (int can_wait = 0; can_wait < 2; can_wait++) {
		up(RPMSG_POLLED_BY_THREAD);
		if (!can_wait)
			ops.wait = NULL;
		core->relaxed = 0;
		uint32_t event = rpmsg_event_word(rdev);
		wake_all();
		assert_int_equal(rpmsg_wait_turn(rdev, event, 1000), 0);
		assert_int_equal(core->relaxed + slept, 0);
		assert_int_equal(rpmsg_wait_turn(rdev, rpmsg_event_word(rdev), 1000), 0);
		assert_int_equal(core->relaxed + slept, 1);
	}
}

/* A message comes after the last look of a poll, and rings no bell: the interrupt had not asked for it yet. */
static unsigned late_messages;

static bool arm_after_a_message(struct weft_transport *transport, bool tx)
{
	if (late_messages != 0) {
		late_messages--;
		pair_forge(&pair.device, 5, 77, "late", 4, 4);
	}
	return real->arm(transport, tx);
}

static void an_interrupt_is_told_of_what_came_while_it_asked_for_the_next(void **state)
{
	struct inbox inbox = { 0 };
	struct weft_transport_ops late;

	(void)state;
	up(RPMSG_POLLED_BY_INTERRUPT);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, ANY, inbox_cb, NULL), 0);
	ept.priv = &inbox;
	real = core->shm.transport.ops;
	late = *real;
	late.arm = arm_after_a_message;
	core->shm.transport.ops = &late;
	late_messages = 3;
	unsigned polls = 1;
	while (rpmsg_poll(rdev, 4) == 4)
		polls++;
	assert_int_equal(inbox.count, 3);
	assert_int_equal(polls, 4);
	core->shm.transport.ops = real;
}

static void who_waits_for_a_destination_is_told_of_it(void **state)
{
	struct rpmsg_endpoint server;

	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, "loom", ANY, ANY, NULL, NULL), 0);
	pair_settle(&pair);
	assert_false(is_rpmsg_ept_ready(&ept));
	assert_int_equal(rpmsg_create_ept(&server, &pair.device.rdev, "loom", ANY, ANY, NULL, NULL), 0);
	uint32_t event = rpmsg_event_word(rdev);
	pair_settle(&pair);
	assert_true(is_rpmsg_ept_ready(&ept));
	assert_int_not_equal(rpmsg_event_word(rdev), event);
}

static void a_send_waits_for_a_second_unless_told_otherwise(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_LOOP);
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, 5, NULL, NULL), 0);
	while (rpmsg_trysend(&ept, "full", 4) == 4) {
	}
	rpmsg_poll(rdev, 16);
	uint32_t start = pair.now;
	assert_int_equal(rpmsg_send(&ept, "late", 4), RPMSG_ERR_NO_BUFF);
	assert_int_equal(pair.now - start, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_who_sleeps_is_woken),
		cmocka_unit_test(a_task_started_meanwhile_rouses_the_poller),
		cmocka_unit_test(a_turn_of_a_wait_ends_when_there_was_something_to_do),
		cmocka_unit_test(a_thread_that_destroys_waits_for_the_callback),
		cmocka_unit_test(a_thread_that_registers_a_driver_rouses_who_polls),
		cmocka_unit_test(the_end_of_a_callback_wakes_who_waits_for_it),
		cmocka_unit_test(a_thread_that_unregisters_a_driver_waits_for_its_callback),
		cmocka_unit_test(who_may_not_poll_a_loops_link_does_not_wait_there_either),
		cmocka_unit_test(nobody_sleeps_for_a_link_that_its_interrupt_polls),
		cmocka_unit_test(a_buffer_that_came_back_before_its_waiter_asked_is_not_slept_over),
		cmocka_unit_test(who_does_not_wait_asks_for_no_bell),
		cmocka_unit_test(nor_does_a_callback_that_finds_no_buffer),
		cmocka_unit_test(after_a_poll_that_did_something_one_wait_returns_at_once),
		cmocka_unit_test(so_does_one_after_a_poll_that_ended_something),
		cmocka_unit_test(a_wait_of_no_time_does_not_sleep),
		cmocka_unit_test(who_was_told_already_does_not_sleep_whatever_the_port_can),
		cmocka_unit_test(an_interrupt_is_told_of_what_came_while_it_asked_for_the_next),
		cmocka_unit_test(who_waits_for_a_destination_is_told_of_it),
		cmocka_unit_test(a_send_waits_for_a_second_unless_told_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
