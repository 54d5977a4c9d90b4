/* SPDX-License-Identifier: Apache-2.0 */
/* Reset at every step of the handshake: who reboots, and whether a loader clears the memory meanwhile, changes nothing
 * about how it ends. */
#include "unit/pair.h"

#define STEPS 12u /* polls from power-on until messages have passed */

static struct pair pair;

static void poll_step(unsigned step, bool device_first)
{
	rpmsg_poll((step % 2u == 0) == device_first ? &pair.device.rdev : &pair.driver.rdev, 16);
}

static void run_to(unsigned steps, bool device_first)
{
	pair_init(&pair);
	for (unsigned step = 0; step < steps; step++)
		poll_step(step, device_first);
}

static const struct loss {
	const char *what;
	uint32_t at;
	uint32_t size;
} losses[] = {
	{ "nothing", 0, 0 },
	{ "the region", 0, PAIR_REGION },
	{ "the head page", 0, VIRTIO_HEAD_SIZE },
	{ "the table", 0, sizeof(struct rsc_table) },
	{ "the driver's line", VIRTIO_HEAD_DRIVER, sizeof(struct virtio_line) },
	{ "the device's line", VIRTIO_HEAD_DEVICE, sizeof(struct virtio_line) },
};

/* who: bit 0 the driver reboots, bit 1 the device. noticed: the one that does not looks meanwhile. */
static void lose_and_reboot(const struct loss *loss, unsigned who, bool noticed)
{
	memset(pair.memory + loss->at, 0, loss->size);
	for (int i = 0; i < 2 && noticed && who != 3; i++)
		rpmsg_poll(who == 1 ? &pair.device.rdev : &pair.driver.rdev, 16);
	if (who & 1u)
		pair_boot(&pair.driver);
	if (who & 2u)
		pair_boot(&pair.device);
}

static void expect_up_again(const char *what, unsigned steps, unsigned who)
{
	pair_settle(&pair);
	if (rpmsg_link(&pair.driver.rdev) == WEFT_LINK_ERROR)
		rpmsg_restart(&pair.driver.rdev); /* the device met the loss first, and said so */
	pair_settle(&pair);
	if (rpmsg_link(&pair.driver.rdev) != WEFT_LINK_UP || rpmsg_link(&pair.device.rdev) != WEFT_LINK_UP)
		fail_msg("lost %s after %u polls, rebooted %u: the link stays down", what, steps, who);
	pair_expect_works(&pair);
}

static void lose_at_every_step(const struct loss *loss, unsigned who)
{
	for (unsigned steps = 0; steps <= STEPS; steps++) {
		for (unsigned how = 0; how < 4; how++) {
			run_to(steps, (how & 1u) != 0);
			lose_and_reboot(loss, who, (how & 2u) != 0);
			expect_up_again(loss->what, steps, who);
		}
	}
}

static void the_link_comes_up_whatever_was_lost_and_whoever_rebooted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
		for (unsigned who = 0; who < 4; who++)
			lose_at_every_step(&losses[i], who);
	}
}

/* The same epoch again, from a driver whose memory was cleared by its boot. */
static void a_driver_that_forgot_its_epoch_is_another_one(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		run_to(STEPS, true);
		assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_UP);
		memset(pair.memory, 0, PAIR_REGION);
		pair_boot(&pair.driver);
		pair_settle(&pair);
		assert_int_equal(pair.device.events[RPMSG_LINK_DOWN], 1);
		assert_int_equal(pair.device.events[RPMSG_LINK_UP], 2);
		assert_int_equal(pair.device.events[RPMSG_LINK_ERROR], 0);
		pair_expect_works(&pair);
	}
}

static void lines_may_be_lost_one_after_the_other(void **state)
{
	(void)state;
	for (size_t first = 4; first <= 5; first++) {
		for (unsigned who = 1; who <= 2; who++) {
			run_to(STEPS, true);
			lose_and_reboot(&losses[first], 0, true); /* noticed by the driver ... */
			rpmsg_poll(&pair.device.rdev, 16);        /* ... and the device */
			lose_and_reboot(&losses[9 - first], who, true);
			expect_up_again("both lines", STEPS, who);

			run_to(STEPS, true);
			memset(pair.memory + losses[first].at, 0, losses[first].size);
			rpmsg_poll(&pair.device.rdev, 16); /* by the device alone */
			lose_and_reboot(&losses[9 - first], who, true);
			expect_up_again("both lines", STEPS, who);
		}
	}
}

