/* SPDX-License-Identifier: Apache-2.0 */
/* The codec over nanopb: into and out of the shared buffer, with no copy between. */
#include <pb_decode.h>
#include <pb_encode.h>

#include "weft/message.h"

bool weft_nanopb_encode(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity,
                        uint32_t *len)
{
	pb_ostream_t stream = pb_ostream_from_buffer(out, capacity);

	if (!pb_encode(&stream, (const pb_msgdesc_t *)type->fields, message))
		return false;
	*len = (uint32_t)stream.bytes_written;
	return true;
}

bool weft_nanopb_decode(const struct weft_message *type, void *message, const uint8_t *data, uint32_t len)
{
	pb_istream_t stream = pb_istream_from_buffer(data, len);

	return pb_decode(&stream, (const pb_msgdesc_t *)type->fields, message);
}
