/* SPDX-License-Identifier: Apache-2.0 */
/* Destroying endpoints inside callbacks, and what else callbacks may and may not do. */
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY

static struct pair pair;
static struct rpmsg_device *const driver = &pair.driver.rdev;
static struct rpmsg_device *const device = &pair.device.rdev;

static struct rpmsg_endpoint sender;   /* on the driver */
static struct rpmsg_endpoint receiver; /* on the device, at 77 */
static struct rpmsg_endpoint other;    /* on the device, at 78 */
static struct inbox inbox;             /* of other */
static unsigned calls;
static unsigned released;
static int result;

/* The memory is the owner's from here on: whatever looks at it later, looks at rubbish. */
static void note_release(struct rpmsg_endpoint *ept)
{
	released++;
	memset(ept, 0xa5, sizeof *ept);
}

static const struct rpmsg_endpoint_hooks hooks = { .released = note_release };

static void connect(rpmsg_ept_cb cb)
{
	struct rpmsg_endpoint_config config = { .src = 77, .dest = ANY, .cb = cb, .hooks = &hooks };

	pair_up(&pair);
	memset(&inbox, 0, sizeof inbox);
	calls = released = 0;
	result = -1;
	assert_int_equal(rpmsg_create_ept(&sender, driver, NULL, ANY, 77, NULL, NULL), 0);
	assert_int_equal(rpmsg_create_endpoint(&receiver, device, &config), 0);
	assert_int_equal(rpmsg_create_ept(&other, device, NULL, 78, ANY, inbox_cb, NULL), 0);
	other.priv = &inbox;
}

static void send(uint32_t dst)
{
	assert_int_equal(rpmsg_trysendto(&sender, "weft", 4, dst), 4);
}

static void settled(void)
{
	pair_settle(&pair);
	pair_expect_no_buffers_out(&pair);
	pair_expect_works(&pair);
}

static void expect_rubbish(const struct rpmsg_endpoint *ept)
{
	for (size_t i = 0; i < sizeof *ept; i++)
		assert_int_equal(((const uint8_t *)ept)[i], 0xa5);
}

/* ---- Its own ---- */

static int destroy_own(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	char copy[4];

	(void)src;
	(void)priv;
	calls++;
	result = rpmsg_destroy_ept(ept);
	assert_int_equal(rpmsg_destroy_ept(ept), RPMSG_ERR_PARAM);
	assert_int_equal(released, 0);
	assert_int_equal(len, 4);
	memcpy(copy, data, sizeof copy); /* the message is still ours */
	assert_memory_equal(copy, "weft", 4);
	assert_int_equal(rpmsg_sendto(ept, "x", 1, 5), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_hold_rx_buffer(ept, data), RPMSG_ERR_PARAM);
	return RPMSG_SUCCESS;
}

static void an_endpoint_destroyed_in_its_own_callback_is_released_once_after_it(void **state)
{
	(void)state;
	connect(destroy_own);
	send(77);
	send(77);
	send(78);
	settled();
	assert_int_equal(calls, 1);
	assert_int_equal(result, 1);
	assert_int_equal(released, 1);
	assert_int_equal(inbox.count, 1);
	assert_int_equal(device->counters.unknown, 1);
	expect_rubbish(&receiver);
}

static int hold_and_destroy_own(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	uint32_t capacity;

	(void)len;
	(void)src;
	(void)priv;
	assert_int_equal(rpmsg_hold_rx_buffer(ept, data), 0);
	assert_non_null(rpmsg_get_tx_payload_buffer(ept, &capacity, 0));
	assert_non_null(rpmsg_get_tx_payload_buffer(ept, &capacity, 0));
	result = rpmsg_destroy_ept(ept);
	return RPMSG_SUCCESS;
}

static void what_it_held_and_borrowed_goes_back(void **state)
{
	(void)state;
	connect(hold_and_destroy_own);
	send(77);
	settled();
	assert_int_equal(result, 1);
	assert_int_equal(released, 1);
}

static int destroy_without_hooks(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	result = rpmsg_destroy_ept(ept);
	return RPMSG_SUCCESS;
}

static void without_a_hook_the_memory_is_free_after_the_poll(void **state)
{
	(void)state;
	connect(inbox_cb);
	assert_int_equal(rpmsg_rebind_ept(&other, destroy_without_hooks, NULL), 0);
	send(78);
	settled();
	assert_int_equal(result, 1);
	memset(&other, 0xa5, sizeof other);
	send(78);
	settled();
	expect_rubbish(&other);
}

static void destroy_bound(struct rpmsg_endpoint *ept)
{
	calls++;
	result = rpmsg_destroy_ept(ept);
}

static void it_may_go_when_it_is_bound_and_misses_the_message_that_bound_it(void **state)
{
	static const struct rpmsg_endpoint_hooks bound = { .bound = destroy_bound, .released = note_release };
	struct rpmsg_endpoint_config config = {
		.name = "loom", .src = 79, .dest = ANY, .cb = inbox_cb, .hooks = &bound
	};
	struct rpmsg_endpoint ept;

	(void)state;
	connect(inbox_cb);
	config.priv = &inbox;
	assert_int_equal(rpmsg_create_endpoint(&ept, device, &config), 0);
	send(79);
	pair_settle(&pair);
	assert_int_equal(calls, 1);
	assert_int_equal(result, 1);
	assert_int_equal(released, 1);
	assert_int_equal(inbox.count, 0);
	assert_int_equal(device->counters.refused, 1);
	settled();
}

