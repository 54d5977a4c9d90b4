/* SPDX-License-Identifier: Apache-2.0 */
/* Servers, and a client that sends any frame: kinds, flags, methods, numbers used again, hellos of each version, bodies
 * cut; with transmit buffers used up, answers given later, twice or never. Whatever is asked is answered once, or
 * counted. */
#include "calls/bolts.h"
#include "calls/looms.h"
#include "fuzz/frames.h"
#include "fuzz/liar.h"

#define CLIENT 2001u /* where answers go; CLIENT + 1 is another */
#define CALLS 32u
#define TOKENS 4u
#define HELD 3u
#define LOANS 8u

struct asked {
	unsigned asked;
	unsigned answered;
	int status; /* -1: any */
	bool hello;
};

static struct liar liar;
static struct rpmsg_endpoint clients[2];
static struct rpmsg_endpoint greedy; /* of the victim: it uses the transmit buffers up */
static void *loans[LOANS];
static struct loom_server loom;
static struct bolt_server bolt;
static struct weft_server_slot loom_slots[3];
static struct weft_server_slot bolt_slots[2];
static struct asked calls[2][CALLS]; /* by client and number */
static struct weft_token tokens[TOKENS];
static bool spent[TOKENS];
static struct weft_rx held[HELD];
static struct fuzz *input;
static unsigned scraps; /* frames that break the protocol */
static unsigned pieces; /* oneways that go on */
static unsigned
	forgotten; /* answers whose request may rightly have been let go of: cancelled, link down, server stopped */

/* ---- Handlers ---- */

static void check_thread(const tests_v1_Thread *thread)
{
	fuzz_assert(memchr(thread->colour, '\0', sizeof thread->colour) != NULL);
	fuzz_assert(thread->knot.size <= 5u);
}

static weft_status later(struct weft_token token)
{
	unsigned place = fuzz_below(input, TOKENS);

	tokens[place] = token;
	spent[place] = token.id == 0;
	return WEFT_DEFERRED;
}

static weft_status weave(void *context, struct weft_token token, const tests_v1_Thread *request,
                         tests_v1_Cloth *response)
{
	(void)context;
	check_thread(request);
	fuzz_assert(rpmsg_poll(&liar.victim->rdev, 1) == RPMSG_ERR_PERM);
	response->threads_count = 1;
	response->threads[0] = *request;
	switch (fuzz_below(input, 8)) {
	case 0:
		return (weft_status)FUZZ_PICK(input, 0, 1, 5, 16, 17, 254);
	case 1:
	case 2:
		return later(token);
	case 3:
		response->threads_count = 4; /* breaks its schema */
		return WEFT_OK;
	case 4:
		loom_weave_reply(&loom, token, WEFT_OK, response);
		return WEFT_DEFERRED;
	case 5:
		liar.pair.now += WEFT_MS(fuzz_u8(input));
		return WEFT_OK;
	case 6:
		fuzz_assert(loom_server_stop(&loom) == WEFT_FAILED_PRECONDITION || loom.base.waiting != 0 ||
		            !rpmsg_in_callback(&liar.victim->rdev));
		return WEFT_OK;
	default:
		return WEFT_OK;
	}
}

static void note(void *context, const tests_v1_Thread *request)
{
	(void)context;
	check_thread(request);
}

static const struct loom_ops weaves = { .weave = weave, .note = note };

static void check_view(const struct weft_view *view, uint32_t limit)
{
	uintptr_t at = (uintptr_t)view->data - (uintptr_t)liar.pair.memory;

	fuzz_assert(view->len <= limit);
	if (view->data == NULL)
		fuzz_assert(view->len == 0);
	else
		fuzz_assert(at <= PAIR_REGION && view->len <= PAIR_REGION - at);
}

static weft_status print(void *context, struct weft_token token, const bolts_v1_Pattern *request,
                         bolts_v1_Pattern *response)
{
	(void)context;
	check_view(&request->name, 15);
	check_view(&request->weave, 32);
	check_view(&request->note, 8);
	check_view(&request->border.dye, 16);
	fuzz_assert(request->swatches_count <= 3);
	for (unsigned i = 0; i < request->swatches_count; i++)
		check_view(&request->swatches[i].dye, 16);
	if (request->which_edge == bolts_v1_Pattern_fringe_tag)
		check_view(&request->edge.fringe, 8);
	struct weft_rx *rx = &held[fuzz_below(input, HELD)];
	if (rx->ept == NULL && fuzz_below(input, 2) == 0)
		weft_request_hold(&bolt.base, token, rx);
	*response = *request;
	return fuzz_below(input, 4) == 0 ? later(token) : WEFT_OK;
}

