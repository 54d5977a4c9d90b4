/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_rpmsg_bus: probe and remove, its receive buffers, its name service, and who sends through it. */
#include <string.h>

#include "sim/choose.h"
#include "sim/kernel.h"
#include "virtio/ring.h"

#define HEADER 16u
#define NS_ADDR 53u
#define DYNAMIC 1024u /* the first of the addresses that Linux gives */
#define LETTER_MAX 48u
#define NOBODY ORACLE_ENDPOINTS

static const char *const names[ORACLE_ENDPOINTS] = { "north", "south" };

struct header {
	uint32_t src;
	uint32_t dst;
	uint32_t reserved;
	uint16_t len;
	uint16_t flags;
};

struct ns_msg {
	char name[32];
	uint32_t addr;
	uint32_t flags;
};

static volatile struct rsc_vdev *vdev_of(const struct kernel_link *at)
{
	return (volatile struct rsc_vdev *)(void *)(sim_region(0, at->link) + LINUX_VDEV);
}

static void set_status(struct kernel_link *at, uint8_t status)
{
	__atomic_store_n(&vdev_of(at)->status, status, __ATOMIC_RELAXED);
}

/* ---- Probe and remove ---- */

/* Half 0 is received in. It is the second: whoever writes to any memory hits what is sent more often. */
static uint32_t buffers_of(const struct kernel_link *at, uint32_t half)
{
	return LINUX_BUFFERS((uint32_t)at->home) + (1u - half) * LINUX_NUM_MAX * LINUX_BUF;
}

/* What Linux does here besides takes longer than memory is ever late. No core runs meanwhile, as if something of its
 * own had kept it. */
static void take_time(void)
{
	sim.now += 2u * WEAK_OLD_NS;
}

/* register_virtio_device(), virtio_dev_probe(), rpmsg_probe() */
void kernel_probe(struct kernel_link *at)
{
	set_status(at, 0);
	linux_unbinds(at->link);
	set_status(at, VIRTIO_STATUS_ACKNOWLEDGE);
	set_status(at, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	__atomic_store_n(&vdev_of(at)->gfeatures, VIRTIO_RPMSG_FEATURES, __ATOMIC_RELAXED);
	take_time();
	linux_lays(at->link, at->home);
	kernel_lay(&at->rvq, at->link, at->home, 0);
	kernel_lay(&at->svq, at->link, at->home, 1);
	for (uint32_t i = 0; i < at->rvq.num; i++)
		kernel_add(&at->rvq, buffers_of(at, 0) + i * LINUX_BUF, LINUX_BUF, VRING_DESC_F_WRITE);
	kernel_disable_cb(&at->svq);
	at->last_sbuf = 0;
	at->binds++;
	at->bound = true;
	at->bound_at = sim.now;
	/* Who is about to begin in the rings that were there sees no more of them. */
	if (!linux_is_let_go(at->link) || rarely(2))
		take_time();
	linux_goes(at->link);
	bool notify = kernel_kick_prepare(&at->rvq);
	set_status(at, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK);
	if (notify)
		kernel_kick(&at->rvq);
}

void kernel_remove(struct kernel_link *at)
{
	at->bound = at->announced = false;
	memset(at->channel, 0, sizeof at->channel);
	set_status(at, 0);
	linux_unbinds(at->link);
}

/* ---- Sending ---- */

/* get_a_tx_buf(): one that was never used, or one that came back. */
static uint32_t tx_buffer(struct kernel_link *at)
{
	uint32_t len;

	if (at->last_sbuf < at->svq.num)
		return buffers_of(at, 1) + at->last_sbuf++ * LINUX_BUF;
	return kernel_get(&at->svq, &len);
}

static uint32_t wait_for_buffer(struct kernel_link *at)
{
	uint32_t binds = at->binds;
	uint32_t buffer = 0;

	sim_mark(MARK_WRITER_SLEEPS);
	kernel_enable_cb(&at->svq);
	for (int turn = 0; turn < 8 && (buffer = tx_buffer(at)) == 0; turn++) {
		kernel_sleep(500);
		if (binds != at->binds || !at->bound)
			return 0;
	}
	kernel_disable_cb(&at->svq);
	return buffer;
}

bool kernel_send(struct kernel_link *at, uint32_t src, uint32_t dst, const void *data, uint32_t len, bool wait)
{
	struct header header = { src, dst, 0, (uint16_t)len, 0 };
	uint32_t buffer = tx_buffer(at);

	if (buffer == 0 && wait)
		buffer = wait_for_buffer(at);
	if (buffer == 0)
		return false;
	uint8_t *to = sim_region(0, at->link) + buffer;
	memcpy(to, &header, sizeof header);
	memcpy(to + HEADER, data, len);
	kernel_add(&at->svq, buffer, HEADER + len, 0);
	kernel_kick(&at->svq);
	at->sent++;
	return true;
}

bool kernel_send_letter(struct kernel_link *at, struct kernel_channel *channel, bool nested, bool wait)
{
	struct oracle_stream stream = { at->link, 0, channel->post, nested };
	uint64_t key = (uint64_t)channel->addr << 32 | (sim.core[0].lives & 0xffffu) << 16 | (at->binds & 0xffffu);
	uint32_t len = ORACLE_LETTER_MIN + choose(LETTER_MAX - ORACLE_LETTER_MIN + 1u);
	uint8_t letter[LETTER_MAX];

	oracle_letter(stream, key, false, letter, len);
	if (kernel_send(at, channel->src, channel->addr, letter, len, wait))
		return true;
	oracle_unsent(stream);
	sim_mark(MARK_NO_BUFFER);
	return false;
}

/* A device with a fixed source that a driver is bound to: Linux tells its name. */
void kernel_announce(struct kernel_link *at, bool here)
{
	struct ns_msg msg = { .addr = KERNEL_FIXED, .flags = here ? 0 : 1u };

	memcpy(msg.name, names[1], strlen(names[1]));
	if (here) {
		at->announced = true;
		oracle_birth(at->link, 0, 1);
	}
	bool said = kernel_send(at, KERNEL_FIXED, NS_ADDR, &msg, sizeof msg, true);
	if (said == here)
		return;
	/* Withdrawn, or not announced after all. */
	at->announced = false;
	oracle_birth(at->link, 0, 1);
}

/* ---- Receiving ---- */

struct kernel_channel *kernel_channel_of(struct kernel_link *at, uint32_t post)
{
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		if (at->channel[i].name[0] != '\0' && at->channel[i].post == post)
			return &at->channel[i];
	}
	return NULL;
}

