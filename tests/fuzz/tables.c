/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/tables.h"

const struct tables *tables_get(void)
{
	static struct tables tables;
	static struct looms looms;
	static struct bolts bolts;
	static struct ending weave;
	static struct bolt_print_call print;
	static struct bolt_roll_call roll;
	static struct bolt_count_call count;
	static bolts_v1_Pattern pattern;
	static bolts_v1_Length length;
	static bolts_v1_Receipt receipt;
	static struct weft_rx rx;

	if (tables.thread != NULL)
		return &tables;
	looms_up(&looms);
	bolts_up(&bolts);
	assert_int_equal(start_weave(&looms, &weave, 1, WEFT_MS(1)), WEFT_OK);
	assert_int_equal(bolt_print_start(&bolts.client, &print, &pattern, &pattern, &rx, WEFT_MS(1), NULL, NULL),
	                 WEFT_OK);
	assert_int_equal(bolt_roll_start(&bolts.client, &roll, &length, &length, &rx, WEFT_MS(1), NULL, NULL), WEFT_OK);
	assert_int_equal(bolt_count_start(&bolts.client, &count, &pattern, &receipt, WEFT_MS(1), NULL, NULL), WEFT_OK);
	tables.thread = weave.call.base.method->request;
	tables.cloth = weave.call.base.method->response;
	tables.pattern = print.base.method->request;
	tables.length = roll.base.method->request;
	tables.receipt = count.base.method->response;
	return &tables;
}

/* ---- Limits of loom.proto and bolt.proto ---- */

static bool view_keeps(const struct weft_view *view, uint32_t limit, const uint8_t *body, uint32_t len)
{
	if (view->data == NULL || body == NULL)
		return view->len <= limit && (view->data != NULL || view->len == 0);
	uintptr_t at = (uintptr_t)view->data - (uintptr_t)body;
	return view->len <= limit && at <= len && view->len <= len - at;
}

bool thread_keeps(const tests_v1_Thread *thread)
{
	return memchr(thread->colour, '\0', sizeof thread->colour) != NULL && thread->knot.size <= 5;
}

bool cloth_keeps(const tests_v1_Cloth *cloth)
{
	if (memchr(cloth->label, '\0', sizeof cloth->label) == NULL || cloth->threads_count > 3)
		return false;
	for (unsigned i = 0; i < cloth->threads_count; i++) {
		if (!thread_keeps(&cloth->threads[i]))
			return false;
	}
	return true;
}

bool pattern_keeps(const bolts_v1_Pattern *pattern, const uint8_t *body, uint32_t len)
{
	if (!view_keeps(&pattern->name, 15, body, len) || !view_keeps(&pattern->weave, 32, body, len) ||
	    !view_keeps(&pattern->note, 8, body, len) || pattern->swatches_count > 3)
		return false;
	if (pattern->has_border && !view_keeps(&pattern->border.dye, 16, body, len))
		return false;
	for (unsigned i = 0; i < pattern->swatches_count; i++) {
		if (!view_keeps(&pattern->swatches[i].dye, 16, body, len))
			return false;
	}
	if (pattern->which_edge == bolts_v1_Pattern_fringe_tag)
		return view_keeps(&pattern->edge.fringe, 8, body, len);
	return pattern->which_edge != bolts_v1_Pattern_trim_tag || view_keeps(&pattern->edge.trim.dye, 16, body, len);
}

bool length_keeps(const bolts_v1_Length *length, const uint8_t *body, uint32_t len)
{
	return view_keeps(&length->threads, 400, body, len) && memchr(length->mark, '\0', sizeof length->mark) != NULL;
}

/* ---- Equality ---- */

/* Absent and empty are one for a field without presence. */
static bool same_bytes(const struct weft_view *a, const struct weft_view *b)
{
	if (a->len == 0 || b->len == 0 || a->data == NULL || b->data == NULL)
		return a->len == b->len;
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool same_swatch(const bolts_v1_Swatch *a, const bolts_v1_Swatch *b)
{
	return a->number == b->number && same_bytes(&a->dye, &b->dye);
}

static bool same_edge(const bolts_v1_Pattern *a, const bolts_v1_Pattern *b)
{
	if (a->which_edge != b->which_edge)
		return false;
	if (a->which_edge == bolts_v1_Pattern_hem_tag)
		return a->edge.hem == b->edge.hem;
	if (a->which_edge == bolts_v1_Pattern_fringe_tag)
		return same_bytes(&a->edge.fringe, &b->edge.fringe);
	return a->which_edge != bolts_v1_Pattern_trim_tag || same_swatch(&a->edge.trim, &b->edge.trim);
}

bool thread_equals(const tests_v1_Thread *a, const tests_v1_Thread *b)
{
	return a->count == b->count && strcmp(a->colour, b->colour) == 0 && a->knot.size == b->knot.size &&
	       memcmp(a->knot.bytes, b->knot.bytes, a->knot.size) == 0;
}

bool cloth_equals(const tests_v1_Cloth *a, const tests_v1_Cloth *b)
{
	bool same = a->length == b->length && strcmp(a->label, b->label) == 0 && a->threads_count == b->threads_count;

	for (unsigned i = 0; same && i < a->threads_count; i++)
		same = thread_equals(&a->threads[i], &b->threads[i]);
	return same;
}

bool pattern_equals(const bolts_v1_Pattern *a, const bolts_v1_Pattern *b)
{
	bool same = a->number == b->number && same_bytes(&a->name, &b->name) && same_bytes(&a->weave, &b->weave) &&
	            a->has_border == b->has_border && a->swatches_count == b->swatches_count && same_edge(a, b) &&
	            (a->note.data != NULL) == (b->note.data != NULL) && same_bytes(&a->note, &b->note);

	if (same && a->has_border)
		same = same_swatch(&a->border, &b->border);
	for (unsigned i = 0; same && i < a->swatches_count; i++)
		same = same_swatch(&a->swatches[i], &b->swatches[i]);
	return same;
}

bool length_equals(const bolts_v1_Length *a, const bolts_v1_Length *b)
{
	return a->number == b->number && same_bytes(&a->threads, &b->threads) && strcmp(a->mark, b->mark) == 0;
}
