/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints: addresses, look-up, callbacks, and destroying them from anywhere. */
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY

static struct pair pair;
static struct rpmsg_device *const driver = &pair.driver.rdev;
static struct rpmsg_device *const device = &pair.device.rdev;

static int create(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev, uint32_t src, uint32_t dest, rpmsg_ept_cb cb,
                  void *priv)
{
	struct rpmsg_endpoint_config config = { .src = src, .dest = dest, .cb = cb, .priv = priv };

	return rpmsg_create_endpoint(ept, rdev, &config);
}

/* ---- Addresses ---- */

static void a_full_table_is_an_error_and_no_address_is_given_twice(void **state)
{
	struct rpmsg_endpoint epts[PAIR_ENDPOINTS + 1];

	(void)state;
	pair_up(&pair);
	for (unsigned i = 0; i < PAIR_ENDPOINTS; i++) {
		assert_int_equal(create(&epts[i], driver, ANY, ANY, NULL, NULL), 0);
		assert_true(epts[i].addr > RPMSG_RESERVED_ADDRESSES);
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(epts[i].addr, epts[j].addr);
	}
	assert_int_equal(create(&epts[PAIR_ENDPOINTS], driver, ANY, ANY, NULL, NULL), RPMSG_ERR_NO_MEM);
	assert_int_equal(create(&epts[PAIR_ENDPOINTS], driver, 77, ANY, NULL, NULL), RPMSG_ERR_NO_MEM);
	assert_int_equal(rpmsg_destroy_ept(&epts[PAIR_ENDPOINTS]), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_destroy_ept(&epts[3]), 0);
	assert_int_equal(create(&epts[PAIR_ENDPOINTS], driver, ANY, ANY, NULL, NULL), 0);
	for (unsigned i = 0; i <= PAIR_ENDPOINTS; i++) {
		if (i != 3)
			assert_ptr_equal(rpmsg_find_ept(driver, epts[i].addr), &epts[i]);
	}
}

static void a_long_lived_address_is_never_given_to_another(void **state)
{
	struct rpmsg_endpoint keeper;
	struct rpmsg_endpoint guest[3];
	uint32_t last = 0;

	(void)state;
	pair_up(&pair);
	driver->next_addr = 0xffffff00u; /* the high bits rotate over the end too */
	assert_int_equal(create(&keeper, driver, ANY, ANY, NULL, NULL), 0);
	for (unsigned i = 0; i < 100000; i++) {
		struct rpmsg_endpoint *ept = &guest[i % 3u];

		if (i >= 3)
			assert_int_equal(rpmsg_destroy_ept(ept), 0);
		assert_int_equal(create(ept, driver, ANY, ANY, NULL, NULL), 0);
		assert_int_not_equal(ept->addr, keeper.addr);
		assert_int_not_equal(ept->addr, last); /* what was sent to the last one does not meet this one */
		assert_int_not_equal(ept->addr, ANY);
		assert_true(ept->addr > RPMSG_RESERVED_ADDRESSES);
		last = ept->addr;
	}
	assert_ptr_equal(rpmsg_find_ept(driver, keeper.addr), &keeper);
}

static void a_static_address_is_any_word_but_any(void **state)
{
	static const uint32_t addrs[] = { 0, 1, 52, 54, 1023, 1024, 1025, 5000, 0x80000000, 0xfffffffe };
	struct rpmsg_endpoint epts[sizeof addrs / sizeof addrs[0]];
	struct rpmsg_endpoint other;

	(void)state;
	pair_up(&pair);
	for (size_t i = 0; i < sizeof addrs / sizeof addrs[0]; i++) {
		assert_int_equal(create(&epts[i], driver, addrs[i], ANY, NULL, NULL), 0);
		assert_int_equal(epts[i].addr, addrs[i]);
		assert_int_equal(create(&other, driver, addrs[i], ANY, NULL, NULL), RPMSG_ERR_ADDR);
		assert_ptr_equal(rpmsg_find_ept(driver, addrs[i]), &epts[i]);
	}
	assert_int_equal(create(&other, driver, RPMSG_NS_EPT_ADDR, ANY, NULL, NULL), RPMSG_ERR_ADDR);
	assert_null(rpmsg_find_ept(driver, RPMSG_NS_EPT_ADDR));
	assert_null(rpmsg_find_ept(driver, ANY));
}

