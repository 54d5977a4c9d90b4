/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint devices. One is made through the control device, which is opened for that alone: a descriptor of it that
 * outlives its remote core is not to be used (Linux 6.1 follows a stale pointer). Its node under /dev may take a while
 * to have its rights; what is sent waits for that. */
#define _GNU_SOURCE /* O_CLOEXEC, getrandom */
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "transport/checks.h"
#include "transport/chrdev/chrdev.h"
#include "weft/check.h"
#include "weft/wrap.h"

#define FIRST_SRC 0x10000u   /* above what the kernel gives out by itself, for a while */
#define LAST_SRC 0x7ffffffeu /* the kernel keeps them in an idr: positive numbers */

/* ---- The control device ---- */

static int open_control(struct weft_chrdev *chrdev, uint32_t control)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/rpmsg_ctrl%u", chrdev->config.dev, (unsigned)control);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		weft_chrdev_say_node(chrdev, PROBLEM_REMOTE, path, errno);
	return fd;
}

bool weft_chrdev_may_use(struct weft_chrdev *chrdev, uint32_t control)
{
	int fd = open_control(chrdev, control);

	if (fd < 0)
		return false;
	close(fd);
	weft_chrdev_well(chrdev, PROBLEM_REMOTE);
	return true;
}

/* False: it was said why not. */
static bool make_device(struct weft_chrdev *chrdev, const char *label, uint32_t src, uint32_t dst)
{
	struct rpmsg_endpoint_info info = { .src = src, .dst = dst };
	int fd = open_control(chrdev, chrdev->control);

	if (fd < 0)
		return false;
	memcpy(info.name, label, sizeof info.name);
	int result = ioctl(fd, RPMSG_CREATE_EPT_IOCTL, &info);
	if (result != 0)
		weft_chrdev_say(chrdev, PROBLEM_NODE, "%s/rpmsg_ctrl%u: cannot make an endpoint: %s",
		                chrdev->config.dev, (unsigned)chrdev->control, strerror(errno));
	close(fd);
	return result == 0;
}

/* ---- A node ---- */

