/* SPDX-License-Identifier: Apache-2.0 */
/* One of two processes: a link, the server or the client of it, and traffic of all kinds. Both run the same; one of
 * them is killed meanwhile. What should not happen is noted, not asserted: a killed process has no test to fail. */
#ifndef WEFT_TESTS_SIDE_H
#define WEFT_TESTS_SIDE_H

#include "loom_client.h"
#include "loom_server.h"
#include "weft/link.h"
#include "weft/posix.h"

#define SIDE_FLIGHTS 4u /* calls that are kept in flight */
#define SIDE_SLOTS 8u
#define SIDE_WAITING 15u /* requests that a server can let wait: more than ever come at once, so none is dropped */

/* Beyond the limit that ctest sets: a call with this deadline that hangs is ended there. */
#define SIDE_PATIENCE_US WEFT_MS(1200000)

struct side;

struct flight {
	struct loom_weave_call call;
	tests_v1_Cloth cloth;
	struct side *side;
	uint32_t count;
	bool pending;
	bool patient;
};

struct side_config {
	const char *path;
	bool driver;
	bool serves; /* else it calls */
	uint32_t seed;
};

struct side {
	struct weft_posix posix;
	struct weft_link link;
	bool serves;
	uint32_t random;
	const char *fault; /* the first thing that should not have happened */
	/* The server's. */
	struct loom_server server;
	struct weft_server_slot slots[SIDE_WAITING];
	unsigned served;
	/* The client's. */
	struct loom_client client;
	struct weft_call *table[SIDE_SLOTS];
	struct flight flights[SIDE_FLIGHTS];
	uint32_t count;
	unsigned oneways;
	unsigned ends[WEFT_UNAUTHENTICATED + 1]; /* of calls that were started, by status */
	/* An endpoint that comes and goes, with its announcement and withdrawal, what it borrowed and what it holds. */
	struct rpmsg_endpoint guest;
	bool present;
	void *loan;
	void *held;
};

uint32_t side_random(uint32_t *state);

/* False: it could not be opened. */
bool side_open(struct side *side, const struct side_config *config);

/* Some traffic, a poll and a short wait. Not `busy`: no traffic. */
void side_turn(struct side *side, bool busy);

/* Calls in flight, in our own book. */
unsigned side_pending(const struct side *side);

/* One call of each kind, now. Each must end at once with UNAVAILABLE: nobody is there. */
void side_calls_nobody(struct side *side);

#endif
