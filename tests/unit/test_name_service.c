/* SPDX-License-Identifier: Apache-2.0 */
/* Names: announced, waited for, kept for who comes late, withdrawn. */
#include "unit/names.h"

/* ---- Binding ---- */

static void two_endpoints_of_a_name_find_each_other(void **state)
{
	struct named a;
	struct named b;

	(void)state;
	for (int first = 0; first < 2; first++) {
		names_up(PAIR_CHANNELS);
		names_create(&a, first == 0 ? here : there, "loom", ANY, 0);
		pair_settle(&pair);
		names_create(&b, first == 0 ? there : here, "loom", ANY, 0);
		pair_settle(&pair);
		assert_int_equal(a.ept.dest_addr, b.ept.addr);
		assert_int_equal(b.ept.dest_addr, a.ept.addr);
		assert_int_equal(a.bound, 1);
		assert_int_equal(b.bound, 1);
		assert_true(is_rpmsg_ept_ready(&a.ept));
		assert_true(is_rpmsg_ept_ready(&b.ept));
		pair_expect_works(&pair);
	}
}

static void a_server_announces_and_never_binds(void **state)
{
	struct named server;
	struct named client;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&server, there, "loom", ANY, RPMSG_EPT_SERVER);
	names_create(&client, here, "loom", ANY, 0); /* announces itself, too */
	pair_settle(&pair);
	assert_int_equal(client.ept.dest_addr, server.ept.addr);
	assert_int_equal(server.ept.dest_addr, ANY);
	assert_int_equal(rpmsg_send(&client.ept, "hello", 5), 5);
	pair_settle(&pair);
	assert_int_equal(server.ept.dest_addr, ANY);
	assert_int_equal(server.bound, 0);
}

static void a_quiet_endpoint_binds_and_is_not_announced(void **state)
{
	struct named quiet;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&quiet, there, "loom", ANY, RPMSG_EPT_QUIET);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 0);
	names_create(&quiet, here, "loom", ANY, RPMSG_EPT_QUIET);
	names_say("loom", 2000, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(quiet.ept.dest_addr, 2000);
	assert_int_equal(rpmsg_destroy_ept(&quiet.ept), 0);
	pair_settle(&pair);
	assert_int_equal(pair.driver.shm.transport.counters.sent, 0);
}

static void a_first_message_binds_once(void **state)
{
	struct named waiting;
	uint32_t a = 2000;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&waiting, here, "loom", 77, 0);
	pair_settle(&pair);
	for (uint32_t src = a; src < a + 5; src++) { /* the others do not steal it */
		pair_forge(&pair.device, src, 77, "hi", 2, 2);
		pair_settle(&pair);
		assert_int_equal(waiting.ept.dest_addr, a);
		assert_int_equal(waiting.bound, 1);
	}
	names_say("loom", 3000, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(waiting.ept.dest_addr, a);
	assert_int_equal(waiting.bound, 1);
	names_expect_kept(1);
}

static void an_endpoint_with_a_destination_neither_waits_nor_announces(void **state)
{
	struct rpmsg_endpoint ept;

	(void)state;
	names_up(PAIR_CHANNELS);
	assert_int_equal(rpmsg_create_ept(&ept, there, "loom", ANY, 5, NULL, NULL), 0);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 0);
	assert_int_equal(rpmsg_create_ept(&ept, here, "loom", ANY, 5, NULL, NULL), 0);
	names_say("loom", 2000, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(ept.dest_addr, 5);
	names_expect_kept(1);
}

static void an_empty_name_is_none(void **state)
{
	struct named nameless;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&nameless, there, "", ANY, 0);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 0);
	assert_int_equal(here->counters.bad_name, 0);
	assert_int_equal(rpmsg_destroy_ept(&nameless.ept), 0);
	pair_settle(&pair);
	assert_int_equal(heard.unbound, 0);
}

/* ---- Kept for who comes late ---- */

