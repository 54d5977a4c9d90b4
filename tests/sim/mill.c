/* SPDX-License-Identifier: Apache-2.0 */
/* The service that an end gives: at once, later by token, with views and payloads. */
#include <string.h>

#include "sim/choose.h"
#include "sim/firmware.h"

static const char *const channels[2] = { "mill.driver", "mill.device" };

static weft_status grind(void *context, struct weft_token token, const sim_v1_Grain *request, sim_v1_Flour *response)
{
	(void)context;
	(void)token;
	oracle_served(request->id);
	response->id = request->id;
	response->value = oracle_ground(request->value);
	return !sim_calm() && rarely(8) ? WEFT_ABORTED : WEFT_OK;
}

static weft_status sift(void *context, struct weft_token token, const sim_v1_Grain *request, sim_v1_Flour *response)
{
	struct app *app = (struct app *)context;

	(void)response;
	oracle_served(request->id);
	for (int i = 0; i < OWED; i++) {
		if (token.id != 0 && app->owed[i].token.id == 0) {
			sim_mark(MARK_REPLY_DEFERRED);
			app->owed[i] = (struct owed){ token, request->id, request->value };
			return WEFT_DEFERRED;
		}
	}
	return WEFT_RESOURCE_EXHAUSTED;
}

/* The answer, in place of what was asked: four bytes, as the request should have. */
static void answer(const struct weft_view *asked, uint8_t out[4])
{
	uint32_t value = 0;

	if (asked->data != NULL && asked->len == sizeof value)
		weft_view_copy(asked, &value, sizeof value);
	value = oracle_ground(value);
	memcpy(out, &value, sizeof value);
}

static weft_status carry(void *context, struct weft_token token, const sim_v1_Sack *request, sim_v1_Sack *response)
{
	struct app *app = (struct app *)context;

	oracle_served(request->id);
	answer(&request->stuff, app->stuff);
	response->id = request->id;
	response->stuff = (struct weft_view){ app->stuff, sizeof app->stuff };
	if (!sim_calm() && rarely(4) && app->kept.ept == NULL &&
	    weft_request_hold(&app->server.base, token, &app->kept) == WEFT_OK)
		sim_mark(MARK_REQUEST_HELD);
	return WEFT_OK;
}

static weft_status haul(void *context, struct weft_token token, const sim_v1_Load *request, sim_v1_Load *response,
                        struct weft_tx *tx)
{
	struct app *app = (struct app *)context;

	(void)token;
	oracle_served(request->id);
	answer(&request->stuff, app->stuff);
	response->id = request->id;
	if (choose(2) == 0) {
		response->stuff = (struct weft_view){ app->stuff, sizeof app->stuff };
		return WEFT_OK;
	}
	weft_status status = mill_haul_reply_begin(tx, response);
	if (status != WEFT_OK)
		return status;
	memcpy(tx->data, app->stuff, sizeof app->stuff);
	return mill_haul_reply_commit(tx, sizeof app->stuff);
}

static void swept(void *context, const sim_v1_Grain *request)
{
	(void)context;
	oracle_served(request->id);
}

static const struct mill_ops ops = { .grind = grind, .sift = sift, .carry = carry, .haul = haul, .sweep = swept };

/* ---- Later ---- */

static void pay(struct app *app, struct owed *owed)
{
	sim_v1_Flour flour = sim_v1_Flour_init_zero;

	if (owed->token.id == 0)
		return;
	flour.id = owed->id;
	flour.value = oracle_ground(owed->value);
	weft_status status = mill_sift_reply(&app->server, owed->token, WEFT_OK, &flour);
	if (status == WEFT_RESOURCE_EXHAUSTED)
		return;
	if (status == WEFT_FAILED_PRECONDITION)
		sim_mark(MARK_REPLY_STALE);
	if (status != WEFT_OK && status != WEFT_FAILED_PRECONDITION)
		sim_violation("contract", "reply says %d", (int)status);
	if (mill_sift_reply(&app->server, owed->token, WEFT_OK, &flour) != WEFT_FAILED_PRECONDITION)
		sim_violation("exactly once", "a token answers twice");
	owed->token.id = 0;
}

/* Out of its place before it is released: then an interrupt may put the next one there. */
static void unkeep(struct app *app)
{
	struct weft_rx kept = app->kept;

	if (kept.ept == NULL)
		return;
	app->kept.ept = NULL;
	weft_rx_release(&kept); /* not OK: the link has gone down since */
}

void mill_open(struct app *app)
{
	/* Fewer than buffers: two cores that hold all of them in requests have none to answer with. */
	struct weft_server_config config = {
		.slots = app->slots,
		.slot_count = sim.plan.small ? 1 : 3,
		.channel = channels[app->side],
	};

	weft_status status = mill_server_start(&app->server, &app->rdev, &ops, app, &config);
	if (status != WEFT_OK)
		sim_violation("contract", "start says %d", (int)status);
	if (sim.plan.wrap)
		app->server.base.sequence = 0u - choose(8);
	app->open_server = true;
}

static void stop(struct app *app)
{
	unkeep(app);
	weft_status status = mill_server_stop(&app->server);
	if (status == WEFT_RESOURCE_EXHAUSTED)
		return;
	if (status != WEFT_OK)
		sim_violation("contract", "stop says %d", (int)status);
	app->open_server = false;
	sim_mark(MARK_SERVER_STOPPED);
	for (int i = 0; i < OWED; i++)
		app->owed[i].token.id = 0;
}

void mill_act(struct app *app)
{
	switch (choose(6)) {
	case 4:
		unkeep(app);
		break;
	case 5:
		if (!app->open_server)
			mill_open(app);
		else if (rarely(8))
			stop(app);
		break;
	default:
		if (app->open_server)
			pay(app, &app->owed[choose(OWED)]);
		break;
	}
}

void mill_calm(struct app *app)
{
	if (!app->open_server)
		mill_open(app);
	unkeep(app);
	for (int i = 0; i < OWED; i++)
		pay(app, &app->owed[i]);
}

const char *mill_missing(const struct app *app)
{
	if (!app->open_server)
		return "the service is not given";
	for (int i = 0; i < OWED; i++) {
		if (app->owed[i].token.id != 0)
			return "an answer is owed";
	}
	return NULL;
}