static void a_core_that_reboots_at_every_step_is_waited_for(void **state)
{
	(void)state;
	for (unsigned every = 1; every < 9; every++) {
		for (int i = 0; i < 2; i++) {
			struct core *core = i == 0 ? &pair.driver : &pair.device;

			run_to(0, true);
			for (unsigned step = 0; step < 200; step++) {
				if (step % every == 0)
					pair_boot(core);
				poll_step(step, step % 3u == 0);
			}
			pair_settle(&pair);
			pair_expect_works(&pair);
			assert_int_equal(core->other->events[RPMSG_LINK_ERROR], 0);
		}
	}
}

/* ---- Who waits is quiet, who says something rings ---- */

static void expect_one_ring(struct core *core, const char *what)
{
	unsigned kicks = core->kicks;

	rpmsg_poll(&core->rdev, 16);
	if (core->kicks != kicks + 1u)
		fail_msg("%s: %u rings", what, core->kicks - kicks);
	uint32_t words[2] = { virtio_driver_line(&core->port.region)->epoch,
		              virtio_device_line(&core->port.region)->epoch };
	for (int i = 0; i < 5; i++)
		rpmsg_poll(&core->rdev, 16);
	if (core->kicks != kicks + 1u)
		fail_msg("%s, and says it again", what);
	assert_int_equal(virtio_driver_line(&core->port.region)->epoch, words[0]);
	assert_int_equal(virtio_device_line(&core->port.region)->epoch, words[1]);
}

static void every_step_of_the_handshake_rings_once(void **state)
{
	(void)state;
	pair_init(&pair);
	expect_one_ring(&pair.device, "the device has booted");
	expect_one_ring(&pair.driver, "the driver asks");
	expect_one_ring(&pair.device, "the device echoes");
	expect_one_ring(&pair.driver, "the driver goes");
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(pair.driver.shm.transport.counters.ups, 1);
	assert_int_equal(pair.device.shm.transport.counters.ups, 1);
	pair_vring(&pair, 1).avail->idx = 1000;
	rpmsg_poll(&pair.device.rdev, 16);
	expect_one_ring(&pair.device, "the device needs a reset");
	rpmsg_poll(&pair.driver.rdev, 16);
	rpmsg_restart(&pair.driver.rdev);
	pair_settle(&pair);
	assert_int_equal(pair.device.shm.transport.fault, WEFT_CHECK_NONE);
	assert_int_equal(pair.device.shm.transport.counters.ups, 2);
	pair_expect_works(&pair);
}

static void who_waits_for_its_peer_sleeps(void **state)
{
	(void)state;
	pair_init(&pair);
	for (int i = 0; i < 2; i++) {
		struct core *core = i == 0 ? &pair.driver : &pair.device;

		core->other->asleep = true;
		rpmsg_poll(&core->rdev, 16);
		while (rpmsg_wait(&core->rdev, 1000) == 0 && core->relaxed == 0) {
		}
		rpmsg_poll(&core->rdev, 16);
		core->relaxed = 0;
		assert_int_equal(rpmsg_wait(&core->rdev, 1000), 0);
		assert_int_equal(core->relaxed, 1);
		core->other->asleep = false;
	}
}

static void a_device_lets_go_of_a_driver_that_speaks_of_another_life(void **state)
{
	(void)state;
	run_to(STEPS, true);
	virtio_driver_line(&pair.driver.port.region)->epoch = 55;
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_DOWN);
	pair_settle(&pair);
	pair_expect_works(&pair);
}

static void a_device_goes_only_with_the_driver_that_it_echoed(void **state)
{
	(void)state;
	run_to(0, true);
	while (virtio_table(&pair.device.port.region)->vdev.status == 0) {
		rpmsg_poll(&pair.device.rdev, 16);
		rpmsg_poll(&pair.driver.rdev, 16);
	}
	virtio_driver_line(&pair.driver.port.region)->epoch = 55; /* and DRIVER_OK, of the life before */
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_DOWN);
	assert_int_equal(rpmsg_link_counters(&pair.device.rdev)->ups, 0);
	pair_settle(&pair);
	pair_expect_works(&pair);
}

/* The device sets NEEDS_RESET, a boot of the driver clears the head page, the device writes its word: the next driver
 * finds an echo and no fault. */
