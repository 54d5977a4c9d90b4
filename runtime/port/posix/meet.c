/* SPDX-License-Identifier: Apache-2.0 */
/* How the two processes meet: the socket, and what is passed over it. */
#define _GNU_SOURCE /* memfd_create, accept4 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "port/posix/posix.h"

#define LOOKS_A_CHECK 1024u /* polls of a busy loop between two questions to the socket */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* What goes with the descriptors: memory, the device's bell, the driver's bell. */
struct greeting {
	uint32_t magic;
	uint32_t size;
};
#define MAGIC 0x57454654u /* "WEFT" */
#define FDS 3

void weft_posix_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static struct sockaddr_un address_of(const struct weft_posix *posix)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, posix->path, sizeof posix->path);
	return address;
}

static int try_connect(const struct weft_posix *posix, int type)
{
	struct sockaddr_un address = address_of(posix);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int result = -errno;
	close(fd);
	return result;
}

/* ---- Driver ---- */

/* A socket file that nobody listens on was left by a driver that was killed. */
static int clear_path(const struct weft_posix *posix, int type)
{
	int fd = try_connect(posix, type);

	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd == -EAGAIN)
		return -EADDRINUSE; /* somebody listens and is busy */
	if (fd == -ECONNREFUSED)
		unlink(posix->path);
	return 0;
}

static int make_listener(struct weft_posix *posix, int type)
{
	struct sockaddr_un address = address_of(posix);
	int result = clear_path(posix, type);

	if (result < 0)
		return result;
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4) < 0) {
		result = -errno;
		close(fd);
		return result;
	}
	posix->listener = fd;
	return 0;
}

