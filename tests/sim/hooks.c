/* SPDX-License-Identifier: Apache-2.0 */
/* What -fsanitize=thread makes of each access of the cores' code, answered by us instead of the thread sanitizer.
 * Every access is here: plain ones by address, atomic ones with their order. The sources have no hooks of their own. */
#include <string.h>

#include "sim/cache.h"
#include "sim/linux.h"

/* ---- Whose memory ---- */

struct place {
	struct weak *weak; /* NULL: not shared */
	uint32_t at;
	int side;
	int link;
};

static struct place place_of(uintptr_t at, uint32_t len)
{
	uint32_t window = (uint32_t)(at / SIM_WINDOW_SIZE);
	uint32_t offset = (uint32_t)(at % SIM_WINDOW_SIZE);
	int core = (int)window / SIM_LINKS;
	int link = (int)window % SIM_LINKS;

	if (core != sim.current->number || (core != 0 && link != core - 1))
		sim_violation("safety", "core %d uses a pointer of core %d", sim.current->number, core);
	if (offset + len > SIM_REGION)
		sim_violation("safety", "core %d: %u bytes at offset %u are outside of the region", core, len, offset);
	sim.weak[link].time = sim.now;
	sim.weak[link].steps = sim.current->steps;
	cache_touched(core, link, offset);
	return (struct place){ &sim.weak[link], offset, core != 0, link };
}

static inline bool is_shared(uintptr_t address)
{
	return address - SIM_WINDOW_BASE < (uintptr_t)SIM_CORES * SIM_LINKS * SIM_WINDOW_SIZE;
}

static inline bool is_own(uintptr_t address)
{
	return (address - SIM_ARENA_BASE) / SIM_ARENA_SIZE == sim.current->number;
}

/* Where a fuzzer counts what is reached; it does so in the cores' code. */
extern char __start___sancov_cntrs[] __attribute__((weak));
extern char __stop___sancov_cntrs[] __attribute__((weak));

/* The load tells the world about itself there. */
static bool is_report(uintptr_t address)
{
	if (address - (uintptr_t)__start___sancov_cntrs < (uintptr_t)(__stop___sancov_cntrs - __start___sancov_cntrs))
		return true;
	return address - (uintptr_t)&sim < sizeof sim || address - (uintptr_t)&sim_stats < sizeof sim_stats;
}

static void not_own(uintptr_t address, bool write)
{
	if (is_report(address))
		return;
	if (write || address - SIM_ARENA_BASE < (uintptr_t)SIM_CORES * SIM_ARENA_SIZE)
		sim_violation("safety", "core %d %s %p, which is not its own", sim.current->number,
		              write ? "writes" : "reads", (void *)address);
}

static void raced(const struct place *place, const struct weak_race *race)
{
	if (race->what != NULL && sim.plan.wild == 0 && !linux_behind(place->link))
		sim_violation("race", "core %d %s, at offset %u of link %d", sim.current->number, race->what,
		              race->offset, place->link);
}

/* ---- Read once ----
 * What the peer wrote is read plainly at most once between two looks at a word of it: who reads it again may find
 * another value than the one that was checked. Only what the runtime and the stubs do; the load may look twice. */

static uint32_t looks[SIM_LINKS][2];
static uint32_t read_at[SIM_LINKS][2][SIM_REGION];

static void check_once(const struct place *place, uint32_t len)
{
	uint32_t *read = read_at[place->link][place->side];
	uint32_t look = looks[place->link][place->side];

	/* Whoever writes anywhere may let a buffer begin inside of what describes it. */
	if (sim.plan.wild != 0 || sim.current->load_reads)
		return;
	for (uint32_t at = place->at; at < place->at + len; at++) {
		if (read[at] == look && weak_writer(place->weak, at) != place->side)
			sim_violation("read once", "core %d reads offset %u of link %d again", sim.current->number, at,
			              place->link);
		read[at] = look;
	}
}

/* ---- Coherent ----
 * What the peer has published and nobody has written since is what it wrote: its cache has it, ours must have. */

