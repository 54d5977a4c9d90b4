/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of cores with the service of bolt.proto on the device and a client on the driver. Both see one memory, so a
 * view of one side that equals a pointer of the other has not been copied. */
#ifndef WEFT_TESTS_BOLTS_H
#define WEFT_TESTS_BOLTS_H

#include "bolt_client.h"
#include "bolt_server.h"
#include "unit/pair.h"
#include "weft/wire.h"

struct bolts {
	struct pair pair;
	struct bolt_server server;
	struct bolt_client client;
	struct weft_call *table[4];
	/* What the handlers saw. */
	unsigned served;
	bolts_v1_Pattern pattern; /* its views are of the past */
	struct weft_view threads; /* of the last length: so is this */
	uint8_t copy[400];        /* ... and what was there */
	struct weft_token token;
	/* What they shall do. */
	weft_status returns;
	struct weft_rx *hold; /* the request's buffer is held here */
	weft_status (*roll)(struct bolts *bolts, bolts_v1_Length *response, struct weft_tx *tx); /* NULL: an echo */
	const uint8_t *rolled; /* where roll wrote its payload */
	uint32_t roll_len;
};

extern const struct bolt_ops bolt_ops;

/* The server started, the client opened with a table of 4 calls, hello agreed. */
void bolts_up(struct bolts *bolts);

/* The device reboots: the link goes down and comes up, and the server is started anew. */
void bolts_reboot(struct bolts *bolts);

bool in_region(const struct bolts *bolts, const struct weft_view *view);
struct weft_view view_of(const char *text);
bool view_is(const struct weft_view *view, const char *text);

/* A pattern with every view in it. */
bolts_v1_Pattern full_pattern(void);

#endif