static int make_memory(struct weft_posix *posix)
{
	posix->memory = memfd_create("weft", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	/* Sealed: a device's mapping cannot be cut off under it. */
	if (posix->memory < 0 || ftruncate(posix->memory, (off_t)posix->size) < 0 ||
	    fcntl(posix->memory, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	void *base = mmap(NULL, posix->size, PROT_READ | PROT_WRITE, MAP_SHARED, posix->memory, 0);
	if (base == MAP_FAILED)
		return -errno;
	posix->port.region.base = (uint8_t *)base;
	posix->port.region.size = posix->size;
	return 0;
}

int weft_posix_make(struct weft_posix *posix, int type)
{
	int result = make_memory(posix);

	if (result < 0)
		return result;
	posix->bell_in = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	posix->bell_out = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (posix->bell_in < 0 || posix->bell_out < 0)
		return -errno;
	return make_listener(posix, type);
}

int weft_posix_listen(struct weft_posix *posix)
{
	return weft_posix_make(posix, SOCK_SEQPACKET);
}

bool weft_posix_pass(int socket, const void *data, size_t len, const int *fds, size_t count)
{
	struct iovec iov = { (void *)(uintptr_t)data, len }; /* only read */
	union {
		char bytes[CMSG_SPACE(FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	memset(&control, 0, sizeof control);
	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof *fds);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof *fds);
		memcpy(CMSG_DATA(header), fds, count * sizeof *fds);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)len;
}

bool weft_posix_accept(struct weft_posix *posix)
{
	int fd = accept4(posix->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		posix->socket = fd;
	return fd >= 0;
}

bool weft_posix_meet_device(struct weft_posix *posix)
{
	struct greeting greeting = { MAGIC, posix->size };
	int fds[FDS] = { posix->memory, posix->bell_out, posix->bell_in };

	if (!weft_posix_accept(posix))
		return false;
	if (weft_posix_pass(posix->socket, &greeting, sizeof greeting, fds, FDS))
		return true;
	weft_posix_close_fd(&posix->socket);
	return false;
}

/* ---- Device ---- */

/* Addresses for the memory to come: its base stays the same over all drivers. */
int weft_posix_reserve(struct weft_posix *posix)
{
	void *base = mmap(NULL, posix->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return -errno;
	posix->port.region.base = (uint8_t *)base;
	return 0;
}

/* The memory is as large as was said, not more than we reserved, and cannot shrink. */
static bool good_memory(const struct weft_posix *posix, int fd, uint32_t size)
{
	struct stat stat;
	int seals = fcntl(fd, F_GET_SEALS);

	return size != 0 && size <= posix->size && fstat(fd, &stat) == 0 && stat.st_size == (off_t)size && seals >= 0 &&
	       (seals & F_SEAL_SHRINK) != 0;
}

static bool take_over(struct weft_posix *posix, const struct greeting *greeting, int fds[FDS])
{
	struct weft_region *region = &posix->port.region;

	if (greeting->magic != MAGIC || !good_memory(posix, fds[0], greeting->size))
		return false;
	void *base = mmap(region->base, greeting->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fds[0], 0);
	if (base == MAP_FAILED)
		return false;
	region->size = greeting->size;
	posix->bell_in = fds[1];
	posix->bell_out = fds[2];
	fds[1] = fds[2] = -1;
	return true;
}

/* The descriptors that came with a message, as many as we take; what is beyond is closed. Returns how many came. A
 * socket that asked for nothing else is passed nothing else. */
static size_t take_fds(struct msghdr *message, int fds[FDS])
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t count = header != NULL ? (header->cmsg_len - CMSG_LEN(0)) / sizeof fds[0] : 0;

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
		if (i < FDS)
			fds[i] = fd;
		else
			close(fd);
	}
	return count;
}

/* Take the message and its descriptors; what is not used is closed, whatever it is. */
static bool be_greeted(struct weft_posix *posix, int fd)
{
	struct greeting greeting;
	struct iovec iov = { &greeting, sizeof greeting };
	int fds[FDS] = { -1, -1, -1 };
	union {
		char bytes[CMSG_SPACE(sizeof fds)];
		struct cmsghdr align;
	} control;
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};

	ssize_t len = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	size_t count = len >= 0 ? take_fds(&message, fds) : 0;
	bool taken = count == FDS && len == (ssize_t)sizeof greeting && take_over(posix, &greeting, fds);
	for (int i = 0; i < FDS; i++)
		weft_posix_close_fd(&fds[i]);
	return taken;
}

/* Connected, and greeted at the driver's next look; until then we come back. */
bool weft_posix_meet_driver(struct weft_posix *posix)
{
	struct pollfd ready = { .fd = posix->socket, .events = POLLIN };

	if (posix->socket < 0)
		posix->socket = try_connect(posix, SOCK_SEQPACKET);
	if (posix->socket < 0) {
		posix->socket = -1;
		return false;
	}
	ready.fd = posix->socket;
	if (poll(&ready, 1, 0) <= 0)
		return false;
	weft_posix_close_fd(&posix->bell_in);
	weft_posix_close_fd(&posix->bell_out);
	if (be_greeted(posix, posix->socket))
		return true;
	weft_posix_close_fd(&posix->socket);
	return false;
}

/* ---- Session ---- */

bool weft_posix_hung_up(const struct weft_posix *posix)
{
	struct pollfd socket = { .fd = posix->socket, .events = POLLIN };

	return poll(&socket, 1, 0) > 0;
}

/* The driver's own bells live on: the next device gets the same. */
static void part(struct weft_posix *posix)
{
	weft_posix_close_fd(&posix->socket);
	posix->session = 0;
}

static bool time_to_look(struct weft_posix *posix)
{
	if (posix->session != 0 && !posix->socket_spoke && ++posix->looks % LOOKS_A_CHECK != 0)
		return false;
	posix->socket_spoke = false;
	return true;
}

uint32_t weft_posix_session(struct weft_port *port)
{
	struct weft_posix *posix = posix_of(port);

	if (!time_to_look(posix))
		return posix->session;
	if (posix->session != 0) {
		if (!weft_posix_hung_up(posix))
			return posix->session;
		part(posix);
		return 0; /* a poll that sees nobody, between two peers */
	}
	if (posix->meet(posix)) {
		posix->last_session = posix->last_session == UINT32_MAX ? 1 : posix->last_session + 1;
		posix->session = posix->last_session;
	}
	return posix->session;
}
