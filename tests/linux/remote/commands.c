/* SPDX-License-Identifier: Apache-2.0 */
/* What the program in Linux has this core do, beside the link. A command runs until it is done, a turn of the loop at
 * a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "remote.h"
#include "weft/service.h"

static long argument; /* of the command that runs */
static long progress;
static const char *words;

static bool stall(long *answer)
{
	remote.stalled = argument != 0;
	*answer = 0;
	return true;
}

static bool withdraw(long *answer)
{
	*answer = rpmsg_destroy_ept(&echo);
	return *answer != RPMSG_ERR_NO_BUFF;
}

static bool announce(long *answer)
{
	*answer = echo_announce();
	return true;
}

static bool burst(long *answer)
{
	uint32_t number = (uint32_t)progress;

	while (progress < argument && rpmsg_trysendto(&echo, &number, sizeof number, last_source) == (int)sizeof number)
		number = (uint32_t)++progress;
	*answer = 0;
	return progress == argument;
}

static bool client_greet(long *answer)
{
	*answer = 0;
	return is_rpmsg_ept_ready(&client) && rpmsg_trysend(&client, "hello", 5) == 5;
}

static bool client_dest(long *answer)
{
	*answer = (long)client.dest_addr;
	return true;
}

static bool client_unbound(long *answer)
{
	*answer = unbound;
	return true;
}

static bool client_await_unbound(long *answer)
{
	*answer = 0;
	return unbound >= argument;
}

static bool crash(long *answer)
{
	weft_ivshmem_report_crash(&remote.ivshmem);
	*answer = 0;
	return true;
}

/* Of Linux: it says so once in each. */
static bool life(long *answer)
{
	static long lives;

	*answer = ++lives;
	return true;
}

static bool count(long *answer)
{
	const struct weft_link_counters *link = rpmsg_link_counters(&remote.rdev);
	const struct {
		const char *what;
		long count;
	} counters[] = {
		{ "ups", (long)link->ups }, /* times that the link came up */
		{ "violations", (long)link->violations },
		{ "fault", (long)remote.fault },
		{ "bad-names", (long)remote.rdev.counters.bad_name },
		{ "not-kept", (long)remote.rdev.counters.not_kept },
		{ "unknown", (long)remote.rdev.counters.unknown },
		{ "channels", (long)REMOTE_CHANNELS },
		{ "sunk", sunk },
		{ "astray", astray },
	};

	for (unsigned i = 0; i < sizeof counters / sizeof counters[0]; i++) {
		if (strcmp(words, counters[i].what) == 0) {
			*answer = counters[i].count;
			return true;
		}
	}
	*answer = -1;
	return true;
}

static bool await_sunk(long *answer)
{
	*answer = 0;
	return sunk >= argument;
}

static bool await_down(long *answer)
{
	*answer = 0;
	return rpmsg_link(&remote.rdev) != WEFT_LINK_UP;
}

static bool writers(long *answer)
{
	writers_anew();
	*answer = 0;
	return true;
}

static bool set_budget(long *answer)
{
	remote.budget = (unsigned)argument;
	*answer = 0;
	return true;
}

static bool set_work(long *answer)
{
	remote.work_us = (uint32_t)argument;
	*answer = 0;
	return true;
}

/* Send one message now: whichever endpoint does, and however long it would wait. */
static bool try_echo(long *answer)
{
	*answer = rpmsg_trysendto(&echo, "x", 1, last_source);
	return true;
}

static bool try_tty(long *answer)
{
	*answer = rpmsg_trysendto(&tty, "x", 1, last_source);
	return true;
}

static bool try_waiting(long *answer)
{
	*answer = rpmsg_send_timeout(&echo, echo.addr, last_source, "x", 1, WEFT_MS(20));
	return true;
}

static bool kick(long *answer)
{
	struct weft_port *port = &remote.ivshmem.posix.port;

	port->ops->kick(port, 0);
	*answer = 0;
	return true;
}

static bool message(long *answer)
{
	*answer = lie_message(words) ? 0 : -1;
	return true;
}

static bool ring(long *answer)
{
	*answer = lie_ring(words) ? 0 : -1;
	return true;
}

static bool reverse_garbage(long *answer)
{
	return calls_reverse_garbage(argument, &progress, answer);
}

static bool reverse_read(long *answer)
{
	return calls_reverse_read(argument, &progress, answer);
}

static const struct command {
	const char *says; /* what follows is its argument */
	bool (*run)(long *answer);
	long argument;
} commands[] = {
	{ "stall", stall, 1 },
	{ "resume", stall, 0 },
	{ "withdraw", withdraw, 0 },
	{ "announce", announce, 0 },
	{ "burst ", burst, 0 },
	{ "client greet", client_greet, 0 },
	{ "client dest", client_dest, 0 },
	{ "client unbound", client_unbound, 0 },
	{ "client await-unbound ", client_await_unbound, 0 },
	{ "crash", crash, 0 },
	{ "life", life, 0 },
	{ "count ", count, 0 },
	{ "await sunk ", await_sunk, 0 },
	{ "await down", await_down, 0 },
	{ "writers anew", writers, 0 },
	{ "budget ", set_budget, 0 },
	{ "work ", set_work, 0 },
	{ "try echo", try_echo, 0 },
	{ "try tty", try_tty, 0 },
	{ "try waiting", try_waiting, 0 },
	{ "kick", kick, 0 },
	{ "message ", message, 0 },
	{ "ring ", ring, 0 },
	{ "logged", calls_logged, 0 },
	{ "served", calls_served, 0 },
	{ "server stop", calls_stop, 0 },
	{ "server start", calls_start, 0 },
	{ "reverse state", calls_reverse_state, 0 },
	{ "reverse found", calls_reverse_found, 0 },
	{ "reverse lost", calls_reverse_lost, 0 },
	{ "reverse garbage ", reverse_garbage, 0 },
	{ "reverse read ", reverse_read, 0 },
};
static const struct command *running;

bool command_begin(const char *line)
{
	static char rest[64];

	running = NULL;
	for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		size_t len = strlen(commands[i].says);

		if (strncmp(line, commands[i].says, len) != 0)
			continue;
		running = &commands[i];
		snprintf(rest, sizeof rest, "%s", line + len);
		words = rest;
		argument = rest[0] != '\0' ? strtol(rest, NULL, 10) : running->argument;
		progress = 0;
		break;
	}
	return running != NULL;
}

bool command_run(long *answer)
{
	return running->run(answer);
}
