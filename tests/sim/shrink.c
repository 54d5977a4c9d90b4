/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/shrink.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/choose.h"
#include "sim/run.h"

#define RUNS_MAX 20000u

static uint8_t best[CHOOSE_MAX];
static size_t best_len;
static char invariant[32];

/* Does the string break the promise? Then it is the best so far, as far as the run has read it. */
static bool breaks(const uint8_t *string, size_t len)
{
	choose_string(string, len);
	const char *what = run_one();
	if (what == NULL || strncmp(what, invariant, strlen(invariant)) != 0)
		return false;
	size_t used;
	const uint8_t *record = choose_record(&used);
	memcpy(best, record, used);
	while (used > 0 && best[used - 1] == 0)
		used--;
	best_len = used;
	return true;
}

/* With the decisions of [at, at + len) dull. False: they were, or they matter. */
static bool without(size_t at, size_t len)
{
	static uint8_t candidate[CHOOSE_MAX];
	bool changes = false;

	for (size_t i = at; i < at + len && i < best_len; i++)
		changes |= best[i] != 0;
	if (!changes)
		return false;
	memcpy(candidate, best, best_len);
	memset(candidate + at, 0, at + len < best_len ? len : best_len - at);
	return breaks(candidate, best_len);
}

/* Large pieces first: whole classes of faults and phases go at once, then single decisions. */
static unsigned shrink(void)
{
	unsigned runs = 0;

	for (size_t piece = best_len; piece > 0; piece /= 2) {
		for (size_t at = 0; at < best_len && runs < RUNS_MAX; at += piece, runs++)
			without(at, piece);
	}
	return runs;
}

static unsigned decisions(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < best_len; i++)
		count += best[i] != 0;
	return count;
}

static void print_test(uint64_t seed)
{
	printf("\nThe test: write this to " SIM_FOUND "/<what>.txt\n\n# %s\n# from seed %" PRIu64 "\n", sim_broken(),
	       seed);
	for (size_t i = 0; i < best_len; i++)
		printf("%02x%s", best[i], i % 48 == 47 ? "\n" : "");
	printf("\n");
}

int shrink_seed(uint64_t seed)
{
	choose_seed(seed);
	const char *what = run_one();
	if (what == NULL) {
		printf("seed %" PRIu64 " breaks nothing\n", seed);
		return 0;
	}
	snprintf(invariant, sizeof invariant, "%.*s", (int)strcspn(what, ":"), what);
	size_t len;
	const uint8_t *record = choose_record(&len);
	memcpy(best, record, len);
	best_len = len;
	unsigned before = decisions();
	unsigned runs = shrink();
	printf("%s: %u decisions that matter, of %u, after %u runs\n\n", invariant, decisions(), before, runs);
	sim.loud = true;
	breaks(best, best_len);
	print_test(seed);
	return 1;
}

/* ---- Files ---- */

static void read_hex(FILE *file)
{
	char line[256];

	while (fgets(line, sizeof line, file) != NULL) {
		for (const char *at = line; isxdigit((unsigned char)at[0]) && isxdigit((unsigned char)at[1]); at += 2) {
			const char byte[] = { at[0], at[1], '\0' };

			if (best_len < CHOOSE_MAX)
				best[best_len++] = (uint8_t)strtoul(byte, NULL, 16);
		}
	}
}

static bool read_string(const char *path)
{
	const char *end = strrchr(path, '.');
	FILE *file = fopen(path, "rb");

	if (file == NULL) {
		perror(path);
		return false;
	}
	best_len = 0;
	if (end != NULL && strcmp(end, ".txt") == 0)
		read_hex(file);
	else
		best_len = fread(best, 1, sizeof best, file);
	bool read = ferror(file) == 0;
	if (!read)
		perror(path);
	fclose(file);
	return read;
}

int shrink_replay(char *const *paths, int count)
{
	sim.loud = count == 1;
	for (int i = 0; i < count; i++) {
		if (!read_string(paths[i]))
			return 2;
		if (run_string(best, best_len) != NULL) {
			printf("violation: %s\n  %s\n", sim_broken(), paths[i]);
			return 1;
		}
	}
	printf("nothing is broken in %d runs\n", count);
	return 0;
}
