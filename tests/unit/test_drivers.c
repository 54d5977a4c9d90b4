/* SPDX-License-Identifier: Apache-2.0 */
/* Channel drivers: probed for what is announced and what is kept, and free to come and go meanwhile; and what becomes
 * of names when either side restarts. */
#include "unit/names.h"

/* A driver that counts, and on request does something in its callbacks. */
struct counting {
	struct rpmsg_driver driver; /* first */
	unsigned probed;
	unsigned removed;
	unsigned ups;
	unsigned downs;
	uint32_t dest;                       /* the last */
	struct rpmsg_driver *leaves;         /* unregistered at the next callback */
	struct named *ends;                  /* an endpoint destroyed at the next callback */
	struct rpmsg_endpoint_config *takes; /* an endpoint made at the next probe */
	struct counting *brings;             /* a driver registered at the next probe */
	struct rpmsg_endpoint taken;
};

static void act(struct counting *counting)
{
	struct rpmsg_driver *leaves = counting->leaves;
	struct rpmsg_endpoint_config *takes = counting->takes;
	struct counting *brings = counting->brings;
	struct named *ends = counting->ends;

	counting->leaves = NULL;
	counting->ends = NULL;
	counting->takes = NULL;
	counting->brings = NULL;
	if (leaves != NULL) {
		assert_int_equal(rpmsg_unregister_driver(here, leaves), 0);
		memset(leaves, 0xa5, sizeof *leaves); /* it is gone, whoever it was */
	}
	if (ends != NULL)
		assert_int_equal(rpmsg_destroy_ept(&ends->ept), 0);
	if (takes != NULL)
		assert_int_equal(rpmsg_create_endpoint(&counting->taken, here, takes), 0);
	if (brings != NULL)
		assert_int_equal(rpmsg_register_driver(here, &brings->driver), 0);
}

static void count_probe(struct rpmsg_driver *driver, uint32_t dest)
{
	struct counting *counting = (struct counting *)(void *)driver;

	assert_true(rpmsg_in_callback_of(here, driver));
	counting->probed++;
	counting->dest = dest;
	act(counting);
}

static void count_remove(struct rpmsg_driver *driver, uint32_t dest)
{
	struct counting *counting = (struct counting *)(void *)driver;

	assert_true(rpmsg_in_callback_of(here, driver));
	counting->removed++;
	counting->dest = dest;
	act(counting);
}

static void count_link(struct rpmsg_driver *driver, bool up)
{
	struct counting *counting = (struct counting *)(void *)driver;

	counting->ups += up;
	counting->downs += !up;
	act(counting);
}

static void prepare(struct counting *counting, const char *name)
{
	memset(counting, 0, sizeof *counting);
	counting->driver = (struct rpmsg_driver){ .name = name, .probe = count_probe, .remove = count_remove };
	counting->driver.link = count_link;
}

static void enlist(struct counting *counting, const char *name)
{
	prepare(counting, name);
	assert_int_equal(rpmsg_register_driver(here, &counting->driver), 0);
}

/* The next poll introduces who was enlisted. */
static void poll(void)
{
	rpmsg_poll(here, 16);
}

static void say(const char *name, uint32_t addr, uint32_t flags)
{
	names_say(name, addr, flags);
	pair_settle(&pair);
}

/* ---- Probe and remove ---- */

static void all_drivers_of_a_name_are_probed_and_no_others(void **state)
{
	struct counting a;
	struct counting b;
	struct counting other;

	(void)state;
	names_up(PAIR_CHANNELS);
	enlist(&a, "loom");
	enlist(&other, "reed");
	enlist(&b, "loom");
	say("loom", 2000, NS_CREATE);
	say("loom", 2001, NS_CREATE);
	say("loom", 2000, NS_CREATE); /* again */
	assert_int_equal(a.probed, 2);
	assert_int_equal(b.probed, 2);
	assert_int_equal(other.probed, 0);
	assert_int_equal(heard.bound, 0);
	say("loom", 2000, NS_DESTROY);
	assert_int_equal(a.removed, 1);
	assert_int_equal(b.removed, 1);
	assert_int_equal(a.dest, 2000);
	assert_int_equal(other.removed, 0);
	assert_int_equal(heard.unbound, 0);
}

