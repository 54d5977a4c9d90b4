/* SPDX-License-Identifier: Apache-2.0 */
/* A remote core of a Linux that has gone wrong: nothing that it writes into table or rings is believed unless it can
 * be true. What cannot is an error, once, with its check; the next reset mends it, seen or not. One lie a row. */
#include "unit/kernel.h"

#define VDEV(member) offsetof(struct rsc_vdev, member)
#define VRING0(member) (VDEV(vring) + offsetof(struct rsc_vring, member))
#define VRING1(member) (VRING0(member) + sizeof(struct rsc_vring))
#define NUM 8u

static struct kernel kernel;
static struct kernel_table good;
static uint8_t before[KERNEL_REGION];

static int count_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	++*(unsigned *)priv;
	return RPMSG_SUCCESS;
}

static void poll_often(void)
{
	for (int i = 0; i < 50; i++)
		rpmsg_poll(&kernel.rdev, 16);
}

/* Once, however long it lasts; quietly towards Linux; and nothing is written while it does. */
static void expect_error(enum weft_check fault, const char *what)
{
	unsigned ups = kernel.events[RPMSG_LINK_UP];

	rpmsg_poll(&kernel.rdev, 16); /* takes the lie */
	rpmsg_poll(&kernel.rdev, 16);
	memcpy(before, kernel.memory, sizeof before);
	poll_often();
	if (rpmsg_link(&kernel.rdev) != WEFT_LINK_ERROR || kernel.events[RPMSG_LINK_ERROR] != 1)
		fail_msg("%s: %u errors", what, kernel.events[RPMSG_LINK_ERROR]);
	if (kernel.detail[RPMSG_LINK_ERROR] != fault)
		fail_msg("%s: %s", what, weft_check_name(kernel.detail[RPMSG_LINK_ERROR]));
	assert_int_equal(kernel.shm.transport.counters.violations, 1);
	assert_int_equal(kernel.events[RPMSG_LINK_UP], ups);
	assert_memory_equal(before, kernel.memory, sizeof before);
	assert_int_equal(kernel.table.vdev.status, 7);
	assert_int_equal(rpmsg_buffers_out(&kernel.rdev), 0);
	rpmsg_restart(&kernel.rdev); /* not for a remote core to say */
	rpmsg_poll(&kernel.rdev, 16);
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_ERROR);
}

static void expect_works(void)
{
	struct rpmsg_endpoint ept;
	unsigned count = 0;

	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_create_ept(&ept, &kernel.rdev, NULL, 77, 0x400, count_cb, NULL), 0);
	ept.priv = &count;
	kernel.received = 0;
	for (unsigned i = 1; i <= 2u * NUM; i++) {
		assert_int_equal(kernel_send(&kernel, 0x400, 77, "warp", 4), 0);
		assert_int_equal(rpmsg_trysend(&ept, "weft", 4), 4);
		kernel_settle(&kernel);
		assert_int_equal(count, i);
		assert_int_equal(kernel.received, i);
	}
	assert_int_equal(rpmsg_destroy_ept(&ept), 0);
	assert_int_equal(rpmsg_buffers_out(&kernel.rdev), 0);
}

static void expect_mended_by_a_reset(bool seen)
{
	kernel.table = good;
	kernel_unbind(&kernel);
	if (seen) {
		rpmsg_poll(&kernel.rdev, 16);
		assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_DOWN);
	}
	kernel_bind(&kernel);
	kernel_settle(&kernel);
	assert_int_equal(kernel.events[RPMSG_LINK_ERROR], 1);
	assert_int_equal(kernel.shm.transport.counters.violations, 1);
	expect_works();
}

/* ---- The table. 8 descriptors, align 4096: a vring has 4096 + 70 bytes; the second begins at 12288 ---- */

#define AT(offset) (KERNEL_ADDRESS + (offset))

