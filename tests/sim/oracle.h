/* SPDX-License-Identifier: Apache-2.0 */
/* What should have happened, kept beside the cores: they tell it what they do and it says when that cannot be.
 *
 * Letters go through a plain queue a stream: one for each endpoint and context that sends. A session of a stream is
 * what one endpoint sends to one other while both and the link live; in it letters arrive in order, each once, none
 * invented, and the last ones may be lost with the session only. Requests are served at most once, calls end once. */
#ifndef WEFT_SIM_ORACLE_H
#define WEFT_SIM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#define ORACLE_ENDPOINTS 2
#define ORACLE_LETTER_MIN 20u

/* A stream: the sending side of a link, the endpoint, and whether it sends inside a callback. */
struct oracle_stream {
	uint8_t link, side, endpoint, nested;
};

/* An endpoint of a side is created: sessions to and from the one before it are over. */
void oracle_birth(uint8_t link, uint8_t side, uint8_t endpoint);

/* The letter that goes next in the stream, written to `out`; `len` bytes, ORACLE_LETTER_MIN or more. key: names the
 * session, another key begins another; its upper half is the address that it is for. bound: it goes to whom the sender
 * is bound when there is a buffer, perhaps to the next one. It counts as sent until oracle_unsent(). */
void oracle_letter(struct oracle_stream which, uint64_t key, bool bound, uint8_t *out, uint32_t len);
void oracle_unsent(struct oracle_stream which);

/* A letter came to an endpoint of `side`, at this address. */
void oracle_received(uint8_t link, uint8_t side, uint8_t endpoint, uint32_t addr, const uint8_t *data, uint32_t len);

/* Letters of the stream's session that are not there yet, if all that the session needs still lives. */
uint32_t oracle_missing(struct oracle_stream which, uint64_t key);

/* A number for a request; whether it was served before. */
uint32_t oracle_request(void);
void oracle_served(uint32_t id);

/* What the handlers make of a value. */
static inline uint32_t oracle_ground(uint32_t value)
{
	return value * 2654435761u + 1u;
}

void oracle_begin(void);

#endif