static void an_early_announcement_is_kept_for_a_later_endpoint(void **state)
{
	struct named late;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_say("shuttle", 2000, NS_CREATE);
	names_say("loom", 2001, NS_CREATE);
	names_say("loom", 2002, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 3);
	names_expect_kept(3);
	assert_int_equal(rpmsg_find_channel(here, "loom", ANY), 2001);
	assert_int_equal(rpmsg_find_channel(here, "loom", 2001), 2002);
	assert_int_equal(rpmsg_find_channel(here, "reed", ANY), ANY);

	names_create(&late, here, "loom", ANY, 0);
	assert_int_equal(late.ept.dest_addr, 2001); /* the first of them */
	assert_int_equal(late.bound, 1);
	names_expect_kept(2);
	assert_int_equal(rpmsg_find_channel(here, "loom", ANY), 2002);
	assert_int_equal(rpmsg_find_channel(here, "shuttle", ANY), 2000);
}

static void a_full_table_drops_the_newest_and_counts(void **state)
{
	(void)state;
	names_up(2);
	names_say("a", 2000, NS_CREATE);
	names_say("b", 2001, NS_CREATE);
	names_say("c", 2002, NS_CREATE);
	pair_settle(&pair);
	names_expect_kept(2);
	assert_int_equal(here->counters.not_kept, 1);
	assert_int_equal(heard.bound, 3); /* it was told all the same */
	assert_int_equal(rpmsg_find_channel(here, "a", ANY), 2000);
	assert_int_equal(rpmsg_find_channel(here, "c", ANY), ANY);
	names_say("a", 2000, NS_DESTROY);
	names_say("c", 2002, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(rpmsg_find_channel(here, "c", ANY), 2002);
}

static void without_a_table_nothing_is_kept(void **state)
{
	struct named late;

	(void)state;
	names_up(0);
	names_say("loom", 2000, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 1);
	assert_int_equal(here->counters.not_kept, 1);
	names_create(&late, here, "loom", ANY, 0);
	assert_int_equal(late.ept.dest_addr, ANY);
}

static void what_is_said_twice_is_heard_once(void **state)
{
	struct named bound;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&bound, here, "loom", ANY, 0);
	for (int i = 0; i < 3; i++) {
		names_say("loom", 2000, NS_CREATE);
		names_say("reed", 2001, NS_CREATE);
		pair_settle(&pair);
	}
	assert_int_equal(bound.bound, 1);
	assert_int_equal(heard.bound, 1);
	names_expect_kept(1);
}

/* ---- Left to who comes next ---- */

