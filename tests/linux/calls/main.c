/* SPDX-License-Identifier: Apache-2.0 */
/* calls <what>: ends with 0 when all is well. */
#include "calls.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE WEFT_MS(60000)

struct weft_chrdev_link calls_link;

_Noreturn void check_failed(const char *file, int line, const char *what)
{
	printf("\nRESULT FAIL %s:%d: %s: %s\n(%s)\n", file, line, what, strerror(errno),
	       weft_chrdev_problem(&calls_link.chrdev));
	fflush(stdout);
	_exit(1);
}

void ok(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("\nok: ");
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
}

void calls_open_link(void)
{
	CHECK(weft_chrdev_link_open(&calls_link, NULL, NULL) == 0);
}

void calls_connect(struct sensor_hub_client *client)
{
	CHECK(sensor_hub_client_open(client, &calls_link.rdev, NULL) == WEFT_OK);
	CHECK(sensor_hub_client_wait(client, PATIENCE) == WEFT_OK);
}

static const struct {
	const char *name;
	void (*run)(void);
} checks[] = {
	{ "client", client_checks },     { "server", server_checks },
	{ "missing", missing_checks },   { "not-permitted", not_permitted_checks },
	{ "mute", mute_checks },         { "gone", gone_checks },
	{ "unknown", unknown_checks },   { "killed", killed_checks },
	{ "brief", brief_checks },       { "many", many_checks },
	{ "restless", restless_checks },
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc == 2 && i < sizeof checks / sizeof checks[0]; i++) {
		if (strcmp(argv[1], checks[i].name) != 0)
			continue;
		CHECK(getuid() != 0);
		checks[i].run();
		weft_chrdev_link_close(&calls_link);
		return 0;
	}
	return 2;
}
