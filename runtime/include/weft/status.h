/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ends: gRPC's sixteen codes with gRPC's numbers, so that tools and people know them.
 *
 * There are two error spaces and they never mix: rpmsg_* and virtqueue_* functions return negative
 * numbers (weft/rpmsg.h), calls return a weft_status. weft_status_from_rpmsg() is the one bridge. */
#ifndef WEFT_STATUS_H
#define WEFT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weft_status {
	WEFT_OK = 0,
	WEFT_CANCELLED = 1,         /* the caller cancelled */
	WEFT_UNKNOWN = 2,           /* a handler returned a number that is no status */
	WEFT_INVALID_ARGUMENT = 3,  /* the request does not decode, or breaks a limit of the schema */
	WEFT_DEADLINE_EXCEEDED = 4, /* no reply in time; the handler may have run all the same */
	WEFT_NOT_FOUND = 5,         /* free for handlers, as are the others without a comment */
	WEFT_ALREADY_EXISTS = 6,
	WEFT_PERMISSION_DENIED = 7,
	WEFT_RESOURCE_EXHAUSTED = 8,  /* the server's slots, our call table or the transmit buffers are used up */
	WEFT_FAILED_PRECONDITION = 9, /* other major version; frames too small; a sync call inside a callback */
	WEFT_ABORTED = 10,
	WEFT_OUT_OF_RANGE = 11,
	WEFT_UNIMPLEMENTED = 12, /* the server has no such method, or serves no such kind yet */
	WEFT_INTERNAL = 13,      /* the handler's reply does not fit its own schema */
	WEFT_UNAVAILABLE = 14,   /* no server yet, link down, or the server restarted */
	WEFT_DATA_LOSS = 15,     /* the reply does not decode */
	WEFT_UNAUTHENTICATED = 16,
	WEFT_DEFERRED = 255 /* of a handler only, never on the wire: the answer comes later, by its token */
} weft_status;

/* "OK", "DEADLINE_EXCEEDED", ...; "?" for a number that is no status. Never NULL. Any context. */
const char *weft_status_name(weft_status status);

/* The status that a negative rpmsg_* result stands for; WEFT_OK for 0 and above. Any context. */
weft_status weft_status_from_rpmsg(int result);

#ifdef __cplusplus
}
#endif

#endif
