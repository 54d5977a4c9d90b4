/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/frames.h"

#include <string.h>

/* Bodies that decode, or nearly. */
static const uint8_t thread[] = { 0x08, 7, 0x12, 3, 'r', 'e', 'd', 0x1a, 5, 1, 2, 3, 4, 5 };
static const uint8_t long_knot[] = { 0x1a, 6, 1, 2, 3, 4, 5, 6 };
static const uint8_t cloth[] = { 0x08, 70, 0x12, 4, 'w', 'o', 'o', 'l', 0x1a, 2, 0x08, 7, 0x1a, 0 };
static const uint8_t pattern[] = { 0x08, 5, 0x12, 3,    'k', 'e',  'y', 0x1a, 2, 1, 2, 0x22, 4, 0x12,
	                           2,    8, 9,    0x2a, 2,   0x08, 2,   0x3a, 2, 3, 4, 0x4a, 0 };
static const uint8_t number_for_a_view[] = { 0x10, 5, 0x18, 0x7f };
static const uint8_t length[] = { 0x08, 1, 0x12, 0x84, 0x80, 0, 1, 2, 3, 4, 0x1a, 1, 'm' };
static const uint8_t huge_length[] = { 0x12, 0xff, 0xff, 0xff, 0xff, 0x0f };

static const struct {
	const uint8_t *bytes;
	uint32_t len;
} bodies[] = {
	{ thread, sizeof thread },
	{ long_knot, sizeof long_knot },
	{ cloth, sizeof cloth },
	{ pattern, sizeof pattern },
	{ length, sizeof length },
	{ number_for_a_view, sizeof number_for_a_view },
	{ huge_length, sizeof huge_length },
};
#define BODIES ((uint32_t)(sizeof bodies / sizeof bodies[0]))

static uint32_t draw_body(struct fuzz *in, uint8_t *body, uint32_t room)
{
	uint32_t which = fuzz_below(in, BODIES + 4u);
	uint32_t len = 0;

	if (which < BODIES) {
		len = bodies[which].len;
		memcpy(body, bodies[which].bytes, len);
		if (fuzz_below(in, 2) == 0) { /* one byte of it is another */
			uint8_t other = fuzz_u8(in);
			body[fuzz_below(in, len)] = other;
		}
	} else if (which == BODIES) {
		memset(body, 0, len = FUZZ_PICK(in, 1, 23, 24, 25, 400) % room);
	} else if (which == BODIES + 1u) {
		for (uint32_t n = fuzz_below(in, 64); len < n; len++)
			body[len] = fuzz_u8(in);
	}
	return len;
}

static struct weft_hello draw_hello(struct fuzz *in, struct weft_hello hello)
{
	switch (fuzz_below(in, 5)) {
	case 0:
		hello.version = (uint16_t)FUZZ_PICK(in, 0, 1, 0xffff);
		break;
	case 1:
		hello.major = (uint16_t)FUZZ_PICK(in, 0, 1, 2);
		break;
	case 2:
		hello.frame_size = FUZZ_PICK(in, 0, 16, hello.frame_size - 1u, hello.frame_size, 0xffffffffu);
		break;
	case 3:
		hello.epoch = fuzz_u8(in) % 3u;
		break;
	default:
		break;
	}
	return hello;
}

struct frame frames_draw(struct fuzz *in, struct weft_call_header header, struct weft_hello hello)
{
	struct frame frame = { .header = header, .len = WEFT_CALL_HEADER_SIZE };
	uint8_t *body = frame.bytes + WEFT_CALL_HEADER_SIZE;

	frame.hello = draw_hello(in, hello);
	if ((header.kind & 0x7fu) == WEFT_KIND_HELLO) {
		memcpy(body, &frame.hello, WEFT_HELLO_SIZE);
		frame.len += WEFT_HELLO_SIZE;
	} else {
		frame.len += draw_body(in, body, FRAME_ROOM - WEFT_CALL_HEADER_SIZE);
	}
	memcpy(frame.bytes, &header, sizeof header);
	uint8_t cut = fuzz_u8(in);
	if (cut < 32) /* the end of it is missing */
		frame.len = frame.len > cut ? frame.len - cut : 0;
	else if (cut == 32)
		frame.len = fuzz_below(in, WEFT_CALL_HEADER_SIZE + 1u);
	return frame;
}
