/* SPDX-License-Identifier: Apache-2.0 */
/* Between payload.c, which knows how a payload lies in a message, and call.c, which sends it. */
#ifndef WEFT_RPC_PAYLOAD_H
#define WEFT_RPC_PAYLOAD_H

#include "weft/payload.h"

/* Behind `len` bytes of other fields in body, write the payload's tag and leave room for its length, so that data is
 * aligned to 4 as body is. False: no room for them in `room` bytes. */
bool weft_tx_place(struct weft_tx *tx, const struct weft_payload *payload, uint8_t *body, uint32_t room, uint32_t len);

/* Is the payload's own view empty in the struct? */
bool weft_payload_is_empty(const struct weft_payload *payload, const void *fields);

/* Write the payload's length, which is at most capacity. Returns the bytes of the whole message. */
uint32_t weft_tx_close(struct weft_tx *tx, uint32_t len);

/* Is the loan still one? UNAVAILABLE: its link went, and tx is empty now. FAILED_PRECONDITION: there was none. */
weft_status weft_tx_state(struct weft_tx *tx);

#endif
