/* SPDX-License-Identifier: Apache-2.0 */
/* What a stub does with a request and its response; one whose payload its handler writes in place goes into the
 * server's buffer, which is there from before the handler. */
#include "rpc/frame.h"
#include "rpc/payload.h"

bool weft_request_decode(const struct weft_request *request, const struct weft_message *type, void *message)
{
	return weft_message_decode(type, message, request->body, request->body_len);
}

weft_status weft_reply(struct weft_request *request, const struct weft_message *type, const void *message)
{
	bool fits = weft_message_encode(type, message, request->reply, request->reply_capacity, &request->reply_len);

	return fits ? WEFT_OK : WEFT_INTERNAL;
}

void weft_reply_prepare(struct weft_tx *tx, struct weft_request *request)
{
	*tx = (struct weft_tx){ .body = request->reply, .room = request->reply_capacity };
}

weft_status weft_reply_begin(struct weft_tx *tx, const struct weft_payload *payload, const void *response)
{
	uint32_t len;

	if (tx->data != NULL || tx->committed)
		return WEFT_FAILED_PRECONDITION;
	if (!weft_payload_is_empty(payload, response) ||
	    !weft_message_encode(payload->message, response, tx->body, tx->room, &len) ||
	    !weft_tx_place(tx, payload, tx->body, tx->room, len))
		return WEFT_INVALID_ARGUMENT;
	return WEFT_OK;
}

weft_status weft_reply_commit(struct weft_tx *tx, uint32_t len)
{
	if (tx->data == NULL)
		return WEFT_FAILED_PRECONDITION;
	if (len > tx->capacity)
		return WEFT_INVALID_ARGUMENT;
	tx->len = weft_tx_close(tx, len);
	tx->data = NULL;
	tx->committed = true;
	return WEFT_OK;
}

weft_status weft_reply_finish(struct weft_tx *tx, struct weft_request *request, const struct weft_message *type,
                              const void *message)
{
	if (tx->data != NULL)
		return WEFT_INTERNAL;
	if (!tx->committed)
		return weft_reply(request, type, message);
	request->reply_len = tx->len;
	return WEFT_OK;
}
