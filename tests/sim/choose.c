/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/choose.h"

#include <string.h>

enum source { SEED, STRING, ODOMETER };

static struct {
	enum source source;
	uint64_t state;
	size_t given; /* of the string or the odometer */
	size_t count; /* recorded */
	uint8_t value[CHOOSE_MAX];
	uint8_t limit[CHOOSE_MAX]; /* odometer: the largest value here */
} choices;

static void begin(enum source source)
{
	choices.source = source;
	choices.given = 0;
	choices.count = 0;
}

void choose_string(const uint8_t *string, size_t len)
{
	begin(STRING);
	choices.given = len < CHOOSE_MAX ? len : CHOOSE_MAX;
	memmove(choices.value, string, choices.given);
}

void choose_odometer(void)
{
	begin(ODOMETER);
}

/* The last decision that can still be raised is, and those behind it begin at 0 again. */
bool choose_next(void)
{
	size_t at = choices.count < CHOOSE_MAX ? choices.count : CHOOSE_MAX;

	while (at > 0 && choices.value[at - 1] == choices.limit[at - 1])
		at--;
	choices.count = 0;
	choices.given = at;
	if (at == 0)
		return false;
	choices.value[at - 1]++;
	return true;
}

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Mixed twice: the states of one run are not those of the next, one step on. */
void choose_seed(uint64_t seed)
{
	begin(SEED);
	choices.state = mix(mix(seed + 0x632be59bd9b4e019u));
}

/* splitmix64 */
static uint64_t draw(void)
{
	return mix(choices.state += 0x9e3779b97f4a7c15u);
}

uint32_t explore(uint32_t n)
{
	size_t at = choices.count++;
	uint32_t value = 0;

	if (n <= 1) {
		choices.count--;
		return 0;
	}
	if (choices.source == SEED)
		value = (uint32_t)(((draw() >> 32) * n) >> 32);
	else if (at < choices.given)
		value = choices.value[at] % n;
	if (at < CHOOSE_MAX) {
		choices.value[at] = (uint8_t)value;
		choices.limit[at] = (uint8_t)(n - 1u);
	}
	return value;
}

uint32_t choose(uint32_t n)
{
	return choices.source == ODOMETER ? 0 : explore(n);
}

const uint8_t *choose_record(size_t *len)
{
	*len = choices.count < CHOOSE_MAX ? choices.count : CHOOSE_MAX;
	return choices.value;
}
