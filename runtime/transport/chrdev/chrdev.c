/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the link, buffers, and the operations of the transport.
 *
 * The link is up while the remote core's control device is there and is ours to use. It ends when that goes, or when
 * the kernel says EPIPE, which comes a moment before. A control device whose end we have seen is not used again, unless
 * it is still there a second later. */
#define _GNU_SOURCE /* strnlen */
#include "transport/chrdev/chrdev.h"

#include <errno.h>
#include <string.h>

#include "weft/wrap.h"

#define NAMES_FRAME 0xffffu /* id of a frame that is an announcement */
#define NS_DESTROY 1u

/* As the name service's messages are. */
struct ns_message {
	char name[WEFT_CHRDEV_NAME_SIZE];
	uint32_t addr;
	uint32_t flags;
};
_Static_assert(sizeof(struct ns_message) == sizeof((struct weft_chrdev *)0)->heard, "an announcement");

static struct weft_chrdev *chrdev_of(struct weft_transport *transport)
{
	return (struct weft_chrdev *)(void *)transport; /* its first member */
}

/* ---- The link ---- */

static bool is_up(const struct weft_chrdev *chrdev)
{
	return chrdev->transport.mtu != 0;
}

/* alive: the kernel's endpoints are to go with ours. */
static void drop_all(struct weft_chrdev *chrdev, bool alive)
{
	const struct weft_chrdev_config *config = &chrdev->config;

	for (uint16_t i = 0; i < config->channel_count; i++)
		weft_chrdev_hang_up(chrdev, &config->channels[i], alive);
	for (uint16_t i = 0; i < config->tx_count; i++)
		config->tx[i].state = BUFFER_FREE;
	for (uint16_t i = 0; i < config->rx_count; i++)
		config->rx[i].state = BUFFER_FREE;
	for (uint16_t i = 0; i < config->name_count; i++)
		config->names[i].state = NAME_FREE;
	chrdev->transport.mtu = 0;
	chrdev->life = 0;
	chrdev->stalled = false;
	chrdev->gone = false;
	chrdev->down_due = true;
}

/* In a poll alone, as all that changes the link: who waits for a call learns of it there. */
static void end(struct weft_chrdev *chrdev)
{
	chrdev->over = chrdev->life;
	chrdev->ticked_us = 0;
	chrdev->period_us = 0; /* a whole period of the timer from now */
	drop_all(chrdev, false);
}

/* udev needs a while to give it to us. */
static void begin(struct weft_chrdev *chrdev, uint32_t control, uint64_t entry)
{
	if (!weft_chrdev_may_use(chrdev, control)) {
		if (chrdev->denied != entry)
			chrdev->backoff_us = BACKOFF_FIRST_US;
		chrdev->denied = entry;
		return;
	}
	chrdev->denied = 0;
	chrdev->control = control;
	chrdev->life = entry;
	chrdev->over = 0;
	chrdev->transport.mtu = WEFT_CHRDEV_MTU;
	chrdev->transport.counters.ups++;
	chrdev->left = true; /* maybe, by others, or by us when the link went */
}

/* Who is withdrawn is not to be talked to any more. It may be the first that we see of the remote core's end, so that
 * nothing is destroyed yet. */
static void leave_the_gone(struct weft_chrdev *chrdev)
{
	for (uint16_t i = 0; i < chrdev->config.name_count; i++) {
		const struct weft_chrdev_name *name = &chrdev->config.names[i];

		for (uint16_t j = 0; name->state == NAME_GONE && j < chrdev->config.channel_count; j++) {
			struct weft_chrdev_channel *channel = &chrdev->config.channels[j];

			if (channel->owner == NULL || channel->dst != name->addr)
				continue;
			weft_chrdev_hang_up(chrdev, channel, false);
			chrdev->left = true;
		}
	}
}

/* When the control device has outlived a look, and nothing comes or goes. */
static void sweep_when_quiet(struct weft_chrdev *chrdev, bool quiet)
{
	if (chrdev->left && quiet)
		weft_chrdev_sweep(chrdev);
}

