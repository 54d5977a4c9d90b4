/* SPDX-License-Identifier: Apache-2.0 */
/* Linux loads the remote core's firmware, with the resource table that weft generates, starts it and stops it. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define REMOTE "/sys/class/remoteproc/remoteproc0/"
#define TRACE "/sys/kernel/debug/remoteproc/remoteproc0/trace0"

/* What the remote core writes to its trace buffer, as user space reads it. */
static void trace_says(const char *text)
{
	char trace[4096];
	int fd = open(TRACE, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	ssize_t len = read(fd, trace, sizeof trace - 1);
	close(fd);
	CHECK(len > 0);
	trace[len] = '\0';
	CHECK(strstr(trace, text) != NULL);
}

static void echo_works(unsigned seed)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	ept_echo(&echo, MTU, seed);
	ept_close(&echo);
}

void boot_checks(void)
{
	echo_checks();
	trace_says("remote: link up, 496");
	ok("the trace buffer in debugfs");
	for (unsigned i = 0; i < 20; i++) {
		CHECK(write_file(REMOTE "state", "stop"));
		CHECK(write_file(REMOTE "state", "start"));
		echo_works(i);
		trace_says("remote: link up, 496");
	}
	ok("the firmware is stopped and started, 20 times");
	for (unsigned i = 0; i < 10; i++) {
		reset_by_crash();
		echo_works(i);
	}
	ok("the remote core reports a crash, and its firmware is loaded anew, 10 times");
}
