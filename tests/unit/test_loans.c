/* SPDX-License-Identifier: Apache-2.0 */
/* Transmit buffers that are lent. Whatever the application does with them that it must not do is an error, and the
 * books are right afterwards. */
#include "unit/cuts.h"
#include "unit/ends.h"

#define ANY RPMSG_ADDR_ANY

static void *borrow(struct rpmsg_endpoint *whose)
{
	uint32_t capacity = 0;
	void *payload = rpmsg_get_tx_payload_buffer(whose, &capacity, 0);

	assert_non_null(payload);
	assert_int_equal(capacity, PAIR_BUF_SIZE - 16u);
	return payload;
}

/* ---- Lent ---- */

static void a_loan_ends_when_it_is_sent(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		for (unsigned i = 1; i <= 3 * PAIR_NUM; i++) {
			void *payload = borrow(&ept);

			assert_int_equal((uintptr_t)payload % 4u, 0);
			assert_int_equal(rpmsg_buffers_out(&core->rdev), 1);
			memcpy(payload, "loan", 4);
			assert_int_equal(rpmsg_send_nocopy(&ept, payload, 4), 4);
			ends_expect_refused(&ept, payload); /* sent twice, released after that */
			pair_settle(&both);
			assert_int_equal(far_inbox.count, i);
			assert_memory_equal(far_inbox.bytes, "loan", 4);
		}
		ends_settled();
	}
}

static void a_loan_ends_when_it_is_released(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		for (unsigned i = 1; i <= 3 * PAIR_NUM; i++) {
			void *payload = borrow(&ept);

			assert_int_equal(rpmsg_release_tx_buffer(&ept, payload), 0);
			ends_expect_refused(&ept, payload);
		}
		ends_settled();
		assert_int_equal(far_inbox.count, 0);
	}
}

static void all_buffers_may_be_lent_and_each_once(void **state)
{
	void *payloads[PAIR_NUM];
	uint32_t capacity;

	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		for (unsigned i = 0; i < PAIR_NUM; i++) {
			payloads[i] = borrow(&ept);
			for (unsigned j = 0; j < i; j++)
				assert_ptr_not_equal(payloads[i], payloads[j]);
		}
		assert_null(rpmsg_get_tx_payload_buffer(&ept, &capacity, 0));
		for (unsigned i = 0; i < PAIR_NUM; i++) { /* out of order */
			void *payload = payloads[(i * 3u) % PAIR_NUM];

			if (i % 2u != 0)
				assert_int_equal(rpmsg_release_tx_buffer(&ept, payload), 0);
			else
				assert_int_equal(rpmsg_send_nocopy(&ept, payload, 4), 4);
		}
		ends_settled();
		assert_int_equal(far_inbox.count, PAIR_NUM / 2u);
	}
}

static void a_refused_send_leaves_the_loan(void **state)
{
	(void)state;
	ends_connect(0);
	uint8_t *payload = (uint8_t *)borrow(&ept);
	assert_int_equal(rpmsg_send_nocopy(&ept, payload, 1000), RPMSG_ERR_BUFF_SIZE);
	assert_int_equal(rpmsg_send_nocopy(&ept, payload, -1), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_sendto_nocopy(&ept, payload, 4, ANY), RPMSG_ERR_ADDR);
	assert_int_equal(rpmsg_send_offchannel_nocopy(&ept, ANY, 77, payload, 4), RPMSG_ERR_ADDR);
	assert_int_equal(rpmsg_buffers_out(&core->rdev), 1);
	memset(payload, 7, 4);
	assert_int_equal(rpmsg_send_offchannel_nocopy(&ept, 5, 77, payload, 4), 4);
	ends_settled();
	assert_int_equal(far_inbox.count, 1);
	assert_int_equal(far_inbox.src, 5);
}

