/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving: budgets, batches, kicks that are wanted and no others, and received memory that is only read. */
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY

static struct pair pair;
static struct core *from;
static struct core *to;
static struct rpmsg_endpoint sender;
static struct rpmsg_endpoint receiver; /* at 77 */
static struct inbox inbox;

static void connect(int side)
{
	pair_up(&pair);
	memset(&inbox, 0, sizeof inbox);
	from = side == 0 ? &pair.driver : &pair.device;
	to = from->other;
	assert_int_equal(rpmsg_create_ept(&sender, &from->rdev, NULL, ANY, 77, NULL, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&receiver, &to->rdev, NULL, 77, ANY, inbox_cb, NULL), 0);
	receiver.priv = &inbox;
}

static void send(unsigned n)
{
	while (n-- > 0)
		assert_int_equal(rpmsg_trysend(&sender, "weft", 4), 4);
}

static struct weft_link_counters *counted(struct core *core)
{
	return &core->shm.transport.counters;
}

/* ---- Budgets ---- */

static void a_poll_takes_no_more_than_its_budget(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		send(PAIR_NUM);
		assert_int_equal(rpmsg_poll(&to->rdev, 0), 0);
		assert_int_equal(rpmsg_poll(&to->rdev, 3), 3);
		assert_int_equal(inbox.count, 3);
		assert_int_equal(rpmsg_poll(&to->rdev, 1), 1);
		assert_int_equal(rpmsg_poll(&to->rdev, 100), 4);
		assert_int_equal(rpmsg_poll(&to->rdev, 100), 0);
		assert_int_equal(counted(to)->received, PAIR_NUM);
		assert_int_equal(counted(from)->sent, PAIR_NUM);
	}
}

static int send_to_itself(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct core *peer = (struct core *)priv;

	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	inbox.count++;
	/* A peer so fast that it has sent again before we return. */
	pair_forge(peer, 5, 77, "weft", 4, 4);
	return RPMSG_SUCCESS;
}

static void a_peer_that_never_stops_sending_does_not_keep_a_poll(void **state)
{
	(void)state;
	connect(0);
	assert_int_equal(rpmsg_rebind_ept(&receiver, send_to_itself, from), 0);
	send(1);
	assert_int_equal(rpmsg_poll(&to->rdev, 5), 5);
	assert_int_equal(inbox.count, 5);
}

static void bad_messages_count_against_the_budget(void **state)
{
	(void)state;
	connect(0);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		pair_forge(from, 5, 77, "lie", 3, 60000);
	assert_int_equal(rpmsg_poll(&to->rdev, 3), 3);
	assert_int_equal(to->events[RPMSG_BAD_MESSAGE], 3);
	pair_settle(&pair);
	assert_int_equal(to->events[RPMSG_BAD_MESSAGE], PAIR_NUM);
	pair_expect_works(&pair);
}

/* ---- Kicks ---- */

static void who_polls_is_not_kicked(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		unsigned kicks[2] = { from->kicks, to->kicks };
		for (unsigned i = 1; i <= 20; i++) {
			send(1);
			pair_settle(&pair);
			assert_int_equal(counted(from)->kicks_saved, i);
			assert_int_equal(counted(to)->kicks_saved, i); /* for the buffer that went back */
		}
		assert_int_equal(from->kicks, kicks[0]);
		assert_int_equal(to->kicks, kicks[1]);
	}
}

/* A port whose relax only lets time pass: the caller stays where it sleeps. */
static void doze(struct weft_port *port, uint32_t timeout_us)
{
	struct core *core = (struct core *)(void *)port;

	core->relaxed++;
	pair.now += timeout_us;
}

static void who_sleeps_is_kicked_once(void **state)
{
	struct weft_port_ops dozes = pair_ops;

	(void)state;
	dozes.relax = doze;
	for (int side = 0; side < 2; side++) {
		connect(side);
		to->port.ops = &dozes;
		/* As it is while it sleeps: notifications on, which the end of the sleep takes back. */
		assert_int_equal(rpmsg_wait(&to->rdev, 100), 0);
		assert_int_equal(to->relaxed, 1);
		assert_int_equal(to->shm.rx.ours->flags, VRING_F_NO_NOTIFY);
		assert_int_equal(to->shm.tx.ours->flags, VRING_F_NO_NOTIFY);
		unsigned kicks = from->kicks;
		send(1);
		assert_int_equal(from->kicks, kicks);
		to->shm.transport.ops->arm(&to->shm.transport, false);
		send(3);
		assert_int_equal(from->kicks, kicks + 3u); /* one a send: the task flushes each */
		to->shm.transport.ops->arm(&to->shm.transport, true);
		to->shm.transport.ops->disarm(&to->shm.transport);
		assert_int_equal(to->shm.rx.ours->flags, VRING_F_NO_NOTIFY);
		assert_int_equal(to->shm.tx.ours->flags, VRING_F_NO_NOTIFY);
		to->port.ops = &pair_ops;
	}
}

static void who_has_something_to_do_does_not_sleep(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		send(1);
		assert_int_equal(rpmsg_wait(&to->rdev, 1000), 0);
		assert_int_equal(to->relaxed, 0);
		pair_settle(&pair);
		assert_int_equal(rpmsg_wait(&to->rdev, 1000), 0);
		assert_int_equal(to->relaxed, 1);
	}
}

static int answer_thrice(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	for (int i = 0; i < 3; i++)
		assert_int_equal(rpmsg_sendto(ept, data, (int)len, src), (int)len);
	return RPMSG_SUCCESS;
}

