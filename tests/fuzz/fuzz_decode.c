/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of any bytes through the generated codecs: what is accepted keeps every limit, its views lie in the body, and
 * encoded again it is the same message. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/tables.h"
#include "rpc/frame.h"

#define ROOM 1024u

union any {
	tests_v1_Thread thread;
	tests_v1_Cloth cloth;
	bolts_v1_Pattern pattern;
	bolts_v1_Length length;
	bolts_v1_Receipt receipt;
};

enum kind { THREAD, CLOTH, PATTERN, LENGTH, RECEIPT, KINDS };

static const struct weft_message *table_of(enum kind kind)
{
	const struct tables *tables = tables_get();
	const struct weft_message *const all[KINDS] = { tables->thread, tables->cloth, tables->pattern, tables->length,
		                                        tables->receipt };

	return all[kind];
}

static bool keeps(enum kind kind, const union any *message, const uint8_t *body, uint32_t len)
{
	switch (kind) {
	case THREAD:
		return thread_keeps(&message->thread);
	case CLOTH:
		return cloth_keeps(&message->cloth);
	case PATTERN:
		return pattern_keeps(&message->pattern, body, len);
	case LENGTH:
		return length_keeps(&message->length, body, len);
	default:
		return true;
	}
}

static bool equal(enum kind kind, const union any *a, const union any *b)
{
	switch (kind) {
	case THREAD:
		return thread_equals(&a->thread, &b->thread);
	case CLOTH:
		return cloth_equals(&a->cloth, &b->cloth);
	case PATTERN:
		return pattern_equals(&a->pattern, &b->pattern);
	case LENGTH:
		return length_equals(&a->length, &b->length);
	default:
		return a->receipt.number == b->receipt.number;
	}
}

static void check(enum kind kind, const uint8_t *body, uint32_t len)
{
	const struct weft_message *type = table_of(kind);
	static union any message;
	static union any again;
	uint8_t bytes[ROOM];
	uint32_t size = 0;

	memset(&message, 0, sizeof message);
	if (!weft_message_decode(type, &message, body, len))
		return;
	fuzz_assert(keeps(kind, &message, body, len));
	fuzz_assert(weft_message_encode(type, &message, bytes, sizeof bytes, &size));
	fuzz_assert(size <= type->size_max);
	fuzz_assert(size == 0 || !weft_message_encode(type, &message, bytes, size - 1u, &size)); /* no room */
	fuzz_assert(weft_message_encode(type, &message, bytes, size, &size));
	memset(&again, 0, sizeof again);
	fuzz_assert(weft_message_decode(type, &again, bytes, size));
	fuzz_assert(keeps(kind, &again, bytes, size));
	fuzz_assert(equal(kind, &message, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };
	enum kind kind = (enum kind)fuzz_below(&in, KINDS);
	uint32_t len = (uint32_t)(in.end - in.at);

	/* From the heap, with its exact size: one byte too far is seen. */
	uint8_t *body = (uint8_t *)malloc(len != 0 ? len : 1u);
	fuzz_assert(body != NULL);
	memcpy(body, in.at, len);
	check(kind, body, len);
	free(body);
	return 0;
}