static int open_node(const struct weft_chrdev *chrdev, uint32_t number, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/rpmsg%u", chrdev->config.dev, (unsigned)number);
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* One that has hung up says it of all: the kernel takes them away one after the other. */
static bool is_going(struct weft_chrdev *chrdev)
{
	for (uint16_t i = 0; i < chrdev->config.channel_count; i++) {
		struct pollfd state = { .fd = chrdev->config.channels[i].fd }; /* -1 is passed over */

		if (poll(&state, 1, 0) > 0)
			chrdev->gone = true;
	}
	return chrdev->gone;
}

/* Linux 6.1 falls when it is asked to destroy what it is about to take away itself. */
static void destroy(struct weft_chrdev *chrdev, int fd)
{
	if (!is_going(chrdev))
		(void)ioctl(fd, RPMSG_DESTROY_EPT_IOCTL, NULL);
}

/* What nobody uses can be opened: and thereby destroyed. */
static void destroy_left(struct weft_chrdev *chrdev, uint32_t number)
{
	char path[PATH_SIZE];
	int fd = open_node(chrdev, number, path);

	if (fd < 0)
		return;
	destroy(chrdev, fd);
	close(fd);
}

/* One process at a time: what two of them find, both would destroy. */
void weft_chrdev_sweep(struct weft_chrdev *chrdev)
{
	int fd = open_control(chrdev, chrdev->control);

	if (fd < 0)
		return;
	weft_chrdev_well(chrdev, PROBLEM_REMOTE);
	chrdev->left = flock(fd, LOCK_EX | LOCK_NB) != 0; /* later, then */
	if (!chrdev->left)
		weft_chrdev_each_left(chrdev, destroy_left);
	close(fd);
}

/* An address that nobody had before, so that no late message to another meets it. */
static uint32_t new_src(struct weft_chrdev *chrdev)
{
	if (chrdev->next_src < FIRST_SRC || chrdev->next_src > LAST_SRC) {
		uint32_t random = 0;

		(void)!getrandom(&random, sizeof random, GRND_NONBLOCK); /* without any: conflicts are seen */
		chrdev->next_src = FIRST_SRC + random % (LAST_SRC - FIRST_SRC);
	}
	return chrdev->next_src++;
}

/* The kernel says EINVAL where the address is somebody's. */
static void not_open(struct weft_chrdev *chrdev, struct weft_chrdev_channel *channel, const char *path, int error)
{
	bool taken = error == EINVAL;

	if (taken && channel->src < ADDRESS_STATIC)
		weft_chrdev_say(chrdev, PROBLEM_NODE, "%s: address %u is another's: end who has it", path,
		                (unsigned)channel->src);
	else if (taken)
		channel->kernel_src = ADDRESS_ANY;
	else
		weft_chrdev_say_node(chrdev, PROBLEM_NODE, path, error);
}

static bool open_channel(struct weft_chrdev *chrdev, struct weft_chrdev_channel *channel)
{
	char label[WEFT_CHRDEV_NAME_SIZE], path[PATH_SIZE];

	if (channel->kernel_src == ADDRESS_ANY) {
		channel->kernel_src = channel->src < ADDRESS_STATIC ? channel->src : new_src(chrdev);
		chrdev->backoff_us = BACKOFF_FIRST_US;
	}
	weft_chrdev_label(chrdev, channel->dst, label);
	int number = weft_chrdev_number(chrdev, label, channel->kernel_src, channel->dst);
	if (number < 0 && !is_going(chrdev) && make_device(chrdev, label, channel->kernel_src, channel->dst))
		number = weft_chrdev_number(chrdev, label, channel->kernel_src, channel->dst);
	if (number < 0)
		return false;
	channel->fd = open_node(chrdev, (uint32_t)number, path);
	if (channel->fd < 0) {
		not_open(chrdev, channel, path, errno);
		return false;
	}
	channel->readable = true; /* maybe: an edge is told once */
	if (!weft_chrdev_watch_channel(chrdev, channel)) {
		weft_chrdev_say_node(chrdev, PROBLEM_NODE, path, errno);
		close(channel->fd);
		channel->fd = -1;
		return false;
	}
	weft_chrdev_well(chrdev, PROBLEM_NODE);
	return true;
}

/* ---- Channels ---- */

struct weft_chrdev_channel *weft_chrdev_channel_of(const struct weft_chrdev *chrdev, const void *owner)
{
	for (uint16_t i = 0; i < chrdev->config.channel_count; i++) {
		if (chrdev->config.channels[i].owner == owner)
			return &chrdev->config.channels[i];
	}
	return NULL;
}

struct weft_chrdev_channel *weft_chrdev_channel(struct weft_chrdev *chrdev, const void *owner, uint32_t src,
                                                uint32_t dst)
{
	struct weft_chrdev_channel *channel = weft_chrdev_channel_of(chrdev, owner);

	if (channel != NULL && channel->src == src && channel->dst == dst)
		return channel;
	if (channel != NULL)
		weft_chrdev_hang_up(chrdev, channel, true);
	channel = weft_chrdev_channel_of(chrdev, NULL);
	if (channel == NULL) {
		weft_chrdev_say(chrdev, PROBLEM_USE, "%u endpoints talk, and no more may: give more channels",
		                (unsigned)chrdev->config.channel_count);
		return NULL;
	}
	*channel = (struct weft_chrdev_channel){
		.owner = owner, .src = src, .dst = dst, .kernel_src = ADDRESS_ANY, .fd = -1
	};
	return channel;
}

void weft_chrdev_hang_up(struct weft_chrdev *chrdev, struct weft_chrdev_channel *channel, bool alive)
{
	for (uint16_t i = 0; i < chrdev->config.tx_count; i++) {
		struct weft_chrdev_buffer *buffer = &chrdev->config.tx[i];

		if (buffer->state == BUFFER_QUEUED && buffer->channel == channel)
			buffer->state = BUFFER_FREE;
	}
	if (channel->fd >= 0) {
		if (alive)
			destroy(chrdev, channel->fd);
		close(channel->fd);
	}
	memset(channel, 0, sizeof *channel);
	channel->fd = -1;
}

bool weft_chrdev_pending(const struct weft_chrdev *chrdev)
{
	for (uint16_t i = 0; i < chrdev->config.channel_count; i++) {
		if (chrdev->config.channels[i].owner != NULL && chrdev->config.channels[i].fd < 0)
			return true;
	}
	return false;
}

/* ---- Out ---- */

/* False: not now. */
static bool is_open(struct weft_chrdev *chrdev, struct weft_chrdev_channel *channel)
{
	if (channel->fd < 0 && !channel->tried) {
		channel->tried = true;
		open_channel(chrdev, channel);
	}
	return channel->fd >= 0;
}

/* The next of what is queued whose channel is open; NULL: none. */
static struct weft_chrdev_buffer *first_queued(struct weft_chrdev *chrdev)
{
	struct weft_chrdev_buffer *first = NULL;

	for (uint16_t i = 0; i < chrdev->config.tx_count; i++) {
		struct weft_chrdev_buffer *buffer = &chrdev->config.tx[i];

		if (buffer->state != BUFFER_QUEUED || !is_open(chrdev, buffer->channel))
			continue;
		if (first == NULL || weft_wrap_sub(buffer->order, first->order) > INT32_MAX)
			first = buffer;
	}
	return first;
}

/* False: the kernel takes no more now. */
static bool write_one(struct weft_chrdev *chrdev, struct weft_chrdev_buffer *buffer)
{
	if (write(buffer->channel->fd, buffer->data, buffer->len) >= 0) {
		buffer->state = BUFFER_FREE;
		return true;
	}
	if (errno == EAGAIN || errno == ENOMEM || errno == EINTR) {
		chrdev->stalled = true;
		return false;
	}
	if (errno == EPIPE) {
		chrdev->gone = true;
		return false;
	}
	weft_chrdev_say(chrdev, PROBLEM_USE, "a message of %u bytes was not sent: %s", (unsigned)buffer->len,
	                strerror(errno));
	buffer->state = BUFFER_FREE;
	return true;
}

static void try_again(struct weft_chrdev *chrdev)
{
	for (uint16_t i = 0; i < chrdev->config.channel_count; i++)
		chrdev->config.channels[i].tried = false;
	chrdev->retry = false;
}

void weft_chrdev_write(struct weft_chrdev *chrdev)
{
	struct weft_chrdev_buffer *buffer;

	if (chrdev->retry)
		try_again(chrdev);
	chrdev->stalled = false;
	while (!chrdev->gone && (buffer = first_queued(chrdev)) != NULL) {
		if (!write_one(chrdev, buffer))
			break;
	}
	weft_chrdev_watch_time(chrdev);
}

/* ---- In ---- */

struct weft_chrdev_buffer *weft_chrdev_free_buffer(struct weft_chrdev_buffer *buffers, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		if (buffers[i].state == BUFFER_FREE)
			return &buffers[i];
	}
	return NULL;
}

