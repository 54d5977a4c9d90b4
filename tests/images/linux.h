/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of test_cache.c, whose state is a seed: a remote core of Linux that has a cache. */
#ifndef WEFT_TESTS_IMAGES_LINUX_H
#define WEFT_TESTS_IMAGES_LINUX_H

void nothing_is_lost_between_linux_and_a_core_in_any_weather(void **state);
void what_a_life_leaves_dirty_is_not_written_over_what_linux_sends(void **state);

#endif