static void announced_once(struct named *bound)
{
	names_up(2);
	names_create(bound, here, "loom", 77, RPMSG_EPT_QUIET);
	names_say("loom", 2000, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(bound->ept.dest_addr, 2000);
	names_expect_kept(0);
}

static void who_is_destroyed_leaves_its_channel_to_the_next(void **state)
{
	struct named bound;

	(void)state;
	announced_once(&bound);
	for (unsigned i = 0; i < 5; i++) { /* by announcement first, then by what was kept */
		assert_int_equal(rpmsg_destroy_ept(&bound.ept), 0);
		names_expect_kept(1);
		assert_int_equal(rpmsg_find_channel(here, "loom", ANY), 2000);
		names_create(&bound, here, "loom", ANY, 0);
		assert_int_equal(bound.ept.dest_addr, 2000);
		assert_int_equal(bound.bound, 1);
		names_expect_kept(0);
	}
	names_say("loom", 2000, NS_DESTROY);
	pair_settle(&pair);
	assert_int_equal(bound.unbound, 1);
	assert_int_equal(rpmsg_destroy_ept(&bound.ept), 0);
	names_expect_kept(0);
	assert_int_equal(heard.bound, 0);
	pair_expect_works(&pair);
}

static struct named first;
static struct named second; /* waits for the same name */

static void two_of_a_name(uint32_t slots)
{
	names_up(slots);
	names_create(&first, here, "loom", 77, RPMSG_EPT_QUIET);
	names_say("loom", 2000, NS_CREATE);
	pair_settle(&pair);
	names_create(&second, here, "loom", 78, RPMSG_EPT_QUIET);
	assert_int_equal(first.ept.dest_addr, 2000);
	assert_int_equal(second.ept.dest_addr, ANY);
}

static void who_waits_has_what_another_leaves(void **state)
{
	(void)state;
	for (uint32_t slots = 0; slots <= 2; slots += 2) {
		two_of_a_name(slots);
		assert_int_equal(rpmsg_destroy_ept(&first.ept), 0);
		assert_int_equal(second.ept.dest_addr, 2000);
		assert_true(is_rpmsg_ept_ready(&second.ept));
		names_expect_kept(0);
		assert_int_equal(rpmsg_wait(here, 1000), 0); /* there is work */
		assert_int_equal(rpmsg_wait(here, 1000), 0);
		assert_int_equal(pair.driver.relaxed, 0);
		rpmsg_poll(here, 16);
		assert_int_equal(second.bound, 1);
		names_say("loom", 2000, NS_CREATE); /* known */
		pair_settle(&pair);
		assert_int_equal(second.bound, 1);
		assert_int_equal(heard.bound, 0);
		assert_int_equal(here->counters.not_kept, 0);
		names_say("loom", 2000, NS_DESTROY);
		pair_settle(&pair);
		assert_int_equal(second.unbound, 1);
		assert_int_equal(second.ept.dest_addr, ANY);
	}
}

static int after_it_was_bound(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	*(unsigned *)priv += 1;
	assert_ptr_equal(ept, &second.ept);
	assert_int_equal(second.bound, 1);
	return RPMSG_SUCCESS;
}

static void it_is_told_before_its_first_message(void **state)
{
	unsigned messages = 0;

	(void)state;
	two_of_a_name(PAIR_CHANNELS);
	assert_int_equal(rpmsg_rebind_ept(&second.ept, after_it_was_bound, &messages), 0);
	assert_int_equal(rpmsg_destroy_ept(&first.ept), 0);
	assert_int_equal(second.bound, 0);
	pair_forge(&pair.device, 2000, 78, "hi", 2, 2);
	rpmsg_poll(here, 1);
	assert_int_equal(messages, 1);
	pair_settle(&pair);
	assert_int_equal(second.bound, 1);
}

/* What has ended before it could be told did not happen. */
static void who_loses_what_it_was_not_told_of_is_told_nothing(void **state)
{
	(void)state;
	for (int withdrawn = 0; withdrawn < 2; withdrawn++) {
		two_of_a_name(PAIR_CHANNELS);
		assert_int_equal(rpmsg_destroy_ept(&first.ept), 0);
		if (withdrawn)
			names_say("loom", 2000, NS_DESTROY);
		else
			rpmsg_restart(here);
		pair_settle(&pair);
		assert_int_equal(second.bound, 0);
		assert_int_equal(second.unbound, 0);
		assert_int_equal(second.ept.dest_addr, ANY);
		names_expect_kept(0);
	}
}

static int destroy_it(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	assert_int_equal(rpmsg_destroy_ept(ept), 1);
	return RPMSG_SUCCESS;
}

/* An interrupt may be the last for long. */
static void who_inherits_in_a_callback_is_told_in_the_same_poll(void **state)
{
	(void)state;
	two_of_a_name(PAIR_CHANNELS);
	assert_int_equal(rpmsg_rebind_ept(&first.ept, destroy_it, NULL), 0);
	pair_forge(&pair.device, 2000, 77, "hi", 2, 2);
	rpmsg_poll(here, 16);
	assert_int_equal(second.ept.dest_addr, 2000);
	assert_int_equal(second.bound, 1);
}

static void who_is_given_another_destination_is_not_told(void **state)
{
	(void)state;
	two_of_a_name(PAIR_CHANNELS);
	assert_int_equal(rpmsg_destroy_ept(&first.ept), 0);
	assert_int_equal(rpmsg_set_dest(&second.ept, 3000), 0);
	pair_settle(&pair);
	assert_int_equal(second.bound, 0);
	assert_int_equal(second.ept.dest_addr, 3000);
}

static void what_is_left_may_be_withdrawn(void **state)
{
	struct named bound;

	(void)state;
	announced_once(&bound);
	assert_int_equal(rpmsg_destroy_ept(&bound.ept), 0);
	names_expect_kept(1);
	names_say("loom", 2000, NS_DESTROY);
	pair_settle(&pair);
	names_expect_kept(0);
	assert_int_equal(heard.unbound, 1);
}

static void what_is_left_to_a_full_table_is_counted(void **state)
{
	struct named bound;

	(void)state;
	announced_once(&bound);
	names_say("reed", 2001, NS_CREATE);
	names_say("reed", 2002, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(rpmsg_destroy_ept(&bound.ept), 0);
	names_expect_kept(2);
	assert_int_equal(here->counters.not_kept, 1);
}

static void who_said_goodbye_leaves_nothing(void **state)
{
	struct named bound;

	(void)state;
	announced_once(&bound);
	assert_int_equal(rpmsg_set_dest(&bound.ept, 2000), 0);
	names_expect_kept(0);
	assert_int_equal(rpmsg_destroy_ept(&bound.ept), 0);
	names_expect_kept(0);
}

static void a_first_message_leaves_nothing_until_it_is_announced(void **state)
{
	struct named bound;

	(void)state;
	announced_once(&bound);
	names_say("loom", 2000, NS_DESTROY);
	for (unsigned i = 0; i < 2; i++) {
		pair_forge(&pair.device, 2000, 77, "hi", 2, 2);
		if (i == 1)
			names_say("loom", 2000, NS_CREATE);
		pair_settle(&pair);
		assert_int_equal(bound.ept.dest_addr, 2000);
		assert_int_equal(rpmsg_destroy_ept(&bound.ept), 0);
		names_expect_kept(i);
		names_create(&bound, here, "loom", 77, RPMSG_EPT_QUIET);
	}
	assert_int_equal(bound.ept.dest_addr, 2000);
}

/* ---- Withdrawn ---- */

static void a_withdrawal_unbinds_and_the_name_is_waited_for_again(void **state)
{
	struct named bound;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&bound, here, "loom", ANY, 0);
	for (unsigned i = 1; i <= 3; i++) {
		names_say("loom", 2000 + i, NS_CREATE);
		names_say("loom", 3000, NS_DESTROY); /* another's */
		names_say("reed", 2000 + i, NS_DESTROY);
		pair_settle(&pair);
		assert_int_equal(bound.ept.dest_addr, 2000 + i);
		assert_int_equal(bound.bound, i);
		names_say("loom", 2000 + i, NS_DESTROY);
		pair_settle(&pair);
		assert_int_equal(bound.ept.dest_addr, ANY);
		assert_int_equal(bound.unbound, i);
		assert_false(is_rpmsg_ept_ready(&bound.ept));
	}
	assert_int_equal(heard.unbound, 6);
}

static void a_withdrawal_is_not_kept(void **state)
{
	(void)state;
	names_up(PAIR_CHANNELS);
	names_say("loom", 2000, NS_CREATE);
	names_say("reed", 2001, NS_CREATE);
	names_say("loom", 2000, NS_DESTROY);
	pair_settle(&pair);
	names_expect_kept(1);
	assert_int_equal(heard.unbound, 1);
	assert_int_equal(heard.dest, 2000);
	assert_string_equal(heard.name, "loom");
	assert_int_equal(rpmsg_find_channel(here, "loom", ANY), ANY);
	assert_int_equal(rpmsg_find_channel(here, "reed", ANY), 2001);
}

static void one_address_may_have_two_names_and_loses_the_one_that_is_withdrawn(void **state)
{
	(void)state;
	names_up(PAIR_CHANNELS);
	names_say("loom", 2000, NS_CREATE);
	names_say("reed", 2000, NS_CREATE);
	names_say("reed", 2000, NS_DESTROY);
	pair_settle(&pair);
	names_expect_kept(1);
	assert_int_equal(rpmsg_find_channel(here, "loom", ANY), 2000);
}

static void who_loses_one_of_a_name_takes_the_next_that_is_kept(void **state)
{
	struct named bound;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&bound, here, "loom", ANY, 0);
	names_say("loom", 2000, NS_CREATE);
	names_say("loom", 2001, NS_CREATE); /* kept: it has one */
	names_say("loom", 2000, NS_DESTROY);
	pair_settle(&pair);
	assert_int_equal(bound.unbound, 1);
	assert_int_equal(bound.bound, 2);
	assert_int_equal(bound.ept.dest_addr, 2001);
	names_expect_kept(0);
}