/* In turns: one that is flooded does not silence the others. */
static struct weft_chrdev_channel *next_readable(const struct weft_chrdev *chrdev)
{
	uint16_t count = chrdev->config.channel_count;

	for (uint16_t i = 0; i < count; i++) {
		struct weft_chrdev_channel *channel = &chrdev->config.channels[(chrdev->turn + i) % count];

		if (channel->fd >= 0 && channel->readable)
			return channel;
	}
	return NULL;
}

bool weft_chrdev_readable(const struct weft_chrdev *chrdev)
{
	return next_readable(chrdev) != NULL &&
	       weft_chrdev_free_buffer(chrdev->config.rx, chrdev->config.rx_count) != NULL;
}

/* A byte more than a message has: what is too long is seen to be. */
static ssize_t read_one(struct weft_chrdev *chrdev, struct weft_chrdev_channel *channel,
                        struct weft_chrdev_buffer *buffer)
{
	ssize_t len = read(channel->fd, buffer->data, WEFT_CHRDEV_MTU + 1u);

	if (len >= 0) {
		chrdev->turn = (uint16_t)((channel - chrdev->config.channels + 1) % chrdev->config.channel_count);
		return len;
	}
	if (errno == EPIPE)
		chrdev->gone = true;
	else if (errno != EINTR)
		channel->readable = false;
	return len;
}

int weft_chrdev_read(struct weft_chrdev *chrdev, struct weft_frame *frame)
{
	struct weft_chrdev_buffer *buffer = weft_chrdev_free_buffer(chrdev->config.rx, chrdev->config.rx_count);
	struct weft_chrdev_channel *channel;

	while (buffer != NULL && !chrdev->gone && (channel = next_readable(chrdev)) != NULL) {
		ssize_t len = read_one(chrdev, channel, buffer);

		if (len < 0)
			continue;
		chrdev->transport.counters.received++;
		if (!check_header_len((uint16_t)len, 0, WEFT_CHRDEV_MTU)) {
			chrdev->transport.counters.violations++;
			chrdev->transport.fault = WEFT_CHECK_HEADER_LEN;
			return WEFT_FRAME_BAD;
		}
		buffer->state = BUFFER_IN_HAND;
		buffer->owner = NULL;
		*frame = (struct weft_frame){ .data = (uint8_t *)buffer->data,
			                      .len = (uint32_t)len,
			                      .src = channel->dst,
			                      .dst = channel->src,
			                      .id = (uint16_t)(buffer - chrdev->config.rx) };
		return WEFT_FRAME_GOOD;
	}
	return WEFT_FRAME_NONE;
}
