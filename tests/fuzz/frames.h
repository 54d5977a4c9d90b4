/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of calls, drawn: headers near what is right, and bodies of loom.proto and bolt.proto, whole, cut or raw. */
#ifndef WEFT_TESTS_FUZZ_FRAMES_H
#define WEFT_TESTS_FUZZ_FRAMES_H

#include "fuzz/fuzz.h"
#include "weft/wire.h"

#define FRAME_ROOM 496u

struct frame {
	struct weft_call_header header;
	struct weft_hello hello; /* what of it is there counts when the kind is a hello's */
	uint32_t len;            /* of all that is sent; may be less than a header */
	uint8_t bytes[FRAME_ROOM];
};

/* A frame with this header; its body is drawn, and so is where it is cut. A hello is near `hello`. */
struct frame frames_draw(struct fuzz *in, struct weft_call_header header, struct weft_hello hello);

#endif
