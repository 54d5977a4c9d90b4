/* SPDX-License-Identifier: Apache-2.0 */
/* What a stub knows of one protobuf message: how to encode and decode it, and its bounds.
 *
 * The generator prints one const table a message. The functions behind it are nanopb's
 * (weft_nanopb_encode, weft_nanopb_decode) or straight-line code for the same struct and the same bytes. */
#ifndef WEFT_MESSAGE_H
#define WEFT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_message {
	/* Write the message to out: true and *len. False: it does not fit or breaks its own limits. */
	bool (*encode)(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity,
	               uint32_t *len);
	/* Fill a zeroed struct from len bytes. False: malformed, or over a limit of the schema. */
	bool (*decode)(const struct weft_message *type, void *message, const uint8_t *data, uint32_t len);
	/* Limits that the codec lets pass: nanopb rounds the room of a `bytes` field up, and knows none of views, which
	 * must lie in the body too. body NULL: the message is to be encoded. NULL: there are no such limits. */
	bool (*check)(const void *message, const uint8_t *body, uint32_t len);
	const void *fields;   /* the codec's own table: nanopb's pb_msgdesc_t */
	uint32_t size_max;    /* bytes of the longest encoding that the schema allows */
	uint32_t struct_size; /* bytes of the C struct */
};

/* The codec over nanopb, pb_encode and pb_decode with no copy between. Any context, no state. */
bool weft_nanopb_encode(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity,
                        uint32_t *len);
bool weft_nanopb_decode(const struct weft_message *type, void *message, const uint8_t *data, uint32_t len);

#ifdef __cplusplus
}
#endif

#endif
