/* SPDX-License-Identifier: Apache-2.0 */
#include "crash/side.h"

#include <string.h>

#include "crash/doom.h"

#define TURN_US WEFT_MS(10)
#define GUEST "guest"

uint32_t side_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static bool chance(struct side *side, uint32_t in)
{
	return side_random(&side->random) % in == 0;
}

static void expect(struct side *side, bool good, const char *fault)
{
	if (!good && side->fault == NULL)
		side->fault = fault;
}

/* ---- The server ---- */

static weft_status weave(void *context, struct weft_token token, const tests_v1_Thread *request,
                         tests_v1_Cloth *response)
{
	struct side *side = (struct side *)context;

	(void)token;
	doom_step(); /* in the middle of a call */
	response->length = request->count * 10ull;
	side->served++;
	doom_call();
	return WEFT_OK;
}

static void note(void *context, const tests_v1_Thread *request)
{
	(void)context;
	(void)request;
	doom_step();
}

static const struct loom_ops ops = { .weave = weave, .note = note };

/* ---- The client ---- */

/* A call that was started ends with OK: the reply was there before the other side died; or UNAVAILABLE: it was not.
 * One that is impatient may also end by its deadline. A patient one must not: it would have hung. */
static void end(struct side *side, const tests_v1_Cloth *cloth, uint32_t count, bool patient, weft_status status)
{
	side->ends[status]++;
	expect(side, status == WEFT_OK || status == WEFT_UNAVAILABLE || (status == WEFT_DEADLINE_EXCEEDED && !patient),
	       "a call ended with another status than OK, UNAVAILABLE, and its own DEADLINE_EXCEEDED");
	expect(side, status != WEFT_OK || cloth->length == count * 10ull, "a reply to another call");
	if (status == WEFT_OK)
		doom_call();
}

static void woven(struct loom_weave_call *call, weft_status status, tests_v1_Cloth *response)
{
	struct flight *flight = (struct flight *)call->arg;

	doom_step();
	expect(flight->side, flight->pending, "a call ended twice, or was never started");
	flight->pending = false;
	end(flight->side, response, flight->count, flight->patient, status);
	memset(call, 0xa5, sizeof *call); /* it is ours again: whoever still uses it crashes */
}

static uint32_t timeout_of(struct side *side, bool patient)
{
	return patient ? SIDE_PATIENCE_US : 1u + side_random(&side->random) % 1000u;
}

static tests_v1_Thread next_thread(struct side *side)
{
	return (tests_v1_Thread){ .count = ++side->count, .colour = "red" };
}

static weft_status start(struct side *side, struct flight *flight)
{
	tests_v1_Thread request = next_thread(side);

	flight->side = side;
	flight->count = request.count;
	flight->patient = !chance(side, 8);
	flight->pending = true;
	weft_status status = loom_weave_start(&side->client, &flight->call, &request, &flight->cloth,
	                                      timeout_of(side, flight->patient), woven, flight);
	if (status != WEFT_OK)
		flight->pending = false;
	return status;
}

static weft_status call(struct side *side)
{
	tests_v1_Thread request = next_thread(side);
	tests_v1_Cloth cloth = { 0 };
	bool patient = !chance(side, 8);
	weft_status status = loom_weave(&side->client, &request, &cloth, timeout_of(side, patient));

	end(side, &cloth, request.count, patient, status);
	return status;
}

static weft_status tell(struct side *side)
{
	tests_v1_Thread request = next_thread(side);
	weft_status status = loom_note(&side->client, &request, 0);

	side->oneways += status == WEFT_OK;
	return status;
}

static void make_calls(struct side *side)
{
	for (unsigned i = 0; i < SIDE_FLIGHTS; i++) {
		if (side->flights[i].pending)
			continue;
		weft_status status = start(side, &side->flights[i]);
		expect(side, status == WEFT_OK || status == WEFT_UNAVAILABLE || status == WEFT_RESOURCE_EXHAUSTED,
		       "a start with another status than OK, UNAVAILABLE and RESOURCE_EXHAUSTED");
	}
	if (chance(side, 2)) {
		weft_status status = tell(side);
		expect(side, status == WEFT_OK || status == WEFT_UNAVAILABLE || status == WEFT_RESOURCE_EXHAUSTED,
		       "a oneway call with another status than OK, UNAVAILABLE and RESOURCE_EXHAUSTED");
	}
	if (weft_client_state(&side->client.base) == WEFT_OK && chance(side, 4))
		call(side);
}

void side_calls_nobody(struct side *side)
{
	expect(side, weft_client_state(&side->client.base) == WEFT_UNAVAILABLE, "a server where there is none");
	expect(side, start(side, &side->flights[0]) == WEFT_UNAVAILABLE, "a start to nobody is not UNAVAILABLE");
	expect(side, call(side) == WEFT_UNAVAILABLE, "a sync call to nobody is not UNAVAILABLE");
	expect(side, tell(side) == WEFT_UNAVAILABLE, "a oneway call to nobody is not UNAVAILABLE");
}