static void it_may_go_when_the_link_does(void **state)
{
	struct rpmsg_endpoint_config config = { .name = "loom", .src = 79, .dest = ANY, .hooks = &hooks };
	struct rpmsg_endpoint ept;

	(void)state;
	connect(inbox_cb);
	config.ns_unbind_cb = destroy_bound;
	assert_int_equal(rpmsg_create_endpoint(&ept, device, &config), 0);
	send(79);
	pair_settle(&pair);
	assert_true(is_rpmsg_ept_ready(&ept));
	pair_boot(&pair.driver);
	settled();
	assert_int_equal(calls, 1);
	assert_int_equal(result, 1);
	assert_int_equal(released, 1);
}

/* ---- Another's ---- */

static int destroy_other(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	calls++;
	result = rpmsg_destroy_ept(&other);
	memset(&other, 0xa5, sizeof other);
	return RPMSG_SUCCESS;
}

static void another_endpoint_is_drained_at_once(void **state)
{
	(void)state;
	connect(destroy_other);
	send(77);
	send(78);
	settled();
	assert_int_equal(calls, 1);
	assert_int_equal(result, 0);
	assert_int_equal(inbox.count, 0);
	assert_int_equal(device->counters.unknown, 1);
	assert_int_equal(released, 0);
	expect_rubbish(&other);
}

static struct rpmsg_endpoint created;

static int create_another(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	if (calls++ == 0) {
		result = rpmsg_create_ept(&created, ept->rdev, NULL, 80, ANY, inbox_cb, NULL);
		created.priv = &inbox;
	}
	return RPMSG_SUCCESS;
}

static void an_endpoint_created_in_a_callback_gets_the_next_message(void **state)
{
	(void)state;
	connect(create_another);
	send(77);
	send(80);
	settled();
	assert_int_equal(result, 0);
	assert_int_equal(inbox.count, 1);
}

static int create_itself_again(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	struct rpmsg_device *rdev = ept->rdev;
	assert_int_equal(rpmsg_destroy_ept(ept), 1);
	result = rpmsg_create_ept(&created, rdev, NULL, 77, ANY, inbox_cb, NULL); /* the address is free at once */
	created.priv = &inbox;
	return RPMSG_SUCCESS;
}

static void its_address_is_free_before_it_is_released(void **state)
{
	(void)state;
	connect(create_itself_again);
	send(77);
	send(77);
	pair_settle(&pair);
	assert_int_equal(result, 0);
	assert_int_equal(inbox.count, 1);
	assert_int_equal(released, 1);
	assert_int_equal(rpmsg_destroy_ept(&created), 0);
	settled();
}

/* ---- What nobody may do in a callback ---- */

static int try_to_wait(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct rpmsg_device *rdev = ept->rdev;

	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	calls++;
	assert_true(rpmsg_in_callback(rdev));
	assert_true(rpmsg_in_callback_of(rdev, ept));
	assert_false(rpmsg_in_callback_of(rdev, &other));
	assert_int_equal(rpmsg_poll(rdev, 16), RPMSG_ERR_PERM);
	assert_int_equal(rpmsg_wait(rdev, 1000), RPMSG_ERR_PERM);
	assert_int_equal(rpmsg_wait_turn(rdev, rpmsg_event_word(rdev), 1000), RPMSG_ERR_PERM);
	return RPMSG_SUCCESS;
}

static void a_callback_neither_polls_nor_waits(void **state)
{
	(void)state;
	connect(try_to_wait);
	send(77);
	pair.device.relaxed = 0;
	settled();
	assert_int_equal(calls, 1);
	assert_int_equal(pair.device.relaxed, 0);
	assert_false(rpmsg_in_callback(device));
	assert_false(rpmsg_in_callback_of(device, &receiver));
}

/* ---- Without a peer ---- */

/* Nobody is there to hear that the names are withdrawn, and nobody is waited for. */
static void who_goes_after_its_peer_has_died_does_not_wait(void **state)
{
	struct rpmsg_endpoint named[4];
	uint32_t start = 0;

	(void)state;
	for (int side = 0; side < 2; side++) {
		pair_up(&pair);
		struct core *core = side == 0 ? &pair.driver : &pair.device;
		for (int i = 0; i < 4; i++)
			assert_int_equal(rpmsg_create_ept(&named[i], &core->rdev, "loom", ANY, ANY, inbox_cb, NULL), 0);
		while (rpmsg_trysendto(&named[0], "full", 4, 5) == 4) {
		}
		core->session = 0;
		core->other->asleep = true;
		rpmsg_poll(&core->rdev, 16);
		core->relaxed = 0;
		start = pair.now;
		for (int i = 0; i < 4; i++)
			assert_int_equal(rpmsg_destroy_ept(&named[i]), 0);
		assert_int_equal(core->relaxed, 0);
		assert_int_equal(pair.now, start);
		assert_int_equal(core->rdev.endpoint_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_destroyed_in_its_own_callback_is_released_once_after_it),
		cmocka_unit_test(what_it_held_and_borrowed_goes_back),
		cmocka_unit_test(without_a_hook_the_memory_is_free_after_the_poll),
		cmocka_unit_test(it_may_go_when_it_is_bound_and_misses_the_message_that_bound_it),
		cmocka_unit_test(it_may_go_when_the_link_does),
		cmocka_unit_test(another_endpoint_is_drained_at_once),
		cmocka_unit_test(an_endpoint_created_in_a_callback_gets_the_next_message),
		cmocka_unit_test(its_address_is_free_before_it_is_released),
		cmocka_unit_test(a_callback_neither_polls_nor_waits),
		cmocka_unit_test(who_goes_after_its_peer_has_died_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
