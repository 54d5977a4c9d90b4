/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the port: doorbells, time, waiting, the critical section. */
#define _GNU_SOURCE /* ppoll */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "port/posix/posix.h"

#define LOOK_AGAIN_US 10000u /* a device looks for a driver that is not there */
#define PAUSES_A_YIELD 64u   /* two busy loops on one processor must get on too */

static void ring(int bell)
{
	uint64_t one = 1;

	if (bell < 0)
		return; /* nobody is there to hear it */
	/* It fails when the counter is full, and then the bell is ringing already. */
	ssize_t written = write(bell, &one, sizeof one);
	(void)written;
}

static void posix_kick(struct weft_port *port, uint32_t notifyid)
{
	(void)notifyid; /* one bell a direction: who hears it looks at both rings */
	ring(posix_of(port)->bell_out);
}

static uint32_t posix_now_us(struct weft_port *port)
{
	struct timespec now;

	(void)port;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

static struct timespec timespec_of(uint32_t us)
{
	return (struct timespec){ .tv_sec = (time_t)(us / 1000000u), .tv_nsec = (long)(us % 1000000u) * 1000 };
}

static void pause_a_little(void)
{
	static _Thread_local unsigned pauses;

	if (++pauses % PAUSES_A_YIELD == 0)
		sched_yield();
}

static void posix_relax(struct weft_port *port, uint32_t timeout_us)
{
	struct weft_posix *posix = posix_of(port);
	struct pollfd fds[2] = {
		{ .fd = posix->bell_in, .events = POLLIN },
		{ .fd = posix->socket >= 0 ? posix->socket : posix->listener, .events = POLLIN },
	};
	uint64_t rung;

	if (timeout_us == 0) {
		pause_a_little();
		return;
	}
	bool looking = posix->session == 0 && !posix->driver;
	struct timespec timeout = timespec_of(looking && timeout_us > LOOK_AGAIN_US ? LOOK_AGAIN_US : timeout_us);
	if (ppoll(fds, 2, &timeout, NULL) <= 0)
		return;
	if (fds[1].revents != 0)
		posix->socket_spoke = true;
	if (fds[0].revents == 0)
		return;
	/* Not blocking: another thread may have been faster. */
	ssize_t heard = read(posix->bell_in, &rung, sizeof rung);
	(void)heard;
}

static uintptr_t posix_lock(struct weft_port *port)
{
	pthread_mutex_lock(&posix_of(port)->mutex);
	return 0;
}

static void posix_unlock(struct weft_port *port, uintptr_t key)
{
	(void)key;
	pthread_mutex_unlock(&posix_of(port)->mutex);
}

static uintptr_t posix_self(struct weft_port *port)
{
	(void)port;
	return (uintptr_t)pthread_self();
}

static void posix_wait(struct weft_port *port, const uint32_t *event, uint32_t seen, uint32_t timeout_us)
{
	struct timespec timeout = timespec_of(timeout_us);

	(void)port;
	syscall(SYS_futex, event, FUTEX_WAIT_PRIVATE, seen, &timeout, NULL, 0);
}

/* The poller puts new bells into the place of the last peer's, inside the lock: else this might ring what has the
 * number of a closed one. */
static void posix_wake(struct weft_port *port, uint32_t *event)
{
	if (event != NULL) {
		syscall(SYS_futex, event, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
		return;
	}
	uintptr_t key = posix_lock(port);
	ring(posix_of(port)->bell_in);
	posix_unlock(port, key);
}

static const struct weft_port_ops one_thread = {
	.kick = posix_kick, .now_us = posix_now_us, .relax = posix_relax, .session = weft_posix_session
};

static const struct weft_port_ops threads = {
	.kick = posix_kick,
	.now_us = posix_now_us,
	.relax = posix_relax,
	.lock = posix_lock,
	.unlock = posix_unlock,
	.self = posix_self,
	.wait = posix_wait,
	.wake = posix_wake,
	.session = weft_posix_session,
};

int weft_posix_start(struct weft_posix *posix, const struct weft_posix_config *config,
                     int (*set_up)(struct weft_posix *posix), bool (*meet)(struct weft_posix *posix))
{
	if (config->path == NULL || strlen(config->path) >= sizeof posix->path || config->size == 0)
		return -EINVAL;
	memset(posix, 0, sizeof *posix);
	memcpy(posix->path, config->path, strlen(config->path)); /* it fits, with the zeros behind it: just looked */
	posix->port.ops = config->threads ? &threads : &one_thread;
	posix->port.region.address = WEFT_POSIX_ADDRESS;
	posix->meet = meet;
	posix->driver = config->driver;
	posix->size = config->size;
	posix->listener = posix->socket = posix->memory = posix->bell_in = posix->bell_out = -1;
	pthread_mutex_init(&posix->mutex, NULL);
	int result = set_up(posix);
	if (result < 0)
		weft_posix_close(posix);
	return result;
}

int weft_posix_open(struct weft_posix *posix, const struct weft_posix_config *config)
{
	if (config->driver)
		return weft_posix_start(posix, config, weft_posix_listen, weft_posix_meet_device);
	return weft_posix_start(posix, config, weft_posix_reserve, weft_posix_meet_driver);
}

void weft_posix_close(struct weft_posix *posix)
{
	if (posix->listener >= 0)
		unlink(posix->path);
	weft_posix_close_fd(&posix->listener);
	weft_posix_close_fd(&posix->socket);
	weft_posix_close_fd(&posix->memory);
	weft_posix_close_fd(&posix->bell_in);
	weft_posix_close_fd(&posix->bell_out);
	if (posix->port.region.base != NULL)
		munmap(posix->port.region.base, posix->size);
	posix->port.region.base = NULL;
	posix->session = 0;
	pthread_mutex_destroy(&posix->mutex);
}
