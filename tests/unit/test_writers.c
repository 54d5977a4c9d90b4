/* SPDX-License-Identifier: Apache-2.0 */
/* Who writes into a transmit buffer while another context polls: the link does not begin another life under its hands,
 * and what is put off for that comes. */
#include "unit/cuts.h"

static struct pair pair;
static struct core *const core = &pair.driver;
static struct rpmsg_device *const rdev = &pair.driver.rdev;
static struct rpmsg_endpoint ept; /* at 77, bound to 88 */
static struct weft_port_ops ops;
static unsigned roused; /* the poller */

static void wake(struct weft_port *port, uint32_t *event)
{
	(void)port;
	roused += event == NULL;
}

static void end_of_writing(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	pair.now += timeout_us;
	core->relaxed++;
	if (rdev->writers != 0)
		rpmsg_tx_end(rdev);
}

static void up(enum rpmsg_polled_by polled_by)
{
	pair_up(&pair);
	ops = pair_ops;
	ops.wake = wake;
	ops.relax = end_of_writing;
	core->port.ops = &ops;
	rdev->polled_by = (uint8_t)polled_by;
	roused = 0;
	assert_int_equal(rpmsg_create_ept(&ept, rdev, NULL, 77, 88, NULL, NULL), 0);
}

static void restart_ourselves(void)
{
	rpmsg_restart(rdev);
}

static void restart_the_peer(void)
{
	pair_boot(&pair.device);
	rpmsg_poll(&pair.device.rdev, 16);
}

static void (*const restarts[])(void) = { restart_ourselves, restart_the_peer };

/* ---- A send that copies ---- */

static uint8_t memory_then[PAIR_REGION];
static uint32_t sent_then;

static void live_anew(void)
{
	pair_boot(&pair.device);
	pair_settle(&pair);
	memcpy(memory_then, pair.memory, sizeof memory_then);
	sent_then = core->shm.transport.counters.sent;
}

static void a_send_writes_nothing_into_a_life_that_it_does_not_send_in(void **state)
{
	char message[200];

	(void)state;
	memset(message, 'w', sizeof message);
	for (unsigned behind = 0; cuts(core, behind, live_anew); behind++) {
		up(RPMSG_POLLED_BY_INTERRUPT);
		cut_begin();
		int result = rpmsg_trysend(&ept, message, sizeof message);
		cut_end();
		assert_true(result == sizeof message || result == RPMSG_ERR_DEV_STATE);
		if (cut_ran() && core->shm.transport.counters.sent == sent_then)
			assert_memory_equal(pair.memory, memory_then, sizeof memory_then);
	}
}

/* ---- A loan, written in place ---- */

static void the_link_stays_while_somebody_writes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		for (int thread = 0; thread < 2; thread++) {
			up(thread ? RPMSG_POLLED_BY_THREAD : RPMSG_POLLED_BY_INTERRUPT);
			rpmsg_tx_begin(rdev);
			rpmsg_tx_begin(rdev); /* two do */
			restarts[i]();
			rpmsg_poll(rdev, 16);
			rpmsg_tx_end(rdev);
			rpmsg_poll(rdev, 16);
			assert_int_equal(rpmsg_link(rdev), WEFT_LINK_UP);
			assert_int_equal(rpmsg_mtu(rdev), 496);
			assert_int_equal(core->events[RPMSG_LINK_DOWN], 0);
			rpmsg_tx_end(rdev);
			rpmsg_poll(rdev, 16);
			assert_int_equal(core->events[RPMSG_LINK_DOWN], 1);
			pair_settle(&pair);
			assert_int_equal(core->events[RPMSG_LINK_DOWN], 1);
			pair_expect_works(&pair);
		}
	}
}

