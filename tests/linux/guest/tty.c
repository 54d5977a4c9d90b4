/* SPDX-License-Identifier: Apache-2.0 */
/* Linux's own driver for "rpmsg-tty": a terminal whose other end says back what it hears. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "guest.h"

#define PATIENCE_MS 60000
#define TEXT 2000

void tty_checks(void)
{
	static char sent[TEXT], got[TEXT];
	struct termios raw;
	size_t in = 0, out = 0;

	await_path("/dev/ttyRPMSG0");
	int fd = open("/dev/ttyRPMSG0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(fd >= 0 && tcgetattr(fd, &raw) == 0);
	cfmakeraw(&raw);
	CHECK(tcsetattr(fd, TCSANOW, &raw) == 0);
	for (size_t i = 0; i < TEXT; i++)
		sent[i] = (char)('a' + i % 26);
	while (in < TEXT) {
		if (out < TEXT) {
			ssize_t len = write(fd, sent + out, TEXT - out);
			CHECK(len > 0);
			out += (size_t)len;
		}
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		CHECK(poll(&ready, 1, PATIENCE_MS) == 1);
		ssize_t len = read(fd, got + in, TEXT - in);
		CHECK(len > 0);
		in += (size_t)len;
	}
	CHECK(memcmp(got, sent, TEXT) == 0);
	close(fd);
	ok("echo of %d bytes on /dev/ttyRPMSG0", TEXT);
}
