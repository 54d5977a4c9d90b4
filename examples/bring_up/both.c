/* SPDX-License-Identifier: Apache-2.0 */
/* What both cores have together: memory, its order, doorbells, and a core that starts anew. */
#include <stdio.h>

#include "checks.h"
#include "memory.h"
#include "orders.h"

#define ANSWER_US 500000u /* that core 1 gets for an order, or a ring */
#define LONG_US 2000000u  /* a sleep that a ring ends much earlier */
#define RESTARTS 3u

static uint32_t heard;

static void on_doorbell(void)
{
	__atomic_store_n(&heard, heard + 1u, __ATOMIC_RELAXED);
}

static const struct weft_region *region(void)
{
	return &board_port()->region;
}

static uint32_t now_us(void)
{
	return board_port()->ops->now_us(board_port());
}

static bool is_done(void)
{
	uint32_t start = now_us();

	while (word_get(WORD_ORDER) != ORDER_NONE) {
		if (now_us() - start > ANSWER_US)
			return false;
		board_pause();
	}
	return true;
}

/* Until more than that many rings were heard. */
static bool hears(uint32_t before)
{
	uint32_t start = now_us();

	while (__atomic_load_n(&heard, __ATOMIC_RELAXED) <= before) {
		if (now_us() - start > ANSWER_US)
			return false;
		board_pause();
	}
	return true;
}

static bool ordered(enum order order)
{
	word_set(WORD_ORDER, (uint32_t)order);
	return is_done();
}

static bool core_1_starts(char said[SAID_MAX])
{
	board_start_other();
	bool done = ordered(ORDER_TELL);

	snprintf(said, SAID_MAX, done ? "answers, in life %u" : "does not answer", (unsigned)word_get(WORD_LIFE));
	return done && word_get(WORD_LIFE) == 1;
}

static bool regions_fit(char said[SAID_MAX])
{
	const struct weft_region *own = region();
	uint32_t base = (uint32_t)(uintptr_t)own->base;

	snprintf(said, SAID_MAX, "%u bytes at %08x and %08x; device address %08x and %08x", (unsigned)own->size,
	         (unsigned)base, (unsigned)word_get(WORD_BASE), (unsigned)own->address,
	         (unsigned)word_get(WORD_ADDRESS));
	return own->size == word_get(WORD_SIZE) && own->address == word_get(WORD_ADDRESS) && own->size % 1024u == 0 &&
	       own->address % 64u == 0 && base % 64u == 0 && word_get(WORD_BASE) % 64u == 0;
}

static bool memory_is_one(char said[SAID_MAX])
{
	memory_fill(region(), 0);
	if (!ordered(ORDER_COMPARE)) {
		snprintf(said, SAID_MAX, "core 1 does not answer");
		return false;
	}
	uint32_t there = word_get(WORD_RESULT);
	uint32_t here = there == region()->size ? memory_compare(region(), 1) : 0;
	snprintf(said, SAID_MAX, "core 1 reads ours up to byte %u, we its up to byte %u", (unsigned)there,
	         (unsigned)here);
	return there == region()->size && here == region()->size;
}

static bool memory_is_normal(char said[SAID_MAX])
{
	snprintf(said, SAID_MAX, "copies of 1 to 64 bytes between any addresses");
	return memory_unaligned(region());
}

/* Run a check that both run at the same time. */
static uint32_t together(enum order order, uint32_t (*own)(const struct weft_region *, uint32_t))
{
	for (uint32_t offset = 0; offset < region()->size; offset += 4u)
		__atomic_store_n((uint32_t *)(void *)(region()->base + offset), 0u, __ATOMIC_RELAXED);
#if WEFT_CACHE_LINE != 0
	weft_cache_clean(region()->base, region()->size);
#endif
	word_set(WORD_ORDER, (uint32_t)order);
	uint32_t result = own(region(), 0);
	return is_done() ? result + word_get(WORD_RESULT) : UINT32_MAX;
}

static bool order_is_kept(char said[SAID_MAX])
{
	uint32_t missing = together(ORDER_PASS, memory_pass);
	uint32_t blind = together(ORDER_MEET, memory_meet);

	snprintf(said, SAID_MAX, "%u times each way; %u words behind their number, %u times neither saw", ROUNDS,
	         (unsigned)missing, (unsigned)blind);
	return missing == 0 && blind == 0;
}

static bool bells_ring(char said[SAID_MAX])
{
	struct weft_port *port = board_port();
	uint32_t rings = 0;

	board_on_doorbell(on_doorbell);
	bool good = hears(0) && heard == 1; /* by itself */
	heard = 0;
	word_set(WORD_ORDER, ORDER_RING);
	for (; good && rings < ROUNDS; rings++) {
		port->ops->kick(port, rings);
		good = hears(rings);
	}
	snprintf(said, SAID_MAX, "%u rings; core 1 has heard %u, we %u", (unsigned)rings,
	         (unsigned)word_get(WORD_HEARD), (unsigned)heard);
	return good && is_done() && word_get(WORD_HEARD) == ROUNDS && heard == ROUNDS;
}

/* It has rung before we sleep: the sleep must not begin. */
static bool bell_latches(char said[SAID_MAX])
{
	struct weft_port *port = board_port();
	uint32_t before = heard;

	port->ops->relax(port, 1); /* what has rung until now is over */
	bool good = ordered(ORDER_RING_ONCE) && hears(before);
	uint32_t start = now_us();
	port->ops->relax(port, LONG_US);
	uint32_t took = now_us() - start;
	snprintf(said, SAID_MAX, "rung %u times before; asleep for %u us of %u", (unsigned)(heard - before),
	         (unsigned)took, LONG_US);
	return good && heard == before + 1u && took < LONG_US / 4u;
}

static bool core_1_restarts(char said[SAID_MAX])
{
	for (uint32_t i = 0; i < RESTARTS; i++) {
		uint32_t life = word_get(WORD_LIFE);

		if (!ordered(ORDER_RESTART) || !ordered(ORDER_TELL) || word_get(WORD_LIFE) != life + 1u ||
		    word_get(WORD_RESULT) != 1) {
			snprintf(said, SAID_MAX, "life %u, then life %u with a variable of %u", (unsigned)life,
			         (unsigned)word_get(WORD_LIFE), (unsigned)word_get(WORD_RESULT));
			return false;
		}
	}
	snprintf(said, SAID_MAX, "%u times, its variables as new", RESTARTS);
	return true;
}

const struct check checks_of_both[] = {
	{ "core 1", core_1_starts, "its release, its vector table, its stack; is board_shared() one memory for both?",
	  true },
	{ "region", regions_fit, "board_port()->region: one size and one address on both, aligned to a cache line",
	  true },
	{ "shared memory", memory_is_one,
	  "base on either side; a cache (docs/porting.md); a firewall or MPU over a part of it", true },
	{ "memory type", memory_is_normal, "the MPU's or MMU's attributes: Normal, not Device", true },
	{ "order", order_is_kept, "the compiler's barriers: dmb of the right domain; caches", false },
	{ "doorbells", bells_ring,
	  "kick() of who is not heard; interrupt number, vector, enabled; is the doorbell quieted in its handler?",
	  true },
	{ "latch", bell_latches, "relax(): look at the doorbell's flag with interrupts masked, then sleep", false },
	{ "restart", core_1_restarts, "board_restart(): interrupts off, start-up code from its beginning", false },
	{ NULL, NULL, NULL, false },
};
