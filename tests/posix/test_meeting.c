/* SPDX-License-Identifier: Apache-2.0 */
/* How the two processes of the posix port meet when something is short or somebody lies: no descriptor is lost, no
 * memory is mapped that was not looked at, and the next one who comes is served. */
#define _GNU_SOURCE /* memfd_create */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "weft/posix.h"

#define SIZE 65536u
#define LARGEST 0x4000000u /* that the device accepts */
#define MAGIC 0x57454654u
#define SEALED (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static char path[WEFT_POSIX_PATH_MAX];
static struct weft_posix posix;

static int open_end(bool driver, uint32_t size)
{
	struct weft_posix_config config = { .path = path, .driver = driver, .size = size };

	return weft_posix_open(&posix, &config);
}

/* Look as often as a busy loop needs to ask the socket. */
static uint32_t look(struct weft_posix *end)
{
	uint32_t session = 0;

	for (int i = 0; i < 2048; i++)
		session = end->port.ops->session(&end->port);
	return session;
}

static unsigned open_fds(void)
{
	DIR *fds = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(fds);
	while (readdir(fds) != NULL)
		count++;
	closedir(fds);
	return count;
}

static int unix_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	return fd;
}

static struct sockaddr_un address(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, path, sizeof path);
	return to;
}

static int stranger_listens(int backlog)
{
	struct sockaddr_un to = address();
	int fd = unix_socket();

	unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static int stranger_connects(void)
{
	struct sockaddr_un to = address();
	int fd = unix_socket();

	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* ---- What the system refuses ---- */

/* Set a soft limit; returns what it was. */
static rlim_t limit(int what, rlim_t to)
{
	struct rlimit limits;
	rlim_t before;

	assert_int_equal(getrlimit((__rlimit_resource_t)what, &limits), 0);
	before = limits.rlim_cur;
	limits.rlim_cur = to;
	assert_int_equal(setrlimit((__rlimit_resource_t)what, &limits), 0);
	return before;
}

/* The lowest descriptor that is free: as a limit it leaves none. */
static rlim_t next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return (rlim_t)fd;
}

static void a_driver_that_gets_too_few_descriptors_says_so_and_keeps_none(void **state)
{
	unsigned before = open_fds();
	rlim_t first = next_fd();

	(void)state;
	for (unsigned granted = 0; granted < 5; granted++) {
		rlim_t usual = limit(RLIMIT_NOFILE, first + granted);
		int result = open_end(true, SIZE);

		limit(RLIMIT_NOFILE, usual);
		assert_int_equal(result, granted < 4 ? -EMFILE : 0); /* memory, two bells, a socket */
		if (result == 0)
			weft_posix_close(&posix);
		assert_int_equal(open_fds(), before);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void a_device_that_gets_no_descriptor_looks_again_later(void **state)
{
	struct weft_posix_config config = { .path = path, .driver = true, .size = SIZE };
	struct weft_posix driver;
	rlim_t usual;

	(void)state;
	assert_int_equal(weft_posix_open(&driver, &config), 0);
	assert_int_equal(open_end(false, SIZE), 0);
	usual = limit(RLIMIT_NOFILE, next_fd());
	assert_int_equal(look(&posix), 0);
	limit(RLIMIT_NOFILE, usual);
	look(&posix);
	assert_int_not_equal(look(&driver), 0);
	assert_int_not_equal(look(&posix), 0);
	weft_posix_close(&posix);
	weft_posix_close(&driver);
}

static void memory_that_cannot_be_had_is_an_error(void **state)
{
	unsigned before = open_fds();
	rlim_t usual;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	usual = limit(RLIMIT_FSIZE, SIZE - 1u);
	assert_int_equal(open_end(true, SIZE), -EFBIG);
	limit(RLIMIT_FSIZE, usual);
	for (int driver = 0; driver < 2; driver++) {
		usual = limit(RLIMIT_AS, 1);
		int result = open_end(driver != 0, 0x10000000u);
		limit(RLIMIT_AS, usual);
		assert_int_equal(result, -ENOMEM);
	}
	assert_int_equal(open_fds(), before);
}

/* ---- Strangers at the driver's socket ---- */

static void a_device_that_hangs_up_before_it_is_greeted_leaves_the_place_free(void **state)
{
	unsigned before = open_fds();

	(void)state;
	assert_int_equal(open_end(true, SIZE), 0);
	unsigned listening = open_fds();
	close(stranger_connects());
	assert_int_equal(look(&posix), 0);
	assert_int_equal(open_fds(), listening);
	int next = stranger_connects();
	assert_int_not_equal(look(&posix), 0);
	close(next);
	weft_posix_close(&posix);
	assert_int_equal(open_fds(), before);
}

static void a_driver_that_is_too_busy_to_accept_still_has_its_path(void **state)
{
	int listener = stranger_listens(0);
	int waiting[8];
	int count = 0;
	struct sockaddr_un to = address();

	(void)state;
	do {
		waiting[count] = unix_socket();
	} while (connect(waiting[count], (const struct sockaddr *)&to, sizeof to) == 0 && ++count < 8);
	assert_true(count < 8);
	assert_int_equal(open_end(true, SIZE), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	for (int i = 0; i <= count; i++)
		close(waiting[i]);
	close(listener);
	unlink(path);
}

/* ---- Strangers in the driver's place ---- */

struct greeting {
	uint32_t magic;
	uint32_t size;
};

static int memory_of(uint32_t size, int seals)
{
	int fd = memfd_create("stranger", MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void pass(int to, const struct greeting *greeting, size_t len, const int *fds, size_t count)
{
	struct iovec iov = { (void *)(uintptr_t)greeting, len };
	union {
		char bytes[CMSG_SPACE(4 * sizeof *fds)];
		struct cmsghdr align;
	} control = { { 0 } };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (count != 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof *fds);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof *fds);
		memcpy(CMSG_DATA(header), fds, count * sizeof *fds);
	}
	assert_int_equal(sendmsg(to, &message, 0), len);
}

/* Greeted so by whoever listens there, the device has a session: true. And whatever came, nothing of it stays open. */
static bool is_met(struct greeting greeting, size_t len, int memory, size_t count)
{
	unsigned before = open_fds();
	int listener = stranger_listens(1);
	int fds[4] = { memory, eventfd(0, 0), eventfd(0, 0), eventfd(0, 0) };

	assert_int_equal(open_end(false, LARGEST), 0);
	look(&posix);
	int fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	pass(fd, &greeting, len, fds, count);
	bool met = look(&posix) != 0;
	close(fd);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	close(listener);
	weft_posix_close(&posix);
	assert_int_equal(open_fds(), before - 1); /* memory was open */
	return met;
}

static void a_device_maps_only_memory_that_is_as_it_was_said(void **state)
{
	const struct greeting good = { MAGIC, SIZE };
	struct stat self;
	int exe = open("/proc/self/exe", O_RDONLY);
	char name[32];

	(void)state;
	assert_true(is_met(good, sizeof good, memory_of(SIZE, SEALED), 3));

	assert_false(is_met((struct greeting){ MAGIC + 1u, SIZE }, sizeof good, memory_of(SIZE, SEALED), 3));
	assert_false(is_met((struct greeting){ MAGIC, 0 }, sizeof good, memory_of(0, SEALED), 3));
	assert_false(is_met((struct greeting){ MAGIC, LARGEST + 4096u }, sizeof good,
	                    memory_of(LARGEST + 4096u, SEALED), 3));
	assert_false(is_met(good, sizeof good, memory_of(SIZE - 4096u, SEALED), 3));
	assert_false(is_met(good, sizeof good, memory_of(SIZE + 4096u, SEALED), 3));
	assert_false(is_met(good, sizeof good, memory_of(SIZE, F_SEAL_GROW), 3)); /* could be cut off under us */
	assert_int_equal(fstat(exe, &self), 0);
	assert_true(self.st_size <= LARGEST);
	assert_false(is_met((struct greeting){ MAGIC, (uint32_t)self.st_size }, sizeof good, exe, 3));

	int memory = memory_of(SIZE, SEALED);
	snprintf(name, sizeof name, "/proc/self/fd/%d", memory);
	int readable = open(name, O_RDONLY);
	close(memory);
	assert_false(is_met(good, sizeof good, readable, 3));
}

static void a_device_takes_a_whole_greeting_and_closes_what_else_came(void **state)
{
	const struct greeting good = { MAGIC, SIZE };

	(void)state;
	assert_false(is_met(good, sizeof good - 1, memory_of(SIZE, SEALED), 3));
	assert_false(is_met(good, 0, memory_of(SIZE, SEALED), 3));
	for (size_t count = 0; count < 3; count++)
		assert_false(is_met(good, sizeof good, memory_of(SIZE, SEALED), count));
	assert_false(is_met(good, sizeof good, memory_of(SIZE, SEALED), 4));
}

/* ---- Sessions and bells ---- */

static void a_session_is_never_zero(void **state)
{
	(void)state;
	assert_int_equal(open_end(true, SIZE), 0);
	posix.last_session = UINT32_MAX;
	int device = stranger_connects();
	assert_int_not_equal(look(&posix), 0);
	close(device);
	weft_posix_close(&posix);
}

static void a_bell_that_nobody_hears_does_not_stop_who_rings_it(void **state)
{
	uint64_t full = UINT64_MAX - 1u;

	(void)state;
	assert_int_equal(open_end(false, SIZE), 0);
	posix.port.ops->kick(&posix.port, 0); /* no driver, no bell */
	weft_posix_close(&posix);

	assert_int_equal(open_end(true, SIZE), 0);
	assert_int_equal(write(posix.bell_out, &full, sizeof full), sizeof full);
	posix.port.ops->kick(&posix.port, 0);
	weft_posix_close(&posix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_driver_that_gets_too_few_descriptors_says_so_and_keeps_none),
		cmocka_unit_test(a_device_that_gets_no_descriptor_looks_again_later),
		cmocka_unit_test(memory_that_cannot_be_had_is_an_error),
		cmocka_unit_test(a_device_that_hangs_up_before_it_is_greeted_leaves_the_place_free),
		cmocka_unit_test(a_driver_that_is_too_busy_to_accept_still_has_its_path),
		cmocka_unit_test(a_device_maps_only_memory_that_is_as_it_was_said),
		cmocka_unit_test(a_device_takes_a_whole_greeting_and_closes_what_else_came),
		cmocka_unit_test(a_session_is_never_zero),
		cmocka_unit_test(a_bell_that_nobody_hears_does_not_stop_who_rings_it),
	};

	snprintf(path, sizeof path, "/tmp/weft-meeting-%ld", (long)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
