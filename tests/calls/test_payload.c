/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that are written in place: every length, every alignment, no copy, and every way for a loan to end. */
#include "calls/bolts.h"
#include "rpc/payload.h"

static struct bolts bolts;
static struct weft_tx tx;
static struct weft_rx rx;
static bolts_v1_Length length;
static bolts_v1_Receipt receipt;

/* Fields of so many bytes stand before the payload. */
static bolts_v1_Length length_with_mark(uint32_t bytes)
{
	bolts_v1_Length fields = bolts_v1_Length_init_zero;

	memset(fields.mark, 'm', bytes);
	return fields;
}

static uint8_t thread_at(uint32_t i)
{
	return (uint8_t)(i * 7u + 3u);
}

static void spin(uint8_t *to, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = thread_at(i);
}

static bool is_spun(const uint8_t *from, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (from[i] != thread_at(i))
			return false;
	}
	return true;
}

static void begin(void)
{
	bolts_v1_Length fields = length_with_mark(3);

	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), 1);
}

static weft_status commit(uint32_t len)
{
	return bolt_store_commit(&bolts.client, &tx, len, &receipt, WEFT_MS(10));
}

/* ---- As it should be ---- */

static void every_length_arrives_behind_fields_of_every_alignment(void **state)
{
	(void)state;
	bolts_up(&bolts);
	for (uint32_t mark = 0; mark < 8; mark++) {
		for (uint32_t len = 0; len <= 400; len++) {
			bolts_v1_Length fields = length_with_mark(mark);

			assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
			assert_int_equal(tx.capacity, 400);
			assert_int_equal((uintptr_t)tx.data % 4, 0);
			uint8_t *data = tx.data;
			spin(data, len);
			assert_int_equal(commit(len), WEFT_OK);
			assert_int_equal(receipt.number, len);
			assert_ptr_equal(bolts.threads.data, data);
			assert_true(is_spun(bolts.copy, len));
		}
	}
	pair_expect_no_buffers_out(&bolts.pair);
}

static weft_status roll_in_place(struct bolts *of, bolts_v1_Length *response, struct weft_tx *reply)
{
	response->threads = (struct weft_view){ NULL, 0 };
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_OK);
	assert_int_equal(reply->capacity, 400);
	assert_int_equal((uintptr_t)reply->data % 4, 0);
	of->rolled = reply->data;
	spin(reply->data, of->roll_len);
	assert_int_equal(bolt_roll_reply_commit(reply, of->roll_len), WEFT_OK);
	return WEFT_OK;
}

static void every_length_comes_back_behind_fields_of_every_alignment(void **state)
{
	(void)state;
	bolts_up(&bolts);
	bolts.roll = roll_in_place;
	for (uint32_t mark = 0; mark < 8; mark++) {
		for (bolts.roll_len = 0; bolts.roll_len <= 400; bolts.roll_len++) {
			bolts_v1_Length fields = length_with_mark(mark);

			assert_int_equal(bolt_roll(&bolts.client, &fields, &length, &rx, WEFT_MS(10)), WEFT_OK);
			assert_string_equal(length.mark, fields.mark);
			assert_int_equal(length.threads.len, bolts.roll_len);
			assert_ptr_equal(length.threads.data, bolts.rolled);
			assert_true(is_spun(length.threads.data, length.threads.len));
			assert_int_equal(weft_rx_release(&rx), WEFT_OK);
		}
	}
	pair_expect_no_buffers_out(&bolts.pair);
}

/* Linked with --wrap=memcpy: all copies of the runtime and of nanopb come here, but those of a known small size. */
void *__real_memcpy(void *to, const void *from, size_t len);
void *__wrap_memcpy(void *to, const void *from, size_t len);

static size_t longest_copy;

void *__wrap_memcpy(void *to, const void *from, size_t len)
{
	longest_copy = len > longest_copy ? len : longest_copy;
	return __real_memcpy(to, from, len);
}

