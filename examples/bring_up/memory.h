/* SPDX-License-Identifier: Apache-2.0 */
/* Both cores' halves of the checks of shared memory: by the accessors that the rings use, so that caches are cleaned
 * and invalidated where the runtime is built for that. */
#ifndef BRING_UP_MEMORY_H
#define BRING_UP_MEMORY_H

#include <stdbool.h>

#include "weft/port.h"

/* Write one side's pattern to the region's start, its end, and a word in each 1024 bytes between. */
void memory_fill(const struct weft_region *region, uint32_t side);

/* The first byte of the region that has another pattern than that side's; the region's size: none. */
uint32_t memory_compare(const struct weft_region *region, uint32_t side);

/* Copies of 1 to 64 bytes from and to any address; false: a byte is wrong. A memory type that allows no unaligned
 * access is a fault in here. */
bool memory_unaligned(const struct weft_region *region);

/* Message passing: words and then, with release, the number that tells of them, there and back, ROUNDS times. Both
 * cores call it at the same time. Returns how often a number was seen before its words. */
uint32_t memory_pass(const struct weft_region *region, uint32_t side);

/* Both store a word and then look at the other's, with a fence between: at least one sees the other's. Both cores call
 * it at the same time. Returns how often neither did. */
uint32_t memory_meet(const struct weft_region *region, uint32_t side);

#endif