static weft_status roll(void *context, struct weft_token token, const bolts_v1_Length *request,
                        bolts_v1_Length *response, struct weft_tx *tx)
{
	(void)context;
	(void)token;
	check_view(&request->threads, 400);
	response->number = request->number;
	uint32_t how = fuzz_below(input, 4);
	if (how == 0 || bolt_roll_reply_begin(tx, response) != WEFT_OK)
		return WEFT_OK;
	check_view(&(struct weft_view){ tx->data, tx->capacity }, 400);
	memset(tx->data, 7, tx->capacity);
	if (how == 1)
		return WEFT_OK; /* begun and not committed */
	fuzz_assert(bolt_roll_reply_commit(tx, tx->capacity + 1u) == WEFT_INVALID_ARGUMENT);
	if (how == 2)
		return weft_tx_abort(tx);
	return bolt_roll_reply_commit(tx, tx->capacity);
}

static const struct bolt_ops rolls = { .print = print, .roll = roll };

/* ---- Answers, as the client gets them ---- */

static int answer(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct weft_call_header header;

	(void)src;
	(void)priv;
	fuzz_assert(len >= sizeof header);
	memcpy(&header, data, sizeof header);
	fuzz_assert(header.kind == WEFT_KIND_REPLY || header.kind == WEFT_KIND_HELLO_REPLY);
	fuzz_assert(header.flags == 0 && header.credit == 0 && header.aux <= 16u && header.call < CALLS);
	fuzz_assert(header.aux == WEFT_OK || len == sizeof header);
	struct asked *asked = &calls[ept->addr - CLIENT][header.call];
	fuzz_assert(++asked->answered <= asked->asked);
	if (asked->asked != 1)
		return RPMSG_SUCCESS;
	fuzz_assert(asked->hello == (header.kind == WEFT_KIND_HELLO_REPLY));
	fuzz_assert(asked->status < 0 || (uint32_t)asked->status == header.aux || header.aux == WEFT_DEADLINE_EXCEEDED);
	if (asked->hello && header.aux == WEFT_OK)
		fuzz_assert(len == sizeof header + WEFT_HELLO_SIZE);
	return RPMSG_SUCCESS;
}

/* ---- Questions ---- */

static int hello_status(const struct frame *frame, bool to_loom)
{
	if (frame->len < WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE)
		return WEFT_INVALID_ARGUMENT;
	if (frame->header.method != (to_loom ? LOOM_ID : BOLT_ID))
		return WEFT_UNIMPLEMENTED;
	if (frame->hello.version != 0 || frame->hello.major != 1 ||
	    frame->hello.frame_size < (to_loom ? LOOM_FRAME_MAX : BOLT_FRAME_MAX))
		return WEFT_FAILED_PRECONDITION;
	return WEFT_OK;
}

static int status_of(const struct frame *frame, bool to_loom)
{
	uint32_t method = frame->header.method;

	if (frame->header.kind == WEFT_KIND_HELLO)
		return hello_status(frame, to_loom);
	if (frame->header.kind != WEFT_KIND_REQUEST || (frame->header.flags & WEFT_FLAG_CONTINUED))
		return WEFT_UNIMPLEMENTED;
	if (frame->header.aux == 0)
		return WEFT_DEADLINE_EXCEEDED;
	bool known = to_loom ? method == LOOM_WEAVE_ID : method == BOLT_PRINT_ID || method == BOLT_ROLL_ID;
	return known ? -1 : WEFT_UNIMPLEMENTED;
}

