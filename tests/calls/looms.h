/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of cores with a service on the device and clients on the driver, over the generated stubs of loom.proto. */
#ifndef WEFT_TESTS_LOOMS_H
#define WEFT_TESTS_LOOMS_H

#include "loom_client.h"
#include "loom_server.h"
#include "unit/pair.h"
#include "weft/wire.h"

struct looms {
	struct pair pair;
	struct loom_server server;
	struct loom_client client;
	struct weft_call *table[4];
	/* What the handlers saw and shall do. */
	unsigned woven;
	unsigned noted;
	tests_v1_Thread last;
	uint32_t takes_us;   /* the clock moves by that in a handler */
	bool spoil;          /* the handler's response breaks its schema */
	weft_status returns; /* instead of OK */
};

extern const struct loom_ops loom_ops; /* weave, tear, note; dye is NULL */

/* The link up, nothing on it. */
void looms_link(struct looms *looms);
/* ... and a server started, a client opened with a table of 4 calls, hello agreed. */
void looms_up(struct looms *looms);

tests_v1_Thread thread_of(uint32_t count, const char *colour);

/* A started call and how it ended. */
struct ending {
	struct loom_weave_call call;
	tests_v1_Cloth cloth;
	unsigned times;
	weft_status status;
};
weft_status start_weave(struct looms *looms, struct ending *ending, uint32_t count, uint32_t timeout_us);

/* A frame of the wire into an endpoint of the other core, as a peer sends it that is not our stub. */
void send_frame(struct core *from, uint32_t src, uint32_t dst, struct weft_call_header header, const void *body,
                uint32_t len);

#endif
