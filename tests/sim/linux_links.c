/* SPDX-License-Identifier: Apache-2.0 */
/* What the world asks about links between Linux and a core of it, outside of all cores. */
#include "sim/choose.h"
#include "sim/faults.h"
#include "sim/firmware.h"
#include "sim/kernel.h"

static struct app *app_of(int link)
{
	return &((struct firmware *)sim_arena(link + 1))->app[0];
}

static struct kernel_link *linux_of(int link)
{
	return &((struct kernel *)sim_arena(0))->link[link];
}

bool firmware_meets(int core, int link)
{
	return core != 0 && sim.core[core].state != SIM_OFF && app_of(link)->shm.transport.mtu == 0;
}

/* Where a link came up once and nobody died or lied, all that was sent comes, and nobody is blamed. */
static const char *counters_missing(int link)
{
	const struct kernel_link *at = linux_of(link);
	const struct app *app = app_of(link);

	if (sim.plan.wild != 0 || app->ups != 1 || at->binds != 1 || sim.core[0].lives != 1 ||
	    sim.core[link + 1].lives != 1)
		return NULL;
	if (app->shm.transport.counters.sent != at->received || app->shm.transport.counters.received != at->sent)
		return "what was sent has not come";
	if (app->rdev.counters.bad_name != 0 || app->shm.transport.counters.violations != 0)
		sim_violation("nothing silent", "link %d: Linux, which is well, is blamed", link);
	return NULL;
}

static const char *channels_missing(struct kernel_link *at)
{
	for (uint8_t post = 0; post < ORACLE_ENDPOINTS; post++) {
		const struct kernel_channel *channel = kernel_channel_of(at, post);

		if (channel == NULL)
			return "a name is not heard";
		if (channel->calm_sent < (sim.plan.script ? 1u : 3u))
			return "letters of Linux are not sent";
		uint64_t key =
			(uint64_t)channel->addr << 32 | (sim.core[0].lives & 0xffffu) << 16 | (at->binds & 0xffffu);
		for (uint8_t nested = 0; nested < 2; nested++) {
			if (oracle_missing((struct oracle_stream){ at->link, 0, post, nested }, key) != 0)
				return "letters of Linux are lost";
		}
	}
	return NULL;
}

static const char *link_missing(int link)
{
	const struct app *app = app_of(link);
	const char *missing;

	if (sim.core[0].state == SIM_OFF || sim.core[link + 1].state == SIM_OFF)
		return "a core is off";
	if (!linux_of(link)->bound || linux_of(link)->rvq.broken || linux_of(link)->svq.broken)
		return "Linux is not bound";
	if (app->shm.transport.mtu == 0 || app->rdev.link != WEFT_LINK_UP || linux_behind(link))
		return "a link is not up";
	if (app->shm.transport.ops->out(&app->shm.transport) != 0)
		return "a buffer is missing";
	if ((missing = posts_missing(app)) != NULL || (missing = channels_missing(linux_of(link))) != NULL)
		return missing;
	return counters_missing(link);
}

const char *firmware_missing(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		const char *missing = link_missing(link);

		if (missing != NULL)
			return missing;
	}
	return NULL;
}

bool firmware_content(void)
{
	return firmware_missing() == NULL;
}