static void check_coherent(const struct place *place, uint32_t len)
{
	if (!SIM_IMAGES || sim.plan.wild != 0)
		return;
	int writer = place->side == 0 ? place->link + 1 : 0;
	for (uint32_t at = place->at; at < place->at + len; at++) {
		if (weak_writer(place->weak, at) != place->side &&
		    cache_differs(sim.current->number, writer, place->link, at, 1) == at)
			sim_violation("coherence",
			              "core %d reads what core %d has written over, at offset %u of link %d",
			              sim.current->number, writer, at, place->link);
	}
}

/* ---- Plain accesses ---- */

static void shared_access(uintptr_t address, uint32_t len, bool write)
{
	struct weak_race race = { 0 };

	sim_step();
	struct place place = place_of(address - SIM_WINDOW_BASE, len);
	sim_trace(place.at * 4u + write);
	if (write && place.side != 0)
		linux_write(place.link, place.at);
	if (place.side != 0 && linux_behind(place.link))
		return; /* Linux, who is ahead, waits for nobody and is ordered by nothing of this */
	if (write) {
		weak_write(place.weak, place.side, place.at, len, &race);
		cache_stored(sim.current->number, place.link, place.at, len);
	} else {
		weak_read(place.weak, place.side, place.at, len, &race);
	}
	raced(&place, &race);
	if (!write) {
		check_once(&place, len);
		check_coherent(&place, len);
	}
}

static inline void plain(const void *where, uint32_t len, bool write)
{
	uintptr_t address = (uintptr_t)where;

	if (sim.current == NULL)
		return;
	if (is_shared(address))
		shared_access(address, len, write);
	else if (!is_own(address))
		not_own(address, write);
}

#define PLAIN(n)                                     \
	void __tsan_read##n(void *where);            \
	void __tsan_read##n(void *where)             \
	{                                            \
		plain(where, n, false);              \
	}                                            \
	void __tsan_write##n(void *where);           \
	void __tsan_write##n(void *where)            \
	{                                            \
		plain(where, n, true);               \
	}                                            \
	void __tsan_unaligned_read##n(void *where);  \
	void __tsan_unaligned_read##n(void *where)   \
	{                                            \
		plain(where, n, false);              \
	}                                            \
	void __tsan_unaligned_write##n(void *where); \
	void __tsan_unaligned_write##n(void *where)  \
	{                                            \
		plain(where, n, true);               \
	}
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_read_range(void *where, long len);
void __tsan_read_range(void *where, long len)
{
	plain(where, (uint32_t)len, false);
}