static void look(struct weft_chrdev *chrdev)
{
	uint32_t control;
	uint64_t entry;
	bool found = weft_chrdev_find(chrdev, &control, &entry);
	bool quiet = chrdev->quiet;

	chrdev->look = false;
	chrdev->quiet = false;
	if (!found)
		chrdev->denied = 0;
	if (is_up(chrdev) && (!found || entry != chrdev->life))
		drop_all(chrdev, false);
	if (is_up(chrdev))
		sweep_when_quiet(chrdev, quiet);
	if (!is_up(chrdev) && found && entry != chrdev->over && !chrdev->down_due)
		begin(chrdev, control, entry);
	if (!is_up(chrdev))
		return;
	weft_chrdev_look_at_names(chrdev);
	leave_the_gone(chrdev);
}

static enum weft_link_state chrdev_service(struct weft_transport *transport)
{
	struct weft_chrdev *chrdev = chrdev_of(transport);

	weft_chrdev_watch(chrdev);
	if (chrdev->look)
		look(chrdev);
	if (is_up(chrdev))
		weft_chrdev_write(chrdev);
	if (chrdev->gone)
		end(chrdev);
	if (chrdev->down_due) {
		chrdev->down_due = false;
		chrdev->look = true; /* at the next poll */
		return WEFT_LINK_DOWN;
	}
	weft_chrdev_watch_time(chrdev);
	return is_up(chrdev) ? WEFT_LINK_UP : WEFT_LINK_DOWN;
}

/* ---- Buffers ---- */

static struct weft_chrdev_buffer *find(struct weft_chrdev_buffer *buffers, uint16_t count, const void *payload,
                                       enum buffer_state state, const void *owner)
{
	for (uint16_t i = 0; i < count; i++) {
		struct weft_chrdev_buffer *buffer = &buffers[i];

		if ((const void *)buffer->data == payload)
			return buffer->state == (uint8_t)state && buffer->owner == owner ? buffer : NULL;
	}
	return NULL;
}

static struct weft_chrdev_buffer *find_tx(const struct weft_chrdev *chrdev, const void *payload, const void *owner)
{
	return find(chrdev->config.tx, chrdev->config.tx_count, payload, BUFFER_LENT, owner);
}

static struct weft_chrdev_buffer *find_rx(const struct weft_chrdev *chrdev, const void *payload,
                                          enum buffer_state state, const void *owner)
{
	return find(chrdev->config.rx, chrdev->config.rx_count, payload, state, owner);
}

/* ---- Operations ---- */

/* One that waits for its node has one message wait with it, and leaves the other buffers to others. */
static bool may_borrow(const struct weft_chrdev *chrdev, const void *owner)
{
	const struct weft_chrdev_channel *channel = weft_chrdev_channel_of(chrdev, owner);

	return channel == NULL || channel->fd >= 0;
}

static uint8_t *chrdev_get_tx(struct weft_transport *transport, const void *owner)
{
	struct weft_chrdev *chrdev = chrdev_of(transport);

	if (chrdev->stalled)
		weft_chrdev_write(chrdev);
	if (!is_up(chrdev) || chrdev->stalled || !may_borrow(chrdev, owner))
		return NULL;
	struct weft_chrdev_buffer *buffer = weft_chrdev_free_buffer(chrdev->config.tx, chrdev->config.tx_count);
	if (buffer == NULL)
		return NULL;
	buffer->state = BUFFER_LENT;
	buffer->owner = owner;
	return (uint8_t *)buffer->data;
}

static bool chrdev_send(struct weft_transport *transport, const void *owner, const void *payload, uint32_t len,
                        uint32_t src, uint32_t dst)
{
	struct weft_chrdev *chrdev = chrdev_of(transport);
	struct weft_chrdev_buffer *buffer = find_tx(chrdev, payload, owner);

	if (buffer == NULL)
		return false;
	transport->counters.sent++;
	if (dst == ADDRESS_NAMES) {
		weft_chrdev_say(chrdev, PROBLEM_USE,
		                "user space cannot announce '%.31s': its server is started with .ready, and its "
		                "client, on the remote core, with .announce",
		                (const char *)buffer->data);
		buffer->state = BUFFER_FREE;
		return true;
	}
	buffer->channel = weft_chrdev_channel(chrdev, owner, src, dst);
	buffer->len = len;
	buffer->order = chrdev->next_order;
	chrdev->next_order = weft_wrap_add(chrdev->next_order, 1u);
	buffer->state = buffer->channel != NULL ? BUFFER_QUEUED : BUFFER_FREE;
	return true;
}

