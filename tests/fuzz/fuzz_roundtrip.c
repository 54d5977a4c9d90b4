/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of any content out and in again: encoded they fit, decoded they are equal; over a limit they are refused.
 * And payloads of any length written in place, at every alignment and around the widths of a length. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/tables.h"
#include "rpc/frame.h"
#include "rpc/payload.h"

#define ROOM 1024u
#define PAYLOAD_MAX 70000u

static uint8_t pool[64]; /* where views of what is sent point to */

/* ---- Messages ---- */

static void draw_text(struct fuzz *in, char *text, uint32_t room)
{
	uint32_t len = fuzz_below(in, room + 1u);

	for (uint32_t i = 0; i < len; i++) /* as long as the room: without an end */
		text[i] = (char)(fuzz_u8(in) | 1);
}

static struct weft_view draw_view(struct fuzz *in, uint32_t limit)
{
	uint32_t len = fuzz_below(in, limit + 2u);

	if (fuzz_below(in, 3) == 0)
		return (struct weft_view){ NULL, fuzz_below(in, 8) == 0 ? len : 0 };
	return (struct weft_view){ pool + fuzz_below(in, 16), len };
}

static tests_v1_Thread draw_thread(struct fuzz *in)
{
	tests_v1_Thread thread = tests_v1_Thread_init_zero;

	thread.count = fuzz_u32(in);
	draw_text(in, thread.colour, sizeof thread.colour);
	thread.knot.size = (pb_size_t)fuzz_below(in, 8);
	for (unsigned i = 0; i < sizeof thread.knot.bytes; i++)
		thread.knot.bytes[i] = fuzz_u8(in);
	return thread;
}

static bolts_v1_Swatch draw_swatch(struct fuzz *in)
{
	return (bolts_v1_Swatch){ .number = fuzz_u32(in), .dye = draw_view(in, 16) };
}

static bolts_v1_Pattern draw_pattern(struct fuzz *in)
{
	bolts_v1_Pattern pattern = bolts_v1_Pattern_init_zero;

	pattern.number = fuzz_u32(in);
	pattern.name = draw_view(in, 16);
	pattern.weave = draw_view(in, 32);
	pattern.note = draw_view(in, 8);
	pattern.has_border = fuzz_below(in, 2) == 0;
	pattern.border = draw_swatch(in);
	pattern.swatches_count = (pb_size_t)fuzz_below(in, 4);
	for (unsigned i = 0; i < pattern.swatches_count; i++)
		pattern.swatches[i] = draw_swatch(in);
	pattern.which_edge = (pb_size_t)fuzz_below(in, 9);
	if (pattern.which_edge == bolts_v1_Pattern_hem_tag)
		pattern.edge.hem = fuzz_u32(in);
	else if (pattern.which_edge == bolts_v1_Pattern_fringe_tag)
		pattern.edge.fringe = draw_view(in, 8);
	else if (pattern.which_edge == bolts_v1_Pattern_trim_tag)
		pattern.edge.trim = draw_swatch(in);
	else
		pattern.which_edge = 0;
	return pattern;
}

/* Encode: exactly what keeps its limits. True: *size bytes are there. */
static bool goes_out(const struct weft_message *type, const void *message, bool kept, uint8_t *bytes, uint32_t *size)
{
	bool out = weft_message_encode(type, message, bytes, ROOM, size);

	fuzz_assert(out == kept);
	if (out)
		fuzz_assert(*size <= type->size_max);
	return out;
}

static void thread_goes_round(struct fuzz *in)
{
	const struct weft_message *type = tables_get()->thread;
	tests_v1_Thread thread = draw_thread(in);
	tests_v1_Thread back = tests_v1_Thread_init_zero;
	uint8_t bytes[ROOM];
	uint32_t size;

	if (!goes_out(type, &thread, thread_keeps(&thread), bytes, &size))
		return;
	fuzz_assert(weft_message_decode(type, &back, bytes, size) && thread_equals(&thread, &back));
}

static void cloth_goes_round(struct fuzz *in)
{
	const struct weft_message *type = tables_get()->cloth;
	tests_v1_Cloth cloth = tests_v1_Cloth_init_zero;
	tests_v1_Cloth back = tests_v1_Cloth_init_zero;
	uint8_t bytes[ROOM];
	uint32_t size;

	cloth.length = fuzz_u32(in) | (uint64_t)fuzz_u32(in) << 32;
	draw_text(in, cloth.label, sizeof cloth.label);
	cloth.threads_count = (pb_size_t)fuzz_below(in, 4);
	for (unsigned i = 0; i < cloth.threads_count; i++)
		cloth.threads[i] = draw_thread(in);
	if (!goes_out(type, &cloth, cloth_keeps(&cloth), bytes, &size))
		return;
	fuzz_assert(weft_message_decode(type, &back, bytes, size) && cloth_equals(&cloth, &back));
}