static void dynamic_addresses_go_around_static_ones(void **state)
{
	struct rpmsg_endpoint fixed[8];
	struct rpmsg_endpoint moving[8];

	(void)state;
	pair_up(&pair);
	for (uint32_t i = 0; i < 8; i++) /* the next ones in line; and several in one slot */
		assert_int_equal(create(&fixed[i], driver, driver->next_addr + (i < 4 ? i : i * 16u), ANY, NULL, NULL),
		                 0);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(create(&moving[i], driver, ANY, ANY, NULL, NULL), 0);
		for (uint32_t j = 0; j < 8; j++)
			assert_int_not_equal(moving[i].addr, fixed[j].addr);
	}
	for (uint32_t i = 0; i < 8; i++) {
		assert_ptr_equal(rpmsg_find_ept(driver, fixed[i].addr), &fixed[i]);
		assert_ptr_equal(rpmsg_find_ept(driver, moving[i].addr), &moving[i]);
		assert_int_equal(rpmsg_destroy_ept(&fixed[i]), 0);
		assert_null(rpmsg_find_ept(driver, fixed[i].addr));
		assert_ptr_equal(rpmsg_find_ept(driver, moving[i].addr), &moving[i]);
	}
}

/* ---- Arguments ---- */

static void wrong_arguments_are_refused(void **state)
{
	static struct rpmsg_device not_initialised;
	static const char name31[] = "a.name.of.thirty-one.bytes.long";
	static const char name32[] = "a.name.of.thirty-two.bytes.long!";
	struct rpmsg_endpoint ept = { 0 };

	(void)state;
	pair_up(&pair);
	assert_int_equal(sizeof name31, RPMSG_NAME_SIZE);
	assert_int_equal(rpmsg_create_ept(NULL, driver, NULL, ANY, ANY, NULL, NULL), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_create_ept(&ept, NULL, NULL, ANY, ANY, NULL, NULL), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_create_ept(&ept, &not_initialised, NULL, ANY, ANY, NULL, NULL), RPMSG_ERR_INIT);
	assert_int_equal(rpmsg_create_ept(&ept, driver, name32, ANY, ANY, NULL, NULL), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_poll(&not_initialised, 1), RPMSG_ERR_INIT);
	assert_int_equal(rpmsg_wait(&not_initialised, 1), RPMSG_ERR_INIT);
	assert_int_equal(rpmsg_poll(NULL, 1), RPMSG_ERR_INIT);
	assert_int_equal(rpmsg_wait(NULL, 1), RPMSG_ERR_INIT);
	assert_null(rpmsg_find_ept(&not_initialised, 77));
	assert_null(rpmsg_find_ept(NULL, 77));

	assert_int_equal(rpmsg_destroy_ept(NULL), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_destroy_ept(&ept), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_set_dest(&ept, 5), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_set_dest(NULL, 5), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_rebind_ept(&ept, inbox_cb, NULL), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_rebind_ept(NULL, inbox_cb, NULL), RPMSG_ERR_PARAM);
	assert_false(is_rpmsg_ept_ready(&ept));
	assert_false(is_rpmsg_ept_ready(NULL));
	assert_int_equal(rpmsg_create_ept(&ept, driver, name31, ANY, ANY, NULL, NULL), 0);
	assert_int_equal(rpmsg_destroy_ept(&ept), 0);
	assert_int_equal(rpmsg_destroy_ept(&ept), RPMSG_ERR_PARAM);
}

