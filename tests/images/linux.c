/* SPDX-License-Identifier: Apache-2.0 */
/* Linux sees the memory; the core sees images of the region and of its resource table, in which it never stores. When
 * Linux begins anew both rings have two writers for a while: it zeroes them, and the core has lines of theirs that it
 * stored to before. */
#include "images/linux.h"

#include "images/images.h"
#include "unit/kernel.h"

#define NUM 16u /* either ring has more than one line */
#define BUFFERS_SIZE (NUM * KERNEL_BUF_SIZE)
#define REGION (KERNEL_BUFFERS + 3u * BUFFERS_SIZE) /* for buffers of two lives: those of the second begin one on */
#define TABLE 192u                                  /* lines of any length that hold it */
#define LIVES 40u
#define STEPS 60u
#define TURNS_MAX 10000u
#define CORE 77u
#define LINUX 0x400u

static struct kernel kernel;
static _Alignas(256) uint8_t views[2][REGION];
static _Alignas(256) uint8_t loaded[2][REGION];
static struct image region;
static struct image table;

/* Between two operations on a cache; a chance is one in so many, 0: never. */
static const struct weather {
	const char *name;
	uint32_t evict;
	uint32_t prefetch;
	uint32_t meddle; /* Linux takes and sends */
} weathers[] = {
	{ "keeps all", 0, 0, 0 },     { "keeps all, and Linux is quick", 0, 0, 3 },
	{ "keeps nothing", 1, 1, 3 }, { "writes back", 1, 0, 7 },
	{ "prefetches", 0, 1, 7 },    { "seldom does anything", 40, 40, 7 },
};
static const struct weather *weather = &weathers[0];
static uint32_t random_state;
static bool settling; /* nothing more is sent */

static struct rpmsg_endpoint ept;
static uint8_t *loan;
static uint32_t room;
static void *held;
/* Of this life: what either has sent and heard, and in all. */
static uint32_t core_sent, core_heard, linux_sent, linux_heard;
static uint32_t total;

static uint32_t draw(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(random_state >> 8) * n) >> 24);
}

static bool chance(uint32_t one_in)
{
	return one_in != 0 && draw(one_in) == 0;
}

/* ---- Messages: each is full of its number ---- */

static uint32_t length_of(uint32_t number)
{
	return 4u + number * 37u % (KERNEL_MTU - 3u);
}

static void fill(uint8_t *data, uint32_t number)
{
	memset(data, (int)(number * 7u + 1u), length_of(number));
	memcpy(data, &number, sizeof number);
}

static void expect_filled(const void *data, uint32_t number, size_t len)
{
	uint8_t wanted[KERNEL_MTU];

	fill(wanted, number);
	assert_int_equal(len, length_of(number));
	assert_memory_equal(data, wanted, len);
}

static void linux_hears(void)
{
	kernel_work(&kernel);
	for (unsigned i = 0; i < kernel.received; i++) {
		assert_int_equal(kernel.inbox[i].dst, LINUX);
		expect_filled(kernel.inbox[i].data, linux_heard++, kernel.inbox[i].len);
	}
	total += kernel.received;
	kernel.received = 0;
}

/* Who has heard of nobody sends to nobody. */
static void linux_sends(void)
{
	uint8_t data[KERNEL_MTU];

	if (kernel_channel(&kernel, "thread") == 0)
		return;
	fill(data, linux_sent);
	linux_sent += kernel_send(&kernel, LINUX, CORE, data, length_of(linux_sent)) == 0;
}

static int core_hears(struct rpmsg_endpoint *to, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	assert_int_equal(src, LINUX);
	expect_filled(data, core_heard++, len);
	total++;
	if (held == NULL && draw(4) == 0) {
		assert_int_equal(rpmsg_hold_rx_buffer(to, data), RPMSG_SUCCESS);
		held = data;
	}
	return RPMSG_SUCCESS;
}

static void core_sends(void)
{
	uint8_t data[KERNEL_MTU];

	fill(data, core_sent);
	core_sent += rpmsg_trysendto(&ept, data, (int)length_of(core_sent), LINUX) > 0;
}

static void core_borrows(void)
{
	if (loan != NULL)
		return;
	loan = (uint8_t *)rpmsg_get_tx_payload_buffer(&ept, &room, 0);
	if (loan != NULL)
		memset(loan, 0xa5, room);
}

static void core_sends_loan(void)
{
	if (loan == NULL)
		return;
	fill(loan, core_sent);
	if (rpmsg_sendto_nocopy(&ept, loan, (int)length_of(core_sent), LINUX) > 0)
		core_sent++;
	loan = NULL;
}

static void core_lets_go(void)
{
	if (loan != NULL)
		rpmsg_release_tx_buffer(&ept, loan);
	if (held != NULL)
		rpmsg_release_rx_buffer(&ept, held);
	loan = NULL;
	held = NULL;
}

/* ---- Life ---- */