static const struct row {
	const char *what;
	size_t at;
	uint32_t value;
	enum weft_check fault;
} rows[] = {
	{ "Linux gives the vrings any number", VRING0(notifyid), 0xffffffff, WEFT_CHECK_NONE },
	{ "what is offered is nobody's business but Linux's", VDEV(dfeatures), 0xffffffff, WEFT_CHECK_NONE },
	{ "no name service", VDEV(gfeatures), 0, WEFT_CHECK_NONE },
	{ "not a vdev", VDEV(type), 2, WEFT_CHECK_TABLE_VDEV },
	{ "a network card", VDEV(id), 1, WEFT_CHECK_TABLE_VDEV },
	{ "one vring", VDEV(status), 0x0107, WEFT_CHECK_TABLE_VDEV },
	{ "three vrings", VDEV(status), 0x0307, WEFT_CHECK_TABLE_VDEV },
	{ "a feature that nobody offered", VDEV(gfeatures), 0x02, WEFT_CHECK_FEATURES },
	{ "EVENT_IDX", VDEV(gfeatures), 0x20000001, WEFT_CHECK_FEATURES },
	{ "all features", VDEV(gfeatures), 0xffffffff, WEFT_CHECK_FEATURES },
	{ "no descriptors", VRING0(num), 0, WEFT_CHECK_VRING_NUM },
	{ "one descriptor", VRING0(num), 1, WEFT_CHECK_VRING_NUM },
	{ "three descriptors", VRING1(num), 3, WEFT_CHECK_VRING_NUM },
	{ "more than our tables have room for", VRING0(num), 2 * NUM, WEFT_CHECK_VRING_NUM },
	{ "65536 and 8 descriptors", VRING1(num), 0x10008, WEFT_CHECK_VRING_NUM },
	{ "no alignment", VRING0(align), 0, WEFT_CHECK_VRING_ALIGN },
	{ "two bytes", VRING0(align), 2, WEFT_CHECK_VRING_ALIGN },
	{ "twelve bytes", VRING1(align), 12, WEFT_CHECK_VRING_ALIGN },
	{ "more than there is", VRING0(align), 0x20000, WEFT_CHECK_VRING_ALIGN },
	{ "an address between words", VRING0(da), AT(1), WEFT_CHECK_VRING_ALIGN },
	{ "an alignment that its address does not keep", VRING1(da), AT(KERNEL_VRING + 2048), WEFT_CHECK_VRING_ALIGN },
	{ "below the region", VRING0(da), AT(0) - 4096, WEFT_CHECK_VRING_RANGE },
	{ "starts where the region ends", VRING1(da), AT(KERNEL_REGION), WEFT_CHECK_VRING_RANGE },
	{ "ends behind the region", VRING1(da), AT(KERNEL_REGION - 4096), WEFT_CHECK_VRING_RANGE },
	{ "da 0", VRING0(da), 0, WEFT_CHECK_VRING_RANGE },
	{ "never placed", VRING0(da), 0xfffff000, WEFT_CHECK_VRING_RANGE },
	{ "the same as the first", VRING1(da), AT(0), WEFT_CHECK_VRING_OVERLAP },
	{ "in the first's last page", VRING1(da), AT(4096), WEFT_CHECK_VRING_OVERLAP },
};

static void lie(const struct row *row)
{
	good = kernel.table;
	memcpy((uint8_t *)&kernel.table.vdev + row->at, &row->value, sizeof row->value);
	if (row->at == VDEV(status))
		good.vdev.status = 7;
	else
		kernel.table.vdev.status = 7;
}

static void a_table_is_believed_when_what_linux_wrote_is_right(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i / 2];

		kernel_init(&kernel, NUM);
		rpmsg_poll(&kernel.rdev, 16);
		kernel_lay(&kernel);
		lie(row);
		if (row->fault == WEFT_CHECK_NONE) {
			kernel_settle(&kernel);
			expect_works();
			continue;
		}
		expect_error(row->fault, row->what);
		expect_mended_by_a_reset(i % 2 != 0);
	}
}

static void a_table_that_is_rewritten_while_the_link_is_up_moves_nothing(void **state)
{
	(void)state;
	kernel_up(&kernel, NUM);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		lie(&rows[i]);
		kernel_settle(&kernel);
		expect_works();
		kernel.table = good;
		kernel.table.vdev.status = 7;
	}
	assert_int_equal(kernel.events[RPMSG_LINK_DOWN], 0);
}

/* Status 7 over rings that are not new: Linux always zeroes them. */
static void rings_that_are_not_new_are_not_begun_with(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		kernel_init(&kernel, NUM);
		kernel_lay(&kernel);
		good = kernel.table;
		struct kernel_vq *vq = i & 1u ? &kernel.rvq : &kernel.svq;
		uint16_t *word = i & 2u ? &vq->ring.used->idx : vring_avail_event(vq->ring.used, NUM);
		*word = i & 4u ? 1 : 0xffff;
		kernel_go(&kernel);
		expect_error(WEFT_CHECK_RING_FRESH, "not new");
		expect_mended_by_a_reset(i & 8u);
	}
}

