/* SPDX-License-Identifier: Apache-2.0 */
/* Two cores of one process, each polled by a thread of its own; more threads call, start, open and close. The posix
 * port with its locks, no clock but the real one, and no count of how often anything happens to sleep. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "loom_client.h"
#include "loom_server.h"
#include "weft/link.h"
#include "weft/posix.h"

#define CALLERS 4u
#define CALLS 300u
#define PATIENCE_US 20000000u

struct side {
	struct weft_posix posix;
	struct weft_link link;
	pthread_t poller;
	bool stop;
};

static struct side host;
static struct side hub;
static struct loom_server server;
static struct loom_client shared;
static struct weft_call *table[8];

static weft_status weave(void *context, struct weft_token token, const tests_v1_Thread *request,
                         tests_v1_Cloth *response)
{
	(void)context;
	(void)token;
	response->length = request->count;
	return WEFT_OK;
}

/* A call of tear is answered by a thread that takes its token from here. 0: none. */
static uint32_t owed;
static uint32_t owed_count;

static weft_status tear_later(void *context, struct weft_token token, const tests_v1_Thread *request,
                              tests_v1_Cloth *response)
{
	(void)context;
	(void)response;
	__atomic_store_n(&owed_count, request->count, __ATOMIC_RELAXED);
	__atomic_store_n(&owed, token.id, __ATOMIC_RELEASE);
	return WEFT_DEFERRED;
}

static const struct loom_ops ops = { .weave = weave, .tear = tear_later };

static void *poll_for_ever(void *arg)
{
	struct side *side = (struct side *)arg;

	while (!__atomic_load_n(&side->stop, __ATOMIC_ACQUIRE)) {
		rpmsg_poll(&side->link.rdev, 8);
		rpmsg_wait(&side->link.rdev, 100000);
	}
	return NULL;
}

static void begin(struct side *side, const char *path, const struct weft_shm_role *role)
{
	struct weft_posix_config port = {
		.path = path, .driver = role == &weft_shm_driver, .threads = true, .size = WEFT_LINK_SIZE
	};
	struct weft_link_config config = { .polled_by = RPMSG_POLLED_BY_THREAD };

	memset(side, 0, sizeof *side);
	assert_int_equal(weft_posix_open(&side->posix, &port), 0);
	assert_int_equal(weft_link_open(&side->link, &side->posix.port, role, &config), 0);
	assert_int_equal(pthread_create(&side->poller, NULL, poll_for_ever, side), 0);
}

static void end(struct side *side)
{
	__atomic_store_n(&side->stop, true, __ATOMIC_RELEASE);
	rpmsg_wake(&side->link.rdev);
	pthread_join(side->poller, NULL);
	weft_posix_close(&side->posix);
}

static int setup(void **state)
{
	char path[64];
	struct weft_client_config config = { .calls = table, .call_slots = 8 };

	(void)state;
	snprintf(path, sizeof path, "/tmp/weft-threads-%ld", (long)getpid());
	begin(&host, path, &weft_shm_driver);
	begin(&hub, path, &weft_shm_device);
	assert_int_equal(loom_server_start(&server, &hub.link.rdev, &ops, NULL, NULL), WEFT_OK);
	assert_int_equal(loom_client_open(&shared, &host.link.rdev, &config), WEFT_OK);
	assert_int_equal(loom_client_wait(&shared, PATIENCE_US), WEFT_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(loom_client_close(&shared), WEFT_OK);
	assert_int_equal(loom_server_stop(&server), WEFT_OK);
	while (rpmsg_buffers_out(&host.link.rdev) != 0)
		sched_yield(); /* the poller may be reading the withdrawal; ctest ends what never comes back */
	end(&host);
	end(&hub);
	return 0;
}

/* Threads report what went wrong by a number: cmocka's asserts are for the main thread. */
static void *call_many(void *arg)
{
	uintptr_t failed = 0;

	for (uint32_t i = 0; i < CALLS; i++) {
		tests_v1_Thread request = tests_v1_Thread_init_zero;
		tests_v1_Cloth cloth;

		request.count = (uint32_t)(uintptr_t)arg * CALLS + i;
		if (loom_weave(&shared, &request, &cloth, PATIENCE_US) != WEFT_OK || cloth.length != request.count)
			failed++;
	}
	return (void *)failed;
}

static void *come_and_go(void *arg)
{
	uintptr_t failed = 0;

	(void)arg;
	for (uint32_t i = 0; i < CALLS / 10; i++) {
		struct loom_client own;
		tests_v1_Thread request = tests_v1_Thread_init_zero;
		tests_v1_Cloth cloth;

		failed += loom_client_open(&own, &host.link.rdev, NULL) != WEFT_OK;
		failed += loom_client_wait(&own, PATIENCE_US) != WEFT_OK;
		failed += loom_weave(&own, &request, &cloth, PATIENCE_US) != WEFT_OK;
		failed += loom_client_close(&own) != WEFT_OK;
		memset(&own, 0xa5, sizeof own);
	}
	return (void *)failed;
}

static void threads_share_a_client_and_each_gets_its_own_reply(void **state)
{
	pthread_t threads[CALLERS];

	(void)state;
	for (uintptr_t i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_many, (void *)i), 0);
	for (unsigned i = 0; i < CALLERS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void clients_come_and_go_while_others_call(void **state)
{
	pthread_t threads[CALLERS];

	(void)state;
	for (uintptr_t i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i % 2 ? come_and_go : call_many, (void *)i), 0);
	for (unsigned i = 0; i < CALLERS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

/* Stopped while its thread serves: nothing of it is touched afterwards. Callers see it come and go. */
static void a_server_stops_and_starts_while_others_call(void **state)
{
	pthread_t thread;
	void *unused;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, call_many, NULL), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(loom_server_stop(&server), WEFT_OK);
		memset(&server, 0xa5, sizeof server);
		assert_int_equal(loom_server_start(&server, &hub.link.rdev, &ops, NULL, NULL), WEFT_OK);
	}
	pthread_join(thread, &unused);
}

struct stubborn {
	struct rpmsg_task task;
	bool running;
	unsigned runs;
};

static void arm_again(struct rpmsg_task *task)
{
	struct stubborn *stubborn = (struct stubborn *)(void *)task; /* its first member */

	__atomic_store_n(&stubborn->running, true, __ATOMIC_RELEASE);
	stubborn->runs++;
	for (int i = 0; i < 1000; i++)
		sched_yield(); /* so that the stop comes meanwhile */
	rpmsg_task_start(&hub.link.rdev, task, 0);
}

static void a_stopped_task_stays_stopped_though_it_arms_itself(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct stubborn stubborn = { .task = { .run = arm_again } };

		rpmsg_task_start(&hub.link.rdev, &stubborn.task, 0);
		while (!__atomic_load_n(&stubborn.running, __ATOMIC_ACQUIRE))
			sched_yield();
		rpmsg_task_stop(&hub.link.rdev, &stubborn.task);
		unsigned runs = stubborn.runs;
		tests_v1_Thread request = tests_v1_Thread_init_zero;
		tests_v1_Cloth cloth;

		assert_int_equal(loom_weave(&shared, &request, &cloth, PATIENCE_US),
		                 WEFT_OK); /* the poller went round */
		assert_int_equal(stubborn.runs, runs);
	}
}