static void go(struct rpmsg_endpoint *ept)
{
	assert_int_equal(rpmsg_destroy_ept(ept), 1);
}

static void who_goes_when_it_loses_its_name_takes_no_other(void **state)
{
	struct named bound;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&bound, here, "loom", ANY, RPMSG_EPT_QUIET);
	bound.ept.ns_unbind_cb = go;
	names_say("loom", 2000, NS_CREATE);
	names_say("loom", 2001, NS_CREATE);
	names_say("loom", 2000, NS_DESTROY);
	pair_settle(&pair);
	assert_int_equal(bound.bound, 1);
	assert_null(rpmsg_find_ept(here, bound.ept.addr));
	assert_int_equal(rpmsg_find_channel(here, "loom", ANY), 2001);
}

static void who_is_set_free_takes_the_next_that_is_kept(void **state)
{
	struct named bound;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&bound, here, "loom", ANY, 0);
	names_say("loom", 2000, NS_CREATE);
	names_say("loom", 2001, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(rpmsg_set_dest(&bound.ept, ANY), 0);
	assert_int_equal(bound.ept.dest_addr, 2001);
	assert_int_equal(rpmsg_set_dest(&bound.ept, ANY), 0);
	assert_int_equal(bound.ept.dest_addr, ANY);
	names_say("loom", 2002, NS_CREATE);
	pair_settle(&pair);
	assert_int_equal(bound.ept.dest_addr, 2002);
	assert_int_equal(bound.bound, 3);
}

