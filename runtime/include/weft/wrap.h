/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and differences of what counts round and round: times and sequence numbers. Elsewhere an unsigned number that
 * wraps is a mistake, above all a length less a peer's value: the preset `integer` stops there. */
#ifndef WEFT_WRAP_H
#define WEFT_WRAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Before a function that wraps and means it. */
#if defined(__clang__)
#define WEFT_WRAPS __attribute__((no_sanitize("unsigned-integer-overflow")))
#else
#define WEFT_WRAPS
#endif

/* a + b and, below, a - b, modulo 2^32. Any context. */
WEFT_WRAPS static inline uint32_t weft_wrap_add(uint32_t a, uint32_t b)
{
	return a + b;
}

/*@ assigns \nothing;
  @ ensures \result == ahead(b, a); */
WEFT_WRAPS static inline uint32_t weft_wrap_sub(uint32_t a, uint32_t b)
{
	return a - b;
}

#ifdef __cplusplus
}
#endif

#endif
