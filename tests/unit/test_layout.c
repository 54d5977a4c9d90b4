/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything lies in the region, and what a region cannot be. */
#include "unit/pair.h"

static void a_vring_has_the_size_of_the_specification(void **state)
{
	/* virtio 1.x, 2.7 and legacy 2.4.2: align(16n + 2(3 + n)) + 6 + 8n. Without used_event n = 8 would be 148. */
	static const struct {
		uint16_t num;
		uint32_t align;
		uint32_t used_at;
		uint32_t size;
	} rows[] = {
		{ 1, 4, 24, 38 },     { 2, 4, 44, 66 },           { 2, 8, 48, 70 },
		{ 8, 4, 152, 222 },   { 8, 16, 160, 230 },        { 8, 64, 192, 262 },
		{ 16, 16, 304, 438 }, { 256, 4096, 8192, 10246 }, { 32768, 4, 589832, 851982 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(virtio_vring_size(rows[i].num, rows[i].align), rows[i].size);
		assert_int_equal(rows[i].used_at + 6u + 8u * rows[i].num, rows[i].size);
	}
}

/* Parts in the order of the address, each from its offset to its end. */
static void expect_no_overlap(const struct virtio_layout_config *config, const struct virtio_layout *layout)
{
	const uint32_t ring = virtio_vring_size(config->num, config->align);
	const uint32_t pool = config->num * config->buf_size;
	const uint32_t starts[] = { layout->vring[0], layout->vring[1], layout->buffers[0], layout->buffers[1],
		                    layout->size };
	const uint32_t sizes[] = { ring, ring, pool, pool };

	assert_true(starts[0] >= VIRTIO_HEAD_SIZE);
	for (int i = 0; i < 4; i++) {
		assert_true(starts[i] + sizes[i] <= starts[i + 1]);
		assert_true(starts[i + 1] - (starts[i] + sizes[i]) < config->align); /* and nothing is wasted */
		assert_int_equal(starts[i] % config->align, 0);
	}
}

/* What a generated header computes in #if is what is computed at run time. */
static void expect_constants(const struct virtio_layout_config *config, const struct virtio_layout *layout)
{
	const uint32_t num = config->num;
	const uint32_t align = config->align;

	assert_int_equal(VIRTIO_LAYOUT_VRING_SIZE(num, align), virtio_vring_size(config->num, align));
	assert_int_equal(VIRTIO_LAYOUT_VRING_0(align), layout->vring[0]);
	assert_int_equal(VIRTIO_LAYOUT_VRING_1(num, align), layout->vring[1]);
	assert_int_equal(VIRTIO_LAYOUT_BUFFERS_0(num, align), layout->buffers[0]);
	assert_int_equal(VIRTIO_LAYOUT_BUFFERS_1(num, config->buf_size, align), layout->buffers[1]);
	assert_int_equal(VIRTIO_LAYOUT_SIZE(num, config->buf_size, align), layout->size);
}

static void parts_are_aligned_and_do_not_overlap(void **state)
{
	static const uint32_t sizes[] = { 64, 68, 512, 1000, 4096, 65536 };
	struct virtio_layout layout;

	(void)state;
	for (uint32_t num = 2; num <= 32768; num *= 2) {
		for (uint32_t align = 16; align <= 65536; align *= 4) {
			for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
				struct virtio_layout_config config = { (uint16_t)num, sizes[i], align };

				if (sizes[i] > 0x40000000u / num / 4u)
					continue;
				uint32_t size = virtio_layout_compute(&config, &layout);
				assert_int_equal(size, layout.size);
				expect_no_overlap(&config, &layout);
				expect_constants(&config, &layout);
			}
		}
	}
}

static void a_description_out_of_bounds_has_no_layout(void **state)
{
	static const struct {
		const char *what;
		struct virtio_layout_config config;
		bool good;
	} rows[] = {
		{ "a usual one", { 8, 512, 64 }, true },
		{ "the smallest", { 2, 64, 16 }, true },
		{ "the most buffers", { 32768, 8192, 64 }, true },
		{ "a quarter of 4 GiB for the two directions", { 2, 0x08000000, 64 }, true },
		{ "one buffer more of that size", { 4, 0x08000000, 64 }, false },
		{ "no buffers", { 0, 512, 64 }, false },
		{ "one buffer", { 1, 512, 64 }, false },
		{ "three buffers", { 3, 512, 64 }, false },
		{ "65535 buffers", { 65535, 512, 64 }, false },
		{ "buffers without room", { 8, 0, 64 }, false },
		{ "no room for a name service message", { 8, 60, 64 }, false },
		{ "half a word", { 8, 514, 64 }, false },
		{ "all of 32 bits", { 8, 0xfffffffc, 64 }, false },
		{ "no alignment", { 8, 512, 0 }, false },
		{ "less than the ring's entries need", { 8, 512, 8 }, false },
		{ "no power of two", { 8, 512, 48 }, false },
		{ "more than a region's start has", { 8, 512, 131072 }, false },
	};
	struct virtio_layout layout;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if ((virtio_layout_compute(&rows[i].config, &layout) != 0) != rows[i].good)
			fail_msg("%s", rows[i].what);
	}
}

