/* SPDX-License-Identifier: Apache-2.0 */
/* The model of caches that are not coherent: without it right, the tests over it say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "images/images.h"

#define SIZE 128u
#define LINE 32u

void weft_cache_clean(const void *start, uint32_t len);
void weft_cache_invalidate(const void *start, uint32_t len);

static uint8_t memory[SIZE];
static uint8_t views[2][SIZE];
static uint8_t loaded[2][SIZE];
static struct image one;
static struct image other;

static int set_up(void **state)
{
	(void)state;
	memset(memory, 1, sizeof memory);
	images_reset();
	image_open(&one, memory, views[0], loaded[0], SIZE, LINE);
	image_open(&other, memory, views[1], loaded[1], SIZE, LINE);
	return 0;
}

static void a_store_is_seen_after_clean_and_invalidate_only(void **state)
{
	(void)state;
	views[0][LINE] = 2;
	assert_true(image_dirty(&one, LINE + 7));
	assert_false(image_dirty(&one, 0));
	assert_int_equal(memory[LINE], 1);
	weft_cache_invalidate(views[1] + LINE, LINE);
	assert_int_equal(views[1][LINE], 1);
	weft_cache_clean(views[0] + LINE, LINE);
	assert_false(image_dirty(&one, LINE));
	assert_int_equal(memory[LINE], 2);
	assert_int_equal(views[1][LINE], 1);
	weft_cache_invalidate(views[1], 2 * LINE);
	assert_int_equal(views[1][LINE], 2);
	assert_int_equal(one.cleans, 1);
	assert_int_equal(other.invalidates, 2);
}

static void an_evicted_dirty_line_overwrites_all_of_its_line(void **state)
{
	(void)state;
	views[0][0] = 2; /* both write to one line */
	views[1][1] = 3;
	image_evict(&other, 5);
	assert_int_equal(memory[1], 3);
	image_evict(&one, 0);
	assert_int_equal(memory[0], 2);
	assert_int_equal(memory[1], 1); /* the other's store is lost */
}

static void an_evicted_clean_line_is_as_new_as_the_memory(void **state)
{
	(void)state;
	views[0][0] = 2;
	weft_cache_clean(views[0], LINE);
	assert_int_equal(views[1][0], 1);
	image_evict(&other, 0);
	assert_int_equal(views[1][0], 2);
	assert_int_equal(memory[0], 2);
}

/* The line is older than the memory: gone as a clean one, it would take the store with it. */
static void a_store_of_what_stands_there_already_is_one(void **state)
{
	(void)state;
	views[1][LINE] = 2;
	weft_cache_clean(views[1] + LINE, LINE);
	views[0][LINE] = 1; /* as it was loaded */
	image_stored(&one, LINE - 1, 2);
	assert_true(image_dirty(&one, 0));
	assert_true(image_dirty(&one, LINE));
	assert_false(image_dirty(&one, 2 * LINE));
	image_evict(&one, LINE);
	assert_int_equal(memory[LINE], 1);
	assert_false(image_dirty(&one, LINE));
	weft_cache_clean(views[0], LINE);
	assert_false(image_dirty(&one, 0));
	image_stored(&one, 0, 1);
	weft_cache_invalidate(views[0], LINE);
	assert_false(image_dirty(&one, 0));
}

static void a_crash_loses_what_was_not_written_back(void **state)
{
	(void)state;
	views[0][0] = 2;
	views[0][LINE] = 2;
	weft_cache_clean(views[0], LINE);
	image_crash(&one);
	assert_int_equal(views[0][0], 2);
	assert_int_equal(views[0][LINE], 1);
	assert_int_equal(memory[LINE], 1);
}

static void an_address_is_of_the_core_that_has_it(void **state)
{
	(void)state;
	assert_ptr_equal(image_of(views[0] + SIZE - 1), &one);
	assert_ptr_equal(image_of(views[1]), &other);
}

static void count(struct image *image, void *context)
{
	(void)image;
	++*(unsigned *)context;
}

static void a_test_is_asked_in_the_middle(void **state)
{
	unsigned asked = 0;

	(void)state;
	one.between = count;
	one.context = &asked;
	weft_cache_clean(views[0], LINE);
	assert_int_equal(asked, 1);
	weft_cache_invalidate(views[0], LINE);
	assert_int_equal(asked, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_store_is_seen_after_clean_and_invalidate_only, set_up),
		cmocka_unit_test_setup(an_evicted_dirty_line_overwrites_all_of_its_line, set_up),
		cmocka_unit_test_setup(an_evicted_clean_line_is_as_new_as_the_memory, set_up),
		cmocka_unit_test_setup(a_store_of_what_stands_there_already_is_one, set_up),
		cmocka_unit_test_setup(a_crash_loses_what_was_not_written_back, set_up),
		cmocka_unit_test_setup(an_address_is_of_the_core_that_has_it, set_up),
		cmocka_unit_test_setup(a_test_is_asked_in_the_middle, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