static void a_late_driver_is_probed_for_all_that_is_kept(void **state)
{
	struct counting late;

	(void)state;
	names_up(PAIR_CHANNELS);
	say("loom", 2000, NS_CREATE);
	say("reed", 2001, NS_CREATE);
	say("loom", 2002, NS_CREATE);
	for (int i = 0; i < 3; i++) { /* one after the other; none takes it away from the next */
		enlist(&late, "loom");
		assert_int_equal(late.ups + late.probed, 0);
		poll();
		poll();
		assert_int_equal(late.ups, 1);
		assert_int_equal(late.probed, 2);
		assert_int_equal(late.dest, 2002);
		assert_int_equal(rpmsg_unregister_driver(here, &late.driver), 0);
	}
	say("loom", 2003, NS_CREATE);
	assert_int_equal(late.probed, 2);
	assert_int_equal(heard.bound, 4);
}

static void a_driver_is_probed_once_for_what_comes_with_its_first_poll(void **state)
{
	struct counting late;

	(void)state;
	names_up(PAIR_CHANNELS);
	enlist(&late, "loom");
	say("loom", 2000, NS_CREATE);
	assert_int_equal(late.probed, 1);
	assert_int_equal(heard.bound, 0);
}

static void what_goes_before_the_first_poll_was_never_there(void **state)
{
	struct counting late;

	(void)state;
	for (int restart = 0; restart < 2; restart++) {
		names_up(PAIR_CHANNELS);
		say("loom", 2000, NS_CREATE);
		enlist(&late, "loom");
		if (restart)
			rpmsg_restart(here);
		else
			names_say("loom", 2000, NS_DESTROY);
		poll();
		assert_int_equal(late.probed, restart ? 0 : late.removed);
		assert_int_equal(late.ups, restart ? 0 : 1);
		assert_int_equal(late.downs, 0);
		pair_settle(&pair);
		assert_int_equal(late.ups, 1);
		assert_int_equal(late.probed, late.removed);
	}
}

static void a_driver_may_leave_before_its_first_poll(void **state)
{
	struct counting drivers[3];

	(void)state;
	for (int leaver = 0; leaver < 3; leaver++) {
		names_up(PAIR_CHANNELS);
		say("loom", 2000, NS_CREATE);
		for (int i = 0; i < 3; i++)
			enlist(&drivers[i], "loom");
		assert_int_equal(rpmsg_unregister_driver(here, &drivers[leaver].driver), 0);
		memset(&drivers[leaver].driver, 0xa5, sizeof drivers[leaver].driver);
		poll();
		for (int i = 0; i < 3; i++)
			assert_int_equal(drivers[i].probed, i != leaver);
	}
}

static void who_waits_polls_for_a_driver_first(void **state)
{
	struct counting late;

	(void)state;
	names_up(PAIR_CHANNELS);
	assert_int_equal(rpmsg_arm(here, 1000), 1000);
	enlist(&late, "loom");
	assert_int_equal(rpmsg_arm(here, 1000), 0);
	poll();
	assert_int_equal(rpmsg_arm(here, 1000), 1000);
}

static void an_endpoint_that_waits_comes_before_the_drivers(void **state)
{
	struct counting counting;
	struct named waiting;

	(void)state;
	names_up(PAIR_CHANNELS);
	enlist(&counting, "loom");
	names_create(&waiting, here, "loom", ANY, 0);
	say("loom", 2000, NS_CREATE);
	assert_int_equal(waiting.ept.dest_addr, 2000);
	assert_int_equal(counting.probed, 0);
	say("loom", 2001, NS_CREATE);
	assert_int_equal(counting.probed, 1);
}

static void wrong_drivers_are_refused(void **state)
{
	static struct rpmsg_device not_initialised;
	struct counting counting;

	(void)state;
	names_up(PAIR_CHANNELS);
	prepare(&counting, "loom");
	assert_int_equal(rpmsg_register_driver(&not_initialised, &counting.driver), RPMSG_ERR_INIT);
	assert_int_equal(rpmsg_unregister_driver(&not_initialised, &counting.driver), RPMSG_ERR_INIT);
	assert_int_equal(rpmsg_register_driver(NULL, &counting.driver), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_unregister_driver(NULL, &counting.driver), RPMSG_ERR_INIT);
	assert_int_equal(rpmsg_register_driver(here, NULL), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_unregister_driver(here, &counting.driver), RPMSG_ERR_PARAM);
	counting.driver.probe = NULL;
	assert_int_equal(rpmsg_register_driver(here, &counting.driver), RPMSG_ERR_PARAM);
	prepare(&counting, "loom");
	counting.driver.remove = NULL;
	assert_int_equal(rpmsg_register_driver(here, &counting.driver), RPMSG_ERR_PARAM);
	prepare(&counting, NULL);
	assert_int_equal(rpmsg_register_driver(here, &counting.driver), RPMSG_ERR_PARAM);
}

