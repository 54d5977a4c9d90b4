/* SPDX-License-Identifier: Apache-2.0 */
/* Linux takes nothing of what the remote core sends. That one neither waits for it nor loses any of it, hears Linux as
 * before, and when Linux reads, all is there, in order. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest.h"

#define DEAF "/sys/module/ivshmem_rproc/parameters/deaf"
#define NO_BUFFER (-2002) /* RPMSG_ERR_NO_BUFF */
#define HEARD 1000u       /* messages, meanwhile */
#define ASKED 100u

static void write_number(const struct ept *ept, uint32_t number)
{
	while (write(ept->fd, &number, sizeof number) != (ssize_t)sizeof number)
		CHECK(errno == EAGAIN || errno == ENOMEM); /* the remote core has not taken the last yet */
}

static void unread(struct ept *echo, struct ept *other, struct ept *sink)
{
	long heard = tell("count sunk");

	ept_echo(echo, 1, 0); /* where it bursts to */
	CHECK(write_file(DEAF, "1"));
	CHECK(tell("burst %d", RING) == 0);
	CHECK(tell("try echo") == NO_BUFFER);
	CHECK(tell("try tty") == NO_BUFFER);
	CHECK(tell("try waiting") == NO_BUFFER);
	for (uint32_t i = 0; i < HEARD; i++)
		write_number(sink, i);
	CHECK(tell("await sunk %ld", heard + (long)HEARD) == 0);
	for (uint32_t i = 0; i < ASKED; i++)
		write_number(other, i);
	CHECK(write_file(DEAF, "0"));
	CHECK(tell("kick") == 0);
	ept_read_numbers(echo, 0, RING);
	ept_read_numbers(other, 0, ASKED);
	ept_echo(echo, MTU, 8);
}

void unread_checks(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);
	struct ept other = ept_create("other", ept_dst(&echo));
	struct ept sink = ept_create("sink", SINK);

	/* A writer that slept would wait for the bell. */
	CHECK(fcntl(sink.fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(other.fd, F_SETFL, O_NONBLOCK) == 0);
	for (int i = 0; i < 5; i++)
		unread(&echo, &other, &sink);
	ok("Linux does not read: the remote core has no buffer, waits for none, loses none, and hears Linux");
	ept_destroy(&sink);
	ept_destroy(&other);
	ept_close(&echo);
}
