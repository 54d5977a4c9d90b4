/* SPDX-License-Identifier: Apache-2.0 */
/* What one context of a core says to another without the lock: a gate stops either where the lock would say it too, so
 * that nothing is in order but by the word that is looked at. The thread sanitizer sees when that word has no order.
 * The sanitizer does not see the gates: they order nothing, and who waits at one does not push what it did before out
 * of the sanitizer's memory. */
#include <pthread.h>
#include <sched.h>

#include "calls/looms.h"

#define ROUNDS 20 /* the sanitizer knows a few accesses of a word, and forgets one of them at random */

static struct looms looms;
static struct pair *const pair = &looms.pair;
static struct core *const host = &looms.pair.driver;
static struct core *const hub = &looms.pair.device;
static tests_v1_Cloth cloth;
static volatile unsigned stage; /* the gates that were passed */
static unsigned note;           /* what is told; no atomic */

#define UNSEEN __attribute__((no_sanitize("thread")))

UNSEEN static void pass(unsigned number)
{
	stage = number;
}

UNSEEN static bool passed(unsigned number)
{
	return stage >= number;
}

UNSEEN static void await(unsigned number)
{
	while (stage < number)
		sched_yield();
}

/* ---- The port ---- */

static pthread_mutex_t mutex[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static _Thread_local uintptr_t me = 1;
static _Thread_local void (*before_lock)(const struct core *core);
static _Thread_local void (*after_unlock)(void);

static uintptr_t lock(struct weft_port *port)
{
	const struct core *core = (const struct core *)(const void *)port;

	if (before_lock != NULL)
		before_lock(core);
	pthread_mutex_lock(&mutex[core == hub]);
	return 0;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	(void)key;
	pthread_mutex_unlock(&mutex[(struct core *)(void *)port == hub]);
	if (after_unlock != NULL)
		after_unlock();
}

static uintptr_t self(struct weft_port *port)
{
	(void)port;
	return me;
}

/* Who sleeps goes on as soon as a gate is passed. */
static void sleep_on(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	(void)port;
	(void)timeout_us;
	while (!passed(1) && __atomic_load_n(event, __ATOMIC_RELAXED) == seen)
		sched_yield();
}

static void wake(struct weft_port *port, uint32_t *event)
{
	(void)port;
	(void)event;
}

/* ---- Two contexts ---- */

static weft_status owe(void *context, struct weft_token token, const tests_v1_Thread *request, tests_v1_Cloth *response)
{
	(void)request;
	(void)response;
	*(struct weft_token *)context = token;
	return WEFT_DEFERRED;
}

/* Not the fixture's, which moves the clock of both. */
static weft_status answer(void *context, struct weft_token token, const tests_v1_Thread *request,
                          tests_v1_Cloth *response)
{
	(void)context;
	(void)token;
	response->length = request->count;
	return WEFT_OK;
}

static const struct loom_ops at_once = { .weave = answer };
static const struct loom_ops later = { .tear = owe };
static struct weft_token owed;

static void up(void)
{
	static struct weft_port_ops ops;

	memset(&looms, 0, sizeof looms);
	note = 0;
	pass(0);
	pair_init(pair);
	pair->config.polled_by = RPMSG_POLLED_BY_THREAD;
	pair_boot(host);
	pair_boot(hub);
	ops = pair_ops;
	ops.lock = lock;
	ops.unlock = unlock;
	ops.self = self;
	ops.wait = sleep_on;
	ops.wake = wake;
	host->port.ops = &ops;
	hub->port.ops = &ops;
	pair_settle(pair);
}

static void serve(const struct loom_ops *handlers, void *context)
{
	struct weft_client_config config = { .calls = looms.table, .call_slots = 4 };

	assert_int_equal(loom_server_start(&looms.server, &hub->rdev, handlers, context, NULL), WEFT_OK);
	assert_int_equal(loom_client_open(&looms.client, &host->rdev, &config), WEFT_OK);
	pair_settle(pair);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK);
}

static bool stop;

static void poll_both(void)
{
	rpmsg_poll(&host->rdev, 4);
	rpmsg_poll(&hub->rdev, 4);
	sched_yield();
}

/* arg: what it does before it takes the lock. */
static void *poll_until_told(void *arg)
{
	void (**hook)(const struct core *core) = (void (**)(const struct core *core))arg;

	me = 2;
	before_lock = *hook;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		poll_both();
	return NULL;
}

static pthread_t poller;

static void begin_polling(void *(*loop)(void *), void *arg)
{
	stop = false;
	assert_int_equal(pthread_create(&poller, NULL, loop, arg), 0);
}

static void end_polling(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(poller, NULL);
}

/* ---- The event word ---- */

static void *say_and_wake(void *arg)
{
	(void)arg;
	note = 7;
	rpmsg_wake(&host->rdev);
	await(1);
	return NULL;
}

static void round_of_wake(void)
{
	up();
	uint32_t before = rpmsg_event_word(&host->rdev);
	begin_polling(say_and_wake, NULL);
	while (rpmsg_event_word(&host->rdev) == before)
		sched_yield();
	assert_int_equal(note, 7);
	pass(1);
	end_polling();
}

static void what_was_done_before_a_wake_is_seen_after_it(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		round_of_wake();
}

/* ---- The end of a call ---- */

/* It has ended, and its caller is not woken yet. */
UNSEEN static void stop_before_the_wake(const struct core *core)
{
	(void)core;
	if (looms.client.base.counters.ended == 0 || passed(1))
		return;
	pass(1);
	await(2);
}

