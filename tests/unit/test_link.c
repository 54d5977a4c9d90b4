/* SPDX-License-Identifier: Apache-2.0 */
/* The link comes up, goes down and comes back, whoever restarts and however often. */
#include "unit/pair.h"
#include "weft/link.h"

static struct pair pair;

static void the_link_comes_up_and_carries_messages_both_ways(void **state)
{
	(void)state;
	pair_up(&pair);
	assert_int_equal(rpmsg_mtu(&pair.driver.rdev), 496);
	assert_int_equal(rpmsg_mtu(&pair.device.rdev), 496);
	pair_expect_works(&pair);
}

static void a_restarted_device_is_taken_back(void **state)
{
	(void)state;
	pair_up(&pair);
	for (unsigned i = 1; i <= 20; i++) {
		pair_boot(&pair.device);
		pair_settle(&pair);
		assert_int_equal(pair.driver.events[RPMSG_LINK_DOWN], i);
		pair_expect_works(&pair);
	}
}

static void a_restarted_driver_is_followed(void **state)
{
	(void)state;
	pair_up(&pair);
	for (unsigned i = 1; i <= 20; i++) {
		pair_boot(&pair.driver);
		pair_settle(&pair);
		assert_int_equal(pair.device.events[RPMSG_LINK_DOWN], i);
		pair_expect_works(&pair);
	}
}

static void nobody_touches_a_ring_before_the_device_has_echoed(void **state)
{
	(void)state;
	pair_up(&pair);
	struct vring ring = pair_vring(&pair, 0);
	pair_boot(&pair.driver);
	ring.avail->idx = 0x1234; /* whoever lays the ring out clears it */
	for (int i = 0; i < 5; i++)
		rpmsg_poll(&pair.driver.rdev, 16);
	assert_int_equal(ring.avail->idx, 0x1234);
	rpmsg_poll(&pair.device.rdev, 16);
	rpmsg_poll(&pair.driver.rdev, 16);
	assert_int_equal(ring.avail->idx, PAIR_NUM);
}

static void a_driver_whose_boot_clears_the_memory_is_followed(void **state)
{
	(void)state;
	pair_up(&pair);
	for (int i = 0; i < 5; i++) {
		memset(pair.memory, 0, sizeof pair.memory); /* it will ask with the same epoch again */
		pair_boot(&pair.driver);
		pair_settle(&pair);
		pair_expect_works(&pair);
	}
}

static void a_driver_may_start_anew_when_its_owner_likes(void **state)
{
	(void)state;
	pair_up(&pair);
	for (unsigned i = 1; i <= 3; i++) {
		rpmsg_restart(&pair.device.rdev); /* not for a device to say */
		pair_settle(&pair);
		assert_int_equal(pair.driver.events[RPMSG_LINK_UP], i);
		rpmsg_restart(&pair.driver.rdev);
		pair_settle(&pair);
		assert_int_equal(pair.device.events[RPMSG_LINK_DOWN], i);
		pair_expect_works(&pair);
	}
}

/* A device that offers event indices, and whatever else: what we do not implement is not accepted. */
static void a_driver_accepts_only_features_that_it_implements(void **state)
{
	(void)state;
	pair_init(&pair);
	rpmsg_poll(&pair.driver.rdev, 16);
	rpmsg_poll(&pair.device.rdev, 16); /* has echoed */
	virtio_device_line(&pair.driver.port.region)->features = 0xffffffff;
	pair_settle(&pair);
	assert_int_equal(pair_table(&pair)->vdev.dfeatures, 0xffffffff);
	assert_int_equal(pair_table(&pair)->vdev.gfeatures, VIRTIO_RPMSG_F_NS);
	pair_expect_works(&pair);
}

static void the_link_of_usual_sizes_fits_the_memory_it_names(void **state)
{
	static struct weft_link link;
	struct weft_port port;

	(void)state;
	pair_up(&pair);
	port = pair.driver.port;
	port.region.size = WEFT_LINK_SIZE;
	assert_int_equal(weft_link_open(&link, &port, &weft_shm_driver, NULL), 0);
	port.region.size = VIRTIO_LAYOUT_SIZE(WEFT_LINK_BUFFERS, WEFT_LINK_BUF_SIZE, 64u);
	assert_int_equal(weft_link_open(&link, &port, &weft_shm_driver, NULL), 0);
	port.region.size--;
	assert_int_equal(weft_link_open(&link, &port, &weft_shm_driver, NULL), RPMSG_ERR_PARAM);
	port.region.size = 0;
	assert_int_equal(weft_link_open(&link, &port, &weft_shm_driver, NULL), RPMSG_ERR_PARAM);
	port.region.base++;
	assert_int_equal(weft_link_open(&link, &port, &weft_shm_device, NULL), RPMSG_ERR_PARAM);
}

static void on_name(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	(void)rdev;
	(void)name;
	(void)dest;
}

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)event;
	(void)detail;
	(void)priv;
}

static void the_link_of_usual_sizes_does_as_its_config_says(void **state)
{
	static struct weft_link link;
	struct weft_link_config config = {
		.ns_bind_cb = on_name, .event = on_event, .priv = &link, .polled_by = RPMSG_POLLED_BY_BUSY
	};

	(void)state;
	pair_init(&pair);
	assert_int_equal(weft_link_open(&link, &pair.driver.port, &weft_shm_driver, &config), 0);
	assert_ptr_equal(link.rdev.ns_bind_cb, on_name);
	assert_ptr_equal(link.rdev.event_cb, on_event);
	assert_ptr_equal(link.rdev.priv, &link);
	assert_int_equal(link.rdev.polled_by, RPMSG_POLLED_BY_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_link_comes_up_and_carries_messages_both_ways),
		cmocka_unit_test(a_restarted_device_is_taken_back),
		cmocka_unit_test(a_restarted_driver_is_followed),
		cmocka_unit_test(nobody_touches_a_ring_before_the_device_has_echoed),
		cmocka_unit_test(a_driver_whose_boot_clears_the_memory_is_followed),
		cmocka_unit_test(a_driver_may_start_anew_when_its_owner_likes),
		cmocka_unit_test(a_driver_accepts_only_features_that_it_implements),
		cmocka_unit_test(the_link_of_usual_sizes_fits_the_memory_it_names),
		cmocka_unit_test(the_link_of_usual_sizes_does_as_its_config_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
