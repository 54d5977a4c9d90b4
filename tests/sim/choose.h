/* SPDX-License-Identifier: Apache-2.0 */
/* The one source of decisions. A run is its decisions: whoever draws the same ones gets the same run.
 *
 * Drawn from a seed, read back from a string, or counted through by an odometer. Each is recorded. 0 is the dull
 * one everywhere: no switch, the newest value, no fault; a string that ends goes on with zeros. */
#ifndef WEFT_SIM_CHOOSE_H
#define WEFT_SIM_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHOOSE_MAX (1u << 20) /* decisions that one run may record; later ones are drawn and not kept */

void choose_seed(uint64_t seed);
void choose_string(const uint8_t *string, size_t len);

/* All strings in turn: begin, then { run; } while (choose_next()). False: they have all been. */
void choose_odometer(void);
bool choose_next(void);

/* A number below n, n at most 256. explore(): an order of things, or an old value; choose(): all else. An odometer
 * counts the first through, and answers the others with 0. */
uint32_t choose(uint32_t n);
uint32_t explore(uint32_t n);

/* True once in n times; never for n 0. */
static inline bool rarely(uint32_t n)
{
	return n != 0 && choose(n) == n - 1u;
}

/* The decisions of this run so far. */
const uint8_t *choose_record(size_t *len);

#endif
