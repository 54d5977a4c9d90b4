/* SPDX-License-Identifier: Apache-2.0 */
/* In weft_sim_linux core 0 is Linux, and the other cores are remote cores of it: WEFT_SHM_LINUX() on one end of each
 * link, a model of virtio_rpmsg_bus, virtio_ring and remoteproc on the other (linux.c). What is known from outside of
 * both is here: which life of the rings a core has begun in, which it knows of, and where its stores go (watch.c).
 *
 * A link's window: the resource table, then the region that the core knows, with two places for rings and buffers. */
#ifndef WEFT_SIM_LINUX_H
#define WEFT_SIM_LINUX_H

#include "sim/world.h"
#include "weft/shm.h"

#if SIM_LINUX

#define LINUX_VDEV 32u     /* of the entry, in the table */
#define LINUX_REGION 1024u /* where the region begins */
#define LINUX_ALIGN 64u
#define LINUX_BUF 128u /* Linux's own have 512 bytes; a window has less room */
#define LINUX_NUM_MAX 8u
#define LINUX_RING(home, i) (1024u + (home)*640u + (i)*320u) /* 8 descriptors take 262 */
#define LINUX_BUFFERS(home) (2304u + (home)*2u * LINUX_NUM_MAX * LINUX_BUF)
#define LINUX_MARK 0x5757u

/* The kernel on core 0, and what it is made of. */
_Noreturn void linux_main(void);

/* The role of a link's core, and the region that it knows. */
const struct weft_shm_role *linux_role(int link);
void linux_region(struct weft_region *region);

/* At the begin of a run: each core's table is as its firmware has it. */
void linux_begin(void);

/* ---- What Linux does, told by it ---- */

void linux_unbinds(int link);        /* what the core does from here on is in nobody's way */
void linux_lays(int link, int home); /* about to zero the rings */
void linux_goes(int link);           /* all of it is written, DRIVER_OK comes after the next fence */
/* Stop the core, load its table with rings in this place, start it. */
void linux_loads_core(int link, int home);
/* The core is off, or knows that Linux has reset. */
bool linux_is_let_go(int link);
/* Linux finds what it cannot make sense of: a violation, unless the core could not help it. */
void linux_complains(int link, const char *what, uint32_t value);
/* The owner of a core whose link is in error has it reset; whether one has asked since the last time. */
void linux_ask(int link);
bool linux_asked(int link);

/* ---- What a core does, seen in its accesses ---- */

/* It cannot know yet that Linux has laid the rings anew, or that it is about to: it is in nobody's order. */
bool linux_behind(int link);
/* A load that found `seen`, a store, of words; any write to these bytes. */
void linux_load(int link, uint32_t at, uint32_t seen);
void linux_store(int link, int side, uint32_t at, uint32_t value);
void linux_write(int link, uint32_t at);
/* It may blame its peer for that: there was a reset that it could not see, or a boot that Linux does not know of. */
bool linux_excuses(int link, uint32_t detail);
/* It has begun in the rings that Linux has laid last. */
bool linux_is_met(int link);
/* Something of the core's, or of its last life, stands in the rings: this one is lost. */
bool linux_is_torn(int link);
/* Offset of the rings' memory in the window, number of descriptors. */
int linux_home(int link);
uint16_t linux_num(int link);

#else

static inline void linux_main(void)
{
}

static inline const struct weft_shm_role *linux_role(int link)
{
	(void)link;
	return &weft_shm_device;
}

static inline void linux_region(struct weft_region *region)
{
	(void)region;
}

static inline void linux_begin(void)
{
}

static inline void linux_ask(int link)
{
	(void)link;
}

static inline bool linux_behind(int link)
{
	(void)link;
	return false;
}

static inline void linux_load(int link, uint32_t at, uint32_t seen)
{
	(void)link;
	(void)at;
	(void)seen;
}

static inline void linux_store(int link, int side, uint32_t at, uint32_t value)
{
	(void)link;
	(void)side;
	(void)at;
	(void)value;
}

static inline void linux_write(int link, uint32_t at)
{
	(void)link;
	(void)at;
}

static inline bool linux_excuses(int link, uint32_t detail)
{
	(void)link;
	(void)detail;
	return false;
}

#endif

#endif
