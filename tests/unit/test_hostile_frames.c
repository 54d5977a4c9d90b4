/* SPDX-License-Identifier: Apache-2.0 */
/* A liar at the other end of a whole link: a bad message is dropped and counted and the link goes on; a bad ring ends
 * the link until its driver starts anew. Neither loses a buffer. */
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY

static struct pair pair;
static struct core *liar;
static struct core *victim;
static struct rpmsg_endpoint receiver; /* the victim's, at 77 */
static struct inbox inbox;

/* side 0: the driver lies; 1: the device. */
static void connect(int side)
{
	pair_up(&pair);
	memset(&inbox, 0, sizeof inbox);
	liar = side == 0 ? &pair.driver : &pair.device;
	victim = liar->other;
	assert_int_equal(rpmsg_create_ept(&receiver, &victim->rdev, NULL, 77, ANY, inbox_cb, NULL), 0);
	receiver.priv = &inbox;
}

/* ---- Messages ---- */

enum fate { DELIVERED, UNKNOWN, BAD };

static const struct frame_row {
	const char *what;
	uint32_t src;
	uint32_t dst;
	uint16_t came;    /* bytes behind the header in the used entry; a driver's buffers always come whole */
	uint16_t claimed; /* by the header */
	enum fate fate;
	enum weft_check fault;
} frames[] = {
	{ "an honest one", 5, 77, 20, 20, DELIVERED, WEFT_CHECK_NONE },
	{ "shorter than what came", 5, 77, 20, 3, DELIVERED, WEFT_CHECK_NONE },
	{ "a full one", 5, 77, 496, 496, DELIVERED, WEFT_CHECK_NONE },
	{ "65535 bytes", 5, 77, 20, 65535, BAD, WEFT_CHECK_HEADER_LEN },
	{ "65520 bytes: 0 with the header, in 16 bits", 5, 77, 20, 65520, BAD, WEFT_CHECK_HEADER_LEN },
	{ "one byte more than a buffer", 5, 77, 496, 497, BAD, WEFT_CHECK_HEADER_LEN },
	{ "as long as a buffer", 5, 77, 496, 512, BAD, WEFT_CHECK_HEADER_LEN },
	{ "from any", ANY, 77, 20, 20, BAD, WEFT_CHECK_HEADER_SRC },
	{ "from the name service", 53, 77, 20, 20, DELIVERED, WEFT_CHECK_NONE },
	{ "from itself", 77, 77, 20, 20, DELIVERED, WEFT_CHECK_NONE },
	{ "to nobody", 5, 78, 20, 20, UNKNOWN, WEFT_CHECK_NONE },
	{ "to any", 5, ANY, 20, 20, UNKNOWN, WEFT_CHECK_NONE },
};

static void expect_fate(const struct frame_row *row, unsigned times)
{
	const unsigned delivered = row->fate == DELIVERED ? times : 0;
	const unsigned unknown = row->fate == UNKNOWN ? times : 0;
	const unsigned bad = row->fate == BAD ? times : 0;

	if (inbox.count != delivered || victim->rdev.counters.unknown != unknown ||
	    victim->shm.transport.counters.violations != bad || victim->events[RPMSG_BAD_MESSAGE] != bad)
		fail_msg("%s: %u delivered, %u unknown, %u violations", row->what, inbox.count,
		         (unsigned)victim->rdev.counters.unknown, (unsigned)victim->shm.transport.counters.violations);
	if (bad != 0 && victim->detail[RPMSG_BAD_MESSAGE] != row->fault)
		fail_msg("%s: for another reason", row->what);
	if (delivered != 0 && inbox.len != row->claimed)
		fail_msg("%s: with another length", row->what);
}

static void a_bad_message_is_dropped_and_counted_and_the_link_goes_on(void **state)
{
	static const uint8_t bytes[496];

	(void)state;
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
			const struct frame_row *row = &frames[i];

			connect(side);
			for (unsigned n = 1; n <= 5 * PAIR_NUM; n++) {
				pair_forge(liar, row->src, row->dst, bytes, row->came, row->claimed);
				pair_settle(&pair);
				expect_fate(row, n);
			}
			assert_int_equal(victim->shm.transport.counters.received, 5 * PAIR_NUM);
			pair_expect_works(&pair);
		}
	}
}

/* Only a device says how much it has written. */
static void a_header_is_held_against_what_came_not_against_the_buffer(void **state)
{
	static const uint8_t bytes[20];

	(void)state;
	connect(1);
	pair_forge(liar, 5, 77, bytes, 20, 21);
	pair_settle(&pair);
	assert_int_equal(inbox.count, 0);
	assert_int_equal(victim->detail[RPMSG_BAD_MESSAGE], WEFT_CHECK_HEADER_LEN);
	pair_expect_works(&pair);
}