static bool chrdev_drop(struct weft_transport *transport, const void *owner, const void *payload)
{
	struct weft_chrdev_buffer *buffer = find_tx(chrdev_of(transport), payload, owner);

	if (buffer != NULL)
		buffer->state = BUFFER_FREE;
	return buffer != NULL;
}

static struct weft_chrdev_name *name_in(const struct weft_chrdev *chrdev, enum name_state state)
{
	for (uint16_t i = 0; i < chrdev->config.name_count; i++) {
		if (chrdev->config.names[i].state == (uint8_t)state)
			return &chrdev->config.names[i];
	}
	return NULL;
}

/* Withdrawals first: the same may have been announced again. */
static struct weft_chrdev_name *untold(const struct weft_chrdev *chrdev)
{
	struct weft_chrdev_name *name = name_in(chrdev, NAME_GONE);

	return name != NULL ? name : name_in(chrdev, NAME_NEW);
}

static int chrdev_receive(struct weft_transport *transport, struct weft_frame *frame)
{
	struct weft_chrdev *chrdev = chrdev_of(transport);
	struct weft_chrdev_name *name = untold(chrdev);

	if (name == NULL)
		return weft_chrdev_read(chrdev, frame);
	struct ns_message message = { .addr = name->addr, .flags = name->state == NAME_GONE ? NS_DESTROY : 0 };

	memcpy(message.name, name->name, sizeof message.name);
	memcpy(chrdev->heard, &message, sizeof message);
	name->state = name->state == NAME_GONE ? NAME_FREE : NAME_TOLD;
	*frame = (struct weft_frame){ .data = (uint8_t *)chrdev->heard,
		                      .len = sizeof message,
		                      .src = ADDRESS_NAMES,
		                      .dst = ADDRESS_NAMES,
		                      .id = NAMES_FRAME };
	return WEFT_FRAME_GOOD;
}

static void chrdev_done(struct weft_transport *transport, const struct weft_frame *frame)
{
	const struct weft_chrdev *chrdev = chrdev_of(transport);

	/* Else it is held, or has been, or the link is another one. */
	if (frame->id != NAMES_FRAME && chrdev->config.rx[frame->id].state == BUFFER_IN_HAND)
		chrdev->config.rx[frame->id].state = BUFFER_FREE;
}

static bool chrdev_hold(struct weft_transport *transport, const void *owner, const void *payload)
{
	struct weft_chrdev_buffer *buffer = find_rx(chrdev_of(transport), payload, BUFFER_IN_HAND, NULL);

	if (buffer == NULL)
		return false;
	buffer->state = BUFFER_HELD;
	buffer->owner = owner;
	return true;
}

static bool chrdev_release(struct weft_transport *transport, const void *owner, const void *payload)
{
	struct weft_chrdev_buffer *buffer = find_rx(chrdev_of(transport), payload, BUFFER_HELD, owner);

	if (buffer != NULL)
		buffer->state = BUFFER_FREE;
	return buffer != NULL;
}

/* What it said last goes out before its endpoint device goes. */
static void chrdev_forget(struct weft_transport *transport, const void *owner)
{
	struct weft_chrdev *chrdev = chrdev_of(transport);
	const struct weft_chrdev_config *config = &chrdev->config;

	if (is_up(chrdev))
		weft_chrdev_write(chrdev);
	struct weft_chrdev_channel *channel = weft_chrdev_channel_of(chrdev, owner);
	if (channel != NULL)
		weft_chrdev_hang_up(chrdev, channel, true);
	for (uint16_t i = 0; i < config->tx_count; i++) {
		if (config->tx[i].state == BUFFER_LENT && config->tx[i].owner == owner)
			config->tx[i].state = BUFFER_FREE;
	}
	for (uint16_t i = 0; i < config->rx_count; i++) {
		if (config->rx[i].state == BUFFER_HELD && config->rx[i].owner == owner)
			config->rx[i].state = BUFFER_FREE;
	}
}

