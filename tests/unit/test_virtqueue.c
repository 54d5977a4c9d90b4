/* SPDX-License-Identifier: Apache-2.0 */
/* A virtqueue between two honest sides: buffers go round, indices wrap, nobody is kicked who looks by himself. */
#include "unit/queues.h"

static struct queues queues;

static uint16_t take(struct virtqueue *vq, struct virtqueue_buf *buf)
{
	assert_int_equal(virtqueue_take(vq, buf), 1);
	return buf->id;
}

/* ---- Buffers go round ---- */

static void a_laid_ring_offers_nothing_and_has_all_buffers_free(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	assert_int_equal(virtqueue_pop(&queues.device, &buf), 0);
	assert_int_equal(virtqueue_pop(&queues.driver, &buf), 0);
	assert_int_equal(virtqueue_take(&queues.device, &buf), 0);
	for (uint16_t i = 0; i < QUEUES_NUM; i++) {
		assert_int_equal(take(&queues.driver, &buf), i);
		assert_int_equal(buf.len, QUEUES_BUF_SIZE);
		assert_ptr_equal(buf.data, queues.memory + QUEUES_BUFFERS + i * QUEUES_BUF_SIZE);
	}
	assert_int_equal(virtqueue_take(&queues.driver, &buf), 0);
	assert_int_equal(virtqueue_out(&queues.driver), QUEUES_NUM);
}

static void a_pushed_buffer_is_seen_when_it_is_published(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	virtqueue_push(&queues.driver, take(&queues.driver, &buf), 0);
	assert_true(virtqueue_pending(&queues.driver));
	assert_int_equal(virtqueue_pop(&queues.device, &buf), 0);
	virtqueue_publish(&queues.driver);
	assert_false(virtqueue_pending(&queues.driver));
	assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
	assert_int_equal(buf.len, QUEUES_BUF_SIZE);

	virtqueue_push(&queues.device, buf.id, 20);
	assert_int_equal(virtqueue_pop(&queues.driver, &buf), 0);
	virtqueue_publish(&queues.device);
	assert_int_equal(virtqueue_pop(&queues.driver, &buf), 1);
	assert_int_equal(buf.len, 20);
}

static void a_freed_buffer_is_taken_again_by_either_side(void **state)
{
	struct virtqueue_buf buf;
	uint8_t *data;

	(void)state;
	queues_up(&queues, true);
	for (int i = 0; i < 100; i++) {
		virtqueue_free(&queues.driver, take(&queues.driver, &buf));
		assert_int_equal(virtqueue_out(&queues.driver), 0);
	}
	queues_post(&queues, 1);
	assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
	data = buf.data;
	for (int i = 0; i < 100; i++) {
		virtqueue_free(&queues.device, buf.id);
		assert_int_equal(virtqueue_out(&queues.device), 0);
		take(&queues.device, &buf);
		assert_ptr_equal(buf.data, data);
		assert_int_equal(buf.len, QUEUES_BUF_SIZE);
	}
	assert_int_equal(virtqueue_take(&queues.device, &buf), 0);
}

static void freed_buffers_come_before_those_of_the_ring(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	queues_post(&queues, 2);
	uint16_t first = take(&queues.device, &buf);
	virtqueue_free(&queues.device, first);
	assert_int_equal(take(&queues.device, &buf), first);
	assert_int_not_equal(take(&queues.device, &buf), first);
}

static void descriptors_are_written_once(void **state)
{
	struct vring_desc laid[QUEUES_NUM];
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	memcpy(laid, queues.desc, sizeof laid);
	for (int i = 0; i < 50; i++) {
		queues_post(&queues, 3);
		for (int n = 0; n < 3; n++) {
			virtqueue_pop(&queues.device, &buf);
			virtqueue_push(&queues.device, buf.id, 30);
		}
		virtqueue_publish(&queues.device);
		while (virtqueue_pop(&queues.driver, &buf) == 1)
			virtqueue_free(&queues.driver, buf.id);
	}
	assert_memory_equal(queues.desc, laid, sizeof laid);
}

/* ---- Indices wrap ---- */

struct run {
	uint32_t sent;
	uint32_t received;
};

static void send_some(struct virtqueue *vq, struct run *run, unsigned n)
{
	struct virtqueue_buf buf;

	while (n-- > 0 && virtqueue_take(vq, &buf) == 1) {
		memcpy(buf.data, &run->sent, sizeof run->sent);
		run->sent++;
		virtqueue_push(vq, buf.id, 16);
	}
	virtqueue_publish(vq);
}

