/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer may write into a ring, honest or not: one lie a row. Region [ADDRESS, ADDRESS + 4096), 8 descriptors
 * of 64 bytes (virtio 1.x, 2.7). */
#include "unit/queues.h"

#define BASE ((uint64_t)QUEUES_ADDRESS)
#define END (BASE + QUEUES_SIZE)
#define WRITE VRING_DESC_F_WRITE
#define NEXT 1u
#define INDIRECT 4u

static struct queues queues;

/* ---- The device reads what a driver wrote ---- */

static const struct offer_row {
	const char *what;
	uint32_t room; /* of an honest buffer before; 0: this is the first */
	uint16_t id;
	struct vring_desc desc;
	enum weft_check fault; /* NONE: it is taken */
} offers[] = {
	{ "an honest one", 64, 3, { BASE + 0x400, 64, WRITE, 0 }, WEFT_CHECK_NONE },
	{ "next means nothing without NEXT", 64, 3, { BASE + 0x400, 64, WRITE, 60000 }, WEFT_CHECK_NONE },
	{ "longer than the first", 64, 3, { BASE + 0x400, 68, WRITE, 0 }, WEFT_CHECK_NONE },
	{ "starts with the region", 64, 3, { BASE, 64, WRITE, 0 }, WEFT_CHECK_NONE },
	{ "ends with the region", 64, 3, { END - 64, 64, WRITE, 0 }, WEFT_CHECK_NONE },
	{ "ends one byte late", 64, 3, { END - 64, 65, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "starts four bytes early", 64, 3, { BASE - 4, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "ends where the region starts", 64, 3, { BASE - 64, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "starts where the region ends", 64, 3, { END, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "starts inside and is as long as the region", 64, 3, { BASE + 4, 4096, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "is the whole region", 64, 3, { BASE, 4096, WRITE, 0 }, WEFT_CHECK_NONE },
	{ "is the region and a byte", 64, 3, { BASE, 4097, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "address 0", 64, 3, { 0, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "an offset instead of an address", 64, 3, { 0x400, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "right in the low 32 bits only", 64, 3, { BASE + 0x100000400, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "address + length wraps into the region", 64, 3, { UINT64_MAX - 63, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "address + length is 0", 64, 3, { UINT64_MAX - 62, 64, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "length is all of 32 bits", 64, 3, { BASE, UINT32_MAX, WRITE, 0 }, WEFT_CHECK_DESC_RANGE },
	{ "offset + length wraps in 32 bits",
	  64,
	  3,
	  { BASE + 0x400, UINT32_MAX - 0x3ff, WRITE, 0 },
	  WEFT_CHECK_DESC_RANGE },
	{ "chained, never offered", 64, 3, { BASE + 0x400, 64, WRITE | NEXT, 4 }, WEFT_CHECK_DESC_FLAGS },
	{ "chained to itself", 64, 3, { BASE + 0x400, 64, WRITE | NEXT, 3 }, WEFT_CHECK_DESC_FLAGS },
	{ "indirect, never offered", 64, 3, { BASE + 0x400, 64, WRITE | INDIRECT, 0 }, WEFT_CHECK_DESC_FLAGS },
	{ "of the other direction", 64, 3, { BASE + 0x400, 64, 0, 0 }, WEFT_CHECK_DESC_FLAGS },
	{ "a flag that nobody knows", 64, 3, { BASE + 0x400, 64, WRITE | 0x8000, 0 }, WEFT_CHECK_DESC_FLAGS },
	{ "half a header", 0, 3, { BASE + 0x400, 8, WRITE, 0 }, WEFT_CHECK_DESC_LEN },
	{ "no length", 0, 3, { BASE + 0x400, 0, WRITE, 0 }, WEFT_CHECK_DESC_LEN },
	{ "a header and nothing more", 0, 3, { BASE + 0x400, 16, WRITE, 0 }, WEFT_CHECK_DESC_LEN },
	{ "a name service message less a byte", 0, 3, { BASE + 0x400, 55, WRITE, 0 }, WEFT_CHECK_DESC_LEN },
	{ "header and name service message", 0, 3, { BASE + 0x400, 56, WRITE, 0 }, WEFT_CHECK_NONE },
	{ "shorter than the first", 64, 3, { BASE + 0x400, 63, WRITE, 0 }, WEFT_CHECK_DESC_LEN },
	{ "one byte off a word", 64, 3, { BASE + 0x401, 64, WRITE, 0 }, WEFT_CHECK_DESC_ALIGN },
	{ "two bytes off a word", 64, 3, { BASE + 0x402, 64, WRITE, 0 }, WEFT_CHECK_DESC_ALIGN },
	{ "three bytes off a word", 64, 3, { BASE + 0x403, 64, WRITE, 0 }, WEFT_CHECK_DESC_ALIGN },
	{ "the last id", 64, 7, { BASE + 0x400, 64, WRITE, 0 }, WEFT_CHECK_NONE },
	{ "id is the ring's size", 64, 8, { BASE + 0x400, 64, WRITE, 0 }, WEFT_CHECK_RING_ID },
	{ "id 60000", 64, 60000, { BASE + 0x400, 64, WRITE, 0 }, WEFT_CHECK_RING_ID },
	{ "an id that we have", 64, 0, { BASE + 0x400, 64, WRITE, 0 }, WEFT_CHECK_RING_TWICE },
};

static void the_first_is_honest(uint32_t room)
{
	struct virtqueue_buf buf;

	if (room == 0)
		return;
	queues_offer(&queues, 0, (struct vring_desc){ BASE + 0x200, room, WRITE, 0 });
	assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
	assert_int_equal(buf.id, 0);
}

static void a_device_takes_what_lies_in_the_region_and_leaves_a_lie_where_it_is(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		const struct offer_row *row = &offers[i];

		queues_up(&queues, true);
		the_first_is_honest(row->room);
		queues_offer(&queues, row->id, row->desc);
		if (row->fault != WEFT_CHECK_NONE) {
			queues_expect_refusal(&queues, &queues.device, row->fault, row->what);
			continue;
		}
		EXPECT_EQ(virtqueue_pop(&queues.device, &buf), 1, row->what);
		EXPECT_EQ(buf.id, row->id, row->what);
		EXPECT_EQ(buf.len, row->desc.len, row->what);
		EXPECT_EQ(buf.data - queues.memory, row->desc.addr - BASE, row->what);
		EXPECT_EQ(virtqueue_pop(&queues.device, &buf), 0, row->what);
	}
}

static void the_first_buffer_says_what_room_all_have(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	the_first_is_honest(64);
	for (uint16_t id = 1; id < 4; id++) {
		queues_offer(&queues, id, (struct vring_desc){ BASE + 0x400u * id, id == 1 ? 128 : 64, WRITE, 0 });
		assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
	}
	virtqueue_free(&queues.device, 1);
	assert_int_equal(virtqueue_take(&queues.device, &buf), 1);
	assert_int_equal(buf.len, 64);
}

static void what_a_driver_sends_must_not_be_ours_to_write(void **state)
{
	(void)state;
	queues_up(&queues, false);
	queues_offer(&queues, 3, (struct vring_desc){ BASE + 0x400, 64, WRITE, 0 });
	queues_expect_refusal(&queues, &queues.device, WEFT_CHECK_DESC_FLAGS, "writable, driver to device");
}

/* Linux describes what it sends: header and payload, each message another length. */
static void what_a_driver_sends_may_be_as_short_as_a_header(void **state)
{
	static const uint32_t lens[] = { 64, 16, 17, 512 };
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, false);
	for (uint16_t id = 0; id < 4; id++) {
		queues_offer(&queues, id, (struct vring_desc){ BASE + 0x400u, lens[id], 0, 0 });
		assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
		assert_int_equal(buf.len, lens[id]);
	}
	queues_offer(&queues, 4, (struct vring_desc){ BASE + 0x400, 15, 0, 0 });
	queues_expect_refusal(&queues, &queues.device, WEFT_CHECK_DESC_LEN, "less than a header");
}

static void what_was_offered_before_the_lie_is_taken_first(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	queues_post(&queues, 3);
	queues_offer(&queues, 8, (struct vring_desc){ BASE, 64, WRITE, 0 });
	for (uint16_t i = 0; i < 3; i++) {
		assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
		assert_int_equal(buf.id, i);
	}
	queues_expect_refusal(&queues, &queues.device, WEFT_CHECK_RING_ID, "behind three honest ones");
	assert_int_equal(virtqueue_out(&queues.device), 3);
}

/* ---- The driver reads what a device wrote ---- */

static const struct return_row {
	const char *what;
	uint32_t id; /* 0 to 4 are with the device, 5 to 7 are not */
	uint32_t len;
	enum weft_check fault;
} returns[] = {
	{ "a full buffer", 3, 64, WEFT_CHECK_NONE },
	{ "a header", 3, 16, WEFT_CHECK_NONE },
	{ "less than a header", 3, 15, WEFT_CHECK_USED_LEN },
	{ "nothing", 3, 0, WEFT_CHECK_USED_LEN },
	{ "one byte more than the buffer", 3, 65, WEFT_CHECK_USED_LEN },
	{ "all of 32 bits", 3, UINT32_MAX, WEFT_CHECK_USED_LEN },
	{ "id is the ring's size", 8, 64, WEFT_CHECK_RING_ID },
	{ "id 60000", 60000, 64, WEFT_CHECK_RING_ID },
	{ "id is right in 16 bits only", 0x10003, 64, WEFT_CHECK_RING_ID },
	{ "id is all of 32 bits", UINT32_MAX, 64, WEFT_CHECK_RING_ID },
	{ "one that it never had", 5, 64, WEFT_CHECK_RING_TWICE },
};

static void a_driver_takes_what_it_posted_and_leaves_a_lie_where_it_is(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	for (size_t i = 0; i < sizeof returns / sizeof returns[0]; i++) {
		const struct return_row *row = &returns[i];

		queues_up(&queues, true);
		queues_post(&queues, 5);
		queues_return(&queues, row->id, row->len);
		if (row->fault != WEFT_CHECK_NONE) {
			queues_expect_refusal(&queues, &queues.driver, row->fault, row->what);
			continue;
		}
		EXPECT_EQ(virtqueue_pop(&queues.driver, &buf), 1, row->what);
		EXPECT_EQ(buf.id, row->id, row->what);
		EXPECT_EQ(buf.len, row->len, row->what);
		EXPECT_EQ(buf.data - queues.memory, QUEUES_BUFFERS + row->id * QUEUES_BUF_SIZE, row->what);
	}
}

static void a_buffer_given_twice_is_refused_by_either_side(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	queues_post(&queues, 5);
	assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
	queues_offer(&queues, buf.id, queues.desc[buf.id]);
	for (int i = 0; i < 4; i++)
		assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
	queues_expect_refusal(&queues, &queues.device, WEFT_CHECK_RING_TWICE, "offered twice");

	queues_return(&queues, 2, 64);
	queues_return(&queues, 2, 64);
	assert_int_equal(virtqueue_pop(&queues.driver, &buf), 1);
	queues_expect_refusal(&queues, &queues.driver, WEFT_CHECK_RING_TWICE, "returned twice");
}

static void a_buffer_that_the_driver_kept_is_not_returned(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, false);
	assert_int_equal(virtqueue_take(&queues.driver, &buf), 1); /* lent to somebody who fills it */
	queues_return(&queues, buf.id, 64);
	queues_post(&queues, 7); /* the unused ones */
	queues_expect_refusal(&queues, &queues.driver, WEFT_CHECK_RING_TWICE, "lent, not posted");
}

static void what_a_device_says_of_a_buffer_that_it_read_does_not_matter(void **state)
{
	static const uint32_t lens[] = { 0, 8, 64, 65, UINT32_MAX };
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, false);
	queues_post(&queues, 5);
	for (uint32_t i = 0; i < 5; i++) {
		queues_return(&queues, i, lens[i]);
		assert_int_equal(virtqueue_pop(&queues.driver, &buf), 1);
		assert_int_equal(buf.len, QUEUES_BUF_SIZE);
	}
}

/* ---- Either reads an index ---- */

static void an_index_runs_at_most_a_ring_ahead(void **state)
{
	static const struct {
		const char *what;
		uint16_t next;     /* what was taken before */
		uint16_t distance; /* what the index claims beyond */
		bool fault;
	} rows[] = {
		{ "a full ring", 0, 8, false },
		{ "one more than the ring", 0, 9, true },
		{ "one less than nothing", 0, 0xffff, true },
		{ "half of all", 0, 0x8000, true },
		{ "a full ring over the wrap", 0xfffb, 8, false },
		{ "one more than the ring over the wrap", 0xfffb, 9, true },
		{ "back over the wrap", 2, 0xfff8, true },
	};
	struct virtqueue_buf buf;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		queues_up(&queues, true);
		queues_post(&queues, 8);
		for (uint16_t slot = 0; slot < 8; slot++) /* every slot of either ring is honest */
			vring_used_ring(queues.used)[(rows[i].next + slot) % 8u] = (struct vring_used_elem){ slot, 64 };
		for (int side = 0; side < 2; side++) {
			struct virtqueue *vq = side == 0 ? &queues.device : &queues.driver;

			vq->next = vq->seen = rows[i].next;
			(side == 0 ? queues.avail : queues.used)->idx = (uint16_t)(rows[i].next + rows[i].distance);
			if (rows[i].fault)
				continue;
			for (int n = 0; n < 8; n++)
				EXPECT_EQ(virtqueue_pop(vq, &buf), 1, rows[i].what);
			EXPECT_EQ(virtqueue_pop(vq, &buf), 0, rows[i].what);
		}
		if (!rows[i].fault)
			continue;
		queues_expect_refusal(&queues, &queues.device, WEFT_CHECK_RING_DISTANCE, rows[i].what);
		queues.used->idx = (uint16_t)(rows[i].next + rows[i].distance);
		queues_expect_refusal(&queues, &queues.driver, WEFT_CHECK_RING_DISTANCE, rows[i].what);
	}
}

static void a_check_has_a_name_and_a_rule(void **state)
{
	(void)state;
	assert_string_equal(weft_check_name(WEFT_CHECK_RING_ID), "RING_ID");
	assert_string_equal(weft_check_rule(WEFT_CHECK_RING_ID), "a descriptor id is below the ring's size");
	assert_string_equal(weft_check_name(WEFT_CHECK_NONE), "NONE");
	assert_string_equal(weft_check_rule(WEFT_CHECK_NONE), "");
	assert_string_equal(weft_check_name(WEFT_CHECK_COUNT), "?");
	assert_string_equal(weft_check_rule(UINT32_MAX), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_takes_what_lies_in_the_region_and_leaves_a_lie_where_it_is),
		cmocka_unit_test(the_first_buffer_says_what_room_all_have),
		cmocka_unit_test(what_a_driver_sends_must_not_be_ours_to_write),
		cmocka_unit_test(what_a_driver_sends_may_be_as_short_as_a_header),
		cmocka_unit_test(what_was_offered_before_the_lie_is_taken_first),
		cmocka_unit_test(a_driver_takes_what_it_posted_and_leaves_a_lie_where_it_is),
		cmocka_unit_test(a_buffer_given_twice_is_refused_by_either_side),
		cmocka_unit_test(a_buffer_that_the_driver_kept_is_not_returned),
		cmocka_unit_test(what_a_device_says_of_a_buffer_that_it_read_does_not_matter),
		cmocka_unit_test(an_index_runs_at_most_a_ring_ahead),
		cmocka_unit_test(a_check_has_a_name_and_a_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
