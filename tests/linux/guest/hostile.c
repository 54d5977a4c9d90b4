/* SPDX-License-Identifier: Apache-2.0 */
/* What a remote core may do wrong: Linux stays up, and after a reset all is well. */
#include <stddef.h>
#include <unistd.h>

#include "guest.h"

struct lie {
	const char *kind;
	const char *kernel; /* what Linux says to it */
};

static const struct lie messages[] = {
	{ "unknown-address", "msg received with no recipient" },
	{ "name-short", "malformed ns msg (39)" },
	{ "name-long", "malformed ns msg (41)" },
	{ "name-endless", NULL },
	{ "name-flags", NULL },
	{ "name-twice", "channel twice:ffffffff:5555 already exist" },
	{ "name-gone", "rpmsg_destroy_channel failed" },
};
static const struct lie rings[] = {
	{ "used-id", "id 999 out of range" },
	{ "used-length", "inbound msg too big: (65535, 8)" },
	{ "used-twice", "msg received with no recipient" },
	{ "used-jump", "already exist" },
	{ "header-length", "inbound msg too big: (24, 65535)" },
};

static void tell_lie(const char *what, const struct lie *lie)
{
	int log = kernel_log_open();

	CHECK(tell("%s %s", what, lie->kind) == 0);
	if (lie->kernel != NULL)
		kernel_log_await(log, lie->kernel);
	close(log);
}

static void echo_works(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	ept_echo(&echo, 200, 9);
	ept_close(&echo);
}

static void empty_message(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);
	char byte;

	CHECK(tell("message empty") == 0);
	CHECK(ept_read(&echo, &byte, 1) == 0);
	ept_echo(&echo, 1, 2);
	ept_close(&echo);
}

void hostile_checks(void)
{
	for (unsigned i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		tell_lie("message", &messages[i]);
		echo_works();
	}
	ok("malformed messages: the link stays");
	empty_message();
	ok("an empty message arrives as one");
	for (unsigned i = 0; i < sizeof rings / sizeof rings[0]; i++) {
		tell_lie("ring", &rings[i]);
		reset_by_bind();
		echo_works();
	}
	ok("malformed rings: a reset mends them");
}
