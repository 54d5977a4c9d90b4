/* SPDX-License-Identifier: Apache-2.0 */
/* The resource table: a device believes it only when all of it is right, says when it is not, and goes on when its
 * driver has started anew. One lie a row. */
#include "unit/pair.h"

#define AT(member) offsetof(struct rsc_table, member)
#define VRING0(member) (AT(vdev.vring) + offsetof(struct rsc_vring, member))
#define VRING1(member) (VRING0(member) + sizeof(struct rsc_vring))

static struct pair pair;

/* Layout of the pair: vrings at 1024 and 1344, 262 bytes each, buffers from 1664 on; 8 descriptors, align 64. */
static const struct row {
	const char *what;
	size_t at;
	uint32_t value;
	enum weft_check fault;
} rows[] = {
	{ "reserved words mean nothing", AT(reserved), 0xffffffff, WEFT_CHECK_NONE },
	{ "nor does the vdev's notifyid", AT(vdev.notifyid), 0xffffffff, WEFT_CHECK_NONE },
	{ "nor do the vrings'", VRING0(notifyid), 0xffffffff, WEFT_CHECK_NONE },
	{ "version 0", AT(version), 0, WEFT_CHECK_TABLE_HEADER },
	{ "version 2", AT(version), 2, WEFT_CHECK_TABLE_HEADER },
	{ "no entries", AT(num), 0, WEFT_CHECK_TABLE_HEADER },
	{ "one entry", AT(num), 1, WEFT_CHECK_TABLE_HEADER },
	{ "four billion entries", AT(num), 0xffffffff, WEFT_CHECK_TABLE_HEADER },
	{ "the vdev entry a word late", AT(offset[0]), 28, WEFT_CHECK_TABLE_HEADER },
	{ "the vdev entry a word early", AT(offset[0]), 20, WEFT_CHECK_TABLE_HEADER },
	{ "the vdev entry outside", AT(offset[0]), 0xfffffff0, WEFT_CHECK_TABLE_HEADER },
	{ "the epoch entry in the vdev entry", AT(offset[1]), AT(vdev), WEFT_CHECK_TABLE_HEADER },
	{ "the epoch entry a word late", AT(offset[1]), AT(epoch) + 4, WEFT_CHECK_TABLE_HEADER },
	{ "not a vdev", AT(vdev.type), 0, WEFT_CHECK_TABLE_VDEV },
	{ "a type behind the vdev's", AT(vdev.type), 4, WEFT_CHECK_TABLE_VDEV },
	{ "a network card", AT(vdev.id), 1, WEFT_CHECK_TABLE_VDEV },
	{ "a SCSI host", AT(vdev.id), 8, WEFT_CHECK_TABLE_VDEV },
	{ "one vring", AT(vdev.status), 0x0100, WEFT_CHECK_TABLE_VDEV },
	{ "255 vrings", AT(vdev.status), 0xff00, WEFT_CHECK_TABLE_VDEV },
	{ "another vendor's entry", AT(epoch.type), 0x81, WEFT_CHECK_TABLE_EPOCH },
	{ "no vendor's entry", AT(epoch.type), 0x7f, WEFT_CHECK_TABLE_EPOCH },
	{ "a later epoch entry", AT(epoch.version), 2, WEFT_CHECK_TABLE_EPOCH },
	{ "an earlier epoch entry", AT(epoch.version), 0, WEFT_CHECK_TABLE_EPOCH },
	{ "the driver's line at our line", AT(epoch.driver_da), PAIR_ADDRESS + 512, WEFT_CHECK_TABLE_EPOCH },
	{ "the driver's line in the table", AT(epoch.driver_da), PAIR_ADDRESS, WEFT_CHECK_TABLE_EPOCH },
	{ "the device's line at its own line", AT(epoch.device_da), PAIR_ADDRESS + 256, WEFT_CHECK_TABLE_EPOCH },
	{ "the device's line outside", AT(epoch.device_da), PAIR_ADDRESS + PAIR_REGION, WEFT_CHECK_TABLE_EPOCH },
	{ "no descriptors", VRING0(num), 0, WEFT_CHECK_VRING_NUM },
	{ "one descriptor", VRING0(num), 1, WEFT_CHECK_VRING_NUM },
	{ "three descriptors", VRING0(num), 3, WEFT_CHECK_VRING_NUM },
	{ "more than our tables have room for", VRING0(num), 16, WEFT_CHECK_VRING_NUM },
	{ "65536 and 8 descriptors", VRING0(num), 0x10008, WEFT_CHECK_VRING_NUM },
	{ "half of all", VRING0(num), 0x80000000, WEFT_CHECK_VRING_NUM },
	{ "three descriptors in the second", VRING1(num), 3, WEFT_CHECK_VRING_NUM },
	{ "fewer than there is room for", VRING1(num), 4, WEFT_CHECK_NONE },
	{ "no alignment", VRING0(align), 0, WEFT_CHECK_VRING_ALIGN },
	{ "three bytes", VRING0(align), 3, WEFT_CHECK_VRING_ALIGN },
	{ "two bytes", VRING0(align), 2, WEFT_CHECK_VRING_ALIGN },
	{ "four bytes", VRING0(align), 4, WEFT_CHECK_NONE },
	{ "twelve bytes", VRING0(align), 12, WEFT_CHECK_VRING_ALIGN },
	{ "more than the region", VRING0(align), 0x80000000, WEFT_CHECK_VRING_ALIGN },
	{ "an alignment that its address does not keep", VRING1(align), 128, WEFT_CHECK_VRING_ALIGN },
	{ "an address between words", VRING0(da), PAIR_ADDRESS + 1025, WEFT_CHECK_VRING_ALIGN },
	{ "at the region's start", VRING0(da), PAIR_ADDRESS, WEFT_CHECK_VRING_RANGE },
	{ "in the head page's last line", VRING0(da), PAIR_ADDRESS + 960, WEFT_CHECK_VRING_RANGE },
	{ "ends one line late", VRING1(da), PAIR_ADDRESS + PAIR_REGION - 256, WEFT_CHECK_VRING_RANGE },
	{ "ends with the region", VRING1(da), PAIR_ADDRESS + PAIR_REGION - 320, WEFT_CHECK_NONE },
	{ "starts where the region ends", VRING1(da), PAIR_ADDRESS + PAIR_REGION, WEFT_CHECK_VRING_RANGE },
	{ "below the region", VRING0(da), PAIR_ADDRESS - 512, WEFT_CHECK_VRING_RANGE },
	{ "da 0", VRING0(da), 0, WEFT_CHECK_VRING_RANGE },
	{ "\"place it for me\"", VRING0(da), 0xffffffc0, WEFT_CHECK_VRING_RANGE },
	{ "the first behind the second", VRING0(da), PAIR_ADDRESS + PAIR_REGION - 320, WEFT_CHECK_NONE },
	{ "behind the second", VRING0(da), PAIR_ADDRESS + 1664, WEFT_CHECK_NONE },
	{ "the same as the first", VRING1(da), PAIR_ADDRESS + 1024, WEFT_CHECK_VRING_OVERLAP },
	{ "begins in the first's last line", VRING1(da), PAIR_ADDRESS + 1280, WEFT_CHECK_VRING_OVERLAP },
	{ "ends in the second's first line", VRING0(da), PAIR_ADDRESS + 1088, WEFT_CHECK_VRING_OVERLAP },
};

