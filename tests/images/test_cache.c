/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime on cores whose caches are not coherent: what is stored reaches the peer because it was written back, what
 * is loaded is new because the line was dropped, and no line has two writers.
 *
 * The moments are drawn from a seed, which is printed; WEFT_SEED=<seed> draws the same again. */
#include <stdio.h>
#include <stdlib.h>

#include "images/cores.h"
#include "images/linux.h"
#include "virtio/checks.h"
#include "virtio/queue.h"
#include "virtio/table.h"

#define ROUNDS 40u
#define STEPS 100u

static uint32_t seed = 1;
static struct cores cores;

/* A cache that keeps all for ever shows what is not written back or not dropped; one that keeps nothing for long,
 * what is written back or looked at too early, and lines with two writers. */
static const struct weather {
	const char *name;
	uint32_t evict;
	uint32_t prefetch;
	uint32_t meddle;
	bool sleepy;
} weathers[] = {
	{ "keeps all", 0, 0, 0, false },
	{ "keeps all, and the other core is quick", 0, 0, 3, false },
	{ "keeps all, of a core that is woken", 0, 0, 0, true },
	{ "keeps nothing", 1, 1, 3, false },
	{ "writes back", 1, 0, 7, false },
	{ "prefetches", 0, 1, 7, false },
	{ "seldom does anything", 40, 40, 7, false },
	{ "seldom does anything, of a core that is woken", 40, 40, 3, true },
};

static void set_weather(const struct weather *weather)
{
	cores.evict = weather->evict;
	cores.prefetch = weather->prefetch;
	cores.meddle = weather->meddle;
}

static struct core *any_core(void)
{
	return cores_draw(&cores, 2) == 0 ? &cores.driver : &cores.device;
}

static void step(void)
{
	struct core *core = any_core();

	switch (cores_draw(&cores, 10)) {
	case 0:
	case 1:
		cores_send(core);
		break;
	case 2:
		cores_borrow(core);
		break;
	case 3:
		cores_send_loan(core);
		break;
	case 4:
		cores_drop_loan(core);
		break;
	case 5:
		cores_release(core);
		break;
	case 6:
		cores_call(&cores.driver);
		break;
	default:
		cores_poll(core);
	}
	cores_expect_dirt_in_place(&cores.driver);
	cores_expect_dirt_in_place(&cores.device);
}

/* Both may be in the middle of anything, with lines of theirs not written back. */
static void something_ends(void)
{
	switch (cores_draw(&cores, 6)) {
	case 0:
		image_crash(&cores.driver.image);
		cores_boot(&cores.driver);
		break;
	case 1:
		image_crash(&cores.device.image);
		cores_boot(&cores.device);
		break;
	case 2: /* opened anew by the same image, with another layout: its cache is full of the last life */
		cores.layout = 1u - cores.layout;
		cores_boot(&cores.driver);
		break;
	case 3:
		cores_boot(&cores.device);
		break;
	case 4:
		rpmsg_restart(&cores.driver.rdev);
		cores.driver.rung = true;
		break;
	default:
		break; /* the next round goes on with this life */
	}
}

static void nothing_is_lost_stale_or_overwritten_in_any_weather(void **state)
{
	const struct core_counts *driver = &cores.driver.counts;
	const struct core_counts *device = &cores.device.counts;

	(void)state;
	for (size_t i = 0; i < sizeof weathers / sizeof weathers[0]; i++) {
		print_message("a cache that %s\n", weathers[i].name);
		cores_init(&cores, seed + (uint32_t)i, weathers[i].sleepy);
		set_weather(&weathers[i]);
		for (unsigned round = 0; round < ROUNDS; round++) {
			cores_settle(&cores);
			for (unsigned n = 0; n < STEPS; n++)
				step();
			something_ends();
		}
		cores_settle(&cores);
		/* All of it has happened, to both. */
		assert_true(driver->received > ROUNDS && device->received > ROUNDS);
		assert_true(driver->held > ROUNDS / 4 && device->held > ROUNDS / 4);
		assert_true(driver->lent_sent > ROUNDS / 4 && device->lent_sent > ROUNDS / 4);
		assert_true(driver->lent_dropped > ROUNDS / 4 && device->lent_dropped > ROUNDS / 4);
		assert_true(driver->lent_lost > 0 && device->lent_lost > 0);
		assert_true(weathers[i].sleepy || driver->calls > ROUNDS);
		assert_true(driver->ups > ROUNDS / 4);
	}
}

