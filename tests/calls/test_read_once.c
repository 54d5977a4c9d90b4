/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that rewrites what it has sent as soon as it has been read: whoever looks twice sees another thing the second
 * time. Linked with --wrap=memcpy, by which headers, tables, descriptors and fields are copied out of shared memory;
 * an optimizer that copies them without a call is not seen through. */
#include "calls/looms.h"

static struct looms looms;
static uintptr_t begin; /* the memory that changes */
static uintptr_t end;

void *__real_memcpy(void *to, const void *from, size_t len);
void *__wrap_memcpy(void *to, const void *from, size_t len);

void *__wrap_memcpy(void *to, const void *from, size_t len)
{
	uintptr_t at = (uintptr_t)from;

	__real_memcpy(to, from, len);
	if (at >= begin && at < end)
		memset((void *)at, 0xff, len);
	return to;
}

static void change_what_is_read(size_t from, size_t to)
{
	begin = (uintptr_t)looms.pair.memory + from;
	end = (uintptr_t)looms.pair.memory + to;
}

static void a_table_is_used_as_it_was_checked(void **state)
{
	struct virtio_layout layout;
	struct virtio_rings rings;

	(void)state;
	pair_init(&looms.pair);
	rpmsg_poll(&looms.pair.driver.rdev, 16);
	virtio_layout_compute(&looms.pair.layout, &layout);
	change_what_is_read(0, sizeof(struct rsc_table));
	assert_int_equal(virtio_table_read(&looms.pair.device.port.region, PAIR_NUM, &rings), WEFT_CHECK_NONE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rings.offset[i], layout.vring[i]);
		assert_int_equal(rings.num[i], PAIR_NUM);
	}
}

static void a_descriptor_is_used_as_it_was_checked(void **state)
{
	struct virtio_layout layout;
	struct rpmsg_endpoint sender;
	struct rpmsg_endpoint receiver;
	struct inbox inbox = { 0 };

	(void)state;
	looms_link(&looms);
	assert_int_equal(rpmsg_create_ept(&sender, &looms.pair.driver.rdev, NULL, 77, 78, NULL, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&receiver, &looms.pair.device.rdev, NULL, 78, 77, inbox_cb, NULL), 0);
	receiver.priv = &inbox;
	virtio_layout_compute(&looms.pair.layout, &layout);
	change_what_is_read(layout.vring[1], layout.vring[1] + PAIR_NUM * sizeof(struct vring_desc));
	assert_int_equal(rpmsg_send(&sender, "warp", 4), 4);
	rpmsg_poll(&looms.pair.device.rdev, 16);
	assert_int_equal(inbox.len, 4);
	assert_memory_equal(inbox.bytes, "warp", 4);
}

/* Announcement, hello, requests that are answered at once and that wait, replies. */
static void messages_are_used_as_they_were_checked(void **state)
{
	struct virtio_layout layout;
	struct ending endings[4];

	(void)state;
	virtio_layout_compute(&looms.pair.layout, &layout);
	for (unsigned round = 0; round < 2; round++) {
		looms_link(&looms);
		change_what_is_read(layout.buffers[0], layout.size);
		assert_int_equal(loom_server_start(&looms.server, &looms.pair.device.rdev, &loom_ops, &looms, NULL),
		                 WEFT_OK);
		struct weft_client_config config = { .calls = looms.table, .call_slots = 4 };
		assert_int_equal(loom_client_open(&looms.client, &looms.pair.driver.rdev, &config), WEFT_OK);
		assert_int_equal(loom_client_wait(&looms.client, WEFT_MS(10)), WEFT_OK);
		assert_int_equal(looms.client.base.peer.frame_size, 496);
		assert_int_equal(looms.client.base.peer.epoch, looms.server.base.epoch);
		/* With all of its buffers out the device keeps a request and serves it later. */
		while (round == 1 && rpmsg_trysendto(&looms.server.base.ept, "", 0, 0x5555) >= 0)
			;
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(start_weave(&looms, &endings[i], 7 + i, WEFT_MS(50)), WEFT_OK);
		rpmsg_poll(&looms.pair.device.rdev, 16);
		pair_settle(&looms.pair);
		looms.pair.now += WEFT_MS(1); /* until those who wait are looked at again */
		pair_settle(&looms.pair);
		assert_int_equal(looms.server.base.counters.waited, round);
		assert_int_equal(endings[0].times, 1);
		assert_int_equal(endings[0].status, WEFT_OK);
		assert_int_equal(endings[0].cloth.length, 70);
	}
}

/* A oneway is no request, and the other way round, whatever stands in its frame by now. */
static void a_oneway_stays_a_oneway(void **state)
{
	tests_v1_Thread thread = thread_of(9, "red");
	struct virtio_layout layout;

	(void)state;
	looms_up(&looms);
	virtio_layout_compute(&looms.pair.layout, &layout);
	change_what_is_read(layout.buffers[0], layout.size);
	assert_int_equal(loom_note(&looms.client, &thread, 0), WEFT_OK);
	pair_settle(&looms.pair);
	assert_int_equal(looms.noted, 1);
	assert_int_equal(looms.last.count, 9);
	assert_string_equal(looms.last.colour, "red");
}

static int nothing_changes(void **state)
{
	(void)state;
	begin = end = 0;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_table_is_used_as_it_was_checked, nothing_changes),
		cmocka_unit_test_teardown(a_descriptor_is_used_as_it_was_checked, nothing_changes),
		cmocka_unit_test_teardown(messages_are_used_as_they_were_checked, nothing_changes),
		cmocka_unit_test_teardown(a_oneway_stays_a_oneway, nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
