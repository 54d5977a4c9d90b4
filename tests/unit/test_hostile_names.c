/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer may send to the name service, honest or not, and how little it can make us store. */
#include "unit/names.h"

static const char unterminated[] = "a name of 32 bytes without a NUL";

static void a_name_without_an_end_is_given_one(void **state)
{
	struct named waiting;

	(void)state;
	assert_int_equal(sizeof unterminated, RPMSG_NAME_SIZE + 1u);
	names_up(PAIR_CHANNELS);
	names_say(unterminated, 2000, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 1);
	assert_int_equal(strlen(heard.name), 31);
	assert_memory_equal(heard.name, unterminated, 31);
	names_create(&waiting, here, "a name of 32 bytes without a NU", ANY, RPMSG_EPT_QUIET);
	assert_int_equal(waiting.ept.dest_addr, 2000);
	names_say(unterminated, 2000, NS_DESTROY);
	pair_settle(&pair);
	assert_int_equal(waiting.unbound, 1);
}

static void a_bad_message_is_dropped_counted_and_reported(void **state)
{
	static const struct {
		const char *what;
		const char *name;
		uint32_t addr;
		uint32_t len;
		enum weft_check fault;
	} rows[] = {
		{ "an honest one", "loom", 2000, 40, WEFT_CHECK_NONE },
		{ "address 0", "loom", 0, 40, WEFT_CHECK_NONE },
		{ "a reserved address", "loom", 1023, 40, WEFT_CHECK_NONE },
		{ "a name that is not ASCII", "\xc3\xa9toffe", 2000, 40, WEFT_CHECK_NONE },
		{ "nothing", "loom", 2000, 0, WEFT_CHECK_NS_LEN },
		{ "one byte short", "loom", 2000, 39, WEFT_CHECK_NS_LEN },
		{ "one byte long", "loom", 2000, 41, WEFT_CHECK_NS_LEN },
		{ "a whole buffer", "loom", 2000, 496, WEFT_CHECK_NS_LEN },
		{ "no name", "", 2000, 40, WEFT_CHECK_NS_NAME },
		{ "address any", "loom", ANY, 40, WEFT_CHECK_NS_ADDR },
		{ "the name service's own address", "loom", RPMSG_NS_EPT_ADDR, 40, WEFT_CHECK_NS_ADDR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (uint32_t flags = 0; flags < 2; flags++) {
			uint8_t message[496] = { 0 };

			names_up(PAIR_CHANNELS);
			memcpy(message, rows[i].name, strlen(rows[i].name));
			memcpy(message + 32, &rows[i].addr, 4);
			memcpy(message + 36, &flags, 4);
			for (unsigned n = 0; n < 3 * PAIR_NUM; n++) {
				pair_forge(&pair.device, 2000, RPMSG_NS_EPT_ADDR, message, rows[i].len,
				           (uint16_t)rows[i].len);
				pair_settle(&pair);
			}
			const bool bad = rows[i].fault != WEFT_CHECK_NONE;
			if (here->counters.bad_name != (bad ? 3 * PAIR_NUM : 0) ||
			    pair.driver.events[RPMSG_BAD_MESSAGE] != (bad ? 3 * PAIR_NUM : 0))
				fail_msg("%s: not counted and reported each time", rows[i].what);
			if (bad && (pair.driver.detail[RPMSG_BAD_MESSAGE] != rows[i].fault ||
			            heard.bound + heard.unbound != 0))
				fail_msg("%s: not dropped for its reason", rows[i].what);
			if (!bad && heard.bound + heard.unbound == 0)
				fail_msg("%s: not heard", rows[i].what);
			pair_expect_works(&pair);
		}
	}
}

static void flags_beyond_the_first_mean_nothing(void **state)
{
	(void)state;
	names_up(PAIR_CHANNELS);
	names_say("loom", 2000, 0xfffffffe);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 1);
	names_say("loom", 2000, 0xffffffff);
	pair_settle(&pair);
	assert_int_equal(heard.unbound, 1);
}

static void a_storm_of_names_is_bounded(void **state)
{
	struct named waiting;
	char name[RPMSG_NAME_SIZE] = "storm.....";

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&waiting, here, "loom", ANY, RPMSG_EPT_QUIET);
	for (uint32_t i = 0; i < 10000; i++) {
		for (uint32_t digit = 0, n = i; digit < 5; digit++, n /= 10)
			name[5 + digit] = (char)('0' + n % 10);
		names_say(name, 2000 + i, NS_CREATE);
		assert_int_equal(rpmsg_poll(here, 1), 1);
		assert_true(here->channel_count <= PAIR_CHANNELS);
	}
	assert_int_equal(heard.bound, 10000);
	assert_int_equal(here->counters.not_kept, 10000 - PAIR_CHANNELS);
	assert_int_equal(rpmsg_find_channel(here, "storm00000", ANY), 2000); /* who came first stays */
	names_say("loom", 20000, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(waiting.ept.dest_addr, 20000); /* and who is waited for gets through */
	pair_expect_works(&pair);
}

static void a_storm_of_withdrawals_changes_nothing(void **state)
{
	struct named bound;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&bound, here, "loom", ANY, RPMSG_EPT_QUIET);
	names_say("loom", 2000, NS_CREATE);
	names_say("reed", 2001, NS_CREATE);
	for (uint32_t i = 0; i < 1000; i++) {
		names_say(i % 2u != 0 ? "loom" : "reed", 3000 + i, NS_DESTROY);
		pair_settle(&pair);
	}
	assert_int_equal(bound.ept.dest_addr, 2000);
	names_expect_kept(1);
}

/* The peer rewrites a name while we look for its end: we look in our own copy. */
static void the_name_we_hear_is_a_copy(void **state)
{
	struct virtio_layout layout;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_say("loom", 2000, NS_CREATE);
	pair_settle(&pair);
	virtio_layout_compute(&pair.layout, &layout);
	memset(pair.memory + layout.buffers[0], 'x', PAIR_NUM * PAIR_BUF_SIZE);
	assert_int_equal(rpmsg_find_channel(here, "loom", ANY), 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_without_an_end_is_given_one),
		cmocka_unit_test(a_bad_message_is_dropped_counted_and_reported),
		cmocka_unit_test(flags_beyond_the_first_mean_nothing),
		cmocka_unit_test(a_storm_of_names_is_bounded),
		cmocka_unit_test(a_storm_of_withdrawals_changes_nothing),
		cmocka_unit_test(the_name_we_hear_is_a_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
