/* SPDX-License-Identifier: Apache-2.0 */
/* Runs /app, a program of somebody who tests it with a remote core (scripts/virtual-core), and passes when it ends
 * with 0. Its arguments are the lines of /app.arguments. */
#define _GNU_SOURCE /* SEEK_DATA */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define ARGUMENTS_MAX 64

/* A record a read: "6,339,5140900,-;text\n", and more of no interest. EPIPE: some were overwritten. In one write, so
 * that lines of the program stay whole. */
static _Noreturn void relay_kernel_log(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_CLOEXEC);
	char record[2048];

	CHECK(log >= 0 && lseek(log, 0, SEEK_DATA) >= 0); /* since it was cleared */
	for (;;) {
		ssize_t len = read(log, record, sizeof record - 1);
		if (len < 0 && errno != EPIPE)
			_exit(1);
		record[len > 0 ? len : 0] = '\0';
		const char *text = strchr(record, ';');
		unsigned long long us = 0;
		if (text == NULL || sscanf(record, "%*u,%*u,%llu", &us) != 1)
			continue;
		dprintf(STDOUT_FILENO, "[%5llu.%06llu] %.*s\n", us / 1000000u, us % 1000000u,
		        (int)strcspn(text + 1, "\n"), text + 1);
	}
}

static _Noreturn void become_app(void)
{
	static char text[4096];
	char *arguments[ARGUMENTS_MAX + 2] = { "/app" };
	FILE *file = fopen("/app.arguments", "r");
	char *rest = text;

	text[file != NULL ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
	for (int i = 1; i <= ARGUMENTS_MAX && *rest != '\0'; i++)
		arguments[i] = strsep(&rest, "\n");
	execv(arguments[0], arguments);
	check_failed(arguments[0], 0, "cannot start it");
}

static pid_t start(void (*run)(void))
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		run();
	return pid;
}

void app_run(void)
{
	pid_t relay = start(relay_kernel_log);
	pid_t app = start(become_app);
	int status = -1;
	char why[40];

	while (waitpid(app, &status, 0) < 0)
		CHECK(errno == EINTR);
	kill(relay, SIGKILL);
	if (status == 0)
		return;
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "APP ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof why, "APP ended with %d", WEXITSTATUS(status));
	fail(why);
}
