/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0: runs the checks and says one line each. Then it starts itself anew, once, and says so. */
#include <stddef.h>

#include "checks.h"
#include "port/board.h"

#define PATIENCE_US 4000000u

enum { KEPT_FAILED }; /* a word that a restart leaves */

/* False: those behind cannot be run. */
static bool run(const struct check *checks, uint32_t *failed)
{
	char said[SAID_MAX];

	for (const struct check *check = checks; check->name != NULL; check++) {
		said[0] = '\0';
		board_watchdog(PATIENCE_US);
		if (check->run(said)) {
			board_print("ok    %-16s %s\n", check->name, said);
			continue;
		}
		(*failed)++;
		board_print("FAIL  %-16s %s\n", check->name, said);
		board_print("      look at:         %s\n", check->look);
		if (check->stops)
			return false;
	}
	return true;
}

int main(void)
{
	uint32_t *failed = board_kept() + KEPT_FAILED;

	if (board_life() == 1) {
		board_print("%s: two cores, before there is a link\n", board_name);
		if (run(checks_of_core, failed) && run(checks_of_both, failed))
			board_restart();
		board_print("FAIL  the others need that one\n");
		return 1;
	}
	board_watchdog(0);
	bool kept = board_life() == 2;
	board_print("%s  %-16s life %u\n", kept ? "ok  " : "FAIL", "own restart", (unsigned)board_life());
	board_print("%u failed\n", (unsigned)*failed);
	return *failed == 0 && kept ? 0 : 1;
}