static void a_device_is_refused_what_it_cannot_work_with(void **state)
{
	struct rpmsg_endpoint *slots[4];
	struct rpmsg_config good = { .transport = &pair.driver.shm.transport, .endpoints = slots, .endpoint_slots = 4 };
	struct rpmsg_device rdev;

	(void)state;
	pair_init(&pair);
	assert_int_equal(rpmsg_init(&rdev, &good), 0);
	struct rpmsg_config bad[] = { good, good, good, good };
	bad[0].transport = NULL;
	bad[1].endpoints = NULL;
	bad[2].endpoint_slots = 0;
	bad[3].endpoint_slots = 3;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(rpmsg_init(&rdev, &bad[i]), RPMSG_ERR_PARAM);
}

/* ---- Messages find their endpoint ---- */

static struct rpmsg_endpoint sender;
static struct rpmsg_endpoint receiver;
static struct inbox inbox;

/* A sender on the driver, a receiver at 77 on the device. */
static void connect(rpmsg_ept_cb cb, void *priv)
{
	pair_up(&pair);
	memset(&inbox, 0, sizeof inbox);
	assert_int_equal(create(&sender, driver, ANY, 77, NULL, NULL), 0);
	assert_int_equal(create(&receiver, device, 77, ANY, cb, priv), 0);
}

static void deliver(const char *text)
{
	assert_int_equal(rpmsg_send(&sender, text, (int)strlen(text)), (int)strlen(text));
	pair_settle(&pair);
	pair_expect_no_buffers_out(&pair);
}

static void a_message_to_nobody_is_counted(void **state)
{
	(void)state;
	connect(inbox_cb, &inbox);
	deliver("one");
	assert_int_equal(rpmsg_destroy_ept(&receiver), 0);
	for (unsigned i = 1; i <= 3 * PAIR_NUM; i++) {
		deliver("two");
		assert_int_equal(device->counters.unknown, i);
	}
	assert_int_equal(inbox.count, 1);
}

static void a_message_that_the_callback_refuses_is_counted(void **state)
{
	(void)state;
	connect(inbox_cb, &inbox);
	inbox.result = RPMSG_ERR_NO_MEM;
	for (unsigned i = 1; i <= 3 * PAIR_NUM; i++) {
		deliver("one");
		assert_int_equal(device->counters.refused, i);
	}
	inbox.result = RPMSG_SUCCESS;
	deliver("two");
	assert_int_equal(device->counters.refused, 3 * PAIR_NUM);
}

static void an_endpoint_without_a_callback_refuses(void **state)
{
	(void)state;
	connect(NULL, NULL);
	for (unsigned i = 1; i <= 3 * PAIR_NUM; i++) {
		deliver("one");
		assert_int_equal(device->counters.refused, i);
	}
}

static void rebinding_swaps_callback_and_data_together(void **state)
{
	struct inbox other = { 0 };

	(void)state;
	connect(inbox_cb, &inbox);
	deliver("one");
	assert_int_equal(rpmsg_rebind_ept(&receiver, inbox_cb, &other), 0);
	deliver("two");
	assert_int_equal(inbox.count, 1);
	assert_int_equal(other.count, 1);
	assert_memory_equal(other.bytes, "two", 3);
}

static void rebind_to_inbox(struct rpmsg_endpoint *ept)
{
	assert_int_equal(rpmsg_rebind_ept(ept, inbox_cb, &inbox), 0);
}

static void an_endpoint_rebound_when_it_is_bound_gets_the_first_message_there(void **state)
{
	static const struct rpmsg_endpoint_hooks hooks = { .bound = rebind_to_inbox };
	struct rpmsg_endpoint_config config = { .name = "loom", .src = 78, .dest = ANY, .hooks = &hooks };
	struct rpmsg_endpoint ept;

	(void)state;
	connect(NULL, NULL);
	assert_int_equal(rpmsg_create_endpoint(&ept, device, &config), 0);
	assert_int_equal(rpmsg_set_dest(&sender, 78), 0);
	deliver("first");
	assert_int_equal(inbox.count, 1);
	assert_int_equal(device->counters.refused, 0);
}

