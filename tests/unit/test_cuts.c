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

static void wait_for_it(void)
{
	names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
}

static void who_comes_while_a_name_is_announced_has_it(void **state)
{
	(void)state;
	for (unsigned behind = 0; cuts(core, behind, wait_for_it); behind++) {
		names_up(PAIR_CHANNELS);
		memset(&named, 0, sizeof named);
		names_say("loom", 2000, NS_CREATE);
		cut_begin();
		rpmsg_poll(here, 16);
		cut_end();
		names_expect_kept(!cut_ran());
		assert_int_equal(named.bound, cut_ran());
		assert_int_equal(named.ept.dest_addr, cut_ran() ? 2000 : 0);
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

/* Cuts into what unbinds it: the name's end, the link's. */
static void set_dest_against(void (*what)(void))
{
	for (unsigned behind = 0; cuts(core, behind, set_dest); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
		say_and_poll("loom", 2000, NS_CREATE);
		cut_begin();
		what();
		cut_end();
		assert_int_equal(named.ept.dest_addr, cut_ran() ? 3000 : ANY);
	}
}

static void restart(void)
{
	rpmsg_restart(here);
	rpmsg_poll(here, 16);
}

static void a_destination_that_is_set_stands_against_a_withdrawal(void **state)
{
	(void)state;
	set_dest_against(withdraw);
}

static void a_destination_that_is_set_stands_against_the_end_of_the_link(void **state)
{
	(void)state;
	set_dest_against(restart);
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

/* ---- Destroyed ---- */

/* While its callback runs it would wait for that. */
static void destroy_named(void)
{
	if (here->current != &named.ept)
		assert_int_equal(rpmsg_destroy_ept(&named.ept), 0);
}

static void come_and_go(void)
{
	destroy_named();
	if (here->endpoint_count == 0)
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
}

/* What is left meanwhile is not left after it. */
static void withdraw_and_cut(void (*what)(void))
{
	for (unsigned behind = 0; cuts(core, behind, what); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
		say_and_poll("loom", 2000, NS_CREATE);
		cut_begin();
		withdraw();
		cut_end();
		names_expect_kept(0);
		if (here->endpoint_count != 0)
			assert_int_equal(named.ept.dest_addr, ANY);
	}
}

static void what_is_left_while_it_is_withdrawn_is_not_kept(void **state)
{
	(void)state;
	withdraw_and_cut(destroy_named);
	withdraw_and_cut(come_and_go);
}

static struct named peer; /* there, at 88 */

static int answer(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	assert_int_equal(rpmsg_trysendto(ept, data, (int)len, src), len);
	return RPMSG_SUCCESS;
}

static void answer_a_message(void)
{
	pair_forge(&pair.device, 88, 77, "hi", 2, 2);
	rpmsg_poll(here, 16);
}

static void come_again(void)
{
	rpmsg_restart(here);
	pair_settle(&pair);
}

/* What cuts in while an announced endpoint is destroyed: its peer hears of the end, and of nothing later. */
static void destroy_and_cut(void (*what)(void))
{
	for (unsigned behind = 0; cuts(core, behind, what); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&peer, there, "loom", 88, RPMSG_EPT_QUIET);
		names_create(&named, here, "loom", 77, 0);
		assert_int_equal(rpmsg_rebind_ept(&named.ept, answer, NULL), 0);
		pair_settle(&pair);
		assert_int_equal(peer.ept.dest_addr, 77);
		cut_begin();
		assert_int_equal(rpmsg_destroy_ept(&named.ept), 0);
		cut_end();
		assert_null(rpmsg_find_ept(here, 77));
		pair_settle(&pair);
		assert_int_equal(peer.ept.dest_addr, ANY);
		assert_int_equal(peer.unbound, peer.bound);
		pair_expect_works(&pair);
	}
}

static void an_endpoint_says_nothing_after_its_withdrawal(void **state)
{
	(void)state;
	destroy_and_cut(answer_a_message);
}

static void a_link_that_comes_again_hears_of_the_withdrawal(void **state)
{
	(void)state;
	destroy_and_cut(come_again);
}

static struct named heir; /* waits for what `named` is bound to */

static void destroy_the_heir(void)
{
	assert_int_equal(rpmsg_destroy_ept(&heir.ept), 0);
	memset(&heir, 0xa5, sizeof heir); /* it is gone */
}

static void poll_here(void)
{
	rpmsg_poll(here, 16);
}

/* Its memory is its owner's, whoever has left it a channel. */
static void who_inherits_a_channel_may_go(void **state)
{
	(void)state;
	for (unsigned behind = 0; cuts(core, behind, destroy_the_heir); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
		say_and_poll("loom", 2000, NS_CREATE);
		names_create(&heir, here, "loom", ANY, RPMSG_EPT_QUIET);
		cut_begin();
		assert_int_equal(rpmsg_destroy_ept(&named.ept), 0);
		cut_end();
		pair_settle(&pair);
		names_expect_kept(cut_ran());
		assert_int_equal(here->endpoint_count, !cut_ran());
	}
}

static void destroy_and_inherit(void (*what)(void))
{
	for (unsigned behind = 0; cuts(core, behind, what); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&named, here, "loom", ANY, RPMSG_EPT_QUIET);
		say_and_poll("loom", 2000, NS_CREATE);
		names_create(&heir, here, "loom", ANY, RPMSG_EPT_QUIET);
		cut_begin();
		assert_int_equal(rpmsg_destroy_ept(&named.ept), 0);
		cut_end();
		pair_settle(&pair);
		names_expect_kept(0);
		bool gone = cut_ran() && what == withdraw;
		assert_int_equal(heir.ept.dest_addr, gone ? ANY : 2000);
		assert_int_equal(heir.bound, heir.unbound + !gone);
	}
}

static void who_inherits_a_channel_is_told_once(void **state)
{
	(void)state;
	destroy_and_inherit(poll_here);
}

static void who_inherits_a_channel_learns_of_its_withdrawal(void **state)
{
	(void)state;
	destroy_and_inherit(withdraw);
}

/* ---- Announced ---- */

static unsigned said;

static void say_something(void)
{
	said += rpmsg_trysendto(&named.ept, "hi", 2, 88) == 2;
}

static int know_its_name(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)priv;
	assert_int_equal(rpmsg_find_channel(ept->rdev, "loom", ANY), src);
	return RPMSG_SUCCESS;
}