/* As fast as it can, so that some answers come before the handler has returned. */
static void *answer_for_ever(void *arg)
{
	bool *stop = (bool *)arg;
	uintptr_t failed = 0;

	while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE)) {
		struct weft_token token = { __atomic_exchange_n(&owed, 0, __ATOMIC_ACQUIRE) };
		tests_v1_Cloth cloth = tests_v1_Cloth_init_zero;

		if (token.id == 0) {
			sched_yield();
			continue;
		}
		cloth.length = __atomic_load_n(&owed_count, __ATOMIC_RELAXED);
		while (loom_tear_reply(&server, token, WEFT_OK, &cloth) == WEFT_RESOURCE_EXHAUSTED)
			sched_yield();
		failed += loom_tear_reply(&server, token, WEFT_OK, &cloth) != WEFT_FAILED_PRECONDITION; /* used up */
	}
	return (void *)failed;
}

static void another_thread_answers_by_token(void **state)
{
	pthread_t thread;
	void *failed;
	bool stop = false;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, answer_for_ever, &stop), 0);
	for (uint32_t i = 1; i <= CALLS; i++) {
		tests_v1_Thread request = tests_v1_Thread_init_zero;
		tests_v1_Cloth cloth;

		request.count = i;
		assert_int_equal(loom_tear(&shared, &request, &cloth, PATIENCE_US), WEFT_OK);
		assert_int_equal(cloth.length, i);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, &failed);
	assert_null(failed);
}

static void a_deadline_ends_a_call_though_the_poller_sleeps(void **state)
{
	tests_v1_Thread request = tests_v1_Thread_init_zero;
	tests_v1_Cloth cloth;

	(void)state;
	__atomic_store_n(&hub.stop, true, __ATOMIC_RELEASE); /* nobody serves any more */
	rpmsg_wake(&hub.link.rdev);
	pthread_join(hub.poller, NULL);
	assert_int_equal(loom_weave(&shared, &request, &cloth, WEFT_MS(5)), WEFT_DEADLINE_EXCEEDED);
	hub.stop = false;
	assert_int_equal(pthread_create(&hub.poller, NULL, poll_for_ever, &hub), 0);
	assert_int_equal(loom_weave(&shared, &request, &cloth, PATIENCE_US), WEFT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_share_a_client_and_each_gets_its_own_reply, setup, teardown),
		cmocka_unit_test_setup_teardown(clients_come_and_go_while_others_call, setup, teardown),
		cmocka_unit_test_setup_teardown(a_server_stops_and_starts_while_others_call, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stopped_task_stays_stopped_though_it_arms_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(another_thread_answers_by_token, setup, teardown),
		cmocka_unit_test_setup_teardown(a_deadline_ends_a_call_though_the_poller_sleeps, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