void firmware_describe(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		const struct app *app = app_of(link);
		const struct kernel_link *at = linux_of(link);

		sim_say("link %d: Linux %u: bound %d, binds %u, broken %d %d, asked %d, announced %d", link,
		        sim.core[0].state, at->bound, (unsigned)at->binds, at->rvq.broken, at->svq.broken,
		        linux_asked(link), at->announced);
		for (int i = 0; i < KERNEL_CHANNELS; i++) {
			if (at->channel[i].name[0] != '\0')
				sim_say("   channel %s, %x at %x: sent %u, heard %d", at->channel[i].name,
				        (unsigned)at->channel[i].addr, (unsigned)at->channel[i].src,
				        (unsigned)at->channel[i].calm_sent, at->channel[i].heard);
		}
		sim_say("link %d: core state %u, way %u, shm state %u, link %u, ups %u, out %u, behind %d, torn %d",
		        link, sim.core[link + 1].state, app->rdev.polled_by, app->shm.state, app->rdev.link,
		        (unsigned)app->ups, (unsigned)app->shm.transport.ops->out(&app->shm.transport),
		        linux_behind(link), linux_is_torn(link));
		for (int i = 0; i < POSTS; i++)
			sim_say("   post %d: open %d, addr %x, dest %x, sent %u", i, app->post[i].open,
			        (unsigned)app->post[i].ept.addr, (unsigned)app->post[i].ept.dest_addr,
			        (unsigned)app->post[i].calm_sent);
	}
}

/* Whatever doorbell was lost on its way to Linux, which does not poll, comes now. */
void firmware_calm(void)
{
	sim_notify(0);
	if (sim.plan.wrap && sim_now_us(&sim.core[1]) < 0x80000000u)
		sim_mark(MARK_CLOCK_WRAP);
}

void firmware_died(int core)
{
	if (core != 0 && app_of(core - 1)->shm.transport.mtu == 0)
		sim_mark(MARK_CRASH_IN_HANDSHAKE);
}

static void wrap_linux(struct kernel_vq *vq, int link, uint16_t by)
{
	uint32_t avail = vq->at + 16u * vq->num;

	vq->avail = (uint16_t)(vq->avail + by);
	vq->used = (uint16_t)(vq->used + by);
	faults_add(link, avail + 2u, by);
}

static void wrap_core(struct virtqueue *vq, int link, uint16_t by)
{
	vq->next = (uint16_t)(vq->next + by);
	vq->seen = (uint16_t)(vq->seen + by);
	vq->pushed = (uint16_t)(vq->pushed + by);
	vq->published = (uint16_t)(vq->published + by);
	faults_add(link, (uint32_t)((uint8_t *)vq->ours - sim_region(link + 1, link)) + 2u, by);
}

void firmware_wrap(int link)
{
	struct weft_shm *shm = &app_of(link)->shm;
	struct kernel_link *at = linux_of(link);
	uint16_t by = (uint16_t)(0u - (uint16_t)(shm->rx.next & ~(shm->rx.num - 1u)) - shm->rx.num);

	if (!at->bound || shm->transport.mtu == 0 || !linux_is_met(link) || shm->rx.next > 64)
		return;
	wrap_linux(&at->rvq, link, by);
	wrap_linux(&at->svq, link, by);
	wrap_core(&shm->rx, link, by);
	wrap_core(&shm->tx, link, by);
	sim_mark(MARK_RING_WRAP);
}

/* What the core has in its hands Linux has given. */
static void check_owners(const struct virtqueue *vq, const struct kernel_vq *theirs, int link)
{
	for (uint16_t id = 0; id < vq->num && id < theirs->num; id++) {
		if ((vq->entries[id].at & 3u) != 0 && theirs->buffer[id] == 0)
			sim_violation("conservation", "link %d: buffer %u is in both hands", link, id);
	}
}

void firmware_check(void)
{
	for (int link = 0; link < sim.plan.cores - 1; link++) {
		const struct app *app = app_of(link);

		if (sim.core[link + 1].state == SIM_OFF || app->shm.transport.mtu == 0)
			continue;
		firmware_check_queue(app, &app->shm.rx);
		firmware_check_queue(app, &app->shm.tx);
		if (sim.plan.wild != 0 || sim.core[0].state == SIM_OFF || !linux_of(link)->bound || !linux_is_met(link))
			continue;
		check_owners(&app->shm.rx, &linux_of(link)->svq, link);
		check_owners(&app->shm.tx, &linux_of(link)->rvq, link);
	}
}