/* Both have booted, the driver has asked and the device has not looked yet. */
static void asked(void)
{
	pair_init(&pair);
	rpmsg_poll(&pair.driver.rdev, 16);
}

static void lie(const struct row *row)
{
	memcpy(pair.memory + row->at, &row->value, sizeof row->value);
}

static void poll_both(int times)
{
	while (times-- > 0) {
		rpmsg_poll(&pair.device.rdev, 16);
		rpmsg_poll(&pair.driver.rdev, 16);
	}
}

static void a_table_is_believed_when_all_of_it_is_right(void **state)
{
	struct virtio_rings rings;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		asked();
		lie(&rows[i]);
		enum weft_check fault = virtio_table_read(&pair.device.port.region, PAIR_NUM, &rings);
		if (fault != rows[i].fault)
			fail_msg("%s: %s", rows[i].what, weft_check_name(fault));
	}
}

static void a_vring_is_not_larger_than_its_region(void **state)
{
	struct virtio_rings rings;

	(void)state;
	asked();
	struct weft_region region = pair.device.port.region;
	region.size = 261; /* one byte less than a vring takes */
	assert_int_equal(virtio_table_read(&region, PAIR_NUM, &rings), WEFT_CHECK_VRING_RANGE);
}

static void what_is_read_is_what_was_written(void **state)
{
	struct virtio_layout layout;
	struct virtio_rings rings;

	(void)state;
	asked();
	virtio_layout_compute(&pair.layout, &layout);
	assert_int_equal(virtio_table_read(&pair.device.port.region, PAIR_NUM, &rings), WEFT_CHECK_NONE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rings.offset[i], layout.vring[i]);
		assert_int_equal(rings.align[i], pair.layout.align);
		assert_int_equal(rings.num[i], pair.layout.num);
	}
}