static void pattern_goes_round(struct fuzz *in)
{
	const struct weft_message *type = tables_get()->pattern;
	bolts_v1_Pattern pattern = draw_pattern(in);
	bolts_v1_Pattern back = bolts_v1_Pattern_init_zero;
	uint8_t bytes[ROOM];
	uint32_t size;

	if (!goes_out(type, &pattern, pattern_keeps(&pattern, NULL, 0), bytes, &size))
		return;
	fuzz_assert(weft_message_decode(type, &back, bytes, size) && pattern_keeps(&back, bytes, size));
	fuzz_assert(pattern_equals(&pattern, &back));
}

/* ---- Payloads ---- */

/* A length of one of the widths, or beside. */
static uint32_t draw_length(struct fuzz *in)
{
	uint32_t base = FUZZ_PICK(in, 0, 127, 128, 400, 16383, 16384, 65535);

	return (base % PAYLOAD_MAX + (uint32_t)(fuzz_delta(in) / 16)) % PAYLOAD_MAX;
}

static void payload_goes_round(struct fuzz *in)
{
	const struct weft_message *type = tables_get()->length;
	const struct weft_payload payload = { type, offsetof(bolts_v1_Length, threads), bolts_v1_Length_threads_tag,
		                              fuzz_below(in, 2) == 0 ? 400 : PAYLOAD_MAX };
	bolts_v1_Length fields = { .number = fuzz_below(in, 4) == 0 ? 0 : fuzz_u32(in) };
	uint32_t room = draw_length(in) + 32u;
	uint32_t len = 0;
	struct weft_tx tx;

	draw_text(in, fields.mark, sizeof fields.mark - 1u);
	uint8_t *body = (uint8_t *)malloc(room); /* aligned, and its end is watched */
	fuzz_assert(body != NULL && weft_payload_is_empty(&payload, &fields));
	bool placed =
		weft_message_encode(type, &fields, body, room, &len) && weft_tx_place(&tx, &payload, body, room, len);
	if (placed) {
		uint32_t chosen = fuzz_below(in, 2) == 0 ? tx.capacity : draw_length(in) % (tx.capacity + 1u);
		bolts_v1_Length back = bolts_v1_Length_init_zero;

		fuzz_assert(((uintptr_t)tx.data - (uintptr_t)body) % 4u == 0 && tx.capacity <= payload.max);
		memset(tx.data, 0x5a, tx.capacity); /* all that was promised */
		uint32_t size = weft_tx_close(&tx, chosen);
		fuzz_assert(size <= room && tx.data + chosen == body + size);
		bool decoded = weft_message_decode(type, &back, body, size);
		fuzz_assert(decoded == (chosen <= 400));
		fuzz_assert(!decoded || (back.threads.data == tx.data && back.threads.len == chosen));
		fuzz_assert(!decoded || (back.number == fields.number && strcmp(back.mark, fields.mark) == 0));
	}
	free(body);
}

/* Over a link: begin, then commit or abort, with a length that may be too long. */
static void payload_goes_over(struct fuzz *in)
{
	static struct bolts bolts;
	static bool up;
	bolts_v1_Length fields = { .number = fuzz_u32(in) };
	bolts_v1_Length back = bolts_v1_Length_init_zero;
	struct weft_rx rx = { NULL, NULL, 0 };
	struct weft_tx tx;

	if (!up)
		bolts_up(&bolts);
	up = true;
	draw_text(in, fields.mark, sizeof fields.mark - 1u);
	fuzz_assert(bolt_roll_begin(&bolts.client, &fields, &tx, 0) == WEFT_OK);
	memset(tx.data, fuzz_u8(in), tx.capacity);
	uint32_t len = draw_length(in);
	if (fuzz_below(in, 3) == 0) {
		fuzz_assert(bolt_roll_abort(&tx) == WEFT_OK);
		fuzz_assert(bolt_roll_abort(&tx) == WEFT_FAILED_PRECONDITION);
	} else if (bolt_roll_commit(&bolts.client, &tx, len, &back, &rx, WEFT_MS(10)) != WEFT_OK) {
		fuzz_assert(len > tx.capacity && tx.data != NULL && bolt_roll_abort(&tx) == WEFT_OK);
	} else {
		fuzz_assert(back.threads.len == len && back.number == fields.number);
		fuzz_assert(memcmp(bolts.copy, back.threads.data, len) == 0 && strcmp(back.mark, fields.mark) == 0);
		fuzz_assert(weft_rx_release(&rx) == WEFT_OK);
	}
	pair_settle(&bolts.pair);
	pair_expect_no_buffers_out(&bolts.pair);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };

	for (unsigned i = 0; i < sizeof pool; i++)
		pool[i] = (uint8_t)i;
	switch (fuzz_below(&in, 5)) {
	case 0:
		thread_goes_round(&in);
		break;
	case 1:
		cloth_goes_round(&in);
		break;
	case 2:
		pattern_goes_round(&in);
		break;
	case 3:
		payload_goes_round(&in);
		break;
	default:
		payload_goes_over(&in);
		break;
	}
	return 0;
}