static void a_device_in_error_whose_flag_was_wiped_out_is_a_new_one(void **state)
{
	(void)state;
	pair_init(&pair);
	rpmsg_poll(&pair.driver.rdev, 16);
	memset(pair_table(&pair)->vdev.vring, 0, sizeof pair_table(&pair)->vdev.vring);
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_ERROR);
	memset(pair.memory, 0, VIRTIO_HEAD_SIZE);
	pair_boot(&pair.driver);
	rpmsg_poll(&pair.driver.rdev, 16);
	virtio_device_line(&pair.device.port.region)->epoch = pair.device.shm.epoch;
	pair_settle(&pair);
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_UP);
	pair_expect_works(&pair);
}

static void a_core_may_boot_in_dirty_memory(void **state)
{
	(void)state;
	run_to(STEPS, true);
	for (int i = 0; i < 2; i++) {
		struct core *core = i == 0 ? &pair.driver : &pair.device;

		memset(&core->shm, 0xa5, sizeof core->shm);
		memset(&core->rdev, 0xa5, sizeof core->rdev);
		memset(core->entries, 0xa5, sizeof core->entries);
		memset(core->endpoints, 0xa5, sizeof core->endpoints);
		memset(core->channels, 0xa5, sizeof core->channels);
		pair_boot(core);
		core->rdev.event_cb = NULL; /* nobody wants to know */
		pair_settle(&pair);
		pair_expect_works(&pair);
	}
}

static void epochs_may_wrap(void **state)
{
	(void)state;
	pair_init(&pair);
	virtio_driver_line(&pair.driver.port.region)->epoch = 0x7ffffffe;
	virtio_device_line(&pair.device.port.region)->epoch = 0xffffffff;
	pair_settle(&pair);
	for (int i = 0; i < 5; i++) {
		pair_boot(i % 2 == 0 ? &pair.device : &pair.driver);
		pair_settle(&pair);
		uint32_t epoch = virtio_driver_line(&pair.driver.port.region)->epoch;
		assert_int_not_equal(epoch, 0);
		assert_int_equal(epoch & VIRTIO_EPOCH_DEVICE, 0);
		pair_expect_works(&pair);
	}
}

static void a_device_echoes_no_empty_line(void **state)
{
	(void)state;
	run_to(STEPS, true);
	virtio_driver_line(&pair.driver.port.region)->epoch = 0;
	pair_table(&pair)->vdev.status = 0;
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_DOWN);
	assert_int_not_equal(virtio_device_line(&pair.device.port.region)->epoch, 0);
	pair_settle(&pair);
	pair_expect_works(&pair);
}

/* What stands in the device's line when a driver boots is no echo, whatever it is. */
static void a_driver_takes_no_old_word_for_an_echo(void **state)
{
	(void)state;
	for (uint32_t word = 0; word < 12; word++) {
		pair_init(&pair);
		virtio_driver_line(&pair.driver.port.region)->epoch = 5;
		virtio_device_line(&pair.device.port.region)->epoch = word;
		for (int i = 0; i < 4; i++)
			rpmsg_poll(&pair.driver.rdev, 16);
		assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_DOWN);
		pair_settle(&pair);
		pair_expect_works(&pair);
	}
}

static void a_device_that_boots_needs_no_reset_whatever_stood_there(void **state)
{
	struct virtio_line *line;

	(void)state;
	pair_init(&pair);
	line = virtio_device_line(&pair.device.port.region);
	line->flags = 0xffffffff;
	rpmsg_poll(&pair.device.rdev, 16);
	assert_int_equal(line->flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_link_comes_up_whatever_was_lost_and_whoever_rebooted),
		cmocka_unit_test(a_driver_that_forgot_its_epoch_is_another_one),
		cmocka_unit_test(lines_may_be_lost_one_after_the_other),
		cmocka_unit_test(a_core_that_reboots_at_every_step_is_waited_for),
		cmocka_unit_test(every_step_of_the_handshake_rings_once),
		cmocka_unit_test(who_waits_for_its_peer_sleeps),
		cmocka_unit_test(a_device_lets_go_of_a_driver_that_speaks_of_another_life),
		cmocka_unit_test(a_device_goes_only_with_the_driver_that_it_echoed),
		cmocka_unit_test(a_device_in_error_whose_flag_was_wiped_out_is_a_new_one),
		cmocka_unit_test(a_core_may_boot_in_dirty_memory),
		cmocka_unit_test(epochs_may_wrap),
		cmocka_unit_test(a_device_echoes_no_empty_line),
		cmocka_unit_test(a_driver_takes_no_old_word_for_an_echo),
		cmocka_unit_test(a_device_that_boots_needs_no_reset_whatever_stood_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
