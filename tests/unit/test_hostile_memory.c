/* SPDX-License-Identifier: Apache-2.0 */
/* Garbage in the head page and the rings, by the thousand: nobody crashes, hangs or writes outside, and when who wrote
 * it has rebooted and the driver has started anew, every buffer is there. A failure prints the seed. */
#include "unit/pair.h"

#define RUNS 3000u
#define ANY RPMSG_ADDR_ANY

static struct pair pair;
static struct rpmsg_endpoint ept[2]; /* of driver and device, at 77, waiting for a name */

static uint32_t random_state;
static uint32_t running; /* the seed */

static uint32_t random_u32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static uint32_t below(uint32_t n)
{
	return random_u32() % n;
}

/* Whatever comes lies in the region, and is read to its end. */
static int read_all(struct rpmsg_endpoint *whose, void *data, size_t len, uint32_t src, void *priv)
{
	const uint8_t *bytes = (const uint8_t *)data;
	uint32_t sum = src;

	(void)priv;
	assert_true(bytes >= pair.memory && len <= (size_t)(pair.memory + PAIR_REGION - bytes));
	for (size_t i = 0; i < len; i++)
		sum += bytes[i];
	if (below(8) == 0)
		rpmsg_hold_rx_buffer(whose, data);
	return sum % 2u == 0 ? RPMSG_SUCCESS : RPMSG_ERR_PARAM;
}

static struct core *core_at(int i)
{
	return i == 0 ? &pair.driver : &pair.device;
}

static void create(int i)
{
	assert_int_equal(rpmsg_create_ept(&ept[i], &core_at(i)->rdev, "loom", 77, ANY, read_all, NULL), 0);
}

/* Where a lie matters: the head page, the rings, the headers of the buffers. */
static uint32_t target(const struct virtio_layout *layout)
{
	const uint32_t rings = layout->buffers[0];

	switch (below(4)) {
	case 0:
		return below(VIRTIO_HEAD_SIZE);
	case 1:
		return layout->vring[below(2)] + below(262);
	case 2:
		return rings + below(2 * PAIR_NUM) * PAIR_BUF_SIZE + below(16);
	default:
		return below(rings);
	}
}

/* Small numbers and near misses say more than noise. */
static uint32_t value(uint32_t old)
{
	switch (below(6)) {
	case 0:
		return below(20);
	case 1:
		return old + below(5) - 2u;
	case 2:
		return old ^ (1u << below(32));
	case 3:
		return PAIR_ADDRESS + below(PAIR_REGION);
	case 4:
		return 0;
	default:
		return random_u32();
	}
}

static void scribble(void)
{
	struct virtio_layout layout;
	uint32_t old;

	virtio_layout_compute(&pair.layout, &layout);
	for (uint32_t n = 1 + below(12); n > 0; n--) {
		uint32_t at = target(&layout) & ~(below(2) * 3u);
		uint32_t size = 1u << below(3);

		memcpy(&old, pair.memory + at, sizeof old);
		uint32_t now = value(old);
		memcpy(pair.memory + at, &now, size);
	}
}

static void live(int i)
{
	struct core *core = core_at(i);

	for (uint32_t n = below(6); n > 0; n--)
		rpmsg_trysendto(&ept[i], "weft", (int)below(5), 77);
	if (below(4) == 0)
		rpmsg_get_tx_payload_buffer(&ept[i], NULL, 0);
	if (below(8) == 0)
		rpmsg_wait(&core->rdev, 10);
	if (below(16) == 0)
		rpmsg_restart(&core->rdev);
	assert_in_range(rpmsg_poll(&core->rdev, 1 + below(16)), 0, 16);
}

/* Who is left with what the other did: bit 0 the driver, bit 1 the device. */
static void suffer(unsigned victims)
{
	for (uint32_t turns = 4 + below(30); turns > 0; turns--) {
		if (below(2) == 0)
			scribble();
		for (int i = 0; i < 2; i++) {
			if (victims & (1u << i))
				live(i);
		}
	}
}

/* What is still held or lent goes back: it is not for the link to guess. */
static void let_go(int i)
{
	assert_int_equal(rpmsg_destroy_ept(&ept[i]), 0);
}

static void run(unsigned victims)
{
	pair_up(&pair);
	create(0);
	create(1);
	pair_settle(&pair);
	suffer(victims);

	int reboots = (victims & 2u) == 0 ? 1 : 0; /* the liar; when both suffered, the driver's core */
	pair_boot(core_at(reboots));
	rpmsg_restart(&pair.driver.rdev);
	pair_settle(&pair);
	rpmsg_restart(&pair.driver.rdev); /* what it had agreed to before it looked again */
	pair_settle(&pair);
	let_go(1 - reboots);
	pair_settle(&pair);
	pair_expect_works(&pair);
}

static int print_seed(void **state)
{
	(void)state;
	if (running != 0)
		print_error("seed %u\n", running);
	running = 0;
	return 0;
}

static void run_all(unsigned victims)
{
	for (uint32_t seed = 1; seed <= RUNS; seed++) {
		random_state = seed * 2654435761u;
		running = seed;
		run(victims);
	}
	running = 0;
}

static void a_driver_survives_what_a_device_scribbles(void **state)
{
	(void)state;
	run_all(1);
}

static void a_device_survives_what_a_driver_scribbles(void **state)
{
	(void)state;
	run_all(2);
}

static void both_survive_what_a_third_scribbles(void **state)
{
	(void)state;
	run_all(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_driver_survives_what_a_device_scribbles, print_seed),
		cmocka_unit_test_teardown(a_device_survives_what_a_driver_scribbles, print_seed),
		cmocka_unit_test_teardown(both_survive_what_a_third_scribbles, print_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
