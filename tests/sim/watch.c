/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of Linux and its cores from outside of both, and what a core of Linux must not do. */
#include <string.h>

#include "sim/choose.h"
#include "sim/linux.h"
#include "weft/check.h"

/* Accesses of a core from its look at a ring's mark to what it does there, that included. */
#define TAKE_ACCESSES 2u  /* the index, an entry of the available ring */
#define GIVE_ACCESSES 2u  /* the two words of an entry of the used ring */
#define INDEX_ACCESSES 4u /* the other mark, the other index, what Linux says of its bell, the index */

struct watch {
	uint32_t life;      /* rings laid so far */
	uint32_t begun[2];  /* each ring: the life in which a core put its mark there */
	uint32_t marked_by; /* life of that core */
	uint32_t known_at;  /* Linux's clock when all of the life was written; who knows less is behind */
	uint32_t looked[2]; /* accesses of the core when it looked at a ring's mark last */
	uint8_t home;
	uint8_t num;
	bool torn[2]; /* an index of another life stands in these rings */
	bool doubt;   /* the core has begun in them before it could know that they are laid */
	bool idle;    /* the core knows that there is no DRIVER_OK */
	bool asked;
};
static struct watch watches[SIM_LINKS];

#define VDEV(link)                                                                                   \
	((volatile struct rsc_vdev *)(SIM_WINDOW_BASE + ((link) + 1) * SIM_LINKS * SIM_WINDOW_SIZE + \
	                              (link)*SIM_WINDOW_SIZE + LINUX_VDEV))
static const struct weft_shm_linux roles[SIM_LINKS] = {
	WEFT_SHM_LINUX(VDEV(0)),
	WEFT_SHM_LINUX(VDEV(1)),
	WEFT_SHM_LINUX(VDEV(2)),
};

const struct weft_shm_role *linux_role(int link)
{
	return &roles[link].role;
}

void linux_region(struct weft_region *region)
{
	*region = (struct weft_region){ region->base + LINUX_REGION, SIM_ADDRESS + LINUX_REGION,
		                        SIM_REGION - LINUX_REGION };
}

/* ---- The table ---- */

/* As the core's firmware has it, and as Linux loads it when it knows where the rings are. */
static void write_table(int link, bool placed)
{
	const struct watch *watch = &watches[link];
	struct rsc_vdev vdev = {
		.type = RSC_VDEV, .id = VIRTIO_ID_RPMSG, .dfeatures = VIRTIO_RPMSG_FEATURES, .num_of_vrings = 2
	};

	for (uint32_t i = 0; i < 2; i++) {
		vdev.vring[i].da = placed ? SIM_ADDRESS + LINUX_RING(watch->home, i) : UINT32_MAX;
		vdev.vring[i].align = LINUX_ALIGN;
		vdev.vring[i].num = watch->num;
		vdev.vring[i].notifyid = i;
	}
	memcpy(sim_memory(link) + LINUX_VDEV, &vdev, sizeof vdev);
	weak_poke(&sim.weak[link], LINUX_VDEV, sizeof vdev);
}

void linux_begin(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		watches[link] = (struct watch){ .known_at = UINT32_MAX };
		watches[link].num = (uint8_t)(sim.plan.small ? 2u : choose(2) == 0 ? 4u : LINUX_NUM_MAX);
		write_table(link, false);
	}
}

/* ---- Told by Linux ---- */

void linux_unbinds(int link)
{
	weak_seize(&sim.weak[link], 0);
	watches[link].known_at = UINT32_MAX;
	sim_say("link %d is reset", link);
}

void linux_lays(int link, int home)
{
	struct watch *watch = &watches[link];

	watch->life++;
	watch->doubt = watch->asked = false;
	watch->home = (uint8_t)home;
	sim_say("rings of link %d are laid, life %u, at %u", link, (unsigned)watch->life, LINUX_RING(watch->home, 0u));
}

void linux_goes(int link)
{
	watches[link].known_at = sim.weak[link].now[0].of[0];
}

void linux_loads_core(int link, int home)
{
	if (sim.core[link + 1].state != SIM_OFF)
		sim_stop(link + 1);
	linux_unbinds(link);
	watches[link].home = (uint8_t)home;
	watches[link].idle = watches[link].asked = false;
	write_table(link, true);
	sim_start(link + 1);
}

void linux_complains(int link, const char *what, uint32_t value)
{
	sim_say("link %d: %s %u", link, what, (unsigned)value);
	sim_mark(MARK_COMPLAINT);
	if (sim.plan.wild == 0 && !linux_is_torn(link) && !watches[link].doubt)
		sim_violation("contract", "link %d: Linux says: %s %u", link, what, (unsigned)value);
}

void linux_ask(int link)
{
	watches[link].asked = true;
	sim_notify(0);
}

bool linux_asked(int link)
{
	return watches[link].asked;
}

/* ---- Seen in a core's accesses ---- */

bool linux_behind(int link)
{
	return sim.weak[link].now[1].of[0] < watches[link].known_at;
}

