/* SPDX-License-Identifier: Apache-2.0 */
/* A payload in its message: the last field, with a length that is known only when it has been written.
 *
 *     other fields | tag | length, 2 to 5 bytes | payload, aligned to 4
 *
 * Of four widths in a row one aligns what follows. A length of 2 bytes counts to 16383: where that is the width,
 * capacity ends there. Only lengths are wider than they need be, never tags: decoders differ about those. */
#include "rpc/payload.h"

#include "rpc/frame.h"

#define WIDTH_MIN 2u
#define WIDTH_MAX 5u
#define WIDTH_MIN_LEN 16383u
#define WIRE_TYPE_LEN 2u

static uint32_t put_tag(uint8_t *to, uint32_t number)
{
	uint32_t tag = number << 3 | WIRE_TYPE_LEN;
	uint32_t size = 0;

	for (; tag > 0x7fu; tag >>= 7)
		to[size++] = (uint8_t)(tag | 0x80u);
	to[size++] = (uint8_t)tag;
	return size;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

bool weft_payload_is_empty(const struct weft_payload *payload, const void *fields)
{
	const struct weft_view *view =
		(const struct weft_view *)(const void *)((const uint8_t *)fields + payload->offset);

	return view->data == NULL;
}

bool weft_tx_place(struct weft_tx *tx, const struct weft_payload *payload, uint8_t *body, uint32_t room, uint32_t len)
{
	uint8_t tag[5];
	uint32_t tag_size = put_tag(tag, payload->number);

	if (room < len || room - len < tag_size + WIDTH_MAX)
		return false;
	memcpy(body + len, tag, tag_size);
	uint32_t at = len + tag_size;
	uint32_t width = WIDTH_MIN + (4u - (at + WIDTH_MIN) % 4u) % 4u;
	tx->body = body;
	tx->room = room;
	tx->len = at;
	tx->width = (uint8_t)width;
	tx->data = body + at + width;
	tx->capacity = smaller(payload->max, room - at - width);
	if (width == WIDTH_MIN)
		tx->capacity = smaller(tx->capacity, WIDTH_MIN_LEN);
	return true;
}

uint32_t weft_tx_close(struct weft_tx *tx, uint32_t len)
{
	uint8_t *to = tx->body + tx->len;
	uint32_t left = len;

	for (uint32_t i = 1; i < tx->width; i++) {
		*to++ = (uint8_t)(left | 0x80u);
		left >>= 7;
	}
	*to = (uint8_t)left;
	return tx->len + tx->width + len;
}

weft_status weft_tx_state(struct weft_tx *tx)
{
	if (tx == NULL || tx->data == NULL)
		return WEFT_FAILED_PRECONDITION;
	if (tx->ept == NULL)
		return WEFT_OK;
	struct rpmsg_device *rdev = tx->ept->rdev;
	/* In another life of the link the buffer may be lent again, to somebody else. */
	if (rdev != NULL && weft_link_lives(rdev, tx->life))
		return WEFT_OK;
	*tx = (struct weft_tx){ 0 };
	return WEFT_UNAVAILABLE;
}

weft_status weft_tx_abort(struct weft_tx *tx)
{
	weft_status status = weft_tx_state(tx);

	if (status != WEFT_OK)
		return status;
	tx->data = NULL;
	if (tx->ept == NULL)
		return WEFT_OK;
	int result = rpmsg_release_tx_buffer(tx->ept, tx->body - WEFT_CALL_HEADER_SIZE);
	return result == RPMSG_SUCCESS ? WEFT_OK : WEFT_UNAVAILABLE;
}