/* ---- What a transport refuses at once ---- */

static struct pair pair;

static void what_cannot_work_is_refused_when_it_starts(void **state)
{
	struct weft_shm_config good = {
		.role = &weft_shm_driver,
		.port = &pair.driver.port,
		.entries = pair.driver.entries,
		.layout = { .num = PAIR_NUM, .buf_size = PAIR_BUF_SIZE, .align = 64 },
	};
	struct weft_region *region = &pair.driver.port.region;
	struct virtio_layout layout;
	struct weft_shm shm;

	(void)state;
	pair_init(&pair);
	assert_int_equal(weft_shm_init(&shm, &good), 0);
	region->size = virtio_layout_compute(&good.layout, &layout);
	assert_int_equal(weft_shm_init(&shm, &good), 0);
	region->size--;
	assert_int_equal(weft_shm_init(&shm, &good), -1);
	region->size = PAIR_REGION;
	region->base += 8;
	assert_int_equal(weft_shm_init(&shm, &good), -1);
	region->base -= 8;
	region->address += 8;
	assert_int_equal(weft_shm_init(&shm, &good), -1);
	region->address -= 8;
	region->address += 16; /* aligned to 16, not to a cache line as the layout wants it */
	assert_int_equal(weft_shm_init(&shm, &good), -1);
	region->address -= 16;

	struct weft_shm_config bad[] = { good, good, good, good };
	bad[0].role = NULL;
	bad[1].port = NULL;
	bad[2].entries = NULL;
	bad[3].layout.num = 3;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(weft_shm_init(&shm, &bad[i]), -1);
}

static void a_region_may_end_with_the_last_buffer(void **state)
{
	struct virtio_layout layout;

	(void)state;
	pair_init(&pair);
	uint32_t size = virtio_layout_compute(&pair.layout, &layout);
	pair.driver.port.region.size = pair.device.port.region.size = size;
	memset(pair.memory + size, 0xa5, PAIR_REGION - size);
	pair_settle(&pair);
	pair_expect_works(&pair);
	for (uint32_t i = size; i < PAIR_REGION; i++)
		assert_int_equal(pair.memory[i], 0xa5);
}

/* The header's length has 16 bits. */
static void a_message_is_never_longer_than_its_header_can_say(void **state)
{
	static _Alignas(64) uint8_t memory[4 * 70000 + 4096];
	static const uint8_t bytes[70000];
	struct rpmsg_endpoint ept;

	(void)state;
	pair_init(&pair);
	for (int i = 0; i < 2; i++) {
		struct core *core = i == 0 ? &pair.driver : &pair.device;

		core->port.region = (struct weft_region){ memory, PAIR_ADDRESS, sizeof memory };
		core->shm.layout = (struct virtio_layout_config){ .num = 2, .buf_size = 70000, .align = 64 };
	}
	pair_settle(&pair);
	assert_int_equal(rpmsg_mtu(&pair.driver.rdev), 65535);
	assert_int_equal(rpmsg_mtu(&pair.device.rdev), 65535);
	assert_int_equal(rpmsg_create_ept(&ept, &pair.driver.rdev, NULL, 5, 5, NULL, NULL), 0);
	assert_int_equal(rpmsg_send(&ept, bytes, 65535), 65535);
	assert_int_equal(rpmsg_send(&ept, bytes, 65536), RPMSG_ERR_BUFF_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vring_has_the_size_of_the_specification),
		cmocka_unit_test(parts_are_aligned_and_do_not_overlap),
		cmocka_unit_test(a_description_out_of_bounds_has_no_layout),
		cmocka_unit_test(what_cannot_work_is_refused_when_it_starts),
		cmocka_unit_test(a_region_may_end_with_the_last_buffer),
		cmocka_unit_test(a_message_is_never_longer_than_its_header_can_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
