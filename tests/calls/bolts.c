/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/bolts.h"

bool in_region(const struct bolts *bolts, const struct weft_view *view)
{
	const uint8_t *memory = bolts->pair.memory;

	return view->data >= memory && view->data + view->len <= memory + PAIR_REGION;
}

static void expect_views_in_region(const struct bolts *bolts, const bolts_v1_Pattern *pattern)
{
	const struct weft_view *views[7] = { &pattern->name, &pattern->weave, &pattern->note, &pattern->border.dye };
	unsigned count = 4;

	for (pb_size_t i = 0; i < pattern->swatches_count; i++)
		views[count++] = &pattern->swatches[i].dye;
	for (unsigned i = 0; i < count; i++)
		assert_true(views[i]->data == NULL || in_region(bolts, views[i]));
	if (pattern->which_edge == bolts_v1_Pattern_fringe_tag)
		assert_true(in_region(bolts, &pattern->edge.fringe));
	if (pattern->which_edge == bolts_v1_Pattern_trim_tag)
		assert_true(pattern->edge.trim.dye.data == NULL || in_region(bolts, &pattern->edge.trim.dye));
}

/* Gives back what it got: views into the request, copied into the reply. */
static weft_status print(void *context, struct weft_token token, const bolts_v1_Pattern *request,
                         bolts_v1_Pattern *response)
{
	struct bolts *bolts = (struct bolts *)context;

	bolts->served++;
	bolts->token = token;
	bolts->pattern = *request;
	expect_views_in_region(bolts, request);
	if (bolts->hold != NULL && weft_request_hold(&bolts->server.base, token, bolts->hold) != WEFT_OK)
		return WEFT_ABORTED;
	*response = *request;
	return bolts->returns;
}

static weft_status count(void *context, struct weft_token token, const bolts_v1_Pattern *request,
                         bolts_v1_Receipt *response)
{
	struct bolts *bolts = (struct bolts *)context;

	(void)token;
	bolts->served++;
	response->number = request->number + 1u;
	return bolts->returns;
}

static void take(struct bolts *bolts, const bolts_v1_Length *request)
{
	bolts->served++;
	bolts->threads = request->threads;
	if (request->threads.data != NULL)
		assert_true(in_region(bolts, &request->threads));
	assert_true(request->threads.len <= sizeof bolts->copy);
	const volatile uint8_t *data = request->threads.data; /* by hand: a test counts the copies of the runtime */
	for (uint32_t i = 0; data != NULL && i < request->threads.len; i++)
		bolts->copy[i] = data[i];
}

static weft_status roll(void *context, struct weft_token token, const bolts_v1_Length *request,
                        bolts_v1_Length *response, struct weft_tx *tx)
{
	struct bolts *bolts = (struct bolts *)context;

	bolts->token = token;
	take(bolts, request);
	*response = *request;
	return bolts->roll != NULL ? bolts->roll(bolts, response, tx) : bolts->returns;
}

static weft_status store(void *context, struct weft_token token, const bolts_v1_Length *request,
                         bolts_v1_Receipt *response)
{
	struct bolts *bolts = (struct bolts *)context;

	(void)token;
	take(bolts, request);
	response->number = request->threads.len;
	return bolts->returns;
}

static void drop(void *context, const bolts_v1_Length *request)
{
	take((struct bolts *)context, request);
}

const struct bolt_ops bolt_ops = { .print = print, .count = count, .roll = roll, .store = store, .drop = drop };

static void serve(struct bolts *bolts)
{
	assert_int_equal(bolt_server_start(&bolts->server, &bolts->pair.device.rdev, &bolt_ops, bolts, NULL), WEFT_OK);
}

void bolts_up(struct bolts *bolts)
{
	struct weft_client_config config = { .calls = bolts->table, .call_slots = 4 };

	memset(bolts, 0, sizeof *bolts);
	pair_up(&bolts->pair);
	serve(bolts);
	assert_int_equal(bolt_client_open(&bolts->client, &bolts->pair.driver.rdev, &config), WEFT_OK);
	assert_int_equal(bolt_client_wait(&bolts->client, WEFT_MS(10)), WEFT_OK);
}

void bolts_reboot(struct bolts *bolts)
{
	pair_boot(&bolts->pair.device);
	pair_settle(&bolts->pair);
	serve(bolts);
	assert_int_equal(bolt_client_wait(&bolts->client, WEFT_MS(500)), WEFT_OK);
}

struct weft_view view_of(const char *text)
{
	return (struct weft_view){ (const uint8_t *)text, (uint32_t)strlen(text) };
}

bool view_is(const struct weft_view *view, const char *text)
{
	return view->data != NULL && view->len == strlen(text) && memcmp(view->data, text, view->len) == 0;
}

bolts_v1_Pattern full_pattern(void)
{
	bolts_v1_Pattern pattern = bolts_v1_Pattern_init_zero;

	pattern.number = 5;
	pattern.name = view_of("herringbone");
	pattern.weave = view_of("over two, under two");
	pattern.has_border = true;
	pattern.border.dye = view_of("madder");
	pattern.swatches_count = 3;
	pattern.swatches[0].dye = view_of("woad");
	pattern.swatches[1].number = 2; /* no dye */
	pattern.swatches[2].dye = view_of("weld");
	pattern.which_edge = bolts_v1_Pattern_fringe_tag;
	pattern.edge.fringe = view_of("tassel");
	pattern.note = view_of("");
	return pattern;
}
