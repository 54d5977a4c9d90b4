/* SPDX-License-Identifier: Apache-2.0 */
/* A link that its interrupt polls, RPMSG_POLLED_BY_INTERRUPT, while the main program sends and creates and destroys:
 * signals are the interrupts, the critical section blocks them. The other core lives in the signal of a timer, so
 * that both cut in wherever the main program is. */
#define _XOPEN_SOURCE 700 /* signals and timers */
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY
#define MESSAGES 3000u

static struct pair pair;
static struct core *const here = &pair.driver;  /* polled by SIGUSR1 */
static struct core *const there = &pair.device; /* polled by SIGALRM */
static volatile sig_atomic_t depth;             /* in handlers of SIGUSR1 */
static volatile unsigned interrupts;
static unsigned echoed;
static uint32_t random_state = 1;

/* ---- The port ---- */

static uintptr_t block(struct weft_port *port)
{
	sigset_t set;
	sigset_t old;

	(void)port;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	return sigismember(&old, SIGUSR1) == 1 ? 2u : 1u;
}

static void restore(struct weft_port *port, uintptr_t key)
{
	sigset_t set;

	(void)port;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (key == 1u)
		sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static uintptr_t context(struct weft_port *port)
{
	(void)port;
	return depth != 0 ? 2u : 1u;
}

static uint32_t clock_us(struct weft_port *port)
{
	struct timespec now;

	(void)port;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)now.tv_sec * 1000000u + (uint32_t)now.tv_nsec / 1000u;
}

static void spin(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	(void)timeout_us; /* sooner or later is soon enough: the interrupt changes what is waited for */
}

static void ring_here(struct weft_port *port, uint32_t notifyid)
{
	(void)port;
	(void)notifyid;
	raise(SIGUSR1);
}

/* ---- The interrupts ---- */

static void on_doorbell(int number)
{
	(void)number;
	depth++;
	interrupts++;
	while (rpmsg_poll(&here->rdev, 4) == 4) {
	}
	depth--;
}

