/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define ANSWER "answer "
#define PATIENCE_MS 60000

/* Console lines come whole; the kernel's own go out only. */
static void read_line(char *line, size_t size)
{
	struct pollfd console = { .fd = STDIN_FILENO, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		CHECK(poll(&console, 1, PATIENCE_MS) == 1);
		CHECK(len < size && read(STDIN_FILENO, line + len, 1) == 1);
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
}

long tell(const char *format, ...)
{
	char line[128];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	/* In one write: the kernel's lines do not get in between. */
	dprintf(STDOUT_FILENO, "\n@%s\n", line);
	do
		read_line(line, sizeof line);
	while (strncmp(line, ANSWER, strlen(ANSWER)) != 0);
	return strtol(line + strlen(ANSWER), NULL, 10);
}
