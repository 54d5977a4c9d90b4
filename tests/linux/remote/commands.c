/* SPDX-License-Identifier: Apache-2.0 */
/* What the program in Linux has this core do, beside the link. A command runs until it is done, a turn of the loop at
 * a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

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

/* Times that the link came up. */
static bool ups(long *answer)
{
	*answer = (long)rpmsg_link_counters(&remote.rdev)->ups;
	return true;
}

static bool violations(long *answer)
{
	*answer = (long)rpmsg_link_counters(&remote.rdev)->violations;
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
	{ "ups", ups, 0 },
	{ "violations", violations, 0 },
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