static void round_of_end(void)
{
	void (*hook)(const struct core *core) = stop_before_the_wake;
	tests_v1_Thread request = thread_of(3, "red");

	up();
	serve(&at_once, NULL);
	begin_polling(poll_until_told, &hook);
	assert_int_equal(loom_weave(&looms.client, &request, &cloth, WEFT_MS(10)), WEFT_OK);
	assert_int_equal(cloth.length, 3);
	pass(2);
	end_polling();
}

static void a_caller_that_finds_its_call_done_finds_its_status(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		round_of_end();
}

/* ---- The end of a callback ---- */

static int be_destroyed(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	pass(1);
	await(2);
	note = 7;
	return RPMSG_SUCCESS;
}

UNSEEN static void tell_that_it_is_over(void)
{
	if (note != 7 || passed(3))
		return;
	pass(3);
	await(4);
}

static void let_the_callback_end(void)
{
	after_unlock = NULL;
	pass(2);
	await(3);
}

static void *poll_and_tell(void *arg)
{
	(void)arg;
	me = 2;
	after_unlock = tell_that_it_is_over;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		poll_both();
	return NULL;
}

static void round_of_destroy(void)
{
	struct rpmsg_endpoint receiver;
	struct rpmsg_endpoint sender;

	up();
	assert_int_equal(rpmsg_create_ept(&receiver, &host->rdev, NULL, 77, 78, be_destroyed, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&sender, &hub->rdev, NULL, 78, 77, NULL, NULL), 0);
	assert_int_equal(rpmsg_trysend(&sender, "weft", 4), 4);
	begin_polling(poll_and_tell, NULL);
	await(1);
	after_unlock = let_the_callback_end;
	assert_int_equal(rpmsg_destroy_ept(&receiver), 0);
	assert_int_equal(note, 7);
	pass(4);
	end_polling();
}

static void what_a_callback_did_is_done_when_its_endpoint_is_destroyed(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		round_of_destroy();
}

/* ---- The state of a client ---- */

/* It is refused, and who waits for it is not woken yet. */
UNSEEN static void stop_when_refused(const struct core *core)
{
	(void)core;
	if (looms.client.base.refusal == WEFT_OK || passed(1))
		return;
	pass(1);
	await(2);
}

static void round_of_refusal(void)
{
	void (*hook)(const struct core *core) = stop_when_refused;
	struct weft_service other;

	up();
	assert_int_equal(loom_client_open(&looms.client, &host->rdev, NULL), WEFT_OK);
	other = *looms.client.base.service;
	other.major++;
	assert_int_equal(loom_client_close(&looms.client), WEFT_OK);
	assert_int_equal(weft_client_open(&looms.client.base, &host->rdev, &other, NULL), WEFT_OK);
	assert_int_equal(loom_server_start(&looms.server, &hub->rdev, &at_once, NULL, NULL), WEFT_OK);
	begin_polling(poll_until_told, &hook);
	await(1);
	assert_int_equal(weft_client_state(&looms.client.base), WEFT_FAILED_PRECONDITION);
	pass(2);
	end_polling();
}

static void a_client_that_is_refused_knows_why(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		round_of_refusal();
}

/* ---- The life of a server ---- */

static unsigned locks; /* of the hub since its link went; the last is where the other comes */
static unsigned here;

static void stop_when_the_link_goes(const struct core *core)
{
	if (core != hub || rpmsg_link(&hub->rdev) == WEFT_LINK_UP || ++locks != here)
		return;
	pass(1);
	await(2);
}

/* Until the client and the server have found each other again. */
static void *restart_and_poll(void *arg)
{
	(void)arg;
	me = 2;
	before_lock = stop_when_the_link_goes;
	rpmsg_restart(&host->rdev);
	for (int i = 0; i < 100; i++)
		poll_both();
	pass(3);
	return NULL;
}

static void let_the_link_come_up_again(void)
{
	after_unlock = NULL;
	if (!passed(2))
		pass(2);
	await(3);
}

static void ignore(struct loom_tear_call *call, weft_status status, tests_v1_Cloth *response)
{
	(void)call;
	(void)status;
	(void)response;
}

/* The answerer is stopped with the token in its hands until the link lives again. */
static void an_answer_of_one_life_is_not_sent_in_the_next(void **state)
{
	(void)state;
	do {
		struct loom_tear_call call;
		tests_v1_Thread request = thread_of(3, "red");

		up();
		serve(&later, &owed);
		assert_int_equal(loom_tear_start(&looms.client, &call, &request, &cloth, WEFT_MS(10), ignore, NULL),
		                 WEFT_OK);
		pair_settle(pair);
		locks = 0;
		here++;
		begin_polling(restart_and_poll, NULL);
		await(1);
		after_unlock = let_the_link_come_up_again;
		assert_int_equal(loom_tear_reply(&looms.server, owed, WEFT_OK, &cloth), WEFT_FAILED_PRECONDITION);
		after_unlock = NULL;
		end_polling();
		assert_int_equal(weft_client_state(&looms.client.base), WEFT_OK);
	} while (locks >= here);
	assert_true(here > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_done_before_a_wake_is_seen_after_it),
		cmocka_unit_test(a_caller_that_finds_its_call_done_finds_its_status),
		cmocka_unit_test(what_a_callback_did_is_done_when_its_endpoint_is_destroyed),
		cmocka_unit_test(a_client_that_is_refused_knows_why),
		cmocka_unit_test(an_answer_of_one_life_is_not_sent_in_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