/* With every buffer, read and held, and a cache that would show it. */
static void a_received_buffer_is_never_dirty(void **state)
{
	(void)state;
	cores_init(&cores, seed, false);
	cores_settle(&cores);
	for (int side = 0; side < 2; side++) {
		struct core *from = side == 0 ? &cores.driver : &cores.device;

		for (unsigned i = 0; i < 4u * CORES_NUM; i++) {
			cores_send(from);
			cores_poll(from->other);
			cores_release(from->other);
			cores_poll(from->other);
			cores_poll(from);
			for (uint32_t at = 0; at < CORES_REGION; at += WEFT_CACHE_LINE)
				assert_false(image_dirty(&from->other->image, at));
		}
		assert_true(from->other->counts.held > 0);
	}
}

static void evict_all(struct image *image)
{
	for (uint32_t at = 0; at < image->size; at += image->line)
		image_evict(image, at);
}

/* All buffers that a core can have are lent to it, and written to. */
static void borrow_all(struct core *core)
{
	uint32_t room;
	void *loan;

	while ((loan = rpmsg_get_tx_payload_buffer(&core->ept, &room, 0)) != NULL) {
		memset(loan, 0xa5, room);
		assert_true(image_dirty(&core->image, (uint32_t)((uint8_t *)loan - core->image.view)));
	}
	assert_int_equal(rpmsg_buffers_out(&core->rdev), cores_layouts[core->cores->layout].num);
}

/* Where those of the device were the next life has rings. The worst moment for their lines to go is when the driver has
 * laid these out and the device has not looked yet. */
static void what_a_life_leaves_dirty_is_not_written_into_the_next(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		struct core *core = side == 0 ? &cores.driver : &cores.device;

		cores_init(&cores, seed, false);
		cores_settle(&cores);
		borrow_all(core);
		cores.layout = 1;
		cores_boot(&cores.driver);
		cores_poll(&cores.driver); /* asks */
		cores_poll(&cores.device); /* echoes */
		cores_poll(&cores.driver); /* lays out, and is up */
		assert_int_equal(rpmsg_link(&cores.driver.rdev), WEFT_LINK_UP);
		assert_int_not_equal(rpmsg_link(&cores.device.rdev), WEFT_LINK_UP);
		evict_all(&core->image);
		cores_settle(&cores);
		cores_expect_dirt_in_place(core);
		evict_all(&core->image);
		for (unsigned i = 0; i < 2u * CORES_NUM; i++) {
			cores_send(&cores.driver);
			cores_send(&cores.device);
			cores_settle(&cores);
		}
	}
}

static void a_layout_whose_lines_have_two_writers_is_refused(void **state)
{
	static const struct {
		const char *what;
		struct virtio_layout_config config;
		bool good;
	} rows[] = {
		{ "whole lines", { 4, 4 * WEFT_CACHE_LINE, WEFT_CACHE_LINE }, true },
		{ "coarser", { 4, 8 * WEFT_CACHE_LINE, 4 * WEFT_CACHE_LINE }, true },
		{ "rings half a line apart", { 4, 4 * WEFT_CACHE_LINE, WEFT_CACHE_LINE / 2 }, false },
		{ "a buffer of half lines", { 4, 4 * WEFT_CACHE_LINE + WEFT_CACHE_LINE / 2, WEFT_CACHE_LINE }, false },
		{ "a buffer 4 bytes longer", { 4, 4 * WEFT_CACHE_LINE + 4, WEFT_CACHE_LINE }, false },
	};
	struct virtio_layout layout;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if ((virtio_layout_compute(&rows[i].config, &layout) != 0) != rows[i].good)
			fail_msg("%s", rows[i].what);
	}
}

static void a_region_of_half_lines_is_refused(void **state)
{
	const uint32_t half = WEFT_CACHE_LINE / 2;
	struct weft_shm_config config = { .layout = cores_layouts[0] };

	(void)state;
	for (unsigned row = 0; row < 8; row++) {
		cores_init(&cores, seed, false);
		struct core *core = row % 2 == 0 ? &cores.driver : &cores.device;
		struct weft_region *region = &core->port.region;

		config.role = core->shm.role;
		config.port = &core->port;
		config.entries = core->entries;
		region->size -= WEFT_CACHE_LINE;
		assert_int_equal(weft_shm_init(&core->shm, &config), 0);
		region->base += row / 2 == 1 ? half : 0;
		region->address += row / 2 == 2 ? half : 0;
		region->size -= row / 2 == 3 ? half : 0;
		assert_int_equal(weft_shm_init(&core->shm, &config), row / 2 == 0 ? 0 : -1);
	}
}