static void receive_some(struct virtqueue *vq, struct run *run, unsigned n)
{
	struct virtqueue_buf buf;

	while (n-- > 0 && virtqueue_pop(vq, &buf) == 1) {
		uint32_t number;

		memcpy(&number, buf.data, sizeof number);
		assert_int_equal(number, run->received);
		run->received++;
		virtqueue_push(vq, buf.id, QUEUES_BUF_SIZE);
	}
	virtqueue_publish(vq);
}

/* Batches of all sizes, so that the indices wrap within one. */
static void carry(struct virtqueue *from, struct virtqueue *to)
{
	struct run run = { 0, 0 };

	for (unsigned i = 0; run.received < 140000; i++) {
		send_some(from, &run, i % 9u);
		receive_some(to, &run, (i * 5u) % 9u);
		assert_int_equal(from->fault, 0);
		assert_int_equal(to->fault, 0);
	}
	receive_some(to, &run, 8);
	assert_int_equal(run.received, run.sent);
	assert_int_equal(virtqueue_out(from), 0);
	assert_int_equal(virtqueue_out(to), 0);
}

static void indices_wrap_from_driver_to_device(void **state)
{
	(void)state;
	queues_up(&queues, false);
	carry(&queues.driver, &queues.device);
}

static void indices_wrap_from_device_to_driver(void **state)
{
	(void)state;
	queues_up(&queues, true);
	queues_post(&queues, QUEUES_NUM);
	carry(&queues.device, &queues.driver);
}

/* ---- Kicks ---- */

static void pass_one(struct virtqueue *from)
{
	struct virtqueue_buf buf;

	virtqueue_push(from, take(from, &buf), 16);
}

static void nobody_is_kicked_who_looks_by_himself(void **state)
{
	(void)state;
	for (int device_sends = 0; device_sends < 2; device_sends++) {
		queues_up(&queues, device_sends == 1);
		if (device_sends)
			queues_post(&queues, QUEUES_NUM);
		struct virtqueue *from = device_sends ? &queues.device : &queues.driver;
		struct virtqueue *to = device_sends ? &queues.driver : &queues.device;

		assert_false(virtqueue_publish(from)); /* nothing pushed */
		virtqueue_disable_cb(to);
		pass_one(from);
		assert_false(virtqueue_publish(from));
		assert_false(virtqueue_enable_cb(to)); /* one came while it did not listen */
		pass_one(from);
		assert_true(virtqueue_publish(from));
		assert_false(virtqueue_publish(from)); /* and no second kick for it */
		virtqueue_disable_cb(to);
		pass_one(from);
		assert_false(virtqueue_publish(from));
	}
}

static void who_asks_for_kicks_is_told_what_came_before(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, false);
	assert_true(virtqueue_enable_cb(&queues.device));
	virtqueue_disable_cb(&queues.device);
	pass_one(&queues.driver);
	assert_true(virtqueue_enable_cb(&queues.device)); /* pushed, not published: a kick will come */
	assert_true(virtqueue_publish(&queues.driver));
	assert_false(virtqueue_enable_cb(&queues.device));
	assert_int_equal(virtqueue_pop(&queues.device, &buf), 1);
	assert_true(virtqueue_enable_cb(&queues.device));
	virtqueue_push(&queues.device, buf.id, 0);
	assert_false(virtqueue_publish(&queues.device)); /* a driver that was laid out looks by itself */
}

static void flags_that_nobody_knows_do_not_suppress_kicks(void **state)
{
	(void)state;
	queues_up(&queues, false);
	queues.used->flags = 0xfffe;
	pass_one(&queues.driver);
	assert_true(virtqueue_publish(&queues.driver));
}

/* ---- Whose is it ---- */

static void a_buffer_is_found_by_its_first_byte_and_its_owner(void **state)
{
	struct virtqueue_buf a;
	struct virtqueue_buf b;
	int me;
	int you;

	(void)state;
	queues_up(&queues, true);
	take(&queues.driver, &a);
	take(&queues.driver, &b);
	assert_int_equal(virtqueue_find(&queues.driver, a.data, NULL), a.id); /* nobody's, until somebody is named */
	virtqueue_set_owner(&queues.driver, a.id, &me);
	virtqueue_set_owner(&queues.driver, b.id, &you);
	assert_int_equal(virtqueue_find(&queues.driver, a.data, &me), a.id);
	assert_int_equal(virtqueue_find(&queues.driver, b.data, &you), b.id);
	assert_int_equal(virtqueue_find(&queues.driver, a.data, &you), -1);
	assert_int_equal(virtqueue_find(&queues.driver, a.data, NULL), -1);
	assert_int_equal(virtqueue_owned_by(&queues.driver, &me), a.id);
	assert_int_equal(virtqueue_owned_by(&queues.driver, &state), -1);
	virtqueue_push(&queues.driver, a.id, 0);
	virtqueue_free(&queues.driver, b.id);
	assert_int_equal(virtqueue_find(&queues.driver, a.data, &me), -1);
	assert_int_equal(virtqueue_find(&queues.driver, b.data, &you), -1);
	assert_int_equal(virtqueue_owned_by(&queues.driver, &me), -1);
	assert_int_equal(virtqueue_owned_by(&queues.driver, &you), -1);
}