/* Who polls is who writes: it does not poll meanwhile. */
static void where_a_loop_polls_nothing_is_put_off(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_LOOP);
	rpmsg_tx_begin(rdev);
	assert_int_equal(rdev->writers, 0);
	rpmsg_restart(rdev);
	rpmsg_poll(rdev, 16);
	assert_int_equal(core->events[RPMSG_LINK_DOWN], 1);
	rpmsg_tx_end(rdev);
	assert_int_equal(rdev->writers, 0);
}

static void messages_come_while_somebody_writes(void **state)
{
	struct inbox inbox = { 0 };

	(void)state;
	up(RPMSG_POLLED_BY_INTERRUPT);
	assert_int_equal(rpmsg_rebind_ept(&ept, inbox_cb, &inbox), 0);
	rpmsg_tx_begin(rdev);
	pair_forge(&pair.device, 88, 77, "weft", 4, 4);
	assert_int_equal(rpmsg_poll(rdev, 16), 1);
	assert_int_equal(inbox.count, 1);
	rpmsg_tx_end(rdev);
}

/* ---- What was put off ---- */

static void sleep_while_somebody_writes(void)
{
	core->relaxed = 0;
	for (int i = 0; i < 3 && core->relaxed == 0; i++)
		assert_int_equal(rpmsg_wait(rdev, 1000), 0);
	assert_int_equal(core->relaxed, 1);
	assert_int_equal(rdev->writers, 0);
}

static void a_thread_that_polls_is_woken_for_what_it_put_off(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		up(RPMSG_POLLED_BY_THREAD);
		rpmsg_tx_begin(rdev);
		restarts[i]();
		rpmsg_poll(rdev, 16);
		sleep_while_somebody_writes();
		assert_int_equal(roused, 1);
	}
}

static void asked_for_a_restart(struct weft_port *port, uint32_t timeout_us)
{
	rpmsg_restart(rdev);
	end_of_writing(port, timeout_us);
}

/* It slept already when the restart was asked for. */
static void and_for_a_restart_that_it_has_not_seen(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	ops.relax = asked_for_a_restart;
	rpmsg_tx_begin(rdev);
	sleep_while_somebody_writes();
	assert_int_equal(roused, 1);
	rpmsg_poll(rdev, 16);
	assert_int_equal(core->events[RPMSG_LINK_DOWN], 1);
}

static void else_it_sleeps_on(void **state)
{
	(void)state;
	up(RPMSG_POLLED_BY_THREAD);
	rpmsg_tx_begin(rdev);
	sleep_while_somebody_writes();
	assert_int_equal(roused, 0);
}

/* A queue that is broken is never quiet; the interrupt has to end all the same, for the writer to go on. */
static void an_interrupt_does_not_spin_for_what_it_puts_off(void **state)
{
	unsigned polls = 0;

	(void)state;
	up(RPMSG_POLLED_BY_INTERRUPT);
	rpmsg_tx_begin(rdev);
	struct vring_head *used = pair_vring(&pair, 0).used;
	used->idx = (uint16_t)(used->idx + 100u);
	while (rpmsg_poll(rdev, 4) == 4 && polls < 100)
		polls++;
	assert_true(polls < 100);
	assert_int_equal(rpmsg_link(rdev), WEFT_LINK_UP);
	rpmsg_tx_end(rdev);
	for (polls = 0; rpmsg_poll(rdev, 4) == 4 && polls < 100; polls++) {
	}
	assert_int_not_equal(rpmsg_link(rdev), WEFT_LINK_UP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_send_writes_nothing_into_a_life_that_it_does_not_send_in),
		cmocka_unit_test(the_link_stays_while_somebody_writes),
		cmocka_unit_test(where_a_loop_polls_nothing_is_put_off),
		cmocka_unit_test(messages_come_while_somebody_writes),
		cmocka_unit_test(a_thread_that_polls_is_woken_for_what_it_put_off),
		cmocka_unit_test(and_for_a_restart_that_it_has_not_seen),
		cmocka_unit_test(else_it_sleeps_on),
		cmocka_unit_test(an_interrupt_does_not_spin_for_what_it_puts_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
