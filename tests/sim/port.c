/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/port.h"

#include <string.h>

#include "sim/faults.h"
#include "sim/linux.h"

#define PUBLISH_STEPS 16u /* from the index to the doorbell, with the other queue's between */

static struct sim_port *port_of(struct weft_port *port)
{
	return (struct sim_port *)(void *)port;
}

static void kick(struct weft_port *port, uint32_t notifyid)
{
	(void)notifyid;
	sim_step();
	faults_kick(port_of(port)->peer);
}

static uint32_t now_us(struct weft_port *port)
{
	(void)port;
	sim_step();
	return sim_now_us(sim.current);
}

bool sim_overlooked(int link, int peer, uint32_t at, uint16_t taken)
{
	const struct weak *weak = &sim.weak[link];
	uint16_t number = weak->word_at[at];

	if (number == 0 || sim.core[peer].state == SIM_OFF)
		return false;
	const struct weak_word *word = &weak->word[number - 1];
	const struct weak_store *last = &word->last[(word->count - 1u) % WEAK_DEPTH];
	uint16_t published = (uint16_t)last->value;
	if (SIM_IMAGES)
		memcpy(&published, sim_memory(link) + at, sizeof published);
	return published != taken && sim.now - last->time > 2u * WEAK_OLD_NS &&
	       sim.core[peer].steps > last->steps + PUBLISH_STEPS;
}

bool sim_is_honest(void)
{
	return sim.plan.kick_lost == 0 && sim.plan.kick_late == 0 && sim.plan.wild == 0 && sim.plan.crash == 0 &&
	       sim.plan.victim < 0;
}

/* In our receive queue. */
static bool overlooked(const struct sim_port *port)
{
	const struct virtqueue *rx = &port->shm->rx;
	int core = sim.current->number;
	int link = core == 0 ? port->peer - 1 : core - 1;

	if (port->shm->transport.mtu == 0 || rx->num == 0 || linux_behind(link))
		return false;
	uint32_t at = (uint32_t)((const uint8_t *)rx->theirs - sim_region(core, link)) + 2u;
	return sim_overlooked(link, port->peer, at, rx->next);
}

/* A sleep that only its end ended, over a message: the notification was lost, and not by us. */
static void relax(struct weft_port *port, uint32_t timeout_us)
{
	sim_step();
	bool notified = sim_sleep(timeout_us);
	if (!notified && timeout_us >= 200u && sim_is_honest() && sim.current->interrupt == NULL &&
	    overlooked(port_of(port)))
		sim_violation("lost wake-up", "core %d slept %u us over a message", sim.current->number, timeout_us);
}

static uintptr_t lock(struct weft_port *port)
{
	bool masked = sim.current->masked;

	(void)port;
	sim.current->masked = true;
	return masked;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	sim.current->masked = key != 0;
	sim_step(); /* where what was pending comes */
}

/* The interrupt is another context than what it interrupts. */
static uintptr_t self(struct weft_port *port)
{
	(void)port;
	return sim.current->in_interrupt ? 2u : 1u;
}

static const struct weft_port_ops loop_ops = { .kick = kick, .now_us = now_us, .relax = relax };
static const struct weft_port_ops interrupt_ops = {
	.kick = kick,
	.now_us = now_us,
	.relax = relax,
	.lock = lock,
	.unlock = unlock,
	.self = self,
};

void sim_port_open(struct sim_port *port, int link, const struct weft_shm *shm, bool interrupts)
{
	int core = sim.current->number;

	port->base.ops = interrupts ? &interrupt_ops : &loop_ops;
	port->base.region = (struct weft_region){ sim_region(core, link), SIM_ADDRESS, SIM_REGION };
	port->shm = shm;
	port->peer = (uint8_t)(core == 0 ? link + 1 : 0);
}
