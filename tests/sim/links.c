/* SPDX-License-Identifier: Apache-2.0 */
/* What the world asks about links between cores of ours, outside of all cores. */
#include "sim/faults.h"
#include "sim/firmware.h"

static void count_marks(const struct app *app)
{
	if (app->server.base.counters.waited != 0)
		sim_mark(MARK_REQUEST_WAITED);
	if (app->server.base.counters.dropped != 0)
		sim_mark(MARK_REQUEST_DROPPED);
	if (app->shm.epoch != 0 && app->shm.epoch < 8 && sim.plan.wrap)
		sim_mark(MARK_EPOCH_WRAP);
	if (sim.plan.wrap && sim_now_us(&sim.core[0]) < 0x80000000u)
		sim_mark(MARK_CLOCK_WRAP);
}

static struct app *app_of(int link, int side)
{
	struct firmware *firmware = (struct firmware *)sim_arena(side == 0 ? 0 : link + 1);

	return &firmware->app[side == 0 ? link : 0];
}

bool firmware_meets(int core, int link)
{
	return sim.core[core].state != SIM_OFF && app_of(link, core != 0)->shm.transport.mtu == 0;
}

/* Where a link came up once and nobody died or lied, all that was sent comes, and nobody is blamed. */
static const char *counters_missing(int link)
{
	const struct app *ends[2] = { app_of(link, 0), app_of(link, 1) };

	if (sim.plan.wild != 0 || ends[0]->ups != 1 || ends[1]->ups != 1 || sim.core[0].lives != 1 ||
	    sim.core[link + 1].lives != 1)
		return NULL;
	for (int side = 0; side < 2; side++) {
		const struct app *app = ends[side];

		if (app->shm.transport.counters.sent != ends[1 - side]->shm.transport.counters.received)
			return "what was sent has not come";
		if (app->rdev.counters.bad_name != 0 || app->client.base.counters.violation != 0 ||
		    app->server.base.counters.violation != 0)
			sim_violation("nothing silent", "link %d: a peer that is well is blamed", link);
	}
	return NULL;
}

const char *firmware_missing(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		for (int side = 0; side < 2; side++) {
			const struct app *app = app_of(link, side);
			const char *missing = "a core is off";

			if (sim.core[side == 0 ? 0 : link + 1].state == SIM_OFF)
				return missing;
			if (app->shm.transport.mtu == 0 || app->rdev.link != WEFT_LINK_UP)
				return "a link is not up";
			if (app->shm.transport.ops->out(&app->shm.transport) != 0)
				return "a buffer is missing";
			if ((missing = posts_missing(app)) != NULL || (missing = jobs_missing(app)) != NULL ||
			    (missing = mill_missing(app)) != NULL)
				return missing;
		}
		const char *missing = counters_missing(link);
		if (missing != NULL)
			return missing;
	}
	return NULL;
}

void firmware_describe(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		for (int side = 0; side < 2; side++) {
			const struct app *app = app_of(link, side);
			const struct sim_core *core = &sim.core[side == 0 ? 0 : link + 1];

			sim_say("link %d, core %d: way %u, core state %u, shm state %u, epoch %x, link %u, "
			        "ups %u, out %u, calm %d, kinds %x, client %d, server %d",
			        link, core->number, app->rdev.polled_by, core->state, app->shm.state,
			        (unsigned)app->shm.epoch, app->rdev.link, (unsigned)app->ups,
			        (unsigned)app->shm.transport.ops->out(&app->shm.transport), app->calm, app->calm_kinds,
			        (int)weft_client_state(&app->client.base), app->open_server);
			for (int i = 0; i < POSTS; i++)
				sim_say("   post %d: open %d, addr %x, dest %x, sent %u, loan %p, held %p %p", i,
				        app->post[i].open, (unsigned)app->post[i].ept.addr,
				        (unsigned)app->post[i].ept.dest_addr, (unsigned)app->post[i].calm_sent,
				        (void *)app->post[i].loan, (void *)app->post[i].held[0],
				        (void *)app->post[i].held[1]);
			for (int i = 0; i < JOBS; i++)
				sim_say("   job %d: state %u, kind %u, due %u of %u", i, app->job[i].state,
				        app->job[i].kind, (unsigned)app->job[i].due, (unsigned)sim_now_us(core));
		}
	}
}

bool firmware_content(void)
{
	return firmware_missing() == NULL;
}

void firmware_calm(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		for (int side = 0; side < 2; side++)
			count_marks(app_of(link, side));
	}
}

/* A ring index goes round after 65536 messages. Where nobody is inside, all of them can be moved at once. */
void firmware_wrap(int link)
{
	struct app *ends[2] = { app_of(link, 0), app_of(link, 1) };
	struct weft_shm *driver = &ends[0]->shm;
	uint16_t by = (uint16_t)(0u - (uint16_t)(driver->rx.next & ~(driver->rx.num - 1u)) - driver->rx.num);

	if (driver->transport.mtu == 0 || ends[1]->shm.transport.mtu == 0 || driver->epoch != ends[1]->shm.epoch ||
	    driver->rx.next > 64)
		return;
	for (int side = 0; side < 2; side++) {
		struct virtqueue *queues[2] = { &ends[side]->shm.rx, &ends[side]->shm.tx };

		for (int q = 0; q < 2; q++) {
			queues[q]->next = (uint16_t)(queues[q]->next + by);
			queues[q]->seen = (uint16_t)(queues[q]->seen + by);
			queues[q]->pushed = (uint16_t)(queues[q]->pushed + by);
			queues[q]->published = (uint16_t)(queues[q]->published + by);
			faults_add(link,
			           (uint32_t)((uint8_t *)queues[q]->ours - ends[side]->port.base.region.base) + 2u, by);
		}
	}
	sim_mark(MARK_RING_WRAP);
}

void firmware_died(int core)
{
	const struct firmware *firmware = (const struct firmware *)sim_arena(core);

	for (uint8_t i = 0; i < firmware->apps; i++) {
		const struct app *app = &firmware->app[i];

		count_marks(app);
		if (app->shm.transport.mtu == 0)
			sim_mark(MARK_CRASH_IN_HANDSHAKE);
	}
}

/* No buffer is in the hands of both. */
static void check_owners(const struct app *driver, const struct app *device)
{
	const struct virtqueue *queues[2][2] = { { &driver->shm.rx, &device->shm.tx },
		                                 { &driver->shm.tx, &device->shm.rx } };

	for (int q = 0; q < 2; q++) {
		const struct virtqueue *ours = queues[q][0], *theirs = queues[q][1];

		for (uint16_t id = 0; id < ours->num && id < theirs->num; id++) {
			if ((ours->entries[id].at & 3u) == 2u && (theirs->entries[id].at & 3u) == 2u)
				sim_violation("conservation", "link %u: buffer %u is in both hands", driver->link, id);
		}
	}
}

void firmware_check(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		bool both = true;

		for (int side = 0; side < 2; side++) {
			const struct app *app = app_of(link, side);

			if (sim.core[side == 0 ? 0 : link + 1].state == SIM_OFF || app->shm.transport.mtu == 0) {
				both = false;
				continue;
			}
			firmware_check_queue(app, &app->shm.rx);
			firmware_check_queue(app, &app->shm.tx);
		}
		if (both && sim.plan.wild == 0 && app_of(link, 0)->shm.epoch == app_of(link, 1)->shm.epoch)
			check_owners(app_of(link, 0), app_of(link, 1));
	}
}