/* ---- The rings. Descriptor 0 of a new ring 0 is ours since the link is up; 1 comes next ---- */

enum where { RX_INDEX, RX_ID, RX_DESC, TX_INDEX, TX_ID, TX_DESC };

static const struct broken {
	const char *what;
	enum where where;
	uint32_t value; /* index, id; descriptor: len */
	uint64_t addr;
	uint16_t flags;
	enum weft_check fault;
} broken[] = {
	{ "more than a ring ahead", RX_INDEX, NUM + 1, 0, 0, WEFT_CHECK_RING_DISTANCE },
	{ "an index that goes back", RX_INDEX, 0xffff, 0, 0, WEFT_CHECK_RING_DISTANCE },
	{ "an id beyond the ring", RX_ID, NUM, 0, 0, WEFT_CHECK_RING_ID },
	{ "a message for the device to write", RX_DESC, 64, AT(32768), 2, WEFT_CHECK_DESC_FLAGS },
	{ "a chain", RX_DESC, 64, AT(32768), 1, WEFT_CHECK_DESC_FLAGS },
	{ "a table of descriptors", RX_DESC, 64, AT(32768), 4, WEFT_CHECK_DESC_FLAGS },
	{ "less than a header", RX_DESC, 15, AT(32768), 0, WEFT_CHECK_DESC_LEN },
	{ "outside", RX_DESC, 64, 0, 0, WEFT_CHECK_DESC_RANGE },
	{ "below", RX_DESC, 64, AT(0) - 4, 0, WEFT_CHECK_DESC_RANGE },
	{ "ends outside", RX_DESC, 64, AT(KERNEL_REGION - 60), 0, WEFT_CHECK_DESC_RANGE },
	{ "wraps", RX_DESC, 64, 0xfffffffffffffff0, 0, WEFT_CHECK_DESC_RANGE },
	{ "above 4 GiB", RX_DESC, 64, 0x100000000 + AT(32768), 0, WEFT_CHECK_DESC_RANGE },
	{ "between words", RX_DESC, 64, AT(32769), 0, WEFT_CHECK_DESC_ALIGN },
	{ "buffers ahead of the ring", TX_INDEX, 2 * NUM + 1, 0, 0, WEFT_CHECK_RING_DISTANCE },
	{ "a buffer beyond the ring", TX_ID, 0xffff, 0, 0, WEFT_CHECK_RING_ID },
	{ "the buffer that we have", TX_ID, 0, 0, 0, WEFT_CHECK_RING_TWICE },
	{ "a buffer that is not to be written", TX_DESC, 512, AT(32768), 0, WEFT_CHECK_DESC_FLAGS },
	{ "smaller than the first", TX_DESC, 511, AT(32768), 2, WEFT_CHECK_DESC_LEN },
	{ "a buffer outside", TX_DESC, 512, AT(KERNEL_REGION), 2, WEFT_CHECK_DESC_RANGE },
	{ "a buffer between words", TX_DESC, 512, AT(32770), 2, WEFT_CHECK_DESC_ALIGN },
};

static void break_ring(const struct broken *row)
{
	struct kernel_vq *vq = row->where < TX_INDEX ? &kernel.svq : &kernel.rvq;
	uint16_t slot = row->where < TX_INDEX ? 0 : 1;

	if (row->where == RX_INDEX || row->where == TX_INDEX) {
		vq->ring.avail->idx = (uint16_t)row->value;
		return;
	}
	if (row->where == RX_ID || row->where == TX_ID)
		vring_avail_ring(vq->ring.avail)[slot] = (uint16_t)row->value;
	else
		vq->ring.desc[slot] = (struct vring_desc){ row->addr, row->value, row->flags, 0 };
	if (row->where < TX_INDEX)
		vq->ring.avail->idx = 1;
}

/* The buffer that came with the link is good, and lent. After the other NUM - 1 the index is read again. */
static void use_the_ring(void)
{
	struct rpmsg_endpoint ept;
	unsigned count = 0;
	uint32_t size;

	assert_int_equal(rpmsg_create_ept(&ept, &kernel.rdev, NULL, 78, 0x400, count_cb, NULL), 0);
	ept.priv = &count;
	assert_non_null(rpmsg_get_tx_payload_buffer(&ept, &size, 0));
	for (unsigned i = 0; i <= NUM; i++)
		rpmsg_trysend(&ept, "weft", 4);
	rpmsg_poll(&kernel.rdev, 16);
	assert_int_equal(count, 0);
	assert_int_equal(rpmsg_destroy_ept(&ept), 0);
}