static void only_its_borrower_and_only_its_first_byte_will_do(void **state)
{
	uint8_t foreign[64];

	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		uint8_t *payload = (uint8_t *)borrow(&ept);
		ends_expect_refused(&other, payload);
		ends_expect_refused(&far, payload);
		for (int off = -17; off < 600; off++) {
			if (off != 0)
				ends_expect_refused(&ept, payload + off);
		}
		ends_expect_refused(&ept, foreign);
		ends_expect_refused(&ept, both.memory);
		ends_expect_refused(&ept, both.memory + PAIR_REGION);
#if UINTPTR_MAX > UINT32_MAX
		ends_expect_refused(&ept, (void *)((uintptr_t)payload + ((uintptr_t)1 << 32)));
#endif
		ends_expect_refused(&ept, &ept);
		ends_expect_refused(&ept, (void *)(uintptr_t)1);
		assert_int_equal(rpmsg_release_tx_buffer(&ept, NULL), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_release_rx_buffer(&ept, NULL), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_release_tx_buffer(NULL, payload), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_release_rx_buffer(NULL, payload), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_hold_rx_buffer(NULL, payload), RPMSG_ERR_PARAM);
		assert_null(rpmsg_get_tx_payload_buffer(NULL, NULL, 0));
		assert_int_equal(rpmsg_release_tx_buffer(&ept, payload), 0);
		ends_settled();
	}
}

static void a_pointer_of_an_earlier_life_of_the_link_is_refused(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		void *payload = borrow(&ept);
		core->session = peer->session = 0;
		rpmsg_poll(&core->rdev, 16);
		assert_int_equal(rpmsg_buffers_out(&core->rdev), 0);
		assert_int_equal(rpmsg_send_nocopy(&ept, payload, 4), RPMSG_ERR_DEV_STATE);
		assert_int_equal(rpmsg_release_tx_buffer(&ept, payload), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_hold_rx_buffer(&ept, payload), RPMSG_ERR_PARAM);
		assert_int_equal(rpmsg_release_rx_buffer(&ept, payload), RPMSG_ERR_PARAM);
		core->session = peer->session = 2;
		pair_settle(&both);
		ends_expect_refused(&ept, payload);
		ends_settled();
	}
}

static void destroying_the_borrower_ends_its_loans(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		for (int i = 0; i < 3; i++)
			borrow(&ept);
		void *payload = borrow(&other);
		assert_int_equal(rpmsg_destroy_ept(&ept), 0);
		assert_int_equal(rpmsg_buffers_out(&core->rdev), 1);
		assert_int_equal(rpmsg_release_tx_buffer(&other, payload), 0);
		ends_settled();
	}
}

static void restart(void)
{
	rpmsg_restart(&core->rdev);
}

static void restart_with_smaller_buffers(void)
{
	core->shm.layout.buf_size = PAIR_BUF_SIZE / 4u;
	rpmsg_restart(&core->rdev);
	pair_settle(&both);
	assert_int_equal(rpmsg_mtu(&core->rdev), PAIR_BUF_SIZE / 4u - 16u);
}

static void the_capacity_is_of_the_life_that_the_loan_is_of(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		for (unsigned behind = 0; cuts(&both.driver, behind, i == 0 ? restart : restart_with_smaller_buffers);
		     behind++) {
			uint32_t capacity = 0;

			ends_connect(0);
			cut_begin();
			void *payload = rpmsg_get_tx_buffer(&ept, &capacity, 0);
			cut_end();
			assert_non_null(payload);
			assert_int_equal(capacity, PAIR_BUF_SIZE - 16u);
		}
	}
}

static void what_the_peer_scribbles_over_a_lent_buffer_does_not_matter(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		for (int value = 0; value < 256; value += 51) {
			ends_connect(side);
			uint8_t *payload = (uint8_t *)borrow(&ept);
			memset(payload - 16, value, PAIR_BUF_SIZE);
			memcpy(payload, "loan", 5);
			assert_int_equal(rpmsg_send_nocopy(&ept, payload, 4), 4);
			pair_settle(&both);
			assert_int_equal(far_inbox.count, 1);
			assert_int_equal(far_inbox.len, 4);
			assert_memory_equal(far_inbox.bytes, "loan", 4);
			ends_settled();
		}
	}
}

/* ---- Destroyed, bound to another, or released, while somebody waits ---- */

static int destroy_waiting(struct rpmsg_endpoint *whose, void *data, size_t len, uint32_t src, void *priv)
{
	(void)whose;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	assert_int_equal(rpmsg_destroy_ept(&ept), 0);
	memset(&ept, 0xa5, sizeof ept);
	return RPMSG_SUCCESS;
}

static void *await_buffer(void)
{
	return rpmsg_get_tx_buffer(&ept, NULL, 1000);
}