static void destroying_an_announced_endpoint_withdraws_its_name(void **state)
{
	struct named server;
	struct named client;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&client, here, "loom", ANY, RPMSG_EPT_QUIET);
	names_create(&server, there, "loom", ANY, RPMSG_EPT_SERVER);
	pair_settle(&pair);
	assert_true(is_rpmsg_ept_ready(&client.ept));
	assert_int_equal(rpmsg_destroy_ept(&server.ept), 0);
	pair_settle(&pair);
	assert_int_equal(client.unbound, 1);
	assert_false(is_rpmsg_ept_ready(&client.ept));
	pair_expect_works(&pair);
}

static void what_a_task_says_goes_out_at_once(void **state)
{
	struct named server;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&server, there, "loom", ANY, RPMSG_EPT_SERVER);
	rpmsg_poll(here, 16);
	assert_int_equal(heard.bound, 1);
	assert_int_equal(rpmsg_destroy_ept(&server.ept), 0);
	rpmsg_poll(here, 16);
	assert_int_equal(heard.unbound, 1);
}

/* ---- When there is no buffer ---- */

static void fill(struct rpmsg_endpoint *sender)
{
	while (rpmsg_trysendto(sender, "full", 4, 5) == 4) {
	}
}

static void an_announcement_waits_for_a_buffer(void **state)
{
	struct rpmsg_endpoint sender;
	struct named server;

	(void)state;
	names_up(PAIR_CHANNELS);
	assert_int_equal(rpmsg_create_ept(&sender, there, NULL, ANY, 5, NULL, NULL), 0);
	fill(&sender);
	names_create(&server, there, "loom", ANY, RPMSG_EPT_SERVER);
	assert_int_equal(rpmsg_destroy_ept(&server.ept), 0); /* never announced, nothing to withdraw */
	names_create(&server, there, "loom", ANY, RPMSG_EPT_SERVER);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 1);
	assert_int_equal(heard.dest, server.ept.addr);
	assert_int_equal(heard.unbound, 0);
}

static void a_message_does_not_overtake_the_announcement_of_its_endpoint(void **state)
{
	struct rpmsg_endpoint sender;
	struct named waiting;
	struct named speaker;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&waiting, here, "loom", 88, RPMSG_EPT_QUIET);
	assert_int_equal(rpmsg_create_ept(&sender, there, NULL, ANY, 5, NULL, NULL), 0);
	fill(&sender);
	names_create(&speaker, there, "loom", ANY, 0);
	rpmsg_poll(here, 16); /* there are buffers, and nobody has polled since */
	assert_int_equal(rpmsg_trysendto(&speaker.ept, "hi", 2, 88), 2);
	assert_int_equal(rpmsg_destroy_ept(&speaker.ept), 0);
	pair_settle(&pair);
	assert_int_equal(waiting.bound, 1);
	assert_int_equal(waiting.unbound, 1); /* who was bound heard of the end */
	assert_int_equal(waiting.ept.dest_addr, ANY);
}