static void a_lie_in_a_ring_is_an_error_until_the_next_reset(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * sizeof broken / sizeof broken[0]; i++) {
		const struct broken *row = &broken[i / 2];

		kernel_up(&kernel, NUM);
		good = kernel.table;
		break_ring(row);
		if (row->where >= TX_INDEX)
			use_the_ring();
		expect_error(row->fault, row->what);
		assert_int_equal(kernel.events[RPMSG_LINK_DOWN], 1);
		assert_int_equal(kernel.events[RPMSG_LINK_UP], 1);
		expect_mended_by_a_reset(i % 2 != 0);
	}
}

static void what_was_lent_before_an_error_is_nobodys(void **state)
{
	struct rpmsg_endpoint ept;
	uint32_t size;

	(void)state;
	kernel_up(&kernel, NUM);
	good = kernel.table;
	assert_int_equal(rpmsg_create_ept(&ept, &kernel.rdev, NULL, 78, 0x400, count_cb, NULL), 0);
	void *loan = rpmsg_get_tx_payload_buffer(&ept, &size, 0);
	assert_non_null(loan);
	assert_int_equal(rpmsg_buffers_out(&kernel.rdev), 1);
	break_ring(&broken[0]);
	expect_error(broken[0].fault, broken[0].what);
	assert_int_equal(rpmsg_mtu(&kernel.rdev), 0);
	assert_int_equal(rpmsg_release_tx_buffer(&ept, loan), RPMSG_ERR_PARAM);
	assert_int_not_equal(rpmsg_send_nocopy(&ept, loan, 4), 4);
	poll_often();
	assert_memory_equal(before, kernel.memory, sizeof before);
	assert_int_equal(rpmsg_destroy_ept(&ept), 0);
	expect_mended_by_a_reset(false);
}

/* A name service message must fit. */
static void a_first_buffer_that_is_too_small_is_an_error(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		kernel_init(&kernel, NUM);
		kernel_lay(&kernel);
		good = kernel.table;
		kernel.rvq.ring.desc[0].len = 55;
		kernel_go(&kernel);
		expect_error(WEFT_CHECK_DESC_LEN, "55 bytes");
		assert_int_equal(kernel.events[RPMSG_LINK_UP], 0);
		expect_mended_by_a_reset(i != 0);
	}
}

/* ---- Messages ---- */

static void a_bad_message_is_dropped_counted_and_its_buffer_goes_back(void **state)
{
	(void)state;
	kernel_up(&kernel, NUM);
	for (unsigned i = 1; i <= 3u * NUM; i++) {
		uint8_t *header =
			kernel.memory + KERNEL_BUFFERS + NUM * KERNEL_BUF_SIZE; /* the first that it sends in */
		bool length = i % 2u == 0;
		uint16_t len = 5;
		uint32_t src = 0xffffffff;

		kernel.svq.used = kernel.svq.ring.used->idx; /* all came back: send in the first again */
		kernel.last_sbuf = 0;
		assert_int_equal(kernel_send(&kernel, 0x400, 77, "warp", 4), 0);
		memcpy(header + (length ? 12 : 0), length ? (void *)&len : (void *)&src, length ? 2 : 4);
		rpmsg_poll(&kernel.rdev, 16);
		assert_int_equal(kernel.events[RPMSG_BAD_MESSAGE], i);
		assert_int_equal(kernel.detail[RPMSG_BAD_MESSAGE],
		                 length ? WEFT_CHECK_HEADER_LEN : WEFT_CHECK_HEADER_SRC);
		assert_int_equal(kernel.shm.transport.counters.violations, i);
		assert_int_equal(kernel.svq.ring.used->idx, i);
		kernel.svq.free = 0;
		kernel.svq.free_count = NUM;
	}
	assert_int_equal(rpmsg_link(&kernel.rdev), WEFT_LINK_UP);
	assert_int_equal(kernel.events[RPMSG_LINK_ERROR], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_believed_when_what_linux_wrote_is_right),
		cmocka_unit_test(a_table_that_is_rewritten_while_the_link_is_up_moves_nothing),
		cmocka_unit_test(rings_that_are_not_new_are_not_begun_with),
		cmocka_unit_test(a_lie_in_a_ring_is_an_error_until_the_next_reset),
		cmocka_unit_test(what_was_lent_before_an_error_is_nobodys),
		cmocka_unit_test(a_first_buffer_that_is_too_small_is_an_error),
		cmocka_unit_test(a_bad_message_is_dropped_counted_and_its_buffer_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
