/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of every size, there and back. */
#include <errno.h>
#include <unistd.h>

#include "guest.h"

void echo_checks(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);
	char large[MTU + 1] = { 0 };

	for (size_t len = 1; len <= MTU; len++)
		ept_echo(&echo, len, (unsigned)len);
	ok("echo of 1 to %d bytes", MTU);
	CHECK(write(echo.fd, large, sizeof large) == -1 && errno == EMSGSIZE);
	ept_echo(&echo, MTU, 1);
	ok("%d bytes are refused", MTU + 1);
	for (unsigned i = 0; i < 5 * RING; i++)
		ept_echo(&echo, 16, i);
	ok("echo of %d messages, five times round the rings", 5 * RING);
	ept_close(&echo);
}
