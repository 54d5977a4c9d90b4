/* SPDX-License-Identifier: Apache-2.0 */
/* An interrupt that polls, or a thread, cuts in behind each critical section in turn: what it says about an endpoint is
 * neither lost nor overwritten by what was begun before. */
#include "unit/cuts.h"
#include "unit/names.h"

static struct core *const core = &pair.driver; /* `here` */
static struct named named;

static void say_and_poll(const char *name, uint32_t addr, uint32_t flags)
{
	names_say(name, addr, flags);
	rpmsg_poll(here, 16);
}

/* ---- Bound to whom ---- */

static void withdraw(void)
{
	say_and_poll("loom", 2000, NS_DESTROY);
}

static void who_takes_a_kept_channel_learns_of_its_withdrawal(void **state)
{
	(void)state;
	for (unsigned behind = 0; cuts(core, behind, withdraw); behind++) {
		names_up(PAIR_CHANNELS);
		names_say("loom", 2000, NS_CREATE);
		pair_settle(&pair);
		cut_begin();
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
		cut_end();
		if (cut_ran())
			assert_int_equal(named.ept.dest_addr, ANY);
		assert_int_equal(named.bound, named.unbound + !cut_ran());
		names_expect_kept(0);
	}
}

static void announce_another(void)
{
	say_and_poll("loom", 2001, NS_CREATE);
}

static void who_takes_a_kept_channel_leaves_the_next_to_others(void **state)
{
	(void)state;
	for (unsigned behind = 0; cuts(core, behind, announce_another); behind++) {
		names_up(PAIR_CHANNELS);
		names_say("loom", 2000, NS_CREATE);
		pair_settle(&pair);
		cut_begin();
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
		cut_end();
		assert_int_equal(named.bound, 1);
		names_expect_kept(cut_ran());
		if (cut_ran()) /* one is its own, one is kept */
			assert_int_equal(rpmsg_find_channel(here, "loom", ANY) + named.ept.dest_addr, 2000 + 2001);
	}
}

static void set_dest(void)
{
	assert_int_equal(rpmsg_set_dest(&named.ept, 3000), 0);
}

static void a_destination_that_is_set_stands_against_an_announcement(void **state)
{
	(void)state;
	for (unsigned behind = 0; cuts(core, behind, set_dest); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
		names_say("loom", 2000, NS_CREATE);
		cut_begin();
		rpmsg_poll(here, 16);
		cut_end();
		assert_int_equal(named.ept.dest_addr, cut_ran() ? 3000 : 2000);
		names_expect_kept(named.bound == 0); /* once bound it was its own, and it said goodbye */
	}
}

static void a_destination_that_is_set_stands_against_a_first_message(void **state)
{
	(void)state;
	for (unsigned behind = 0; cuts(core, behind, set_dest); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&named, here, "loom", 77, RPMSG_EPT_QUIET);
		pair_forge(&pair.device, 2000, 77, "hi", 2, 2);
		cut_begin();
		rpmsg_poll(here, 16);
		cut_end();
		assert_int_equal(named.ept.dest_addr, cut_ran() ? 3000 : 2000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_takes_a_kept_channel_learns_of_its_withdrawal),
		cmocka_unit_test(who_takes_a_kept_channel_leaves_the_next_to_others),
		cmocka_unit_test(a_destination_that_is_set_stands_against_an_announcement),
		cmocka_unit_test(a_destination_that_is_set_stands_against_a_first_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
