/* SPDX-License-Identifier: Apache-2.0 */
/* Views: decoded to where the bytes lie, encoded from where they point, checked, held and released. */
#include <pb_decode.h>
#include <pb_encode.h>

#include "rpc/checks.h"
#include "rpc/frame.h"

/* ---- What nanopb calls for every view of a message: its headers declare it ---- */

bool weft_view_field(pb_istream_t *istream, pb_ostream_t *ostream, const pb_field_t *field);

/* A field that comes twice: the last one counts, as in all of protobuf. nanopb gives a number of a wrong wire type in a
 * scratch buffer on its stack, and does not say so: weft_view_fits() finds that. */
static bool decode_view(pb_istream_t *stream, const pb_field_t *field)
{
	struct weft_view *view = (struct weft_view *)field->pData;

	view->data = (const uint8_t *)stream->state;
	view->len = (uint32_t)stream->bytes_left;
	if (PB_HTYPE(field->type) == PB_HTYPE_ONEOF)
		*(pb_size_t *)field->pSize = field->tag; /* which nanopb leaves to us */
	return pb_read(stream, NULL, stream->bytes_left);
}

static bool encode_view(pb_ostream_t *stream, const pb_field_t *field)
{
	const struct weft_view *view = (const struct weft_view *)field->pData;

	if (view->data == NULL && PB_HTYPE(field->type) == PB_HTYPE_OPTIONAL)
		return true;
	return pb_encode_tag_for_field(stream, field) && pb_encode_string(stream, view->data, view->len);
}

bool weft_view_field(pb_istream_t *istream, pb_ostream_t *ostream, const pb_field_t *field)
{
	return istream != NULL ? decode_view(istream, field) : encode_view(ostream, field);
}

/* ---- Limits ---- */

bool weft_view_fits(const struct weft_view *view, uint32_t limit, const uint8_t *body, uint32_t len)
{
	if (view->len > limit || (view->data == NULL && view->len != 0))
		return false;
	return body == NULL || view->data == NULL ||
	       check_view_inside((uintptr_t)view->data, view->len, (uintptr_t)body, len);
}

bool weft_view_copy(const struct weft_view *view, void *to, uint32_t room)
{
	if (view->len > room)
		return false;
	if (view->len != 0)
		weft_copy_once(to, view->data, view->len);
	return true;
}

/* ---- Held buffers ---- */

void weft_rx_take(struct weft_rx *rx, struct rpmsg_endpoint *ept, void *frame)
{
	*rx = (struct weft_rx){ ept, frame, weft_link_life(ept->rdev) };
}

bool weft_rx_hold(struct weft_rx *rx, struct rpmsg_endpoint *ept, void *frame)
{
	if (rpmsg_hold_rx_buffer(ept, frame) != RPMSG_SUCCESS)
		return false;
	weft_rx_take(rx, ept, frame); /* inside its callback: the link is the one that it came over */
	return true;
}

weft_status weft_rx_release(struct weft_rx *rx)
{
	if (rx == NULL || rx->ept == NULL)
		return WEFT_FAILED_PRECONDITION;
	struct weft_rx held = *rx;

	*rx = (struct weft_rx){ 0 };
	/* In another life of the link the buffer may be held again, by somebody else. */
	if (held.ept->rdev == NULL || weft_link_life(held.ept->rdev) != held.life)
		return WEFT_FAILED_PRECONDITION;
	return rpmsg_release_rx_buffer(held.ept, held.frame) == RPMSG_SUCCESS ? WEFT_OK : WEFT_FAILED_PRECONDITION;
}