static void remember(const struct frame *frame, unsigned client, bool to_loom)
{
	struct asked *asked = &calls[client][frame->header.call];

	if (frame->len < WEFT_CALL_HEADER_SIZE || (frame->header.kind & WEFT_KIND_ANSWER) != 0) {
		scraps++;
	} else if (frame->header.kind == WEFT_KIND_ONEWAY) {
		pieces += (frame->header.flags & WEFT_FLAG_CONTINUED) != 0;
	} else if (frame->header.kind == WEFT_KIND_CANCEL) {
		forgotten += asked->asked - asked->answered;
	} else {
		asked->asked++;
		asked->status = asked->asked == 1 ? status_of(frame, to_loom) : -1;
		asked->hello = frame->header.kind == WEFT_KIND_HELLO;
	}
}

static void ask(struct fuzz *in)
{
	bool to_loom = fuzz_below(in, 2) == 0;
	unsigned client = fuzz_below(in, 2);
	struct weft_hello hello = { .major = 1, .frame_size = to_loom ? LOOM_FRAME_MAX : BOLT_FRAME_MAX };
	struct weft_call_header header = {
		.kind = (uint8_t)FUZZ_PICK(in, 0, 1, 1, 2, 2, 2, 2, 3, 4, 5, 6, 7, 0x7f, 0x81, 0x82, 0x85, 0x88, 0xff),
		.flags = (uint8_t)FUZZ_PICK(in, 0, 0, 0, 1, 0xfe, 0xff),
		.credit = fuzz_u8(in),
		.method = FUZZ_PICK(in, to_loom ? LOOM_ID : BOLT_ID, to_loom ? LOOM_WEAVE_ID : BOLT_PRINT_ID,
		                    to_loom ? LOOM_NOTE_ID : BOLT_ROLL_ID, LOOM_WEAVE_ID, BOLT_ROLL_ID, LOOM_DYE_ID, 0),
		.call = fuzz_below(in, CALLS),
		.aux = FUZZ_PICK(in, 0, 1, 1000, 1000000, 0x7fffffff, 0x80000000u, 0xffffffffu),
	};
	struct frame frame = frames_draw(in, header, hello);
	uint32_t dst = to_loom ? loom.base.ept.addr : bolt.base.ept.addr;

	if ((to_loom ? loom.base.rdev : bolt.base.rdev) == NULL)
		return;
	if (liar_send(&liar, CLIENT + client, dst, frame.bytes, frame.len, (uint16_t)frame.len))
		remember(&frame, client, to_loom);
}

/* ---- The server's side ---- */

static void reply(struct fuzz *in)
{
	static const tests_v1_Cloth cloth = { .length = 3 };
	unsigned which = fuzz_below(in, TOKENS);
	struct weft_token token = tokens[which];
	uint32_t stale = loom.base.counters.stale;

	if (fuzz_below(in, 4) == 0)
		token.id += (uint32_t)fuzz_delta(in) * 256u;
	weft_status status = loom_weave_reply(&loom, token, (weft_status)FUZZ_PICK(in, 0, 0, 5, 99), &cloth);
	fuzz_assert(status == WEFT_OK || status == WEFT_RESOURCE_EXHAUSTED || status == WEFT_FAILED_PRECONDITION);
	fuzz_assert(loom.base.counters.stale == stale || status == WEFT_FAILED_PRECONDITION);
	if (token.id == tokens[which].id) {
		fuzz_assert(!spent[which] || status == WEFT_FAILED_PRECONDITION);
		spent[which] |= status == WEFT_OK || status == WEFT_FAILED_PRECONDITION;
	}
}

static void borrow(void)
{
	for (unsigned i = 0; i < LOANS; i++) {
		if (loans[i] == NULL) {
			loans[i] = rpmsg_get_tx_buffer(&greedy, NULL, 0);
			return;
		}
	}
}

static void give_back(void)
{
	for (unsigned i = 0; i < LOANS; i++) {
		if (loans[i] != NULL)
			fuzz_assert(rpmsg_release_tx_buffer(&greedy, loans[i]) == RPMSG_SUCCESS);
		loans[i] = NULL;
	}
}

static void went_down(void)
{
	memset(loans, 0, sizeof loans);
	forgotten += CALLS * 64u;
}