/* What the handler sees is the memory that the client wrote to, and the other way round: nobody has copied it. */
static void four_hundred_bytes_go_both_ways_without_a_copy(void **state)
{
	bolts_v1_Length fields = length_with_mark(5);

	(void)state;
	bolts_up(&bolts);
	bolts.roll = roll_in_place;
	bolts.roll_len = 400;
	assert_int_equal(bolt_roll_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
	const uint8_t *written = tx.data;
	spin(tx.data, 400);
	longest_copy = 0;
	assert_int_equal(bolt_roll_commit(&bolts.client, &tx, 400, &length, &rx, WEFT_MS(10)), WEFT_OK);
	assert_in_range(longest_copy, 1, 64); /* headers and small fields */
	assert_ptr_equal(bolts.threads.data, written);
	assert_true(in_region(&bolts, &bolts.threads));
	assert_ptr_equal(length.threads.data, bolts.rolled);
	assert_true(in_region(&bolts, &length.threads));
	assert_true(is_spun(length.threads.data, 400));
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void the_ordinary_call_copies_the_payload_from_its_view(void **state)
{
	uint8_t threads[401];
	bolts_v1_Length fields = length_with_mark(2);

	(void)state;
	bolts_up(&bolts);
	spin(threads, sizeof threads);
	fields.threads = (struct weft_view){ threads, 400 };
	assert_int_equal(bolt_roll(&bolts.client, &fields, &length, &rx, WEFT_MS(10)), WEFT_OK); /* an echo */
	assert_true(longest_copy >= 400); /* so copies are seen */
	assert_int_equal(length.threads.len, 400);
	assert_true(is_spun(length.threads.data, 400));
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	assert_int_equal(bolt_drop(&bolts.client, &fields, 0), WEFT_OK);
	pair_settle(&bolts.pair);
	assert_int_equal(bolts.served, 2);
	fields.threads.len = 401;
	assert_int_equal(bolt_store(&bolts.client, &fields, &receipt, WEFT_MS(10)), WEFT_INVALID_ARGUMENT);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void a_oneway_call_takes_a_payload_too(void **state)
{
	bolts_v1_Length fields = length_with_mark(1);

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(bolt_drop_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
	spin(tx.data, 9);
	assert_int_equal(bolt_drop_commit(&bolts.client, &tx, 401), WEFT_INVALID_ARGUMENT);
	assert_int_equal(bolt_drop_commit(&bolts.client, &tx, 9), WEFT_OK);
	assert_int_equal(bolt_drop_commit(&bolts.client, &tx, 9), WEFT_FAILED_PRECONDITION);
	pair_settle(&bolts.pair);
	assert_int_equal(bolts.served, 1);
	assert_int_equal(bolts.threads.len, 9);
	assert_int_equal(bolt_drop_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
	assert_int_equal(bolt_drop_abort(&tx), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

static unsigned stored;
static weft_status stored_with;

static void store_done(struct bolt_store_call *call, weft_status status, bolts_v1_Receipt *response)
{
	assert_ptr_equal(response, &receipt);
	assert_null(call->arg);
	stored++;
	stored_with = status;
}

static void a_commit_may_start_a_call_and_return(void **state)
{
	struct bolt_store_call call;

	(void)state;
	bolts_up(&bolts);
	stored = 0;
	begin();
	spin(tx.data, 77);
	assert_int_equal(
		bolt_store_commit_start(&bolts.client, &call, &tx, 77, &receipt, WEFT_MS(10), store_done, NULL),
		WEFT_OK);
	assert_null(tx.data);
	assert_int_equal(stored, 0);
	pair_settle(&bolts.pair);
	assert_int_equal(stored, 1);
	assert_int_equal(stored_with, WEFT_OK);
	assert_int_equal(receipt.number, 77);
}

/* ---- How a loan ends ---- */

static void a_loan_is_committed_once_or_aborted_once(void **state)
{
	(void)state;
	bolts_up(&bolts);
	begin();
	assert_int_equal(commit(4), WEFT_OK);
	assert_null(tx.data);
	assert_int_equal(commit(4), WEFT_FAILED_PRECONDITION);
	assert_int_equal(bolt_store_abort(&tx), WEFT_FAILED_PRECONDITION);
	begin();
	assert_int_equal(bolt_store_abort(&tx), WEFT_OK);
	assert_int_equal(bolt_store_abort(&tx), WEFT_FAILED_PRECONDITION);
	assert_int_equal(commit(4), WEFT_FAILED_PRECONDITION);
	begin();
	struct weft_tx copy = tx;
	assert_int_equal(bolt_store_abort(&tx), WEFT_OK);
	assert_int_equal(bolt_store_abort(&copy), WEFT_UNAVAILABLE); /* the buffer is nobody's any more */
	assert_int_equal(bolts.served, 1);
	pair_expect_works(&bolts.pair);
}

static void what_goes_wrong_before_it_is_sent_leaves_the_loan(void **state)
{
	struct bolt_store_call call;

	(void)state;
	bolts_up(&bolts);
	begin();
	assert_int_equal(commit(401), WEFT_INVALID_ARGUMENT);
	assert_int_equal(commit(UINT32_MAX), WEFT_INVALID_ARGUMENT);
	assert_int_equal(bolt_store_commit(&bolts.client, &tx, 1, &receipt, WEFT_TIMEOUT_MAX_US + 1u),
	                 WEFT_INVALID_ARGUMENT);
	assert_int_equal(bolt_store_commit(&bolts.client, &tx, 1, &receipt, 0), WEFT_DEADLINE_EXCEEDED);
	assert_int_equal(bolt_store_commit_start(&bolts.client, &call, &tx, 1, &receipt, 0, store_done, NULL),
	                 WEFT_DEADLINE_EXCEEDED);
	assert_non_null(tx.data);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), 1);
	assert_int_equal(bolts.served, 0);
	spin(tx.data, 400);
	assert_int_equal(commit(400), WEFT_OK);
	assert_int_equal(receipt.number, 400);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void a_full_table_leaves_the_loan_too(void **state)
{
	struct bolt_store_call calls[5];
	bolts_v1_Length fields = length_with_mark(0);

	(void)state;
	bolts_up(&bolts);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(
			bolt_store_start(&bolts.client, &calls[i], &fields, &receipt, WEFT_MS(10), store_done, NULL),
			WEFT_OK);
	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_OK);
	assert_int_equal(
		bolt_store_commit_start(&bolts.client, &calls[4], &tx, 8, &receipt, WEFT_MS(10), store_done, NULL),
		WEFT_RESOURCE_EXHAUSTED);
	assert_int_equal(commit(8), WEFT_RESOURCE_EXHAUSTED);
	pair_settle(&bolts.pair);
	assert_int_equal(commit(8), WEFT_OK);
	assert_int_equal(receipt.number, 8);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void commit_in_done(struct bolt_store_call *call, weft_status status, bolts_v1_Receipt *response)
{
	(void)call;
	(void)response;
	stored_with = status;
	assert_int_equal(commit(2), WEFT_FAILED_PRECONDITION);
}

static void a_sync_commit_inside_a_callback_is_refused_and_leaves_the_loan(void **state)
{
	struct bolt_store_call call;
	bolts_v1_Length fields = length_with_mark(0);

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(bolt_store_start(&bolts.client, &call, &fields, &receipt, WEFT_MS(10), commit_in_done, NULL),
	                 WEFT_OK);
	begin();
	stored_with = WEFT_UNKNOWN;
	pair_settle(&bolts.pair);
	assert_int_equal(stored_with, WEFT_OK);
	assert_int_equal(commit(2), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void nothing_is_lent_without_a_server_a_buffer_or_fields_that_keep_their_limits(void **state)
{
	bolts_v1_Length fields = length_with_mark(0);
	struct weft_tx lent[PAIR_NUM];

	(void)state;
	bolts_up(&bolts);
	fields.threads = view_of("there is one already");
	memset(&tx, 0xa5, sizeof tx);
	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_INVALID_ARGUMENT);
	assert_int_equal(bolt_store_abort(&tx), WEFT_FAILED_PRECONDITION);
	fields.threads = (struct weft_view){ NULL, 0 };
	memset(fields.mark, 'm', sizeof fields.mark); /* no end */
	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_INVALID_ARGUMENT);
	assert_int_equal(bolt_store_abort(&tx), WEFT_FAILED_PRECONDITION);
	fields = length_with_mark(0);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(bolt_store_begin(&bolts.client, &fields, &lent[i], 0), WEFT_OK);
	uint32_t start = bolts.pair.now;
	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, WEFT_MS(2)), WEFT_RESOURCE_EXHAUSTED);
	assert_true(bolts.pair.now - start >= WEFT_MS(2));
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(bolt_store_abort(&lent[i]), WEFT_OK);
	assert_int_equal(bolt_server_stop(&bolts.server), WEFT_OK);
	pair_settle(&bolts.pair);
	assert_int_equal(bolt_store_begin(&bolts.client, &fields, &tx, 0), WEFT_UNAVAILABLE);
	assert_int_equal(bolt_store_abort(&tx), WEFT_FAILED_PRECONDITION);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void a_loan_ends_with_its_link_and_touches_nothing_of_the_next_life(void **state)
{
	bolts_v1_Length fields = length_with_mark(0);
	struct weft_tx old[3];
	struct weft_tx lent[PAIR_NUM];

	(void)state;
	bolts_up(&bolts);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(bolt_store_begin(&bolts.client, &fields, &old[i], 0), WEFT_OK);
	bolts_reboot(&bolts);
	for (unsigned i = 0; i < PAIR_NUM; i++) /* every buffer is lent anew */
		assert_int_equal(bolt_store_begin(&bolts.client, &fields, &lent[i], 0), WEFT_OK);
	assert_int_equal(bolt_store_commit(&bolts.client, &old[0], 4, &receipt, WEFT_MS(10)), WEFT_UNAVAILABLE);
	assert_int_equal(bolt_store_commit(&bolts.client, &old[0], 4, &receipt, WEFT_MS(10)), WEFT_FAILED_PRECONDITION);
	assert_int_equal(bolt_store_abort(&old[1]), WEFT_UNAVAILABLE);
	assert_int_equal(bolt_drop_commit(&bolts.client, &old[2], 4), WEFT_UNAVAILABLE);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.driver.rdev), PAIR_NUM);
	for (unsigned i = 0; i < PAIR_NUM; i++)
		assert_int_equal(bolt_store_abort(&lent[i]), WEFT_OK);
	assert_int_equal(bolts.served, 0);
	pair_expect_works(&bolts.pair);
}

static void a_loan_ends_when_the_server_has_gone(void **state)
{
	(void)state;
	bolts_up(&bolts);
	begin();
	assert_int_equal(bolt_server_stop(&bolts.server), WEFT_OK);
	pair_settle(&bolts.pair);
	assert_int_equal(commit(4), WEFT_UNAVAILABLE);
	assert_null(tx.data);
	pair_expect_no_buffers_out(&bolts.pair);
}

static void a_loan_of_one_client_is_not_committed_by_another(void **state)
{
	struct bolt_client other;

	(void)state;
	bolts_up(&bolts);
	assert_int_equal(bolt_client_open(&other, &bolts.pair.driver.rdev, NULL), WEFT_OK);
	assert_int_equal(bolt_client_wait(&other, WEFT_MS(10)), WEFT_OK);
	begin();
	assert_int_equal(bolt_store_commit(&other, &tx, 4, &receipt, WEFT_MS(10)), WEFT_FAILED_PRECONDITION);
	assert_int_equal(commit(4), WEFT_OK);
	assert_int_equal(bolt_client_close(&other), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

/* ---- What a handler can do wrong ---- */

static weft_status begin_and_forget(struct bolts *of, bolts_v1_Length *response, struct weft_tx *reply)
{
	(void)of;
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_OK);
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_FAILED_PRECONDITION);
	assert_int_equal(bolt_roll_reply_commit(reply, 401), WEFT_INVALID_ARGUMENT);
	return WEFT_OK;
}

static weft_status abort_and_answer_as_usual(struct bolts *of, bolts_v1_Length *response, struct weft_tx *reply)
{
	(void)of;
	assert_int_equal(bolt_roll_reply_commit(reply, 1), WEFT_FAILED_PRECONDITION);
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_OK);
	assert_int_equal(weft_tx_abort(reply), WEFT_OK);
	assert_int_equal(weft_tx_abort(reply), WEFT_FAILED_PRECONDITION);
	response->threads = view_of("usual");
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_INVALID_ARGUMENT);
	return WEFT_OK;
}

static weft_status commit_and_refuse(struct bolts *of, bolts_v1_Length *response, struct weft_tx *reply)
{
	(void)of;
	memset(response->mark, 'm', sizeof response->mark);
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_INVALID_ARGUMENT);
	response->mark[0] = '\0';
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_OK);
	assert_int_equal(bolt_roll_reply_commit(reply, 8), WEFT_OK);
	assert_int_equal(bolt_roll_reply_commit(reply, 8), WEFT_FAILED_PRECONDITION);
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_FAILED_PRECONDITION);
	return WEFT_ABORTED;
}