/* ept waits for a buffer; a message to other, whose callback does something to ept, comes before one is free. */
static void someone_waits(rpmsg_ept_cb meanwhile)
{
	core->asleep = false;
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_trysend(&ept, "full", 4), 4);
	assert_int_equal(rpmsg_rebind_ept(&other, meanwhile, NULL), 0);
	assert_int_equal(rpmsg_trysendto(&far, "now!", 4, 78), 4);
}

static void an_endpoint_destroyed_while_it_waits_loses_no_buffer(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		someone_waits(destroy_waiting);
		assert_int_equal(rpmsg_send(&ept, "late", 4), RPMSG_ERR_PARAM);
		ends_settled();
		ends_connect(side);
		someone_waits(destroy_waiting);
		assert_null(await_buffer());
		ends_settled();
	}
}

static uint32_t another;

static int bind_to_another(struct rpmsg_endpoint *whose, void *data, size_t len, uint32_t src, void *priv)
{
	(void)whose;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	assert_int_equal(rpmsg_set_dest(&ept, another), 0);
	return RPMSG_SUCCESS;
}

static void what_waited_goes_to_whom_its_endpoint_is_bound_then(void **state)
{
	struct rpmsg_endpoint second;
	struct inbox second_inbox = { 0 };

	(void)state;
	for (int side = 0; side < 2; side++) {
		ends_connect(side);
		assert_int_equal(rpmsg_create_ept(&second, &peer->rdev, NULL, 79, 77, inbox_cb, NULL), 0);
		second.priv = &second_inbox;
		another = 79;
		someone_waits(bind_to_another);
		assert_int_equal(rpmsg_send(&ept, "late", 4), 4);
		ends_settled();
		assert_memory_equal(second_inbox.bytes, "late", 4);
		assert_memory_equal(far_inbox.bytes, "full", 4);
		ends_connect(side);
		another = RPMSG_ADDR_ANY;
		someone_waits(bind_to_another);
		assert_int_equal(rpmsg_send(&ept, "late", 4), RPMSG_ERR_ADDR);
		ends_settled();
	}
}

static void *loan;
static bool destroys;

/* The other thread gives its loan back; who is not told sleeps on. */
static void release_and_sleep(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	(void)port;
	if (loan != NULL)
		assert_int_equal(destroys ? rpmsg_destroy_ept(&other) : rpmsg_release_tx_buffer(&other, loan), 0);
	loan = NULL;
	if (*event == seen)
		both.now += timeout_us;
}

static void wake_nobody(struct weft_port *port, uint32_t *event)
{
	(void)port;
	(void)event;
}

static void wait_for_a_loan(void)
{
	struct weft_port_ops sleeps = pair_ops;

	ends_connect(0);
	sleeps.wait = release_and_sleep;
	sleeps.wake = wake_nobody;
	core->port.ops = &sleeps;
	core->rdev.polled_by = RPMSG_POLLED_BY_THREAD;
	peer->asleep = true;
	loan = borrow(&other);
	for (unsigned i = 1; i < PAIR_NUM; i++)
		assert_int_equal(rpmsg_trysend(&ept, "full", 4), 4);
	uint32_t start = both.now;
	assert_int_equal(rpmsg_send(&ept, "more", 4), 4);
	assert_true(both.now - start < 1000);
	core->port.ops = &pair_ops;
}

static void who_waits_is_told_of_a_loan_that_was_given_back(void **state)
{
	(void)state;
	for (int how = 0; how < 2; how++) {
		destroys = how == 1;
		wait_for_a_loan();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loan_ends_when_it_is_sent),
		cmocka_unit_test(a_loan_ends_when_it_is_released),
		cmocka_unit_test(all_buffers_may_be_lent_and_each_once),
		cmocka_unit_test(a_refused_send_leaves_the_loan),
		cmocka_unit_test(only_its_borrower_and_only_its_first_byte_will_do),
		cmocka_unit_test(a_pointer_of_an_earlier_life_of_the_link_is_refused),
		cmocka_unit_test(the_capacity_is_of_the_life_that_the_loan_is_of),
		cmocka_unit_test(destroying_the_borrower_ends_its_loans),
		cmocka_unit_test(an_endpoint_destroyed_while_it_waits_loses_no_buffer),
		cmocka_unit_test(what_waited_goes_to_whom_its_endpoint_is_bound_then),
		cmocka_unit_test(who_waits_is_told_of_a_loan_that_was_given_back),
		cmocka_unit_test(what_the_peer_scribbles_over_a_lent_buffer_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