static void announcements_have_the_first_buffers(void **state)
{
	struct rpmsg_endpoint sender;
	struct named named[2];

	(void)state;
	names_up(PAIR_CHANNELS);
	assert_int_equal(rpmsg_create_ept(&sender, there, NULL, ANY, 5, NULL, NULL), 0);
	fill(&sender);
	names_create(&named[0], there, "loom", ANY, RPMSG_EPT_SERVER);
	names_create(&named[1], there, "reed", ANY, RPMSG_EPT_SERVER);
	for (unsigned i = 0; i < 2; i++) {
		rpmsg_poll(here, 1); /* one buffer comes back, and is not the sender's */
		assert_int_equal(rpmsg_trysend(&sender, "late", 4), RPMSG_ERR_NO_BUFF);
		assert_null(rpmsg_get_tx_payload_buffer(&sender, NULL, 0));
		assert_int_equal(there->announce_due, i == 0);
	}
	rpmsg_poll(here, 1);
	assert_int_equal(rpmsg_trysend(&sender, "late", 4), 4);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 2);
	pair_expect_works(&pair);
}

static void doze(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	pair.now += timeout_us;
	rpmsg_poll(here, 16); /* the peer reads while we sleep: does it ring? */
}

static void who_sleeps_with_an_announcement_due_is_woken_by_a_free_buffer(void **state)
{
	struct weft_port_ops dozes = pair_ops;
	struct rpmsg_endpoint sender;
	struct named server;

	(void)state;
	dozes.relax = doze;
	names_up(PAIR_CHANNELS);
	assert_int_equal(rpmsg_create_ept(&sender, there, NULL, ANY, 5, NULL, NULL), 0);
	fill(&sender);
	names_create(&server, there, "loom", ANY, RPMSG_EPT_SERVER);
	rpmsg_poll(there, 16);
	pair.device.port.ops = &dozes;
	unsigned kicks = pair.driver.kicks;
	assert_int_equal(rpmsg_wait(there, 1000000), 0);
	pair.device.port.ops = &pair_ops;
	assert_int_equal(pair.driver.kicks, kicks + 1u);
}

static void a_destroy_that_cannot_withdraw_changes_nothing(void **state)
{
	struct rpmsg_endpoint sender;
	struct named server;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&server, there, "loom", 77, RPMSG_EPT_SERVER);
	pair_settle(&pair);
	assert_int_equal(rpmsg_create_ept(&sender, there, NULL, ANY, 5, NULL, NULL), 0);
	fill(&sender);
	pair.driver.asleep = true;
	assert_int_equal(rpmsg_destroy_ept(&server.ept), RPMSG_ERR_NO_BUFF);
	assert_ptr_equal(rpmsg_find_ept(there, 77), &server.ept);
	pair.driver.asleep = false;
	pair_settle(&pair);
	assert_int_equal(heard.unbound, 0);
	assert_int_equal(rpmsg_destroy_ept(&server.ept), 0);
	pair_settle(&pair);
	assert_int_equal(heard.unbound, 1);
}

static struct named leaver;

static void leave_when_it_comes_up(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)detail;
	(void)priv;
	if (event == RPMSG_LINK_UP)
		assert_int_equal(rpmsg_destroy_ept(&leaver.ept), 0);
}

static void what_was_announced_in_another_life_is_not_withdrawn_in_this(void **state)
{
	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&leaver, there, "loom", ANY, RPMSG_EPT_SERVER);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 1);
	there->event_cb = leave_when_it_comes_up;
	rpmsg_restart(here);
	pair_settle(&pair);
	assert_int_equal(rpmsg_link(there), WEFT_LINK_UP);
	assert_int_equal(heard.bound, 1);
	assert_int_equal(heard.unbound, 0);
	assert_int_equal(pair.device.shm.transport.counters.sent, 1);
}

