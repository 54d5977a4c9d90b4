/* SPDX-License-Identifier: Apache-2.0 */
/* Views: `bytes` and `string` fields with (weft.view) that point into the received buffer, and holding that buffer.
 *
 * A view is shared memory: the peer can still write to it, and takes the buffer back when its time is over. Decide
 * on nothing that you have only looked at: copy it out with weft_view_copy(), then look at the copy. */
#ifndef WEFT_VIEW_H
#define WEFT_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Received: where the field lies in the buffer; data is NULL when the field is absent. A string has no NUL behind it.
 * Sent: what to copy into the message; data NULL leaves the field out, len 0 with another data sends an empty one. */
struct weft_view {
	const uint8_t *data;
	uint32_t len;
};

/* Copy all of a view out of the shared buffer; what you read afterwards no peer can change. False: it is longer than
 * room, and nothing was copied. Any context. */
bool weft_view_copy(const struct weft_view *view, void *to, uint32_t room);

/* A received buffer that is held, in your storage: views into it are valid until it is released. Private. */
struct weft_rx {
	struct rpmsg_endpoint *ept; /* NULL: nothing is held */
	void *frame;
	uint32_t life; /* of the link when it was held */
};

/* Give the buffer back: all views into it end here, and the peer can send in it again. A held buffer is one that the
 * peer lacks: hold few, release soon, and before the client is closed or the server is stopped. Any context that may
 * send. FAILED_PRECONDITION: nothing is held, it was released already, or the link has gone down since. */
weft_status weft_rx_release(struct weft_rx *rx);

/* For generated code: is a view within its limit, in bytes, and inside the body that it was decoded from? body NULL: it
 * is to be sent, so only the limit counts. Any context. */
bool weft_view_fits(const struct weft_view *view, uint32_t limit, const uint8_t *body, uint32_t len);

#ifdef __cplusplus
}
#endif

#endif
