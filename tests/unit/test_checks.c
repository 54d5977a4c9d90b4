/* SPDX-License-Identifier: Apache-2.0 */
/* Checks as functions, at edges that no frame or table of the other tests can reach: what a region of another size,
 * another version of ours, or a codec that lets more pass would bring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rpc/checks.h"
#include "virtio/checks.h"

static void a_power_of_two_has_one_bit(void **state)
{
	(void)state;
	assert_false(check_power_of_two(0));
	assert_true(check_power_of_two(1));
	assert_true(check_power_of_two(2));
	assert_false(check_power_of_two(3));
	assert_false(check_power_of_two(6));
	assert_true(check_power_of_two(0x80000000u));
	assert_false(check_power_of_two(0xffffffffu));
}

static void below_a_region_that_ends_with_the_address_space_is_not_in_it(void **state)
{
	const uint64_t base = UINT64_MAX - 0xfff;

	(void)state;
	assert_true(check_desc_range(base, 0x1000, base, 0x1000));
	assert_false(check_desc_range(0, 64, base + 0x800, 0x1000)); /* its 32-bit size says more than there is */
}

static void an_alignment_is_4_to_65536_and_kept(void **state)
{
	(void)state;
	assert_true(check_vring_align(4, 1024));
	assert_true(check_vring_align(65536, 65536));
	assert_false(check_vring_align(2, 1024));
	assert_false(check_vring_align(131072, 131072));
	assert_false(check_vring_align(12, 48));  /* kept, and no power of two */
	assert_false(check_vring_align(4, 1028)); /* kept, and no place for descriptors */
	assert_false(check_vring_align(32, 1040));
}

static void a_vring_may_end_with_the_region_and_no_later(void **state)
{
	(void)state;
	assert_true(check_vring_range(3072, 1024, 1024, 4096));
	assert_false(check_vring_range(3073, 1024, 1024, 4096));
	assert_true(check_vring_range(1024, 3072, 1024, 4096));
	assert_false(check_vring_range(1023, 64, 1024, 4096));
	assert_true(check_vring_range(0, 4096, 0, 4096));
	assert_false(check_vring_range(1024, 4097, 1024, 4096));
}

static void vrings_may_touch(void **state)
{
	(void)state;
	assert_true(check_vring_overlap(1024, 256, 1280, 256));
	assert_true(check_vring_overlap(1280, 256, 1024, 256));
	assert_false(check_vring_overlap(1024, 257, 1280, 256));
	assert_false(check_vring_overlap(1280, 256, 1024, 257));
}

static void neither_an_older_nor_a_newer_version_is_ours(void **state)
{
	(void)state;
	assert_true(check_hello_version(1, 1));
	assert_false(check_hello_version(0, 1));
	assert_false(check_hello_version(2, 1));
}

/* Without caches to keep apart nobody cares where it ends; where it begins, words of 32 bits are read. */
static void a_buffer_begins_at_a_word_and_ends_anywhere(void **state)
{
	(void)state;
	for (uint64_t at = 0x400; at < 0x408; at++) {
		for (uint32_t fills = 508; fills < 513; fills++)
			assert_int_equal(check_desc_align(at, fills), at % 4u == 0);
	}
}

static void a_view_may_end_with_its_body_and_no_later(void **state)
{
	const uintptr_t body = 0x1000;

	(void)state;
	assert_true(check_view_inside(body, 8, body, 8));
	assert_true(check_view_inside(body + 4, 4, body, 8));
	assert_true(check_view_inside(body + 8, 0, body, 8));
	assert_false(check_view_inside(body + 4, 5, body, 8));
	assert_false(check_view_inside(body + 4, UINT32_MAX, body, 8));
	assert_false(check_view_inside(body, 0, body + 1, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_power_of_two_has_one_bit),
		cmocka_unit_test(below_a_region_that_ends_with_the_address_space_is_not_in_it),
		cmocka_unit_test(an_alignment_is_4_to_65536_and_kept),
		cmocka_unit_test(a_vring_may_end_with_the_region_and_no_later),
		cmocka_unit_test(vrings_may_touch),
		cmocka_unit_test(neither_an_older_nor_a_newer_version_is_ours),
		cmocka_unit_test(a_buffer_begins_at_a_word_and_ends_anywhere),
		cmocka_unit_test(a_view_may_end_with_its_body_and_no_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