static void a_poll_sends_all_its_answers_with_one_kick(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		assert_int_equal(rpmsg_rebind_ept(&receiver, answer_thrice, NULL), 0);
		assert_int_equal(rpmsg_rebind_ept(&sender, inbox_cb, &inbox), 0);
		send(2);
		from->shm.transport.ops->arm(&from->shm.transport, true);
		unsigned kicks = to->kicks;
		uint32_t kicks_sent = counted(to)->kicks_sent;
		assert_int_equal(rpmsg_poll(&to->rdev, 16), 2);
		assert_int_equal(to->kicks, kicks + 2u); /* one for six answers, one for two buffers */
		assert_int_equal(counted(to)->kicks_sent, kicks_sent + 2u);
		assert_int_equal(inbox.count, 0);
		pair_settle(&pair);
		assert_int_equal(inbox.count, 6);
	}
}

/* Two in a poll: the second is seen only by who looks again after asking. */
static void notifications_are_asked_for_by_an_interrupt_poll_and_nothing_is_missed(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		to->rdev.polled_by = RPMSG_POLLED_BY_INTERRUPT;
		rpmsg_poll(&to->rdev, 16);
		unsigned kicks = from->kicks;
		send(1);
		assert_int_equal(from->kicks, kicks + 1u);
		send(2);
		assert_int_equal(rpmsg_poll(&to->rdev, 1), 1);
		assert_int_equal(rpmsg_poll(&to->rdev, 16), 2); /* fewer than asked: the interrupt returns */
		kicks = from->kicks;
		send(1);
		assert_int_equal(from->kicks, kicks + 1u);
	}
}

/* The driver waits to send in one context and is polled by another, and the device has read: a buffer is free. */
static void free_a_buffer_for_a_waiter(enum rpmsg_polled_by polled_by)
{
	connect(0);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		send(1);
	from->rdev.polled_by = (uint8_t)polled_by;
	from->rdev.tx_waiters = 1;
	pair_settle(&pair);
}

static void a_poller_does_not_stay_awake_for_a_buffer_that_is_anothers(void **state)
{
	(void)state;
	free_a_buffer_for_a_waiter(RPMSG_POLLED_BY_THREAD);
	uint32_t event = rpmsg_event_word(&from->rdev);
	from->relaxed = 0;
	assert_int_equal(rpmsg_wait(&from->rdev, 100), 0);
	assert_int_equal(from->relaxed, 1);
	assert_int_not_equal(rpmsg_event_word(&from->rdev), event);
}

static void an_interrupt_does_not_spin_on_a_buffer_that_the_main_program_waits_for(void **state)
{
	(void)state;
	free_a_buffer_for_a_waiter(RPMSG_POLLED_BY_INTERRUPT);
	uint32_t event = rpmsg_event_word(&from->rdev);
	assert_int_equal(rpmsg_poll(&from->rdev, 4), 0);
	assert_int_not_equal(rpmsg_event_word(&from->rdev), event);
}

/* ---- Memory ---- */

static void received_memory_is_only_read(void **state)
{
	static uint8_t before[PAIR_REGION];
	struct virtio_layout layout;

	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		virtio_layout_compute(&pair.layout, &layout);
		const uint32_t at = layout.buffers[side == 0 ? 1 : 0];
		const uint32_t size = PAIR_NUM * PAIR_BUF_SIZE;
		uint8_t *buffers = pair.memory + at;

		for (unsigned i = 0; i < PAIR_NUM; i++)
			assert_int_equal(rpmsg_trysend(&sender, "only to be read", 15), 15);
		memcpy(before, buffers, size);
		inbox.hold = true;
		assert_int_equal(rpmsg_poll(&to->rdev, 2), 2);
		inbox.hold = false;
		assert_int_equal(rpmsg_poll(&to->rdev, 16), PAIR_NUM - 2);
		assert_memory_equal(buffers, before, size); /* headers included: nothing is kept there */
		assert_int_equal(rpmsg_destroy_ept(&receiver), 0);
		assert_memory_equal(buffers, before, size);
	}
}

static void headers_are_sent_with_zeros_where_nothing_is_said(void **state)
{
	static const uint8_t expected[16] = { 5, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0 };

	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		memset(pair.memory + 2048, 0xff, PAIR_REGION - 2048); /* what stood in the buffers before */
		for (unsigned i = 0; i < 2 * PAIR_NUM; i++) {
			assert_int_equal(rpmsg_send_offchannel(&sender, 5, 77, "abc", 3), 3);
			pair_settle(&pair);
			assert_memory_equal((const uint8_t *)inbox.data - 16, expected, sizeof expected);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_poll_takes_no_more_than_its_budget),
		cmocka_unit_test(a_peer_that_never_stops_sending_does_not_keep_a_poll),
		cmocka_unit_test(bad_messages_count_against_the_budget),
		cmocka_unit_test(who_polls_is_not_kicked),
		cmocka_unit_test(who_sleeps_is_kicked_once),
		cmocka_unit_test(who_has_something_to_do_does_not_sleep),
		cmocka_unit_test(a_poll_sends_all_its_answers_with_one_kick),
		cmocka_unit_test(notifications_are_asked_for_by_an_interrupt_poll_and_nothing_is_missed),
		cmocka_unit_test(a_poller_does_not_stay_awake_for_a_buffer_that_is_anothers),
		cmocka_unit_test(an_interrupt_does_not_spin_on_a_buffer_that_the_main_program_waits_for),
		cmocka_unit_test(received_memory_is_only_read),
		cmocka_unit_test(headers_are_sent_with_zeros_where_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