static void a_destination_changes_only_on_request(void **state)
{
	struct rpmsg_endpoint other;

	(void)state;
	connect(inbox_cb, &inbox);
	assert_int_equal(create(&other, driver, 79, 77, inbox_cb, &inbox), 0);
	assert_false(is_rpmsg_ept_ready(&receiver)); /* it has no name: a message does not bind it */
	deliver("one");
	assert_int_equal(receiver.dest_addr, ANY);
	assert_int_equal(rpmsg_send(&receiver, "two", 3), RPMSG_ERR_ADDR);
	assert_int_equal(rpmsg_set_dest(&receiver, 79), 0);
	assert_true(is_rpmsg_ept_ready(&receiver));
	deliver("one");
	assert_int_equal(receiver.dest_addr, 79);
	assert_int_equal(rpmsg_send(&receiver, "two", 3), 3);
	pair_settle(&pair);
	assert_memory_equal(inbox.bytes, "two", 3);
	pair_boot(&pair.driver);
	pair_settle(&pair);
	assert_int_equal(receiver.dest_addr, 79); /* an address is an address, whoever lives there */
	assert_int_equal(rpmsg_set_dest(&receiver, ANY), 0);
	assert_false(is_rpmsg_ept_ready(&receiver));
}

static void endpoints_live_through_restarts_of_the_link(void **state)
{
	(void)state;
	connect(inbox_cb, &inbox);
	for (unsigned i = 1; i <= 5; i++) {
		pair.driver.session = pair.device.session = i + 1; /* the wire was pulled */
		pair_settle(&pair);
		assert_int_equal(pair.device.events[RPMSG_LINK_DOWN], i);
		deliver("one");
		assert_int_equal(inbox.count, i);
	}
}

/* ---- Storage ---- */

/* Whatever stood in the caller's memory before. */
static void nothing_need_be_cleared_before_it_is_handed_in(void **state)
{
	(void)state;
	pair_init(&pair);
	for (int i = 0; i < 2; i++) {
		struct core *core = i == 0 ? &pair.driver : &pair.device;

		memset(&core->shm, 0xa5, sizeof core->shm);
		memset(&core->rdev, 0xa5, sizeof core->rdev);
		memset(core->entries, 0xa5, sizeof core->entries);
		memset(core->endpoints, 0xa5, sizeof core->endpoints);
		memset(core->channels, 0xa5, sizeof core->channels);
		pair_boot(core);
	}
	memset(pair.memory, 0xa5, sizeof pair.memory);
	pair_settle(&pair);
	pair_expect_works(&pair);

	memset(&sender, 0xa5, sizeof sender);
	memset(&receiver, 0xa5, sizeof receiver);
	memset(&inbox, 0, sizeof inbox);
	assert_int_equal(rpmsg_create_ept(&sender, driver, "loom", ANY, ANY, inbox_cb, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&receiver, device, "loom", 77, ANY, inbox_cb, NULL), 0);
	sender.priv = receiver.priv = &inbox;
	pair_settle(&pair);
	assert_int_equal(rpmsg_send(&sender, "warp", 4), 4);
	pair_settle(&pair);
	assert_int_equal(inbox.count, 1);
	assert_int_equal(rpmsg_destroy_ept(&sender), 0);
	assert_int_equal(rpmsg_destroy_ept(&receiver), 0);
	pair_settle(&pair);
	pair_expect_works(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_table_is_an_error_and_no_address_is_given_twice),
		cmocka_unit_test(a_long_lived_address_is_never_given_to_another),
		cmocka_unit_test(a_static_address_is_any_word_but_any),
		cmocka_unit_test(dynamic_addresses_go_around_static_ones),
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(a_device_is_refused_what_it_cannot_work_with),
		cmocka_unit_test(a_message_to_nobody_is_counted),
		cmocka_unit_test(a_message_that_the_callback_refuses_is_counted),
		cmocka_unit_test(an_endpoint_without_a_callback_refuses),
		cmocka_unit_test(rebinding_swaps_callback_and_data_together),
		cmocka_unit_test(an_endpoint_rebound_when_it_is_bound_gets_the_first_message_there),
		cmocka_unit_test(a_destination_changes_only_on_request),
		cmocka_unit_test(endpoints_live_through_restarts_of_the_link),
		cmocka_unit_test(nothing_need_be_cleared_before_it_is_handed_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