/* In every life of the link: what is said at any moment of its coming up. */
static void a_name_goes_out_before_what_its_endpoint_says(void **state)
{
	(void)state;
	said = 0;
	for (unsigned behind = 0; cuts(core, behind, say_something); behind++) {
		names_up(PAIR_CHANNELS);
		names_create(&peer, there, NULL, 88, 0);
		assert_int_equal(rpmsg_rebind_ept(&peer.ept, know_its_name, NULL), 0);
		names_create(&named, here, "loom", 77, 0);
		pair_settle(&pair);
		rpmsg_restart(here);
		cut_begin();
		pair_settle(&pair);
		cut_end();
		assert_int_equal(rpmsg_find_channel(there, "loom", ANY), 77);
	}
	assert_true(said > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_takes_a_kept_channel_learns_of_its_withdrawal),
		cmocka_unit_test(who_takes_a_kept_channel_leaves_the_next_to_others),
		cmocka_unit_test(who_comes_while_a_name_is_announced_has_it),
		cmocka_unit_test(a_destination_that_is_set_stands_against_an_announcement),
		cmocka_unit_test(a_destination_that_is_set_stands_against_a_withdrawal),
		cmocka_unit_test(a_destination_that_is_set_stands_against_the_end_of_the_link),
		cmocka_unit_test(a_destination_that_is_set_stands_against_a_first_message),
		cmocka_unit_test(what_is_left_while_it_is_withdrawn_is_not_kept),
		cmocka_unit_test(an_endpoint_says_nothing_after_its_withdrawal),
		cmocka_unit_test(a_link_that_comes_again_hears_of_the_withdrawal),
		cmocka_unit_test(who_inherits_a_channel_may_go),
		cmocka_unit_test(who_inherits_a_channel_is_told_once),
		cmocka_unit_test(who_inherits_a_channel_learns_of_its_withdrawal),
		cmocka_unit_test(a_name_goes_out_before_what_its_endpoint_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
