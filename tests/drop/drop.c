/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/check.h"

int weft_drop = WEFT_CHECK_NONE;

__attribute__((constructor)) static void choose_what_to_drop(void)
{
	const char *name = getenv("WEFT_DROP");
	if (name == NULL)
		return;
	for (int id = WEFT_CHECK_NONE; id < WEFT_CHECK_COUNT; id++) {
		if (strcmp(weft_check_name((unsigned)id), name) == 0) {
			weft_drop = id;
			return;
		}
	}
	fprintf(stderr, "WEFT_DROP=%s: no such check\n", name);
	exit(2);
}
