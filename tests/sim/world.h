/* SPDX-License-Identifier: Apache-2.0 */
/* The world of one run: cores as fibers, links between them, time, doorbells, crashes.
 *
 * Core 0 is the driver of every link, core n the device of link n - 1. Each has an arena for its state and stack, and
 * sees a link's region at an address of its own; device addresses are the same for both.
 * Code of the cores is instrumented and comes here by its accesses (hooks.c) and its port (port.c). */
#ifndef WEFT_SIM_WORLD_H
#define WEFT_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/fiber.h"
#include "sim/marks.h"
#include "sim/weak.h"
#include "weft/port.h"

#define SIM_CORES 4
#define SIM_LINKS (SIM_CORES - 1)
#define SIM_REGION WEAK_SIZE
#define SIM_ADDRESS 0x10000000u /* of every region, as the peer's descriptors name it */
#define SIM_FOREVER UINT64_MAX
#define SIM_IMAGES (WEFT_CACHE_LINE != 0) /* caches are not coherent (cache.h) */
#define SIM_TICK_US 500u                  /* a core that is polled by interrupts has a timer too */

/* Where a core finds what is its own, and the regions. */
#define SIM_ARENA_BASE 0x200000000000u
#define SIM_ARENA_SIZE 0x100000u
#define SIM_STATE_SIZE 0x40000u
#define SIM_STACK_SIZE 0x20000u
#define SIM_WINDOW_BASE 0x210000000000u
#define SIM_WINDOW_SIZE 0x10000u /* for each core and link: the region, then nothing that can be touched */

enum sim_policy { SIM_RANDOM, SIM_PRIORITY, SIM_EXHAUSTIVE };

/* What a run is like. Rates: once in n; 0 never. */
struct sim_plan {
	uint8_t cores;
	uint8_t policy;
	uint32_t stale;      /* loads that may see an old store; 0: sequentially consistent memory */
	uint8_t patience;    /* random: how long a core may run, index into a table */
	uint8_t preemptions; /* exhaustive: how often a core that could go on does not */
	uint32_t trouble;    /* steps with faults; then calm */
	uint32_t calm;       /* steps that calm may take */
	uint32_t kick_lost, kick_late, kick_twice, kick_storm, spurious;
	uint32_t crash, wild, jump, slow;
	uint32_t rebind; /* Linux begins anew, by itself */
	uint32_t evict;  /* lines that leave a cache by themselves, in calm too */
	bool late;       /* only while their core's link comes up: what a life leaves dirty is there in the next */
	bool small;      /* two buffers a direction */
	bool wrap;       /* counters start near their wrap */
	bool other;      /* a core comes back with other firmware */
	bool dirty;      /* memory is garbage at power-on */
	/* The scripted death of core `victim` at its step `dies_at`, the first time. */
	int8_t victim;
	uint64_t dies_at;
	/* And core `second` so many steps of the world later, or when it lives again; 0: nobody. */
	uint8_t second;
	uint32_t later;
	bool script;       /* the load does the same in every run, and little */
	uint32_t from, to; /* exhaustive: the steps between which others may come */
	bool canary;       /* every release is lost: it must be found broken */
};

enum sim_state { SIM_OFF, SIM_RUNS, SIM_SLEEPS };

struct sim_core {
	struct fiber fiber;
	uint64_t steps;    /* of this run */
	uint64_t dies_at;  /* its step; SIM_FOREVER: does not */
	uint64_t boots_at; /* ns, while off */
	uint64_t wakes_at; /* ns, while it sleeps */
	uint64_t rings_at; /* ns: a notification that is late */
	uint32_t storm;    /* notifications still to come for nothing */
	uint32_t lives;
	uint32_t step_ns;
	uint32_t clock; /* what its clock said at time 0, in us */
	uint32_t priority;
	uint8_t number;
	uint8_t state;
	bool notified;
	bool masked; /* interrupts are */
	bool in_interrupt;
	bool load_reads;         /* the load itself, not the code under test */
	void (*interrupt)(void); /* NULL: nobody listens */
	uint32_t accesses;       /* to shared memory, a copy counted as one; of payloads none (docs/security.md) */
	uint32_t calls;          /* steps in the call that is watched */
	uint32_t call_limit;     /* 0: none is */
	uint64_t due;            /* ns, of a call that waits; 0: none does */
	uint32_t overdue;        /* steps since */
};

struct sim_stats {
	uint64_t runs, steps, switches, restarts, stale, faults, letters, calls;
	uint64_t marks[MARK_COUNT];
	uint32_t longest_poll; /* steps */
	uint32_t dearest_poll; /* accesses */
};

struct sim {
	struct sim_plan plan;
	struct sim_core core[SIM_CORES];
	struct weak weak[SIM_LINKS];
	struct sim_core *current; /* whose code runs; NULL: ours */
	struct fiber main;
	uint64_t now; /* ns */
	uint64_t steps;
	uint64_t second_at; /* steps when the second core dies; 0: not known or over */
	uint64_t calm_at;   /* steps when faults ended; 0: they have not */
	uint32_t run;       /* steps until the next switch */
	uint64_t trace;     /* hash of all that happened */
	bool over;
	bool loud; /* print the timeline */
};
extern struct sim sim;
extern struct sim_stats sim_stats;

/* Once a process: memory. Once a run: everything else, by the plan. Then until it is over. */
void sim_open(void);
void sim_begin(const struct sim_plan *plan);
void sim_run(void);

static inline bool sim_calm(void)
{
	return sim.calm_at != 0;
}

/* The region of a link, as a core sees it, or as nobody's. */
uint8_t *sim_region(int core, int link);
/* And as it is in memory. */
uint8_t *sim_memory(int link);
/* The arena of a core; cleared at each boot. */
void *sim_arena(int core);

/* Something that others can see happens now, in the code of the core that runs. Others may run before it does. */
void sim_step(void);
/* Sleep until notified, or timeout_us is over, or for no reason. True: notified. */
bool sim_sleep(uint32_t timeout_us);
void sim_notify(int core);
/* Another core is off, until it is started. */
void sim_stop(int core);
void sim_start(int core);
/* With this rate a fault happens, and is marked; never in calm. */
bool sim_fault(uint32_t rate, enum sim_mark mark);
uint32_t sim_now_us(const struct sim_core *core);

/* What the core that runs does must be over in timeout_us and the few steps that a poll takes. 0: it is over. */
void sim_deadline(uint32_t timeout_us);

/* Mix into the trace, by which two runs are compared. */
void sim_trace(uint64_t what);
/* A line of the timeline, when it is printed. */
void sim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The promise `invariant` is broken: the run ends here. From anywhere. */
_Noreturn void sim_violation(const char *invariant, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What was broken; NULL: nothing. */
const char *sim_broken(void);

/* Given by the load. */
void firmware_main(void);           /* of the core that runs; does not return */
void firmware_died(int core);       /* it runs no more; its state is as it was */
bool firmware_content(void);        /* all that should hold in calm does */
const char *firmware_missing(void); /* or what does not */
void firmware_wrap(int link);       /* move its ring indices to their wrap, when nobody is inside */
void firmware_calm(void);           /* faults have ended */
void firmware_describe(void);       /* for the timeline */
void firmware_check(void);          /* invariants that hold after every step */
uint64_t firmware_size(void);
/* The core lives, and this link of it is not up. */
bool firmware_meets(int core, int link);

#endif
