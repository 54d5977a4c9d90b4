/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/weak.h"

#include <string.h>

#include "sim/choose.h"

/* In wrote[]: side in the top bit, atomic below it, then the clock. */
#define WROTE_SIDE 0x80000000u
#define WROTE_ATOMIC 0x40000000u
#define WROTE_CLOCK 0x3fffffffu

/* What a reset clears is most of the struct: only what was touched is. */
void weak_reset(struct weak *weak)
{
	memset(weak, 0, sizeof *weak - sizeof weak->word);
	for (int side = 0; side < 2; side++)
		weak->now[side].of[side] = weak->view[side].of[side] = 1;
}

static void join(struct weak_clock *into, const struct weak_clock *from)
{
	for (int i = 0; i < 2; i++) {
		if (into->of[i] < from->of[i])
			into->of[i] = from->of[i];
	}
}

static void learn(struct weak *weak, int side, const struct weak_clock *what)
{
	join(&weak->now[side], what);
	join(&weak->view[side], what);
}

/* Every access has a time of its own. */
static uint32_t tick(struct weak *weak, int side)
{
	weak->view[side].of[side]++;
	return ++weak->now[side].of[side];
}

/* ---- Races ---- */

static bool unordered_write(const struct weak *weak, int side, uint32_t at)
{
	uint32_t wrote = weak->wrote[at];
	int writer = (wrote & WROTE_SIDE) != 0;

	return writer != side && (wrote & WROTE_CLOCK) > weak->now[side].of[writer];
}

int weak_writer(const struct weak *weak, uint32_t at)
{
	return (weak->wrote[at] & WROTE_SIDE) != 0;
}

static void report(struct weak_race *race, const char *what, uint32_t at)
{
	if (race->what != NULL)
		return;
	race->what = what;
	race->offset = at;
}

static void mark_write(struct weak *weak, int side, uint32_t at, uint32_t len, uint32_t kind)
{
	uint32_t mark = (side != 0 ? WROTE_SIDE : 0) | kind | weak->now[side].of[side];

	for (uint32_t i = at; i < at + len; i++)
		weak->wrote[i] = mark;
}

void weak_read(struct weak *weak, int side, uint32_t at, uint32_t len, struct weak_race *race)
{
	uint32_t now = tick(weak, side);

	for (uint32_t i = at; i < at + len; i++) {
		if (unordered_write(weak, side, i))
			report(race, "reads what is not published to it", i);
		weak->read[side][i] = now;
	}
}

void weak_write(struct weak *weak, int side, uint32_t at, uint32_t len, struct weak_race *race)
{
	uint32_t known = weak->now[side].of[1 - side];

	tick(weak, side);
	for (uint32_t i = at; i < at + len; i++) {
		if (unordered_write(weak, side, i))
			report(race, "writes over what the other writes", i);
		else if (weak->read[1 - side][i] > known || weak->looked[1 - side][i] > known)
			report(race, "writes what the other reads", i);
	}
	mark_write(weak, side, at, len, 0);
}

/* ---- Words ---- */

static void begin_word(struct weak *weak, struct weak_word *word, uint32_t at, uint32_t value)
{
	uint32_t wrote = weak->wrote[at];
	struct weak_store first = { .value = value, .clock = wrote & WROTE_CLOCK, .side = (wrote & WROTE_SIDE) != 0 };

	word->count = 1;
	word->seen[0] = word->seen[1] = 0;
	word->last[0] = first;
}

/* The table is copied by words of four bytes, and its status is one byte of them. */
static void note_mixed(struct weak *weak, uint32_t at, uint8_t size)
{
	for (uint32_t i = at & ~3u; i < (at & ~3u) + 4u; i++) {
		struct weak_word *word = weak->word_at[i] != 0 ? &weak->word[weak->word_at[i] - 1] : NULL;

		if (word != NULL && i < at + size && at < i + word->size && (i != at || word->size != size))
			word->mixed = true;
	}
}

/* The word at an offset; one that was written plainly since begins anew with what memory holds. */
static struct weak_word *word_of(struct weak *weak, uint32_t at, uint8_t size, uint32_t value)
{
	uint16_t number = weak->word_at[at];

	if (number == 0) {
		if (weak->words == WEAK_WORDS)
			return NULL;
		number = weak->word_at[at] = ++weak->words;
		weak->word[number - 1] = (struct weak_word){ .at = (uint16_t)at, .size = size };
		begin_word(weak, &weak->word[number - 1], at, value);
		for (uint32_t i = at & ~3u; i < (at & ~3u) + 4u; i++) {
			if (i != at && weak->word_at[i] != 0)
				note_mixed(weak, i, weak->word[weak->word_at[i] - 1].size);
		}
	} else if ((weak->wrote[at] & WROTE_ATOMIC) == 0) {
		begin_word(weak, &weak->word[number - 1], at, value);
	}
	return &weak->word[number - 1];
}

static uint32_t kept_of(const struct weak_word *word)
{
	return word->count < WEAK_DEPTH ? word->count : WEAK_DEPTH;
}