static void event(struct rpmsg_device *rdev, enum rpmsg_event what, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)detail;
	(void)priv;
	assert_true(what == RPMSG_LINK_UP || what == RPMSG_LINK_DOWN);
	core_sent = 0;
	core_heard = 0;
	loan = NULL;
	held = NULL;
}

/* Any line may go at any time, and Linux does something meanwhile. */
static void between(struct image *image, void *context)
{
	(void)context;
	for (int i = 0; i < 8; i++) {
		uint32_t at = draw(image->size);

		if (chance(image_dirty(image, at) ? weather->evict : weather->prefetch))
			image_evict(image, at);
	}
	if (!chance(weather->meddle))
		return;
	linux_hears();
	if (!settling)
		linux_sends();
}

static void begin(uint32_t seed, const struct weather *with)
{
	random_state = seed;
	weather = &weathers[0];
	kernel_init(&kernel, NUM);
	images_reset();
	image_open(&region, kernel.memory, views[0], loaded[0], REGION, WEFT_CACHE_LINE);
	image_open(&table, (uint8_t *)&kernel.table, views[1], loaded[1], TABLE, WEFT_CACHE_LINE);
	kernel.region = (struct weft_region){ views[0], KERNEL_ADDRESS, REGION };
	kernel.vdev = (volatile struct rsc_vdev *)(void *)(views[1] + offsetof(struct kernel_table, vdev));
	kernel_boot_core(&kernel);
	kernel.rdev.event_cb = event;
	assert_int_equal(rpmsg_create_ept(&ept, &kernel.rdev, "thread", CORE, RPMSG_ADDR_ANY, core_hears, NULL), 0);
	weather = with;
	region.between = between;
	table.between = between;
}

/* Its buffers are elsewhere in each life: what the core filled in the last one, Linux may fill in this. */
static void linux_begins_anew(void)
{
	linux_hears(); /* what came while the core slept */
	kernel_unbind(&kernel);
	linux_sent = 0;
	linux_heard = 0;
	kernel.buffers = kernel.buffers == KERNEL_BUFFERS ? KERNEL_BUFFERS + BUFFERS_SIZE : KERNEL_BUFFERS;
	kernel_bind(&kernel);
}

static void settle(void)
{
	unsigned turns = 0;

	core_lets_go();
	settling = true;
	for (unsigned quiet = 0; quiet < 8; turns++) {
		assert_true(turns < TURNS_MAX);
		int count = rpmsg_poll(&kernel.rdev, 4);

		linux_hears();
		quiet = count == 0 && linux_heard == core_sent && core_heard == linux_sent ? quiet + 1 : 0;
		core_lets_go();
	}
	settling = false;
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_buffers_out(&kernel.rdev), 0);
	assert_int_equal(kernel.shm.transport.counters.violations, 0);
}

static void step_of_the_core(void)
{
	switch (draw(5)) {
	case 0:
		core_sends();
		break;
	case 1:
		core_borrows();
		break;
	case 2:
		core_sends_loan();
		break;
	case 3:
		core_lets_go();
		break;
	default:
		assert_int_equal(rpmsg_wait(&kernel.rdev, 10), RPMSG_SUCCESS);
	}
}

static void step(void)
{
	switch (draw(8)) {
	case 0:
		linux_sends();
		break;
	case 1:
		linux_hears();
		break;
	case 2:
	case 3:
		rpmsg_poll(&kernel.rdev, 4);
		break;
	default:
		step_of_the_core();
	}
}

void nothing_is_lost_between_linux_and_a_core_in_any_weather(void **state)
{
	for (size_t i = 0; i < sizeof weathers / sizeof weathers[0]; i++) {
		print_message("a cache that %s\n", weathers[i].name);
		begin(*(const uint32_t *)*state + (uint32_t)i, &weathers[i]);
		total = 0;
		for (unsigned life = 0; life < LIVES; life++) {
			linux_begins_anew();
			for (unsigned n = draw(4); n > 0; n--)
				step_of_the_core();
			settle();
			for (unsigned n = 0; n < STEPS; n++)
				step();
		}
		settle();
		assert_int_equal(kernel.shm.transport.counters.ups, LIVES);
		assert_true(total > LIVES * STEPS / 8);
	}
}

/* The worst moment for these lines to go: Linux has sent, and the core has not looked. */
void what_a_life_leaves_dirty_is_not_written_over_what_linux_sends(void **state)
{
	void *payload;

	begin(*(const uint32_t *)*state, &weathers[0]);
	linux_begins_anew();
	settle();
	while ((payload = rpmsg_get_tx_payload_buffer(&ept, &room, 0)) != NULL)
		memset(payload, 0xa5, room);
	assert_int_equal(rpmsg_buffers_out(&kernel.rdev), NUM);
	linux_begins_anew();
	while (kernel_channel(&kernel, "thread") == 0) {
		rpmsg_poll(&kernel.rdev, 4);
		linux_hears();
	}
	for (unsigned i = 0; i < NUM; i++)
		linux_sends();
	assert_int_equal(linux_sent, NUM);
	for (uint32_t at = 0; at < REGION; at += WEFT_CACHE_LINE)
		image_evict(&region, at);
	settle();
}
