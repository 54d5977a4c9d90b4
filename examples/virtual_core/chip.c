/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pipe2 */
#include "chip.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum news { RESET, POWER_OFF, ENDED };

/* Standard input, a line; nobody speaks there for timeout_ms: false. */
static bool heard(enum news *news, int timeout_ms)
{
	struct pollfd button = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[64];

	if (poll(&button, 1, timeout_ms) <= 0)
		return false;
	if (fgets(line, sizeof line, stdin) == NULL)
		*news = POWER_OFF;
	else if (strcmp(line, "reset\n") == 0)
		*news = RESET;
	else
		return fprintf(stderr, "chip: there is one button, reset, not %s", line), false;
	return true;
}

/* Linux has started, and its driver for this core: not before has the core anything to find. */
static bool await_linux(struct weft_port *port)
{
	enum news news = RESET;

	while (port->ops->session(port) == 0) {
		if (heard(&news, 0) && news == POWER_OFF)
			return false;
		port->ops->relax(port, 10000);
	}
	return true;
}

/* Until the button, or the core ends: then nobody holds the pipe open any more. */
static enum news watch(int alive)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = alive, .events = POLLIN } };
	enum news news;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents != 0)
			return ENDED;
		if (heard(&news, 0))
			return news;
	}
}

/* One life of the core. */
static enum news live(int (*core)(unsigned life), unsigned life)
{
	int alive[2];

	if (pipe2(alive, O_CLOEXEC) < 0)
		return perror("chip"), ENDED;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* no power, no core */
		close(alive[0]);
		_exit(core(life));
	}
	close(alive[1]);
	enum news news = pid > 0 ? watch(alive[0]) : ENDED;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(alive[0]);
	return news;
}

int chip_run(struct weft_ivshmem_link *link, int (*core)(unsigned life))
{
	enum news news = RESET;

	setvbuf(stdin, NULL, _IONBF, 0); /* poll() sees what has not been read */
	printf("ready\n");
	fflush(stdout);
	if (!await_linux(&link->ivshmem.posix.port))
		news = POWER_OFF;
	for (unsigned life = 1; news == RESET; life++)
		news = live(core, life);
	weft_ivshmem_link_close(link);
	if (news == ENDED)
		fprintf(stderr, "chip: the core has ended by itself\n");
	return news == POWER_OFF ? EXIT_SUCCESS : EXIT_FAILURE;
}
