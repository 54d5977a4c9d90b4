/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads: a `bytes` field with (weft.payload) that the application writes into the transmit buffer itself.
 *     <service>_<method>_begin()    link -> you    a buffer is lent, the other fields are in it
 *     tx.data, tx.capacity          write there: shared memory, aligned to 4; read nothing back
 *     <service>_<method>_commit()   you -> peer    the call goes out with the first `len` bytes
 *     <service>_<method>_abort()    you -> link    the buffer goes back unsent
 * A handler does the same for its response: <service>_<method>_reply_begin() and _reply_commit().
 *
 * On the wire it is an ordinary message: the field stands last, and its length is a varint of fixed width, 2 to 5
 * bytes, which every protobuf decoder reads. */
#ifndef WEFT_PAYLOAD_H
#define WEFT_PAYLOAD_H

#include "weft/client.h"
#include "weft/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A transmit buffer that is lent, in your storage. data and capacity may be read, the rest is private. */
struct weft_tx {
	uint8_t *data;              /* where the payload goes; NULL: nothing is lent (any more) */
	uint32_t capacity;          /* bytes that you may write there */
	struct rpmsg_endpoint *ept; /* to whom it is lent; NULL: the buffer of a reply, the server's */
	uint8_t *body;              /* the message in the buffer */
	uint32_t room;              /* bytes of it */
	uint32_t len;               /* of what is written: up to the payload's length; committed: all */
	uint32_t life;              /* of the link when it was lent */
	uint8_t width;              /* bytes of the payload's length */
	bool committed;             /* of a reply */
};

/* Give the buffer back unsent; of a reply: begin anew, or let the response be encoded as usual. Any context that may
 * send. FAILED_PRECONDITION: nothing is lent: committed or aborted already. UNAVAILABLE: the link has gone down
 * since, the loan ended with it. */
weft_status weft_tx_abort(struct weft_tx *tx);

/* ---- For generated code ---- */

/* The payload of a message. */
struct weft_payload {
	const struct weft_message *message;
	uint32_t offset; /* of its view in the struct, which is empty when the payload is written in place */
	uint32_t number; /* of the field */
	uint32_t max;    /* bytes */
};

/* Borrow a buffer, waiting at most timeout_us (in a callback not at all), and encode the other fields into it.
 * OK: tx->data and tx->capacity are set. Else nothing is lent, statuses as of weft_client_start(); INVALID_ARGUMENT as
 * well: the payload is in fields already. Any context that may send; only a task waits. */
weft_status weft_client_begin(struct weft_client *client, const struct weft_payload *payload, const void *fields,
                              struct weft_tx *tx, uint32_t timeout_us);

/* As weft_client_call(), weft_client_start() and weft_client_oneway(), with what was begun. Whatever the status is, the
 * buffer is still lent when tx->data is still set, and only then: after INVALID_ARGUMENT because len is over capacity,
 * after a time-out out of range, FAILED_PRECONDITION in a callback, RESOURCE_EXHAUSTED of the call table.
 * FAILED_PRECONDITION as well: nothing is lent. UNAVAILABLE: link or server went; the loan has ended. Contexts as of
 * those three; commit_oneway and commit_start never wait. */
weft_status weft_client_commit(struct weft_client *client, struct weft_tx *tx, uint32_t len,
                               const struct weft_method *method, void *response, struct weft_rx *rx,
                               uint32_t timeout_us);
weft_status weft_client_commit_start(struct weft_client *client, struct weft_call *call, struct weft_tx *tx,
                                     uint32_t len, const struct weft_method *method, void *response, struct weft_rx *rx,
                                     uint32_t timeout_us, weft_call_done done);
weft_status weft_client_commit_oneway(struct weft_client *client, struct weft_tx *tx, uint32_t len,
                                      const struct weft_method *method);

/* A handler's response: make tx ready for it; begin and commit inside the handler; then take what it made.
 * begin: INVALID_ARGUMENT, the other fields break a limit of the schema, or the payload is in response already;
 * FAILED_PRECONDITION, begun already.
 * commit: INVALID_ARGUMENT, len is over capacity; FAILED_PRECONDITION, not begun.
 * finish: encodes the response when nothing was begun. INTERNAL: begun and not committed, or as weft_reply(). */
void weft_reply_prepare(struct weft_tx *tx, struct weft_request *request);
weft_status weft_reply_begin(struct weft_tx *tx, const struct weft_payload *payload, const void *response);
weft_status weft_reply_commit(struct weft_tx *tx, uint32_t len);
weft_status weft_reply_finish(struct weft_tx *tx, struct weft_request *request, const struct weft_message *type,
                              const void *message);

#ifdef __cplusplus
}
#endif

#endif