static void a_name_of_31_bytes_arrives_whole(void **state)
{
	static const char name31[] = "a.name.of.thirty-one.bytes.long";
	struct named server;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&server, there, name31, ANY, RPMSG_EPT_SERVER);
	pair_settle(&pair);
	assert_string_equal(heard.name, name31);
	assert_int_equal(rpmsg_destroy_ept(&server.ept), 0);
	rpmsg_poll(here, 16); /* at once */
	assert_int_equal(heard.unbound, 1);
}

static void no_table_has_no_slots_whatever_their_number(void **state)
{
	struct rpmsg_config config = { .transport = &pair.driver.shm.transport,
		                       .endpoints = pair.driver.endpoints,
		                       .endpoint_slots = PAIR_ENDPOINTS,
		                       .channel_slots = PAIR_CHANNELS };

	(void)state;
	names_up(PAIR_CHANNELS);
	assert_int_equal(rpmsg_init(here, &config), 0);
	pair_settle(&pair);
	names_say("loom", 2000, NS_CREATE);
	pair_settle(&pair);
	names_expect_kept(0);
	assert_int_equal(here->counters.not_kept, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_endpoints_of_a_name_find_each_other),
		cmocka_unit_test(a_server_announces_and_never_binds),
		cmocka_unit_test(a_quiet_endpoint_binds_and_is_not_announced),
		cmocka_unit_test(a_first_message_binds_once),
		cmocka_unit_test(an_endpoint_with_a_destination_neither_waits_nor_announces),
		cmocka_unit_test(an_empty_name_is_none),
		cmocka_unit_test(an_early_announcement_is_kept_for_a_later_endpoint),
		cmocka_unit_test(a_full_table_drops_the_newest_and_counts),
		cmocka_unit_test(without_a_table_nothing_is_kept),
		cmocka_unit_test(what_is_said_twice_is_heard_once),
		cmocka_unit_test(who_is_destroyed_leaves_its_channel_to_the_next),
		cmocka_unit_test(who_waits_has_what_another_leaves),
		cmocka_unit_test(it_is_told_before_its_first_message),
		cmocka_unit_test(who_loses_what_it_was_not_told_of_is_told_nothing),
		cmocka_unit_test(who_inherits_in_a_callback_is_told_in_the_same_poll),
		cmocka_unit_test(who_is_given_another_destination_is_not_told),
		cmocka_unit_test(what_is_left_may_be_withdrawn),
		cmocka_unit_test(what_is_left_to_a_full_table_is_counted),
		cmocka_unit_test(who_said_goodbye_leaves_nothing),
		cmocka_unit_test(a_first_message_leaves_nothing_until_it_is_announced),
		cmocka_unit_test(a_withdrawal_unbinds_and_the_name_is_waited_for_again),
		cmocka_unit_test(a_withdrawal_is_not_kept),
		cmocka_unit_test(one_address_may_have_two_names_and_loses_the_one_that_is_withdrawn),
		cmocka_unit_test(who_loses_one_of_a_name_takes_the_next_that_is_kept),
		cmocka_unit_test(who_goes_when_it_loses_its_name_takes_no_other),
		cmocka_unit_test(who_is_set_free_takes_the_next_that_is_kept),
		cmocka_unit_test(destroying_an_announced_endpoint_withdraws_its_name),
		cmocka_unit_test(what_a_task_says_goes_out_at_once),
		cmocka_unit_test(an_announcement_waits_for_a_buffer),
		cmocka_unit_test(a_message_does_not_overtake_the_announcement_of_its_endpoint),
		cmocka_unit_test(announcements_have_the_first_buffers),
		cmocka_unit_test(who_sleeps_with_an_announcement_due_is_woken_by_a_free_buffer),
		cmocka_unit_test(a_destroy_that_cannot_withdraw_changes_nothing),
		cmocka_unit_test(what_was_announced_in_another_life_is_not_withdrawn_in_this),
		cmocka_unit_test(a_name_of_31_bytes_arrives_whole),
		cmocka_unit_test(no_table_has_no_slots_whatever_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
