/* SPDX-License-Identifier: Apache-2.0 */
/* Weak memory: what a load of shared memory may see, and which plain accesses race.
 *
 * Two sides share one link's region. Each atomic word keeps its last stores; a load may return any of them that
 * nothing tells the reader to be over: an own access, or what an acquire, a fence has shown it. Plain accesses are not
 * delayed; they must be ordered with the other side's by release and acquire, or they race.
 * No store stays unseen for longer than WEAK_OLD_NS: hardware is late, not lazy.
 * Vector clocks, C11's rules; a load never returns a store that is yet to come (no load buffering).
 *
 * Offsets are bytes into the region. Memory itself always holds the newest. */
#ifndef WEFT_SIM_WEAK_H
#define WEFT_SIM_WEAK_H

#include <stdbool.h>
#include <stdint.h>

#define WEAK_SIZE 8192u /* bytes of a region */
#define WEAK_DEPTH 8u   /* stores that a word keeps */
#define WEAK_WORDS 512u /* atomic words of a region */
#define WEAK_OLD_NS 50000u

struct weak_clock {
	uint32_t of[2];
};

struct weak_store {
	uint32_t value;
	uint32_t clock;            /* of the writer, when it wrote */
	uint64_t time;             /* ns */
	uint64_t steps;            /* of the writer, when it wrote */
	struct weak_clock release; /* what whoever acquires it learns */
	uint8_t side;
};

struct weak_word {
	uint32_t count; /* stores so far, and in which of last[] they are */
	uint32_t seen[2];
	struct weak_store last[WEAK_DEPTH];
	uint16_t at;
	uint8_t size;
	bool mixed; /* accessed in other sizes too: the newest always */
};

struct weak {
	struct weak_clock now[2];      /* what each side knows: happens before */
	struct weak_clock view[2];     /* and what fences keep it from overlooking */
	struct weak_clock fenced;      /* the last fence of either */
	struct weak_clock released[2]; /* at the last fence of each: what its relaxed stores carry */
	struct weak_clock pending[2];  /* read by relaxed loads, learnt at the next fence */
	uint64_t time;                 /* ns; set by the world, as the next */
	uint64_t steps;                /* of the core that accesses */
	uint32_t stale;                /* loads that may still see an old store; 0: sequentially consistent */
	uint16_t words;
	uint16_t word_at[WEAK_SIZE];   /* 0: none; else its number and 1 */
	uint32_t wrote[WEAK_SIZE];     /* side, kind and clock of the last write */
	uint32_t read[2][WEAK_SIZE];   /* clock of the last plain read, by side */
	uint32_t looked[2][WEAK_SIZE]; /* and of the last atomic one */
	struct weak_word word[WEAK_WORDS];
};

enum weak_order { WEAK_RELAXED, WEAK_ACQUIRE, WEAK_RELEASE };

/* What raced, for the one who reports it. */
struct weak_race {
	const char *what; /* NULL: nothing */
	uint32_t offset;
};

void weak_reset(struct weak *weak);

/* value: what stands there, in memory or in the reader's cache. */
uint32_t weak_load(struct weak *weak, int side, uint32_t at, uint8_t size, uint32_t value, enum weak_order order,
                   struct weak_race *race);
void weak_store(struct weak *weak, int side, uint32_t at, uint8_t size, uint32_t old, uint32_t value,
                enum weak_order order, struct weak_race *race);
/* Acquire and release; and, when consistent, one order of all such fences. */
void weak_fence(struct weak *weak, int side, bool consistent);
void weak_read(struct weak *weak, int side, uint32_t at, uint32_t len, struct weak_race *race);
void weak_write(struct weak *weak, int side, uint32_t at, uint32_t len, struct weak_race *race);
/* The side that wrote this byte last. */
int weak_writer(const struct weak *weak, uint32_t at);
/* All that a word of 16 bits was is so much more. */
void weak_add(struct weak *weak, uint32_t at, uint16_t by);
/* Memory is this side's from now on, whatever the other has done there: nothing of that races with it. */
void weak_seize(struct weak *weak, int side);
/* Somebody who keeps no rules wrote: what was known of these bytes is over. */
void weak_poke(struct weak *weak, uint32_t at, uint32_t len);

#endif