/* One shot, so that the main program gets somewhere between two. */
static void arm_timer(void)
{
	struct itimerval soon = { .it_value.tv_usec = 50 + (suseconds_t)(random_state % 200u) };

	random_state = random_state * 1664525u + 1013904223u;
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void on_timer(int number)
{
	(void)number;
	rpmsg_poll(&there->rdev, 1 + random_state / 65536u % 8u);
	arm_timer();
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	assert_int_equal(sigaction(number, &action, NULL), 0);
}

static void no_interrupts(void)
{
	struct itimerval never = { .it_value.tv_usec = 0 };

	setitimer(ITIMER_REAL, &never, NULL);
	handle(SIGALRM, SIG_IGN);
}

static int echo(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	if (rpmsg_trysendto(ept, data, (int)len, src) == (int)len)
		echoed++;
	return RPMSG_SUCCESS;
}

static struct rpmsg_endpoint echoer;

static void up(void)
{
	static struct weft_port_ops ops_here;
	static struct weft_port_ops ops_there;

	pair_init(&pair);
	pair.config.polled_by = RPMSG_POLLED_BY_INTERRUPT;
	pair_boot(here);
	pair.config.polled_by = RPMSG_POLLED_BY_LOOP;
	echoed = 0;
	interrupts = 0;
	ops_here = pair_ops;
	ops_here.lock = block;
	ops_here.unlock = restore;
	ops_here.self = context;
	ops_here.now_us = clock_us;
	ops_here.relax = spin;
	ops_there = pair_ops;
	ops_there.kick = ring_here;
	here->port.ops = &ops_here;
	there->port.ops = &ops_there;
	assert_int_equal(rpmsg_create_ept(&echoer, &there->rdev, "loom", 77, ANY, echo, NULL), 0);
	handle(SIGUSR1, on_doorbell);
	handle(SIGALRM, on_timer);
	raise(SIGUSR1); /* the first one: both have booted */
	arm_timer();
}

static bool in_time(uint32_t start)
{
	return clock_us(NULL) - start < 5000000u;
}

static void await_link(void)
{
	uint32_t start = clock_us(NULL);

	while (rpmsg_link(&here->rdev) != WEFT_LINK_UP && in_time(start)) {
	}
	assert_int_equal(rpmsg_link(&here->rdev), WEFT_LINK_UP);
}

static void count(struct rpmsg_endpoint *ept, unsigned *counter)
{
	(void)ept;
	__atomic_add_fetch(counter, 1u, __ATOMIC_RELAXED);
}

static int on_answer(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	assert_int_equal(depth, 1);
	assert_true(rpmsg_in_callback(&here->rdev));
	assert_int_equal(len, 4);
	assert_int_equal(src, 77);
	assert_memory_equal(data, "weft", 4);
	count(ept, (unsigned *)priv);
	return RPMSG_SUCCESS;
}

/* ---- The main program ---- */

static void the_interrupt_polls_while_the_main_program_sends(void **state)
{
	struct rpmsg_endpoint sender;
	unsigned answers = 0;

	(void)state;
	up();
	await_link();
	assert_int_equal(rpmsg_create_ept(&sender, &here->rdev, NULL, ANY, 77, on_answer, NULL), 0);
	sender.priv = &answers;
	for (unsigned i = 0; i < MESSAGES; i++)
		assert_int_equal(rpmsg_send(&sender, "weft", 4), 4); /* waits: the ring has eight */
	uint32_t start = clock_us(NULL);
	while (there->shm.transport.counters.received < MESSAGES && in_time(start)) {
	}
	while (__atomic_load_n(&answers, __ATOMIC_RELAXED) < echoed && in_time(start)) {
	}
	no_interrupts();
	assert_int_equal(there->shm.transport.counters.received, MESSAGES);
	assert_int_equal(answers, echoed);
	assert_true(interrupts > 10);
	pair_expect_no_buffers_out(&pair);
}

static void the_interrupt_polls_while_endpoints_come_and_go(void **state)
{
	struct rpmsg_endpoint epts[4];
	unsigned answers = 0;
	uint32_t start = clock_us(NULL);

	(void)state;
	up();
	await_link();
	for (unsigned i = 0; i < MESSAGES && in_time(start); i++) {
		struct rpmsg_endpoint *ept = &epts[i % 4u];

		if (i >= 4) {
			assert_int_equal(rpmsg_destroy_ept(ept), 0); /* 0: the interrupt is not in its callback */
			memset(ept, 0xa5, sizeof *ept);
		}
		assert_int_equal(
			rpmsg_create_ept(ept, &here->rdev, i % 2u != 0 ? "loom" : NULL, ANY, ANY, on_answer, NULL), 0);
		ept->priv = &answers;
		if (i % 3u == 0) {
			void *loan = rpmsg_get_tx_payload_buffer(ept, NULL, 1);

			assert_non_null(loan);
			if (i % 2u != 0)
				assert_int_equal(rpmsg_release_tx_buffer(ept, loan), 0);
		}
		assert_int_equal(rpmsg_sendto(ept, "weft", 4, 77), 4);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rpmsg_destroy_ept(&epts[i]), 0);
	no_interrupts();
	assert_int_equal(here->rdev.endpoint_count, 0);
	pair_expect_no_buffers_out(&pair);
}

static void a_restarted_peer_is_taken_back_by_the_interrupt(void **state)
{
	(void)state;
	up();
	await_link();
	for (unsigned i = 1; i <= 20; i++) {
		struct itimerval never = { .it_value.tv_usec = 0 };

		setitimer(ITIMER_REAL, &never, NULL);
		const struct weft_port_ops *ops = there->port.ops;
		pair_boot(there);
		there->port.ops = ops;
		arm_timer();
		uint32_t start = clock_us(NULL);
		while (here->events[RPMSG_LINK_UP] <= i && in_time(start)) {
			__asm__ volatile("" : : : "memory");
		}
		assert_int_equal(here->events[RPMSG_LINK_DOWN], i);
		assert_int_equal(rpmsg_link(&here->rdev), WEFT_LINK_UP);
	}
	no_interrupts();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interrupt_polls_while_the_main_program_sends),
		cmocka_unit_test(the_interrupt_polls_while_endpoints_come_and_go),
		cmocka_unit_test(a_restarted_peer_is_taken_back_by_the_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
