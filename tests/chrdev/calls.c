/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that the transport makes, as the linker puts them in the place of the C library's (--wrap). */
#include "chrdev/kernel.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

int __real_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_close(int fd);
ssize_t __real_recv(int fd, void *data, size_t size, int flags);
int __real_epoll_create1(int flags);
int __real_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);

int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *timer, struct itimerspec *old);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);

static int control_fd = -1;

static int refuse(int error)
{
	errno = error;
	return -1;
}

/* The fault, if there is one; once: and then no more. */
static int take(int *fault)
{
	int error = *fault;

	if (kernel.faults.once)
		*fault = 0;
	return error;
}

static struct device *device_of(int fd)
{
	for (unsigned i = 0; i < kernel.count; i++) {
		if (fd >= 0 && kernel.devices[i].fd == fd)
			return &kernel.devices[i];
	}
	return NULL;
}

/* A pair of sockets, which keep messages apart. */
static int open_device(struct device *device)
{
	int ends[2], error = take(&kernel.faults.open_node);

	if (error != 0)
		return refuse(error);
	if (device->fd >= 0)
		return refuse(EBUSY);
	if (device->src == kernel.taken_src)
		return refuse(EINVAL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	if (device->remote >= 0)
		__real_close(device->remote);
	device->fd = ends[0];
	device->remote = ends[1];
	return device->fd;
}

int __wrap_open(const char *path, int flags, ...)
{
	static const char node[] = "/rpmsg";
	size_t len = strlen(kernel.dev);

	if (strncmp(path, kernel.dev, len) != 0)
		return __real_open(path, flags);
	const char *rest = path + len + sizeof node - 1;
	if (strncmp(path + len, node, sizeof node - 1) == 0 && isdigit((unsigned char)*rest)) {
		unsigned long number = strtoul(rest, NULL, 10);

		assert_true(number < kernel.count);
		return open_device(&kernel.devices[number]);
	}
	if (kernel.faults.open_control != 0)
		return refuse(kernel.faults.open_control);
	control_fd = __real_open(path, flags);
	kernel.controls += control_fd >= 0;
	return control_fd;
}

int __wrap_close(int fd)
{
	struct device *device = device_of(fd);

	if (device != NULL)
		device->fd = -1;
	if (fd == control_fd && fd >= 0) {
		kernel.controls--;
		control_fd = -1;
	}
	return __real_close(fd);
}

static int destroy(struct device *device)
{
	assert_non_null(device);
	assert_false(device->dead); /* the real one falls over that */
	device->asks++;
	kernel_remove_device(device);
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	va_start(args, request);
	const struct rpmsg_endpoint_info *info = va_arg(args, const struct rpmsg_endpoint_info *);
	va_end(args);
	if (kernel.faults.ioctl != 0)
		return refuse(kernel.faults.ioctl);
	if (request == RPMSG_DESTROY_EPT_IOCTL)
		return destroy(device_of(fd));
	assert_int_equal(request, RPMSG_CREATE_EPT_IOCTL);
	assert_int_equal(fd, control_fd);
	kernel_make_device(info->name, info->src, info->dst);
	return 0;
}

ssize_t __wrap_read(int fd, void *data, size_t size)
{
	const struct device *device = device_of(fd);

	if (fd == kernel.timer && kernel.faults.tick != 0)
		return refuse(kernel.faults.tick);
	if (device == NULL)
		return __real_read(fd, data, size);
	if (device->dead)
		return refuse(EPIPE);
	if (kernel.faults.read != 0)
		return refuse(take(&kernel.faults.read));
	return __real_read(fd, data, size);
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	const struct device *device = device_of(fd);

	if (device != NULL && device->dead)
		return refuse(EPIPE);
	if (device != NULL && kernel.faults.write != 0)
		return refuse(take(&kernel.faults.write));
	return __real_write(fd, data, len);
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
	int error = kernel.faults.receive;

	kernel.faults.receive = 0;
	return error != 0 ? refuse(error) : __real_recv(fd, data, size, flags);
}

int __wrap_epoll_create1(int flags)
{
	return kernel.faults.epoll_create != 0 ? refuse(kernel.faults.epoll_create) : __real_epoll_create1(flags);
}

int __wrap_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
	if (kernel.faults.epoll_add != 0 && kernel.faults.skip_adds-- <= 0)
		return refuse(kernel.faults.epoll_add);
	return __real_epoll_ctl(epoll, what, fd, event);
}

/* It ticks when it is told to. */
int __wrap_timerfd_create(int clock, int flags)
{
	(void)clock;
	(void)flags;
	if (kernel.faults.timer != 0)
		return refuse(kernel.faults.timer);
	kernel.timer = eventfd(0, EFD_NONBLOCK);
	return kernel.timer;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *timer, struct itimerspec *old)
{
	(void)flags;
	(void)old;
	assert_int_equal(fd, kernel.timer);
	if (kernel.faults.timer != 0)
		return refuse(kernel.faults.timer);
	kernel.period_us = (uint32_t)(timer->it_interval.tv_sec * 1000000 + timer->it_interval.tv_nsec / 1000);
	return 0;
}

int __wrap_socket(int domain, int type, int protocol)
{
	int ends[2];

	(void)domain;
	(void)protocol;
	if (kernel.faults.socket != 0)
		return refuse(kernel.faults.socket);
	assert_int_equal(socketpair(AF_UNIX, type, 0, ends), 0);
	kernel.uevents = ends[1];
	return ends[0];
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	(void)fd;
	(void)address;
	(void)len;
	return kernel.faults.bind != 0 ? refuse(kernel.faults.bind) : 0;
}