/* ---- Leaving in a callback ---- */

static void a_driver_may_leave_in_its_callbacks(void **state)
{
	struct counting a;
	struct counting b;
	struct counting c;

	(void)state;
	for (int what = 0; what < 3; what++) {
		names_up(PAIR_CHANNELS);
		enlist(&a, "loom");
		enlist(&b, "loom");
		enlist(&c, "loom");
		if (what == 1)
			say("loom", 2000, NS_CREATE);
		b.leaves = &b.driver;
		if (what == 2)
			pair.device.session = pair.driver.session = 2;
		else
			names_say("loom", 2000, what == 0 ? NS_CREATE : NS_DESTROY);
		pair_settle(&pair);
		say("loom", 2001, NS_CREATE);
		assert_int_equal(a.probed, what == 2 ? 1 : 2);
		assert_int_equal(c.probed, what == 2 ? 1 : 2);
	}
}

static void a_driver_may_send_the_next_one_away(void **state)
{
	struct counting drivers[3];

	(void)state;
	for (int leaver = 0; leaver < 3; leaver++) {
		for (int actor = 0; actor < 3; actor++) {
			names_up(PAIR_CHANNELS);
			for (int i = 0; i < 3; i++)
				enlist(&drivers[i], "loom");
			drivers[actor].leaves = &drivers[leaver].driver;
			say("loom", 2000, NS_CREATE);
			say("loom", 2001, NS_CREATE);
			for (int i = 0; i < 3; i++)
				assert_true(i == leaver || drivers[i].probed == 2);
		}
	}
}

static void a_driver_that_leaves_when_it_registers_is_not_probed_again(void **state)
{
	struct counting counting;

	(void)state;
	names_up(PAIR_CHANNELS);
	say("loom", 2000, NS_CREATE);
	say("loom", 2001, NS_CREATE);
	prepare(&counting, "loom");
	counting.driver.link = NULL;
	counting.leaves = &counting.driver;
	assert_int_equal(rpmsg_register_driver(here, &counting.driver), 0);
	poll();
	assert_int_equal(counting.probed, 1);
	say("loom", 2002, NS_CREATE);
	assert_int_equal(counting.probed, 1);
}

static void nor_is_one_that_leaves_when_it_hears_of_the_link(void **state)
{
	struct counting counting;

	(void)state;
	names_up(PAIR_CHANNELS);
	say("loom", 2000, NS_CREATE);
	prepare(&counting, "loom");
	counting.leaves = &counting.driver;
	assert_int_equal(rpmsg_register_driver(here, &counting.driver), 0);
	poll();
	assert_int_equal(counting.ups, 1);
	assert_int_equal(counting.probed, 0);
}

/* It leaves and comes again whenever it hears of the link. */
static void come_again(struct rpmsg_driver *driver, bool up)
{
	struct counting *counting = (struct counting *)(void *)driver;

	counting->ups += up;
	assert_int_equal(rpmsg_unregister_driver(here, driver), 0);
	assert_int_equal(rpmsg_register_driver(here, driver), 0);
}

static void a_driver_that_comes_again_and_again_keeps_no_other_waiting(void **state)
{
	struct counting again;
	struct counting other;

	(void)state;
	names_up(PAIR_CHANNELS);
	prepare(&again, "loom");
	again.driver.link = come_again;
	assert_int_equal(rpmsg_register_driver(here, &again.driver), 0);
	enlist(&other, "loom");
	for (unsigned i = 1; i <= 3; i++) {
		poll();
		assert_int_equal(again.ups, i);
		assert_int_equal(other.ups, 1);
	}
	assert_int_equal(rpmsg_unregister_driver(here, &again.driver), 0);
}

