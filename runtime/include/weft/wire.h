/* SPDX-License-Identifier: Apache-2.0 */
/* What services say to one another, for those who write the other side. docs/protocol.md explains it.
 *
 *     RPMsg message = call header (16 bytes) + body, all little endian
 * The direction is a bit of `kind`; nothing of the answering direction is ever answered. */
#ifndef WEFT_WIRE_H
#define WEFT_WIRE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The wire's version, in every hello. 0 while the protocol may still change, then 1 for ever. */
#define WEFT_PROTOCOL_VERSION 0u

enum weft_kind {
	/* Client to server */
	WEFT_KIND_HELLO = 0x01,   /* method: service id; call: number of this hello; body: weft_hello */
	WEFT_KIND_REQUEST = 0x02, /* aux: time-out in us; body: request */
	WEFT_KIND_ONEWAY = 0x03,  /* body: request; never answered */
	WEFT_KIND_CANCEL = 0x04,  /* method, call: of the request; never answered */
	WEFT_KIND_STREAM = 0x05,  /* one message of a stream */
	WEFT_KIND_END = 0x06,     /* no more messages */
	WEFT_KIND_CREDIT = 0x07,  /* room for `credit` more messages */
	/* Server to client */
	WEFT_KIND_HELLO_REPLY = 0x81,  /* method, call: the hello's; aux: status; body when OK: weft_hello */
	WEFT_KIND_REPLY = 0x82,        /* method, call: the request's; aux: status; body when OK: response */
	WEFT_KIND_STREAM_REPLY = 0x85, /* as their counterparts */
	WEFT_KIND_END_REPLY = 0x86,
	WEFT_KIND_CREDIT_REPLY = 0x87,
	WEFT_KIND_READY = 0x88 /* method: service id; sent to a client that announced itself */
};
#define WEFT_KIND_ANSWER 0x80u /* the direction */

/* flags. Other bits: zero when sent, ignored when received. */
#define WEFT_FLAG_CONTINUED 0x01u /* the message goes on in the next frame */

struct weft_call_header {
	uint8_t kind;
	uint8_t flags;
	uint16_t credit; /* of streams; else zero */
	uint32_t method; /* FNV-1a 32 of the method's name, or (weft.id) */
	uint32_t call;   /* chosen by the client, echoed by the server */
	uint32_t aux;    /* by kind: time-out, status */
};

/* What either side says of itself in a hello. Longer bodies are read as far as this goes. */
struct weft_hello {
	uint16_t version;    /* WEFT_PROTOCOL_VERSION */
	uint16_t major;      /* of the service */
	uint32_t frame_size; /* bytes of a frame, call header included, that the side sends and receives */
	uint32_t fingerprint_low;
	uint32_t fingerprint_high;
	uint32_t epoch;  /* server: changes when it restarts; client: zero */
	uint16_t window; /* messages of a stream it takes before credit; zero: no streams */
	uint16_t reserved;
};

#define WEFT_CALL_HEADER_SIZE 16u
#define WEFT_HELLO_SIZE 24u

#ifdef __cplusplus
}
#endif

#endif
