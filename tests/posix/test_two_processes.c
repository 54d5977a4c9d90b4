/* SPDX-License-Identifier: Apache-2.0 */
/* The posix port with a process on each side: meeting, echoing, dying, coming back. Who sleeps does so until a bell or
 * the socket wakes it, however long that takes: with one lost, the test does not end, and ctest ends it. */
#define _GNU_SOURCE /* kill, fork, prctl */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "weft/link.h"
#include "weft/posix.h"

#define FOREVER_US 0x7fffffffu

static char path[WEFT_POSIX_PATH_MAX];
static struct weft_posix posix;
static struct weft_link link_;

struct echoes {
	unsigned count;
	char last[32];
};

static int on_echo(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct echoes *echoes = (struct echoes *)priv;

	(void)ept;
	(void)src;
	echoes->count++;
	memset(echoes->last, 0, sizeof echoes->last);
	memcpy(echoes->last, data, len < sizeof echoes->last ? len : sizeof echoes->last - 1);
	return RPMSG_SUCCESS;
}

static int answer(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	char text[32];

	(void)priv;
	memcpy(text, data, len < sizeof text ? len : sizeof text);
	return rpmsg_trysendto(ept, text, (int)len, src) >= 0 ? RPMSG_SUCCESS : RPMSG_ERR_NO_BUFF;
}

static void open_link(bool driver, enum rpmsg_polled_by polled_by)
{
	struct weft_posix_config config = { .path = path, .driver = driver, .size = WEFT_LINK_SIZE };
	struct weft_link_config link_config = { .polled_by = polled_by };

	assert_int_equal(weft_posix_open(&posix, &config), 0);
	assert_int_equal(
		weft_link_open(&link_, &posix.port, driver ? &weft_shm_driver : &weft_shm_device, &link_config), 0);
}

static void turn(void)
{
	rpmsg_poll(&link_.rdev, 16);
	rpmsg_wait(&link_.rdev, FOREVER_US);
}

/* The device's process: an echo service, until it is killed. */
static pid_t fork_device(enum rpmsg_polled_by polled_by)
{
	static struct rpmsg_endpoint ept;
	struct rpmsg_endpoint_config config = {
		.name = "echo", .src = RPMSG_ADDR_ANY, .dest = RPMSG_ADDR_ANY, .flags = RPMSG_EPT_SERVER, .cb = answer
	};
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves nobody behind */
	for (int fd = 3; fd < 64; fd++)
		close(fd); /* the driver's: its death must be seen */
	open_link(false, polled_by);
	if (rpmsg_create_endpoint(&ept, &link_.rdev, &config) != RPMSG_SUCCESS)
		_exit(1);
	for (;;)
		turn();
}