static uint8_t post_of(const char *name)
{
	for (uint8_t post = 0; post < ORACLE_ENDPOINTS; post++) {
		if (strcmp(names[post], name) == 0)
			return post;
	}
	return NOBODY;
}

/* rpmsg_create_channel(): an endpoint with the first address that is free, if there is a driver. */
static void create(struct kernel_link *at, const struct ns_msg *msg)
{
	for (uint32_t i = 0; i < KERNEL_CHANNELS; i++) {
		struct kernel_channel *channel = &at->channel[i];

		if (channel->name[0] != '\0')
			continue;
		*channel = (struct kernel_channel){ .addr = msg->addr, .src = DYNAMIC + i };
		memcpy(channel->name, msg->name, sizeof channel->name);
		channel->post = post_of(channel->name);
		if (channel->post != NOBODY)
			oracle_birth(at->link, 0, channel->post);
		sim_say("link %u: channel %s, %x", at->link, channel->name, (unsigned)channel->addr);
		return;
	}
	linux_complains(at->link, "no room for channel", msg->addr);
}

static void name_service(struct kernel_link *at, const uint8_t *data, uint32_t len)
{
	struct ns_msg msg;
	struct kernel_channel *known = NULL;

	if (len != sizeof msg) {
		linux_complains(at->link, "malformed ns msg", len);
		return;
	}
	memcpy(&msg, data, sizeof msg);
	msg.name[31] = '\0';
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		if (at->channel[i].addr == msg.addr && strcmp(at->channel[i].name, msg.name) == 0)
			known = &at->channel[i];
	}
	if ((msg.flags & 1u) == 0 && known != NULL)
		linux_complains(at->link, "channel already exists:", msg.addr);
	else if ((msg.flags & 1u) == 0)
		create(at, &msg);
	else if (known != NULL)
		*known = (struct kernel_channel){ .name = "" };
	else
		linux_complains(at->link, "no channel to destroy:", msg.addr);
}

static void letter(struct kernel_link *at, uint32_t post, uint32_t dst, const uint8_t *data, uint32_t len)
{
	if (!linux_is_torn(at->link))
		oracle_received(at->link, 0, (uint8_t)post, dst, data, len);
}

static void dispatch(struct kernel_link *at, const struct header *header, const uint8_t *data)
{
	if (header->dst == NS_ADDR) {
		name_service(at, data, header->len);
		return;
	}
	if (header->dst == KERNEL_FIXED && at->announced)
		letter(at, 1, header->dst, data, header->len);
	for (int i = 0; i < KERNEL_CHANNELS; i++) {
		struct kernel_channel *channel = &at->channel[i];

		if (channel->name[0] == '\0' || channel->src != header->dst || channel->post == NOBODY)
			continue;
		channel->heard = true;
		letter(at, channel->post, header->dst, data, header->len);
		if (!sim_calm() && rarely(4) && kernel_send_letter(at, channel, true, false))
			sim_mark(MARK_LETTER_NESTED);
		return;
	}
	/* "msg received with no recipient": dropped */
}

/* rpmsg_recv_single(). False: Linux keeps neither the message nor the buffer. */
static bool receive_one(struct kernel_link *at, uint32_t buffer, uint32_t len)
{
	const uint8_t *from = sim_region(0, at->link) + buffer;
	uint8_t data[LINUX_BUF];
	struct header header;

	memcpy(&header, from, sizeof header);
	if (len > LINUX_BUF || len < HEADER || header.len > len - HEADER) {
		at->rvq.broken = true;
		linux_complains(at->link, "inbound msg too big:", len);
		return false;
	}
	memcpy(data, from + HEADER, header.len);
	at->received++;
	dispatch(at, &header, data);
	kernel_add(&at->rvq, buffer, LINUX_BUF, VRING_DESC_F_WRITE);
	return true;
}

/* rpmsg_recv_done() */
void kernel_receive(struct kernel_link *at)
{
	uint32_t buffer, len, count = 0;

	if (!at->bound)
		return;
	while ((buffer = kernel_get(&at->rvq, &len)) != 0 && receive_one(at, buffer, len))
		count++;
	if (count != 0)
		kernel_kick(&at->rvq);
}