static void a_driver_that_takes_a_channel_when_it_registers_misses_none(void **state)
{
	struct rpmsg_endpoint_config config = { .name = "loom", .src = ANY, .dest = ANY, .flags = RPMSG_EPT_QUIET };
	struct counting counting;

	(void)state;
	names_up(PAIR_CHANNELS);
	say("loom", 2000, NS_CREATE);
	say("loom", 2001, NS_CREATE);
	say("loom", 2002, NS_CREATE);
	prepare(&counting, "loom");
	counting.driver.link = NULL;
	counting.takes = &config;
	assert_int_equal(rpmsg_register_driver(here, &counting.driver), 0);
	poll();
	assert_int_equal(counting.taken.dest_addr, 2000);
	assert_int_equal(counting.probed, 3);
	assert_int_equal(counting.dest, 2002);
	names_expect_kept(2);
}

static void a_driver_that_takes_the_last_channel_when_it_registers_is_done(void **state)
{
	struct rpmsg_endpoint_config config = { .name = "loom", .src = ANY, .dest = ANY, .flags = RPMSG_EPT_QUIET };
	struct counting counting;

	(void)state;
	names_up(PAIR_CHANNELS);
	say("loom", 2000, NS_CREATE);
	prepare(&counting, "loom");
	counting.driver.link = NULL;
	counting.takes = &config;
	assert_int_equal(rpmsg_register_driver(here, &counting.driver), 0);
	poll();
	assert_int_equal(counting.taken.dest_addr, 2000);
	assert_int_equal(counting.probed, 1);
	names_expect_kept(0);
}

static void a_driver_may_bring_another_when_it_registers(void **state)
{
	struct counting first;
	struct counting second;

	(void)state;
	names_up(PAIR_CHANNELS);
	say("loom", 2000, NS_CREATE);
	say("loom", 2001, NS_CREATE);
	prepare(&first, "loom");
	prepare(&second, "loom");
	first.driver.link = NULL;
	first.brings = &second;
	assert_int_equal(rpmsg_register_driver(here, &first.driver), 0);
	poll();
	assert_int_equal(first.probed, 2);
	poll();
	assert_int_equal(second.probed, 2);
}

/* ---- Restarts ---- */

static void drivers_are_told_of_the_link(void **state)
{
	struct counting counting;
	struct counting silent;

	(void)state;
	names_up(PAIR_CHANNELS);
	prepare(&silent, "loom");
	silent.driver.link = NULL;
	assert_int_equal(rpmsg_register_driver(here, &silent.driver), 0);
	enlist(&counting, "loom");
	for (unsigned i = 1; i <= 3; i++) {
		say("loom", 2000, NS_CREATE);
		assert_int_equal(counting.probed, i);
		assert_int_equal(counting.ups, i);
		pair_boot(&pair.device);
		pair_settle(&pair);
		assert_int_equal(counting.ups, i + 1);
		assert_int_equal(counting.downs, i);
		assert_int_equal(counting.removed, 0); /* the link's end says it for all */
		names_expect_kept(0);
		assert_int_equal(rpmsg_find_channel(here, "loom", ANY), ANY);
	}
	assert_int_equal(silent.probed, 3);
}

static void what_a_driver_destroys_when_the_link_goes_leaves_no_channel(void **state)
{
	struct counting counting;
	struct named client;

	(void)state;
	names_up(PAIR_CHANNELS);
	enlist(&counting, "reed");
	names_create(&client, here, "loom", ANY, RPMSG_EPT_QUIET);
	say("loom", 2000, NS_CREATE);
	assert_int_equal(client.ept.dest_addr, 2000);
	poll();
	counting.ends = &client;
	rpmsg_restart(here);
	rpmsg_poll(here, 16);
	assert_int_equal(counting.downs, 1);
	assert_null(counting.ends);
	names_expect_kept(0);
	names_create(&client, here, "loom", ANY, RPMSG_EPT_QUIET); /* while the link is down */
	pair_settle(&pair);
	assert_int_equal(counting.ups, 2);
	assert_int_equal(client.ept.dest_addr, ANY);
	assert_int_equal(client.bound, 0);
}

/* Until the next poll nobody knows that the link goes; what is kept till then goes with it. */
static void nor_does_what_is_destroyed_after_a_restart_was_asked_for(void **state)
{
	struct named client;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&client, here, "loom", ANY, RPMSG_EPT_QUIET);
	say("loom", 2000, NS_CREATE);
	rpmsg_restart(here);
	assert_int_equal(rpmsg_destroy_ept(&client.ept), 0);
	names_create(&client, here, "loom", ANY, RPMSG_EPT_QUIET);
	rpmsg_poll(here, 16);
	assert_int_equal(client.ept.dest_addr, ANY);
	assert_int_equal(client.bound, client.unbound);
	names_expect_kept(0);
	pair_settle(&pair);
	assert_int_equal(client.ept.dest_addr, ANY);
}

