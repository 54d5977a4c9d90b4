/* SPDX-License-Identifier: Apache-2.0 */
/* How a remote core of Linux touches what Linux touches too, its resource table and the region: each word of the table
 * once and after the status, rings by atomics, and nothing is stored in the table, nor anywhere before the status. */
#include "trace/trace.h"
#include "unit/kernel.h"

#define NUM 8u

/* What docs/security.md promises of a poll with this role. */
#define PER_POLL 14u
#define PER_MESSAGE 9u
#define PER_ANSWER 13u /* five of them the header's words */
#define PER_TABLE 22u  /* and rings that are new */

#define TABLE ((uint32_t)offsetof(struct kernel, table))
#define VDEV (TABLE + (uint32_t)offsetof(struct kernel_table, vdev))
#define STATUS (VDEV + (uint32_t)offsetof(struct rsc_vdev, status))
#define END (TABLE + (uint32_t)sizeof(struct kernel_table))

static struct kernel kernel;
static struct rpmsg_endpoint ept;
static unsigned answers; /* that the callback sends to each message */
static unsigned tries;   /* to send them */

static int answer(struct rpmsg_endpoint *to, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)priv;
	for (unsigned i = 0; i < answers; i++, tries++)
		rpmsg_trysendto(to, "weft", 4, src);
	return RPMSG_SUCCESS;
}

static void init(void)
{
	kernel_init(&kernel, NUM);
	trace_memory(kernel.memory, END);
	answers = 0;
	assert_int_equal(rpmsg_create_ept(&ept, &kernel.rdev, NULL, 77, RPMSG_ADDR_ANY, answer, NULL), 0);
}

static unsigned send_all(void)
{
	unsigned sent = 0;

	while (kernel_send(&kernel, 0x400, 77, "warp", 4) == 0)
		sent++;
	return sent;
}

static int traced_poll(unsigned budget)
{
	trace_begin();
	int taken = rpmsg_poll(&kernel.rdev, budget);
	trace_end();
	return taken;
}

static bool in(const struct trace_access *access, uint32_t begin, uint32_t end)
{
	return access->kind != TRACE_FENCE && access->at < end && begin < access->at + access->size;
}

/* Words that change while the ring is used, and are looked at again: heads, and our mark. */
static bool may_be_read_again(uint32_t byte)
{
	const struct kernel_vq *queues[] = { &kernel.rvq, &kernel.svq };

	for (int i = 0; i < 2; i++) {
		uint32_t avail = (uint32_t)((uint8_t *)queues[i]->ring.avail - kernel.memory);
		uint32_t used = (uint32_t)((uint8_t *)queues[i]->ring.used - kernel.memory);

		if (byte - avail < 4u || byte - used < 4u || byte - (used + 4u + 8u * NUM) < 2u)
			return true;
	}
	return byte == STATUS;
}

static void expect_read_once(void)
{
	for (uint32_t byte = 0; byte < END; byte++) {
		if (!may_be_read_again(byte) && trace_loads_of(byte) > 1)
			fail_msg("byte %u is read %u times", byte, trace_loads_of(byte));
	}
}

static void what_linux_says_is_read_once(void **state)
{
	(void)state;
	init();
	kernel_bind(&kernel);
	traced_poll(16);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	assert_int_equal(trace_loads_of(VDEV + (uint32_t)offsetof(struct rsc_vdev, vring[1].da)), 1);
	expect_read_once();
	answers = 1;
	kernel_settle(&kernel);
	assert_int_equal(send_all(), NUM);
	assert_int_equal(traced_poll(16), NUM);
	expect_read_once();
}

static void everything_comes_after_a_status_that_is_acquired(void **state)
{
	bool seen = false;

	(void)state;
	init();
	kernel_bind(&kernel);
	traced_poll(16);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	for (unsigned i = 0; i < trace.count; i++) {
		const struct trace_access *access = &trace.log[i];

		if (in(access, STATUS, STATUS + 1u)) {
			assert_int_equal(access->order, __ATOMIC_ACQUIRE);
			seen = true;
		}
		assert_true(seen || access->kind == TRACE_FENCE);
	}
	assert_true(seen);
	kernel_unbind(&kernel);
	traced_poll(16);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_DOWN);
	assert_int_equal(trace_accesses(), 1); /* the status */
}

static void table_and_rings_are_touched_by_atomics_and_the_table_is_only_read(void **state)
{
	const uint32_t descs = 16u * NUM;

	(void)state;
	init();
	kernel_bind(&kernel);
	for (int poll = 0; poll < 3; poll++) {
		traced_poll(16);
		for (unsigned i = 0; i < trace.count; i++) {
			const struct trace_access *access = &trace.log[i];

			if (in(access, TABLE, END))
				assert_true(access->atomic && access->kind == TRACE_LOAD);
			for (uint32_t ring = 0; ring < KERNEL_BUFFERS; ring += KERNEL_VRING) {
				if (in(access, ring + descs, ring + KERNEL_VRING))
					assert_true(access->atomic);
				if (in(access, ring, ring + 4096u))
					assert_int_equal(access->kind, TRACE_LOAD);
			}
		}
		answers = 1;
		kernel_settle(&kernel);
		send_all();
	}
}

static void expect_bounded(unsigned budget, unsigned more)
{
	tries = 0;
	traced_poll(budget);
	unsigned allowed = PER_POLL + PER_MESSAGE * budget + PER_ANSWER * tries + more;
	if (trace_accesses() > allowed)
		fail_msg("%u accesses, %u allowed, budget %u, %u answers", trace_accesses(), allowed, budget, tries);
}

static void a_poll_costs_what_its_budget_says(void **state)
{
	(void)state;
	for (unsigned budget = 0; budget <= NUM; budget++) {
		for (unsigned polled = 0; polled < 2; polled++) {
			init();
			kernel.rdev.polled_by = polled ? RPMSG_POLLED_BY_INTERRUPT : RPMSG_POLLED_BY_LOOP;
			kernel_bind(&kernel);
			expect_bounded(budget, PER_TABLE);
			for (unsigned round = 0; round < 24; round++) {
				kernel_work(&kernel);
				send_all();
				answers = round % 4u;
				expect_bounded(budget, 0);
			}
		}
	}
}

/* Of one that is alone the index is looked at too, and a name is read besides. */
static void a_name_in_the_poll_that_begins_costs_what_the_page_says(void **state)
{
	uint8_t message[40] = "thread";
	uint32_t addr = 0x400;

	(void)state;
	init();
	kernel.rdev.polled_by = RPMSG_POLLED_BY_INTERRUPT;
	memcpy(message + 32, &addr, sizeof addr);
	kernel_bind(&kernel);
	assert_int_equal(kernel_send(&kernel, addr, RPMSG_NS_EPT_ADDR, message, sizeof message), 0);
	expect_bounded(1, PER_TABLE);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_find_channel(&kernel.rdev, "thread", RPMSG_ADDR_ANY), addr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_linux_says_is_read_once),
		cmocka_unit_test(everything_comes_after_a_status_that_is_acquired),
		cmocka_unit_test(table_and_rings_are_touched_by_atomics_and_the_table_is_only_read),
		cmocka_unit_test(a_poll_costs_what_its_budget_says),
		cmocka_unit_test(a_name_in_the_poll_that_begins_costs_what_the_page_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