static void a_region_above_4_gib_has_low_words_in_its_table(void **state)
{
	struct weft_region region;
	struct virtio_layout layout;
	struct virtio_rings rings;

	(void)state;
	pair_init(&pair);
	virtio_layout_compute(&pair.layout, &layout);
	region = pair.device.port.region;
	region.address = 0x880000000;
	virtio_table_write(&region, &pair.layout, &layout);
	assert_int_equal(pair_table(&pair)->vdev.vring[0].da, 0x80000000u + layout.vring[0]);
	assert_int_equal(virtio_table_read(&region, PAIR_NUM, &rings), WEFT_CHECK_NONE);
	assert_int_equal(rings.offset[1], layout.vring[1]);
}

static void expect_error_until_the_driver_restarts(enum weft_check fault, const char *what)
{
	const struct virtio_line *line = virtio_device_line(&pair.device.port.region);

	poll_both(5);
	if (pair.device.events[RPMSG_LINK_ERROR] != 1 || pair.device.detail[RPMSG_LINK_ERROR] != fault)
		fail_msg("%s: the device does not say so once", what);
	if (pair.driver.events[RPMSG_LINK_ERROR] != 1)
		fail_msg("%s: the driver does not learn it once", what);
	assert_int_equal(line->flags, VIRTIO_LINE_NEEDS_RESET);
	assert_int_equal(pair.device.shm.transport.counters.violations, 1);
	rpmsg_restart(&pair.device.rdev); /* not for a device to say */
	poll_both(5);
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_ERROR);
	assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_ERROR);

	rpmsg_restart(&pair.driver.rdev);
	poll_both(5);
	assert_int_equal(line->flags, 0);
	pair_expect_works(&pair);
	assert_int_equal(pair.device.events[RPMSG_LINK_ERROR], 1);
}

static void a_lie_in_the_table_stops_both_until_the_driver_restarts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].fault == WEFT_CHECK_NONE)
			continue;
		asked();
		lie(&rows[i]);
		expect_error_until_the_driver_restarts(rows[i].fault, rows[i].what);
		assert_int_equal(pair.driver.events[RPMSG_LINK_UP], 1); /* not before the restart */
	}
}