static void serve(uint8_t slots)
{
	struct weft_server_config config = { .slots = loom_slots, .slot_count = (uint16_t)(slots % 3u + 1u) };
	struct weft_server_config other = { .slots = bolt_slots, .slot_count = (uint16_t)(slots / 4u % 2u + 1u) };
	struct rpmsg_device *rdev = &liar.victim->rdev;

	if (loom.base.rdev == NULL)
		fuzz_assert(loom_server_start(&loom, rdev, &weaves, NULL, slots & 64u ? NULL : &config) == WEFT_OK);
	if (bolt.base.rdev == NULL)
		fuzz_assert(bolt_server_start(&bolt, rdev, &rolls, NULL, slots & 64u ? NULL : &other) == WEFT_OK);
}

static unsigned dropped_before;

static void stop(void)
{
	uint32_t dropped = loom.base.counters.dropped;

	if (loom_server_stop(&loom) != WEFT_OK)
		return;
	dropped_before += dropped;
	forgotten += CALLS * 64u;
	memset(tokens, 0, sizeof tokens); /* the next server counts anew */
	memset(spent, 1, sizeof spent);
}

/* ---- The run ---- */

static void step(struct fuzz *in)
{
	uint8_t what = fuzz_u8(in);

	if (what < 0x60) {
		ask(in);
	} else if (what < 0x90) {
		liar_poll(&liar, 1u + what % 4u, NULL);
	} else if (what < 0xa8) {
		liar_breathe(&liar);
	} else if (what < 0xc0) {
		reply(in);
	} else if (what < 0xd0) {
		borrow();
	} else if (what < 0xd8) {
		give_back();
	} else if (what < 0xe8) {
		liar.pair.now += FUZZ_PICK(in, 1, 1000, 100000, 1000000, 0x40000000u) & 0x7fffffffu;
	} else if (what < 0xf8) {
		weft_rx_release(&held[what % HELD]);
	} else if (what < 0xfd) {
		serve(what);
	} else if (what == 0xfd) {
		stop();
	} else if (what == 0xfe) {
		rpmsg_restart(&liar.pair.driver.rdev);
		went_down();
	}
}

/* Time passes, buffers come back: all that is owed is answered now, or never. */
static void let_time_pass(void)
{
	give_back();
	for (unsigned i = 0; i < HELD; i++)
		weft_rx_release(&held[i]);
	for (unsigned turn = 0; turn < 32; turn++) { /* what comes in the middle may have half an hour yet */
		liar_drain(&liar, NULL);
		liar_poll(&liar, 16, NULL);
		liar_breathe(&liar);
		if (turn % 4u == 3u)
			liar.pair.now += 0x40000000u;
	}
}

static void account(void)
{
	unsigned owed = 0;

	for (unsigned i = 0; i < 2u * CALLS; i++)
		owed += calls[i / CALLS][i % CALLS].asked - calls[i / CALLS][i % CALLS].answered;
	uint32_t dropped = loom.base.counters.dropped + bolt.base.counters.dropped + dropped_before;
	fuzz_assert(owed + pieces <= dropped + forgotten);
	if (forgotten == 0) {
		fuzz_assert(owed + pieces == dropped);
		fuzz_assert(loom.base.counters.violation + bolt.base.counters.violation == scraps);
	}
}

static void begin(uint8_t side, uint8_t slots)
{
	memset(calls, 0, sizeof calls);
	memset(tokens, 0, sizeof tokens);
	memset(spent, 1, sizeof spent);
	memset(held, 0, sizeof held);
	memset(loans, 0, sizeof loans);
	memset(&loom, 0, sizeof loom);
	memset(&bolt, 0, sizeof bolt);
	scraps = pieces = forgotten = dropped_before = 0;
	liar_up(&liar, side & 1u, NULL);
	liar.down = went_down;
	for (uint32_t i = 0; i < 2; i++)
		fuzz_assert(rpmsg_create_ept(&clients[i], &liar.core->rdev, NULL, CLIENT + i, 1, answer, NULL) == 0);
	fuzz_assert(rpmsg_create_ept(&greedy, &liar.victim->rdev, NULL, 3, 3, NULL, NULL) == 0);
	serve(slots);
	pair_settle(&liar.pair);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };
	uint8_t side = fuzz_u8(&in);

	input = &in;
	begin(side, fuzz_u8(&in));
	while (fuzz_more(&in))
		step(&in);
	let_time_pass();
	account();
	serve(0);
	fuzz_assert(loom_server_stop(&loom) == WEFT_OK && bolt_server_stop(&bolt) == WEFT_OK);
	liar_ends(&liar);
	return 0;
}