/* How many stores a side may still see, counted from the newest: all back to the one that it knows to be newer. */
static uint32_t visible(const struct weak *weak, int side, const struct weak_word *word)
{
	uint32_t kept = kept_of(word);
	uint32_t n = 1;

	for (; n < kept; n++) {
		uint32_t over = word->count - n; /* number of the store that a reader of the next older one overlooks */
		const struct weak_store *store = &word->last[over % WEAK_DEPTH];

		if (word->seen[side] >= over || store->clock <= weak->view[side].of[store->side] ||
		    weak->time - store->time > WEAK_OLD_NS)
			break;
	}
	return n;
}

/* The store that left what stands in a cache, counted from the newest: later ones may still be in the writer's cache,
 * or were lost with it, and what they release is not learnt. */
static uint32_t cached(const struct weak_word *word, uint32_t value)
{
	for (uint32_t back = 0; back < kept_of(word); back++) {
		if (word->last[(word->count - 1u - back) % WEAK_DEPTH].value == value)
			return back;
	}
	return 0;
}

/* Which store a load sees, counted from the newest. */
static uint32_t seen(const struct weak *weak, int side, const struct weak_word *word, uint32_t value)
{
	if (word->mixed)
		return 0;
	if (WEFT_CACHE_LINE != 0)
		return cached(word, value);
	return weak->stale == 0 ? 0 : explore(visible(weak, side, word));
}

uint32_t weak_load(struct weak *weak, int side, uint32_t at, uint8_t size, uint32_t value, enum weak_order order,
                   struct weak_race *race)
{
	uint32_t now = tick(weak, side);
	struct weak_word *word = word_of(weak, at, size, value);

	if ((weak->wrote[at] & WROTE_ATOMIC) == 0 && unordered_write(weak, side, at))
		report(race, "loads what was written plainly and not published to it", at);
	for (uint32_t i = at; i < at + size; i++)
		weak->looked[side][i] = now;
	if (word == NULL)
		return value;

	note_mixed(weak, at, size);
	uint32_t back = seen(weak, side, word, value);
	weak->stale -= WEFT_CACHE_LINE == 0 && back != 0;
	uint32_t number = word->count - 1u - back;
	const struct weak_store *store = &word->last[number % WEAK_DEPTH];
	word->seen[side] = number;
	if (order == WEAK_ACQUIRE)
		learn(weak, side, &store->release);
	else
		join(&weak->pending[side], &store->release);
	return word->mixed ? value : store->value;
}

void weak_store(struct weak *weak, int side, uint32_t at, uint8_t size, uint32_t old, uint32_t value,
                enum weak_order order, struct weak_race *race)
{
	struct weak_word *word = word_of(weak, at, size, old);
	uint32_t known = weak->now[side].of[1 - side];
	uint32_t now = tick(weak, side);

	for (uint32_t i = at; i < at + size; i++) {
		if ((weak->wrote[i] & WROTE_ATOMIC) == 0 && unordered_write(weak, side, i))
			report(race, "stores over what the other writes", i);
		if (weak->read[1 - side][i] > known)
			report(race, "stores what the other reads plainly", i);
	}
	mark_write(weak, side, at, size, WROTE_ATOMIC);
	if (word == NULL)
		return;
	note_mixed(weak, at, size);
	struct weak_store store = {
		.value = value, .clock = now, .time = weak->time, .steps = weak->steps, .side = (uint8_t)side
	};
	store.release = order == WEAK_RELEASE ? weak->now[side] : weak->released[side];
	word->last[word->count % WEAK_DEPTH] = store;
	word->seen[side] = word->count++;
}

void weak_fence(struct weak *weak, int side, bool consistent)
{
	tick(weak, side);
	learn(weak, side, &weak->pending[side]);
	weak->released[side] = weak->now[side];
	if (!consistent)
		return;
	join(&weak->fenced, &weak->view[side]);
	join(&weak->view[side], &weak->fenced);
}

void weak_add(struct weak *weak, uint32_t at, uint16_t by)
{
	if (weak->word_at[at] == 0)
		return;
	struct weak_word *word = &weak->word[weak->word_at[at] - 1];
	for (uint32_t i = 0; i < WEAK_DEPTH; i++)
		word->last[i].value = (uint16_t)(word->last[i].value + by);
}

void weak_seize(struct weak *weak, int side)
{
	uint32_t theirs = side == 0 ? WROTE_SIDE : 0;

	memset(weak->read[1 - side], 0, sizeof weak->read[0]);
	memset(weak->looked[1 - side], 0, sizeof weak->looked[0]);
	for (uint32_t i = 0; i < WEAK_SIZE; i++) {
		if ((weak->wrote[i] & (WROTE_SIDE | WROTE_ATOMIC)) == theirs)
			weak->wrote[i] &= ~WROTE_CLOCK;
	}
}

void weak_poke(struct weak *weak, uint32_t at, uint32_t len)
{
	for (uint32_t i = at; i < at + len; i++) {
		weak->wrote[i] = 0;
		weak->read[0][i] = weak->read[1][i] = 0;
		weak->looked[0][i] = weak->looked[1][i] = 0;
	}
}
