/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share: the entry that libFuzzer (or replay.c) calls, a cursor over its bytes, and an assertion
 * that stays in every build. A used-up cursor gives zeros: every input is a valid one. */
#ifndef WEFT_TESTS_FUZZ_H
#define WEFT_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	const uint8_t *at;
	const uint8_t *end;
};

#define fuzz_assert(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

static inline void fuzz_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

static inline bool fuzz_more(const struct fuzz *in)
{
	return in->at != in->end;
}

static inline uint8_t fuzz_u8(struct fuzz *in)
{
	return fuzz_more(in) ? *in->at++ : 0;
}

static inline uint16_t fuzz_u16(struct fuzz *in)
{
	uint32_t low = fuzz_u8(in);

	return (uint16_t)(low | (uint32_t)fuzz_u8(in) << 8);
}

static inline uint32_t fuzz_u32(struct fuzz *in)
{
	uint32_t low = fuzz_u16(in);

	return low | (uint32_t)fuzz_u16(in) << 16;
}

/* A small signed number. */
static inline int32_t fuzz_delta(struct fuzz *in)
{
	return (int32_t)fuzz_u8(in) - 128;
}

/* Below n; n > 0. */
static inline uint32_t fuzz_below(struct fuzz *in, uint32_t n)
{
	return fuzz_u8(in) % n;
}

/* One of a table's, or any number. */
static inline uint32_t fuzz_pick(struct fuzz *in, const uint32_t *table, uint32_t count)
{
	uint32_t index = fuzz_below(in, count + 1u);

	return index < count ? table[index] : fuzz_u32(in);
}

#define FUZZ_PICK(in, ...)                                 \
	fuzz_pick((in), (const uint32_t[]){ __VA_ARGS__ }, \
	          (uint32_t)(sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)))

#endif