static void reserved_words_and_flags_of_a_header_mean_nothing(void **state)
{
	static const uint32_t reserved = 0xdeadbeef;
	static const uint16_t flags = 0xffff;

	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		for (unsigned n = 1; n <= 3 * PAIR_NUM; n++) {
			struct weft_transport *transport = &liar->shm.transport;
			uint8_t *payload = transport->ops->get_tx(transport, liar);

			assert_true(transport->ops->send(transport, liar, payload, 4, 5, 77));
			memcpy(payload - 8, &reserved, 4);
			memcpy(payload - 2, &flags, 2);
			transport->ops->flush(transport);
			pair_settle(&pair);
			assert_int_equal(inbox.count, n);
			assert_int_equal(inbox.len, 4);
		}
		pair_expect_works(&pair);
	}
}

/* A message without a payload costs its sender nothing, and us no more than the turn. */
static void a_flood_of_empty_messages_stores_nothing(void **state)
{
	static const uint32_t to[] = { 77, 78, RPMSG_NS_EPT_ADDR, ANY };

	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		for (unsigned i = 0; i < 10000; i++) {
			pair_forge(liar, 5, to[i % 4u], "", 0, 0);
			assert_int_equal(rpmsg_poll(&victim->rdev, 1), 1);
			assert_int_equal(rpmsg_buffers_out(&victim->rdev), 0);
			rpmsg_poll(&liar->rdev, 16);
		}
		assert_int_equal(inbox.count, 2500);
		assert_int_equal(victim->rdev.counters.unknown, 5000);
		assert_int_equal(victim->rdev.counters.bad_name, 2500);
		assert_int_equal(victim->rdev.channel_count, 0);
		pair_expect_works(&pair);
	}
}

/* ---- Rings ---- */

static void offer(int ring, uint16_t id)
{
	struct vring vring = pair_vring(&pair, ring);

	vring_avail_ring(vring.avail)[vring.avail->idx % PAIR_NUM] = id;
	vring.avail->idx++;
}

static void give(int ring, uint32_t id, uint32_t len)
{
	struct vring vring = pair_vring(&pair, ring);

	vring_used_ring(vring.used)[vring.used->idx % PAIR_NUM] = (struct vring_used_elem){ id, len };
	vring.used->idx++;
}

static void offer_60000(void)
{
	offer(1, 60000);
}

static void offer_outside(void)
{
	pair_vring(&pair, 1).desc[5].addr = PAIR_ADDRESS + PAIR_REGION;
	offer(1, 5);
}

static void offer_a_chain(void)
{
	pair_vring(&pair, 1).desc[5].flags = 1;
	offer(1, 5);
}

static void offer_a_hundred(void)
{
	pair_vring(&pair, 1).avail->idx = 100;
}

/* The device has taken descriptor 0 of this ring to learn the MTU; the next are those that it sends in. */
static void post_outside(void)
{
	for (int i = 0; i < (int)PAIR_NUM; i++)
		pair_vring(&pair, 0).desc[i].addr = 0x1000;
}

static void post_short(void)
{
	for (int i = 0; i < (int)PAIR_NUM; i++)
		pair_vring(&pair, 0).desc[i].len = 508;
}

static void post_twice(void)
{
	for (int i = 0; i < (int)PAIR_NUM; i++)
		vring_avail_ring(pair_vring(&pair, 0).avail)[i] = 3;
}

static void return_60000(void)
{
	give(0, 60000, 100);
}

static void return_less_than_a_header(void)
{
	give(0, 3, 15);
}

static void return_more_than_a_buffer(void)
{
	give(0, 3, 513);
}

static void return_twice(void)
{
	static const uint8_t header[16] = { 5, 0, 0, 0, 77 };
	struct virtio_layout layout;

	virtio_layout_compute(&pair.layout, &layout);
	memcpy(pair.memory + layout.buffers[0] + 3 * PAIR_BUF_SIZE, header, sizeof header);
	give(0, 3, 16);
	give(0, 3, 16);
	inbox.hold = true; /* the first is still in our hands when the second comes */
}

static void return_what_was_not_sent(void)
{
	give(1, 3, 512);
}

static void return_a_thousand(void)
{
	pair_vring(&pair, 1).used->idx = 1000;
}

