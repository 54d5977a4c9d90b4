/* SPDX-License-Identifier: Apache-2.0 */
/* The checks, in the order in which a new board fails them. */
#ifndef BRING_UP_CHECKS_H
#define BRING_UP_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#define SAID_MAX 80

struct check {
	const char *name;
	bool (*run)(char said[SAID_MAX]); /* said: what was seen, good or not */
	const char *look;                 /* where to look when it fails */
	bool stops;                       /* those behind it need what it checks */
};

/* core.c: this core alone. both.c: with core 1. Each table ends with a check without a name. */
extern const struct check checks_of_core[];
extern const struct check checks_of_both[];

#endif