static void end_device(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void wait_for_link(enum weft_link_state state)
{
	while (rpmsg_link(&link_.rdev) != state)
		turn();
}

static void echo(struct rpmsg_endpoint *ept, struct echoes *echoes, unsigned times)
{
	while (!is_rpmsg_ept_ready(ept))
		turn();
	for (unsigned i = 0; i < times; i++) {
		char text[16];
		unsigned before = echoes->count;

		int len = snprintf(text, sizeof text, "thread %u", i);
		assert_int_equal(rpmsg_send(ept, text, len + 1), len + 1);
		while (echoes->count == before)
			turn();
		assert_string_equal(echoes->last, text);
	}
}

static void create_client(struct rpmsg_endpoint *ept, struct echoes *echoes)
{
	struct rpmsg_endpoint_config config = { .name = "echo",
		                                .src = RPMSG_ADDR_ANY,
		                                .dest = RPMSG_ADDR_ANY,
		                                .flags = RPMSG_EPT_QUIET,
		                                .cb = on_echo,
		                                .priv = echoes };

	assert_int_equal(rpmsg_create_endpoint(ept, &link_.rdev, &config), 0);
}

static void run(enum rpmsg_polled_by polled_by, unsigned times)
{
	struct echoes echoes = { 0 };
	struct rpmsg_endpoint ept;

	open_link(true, polled_by);
	pid_t device = fork_device(polled_by);
	create_client(&ept, &echoes);
	echo(&ept, &echoes, times);
	assert_int_equal(rpmsg_buffers_out(&link_.rdev), 0);
	end_device(device);
	wait_for_link(WEFT_LINK_DOWN);
	assert_int_equal(rpmsg_send(&ept, "x", 1), RPMSG_ERR_DEV_STATE);
	weft_posix_close(&posix);
}

static void two_processes_echo_and_sleep_in_between(void **state)
{
	(void)state;
	run(RPMSG_POLLED_BY_LOOP, 500);
	assert_true(link_.shm.transport.counters.kicks_sent > 0);
}

static void two_busy_processes_ring_no_bell_for_messages(void **state)
{
	(void)state;
	run(RPMSG_POLLED_BY_BUSY, 500);
	assert_true(link_.shm.transport.counters.kicks_sent < 50); /* handshakes and the start only */
}

static void a_killed_device_comes_back_to_the_same_driver(void **state)
{
	struct echoes echoes = { 0 };
	struct rpmsg_endpoint ept;

	(void)state;
	open_link(true, RPMSG_POLLED_BY_LOOP);
	create_client(&ept, &echoes);
	for (int life = 0; life < 5; life++) {
		pid_t device = fork_device(RPMSG_POLLED_BY_LOOP);

		echo(&ept, &echoes, 20);
		end_device(device);
		wait_for_link(WEFT_LINK_DOWN);
	}
	weft_posix_close(&posix);
}

static void a_device_outlives_its_drivers(void **state)
{
	struct echoes echoes = { 0 };
	struct rpmsg_endpoint ept;
	pid_t device = 0;

	(void)state;
	for (int life = 0; life < 5; life++) {
		open_link(true, RPMSG_POLLED_BY_LOOP);
		if (device == 0)
			device = fork_device(RPMSG_POLLED_BY_LOOP);
		create_client(&ept, &echoes);
		echo(&ept, &echoes, 20);
		weft_posix_close(&posix);
	}
	end_device(device);
}

static void a_second_driver_on_the_path_is_refused(void **state)
{
	struct weft_posix_config config = { .path = path, .driver = true, .size = WEFT_LINK_SIZE };
	struct weft_posix second;

	(void)state;
	open_link(true, RPMSG_POLLED_BY_LOOP);
	assert_int_equal(weft_posix_open(&second, &config), -EADDRINUSE);
	weft_posix_close(&posix);
}

static void a_socket_that_a_killed_driver_left_is_taken_over(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	(void)state;
	memcpy(address.sun_path, path, sizeof path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd); /* the file stays */
	open_link(true, RPMSG_POLLED_BY_LOOP);
	weft_posix_close(&posix);
}

static void bad_configurations_are_refused(void **state)
{
	char longer[WEFT_POSIX_PATH_MAX + 1];

	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(weft_posix_open(&posix, &(struct weft_posix_config){ .driver = true, .size = 4096 }), -EINVAL);
	assert_int_equal(weft_posix_open(&posix, &(struct weft_posix_config){ .path = longer, .size = 4096 }), -EINVAL);
	assert_int_equal(weft_posix_open(&posix, &(struct weft_posix_config){ .path = path, .driver = true }), -EINVAL);
	assert_int_equal(
		weft_posix_open(&posix,
	                        &(struct weft_posix_config){ .path = "/nowhere/at/all", .driver = true, .size = 4096 }),
		-ENOENT);
}

/* Something else listens there and passes no memory, or another kind of message. */
static void a_stranger_at_the_socket_does_no_harm(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	(void)state;
	memcpy(address.sun_path, path, sizeof path);
	unlink(path);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 1), 0);
	open_link(false, RPMSG_POLLED_BY_LOOP);
	for (int i = 0; i < 3; i++) {
		rpmsg_poll(&link_.rdev, 16);
		int fd = accept(listener, NULL, NULL);
		assert_true(fd >= 0);
		if (i > 0)
			assert_int_equal(send(fd, "WEFT\0\0\0\1", 8, MSG_NOSIGNAL), 8);
		rpmsg_poll(&link_.rdev, 16);
		close(fd);
		rpmsg_poll(&link_.rdev, 16);
		assert_int_equal(rpmsg_link(&link_.rdev), WEFT_LINK_DOWN);
	}
	weft_posix_close(&posix);
	close(listener);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_processes_echo_and_sleep_in_between),
		cmocka_unit_test(two_busy_processes_ring_no_bell_for_messages),
		cmocka_unit_test(a_killed_device_comes_back_to_the_same_driver),
		cmocka_unit_test(a_device_outlives_its_drivers),
		cmocka_unit_test(a_second_driver_on_the_path_is_refused),
		cmocka_unit_test(a_socket_that_a_killed_driver_left_is_taken_over),
		cmocka_unit_test(bad_configurations_are_refused),
		cmocka_unit_test(a_stranger_at_the_socket_does_no_harm),
	};

	snprintf(path, sizeof path, "/tmp/weft-test-%ld", (long)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
