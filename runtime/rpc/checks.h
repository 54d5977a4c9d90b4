/* SPDX-License-Identifier: Apache-2.0 */
/* Checks on what a service's peer says, over local copies. */
#ifndef WEFT_RPC_CHECKS_H
#define WEFT_RPC_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/check.h"
#include "weft/wrap.h"

/*@ assigns \nothing;
  @ ensures \result <==> header_size <= len; */
static inline bool check_frame_len(uint32_t len, uint32_t header_size)
{
	return WEFT_CHECK(FRAME_LEN, len >= header_size);
}

/*@ requires expected == 0 || expected == 128;
  @ assigns \nothing;
  @ ensures \result <==> (kind >= 128 <==> expected == 128); */
static inline bool check_frame_direction(uint8_t kind, uint8_t expected)
{
	return WEFT_CHECK(FRAME_DIRECTION, (kind & 0x80u) == expected);
}

/*@ assigns \nothing;
  @ ensures \result <==> src == server; */
static inline bool check_frame_source(uint32_t src, uint32_t server)
{
	return WEFT_CHECK(FRAME_SOURCE, src == server);
}

/* The sequence above the slot makes a late reply to an old call of the slot another number. */
/*@ assigns \nothing;
  @ ensures \result <==> id == current; */
static inline bool check_call_id(uint32_t id, uint32_t current)
{
	return WEFT_CHECK(CALL_ID, id == current);
}

/*@ assigns \nothing;
  @ ensures \result <==> hello_size <= len; */
static inline bool check_hello_len(uint32_t len, uint32_t hello_size)
{
	return WEFT_CHECK(HELLO_LEN, len >= hello_size);
}

/* Numbers wrap: from the first to the last, counted from the first. */
/*@ assigns \nothing;
  @ ensures \result <==> ahead(first, id) <= ahead(first, last); */
static inline bool check_hello_id(uint32_t id, uint32_t first, uint32_t last)
{
	return WEFT_CHECK(HELLO_ID, weft_wrap_sub(id, first) <= weft_wrap_sub(last, first));
}

/*@ assigns \nothing;
  @ ensures \result <==> theirs == ours; */
static inline bool check_hello_version(uint16_t theirs, uint16_t ours)
{
	return WEFT_CHECK(HELLO_VERSION, theirs == ours);
}

/*@ assigns \nothing;
  @ ensures \result <==> theirs == ours; */
static inline bool check_hello_major(uint16_t theirs, uint16_t ours)
{
	return WEFT_CHECK(HELLO_MAJOR, theirs == ours);
}

/*@ assigns \nothing;
  @ ensures \result <==> needed <= theirs; */
static inline bool check_hello_frame(uint32_t theirs, uint32_t needed)
{
	return WEFT_CHECK(HELLO_FRAME, theirs >= needed);
}

/*@ assigns \nothing;
  @ ensures \result <==> status <= 16; */
static inline bool check_status(uint32_t status)
{
	return WEFT_CHECK(STATUS, status <= 16u);
}

/* kept: what the message's own check function says. */
/*@ assigns \nothing;
  @ ensures \result <==> kept; */
static inline bool check_body_limit(bool kept)
{
	return WEFT_CHECK(BODY_LIMIT, kept);
}

/* Addresses as numbers: a view that is not inside may point anywhere, and its offset wraps when it lies before. */
/*@ requires body + len <= UINTPTR_MAX;
  @ assigns \nothing;
  @ ensures \result <==> body <= data && data + data_len <= body + len; */
WEFT_WRAPS static inline bool check_view_inside(uintptr_t data, uint32_t data_len, uintptr_t body, uint32_t len)
{
	return WEFT_CHECK(VIEW_INSIDE, data - body <= len && data_len <= len - (data - body));
}

#endif