static void chrdev_flush(struct weft_transport *transport)
{
	struct weft_chrdev *chrdev = chrdev_of(transport);

	if (is_up(chrdev) && !chrdev->stalled)
		weft_chrdev_write(chrdev);
}

static bool chrdev_arm(struct weft_transport *transport, bool tx)
{
	const struct weft_chrdev *chrdev = chrdev_of(transport);

	if (chrdev->look || chrdev->gone || chrdev->down_due || untold(chrdev) != NULL || weft_chrdev_readable(chrdev))
		return false;
	/* Who waits for a node is told by the timer. */
	return !tx || !is_up(chrdev) || chrdev->stalled || weft_chrdev_pending(chrdev) ||
	       weft_chrdev_free_buffer(chrdev->config.tx, chrdev->config.tx_count) == NULL;
}

static void chrdev_disarm(struct weft_transport *transport)
{
	(void)transport;
}

static void chrdev_restart(struct weft_transport *transport)
{
	struct weft_chrdev *chrdev = chrdev_of(transport);

	if (is_up(chrdev))
		drop_all(chrdev, true);
}

static uint32_t chrdev_out(const struct weft_transport *transport)
{
	const struct weft_chrdev *chrdev = (const struct weft_chrdev *)(const void *)transport;
	uint32_t out = 0;

	for (uint16_t i = 0; i < chrdev->config.tx_count; i++)
		out += chrdev->config.tx[i].state == BUFFER_LENT;
	for (uint16_t i = 0; i < chrdev->config.rx_count; i++)
		out += chrdev->config.rx[i].state != BUFFER_FREE;
	return out;
}

static const struct weft_transport_ops chrdev_ops = {
	.service = chrdev_service,
	.get_tx = chrdev_get_tx,
	.send = chrdev_send,
	.drop = chrdev_drop,
	.receive = chrdev_receive,
	.done = chrdev_done,
	.hold = chrdev_hold,
	.release = chrdev_release,
	.forget = chrdev_forget,
	.flush = chrdev_flush,
	.arm = chrdev_arm,
	.disarm = chrdev_disarm,
	.restart = chrdev_restart,
	.out = chrdev_out,
};

/* ---- Open and close ---- */

static bool has(const void *table, uint16_t count)
{
	return table != NULL && count != 0 && count < NAMES_FRAME;
}

int weft_chrdev_init(struct weft_chrdev *chrdev, const struct weft_chrdev_config *config)
{
	if (!has(config->channels, config->channel_count) || !has(config->names, config->name_count) ||
	    !has(config->tx, config->tx_count) || !has(config->rx, config->rx_count))
		return -EINVAL;
	memset(chrdev, 0, sizeof *chrdev);
	chrdev->config = *config;
	if (chrdev->config.dev == NULL)
		chrdev->config.dev = "/dev";
	if (chrdev->config.sys == NULL)
		chrdev->config.sys = "/sys";
	if (strnlen(chrdev->config.dev, ROOT_SIZE) == ROOT_SIZE || strnlen(chrdev->config.sys, ROOT_SIZE) == ROOT_SIZE)
		return -EINVAL;
	chrdev->transport.ops = &chrdev_ops;
	chrdev->transport.port = &chrdev->port;
	chrdev->port.ops = &weft_chrdev_port;
	for (uint16_t i = 0; i < config->channel_count; i++)
		config->channels[i] = (struct weft_chrdev_channel){ .fd = -1 };
	drop_all(chrdev, false);
	chrdev->down_due = false; /* it was never up */
	chrdev->look = true;
	return weft_chrdev_watch_open(chrdev);
}

void weft_chrdev_close(struct weft_chrdev *chrdev)
{
	drop_all(chrdev, true);
	weft_chrdev_watch_close(chrdev);
}

int weft_chrdev_fd(const struct weft_chrdev *chrdev)
{
	return chrdev->events;
}
