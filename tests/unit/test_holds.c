/* SPDX-License-Identifier: Apache-2.0 */
/* Received buffers that are held. Whatever the application does with them that it must not do is an error, and the
 * books are right afterwards. */
#include "unit/ends.h"

#define ANY RPMSG_ADDR_ANY

static void *receive_and_hold(void)
{
	inbox.hold = true;
	assert_int_equal(rpmsg_trysend(&far, "held", 4), 4);
	pair_settle(&both);
	inbox.hold = false;
	assert_int_equal(rpmsg_buffers_out(&core->rdev), 1);
	return inbox.data;
}

static void a_held_buffer_stays_until_it_is_released(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		uint8_t *data = (uint8_t *)receive_and_hold();
		for (unsigned i = 0; i < 5 * PAIR_NUM; i++) { /* the others go round */
			assert_int_equal(rpmsg_send(&far, "next", 4), 4);
			pair_settle(&both);
			assert_memory_equal(data, "held", 4);
			assert_ptr_not_equal(inbox.data, data);
		}
		assert_int_equal(rpmsg_release_rx_buffer(&ept, data), 0);
		ends_expect_refused(&ept, data); /* released twice, and held when it is gone */
		ends_settled();
	}
}

static void a_held_buffer_is_not_anybody_elses(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		uint8_t *data = (uint8_t *)receive_and_hold();
		ends_expect_refused(&other, data);
		ends_expect_refused(&ept, data + 4);
		assert_int_equal(rpmsg_send_nocopy(&ept, data, 4), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_release_tx_buffer(&ept, data), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_hold_rx_buffer(&ept, data), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_release_rx_buffer(&ept, data), 0);
		ends_settled();
	}
}

static void a_message_is_held_in_its_callback_or_never(void **state)
{
	(void)state;
	ends_connect(0);
	assert_int_equal(rpmsg_trysend(&far, "gone", 4), 4);
	pair_settle(&both);
	ends_expect_refused(&ept, inbox.data);
	ends_settled();
}

static int hold_twice(struct rpmsg_endpoint *whose, void *data, size_t len, uint32_t src, void *priv)
{
	(void)len;
	(void)src;
	(void)priv;
	assert_int_equal(rpmsg_release_rx_buffer(whose, data), RPMSG_ERR_PARAM); /* not held yet */
	assert_int_equal(rpmsg_hold_rx_buffer(whose, data), 0);
	assert_int_equal(rpmsg_hold_rx_buffer(whose, data), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_hold_rx_buffer(&other, data), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_release_rx_buffer(whose, data), 0); /* and given back before the callback ends */
	assert_int_equal(rpmsg_release_rx_buffer(whose, data), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_hold_rx_buffer(whose, data), RPMSG_ERR_PARAM);
	return RPMSG_SUCCESS;
}

static void holding_twice_and_releasing_twice_change_nothing(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		assert_int_equal(rpmsg_rebind_ept(&ept, hold_twice, NULL), 0);
		for (unsigned i = 0; i < 3 * PAIR_NUM; i++) {
			assert_int_equal(rpmsg_send(&far, "hold", 4), 4);
			pair_settle(&both);
		}
		ends_settled();
	}
}

static void destroying_the_holder_releases_what_it_holds(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		receive_and_hold();
		assert_int_equal(rpmsg_destroy_ept(&ept), 0);
		assert_false(virtqueue_pending(&core->shm.rx)); /* the peer sees it at once */
		ends_settled();
	}
}

static void losing_the_link_releases_what_is_held(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		void *data = receive_and_hold();
		pair_boot(peer);
		pair_settle(&both);
		ends_expect_refused(&ept, data);
		ends_settled();
	}
}

static void who_holds_all_buffers_stops_its_peer_and_nobody_else(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		void *held[PAIR_NUM];

		ends_connect(side);
		inbox.hold = true;
		for (unsigned i = 0; i < PAIR_NUM; i++) {
			assert_int_equal(rpmsg_trysend(&far, "held", 4), 4);
			pair_settle(&both);
			held[i] = inbox.data;
		}
		assert_int_equal(rpmsg_trysend(&far, "more", 4), RPMSG_ERR_NO_BUFF);
		assert_int_equal(rpmsg_send(&ept, "back", 4), 4);
		pair_settle(&both);
		assert_int_equal(far_inbox.count, 1);
		for (unsigned i = 0; i < PAIR_NUM; i++)
			assert_int_equal(rpmsg_release_rx_buffer(&ept, held[(i * 5u) % PAIR_NUM]), 0);
		inbox.hold = false;
		assert_int_equal(rpmsg_trysend(&far, "more", 4), 4);
		ends_settled();
	}
}

/* Whose buffer it is stands in our memory: not in the buffer, which is the peer's to write to all the time. */
static void what_the_peer_scribbles_over_a_held_buffer_does_not_matter(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		for (int value = 0; value < 256; value += 51) {
			ends_connect(side);
			uint8_t *data = (uint8_t *)receive_and_hold();
			memset(data - 16, value, PAIR_BUF_SIZE);
			assert_int_equal(rpmsg_release_rx_buffer(&ept, data), 0);
			ends_settled();
		}
	}
}

static void seventy_thousand_holds_are_one(void **state)
{
	(void)state;
	ends_connect(0);
	void *data = receive_and_hold();
	for (unsigned i = 0; i < 70000; i++)
		assert_int_equal(rpmsg_hold_rx_buffer(&ept, data), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_buffers_out(&core->rdev), 1);
	assert_int_equal(rpmsg_release_rx_buffer(&ept, data), 0);
	ends_settled();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_held_buffer_stays_until_it_is_released),
		cmocka_unit_test(a_held_buffer_is_not_anybody_elses),
		cmocka_unit_test(a_message_is_held_in_its_callback_or_never),
		cmocka_unit_test(holding_twice_and_releasing_twice_change_nothing),
		cmocka_unit_test(destroying_the_holder_releases_what_it_holds),
		cmocka_unit_test(losing_the_link_releases_what_is_held),
		cmocka_unit_test(who_holds_all_buffers_stops_its_peer_and_nobody_else),
		cmocka_unit_test(what_the_peer_scribbles_over_a_held_buffer_does_not_matter),
		cmocka_unit_test(seventy_thousand_holds_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
