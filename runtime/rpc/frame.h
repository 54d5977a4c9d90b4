/* SPDX-License-Identifier: Apache-2.0 */
/* Call headers and hellos, in and out of frames. Frames are shared memory: copied once, then looked at. */
#ifndef WEFT_RPC_FRAME_H
#define WEFT_RPC_FRAME_H

#include <stdbool.h>
#include <string.h>

#include "weft/message.h"
#include "weft/once.h"
#include "weft/rpmsg.h"
#include "weft/service.h"
#include "weft/status.h"
#include "weft/view.h"
#include "weft/wire.h"

_Static_assert(sizeof(struct weft_call_header) == WEFT_CALL_HEADER_SIZE, "the wire's size");
_Static_assert(sizeof(struct weft_hello) == WEFT_HELLO_SIZE, "the wire's size");

/* Word by word from where the values are: a frame is aligned to 4, as every payload. */
static inline void frame_begin(uint8_t *frame, struct weft_call_header header)
{
	*(struct weft_call_header *)(void *)frame = header;
}

/* For a small frame that never waits: borrow a buffer of at least len bytes, write, send. From a borrowed one to its
 * end the link does not restart under our hands (rpmsg_tx_begin()). NULL: no buffer, too small a one, or the link is
 * down. */
uint8_t *weft_frame_borrow(struct rpmsg_endpoint *ept, uint32_t len);
bool weft_frame_send(struct rpmsg_endpoint *ept, uint32_t dst, uint8_t *frame, uint32_t len);

/* A frame that is a header. False: it was not sent. */
bool weft_header_send(struct rpmsg_endpoint *ept, uint32_t dst, const struct weft_call_header *header);

/* What a side says of itself. */
void weft_hello_write(uint8_t *body, const struct weft_service *service, uint32_t frame_size, uint32_t epoch);

/* What stands against a hello: OK, or the status to refuse it with. */
weft_status weft_hello_fault(const struct weft_hello *hello, const struct weft_service *service);

/* Another number in every life of the link. Loans and holds end with theirs. */
uint32_t weft_link_life(struct rpmsg_device *rdev);
/* It is up, and still in that life. */
bool weft_link_lives(struct rpmsg_device *rdev, uint32_t life);

/* Hold a received frame, inside the callback that got it. False: it is held already, or none of ours. */
bool weft_rx_hold(struct weft_rx *rx, struct rpmsg_endpoint *ept, void *frame);

/* The same with a frame that ept holds already. */
void weft_rx_take(struct weft_rx *rx, struct rpmsg_endpoint *ept, void *frame);

/* Decode into a zeroed struct, the codec's limits and those it lets pass. */
bool weft_message_decode(const struct weft_message *type, void *message, const uint8_t *data, uint32_t len);
bool weft_message_encode(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity,
                         uint32_t *len);

#endif
