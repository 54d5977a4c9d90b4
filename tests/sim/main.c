/* SPDX-License-Identifier: Apache-2.0 */
/* weft_sim: the command. What a run is made of is in world.h. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/choose.h"
#include "sim/run.h"
#include "sim/shrink.h"

static const struct argp_option options[] = {
	{ "seeds", 'n', "N", 0, "how many (run: 1000; crash: 6 scenarios)", 0 },
	{ "from", 'f', "SEED", 0, "the first one (1)", 0 },
	{ 0 },
};

struct request {
	const char *words[2];
	char **files; /* all that follow the first word */
	int count;
	uint64_t seeds;
	uint64_t from;
	uint64_t seed; /* of replay and shrink */
};

static uint64_t number(const char *text, struct argp_state *state)
{
	char *end = NULL;

	errno = 0;
	uint64_t value = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0)
		argp_error(state, "'%s' is no number below 2^64", text);
	return value;
}

/* What is asked for is there, and has what it needs. */
static void check(const struct request *request, struct argp_state *state)
{
	static const struct {
		const char *what;
		const char *needs;
	} known[] = {
		{ "run", NULL },        { "crash", NULL },      { "all", NULL },        { "canary", NULL },
		{ "replay", "a seed" }, { "shrink", "a seed" }, { "string", "a file" },
	};
	const char *what = request->words[0];
	const char *which = request->words[1];
	size_t i = 0;

	if (what == NULL) {
		argp_error(state, "run what? run, crash, all, canary, replay, shrink or string");
		return; /* argp has ended us */
	}
	while (i < sizeof known / sizeof known[0] && strcmp(known[i].what, what) != 0)
		i++;
	if (i == sizeof known / sizeof known[0])
		argp_error(state, "there is no '%s': run, crash, all, canary, replay, shrink, string", what);
	else if (known[i].needs != NULL && which == NULL)
		argp_error(state, "%s needs %s", what, known[i].needs);
	else if (known[i].needs == NULL && which != NULL)
		argp_error(state, "%s takes no '%s'", what, which);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = (struct request *)state->input;

	switch (key) {
	case 'n':
		request->seeds = number(arg, state);
		break;
	case 'f':
		request->from = number(arg, state);
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num < 2)
			request->words[state->arg_num] = arg;
		else if (strcmp(request->words[0], "string") != 0)
			argp_error(state, "'%s' is one too many", arg);
		if (state->arg_num == 1) {
			request->files = &state->argv[state->next - 1];
			request->count = state->argc - state->next + 1;
		}
		break;
	case ARGP_KEY_END:
		check(request, state);
		if (request->words[1] != NULL && strcmp(request->words[0], "string") != 0)
			request->seed = number(request->words[1], state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "run\ncrash\nall\ncanary\nreplay SEED\nshrink SEED\nstring FILE...",
	.doc = "Simulate cores that talk over Weft. A seed is a whole run: same seed, same run.\v"
	       "run      seeds, with faults; stops at the first promise that is broken\n"
	       "crash    scenarios without faults, each core killed at each step, alone and with a second death\n"
	       "all      every order of a small exchange, every old value\n"
	       "canary   a run that must be found broken\n"
	       "replay   the timeline of a seed\n"
	       "shrink   the shortest run that breaks the same promise, and a test of it\n"
	       "string   the timeline of a file that shrink wrote (.txt) or the fuzzer keeps; of many: what they break",
};

int main(int argc, char **argv)
{
	struct request request = { .from = 1 };

	argp_parse(&argp, argc, argv, 0, NULL, &request);
	const char *what = request.words[0];

	sim_open();
	if (strcmp(what, "run") == 0)
		return run_seeds(request.from, request.seeds != 0 ? request.seeds : 1000);
	if (strcmp(what, "crash") == 0)
		return run_crashes(request.from, request.seeds != 0 ? request.seeds : 6);
	if (strcmp(what, "all") == 0)
		return run_all();
	if (strcmp(what, "canary") == 0)
		return run_canary();
	if (strcmp(what, "replay") == 0)
		return run_replay(request.seed);
	if (strcmp(what, "shrink") == 0)
		return shrink_seed(request.seed);
	return shrink_replay(request.files, request.count);
}