static void a_handler_that_errs_is_told_and_its_client_too(void **state)
{
	bolts_v1_Length fields = length_with_mark(0);

	(void)state;
	bolts_up(&bolts);
	bolts.roll = begin_and_forget;
	assert_int_equal(bolt_roll(&bolts.client, &fields, &length, &rx, WEFT_MS(10)), WEFT_INTERNAL);
	bolts.roll = commit_and_refuse;
	assert_int_equal(bolt_roll(&bolts.client, &fields, &length, &rx, WEFT_MS(10)), WEFT_ABORTED);
	assert_int_equal(weft_rx_release(&rx), WEFT_FAILED_PRECONDITION);
	bolts.roll = abort_and_answer_as_usual;
	assert_int_equal(bolt_roll(&bolts.client, &fields, &length, &rx, WEFT_MS(10)), WEFT_OK);
	assert_true(view_is(&length.threads, "usual"));
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

static weft_status begin_and_defer(struct bolts *of, bolts_v1_Length *response, struct weft_tx *reply)
{
	(void)of;
	assert_int_equal(bolt_roll_reply_begin(reply, response), WEFT_OK);
	return WEFT_DEFERRED;
}

static void rolled(struct bolt_roll_call *call, weft_status status, bolts_v1_Length *response)
{
	(void)call;
	(void)response;
	stored_with = status;
}

static void an_answer_that_comes_later_is_copied_from_its_view(void **state)
{
	struct bolt_roll_call call;
	bolts_v1_Length fields = length_with_mark(0);
	uint8_t threads[400];

	(void)state;
	bolts_up(&bolts);
	bolts.roll = begin_and_defer;
	assert_int_equal(bolt_roll_start(&bolts.client, &call, &fields, &length, &rx, WEFT_MS(10), rolled, NULL),
	                 WEFT_OK);
	pair_settle(&bolts.pair);
	assert_int_equal(rpmsg_buffers_out(&bolts.pair.device.rdev), 0);
	spin(threads, sizeof threads);
	fields.threads = (struct weft_view){ threads, sizeof threads };
	assert_int_equal(bolt_roll_reply(&bolts.server, bolts.token, WEFT_OK, &fields), WEFT_OK);
	pair_settle(&bolts.pair);
	assert_int_equal(stored_with, WEFT_OK);
	assert_true(is_spun(length.threads.data, 400));
	assert_int_equal(weft_rx_release(&rx), WEFT_OK);
	pair_expect_no_buffers_out(&bolts.pair);
}

/* ---- Where it lies ---- */

/* Width, capacity and place behind `len` bytes, with as much room as the largest frame has. */
static void the_length_is_as_wide_as_aligns_the_payload_and_caps_it_where_it_must(void **state)
{
	static _Alignas(4) uint8_t body[65519];
	const struct weft_payload small = { NULL, 0, 15, 16383 };
	const struct weft_payload large = { NULL, 0, 15, 60000 };
	const struct weft_payload far = { NULL, 0, 65535, 60000 }; /* a tag of three bytes */

	(void)state;
	for (uint32_t len = 0; len < 64; len++) {
		assert_true(weft_tx_place(&tx, &small, body, sizeof body, len));
		assert_true(tx.width >= 2 && tx.width <= 5);
		assert_int_equal((uintptr_t)tx.data % 4, 0);
		assert_ptr_equal(tx.data, body + len + 1 + tx.width);
		assert_int_equal(body[len], 15 << 3 | 2);
		assert_int_equal(tx.capacity, 16383);
		assert_true(weft_tx_place(&tx, &large, body, sizeof body, len));
		assert_int_equal(tx.capacity, tx.width == 2 ? 16383 : 60000);
		assert_true(weft_tx_place(&tx, &far, body, sizeof body, len));
		assert_int_equal((uintptr_t)tx.data % 4, 0);
		assert_ptr_equal(tx.data, body + len + 3 + tx.width);
		assert_int_equal(body[len + 2], 65535 >> 11);
	}
	assert_true(weft_tx_place(&tx, &small, body, 16, 10)); /* one byte of tag, room for the widest length */
	assert_int_equal(tx.capacity, 16 - (tx.data - body));
	assert_false(weft_tx_place(&tx, &small, body, 15, 10));
	assert_false(weft_tx_place(&tx, &small, body, 9, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_arrives_behind_fields_of_every_alignment),
		cmocka_unit_test(every_length_comes_back_behind_fields_of_every_alignment),
		cmocka_unit_test(four_hundred_bytes_go_both_ways_without_a_copy),
		cmocka_unit_test(the_ordinary_call_copies_the_payload_from_its_view),
		cmocka_unit_test(a_oneway_call_takes_a_payload_too),
		cmocka_unit_test(a_commit_may_start_a_call_and_return),
		cmocka_unit_test(a_loan_is_committed_once_or_aborted_once),
		cmocka_unit_test(what_goes_wrong_before_it_is_sent_leaves_the_loan),
		cmocka_unit_test(a_full_table_leaves_the_loan_too),
		cmocka_unit_test(a_sync_commit_inside_a_callback_is_refused_and_leaves_the_loan),
		cmocka_unit_test(nothing_is_lent_without_a_server_a_buffer_or_fields_that_keep_their_limits),
		cmocka_unit_test(a_loan_ends_with_its_link_and_touches_nothing_of_the_next_life),
		cmocka_unit_test(a_loan_ends_when_the_server_has_gone),
		cmocka_unit_test(a_loan_of_one_client_is_not_committed_by_another),
		cmocka_unit_test(a_handler_that_errs_is_told_and_its_client_too),
		cmocka_unit_test(an_answer_that_comes_later_is_copied_from_its_view),
		cmocka_unit_test(the_length_is_as_wide_as_aligns_the_payload_and_caps_it_where_it_must),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