static void a_driver_in_error_waits_for_its_owner_whoever_comes_and_goes(void **state)
{
	(void)state;
	asked();
	lie(&(struct row){ "version 2", AT(version), 2, WEFT_CHECK_TABLE_HEADER });
	poll_both(5);
	for (uint32_t session = 0; session < 3; session += 2) {
		pair.driver.session = pair.device.session = session;
		poll_both(5);
		assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_ERROR);
		/* The lie is still there for another one to read. */
		assert_int_equal(rpmsg_link(&pair.device.rdev), session == 0 ? WEFT_LINK_DOWN : WEFT_LINK_ERROR);
	}
	assert_int_equal(pair.driver.events[RPMSG_LINK_ERROR], 1);
	rpmsg_restart(&pair.driver.rdev);
	poll_both(5);
	pair_expect_works(&pair);
}

static void accepted_features_were_offered(void **state)
{
	static const uint32_t lies[] = { 0x02, 0x03, 0x20000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		asked();
		rpmsg_poll(&pair.device.rdev, 16);
		rpmsg_poll(&pair.driver.rdev, 16);
		assert_int_equal(pair_table(&pair)->vdev.dfeatures, VIRTIO_RPMSG_FEATURES);
		pair_table(&pair)->vdev.gfeatures = lies[i];
		expect_error_until_the_driver_restarts(WEFT_CHECK_FEATURES, "features");
	}
}

static void a_driver_accepts_only_what_it_knows(void **state)
{
	(void)state;
	asked();
	rpmsg_poll(&pair.device.rdev, 16);
	virtio_device_line(&pair.device.port.region)->features = 0xffffffff;
	rpmsg_poll(&pair.driver.rdev, 16);
	assert_int_equal(pair_table(&pair)->vdev.gfeatures, VIRTIO_RPMSG_FEATURES);
	pair_settle(&pair);
	pair_expect_works(&pair);
}

static void a_device_in_error_follows_a_driver_that_reboots(void **state)
{
	(void)state;
	for (int wiped = 0; wiped < 2; wiped++) { /* by its loader: it asks with the same epoch as before */
		asked();
		lie(&rows[3]);
		poll_both(5);
		assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_ERROR);
		if (wiped)
			memset(pair.memory, 0, sizeof pair.memory);
		pair_boot(&pair.driver);
		poll_both(5);
		pair_expect_works(&pair);
	}
}

static void a_device_that_reboots_out_of_error_waits_for_its_driver(void **state)
{
	(void)state;
	asked();
	lie(&rows[3]);
	poll_both(5);
	pair_boot(&pair.device);
	poll_both(5);
	assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_ERROR);
	rpmsg_restart(&pair.driver.rdev);
	poll_both(5);
	pair_expect_works(&pair);
}

/* What it agreed to is in the device's own memory. */
static void a_table_that_is_rewritten_while_the_link_is_up_moves_nothing(void **state)
{
	(void)state;
	for (uint32_t value = 0; value < 256; value += 51) {
		pair_up(&pair);
		struct rsc_table *table = pair_table(&pair);
		uint8_t status = table->vdev.status;
		memset(table, (int)value, sizeof *table);
		table->vdev.status = status; /* this one is a word that both look at */
		pair_settle(&pair);
		pair_expect_works(&pair);
		assert_int_equal(pair.device.events[RPMSG_LINK_DOWN], 0);
		assert_int_equal(pair.driver.events[RPMSG_LINK_DOWN], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_believed_when_all_of_it_is_right),
		cmocka_unit_test(a_vring_is_not_larger_than_its_region),
		cmocka_unit_test(what_is_read_is_what_was_written),
		cmocka_unit_test(a_region_above_4_gib_has_low_words_in_its_table),
		cmocka_unit_test(a_lie_in_the_table_stops_both_until_the_driver_restarts),
		cmocka_unit_test(a_driver_in_error_waits_for_its_owner_whoever_comes_and_goes),
		cmocka_unit_test(accepted_features_were_offered),
		cmocka_unit_test(a_driver_accepts_only_what_it_knows),
		cmocka_unit_test(a_device_in_error_follows_a_driver_that_reboots),
		cmocka_unit_test(a_device_that_reboots_out_of_error_waits_for_its_driver),
		cmocka_unit_test(a_table_that_is_rewritten_while_the_link_is_up_moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
