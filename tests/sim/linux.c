/* SPDX-License-Identifier: Apache-2.0 */
/* Linux on core 0: boots, attaches to cores or loads them, binds and unbinds, and lets its drivers send. It sleeps
 * until it is notified; it never polls. */
#include "sim/choose.h"
#include "sim/faults.h"
#include "sim/firmware.h"
#include "sim/kernel.h"
#include "virtio/ring.h"

#define PATIENCE_NS 2000000u /* that a core has after a bind before it is reset again */
#define ENOUGH (sim.plan.script ? 1u : 3u)

_Static_assert(sizeof(struct kernel) <= sizeof(struct firmware), "it is cleared at each boot");

static struct kernel *own(void)
{
	return (struct kernel *)sim_arena(0);
}

/* The driver of the mailbox reads its registers: what the core wrote before it rang is there. */
static void interrupts(struct kernel *kernel)
{
	sim.current->notified = false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (int link = 0; link < sim.plan.cores - 1; link++)
		kernel_receive(&kernel->link[link]);
}

void kernel_sleep(uint32_t timeout_us)
{
	struct kernel *kernel = own();
	bool notified = sim_sleep(timeout_us);

	for (int link = 0; link < sim.plan.cores - 1 && !notified && timeout_us >= 200u; link++) {
		const struct kernel_link *at = &kernel->link[link];

		if (at->bound && (kernel_overlooks(&at->rvq) || kernel_overlooks(&at->svq)))
			sim_violation("lost wake-up", "Linux slept %u us over a message of core %d",
			              (unsigned)timeout_us, link + 1);
	}
	if (notified || sim.current->notified)
		interrupts(kernel);
}

/* ---- remoteproc ---- */

/* The rings of a core that runs are moved only when it has seen that they are gone: it polls, every few ms. */
static void move(struct kernel_link *at)
{
	volatile struct rsc_vdev *vdev = (volatile struct rsc_vdev *)(void *)(sim_region(0, at->link) + LINUX_VDEV);
	uint8_t home = (uint8_t)(1 - linux_home(at->link));

	__atomic_store_n(&vdev->status, 0, __ATOMIC_RELAXED);
	linux_unbinds(at->link);
	for (int turn = 0; turn < 32 && !linux_is_let_go(at->link); turn++)
		kernel_sleep(1000);
	if (!linux_is_let_go(at->link))
		return; /* somebody else writes to the status */
	sim_mark(MARK_RINGS_MOVED);
	at->home = home;
}

static void place(struct kernel_link *at)
{
	volatile struct rsc_vdev *vdev = (volatile struct rsc_vdev *)(void *)(sim_region(0, at->link) + LINUX_VDEV);

	for (uint32_t i = 0; i < 2; i++) {
		__atomic_store_n(&vdev->vring[i].da, SIM_ADDRESS + LINUX_RING((uint32_t)at->home, i), __ATOMIC_RELAXED);
		__atomic_store_n(&vdev->vring[i].notifyid, i, __ATOMIC_RELAXED);
	}
}

/* rproc_attach(): the core runs, and perhaps what it knows is of a Linux that has died: its status, its rings. */
static void attach(struct kernel_link *at)
{
	at->home = (uint8_t)linux_home(at->link);
	if (!sim.plan.script && rarely(4))
		move(at);
	sim_mark(MARK_ATTACHED);
	place(at);
	kernel_probe(at);
}

/* rproc_stop() and rproc_start() */
static void load(struct kernel_link *at)
{
	if (at->bound)
		kernel_remove(at);
	at->home = (uint8_t)(rarely(2) ? 1 - linux_home(at->link) : linux_home(at->link));
	sim_mark(MARK_LOADED);
	linux_loads_core(at->link, at->home);
	kernel_probe(at);
}

/* It may be over before the core has looked; or take its time. */
static void rebind(struct kernel_link *at)
{
	sim_mark(MARK_REBIND);
	kernel_remove(at);
	if (choose(2) == 0)
		kernel_sleep(20u * choose(64));
	kernel_probe(at);
}

static void recover(struct kernel_link *at)
{
	sim_mark(MARK_RECOVERED);
	if (choose(2) == 0)
		rebind(at);
	else
		load(at);
}

/* ---- What its drivers and its users do ---- */

static void act(struct kernel_link *at)
{
	struct kernel_channel *channel = kernel_channel_of(at, choose(ORACLE_ENDPOINTS));

	if (!at->bound) {
		if (choose(4) != 0)
			kernel_probe(at);
		return;
	}
	if (rarely(sim.plan.rebind)) {
		switch (choose(4)) {
		case 0:
			kernel_remove(at);
			return;
		case 1:
			load(at);
			return;
		default:
			rebind(at);
			return;
		}
	}
	switch (choose(8)) {
	case 0:
		break;
	case 1:
		if (linux_asked(at->link) || at->rvq.broken || at->svq.broken)
			recover(at);
		break;
	case 2:
		if (rarely(4))
			kernel_announce(at, !at->announced);
		break;
	case 3:
		if (channel != NULL)
			kernel_send_letter(at, channel, false, true);
		break;
	default:
		if (channel != NULL)
			kernel_send_letter(at, channel, false, false);
		break;
	}
}

static void settle(struct kernel_link *at)
{
	bool wrong = linux_asked(at->link) || at->rvq.broken || at->svq.broken;
	bool patient = sim.now - at->bound_at < PATIENCE_NS;

	if (!at->calm && sim.plan.wild != 0)
		load(at); /* somebody has written into the table too */
	else if (!at->bound)
		kernel_probe(at);
	else if (wrong && !patient)
		recover(at);
	at->calm = true;
	for (uint32_t post = 0; post < ORACLE_ENDPOINTS; post++) {
		struct kernel_channel *channel = kernel_channel_of(at, post);

		if (channel != NULL && (channel->calm_sent < ENOUGH || !channel->heard) &&
		    kernel_send_letter(at, channel, false, false))
			channel->calm_sent++;
	}
}

void linux_main(void)
{
	static const uint32_t sleeps[] = { 200, 50, 1000, 5000 };
	struct kernel *kernel = own();

	for (uint8_t link = 0; link < sim.plan.cores - 1; link++) {
		struct kernel_link *at = &kernel->link[link];

		at->link = link;
		at->home = (uint8_t)linux_home(link);
		if (!sim.plan.script && rarely(2))
			load(at);
		else
			attach(at);
	}
	for (;;) {
		if (sim.current->notified)
			interrupts(kernel);
		for (int link = 0; link < sim.plan.cores - 1; link++) {
			if (sim_calm())
				settle(&kernel->link[link]);
			else
				act(&kernel->link[link]);
		}
		kernel_sleep(sim_calm() ? 200u : sleeps[choose(4)]);
		sim_step();
	}
}