static const struct ring_row {
	const char *what;
	void (*lie)(void);
	int side; /* who lies: 0 the driver, 1 the device */
	enum weft_check fault;
} rings[] = {
	{ "offers descriptor 60000", offer_60000, 0, WEFT_CHECK_RING_ID },
	{ "offers a buffer outside", offer_outside, 0, WEFT_CHECK_DESC_RANGE },
	{ "offers a chain", offer_a_chain, 0, WEFT_CHECK_DESC_FLAGS },
	{ "offers a hundred of eight", offer_a_hundred, 0, WEFT_CHECK_RING_DISTANCE },
	{ "posts buffers outside", post_outside, 0, WEFT_CHECK_DESC_RANGE },
	{ "posts a shorter buffer", post_short, 0, WEFT_CHECK_DESC_LEN },
	{ "posts one buffer twice", post_twice, 0, WEFT_CHECK_RING_TWICE },
	{ "returns descriptor 60000", return_60000, 1, WEFT_CHECK_RING_ID },
	{ "has written less than a header", return_less_than_a_header, 1, WEFT_CHECK_USED_LEN },
	{ "has written more than a buffer", return_more_than_a_buffer, 1, WEFT_CHECK_USED_LEN },
	{ "returns one buffer twice", return_twice, 1, WEFT_CHECK_RING_TWICE },
	{ "returns what was not sent", return_what_was_not_sent, 1, WEFT_CHECK_RING_TWICE },
	{ "returns a thousand of eight", return_a_thousand, 1, WEFT_CHECK_RING_DISTANCE },
};

/* Borrows all that there is, and receives: sooner or later the lie is met. */
static void use(struct core *core)
{
	for (int i = 0; i < 3; i++) {
		while (rpmsg_get_tx_payload_buffer(&receiver, NULL, 0) != NULL) {
		}
		rpmsg_poll(&core->rdev, 16);
	}
}

static void a_lie_in_a_ring_ends_the_link_until_its_driver_starts_anew(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rings / sizeof rings[0]; i++) {
		const struct ring_row *row = &rings[i];

		connect(row->side);
		const uint32_t *flags = &virtio_device_line(&pair.device.port.region)->flags;
		row->lie();
		use(victim);
		if (victim->events[RPMSG_LINK_ERROR] != 1 || victim->detail[RPMSG_LINK_ERROR] != row->fault)
			fail_msg("%s: %s", row->what, weft_check_name(victim->detail[RPMSG_LINK_ERROR]));
		assert_int_equal(victim->events[RPMSG_LINK_DOWN], 1);
		assert_int_equal(victim->shm.transport.counters.violations, 1);
		assert_int_equal(rpmsg_buffers_out(&victim->rdev), 0);
		assert_int_equal(*flags, row->side == 0 ? VIRTIO_LINE_NEEDS_RESET : 0);
		pair_settle(&pair);
		assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_ERROR);
		assert_int_equal(pair.driver.events[RPMSG_LINK_ERROR], 1);
		assert_int_equal(rpmsg_trysendto(&receiver, "weft", 4, 99), RPMSG_ERR_DEV_STATE);

		rpmsg_restart(&pair.driver.rdev);
		inbox.hold = false;
		pair_settle(&pair);
		pair_expect_works(&pair);
		assert_int_equal(victim->events[RPMSG_LINK_ERROR], 1);
		assert_int_equal(*flags, 0);
	}
}

/* Between the driver's DRIVER_OK and the device's first look. */
static void a_first_buffer_that_cannot_be_ends_the_link_before_it_is_up(void **state)
{
	(void)state;
	pair_init(&pair);
	rpmsg_poll(&pair.driver.rdev, 16);
	rpmsg_poll(&pair.device.rdev, 16);
	rpmsg_poll(&pair.driver.rdev, 16);
	pair_vring(&pair, 0).desc[0].len = 8;
	pair_settle(&pair);
	assert_int_equal(pair.device.detail[RPMSG_LINK_ERROR], WEFT_CHECK_DESC_LEN);
	assert_int_equal(pair.device.events[RPMSG_LINK_UP], 0);
	assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_ERROR);
	rpmsg_restart(&pair.driver.rdev);
	pair_settle(&pair);
	pair_expect_works(&pair);
}

static void who_sleeps_on_a_broken_ring_wakes_and_looks(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		if (side == 0)
			offer_60000();
		else
			return_60000();
		victim->relaxed = 0;
		assert_int_equal(rpmsg_wait(&victim->rdev, 1000000), 0);
		assert_int_equal(victim->relaxed, 0);
		rpmsg_poll(&victim->rdev, 16);
		rpmsg_poll(&victim->rdev, 16);
		assert_int_equal(rpmsg_link(&victim->rdev), WEFT_LINK_ERROR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_message_is_dropped_and_counted_and_the_link_goes_on),
		cmocka_unit_test(a_header_is_held_against_what_came_not_against_the_buffer),
		cmocka_unit_test(reserved_words_and_flags_of_a_header_mean_nothing),
		cmocka_unit_test(a_lie_in_a_ring_ends_the_link_until_its_driver_starts_anew),
		cmocka_unit_test(a_first_buffer_that_cannot_be_ends_the_link_before_it_is_up),
		cmocka_unit_test(who_sleeps_on_a_broken_ring_wakes_and_looks),
		cmocka_unit_test(a_flood_of_empty_messages_stores_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
