/* SPDX-License-Identifier: Apache-2.0 */
/* The one descriptor. Endpoint devices are watched by edge: what is readable is remembered, so that where there is no
 * buffer to read it into nobody's main loop spins. That devices come and go the kernel tells by uevents, also without
 * root; where it does not (containers), or lost one, the timer looks. */
#define _GNU_SOURCE /* memmem, ppoll */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "transport/chrdev/chrdev.h"

#define LOOK_US 1000000u
#define STALLED_US 1000u /* the kernel does not say when it has buffers again */
#define EVENTS 16
#define KERNEL_GROUP 1u /* of uevents: the kernel's own; 2 is udev's */
#define UEVENT_SIZE 4096u

enum { FROM_TIMER = -1, FROM_UEVENTS = -2 }; /* else the number of a channel */

static int add(const struct weft_chrdev *chrdev, int fd, uint32_t events, int from)
{
	struct epoll_event event = { .events = events, .data.fd = from };

	return epoll_ctl(chrdev->events, EPOLL_CTL_ADD, fd, &event);
}

/* Without it the timer does. */
static void open_uevents(struct weft_chrdev *chrdev)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return;
	if (bind(fd, (const struct sockaddr *)&kernel, sizeof kernel) != 0 ||
	    add(chrdev, fd, EPOLLIN, FROM_UEVENTS) != 0) {
		close(fd);
		return;
	}
	chrdev->uevents = fd;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int weft_chrdev_watch_open(struct weft_chrdev *chrdev)
{
	chrdev->uevents = -1;
	chrdev->timer = -1;
	chrdev->events = epoll_create1(EPOLL_CLOEXEC);
	if (chrdev->events < 0)
		return -errno;
	chrdev->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (chrdev->timer < 0 || add(chrdev, chrdev->timer, EPOLLIN, FROM_TIMER) != 0) {
		int result = -errno;

		weft_chrdev_watch_close(chrdev);
		return result;
	}
	open_uevents(chrdev);
	weft_chrdev_watch_time(chrdev);
	return 0;
}

void weft_chrdev_watch_close(struct weft_chrdev *chrdev)
{
	close_fd(&chrdev->uevents);
	close_fd(&chrdev->timer);
	close_fd(&chrdev->events);
}

bool weft_chrdev_watch_channel(struct weft_chrdev *chrdev, const struct weft_chrdev_channel *channel)
{
	return add(chrdev, channel->fd, EPOLLIN | EPOLLET, (int)(channel - chrdev->config.channels)) == 0;
}

/* All that is there; one that was lost (ENOBUFS) may have been ours. */
static void hear_uevents(struct weft_chrdev *chrdev)
{
	static const char ours[] = "SUBSYSTEM=rpmsg";
	char uevent[UEVENT_SIZE];
	bool heard = false;
	ssize_t len;

	while ((len = recv(chrdev->uevents, uevent, sizeof uevent, 0)) >= 0)
		heard |= memmem(uevent, (size_t)len, ours, sizeof ours - 1) != NULL;
	if (!heard && errno == EAGAIN)
		return;
	chrdev->look = true;
	chrdev->quiet = false;
}

static void tick(struct weft_chrdev *chrdev)
{
	uint64_t count;

	if (read(chrdev->timer, &count, sizeof count) != (ssize_t)sizeof count)
		return;
	chrdev->retry = true;
	if (chrdev->period_us == chrdev->backoff_us && chrdev->backoff_us < BACKOFF_LAST_US)
		chrdev->backoff_us *= 2u;
	chrdev->look |= chrdev->denied != 0;
	chrdev->ticked_us += chrdev->period_us;
	if (chrdev->ticked_us < LOOK_US)
		return;
	chrdev->ticked_us = 0;
	chrdev->quiet = !chrdev->look; /* else something has just come or gone */
	chrdev->look = true;
	chrdev->over = 0; /* not going, then */
}

void weft_chrdev_watch(struct weft_chrdev *chrdev)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(chrdev->events, events, EVENTS, 0);

	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == FROM_TIMER)
			tick(chrdev);
		else if (events[i].data.fd == FROM_UEVENTS)
			hear_uevents(chrdev);
		else
			chrdev->config.channels[events[i].data.fd].readable = true;
	}
}

static struct timespec timespec_of(uint32_t us)
{
	return (struct timespec){ .tv_sec = (time_t)(us / 1000000u), .tv_nsec = (long)(us % 1000000u) * 1000 };
}

void weft_chrdev_watch_time(struct weft_chrdev *chrdev)
{
	uint32_t us = LOOK_US;

	if (chrdev->stalled)
		us = STALLED_US;
	else if (chrdev->denied != 0 || weft_chrdev_pending(chrdev))
		us = chrdev->backoff_us;
	if (us == chrdev->period_us)
		return;
	struct timespec period = timespec_of(us);
	struct itimerspec timer = { .it_interval = period, .it_value = period };

	if (timerfd_settime(chrdev->timer, 0, &timer, NULL) == 0)
		chrdev->period_us = us;
}

/* ---- The port ---- */

static uint32_t chrdev_now_us(struct weft_port *port)
{
	struct timespec now;

	(void)port;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

static void chrdev_relax(struct weft_port *port, uint32_t timeout_us)
{
	const struct weft_chrdev *chrdev =
		(const struct weft_chrdev *)(void *)((uint8_t *)port - offsetof(struct weft_chrdev, port));
	struct pollfd ready = { .fd = chrdev->events, .events = POLLIN };
	struct timespec timeout = timespec_of(timeout_us);

	ppoll(&ready, 1, &timeout, NULL);
}

/* There is no doorbell: write() is one. */
static void chrdev_kick(struct weft_port *port, uint32_t notifyid)
{
	(void)port;
	(void)notifyid;
}

const struct weft_port_ops weft_chrdev_port = { .kick = chrdev_kick, .now_us = chrdev_now_us, .relax = chrdev_relax };