/* A driver that knows of no lines, or of shorter ones. */
static void a_table_whose_rings_share_lines_is_refused(void **state)
{
	const struct weft_region *driver = &cores.driver.port.region;
	struct virtio_layout layout;
	struct virtio_rings rings;

	(void)state;
	cores_init(&cores, seed, false);
	for (uint32_t align = 4; align <= 2u * WEFT_CACHE_LINE; align *= 2) {
		struct virtio_layout_config config = { 4, 256, align };

		layout.vring[0] = VIRTIO_HEAD_SIZE;
		layout.vring[1] = 2u * VIRTIO_HEAD_SIZE;
		virtio_table_write(driver, &config, &layout);
		assert_int_equal(virtio_table_read(&cores.device.port.region, CORES_NUM, &rings),
		                 align < WEFT_CACHE_LINE ? WEFT_CHECK_VRING_ALIGN : WEFT_CHECK_NONE);
	}
}

static int pop_of_a_buffer(bool fills, uint32_t at, uint32_t len, enum weft_check *fault)
{
	struct virtqueue_config config = {
		.role = &virtqueue_driver,
		.region = &cores.driver.port.region,
		.entries = cores.driver.entries,
		.offset = VIRTIO_HEAD_SIZE,
		.align = WEFT_CACHE_LINE,
		.num = 2,
		.device_writes = fills,
	};
	struct virtqueue driver;
	struct virtqueue device;
	struct virtqueue_buf buf;

	virtqueue_init(&driver, &config);
	virtqueue_lay(&driver, at, len);
	assert_int_equal(virtqueue_take(&driver, &buf), 1);
	virtqueue_push(&driver, buf.id, len);
	virtqueue_publish(&driver);
	config.role = &virtqueue_device;
	config.region = &cores.device.port.region;
	config.entries = cores.device.entries;
	virtqueue_init(&device, &config);
	int result = virtqueue_pop(&device, &buf);
	*fault = (enum weft_check)device.fault;
	return result;
}

static void a_buffer_that_shares_a_line_is_refused(void **state)
{
	static const struct {
		const char *what;
		uint32_t at;
		uint32_t len;
		bool fills;
		bool good;
	} rows[] = {
		{ "to fill, whole lines", 4096, 256, true, true },
		{ "to fill, from the middle of a line", 4096 + WEFT_CACHE_LINE / 2, 256, true, false },
		{ "to fill, from the fifth byte", 4096 + 4, 256, true, false },
		{ "to fill, to the middle of a line", 4096, 256 + WEFT_CACHE_LINE / 2, true, false },
		{ "to read, whole lines", 4096, 256, false, true },
		{ "to read, from the middle of a line", 4096 + WEFT_CACHE_LINE / 2, 256, false, false },
		{ "to read, as long as what was sent", 4096, 57, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum weft_check fault;

		cores_init(&cores, seed, false);
		int result = pop_of_a_buffer(rows[i].fills, rows[i].at, rows[i].len, &fault);
		if ((result == 1) != rows[i].good)
			fail_msg("%s: %d", rows[i].what, result);
		assert_int_equal(fault, rows[i].good ? WEFT_CHECK_NONE : WEFT_CHECK_DESC_ALIGN);
	}
}

int main(void)
{
	const char *given = getenv("WEFT_SEED");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_stale_or_overwritten_in_any_weather),
		cmocka_unit_test(a_received_buffer_is_never_dirty),
		cmocka_unit_test(what_a_life_leaves_dirty_is_not_written_into_the_next),
		cmocka_unit_test(a_layout_whose_lines_have_two_writers_is_refused),
		cmocka_unit_test(a_region_of_half_lines_is_refused),
		cmocka_unit_test(a_table_whose_rings_share_lines_is_refused),
		cmocka_unit_test(a_buffer_that_shares_a_line_is_refused),
		cmocka_unit_test_prestate(nothing_is_lost_between_linux_and_a_core_in_any_weather, &seed),
		cmocka_unit_test_prestate(what_a_life_leaves_dirty_is_not_written_over_what_linux_sends, &seed),
	};

	if (given != NULL)
		seed = (uint32_t)strtoul(given, NULL, 0);
	print_message("WEFT_SEED=%u, lines of %u bytes\n", seed, (unsigned)WEFT_CACHE_LINE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