static void no_other_pointer_is_found(void **state)
{
	struct virtqueue_buf buf;

	(void)state;
	queues_up(&queues, true);
	while (virtqueue_take(&queues.driver, &buf) == 1)
		virtqueue_set_owner(&queues.driver, buf.id, NULL);
	unsigned found = 0;
	for (uintptr_t at = 0; at < QUEUES_SIZE; at++) {
		int id = virtqueue_find(&queues.driver, queues.memory + at, NULL);

		found += id >= 0;
		assert_true(id < 0 || at == QUEUES_BUFFERS + (unsigned)id * QUEUES_BUF_SIZE);
	}
	assert_int_equal(found, QUEUES_NUM);
	const uintptr_t base = (uintptr_t)queues.memory;
	const uintptr_t foreign[] = {
		0, 1, base - 1, base - 16, base + QUEUES_SIZE, UINTPTR_MAX, (uintptr_t)&queues.driver
	};
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		assert_int_equal(virtqueue_find(&queues.driver, (const void *)foreign[i], NULL), -1);
}

static void a_fresh_ring_has_forgotten_the_old_one(void **state)
{
	struct virtqueue_buf buf;
	static struct virtqueue cleared;

	(void)state;
	queues_up(&queues, true);
	take(&queues.driver, &buf);
	uint8_t *data = buf.data;
	queues_up(&queues, true);
	assert_int_equal(virtqueue_find(&queues.driver, data, NULL), -1);
	assert_int_equal(virtqueue_find(&cleared, data, NULL), -1); /* as a transport has it while its link is down */
	assert_int_equal(virtqueue_owned_by(&cleared, NULL), -1);
	assert_int_equal(virtqueue_out(&cleared), 0);
}

static void a_ring_that_is_laid_shows_nothing_of_what_stood_there(void **state)
{
	struct virtqueue_config config;

	(void)state;
	queues_up(&queues, true);
	config = (struct virtqueue_config){ .role = &virtqueue_driver,
		                            .region = &queues.region,
		                            .entries = queues.driver_entries,
		                            .offset = 0,
		                            .align = 16,
		                            .num = QUEUES_NUM,
		                            .device_writes = true };
	memset(queues.memory, 0xa5, sizeof queues.memory);
	virtqueue_init(&queues.driver, &config);
	virtqueue_lay(&queues.driver, QUEUES_BUFFERS, QUEUES_BUF_SIZE);
	assert_int_equal(queues.driver.ours->flags, VRING_F_NO_NOTIFY);
	assert_int_equal(queues.driver.ours->idx, 0);
	assert_int_equal(queues.driver.theirs->flags, 0);
	assert_int_equal(queues.driver.theirs->idx, 0);
	for (unsigned i = 0; i < QUEUES_NUM; i++) {
		struct vring_head *used = (struct vring_head *)(uintptr_t)queues.driver.theirs;

		assert_int_equal(vring_avail_ring(queues.driver.ours)[i], 0);
		assert_int_equal(vring_used_ring(used)[i].id, 0);
		assert_int_equal(vring_used_ring(used)[i].len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_laid_ring_offers_nothing_and_has_all_buffers_free),
		cmocka_unit_test(a_pushed_buffer_is_seen_when_it_is_published),
		cmocka_unit_test(a_freed_buffer_is_taken_again_by_either_side),
		cmocka_unit_test(freed_buffers_come_before_those_of_the_ring),
		cmocka_unit_test(descriptors_are_written_once),
		cmocka_unit_test(indices_wrap_from_driver_to_device),
		cmocka_unit_test(indices_wrap_from_device_to_driver),
		cmocka_unit_test(nobody_is_kicked_who_looks_by_himself),
		cmocka_unit_test(who_asks_for_kicks_is_told_what_came_before),
		cmocka_unit_test(flags_that_nobody_knows_do_not_suppress_kicks),
		cmocka_unit_test(a_buffer_is_found_by_its_first_byte_and_its_owner),
		cmocka_unit_test(no_other_pointer_is_found),
		cmocka_unit_test(a_fresh_ring_has_forgotten_the_old_one),
		cmocka_unit_test(a_ring_that_is_laid_shows_nothing_of_what_stood_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
