/* SPDX-License-Identifier: Apache-2.0 */
/* The main loop of a core and its interrupt. */
#include "sim/firmware.h"

#include <string.h>

#include "sim/choose.h"
#include "sim/linux.h"
#include "weft/check.h"

#define POLL_BUDGET 4u
/* Whole lines, where caches are not coherent. */
#define LINES_OF(bytes) (WEFT_CACHE_LINE == 64 ? ((bytes) + 63u) / 64u * 64u : (bytes))
/* What a poll may cost, as docs/security.md has it. */
#define PER_POLL (SIM_LINUX ? 14u : 12u)
#define PER_MESSAGE (SIM_LINUX ? 9u : 7u)
#define PER_ANSWER (SIM_LINUX ? 9u : 7u)
#define PER_WAITER 4u
#define PER_TABLE (SIM_LINUX ? 22u : 27u)
#define PER_DESCRIPTOR (SIM_LINUX ? 0u : 10u)
/* Steps, with what callbacks and codecs do: a poll that does not end is stopped there. */
#define POLL_STEPS 900u
#define MESSAGE_STEPS 400u

_Static_assert(sizeof(struct firmware) <= SIM_STATE_SIZE, "it fits its arena");

uint64_t firmware_size(void)
{
	return sizeof(struct firmware);
}

static struct firmware *own(void)
{
	return (struct firmware *)sim_arena(sim.current->number);
}

/* ---- An end of a link ---- */

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	struct app *app = (struct app *)priv;

	(void)rdev;
	static const char *const names[] = { "up", "down", "error", "bad message" };
	sim_say("link %u %s %u", app->link, names[event], (unsigned)detail);
	if (event == RPMSG_LINK_UP)
		app->ups++;
	if (event == RPMSG_LINK_ERROR) {
		sim_mark(MARK_LINK_ERROR);
		linux_ask(app->link);
	}
	if (event == RPMSG_BAD_MESSAGE)
		sim_mark(MARK_BAD_MESSAGE);
	if (event == RPMSG_LINK_DOWN)
		posts_link_down(app);
	/* A table is garbage at power-on, and torn while a driver restarts: the next one is read again. */
	bool table = !SIM_LINUX && detail >= WEFT_CHECK_TABLE_HEADER && detail <= WEFT_CHECK_FEATURES;
	bool blames = event == RPMSG_BAD_MESSAGE || (event == RPMSG_LINK_ERROR && !table);
	if (blames && detail != WEFT_CHECK_NONE && sim.plan.wild == 0 && !linux_excuses(app->link, detail))
		sim_violation("contract", "link %u: a peer that is well is blamed for %u", app->link, (unsigned)detail);
}

/* Whoever sends asks for a buffer first. */
static uint8_t *count_try(struct weft_transport *transport, const void *owner)
{
	struct app *app = (struct app *)(void *)((uint8_t *)transport - offsetof(struct app, shm.transport));

	app->tries++;
	return app->shm_ops->get_tx(transport, owner);
}

#if !SIM_LINUX
/* Other firmware may lack a half. */
static void open_halves(struct app *app)
{
	uint32_t half = sim.plan.other ? choose(4) : 0;

	if (half != 1)
		jobs_open(app);
	if (half != 2)
		mill_open(app);
	if (half == 1 || half == 2)
		sim_mark(MARK_OTHER_FIRMWARE);
}
#endif

static void open_link(struct app *app, const struct firmware *firmware, uint8_t link)
{
	static const uint32_t sizes[] = { LINES_OF(96u), 128, 192 };
	bool driver = sim.current->number == 0;

	app->link = link;
	app->side = !driver;
	sim_port_open(&app->port, link, &app->shm, firmware->polled_by == RPMSG_POLLED_BY_INTERRUPT);
	linux_region(&app->port.base.region);
	struct weft_shm_config shm = {
		.role = driver ? &weft_shm_driver : linux_role(link),
		.port = &app->port.base,
		.entries = app->entries,
		.layout = { NUM_MAX, 128, 64 },
	};
	if (driver && !sim.plan.script) {
		shm.layout.num = sim.plan.small ? 2 : choose(2) == 0 ? 4 : NUM_MAX;
		shm.layout.buf_size = sizes[choose(3)];
	} else if (driver) {
		shm.layout.num = sim.plan.small ? 2 : 4;
		shm.layout.buf_size = sizes[0];
	}
	struct rpmsg_config config = {
		.transport = &app->shm.transport,
		.endpoints = app->table,
		.endpoint_slots = 8,
		.channels = app->channels,
		.channel_slots = 4,
		.event = on_event,
		.priv = app,
		.tx_timeout_us = 300,
		.polled_by = (enum rpmsg_polled_by)firmware->polled_by,
	};
	if (weft_shm_init(&app->shm, &shm) != 0 || rpmsg_init(&app->rdev, &config) != RPMSG_SUCCESS)
		sim_violation("contract", "init fails");
	app->shm_ops = app->shm.transport.ops;
	app->ops = *app->shm_ops;
	app->ops.get_tx = count_try;
	app->shm.transport.ops = &app->ops;
	if (sim.plan.wrap)
		app->rdev.next_addr = RPMSG_ADDR_ANY - 1u - choose(8);
	posts_open(app);
#if !SIM_LINUX
	open_halves(app);
#endif
}