void __tsan_write_range(void *where, long len);
void __tsan_write_range(void *where, long len)
{
	plain(where, (uint32_t)len, true);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
	(void)caller;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

/* ---- memcpy and its kin, under these names in the cores' code ----
 * sim_: the runtime up to rpmsg, whose accesses are counted. codec_: what callbacks and codecs do in a payload.
 * load_: the load's own. */

void *sim_memcpy(void *to, const void *from, size_t len);
void *codec_memcpy(void *to, const void *from, size_t len);
void *sim_memset(void *to, int value, size_t len);
void *sim_memmove(void *to, const void *from, size_t len);
int sim_memcmp(const void *a, const void *b, size_t len);

void *load_memcpy(void *to, const void *from, size_t len);
int load_memcmp(const void *a, const void *b, size_t len);

void *load_memcpy(void *to, const void *from, size_t len)
{
	sim.current->load_reads = true;
	codec_memcpy(to, from, len);
	sim.current->load_reads = false;
	return to;
}

int load_memcmp(const void *a, const void *b, size_t len)
{
	sim.current->load_reads = true;
	int result = sim_memcmp(a, b, len);
	sim.current->load_reads = false;
	return result;
}

static void count_access(const void *a, const void *b)
{
	if (sim.current != NULL)
		sim.current->accesses += is_shared((uintptr_t)a) || is_shared((uintptr_t)b);
}

void *sim_memcpy(void *to, const void *from, size_t len)
{
	count_access(to, from);
	return codec_memcpy(to, from, len);
}

/* In pieces where memory is shared: what somebody writes meanwhile tears it. */
void *codec_memcpy(void *to, const void *from, size_t len)
{
	bool shared = is_shared((uintptr_t)to) || is_shared((uintptr_t)from);
	size_t piece = shared ? 8 : len;

	for (size_t done = 0; done < len; done += piece) {
		size_t n = len - done < piece ? len - done : piece;

		plain((const char *)from + done, (uint32_t)n, false);
		plain((char *)to + done, (uint32_t)n, true);
		memcpy((char *)to + done, (const char *)from + done, n);
	}
	return to;
}

void *sim_memmove(void *to, const void *from, size_t len)
{
	count_access(to, from);
	plain(from, (uint32_t)len, false);
	plain(to, (uint32_t)len, true);
	return memmove(to, from, len);
}

void *sim_memset(void *to, int value, size_t len)
{
	count_access(to, to);
	plain(to, (uint32_t)len, true);
	return memset(to, value, len);
}

int sim_memcmp(const void *a, const void *b, size_t len)
{
	plain(a, (uint32_t)len, false);
	plain(b, (uint32_t)len, false);
	return memcmp(a, b, len);
}

/* ---- Atomic accesses ---- */

static bool acquires(int order)
{
	return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static bool releases(int order)
{
	return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

static void old_value(void)
{
#if !SIM_IMAGES
	sim_stats.stale++;
	sim_mark(MARK_STALE_READ);
	sim.plan.stale -= sim.plan.policy == SIM_EXHAUSTIVE;
#endif
}

/* A core with a cache of its own sees what stands there, whatever memory's past. */
static uint32_t in_image(uint32_t loaded, uint32_t image)
{
	return SIM_IMAGES ? image : loaded;
}

static uint32_t shared_load(uintptr_t address, uint8_t size, int order)
{
	struct weak_race race = { 0 };
	uint32_t value = 0;

	sim_step();
	struct place place = place_of(address - SIM_WINDOW_BASE, size);
	sim.current->accesses++;
	looks[place.link][place.side]++;
	memcpy(&value, (const void *)address, size);
	if (sim.plan.policy == SIM_EXHAUSTIVE)
		place.weak->stale = sim.steps >= sim.plan.from && sim.steps < sim.plan.to ? sim.plan.stale : 0;
	uint32_t seen = in_image(weak_load(place.weak, place.side, place.at, size, value,
	                                   acquires(order) ? WEAK_ACQUIRE : WEAK_RELAXED, &race),
	                         value);
	if (seen != value)
		old_value();
	sim_trace((uint64_t)place.at << 32 | seen);
	if (place.side != 0)
		linux_load(place.link, place.at, seen);
	raced(&place, &race);
	return seen;
}

static void shared_store(uintptr_t address, uint8_t size, uint32_t value, int order)
{
	struct weak_race race = { 0 };

	sim_step();
	struct place place = place_of(address - SIM_WINDOW_BASE, size);
	sim.current->accesses++;
	if (place.side != 0)
		linux_write(place.link, place.at);
	linux_store(place.link, place.side, place.at, value);
	uint32_t old = 0;
	memcpy(&old, (const void *)address, size);
	weak_store(place.weak, place.side, place.at, size, old, value,
	           releases(order) && (!sim.plan.canary || SIM_IMAGES) ? WEAK_RELEASE : WEAK_RELAXED, &race);
	memcpy((void *)address, &value, size);
	cache_stored(sim.current->number, place.link, place.at, size);
	sim_trace((uint64_t)place.at << 32 | value | 1ull << 63);
	raced(&place, &race);
}

#define ATOMIC(bits, type)                                                                \
	type __tsan_atomic##bits##_load(const volatile type *where, int order);           \
	type __tsan_atomic##bits##_load(const volatile type *where, int order)            \
	{                                                                                 \
		if (sim.current != NULL && is_shared((uintptr_t)where))                   \
			return (type)shared_load((uintptr_t)where, bits / 8, order);      \
		return *where;                                                            \
	}                                                                                 \
	void __tsan_atomic##bits##_store(volatile type *where, type value, int order);    \
	void __tsan_atomic##bits##_store(volatile type *where, type value, int order)     \
	{                                                                                 \
		if (sim.current != NULL && is_shared((uintptr_t)where))                   \
			shared_store((uintptr_t)where, bits / 8, (uint32_t)value, order); \
		else                                                                      \
			*where = value;                                                   \
	}
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	if (sim.current == NULL)
		return;
	sim_step();
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		if (sim.current->number == 0 || link == sim.current->number - 1) {
			sim.weak[link].time = sim.now;
			weak_fence(&sim.weak[link], sim.current->number != 0, order == __ATOMIC_SEQ_CST);
		}
	}
}
