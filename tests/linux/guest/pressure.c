/* SPDX-License-Identifier: Apache-2.0 */
/* More than the rings hold, from either side. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define BURST 2000u

static void set_nonblocking(const struct ept *ept, bool on)
{
	CHECK(fcntl(ept->fd, F_SETFL, on ? O_NONBLOCK : 0) == 0);
}

static bool send_number(const struct ept *ept, uint32_t number)
{
	return write(ept->fd, &number, sizeof number) == (ssize_t)sizeof number;
}

/* Until it sleeps: in write(), as it does nothing else. */
static void await_asleep(pid_t pid)
{
	char path[32], text[256];

	snprintf(path, sizeof path, "/proc/%d/wchan", (int)pid);
	do {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		ssize_t len = read(fd, text, sizeof text - 1);
		close(fd);
		text[len > 0 ? len : 0] = '\0';
	} while (strstr(text, "rpmsg_send") == NULL);
}

/* The remote core takes nothing: Linux has so many buffers and no more. A writer that waits goes on when it does. */
static void stalled(const struct ept *echo)
{
	uint32_t sent = 0;

	CHECK(tell("stall") == 0);
	set_nonblocking(echo, true);
	while (send_number(echo, sent))
		sent++;
	CHECK(errno == EAGAIN || errno == ENOMEM);
	CHECK(sent == RING);
	set_nonblocking(echo, false);

	pid_t writer = fork();
	CHECK(writer >= 0);
	if (writer == 0)
		_exit(send_number(echo, sent) ? 0 : 1);
	await_asleep(writer);
	CHECK(tell("resume") == 0);
	int status = -1;
	CHECK(waitpid(writer, &status, 0) == writer && status == 0);
	ept_read_numbers(echo, 0, sent + 1);
	ept_echo(echo, MTU, 5);
}

void pressure_checks(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	for (int i = 0; i < 5; i++)
		stalled(&echo);
	ok("a stalled remote core: %d writes, then EAGAIN; a writer that sleeps is woken", RING);
	ept_echo(&echo, 1, 0); /* where it bursts to */
	CHECK(tell("burst %u", BURST) == 0);
	ept_read_numbers(&echo, 0, BURST);
	ok("a burst of %u messages from the remote core", BURST);
	for (uint32_t i = 0; i < BURST; i++)
		CHECK(send_number(&echo, i));
	ept_read_numbers(&echo, 0, BURST);
	ok("a burst of %u messages to it, and back", BURST);
	ept_close(&echo);
}