static void names_come_back_when_the_listener_restarts(void **state)
{
	struct named server;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&server, there, "loom", 77, RPMSG_EPT_SERVER);
	pair_settle(&pair);
	for (unsigned i = 1; i <= 5; i++) {
		pair_boot(&pair.driver);
		pair_settle(&pair);
		assert_int_equal(heard.bound, i + 1u);
		assert_int_equal(rpmsg_find_channel(here, "loom", ANY), 77);
	}
	assert_int_equal(rpmsg_destroy_ept(&server.ept), 0);
	pair_settle(&pair);
	assert_int_equal(heard.unbound, 1);
}

static void a_client_is_unbound_and_bound_again_when_its_server_restarts(void **state)
{
	struct named client;
	struct named server;

	(void)state;
	names_up(PAIR_CHANNELS);
	names_create(&client, here, "loom", ANY, RPMSG_EPT_QUIET);
	for (unsigned i = 1; i <= 5; i++) {
		pair_boot(&pair.device);
		names_create(&server, there, "loom", 77 + i, RPMSG_EPT_SERVER); /* before the link is up */
		pair_settle(&pair);
		assert_int_equal(client.bound, i);
		assert_int_equal(client.unbound, i - 1u);
		assert_int_equal(client.ept.dest_addr, 77 + i);
		assert_true(is_rpmsg_ept_ready(&client.ept));
	}
	pair.driver.session = 0;
	rpmsg_poll(here, 16);
	assert_int_equal(client.unbound, 5);
	assert_false(is_rpmsg_ept_ready(&client.ept));
}

static void more_names_than_buffers_are_all_announced(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };
	struct named servers[12];

	(void)state;
	names_up(PAIR_CHANNELS);
	pair_boot(&pair.device);
	for (unsigned i = 0; i < 12; i++)
		names_create(&servers[i], there, names[i], ANY, RPMSG_EPT_SERVER);
	pair_settle(&pair);
	assert_int_equal(heard.bound, 12);
	assert_int_equal(here->counters.not_kept, 12 - PAIR_CHANNELS);
	pair_expect_works(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_drivers_of_a_name_are_probed_and_no_others),
		cmocka_unit_test(a_late_driver_is_probed_for_all_that_is_kept),
		cmocka_unit_test(a_driver_is_probed_once_for_what_comes_with_its_first_poll),
		cmocka_unit_test(what_goes_before_the_first_poll_was_never_there),
		cmocka_unit_test(a_driver_may_leave_before_its_first_poll),
		cmocka_unit_test(who_waits_polls_for_a_driver_first),
		cmocka_unit_test(an_endpoint_that_waits_comes_before_the_drivers),
		cmocka_unit_test(wrong_drivers_are_refused),
		cmocka_unit_test(a_driver_may_leave_in_its_callbacks),
		cmocka_unit_test(a_driver_may_send_the_next_one_away),
		cmocka_unit_test(a_driver_that_leaves_when_it_registers_is_not_probed_again),
		cmocka_unit_test(nor_is_one_that_leaves_when_it_hears_of_the_link),
		cmocka_unit_test(a_driver_that_comes_again_and_again_keeps_no_other_waiting),
		cmocka_unit_test(a_driver_that_takes_a_channel_when_it_registers_misses_none),
		cmocka_unit_test(a_driver_that_takes_the_last_channel_when_it_registers_is_done),
		cmocka_unit_test(a_driver_may_bring_another_when_it_registers),
		cmocka_unit_test(drivers_are_told_of_the_link),
		cmocka_unit_test(what_a_driver_destroys_when_the_link_goes_leaves_no_channel),
		cmocka_unit_test(nor_does_what_is_destroyed_after_a_restart_was_asked_for),
		cmocka_unit_test(names_come_back_when_the_listener_restarts),
		cmocka_unit_test(a_client_is_unbound_and_bound_again_when_its_server_restarts),
		cmocka_unit_test(more_names_than_buffers_are_all_announced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
