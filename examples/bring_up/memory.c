/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <string.h>

#include "orders.h"
#include "virtio/ring.h"

#define EDGE 256u    /* bytes at start and end that are written whole */
#define STRIDE 1024u /* and a word in each of these between */
#define WORDS 4u     /* that a number tells of */
#define APART 256u   /* bytes: on different lines of any cache */
#define COPY_MAX 64u

static uint32_t *word_at(const struct weft_region *region, uint32_t offset)
{
	return (uint32_t *)(void *)(region->base + offset);
}

static bool is_written(const struct weft_region *region, uint32_t offset)
{
	return offset < EDGE || offset >= region->size - EDGE || offset % STRIDE == 0;
}

static uint32_t pattern(uint32_t offset, uint32_t side)
{
	return (0x5a000000u | offset) ^ (side == 0 ? 0u : UINT32_MAX);
}

void memory_fill(const struct weft_region *region, uint32_t side)
{
	for (uint32_t offset = 0; offset < region->size; offset += 4u) {
		if (is_written(region, offset))
			ring_store32(word_at(region, offset), pattern(offset, side));
	}
}

uint32_t memory_compare(const struct weft_region *region, uint32_t side)
{
	for (uint32_t offset = 0; offset < region->size; offset += 4u) {
		if (is_written(region, offset) && ring_load32(word_at(region, offset)) != pattern(offset, side))
			return offset;
	}
	return region->size;
}

bool memory_unaligned(const struct weft_region *region)
{
	uint8_t *from = region->base;
	uint8_t *to = region->base + STRIDE;

	for (uint32_t i = 0; i < 2u * COPY_MAX; i++)
		from[i] = (uint8_t)(i * 7u + 1u);
	for (uint32_t offset = 0; offset < 16u; offset++) {
		for (uint32_t len = 1; len <= COPY_MAX; len++) {
			uint32_t word;

			memcpy(to + offset % 7u, from + offset, len);
			memcpy(&word, from + offset + 1u,
			       sizeof word); /* one access, where the core has unaligned ones */
			if (memcmp(to + offset % 7u, from + offset, len) != 0 || (uint8_t)word != from[offset + 1u])
				return false;
		}
	}
	return true;
}

/* What a side writes: words, and the number behind them. */
struct side {
	uint32_t *words[WORDS];
	uint32_t *number;
};

static struct side side_of(const struct weft_region *region, uint32_t side)
{
	uint32_t start = side * (WORDS + 1u) * APART;
	struct side result;

	for (uint32_t i = 0; i < WORDS; i++)
		result.words[i] = word_at(region, start + i * APART);
	result.number = word_at(region, start + WORDS * APART);
	return result;
}

static void tell(const struct side *own, uint32_t number)
{
	for (uint32_t i = 0; i < WORDS; i++)
		ring_store32(own->words[i], number + i);
	ring_store32_release(own->number, number);
}

/* Returns 1 when a word is not there though its number is. */
static uint32_t hear(const struct side *other, uint32_t number)
{
	while (ring_load32_acquire(other->number) != number)
		board_pause();
	for (uint32_t i = 0; i < WORDS; i++) {
		if (ring_load32(other->words[i]) != number + i)
			return 1;
	}
	return 0;
}

/* Core 0 has cleared the region before it gave the order: no number of another check stands there. */
uint32_t memory_pass(const struct weft_region *region, uint32_t side)
{
	const struct side own = side_of(region, side);
	const struct side other = side_of(region, 1u - side);
	uint32_t missing = 0;

	for (uint32_t number = 1; number <= ROUNDS; number++) {
		if (side == 0)
			tell(&own, number);
		missing += hear(&other, number);
		if (side == 1)
			tell(&own, number);
	}
	return missing;
}

uint32_t memory_meet(const struct weft_region *region, uint32_t side)
{
	const struct side own = side_of(region, side);
	const struct side other = side_of(region, 1u - side);
	uint32_t blind = 0;

	for (uint32_t number = 1; number <= ROUNDS; number++) {
		ring_store32(own.words[0], number);
		ring_fence();
		bool saw = ring_load32(other.words[0]) == number;

		/* What each has seen, and that it has looked. */
		ring_store32(own.words[1], saw);
		ring_store32_release(own.number, number);
		while (ring_load32_acquire(other.number) != number)
			board_pause();
		blind += !saw && ring_load32(other.words[1]) == 0;
		/* The other has read our answer before we write the next one. */
		ring_store32_release(own.words[2], number);
		while (ring_load32_acquire(other.words[2]) != number)
			board_pause();
	}
	return blind;
}