/* A poll makes no more accesses than the page says. */
static int poll_bounded(struct app *app, unsigned budget)
{
	uint32_t accesses = sim.current->accesses, tries = app->tries, epoch = app->shm.epoch;
	bool waiter = app->rdev.tx_waiters != 0, handshake = app->rdev.link != WEFT_LINK_UP;
	int taken = rpmsg_poll(&app->rdev, budget);
	uint32_t made = sim.current->accesses - accesses;
	uint32_t allowed = PER_POLL + PER_MESSAGE * budget + PER_ANSWER * (app->tries - tries);

	if (waiter)
		allowed += PER_WAITER;
	if (handshake || app->rdev.link != WEFT_LINK_UP || app->shm.epoch != epoch)
		allowed += PER_TABLE + PER_DESCRIPTOR * NUM_MAX;
	if (made > sim_stats.dearest_poll)
		sim_stats.dearest_poll = made;
	if (made > allowed)
		sim_violation("bounded work", "a poll of %u with %u answers makes %u accesses, not %u", budget,
		              app->tries - tries, made, allowed);
	if (taken < 0 || (unsigned)taken > budget)
		sim_violation("contract", "a poll of %u says %d", budget, taken);
	return taken;
}

static void poll(struct app *app)
{
	uint32_t begun = sim_now_us(sim.current);
	unsigned budget = 1u + choose(POLL_BUDGET);
	bool outermost = sim.current->call_limit == 0;

	if (outermost) {
		sim.current->calls = 0;
		sim.current->call_limit = POLL_STEPS + MESSAGE_STEPS * budget;
	}
	poll_bounded(app, budget);
	if (outermost) {
		if (sim.current->calls > sim_stats.longest_poll)
			sim_stats.longest_poll = sim.current->calls;
		sim.current->call_limit = 0;
	}
	jobs_late(app, begun);
}

/* ---- The interrupt ---- */

static void on_interrupt(void)
{
	struct firmware *firmware = own();

	for (uint8_t i = 0; i < firmware->apps; i++) {
		uint32_t begun = sim_now_us(sim.current);
		unsigned budget = 1u + choose(POLL_BUDGET);

		while (poll_bounded(&firmware->app[i], budget) == (int)budget) {
		}
		jobs_late(&firmware->app[i], begun);
	}
}

/* ---- The loop ---- */

static void act(struct app *app)
{
	switch (choose(8)) {
	case 0:
		break;
	case 1:
	case 2:
	case 3:
		posts_act(app);
		break;
	case 4:
	case 5:
		jobs_act(app);
		break;
	case 6:
		mill_act(app);
		break;
	default:
		if (rarely(32))
			rpmsg_restart(&app->rdev);
		break;
	}
}

/* The owner's cure for a link in error, or one that is deaf because somebody wrote over what the two agreed on. */
static void settle(struct app *app)
{
	if (!app->calm && sim.plan.wild != 0)
		rpmsg_restart(&app->rdev);
	if (rpmsg_link(&app->rdev) == WEFT_LINK_ERROR) {
		rpmsg_restart(&app->rdev);
		linux_ask(app->link);
	}
	app->calm = true;
	posts_calm(app);
	mill_calm(app);
	jobs_calm(app);
}

static void turn(struct firmware *firmware, struct app *app)
{
	static const uint32_t sleeps[] = { 200, 50, 1000, 5000 };

	if (firmware->polled_by != RPMSG_POLLED_BY_INTERRUPT)
		poll(app);
	if (sim_calm())
		settle(app);
	else
		act(app);
	if (firmware->polled_by != RPMSG_POLLED_BY_INTERRUPT)
		rpmsg_wait(&app->rdev, firmware->apps > 1 ? 50 : sleeps[choose(4)]);
	else if (choose(2) == 0)
		sim_sleep(sleeps[choose(4)]);
	sim_step();
}

void firmware_main(void)
{
	struct firmware *firmware = own();
	static const uint8_t ways[] = { RPMSG_POLLED_BY_LOOP, RPMSG_POLLED_BY_INTERRUPT, RPMSG_POLLED_BY_BUSY };
	int number = sim.current->number;

	if (SIM_LINUX && number == 0)
		linux_main();
	firmware->polled_by = sim.plan.script ? RPMSG_POLLED_BY_LOOP : ways[choose(3)];
	firmware->apps = (uint8_t)(number == 0 ? sim.plan.cores - 1 : 1);
	for (uint8_t i = 0; i < firmware->apps; i++)
		open_link(&firmware->app[i], firmware, (uint8_t)(number == 0 ? i : number - 1));
	if (firmware->polled_by == RPMSG_POLLED_BY_INTERRUPT) {
		sim.current->interrupt = on_interrupt;
		sim_notify(number);
	}
	for (;;) {
		for (uint8_t i = 0; i < firmware->apps; i++)
			turn(firmware, &firmware->app[i]);
	}
}

/* ---- What the world asks ---- */

void firmware_check_queue(const struct app *app, const struct virtqueue *vq)
{
	uint16_t listed = 0, free = 0;

	for (uint16_t id = vq->free; id != vq->num; id = (uint16_t)(uintptr_t)vq->entries[id].owner) {
		if (id > vq->num || ++listed > vq->num || (vq->entries[id].at & 3u) != 1u)
			sim_violation("conservation", "link %u: the free list is not one", app->link);
	}
	for (uint16_t id = 0; id < vq->num; id++)
		free = (uint16_t)(free + ((vq->entries[id].at & 3u) == 1u));
	if (free != listed)
		sim_violation("conservation", "link %u: %u free buffers, %u of them listed", app->link, free, listed);
}