unsigned side_pending(const struct side *side)
{
	unsigned pending = 0;

	for (unsigned i = 0; i < SIDE_FLIGHTS; i++)
		pending += side->flights[i].pending;
	return pending;
}

/* ---- The guest ---- */

static int on_guest(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct side *side = (struct side *)priv;

	(void)len;
	(void)src;
	doom_step();
	if (side->held == NULL && rpmsg_hold_rx_buffer(ept, data) == RPMSG_SUCCESS)
		side->held = data;
	return RPMSG_SUCCESS;
}

static void guest_comes_or_goes(struct side *side)
{
	struct rpmsg_endpoint_config config = {
		.name = GUEST, .src = RPMSG_ADDR_ANY, .dest = RPMSG_ADDR_ANY, .cb = on_guest, .priv = side
	};
	int result = side->present ? rpmsg_destroy_ept(&side->guest)
	                           : rpmsg_create_endpoint(&side->guest, &side->link.rdev, &config);

	expect(side, result == RPMSG_SUCCESS || (side->present && result == RPMSG_ERR_NO_BUFF),
	       "an endpoint could not come or go");
	if (result != RPMSG_SUCCESS)
		return;
	side->present = !side->present;
	side->loan = side->held = NULL;
}

static void borrow_and_hold(struct side *side)
{
	if (side->held != NULL && chance(side, 4)) {
		rpmsg_release_rx_buffer(&side->guest, side->held);
		side->held = NULL;
	}
	if (side->loan == NULL) {
		side->loan = rpmsg_get_tx_payload_buffer(&side->guest, NULL, 0);
	} else if (chance(side, 4)) {
		memcpy(side->loan, GUEST, sizeof GUEST);
		if (rpmsg_send_nocopy(&side->guest, side->loan, sizeof GUEST) < 0)
			rpmsg_release_tx_buffer(&side->guest, side->loan);
		side->loan = NULL;
	}
}

/* A server without transmit buffers lets requests wait, and holds what they came in. */
static void starve(struct side *side, void *lent[WEFT_LINK_BUFFERS])
{
	for (unsigned i = 0; i < WEFT_LINK_BUFFERS; i++)
		lent[i] = rpmsg_get_tx_payload_buffer(&side->guest, NULL, 0);
}

static void feed(struct side *side, void *const lent[WEFT_LINK_BUFFERS])
{
	for (unsigned i = 0; i < WEFT_LINK_BUFFERS; i++)
		if (lent[i] != NULL)
			rpmsg_release_tx_buffer(&side->guest, lent[i]); /* refused when the link went meanwhile */
}

/* ---- Both ---- */

/* What was lent and held ended with the link: it is refused from here on. */
static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	struct side *side = (struct side *)priv;

	(void)rdev;
	(void)detail;
	expect(side, event == RPMSG_LINK_UP || event == RPMSG_LINK_DOWN, "a death was taken for a broken protocol");
	if (event != RPMSG_LINK_DOWN)
		return;
	expect(side, side->loan == NULL || rpmsg_release_tx_buffer(&side->guest, side->loan) == RPMSG_ERR_PARAM,
	       "a loan outlived its link");
	expect(side, side->held == NULL || rpmsg_release_rx_buffer(&side->guest, side->held) == RPMSG_ERR_PARAM,
	       "a hold outlived its link");
	side->loan = side->held = NULL;
}

bool side_open(struct side *side, const struct side_config *config)
{
	const struct weft_posix_config posix = { .path = config->path,
		                                 .driver = config->driver,
		                                 .size = WEFT_LINK_SIZE };
	const struct weft_link_config link = { .event = on_event, .priv = side };
	const struct weft_shm_role *role = config->driver ? &weft_shm_driver : &weft_shm_device;

	memset(side, 0, sizeof *side);
	side->serves = config->serves;
	side->random = config->seed | 1u;
	if (weft_posix_open(&side->posix, &posix) != 0 ||
	    weft_link_open(&side->link, &side->posix.port, role, &link) != 0)
		return false;
	if (config->serves) {
		const struct weft_server_config server = { .slots = side->slots, .slot_count = SIDE_WAITING };

		return loom_server_start(&side->server, &side->link.rdev, &ops, side, &server) == WEFT_OK;
	}
	const struct weft_client_config client = { .calls = side->table, .call_slots = SIDE_SLOTS };

	return loom_client_open(&side->client, &side->link.rdev, &client) == WEFT_OK;
}

void side_turn(struct side *side, bool busy)
{
	if (busy && chance(side, 16))
		guest_comes_or_goes(side);
	if (busy && side->present)
		borrow_and_hold(side);
	if (busy && !side->serves)
		make_calls(side);
	void *lent[WEFT_LINK_BUFFERS] = { NULL };
	if (busy && side->serves && side->present && chance(side, 8))
		starve(side, lent);
	rpmsg_poll(&side->link.rdev, 16);
	rpmsg_wait(&side->link.rdev, TURN_US);
	feed(side, lent);
}