bool linux_is_torn(int link)
{
	return watches[link].torn[0] || watches[link].torn[1];
}

int linux_home(int link)
{
	return watches[link].home;
}

uint16_t linux_num(int link)
{
	return watches[link].num;
}

bool linux_is_met(int link)
{
	const struct watch *watch = &watches[link];

	return watch->begun[0] == watch->life && watch->begun[1] == watch->life && !linux_is_torn(link) &&
	       !watch->doubt && !linux_behind(link);
}

/* Words of ring i: of its used ring the index and the mark. */
static uint32_t used_of(const struct watch *watch, int home, uint32_t i)
{
	return LINUX_RING((uint32_t)home, i) + virtio_vring_size(watch->num, LINUX_ALIGN) - 6u - 8u * watch->num;
}

static uint32_t mark_of(const struct watch *watch, int home, uint32_t i)
{
	return used_of(watch, home, i) + 4u + 8u * watch->num;
}

/* Ring i is touched: whether it is the one that the core has begun with was looked at just before. */
static void check_look(int link, uint32_t i, uint32_t most, const char *what)
{
	uint32_t since = sim.current->accesses - watches[link].looked[i];

	if (sim.plan.wild == 0 && since > most)
		sim_violation("contract", "core %d %s of ring %u %u accesses after its look at the mark", link + 1,
		              what, i, since);
}

static void mark_loaded(struct watch *watch, uint32_t i, uint32_t seen, bool here)
{
	if (seen == LINUX_MARK)
		watch->looked[i] = sim.current->accesses;
	else if (here && watch->begun[i] != 0 && watch->begun[i] != watch->life && !watch->idle)
		sim_mark(MARK_RESET_UNSEEN);
}

void linux_load(int link, uint32_t at, uint32_t seen)
{
	struct watch *watch = &watches[link];

	if (at == LINUX_VDEV + offsetof(struct rsc_vdev, status))
		watch->idle = (seen & VIRTIO_STATUS_DRIVER_OK) == 0;
	for (int home = 0; home < 2; home++) {
		for (uint32_t i = 0; i < 2; i++) {
			uint32_t entries = LINUX_RING((uint32_t)home, i) + 16u * watch->num + 4u;

			if (at >= entries && at < entries + 2u * watch->num)
				check_look(link, i, TAKE_ACCESSES, "takes an entry");
			if (at == mark_of(watch, home, i))
				mark_loaded(watch, i, seen, home == watch->home);
		}
	}
}

/* In the table it writes nothing, ever; in the rings nothing when it knows that nobody is there. */
void linux_write(int link, uint32_t at)
{
	if (at < LINUX_REGION)
		sim_violation("safety", "core %d writes to the table of Linux, at %u", link + 1, at);
	if (at < LINUX_BUFFERS(0u) && watches[link].idle && sim.plan.wild == 0)
		sim_violation("contract", "core %d writes to offset %u of rings whose Linux is not up", link + 1, at);
}

/* An index. Those of another life's rings are lost with it, or break these: by a core that cannot know. */
static void index_stored(int link, uint32_t i, uint32_t value, bool here)
{
	struct watch *watch = &watches[link];

	check_look(link, i, INDEX_ACCESSES, "stores the index");
	if (!here || watch->begun[i] == watch->life || value == 0)
		return;
	sim_say("core %d: an index goes astray", link + 1);
	sim_mark(MARK_ASTRAY);
	watch->torn[i] = true;
}

static void mark_stored(int link, uint32_t i, bool here)
{
	struct watch *watch = &watches[link];

	watch->marked_by = sim.core[link + 1].lives;
	if (!here)
		return;
	watch->begun[i] = watch->life;
	watch->doubt |= linux_behind(link);
}

static void used_stored(int link, int side, uint32_t i, uint32_t at, uint32_t value)
{
	struct watch *watch = &watches[link];

	for (int home = 0; home < 2; home++) {
		uint32_t used = used_of(watch, home, i);
		uint32_t mark = mark_of(watch, home, i);

		if (at == used + 2u && side == 0)
			watch->torn[i] = false; /* Linux zeroes it */
		else if (at == used + 2u)
			index_stored(link, i, value, home == watch->home);
		else if (at == mark && side != 0 && value == LINUX_MARK)
			mark_stored(link, i, home == watch->home);
		else if (at >= used + 4u && at < mark && side != 0)
			check_look(link, i, GIVE_ACCESSES, "gives an entry");
	}
}

void linux_store(int link, int side, uint32_t at, uint32_t value)
{
	for (uint32_t i = 0; i < 2; i++)
		used_stored(link, side, i, at, value);
}

bool linux_excuses(int link, uint32_t detail)
{
	const struct watch *watch = &watches[link];
	bool again = detail == WEFT_CHECK_RING_FRESH && watch->marked_by != sim.core[link + 1].lives;

	if (again)
		sim_mark(MARK_RINGS_USED);
	return again || linux_is_torn(link) || watch->doubt || linux_behind(link);
}

bool linux_is_let_go(int link)
{
	return sim.core[link + 1].state == SIM_OFF || watches[link].idle;
}
