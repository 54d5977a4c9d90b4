/* SPDX-License-Identifier: Apache-2.0 */
/* The generated tables of messages: how to encode and decode each, as the stubs do it. */
#ifndef WEFT_TESTS_FUZZ_TABLES_H
#define WEFT_TESTS_FUZZ_TABLES_H

#include "calls/bolts.h"
#include "calls/looms.h"

struct tables {
	const struct weft_message *thread;
	const struct weft_message *cloth;
	const struct weft_message *pattern;
	const struct weft_message *length;
	const struct weft_message *receipt;
};

/* They are private to the stubs, and a call that was started points to them: one of each is, the first time. */
const struct tables *tables_get(void);

/* What a decoded or encodable message keeps: limits of the schema; views in [body, body + len), body NULL: anywhere. */
bool thread_keeps(const tests_v1_Thread *thread);
bool cloth_keeps(const tests_v1_Cloth *cloth);
bool pattern_keeps(const bolts_v1_Pattern *pattern, const uint8_t *body, uint32_t len);
bool length_keeps(const bolts_v1_Length *length, const uint8_t *body, uint32_t len);

/* Equal in every field that is there. */
bool thread_equals(const tests_v1_Thread *a, const tests_v1_Thread *b);
bool cloth_equals(const tests_v1_Cloth *a, const tests_v1_Cloth *b);
bool pattern_equals(const bolts_v1_Pattern *a, const bolts_v1_Pattern *b);
bool length_equals(const bolts_v1_Length *a, const bolts_v1_Length *b);

#endif
