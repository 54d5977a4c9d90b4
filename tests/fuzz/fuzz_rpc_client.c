/* SPDX-License-Identifier: Apache-2.0 */
/* A client, and a server that sends any frame from anywhere: replies to calls that are, were and never were, hellos,
 * readies, names that come and go. A call ends once; a frame is one of stray, violation, or used for what it is. */
#include "calls/bolts.h"
#include "calls/looms.h"
#include "fuzz/frames.h"
#include "fuzz/liar.h"
#include "rpc/client.h"

#define SERVER 3001u /* endpoints of the liar: SERVER and SERVER + 1 announce loom, SERVER + 2 is somebody */
#define CALLS 6u

_Static_assert(sizeof LOOM_CHANNEL == sizeof BOLT_CHANNEL, "names are copied with one length");

struct pending {
	struct loom_weave_call weave;
	struct bolt_print_call print;
	tests_v1_Cloth cloth;
	bolts_v1_Pattern pattern;
	struct weft_rx rx;
	uint32_t due;
	uint32_t id; /* of the last call here: replies to it are late, or twice */
	bool weaves; /* else prints */
	bool flies;
	bool held;
};

static struct liar liar;
static struct loom_client loom;
static struct bolt_client bolt;
static struct weft_call *table[4];
static struct weft_call *bolt_table[2];
static struct pending calls[CALLS];
static bool announces;

/* ---- Calls ---- */

static struct weft_client *client_of(bool of_loom)
{
	return of_loom ? &loom.base : &bolt.base;
}

static void end(struct pending *call, weft_status status)
{
	fuzz_assert(call->flies); /* once */
	fuzz_assert((unsigned)status <= 16u);
	call->flies = false;
}

static void woven(struct loom_weave_call *weave, weft_status status, tests_v1_Cloth *response)
{
	struct pending *call = (struct pending *)weave->arg;

	end(call, status);
	if (status != WEFT_OK)
		return;
	fuzz_assert(response == &call->cloth && response->threads_count <= 3);
	fuzz_assert(memchr(response->label, '\0', sizeof response->label) != NULL);
	for (unsigned i = 0; i < response->threads_count; i++) {
		fuzz_assert(response->threads[i].knot.size <= 5);
		fuzz_assert(memchr(response->threads[i].colour, '\0', sizeof response->threads[i].colour) != NULL);
	}
}

static void check_view(const struct weft_view *view, uint32_t limit)
{
	uintptr_t at = (uintptr_t)view->data - (uintptr_t)liar.pair.memory;

	fuzz_assert(view->len <= limit && (view->data != NULL || view->len == 0));
	fuzz_assert(view->data == NULL || (at <= PAIR_REGION && view->len <= PAIR_REGION - at));
}

static void printed(struct bolt_print_call *print, weft_status status, bolts_v1_Pattern *response)
{
	struct pending *call = (struct pending *)print->arg;

	end(call, status);
	call->held = status == WEFT_OK;
	fuzz_assert(call->held == (call->rx.ept != NULL));
	if (status != WEFT_OK)
		return;
	check_view(&response->name, 15);
	check_view(&response->weave, 32);
	check_view(&response->note, 8);
	check_view(&response->border.dye, 16);
	if (response->which_edge == bolts_v1_Pattern_fringe_tag)
		check_view(&response->edge.fringe, 8);
}

static void start(struct fuzz *in)
{
	static const tests_v1_Thread thread = { .count = 1 };
	static const bolts_v1_Pattern pattern = { .number = 1 };
	struct pending *call = &calls[fuzz_below(in, CALLS)];
	bool weave = fuzz_below(in, 3) != 0;
	uint32_t timeout = FUZZ_PICK(in, 0, 1, 1000, 1000000, WEFT_TIMEOUT_MAX_US, WEFT_TIMEOUT_MAX_US + 1u);
	struct weft_client *client = client_of(weave);

	if (call->flies || call->held || client->rdev == NULL)
		return;
	call->weaves = weave;
	call->due = liar.pair.now + timeout;
	uint32_t started = client->counters.started;
	weft_status state = weft_client_state(client);
	weft_status status = weave ? loom_weave_start(&loom, &call->weave, &thread, &call->cloth, timeout, woven, call)
	                           : bolt_print_start(&bolt, &call->print, &pattern, &call->pattern, &call->rx, timeout,
	                                              printed, call);
	fuzz_assert(client->counters.started - started == (status == WEFT_OK));
	fuzz_assert(status != WEFT_OK || (state == WEFT_OK && timeout - 1u < WEFT_TIMEOUT_MAX_US));
	fuzz_assert(state == WEFT_OK || status == state);
	call->flies = status == WEFT_OK;
	if (call->flies)
		call->id = weave ? call->weave.base.id : call->print.base.id;
}

static void cancel(struct pending *call)
{
	bool flew = call->flies;
	weft_status status = weft_call_cancel(call->weaves ? &call->weave.base : &call->print.base);

	fuzz_assert(status == (flew ? WEFT_OK : WEFT_FAILED_PRECONDITION) && !call->flies);
}

/* ---- The liar ---- */

static const struct weft_call *pending_of(const struct weft_client *client, uint32_t id)
{
	for (unsigned slot = 0; slot < client->call_slots; slot++) {
		if (client->calls[slot] != NULL && client->calls[slot]->id == id)
			return client->calls[slot];
	}
	return NULL;
}

/* docs/protocol.md once more: what a frame from `src` is to a client in the state that it is in. */
enum meaning { VIOLATION, STRAY, REPLY, HELLO, READY };

static enum meaning meaning_of(const struct weft_client *client, const struct frame *frame, uint32_t src)
{
	const struct weft_call_header *header = &frame->header;

	if (frame->len < WEFT_CALL_HEADER_SIZE || (header->kind & WEFT_KIND_ANSWER) == 0)
		return VIOLATION;
	if (header->kind == WEFT_KIND_READY)
		return client->announce && header->method == client->service->id ? READY : VIOLATION;
	if (src != client->server)
		return VIOLATION;
	if (header->kind == WEFT_KIND_HELLO_REPLY) {
		if (header->method != client->service->id ||
		    header->call - client->hello_first > client->hello_id - client->hello_first)
			return STRAY;
		bool cut = frame->len < WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE;
		return header->aux == WEFT_OK && cut ? VIOLATION : HELLO;
	}
	if (header->kind != WEFT_KIND_REPLY)
		return STRAY;
	return pending_of(client, header->call) != NULL ? REPLY : STRAY;
}

static void check_hello(const struct weft_client *client, const struct frame *frame)
{
	uint32_t status = frame->header.aux;
	bool good = frame->hello.version == 0 && frame->hello.major == 1 &&
	            frame->hello.frame_size >= client->service->frame_max;

	if (status != WEFT_OK)
		fuzz_assert(weft_client_state(client) == (status <= 16u ? status : WEFT_UNKNOWN));
	else
		fuzz_assert(weft_client_state(client) == (good ? WEFT_OK : WEFT_FAILED_PRECONDITION));
}

/* The call that was pending. Another one of the same number may have ended in an earlier life of the client. */
static void check_reply(const struct weft_call *call, const struct frame *frame)
{
	fuzz_assert(call->state == CALL_DONE);
	if (frame->header.flags & WEFT_FLAG_CONTINUED)
		fuzz_assert(call->status == WEFT_UNIMPLEMENTED || frame->header.aux != WEFT_OK);
	else if (frame->header.aux != WEFT_OK)
		fuzz_assert(call->status == (frame->header.aux <= 16u ? frame->header.aux : WEFT_UNKNOWN));
	else
		fuzz_assert(call->status == WEFT_OK || call->status == WEFT_DATA_LOSS);
}

/* One frame, alone: it is counted as what it is. */
static void deliver(struct weft_client *client, const struct frame *frame, uint32_t src)
{
	liar_drain(&liar, NULL);
	if (liar.victim->shm.transport.counters.received != liar.next)
		return;
	enum meaning meaning = meaning_of(client, frame, src);
	const struct weft_call *call = meaning == REPLY ? pending_of(client, frame->header.call) : NULL;
	struct weft_client_counters was = client->counters;
	uint32_t first = client->hello_first;
	if (!liar_send(&liar, src, client->ept.addr, frame->bytes, frame->len, (uint16_t)frame->len))
		return;
	uint32_t received = liar.victim->shm.transport.counters.received;
	liar_poll(&liar, 1, NULL);
	if (liar.victim->shm.transport.counters.received == received)
		return;
	fuzz_assert(client->counters.violation - was.violation == (meaning == VIOLATION));
	fuzz_assert(client->counters.stray - was.stray == (meaning == STRAY));
	if (meaning == REPLY)
		check_reply(call, frame);
	if (meaning == HELLO && client->hello_first == first)
		check_hello(client, frame);
	if (meaning == READY)
		fuzz_assert(client->server == src);
}

static uint32_t any_call(struct fuzz *in, const struct weft_client *client)
{
	uint32_t which = fuzz_below(in, CALLS + 3u);

	if (which < CALLS && fuzz_below(in, 4) == 0) /* of the same slot, or beside */
		return calls[which].id + (uint32_t)(fuzz_delta(in) / 32) * client->call_slots;
	if (which < CALLS)
		return calls[which].id;
	return client->hello_id + (which == CALLS ? 0 : (uint32_t)fuzz_delta(in));
}

static void forge(struct fuzz *in)
{
	bool of_loom = fuzz_below(in, 3) != 0;
	struct weft_client *client = client_of(of_loom);
	const uint32_t service = of_loom ? LOOM_ID : BOLT_ID;
	struct weft_hello hello = { .major = 1, .frame_size = of_loom ? LOOM_FRAME_MAX : BOLT_FRAME_MAX };
	uint8_t kind =
		(uint8_t)FUZZ_PICK(in, 0x81, 0x81, 0x82, 0x82, 0x82, 0x88, 0x85, 0x86, 0x87, 0xff, 0, 1, 2, 0x7f);
	struct weft_call_header header = {
		.kind = kind,
		.flags = (uint8_t)FUZZ_PICK(in, 0, 0, 0, 0, 1, 0xfe, 0xff),
		.credit = fuzz_u8(in),
		.method = fuzz_below(in, 4) != 0 ? service : FUZZ_PICK(in, 0, LOOM_WEAVE_ID, BOLT_PRINT_ID),
		.call = kind == 0x81 && fuzz_below(in, 4) != 0 ? client->hello_id : any_call(in, client),
		.aux = FUZZ_PICK(in, 0, 0, 0, 0, 5, 16, 17, 255, 0xffffffffu),
	};
	uint32_t src = fuzz_below(in, 4) != 0 && client->server != RPMSG_ADDR_ANY ? client->server
	                                                                          : SERVER + fuzz_below(in, 3);
	struct frame frame = frames_draw(in, header, hello);

	if (client->rdev != NULL)
		deliver(client, &frame, src);
}

static void announce(bool of_loom, uint32_t addr, uint32_t flags)
{
	uint8_t bytes[40] = { 0 };

	memcpy(bytes, of_loom ? LOOM_CHANNEL : BOLT_CHANNEL, sizeof LOOM_CHANNEL); /* as long as the other */
	memcpy(bytes + 32, &addr, sizeof addr);
	memcpy(bytes + 36, &flags, sizeof flags);
	liar_send(&liar, addr, RPMSG_NS_EPT_ADDR, bytes, sizeof bytes, sizeof bytes);
}

static void announce_some(bool of_loom, struct fuzz *in)
{
	uint32_t addr = SERVER + fuzz_below(in, 3);

	announce(of_loom, addr, fuzz_below(in, 2));
}

/* An honest server for a moment: the fuzzer need not guess the way in. */
static void agree(bool of_loom)
{
	struct weft_client *client = client_of(of_loom);
	struct frame frame = { .hello = { .major = 1, .frame_size = 496, .epoch = 7 }, .len = 40 };

	if (client->rdev == NULL || client->server == RPMSG_ADDR_ANY)
		return;
	frame.header = (struct weft_call_header){ .kind = WEFT_KIND_HELLO_REPLY,
		                                  .method = of_loom ? LOOM_ID : BOLT_ID,
		                                  .call = client->hello_id };
	memcpy(frame.bytes, &frame.header, sizeof frame.header);
	memcpy(frame.bytes + sizeof frame.header, &frame.hello, sizeof frame.hello);
	deliver(client, &frame, client->server);
}

/* ---- The run ---- */

static void open_clients(void)
{
	struct weft_client_config config = { .calls = table, .call_slots = 4, .announce = announces };
	struct weft_client_config other = { .calls = bolt_table, .call_slots = 2 };

	if (loom.base.rdev == NULL)
		fuzz_assert(loom_client_open(&loom, &liar.victim->rdev, &config) == WEFT_OK);
	if (bolt.base.rdev == NULL)
		fuzz_assert(bolt_client_open(&bolt, &liar.victim->rdev, &other) == WEFT_OK);
}

static void release(struct pending *call)
{
	if (call->held)
		weft_rx_release(&call->rx);
	call->held = false;
}

static bool close_clients(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		release(&calls[i]);
	if (loom.base.rdev != NULL && loom_client_close(&loom) != WEFT_OK)
		return false;
	if (bolt.base.rdev != NULL && bolt_client_close(&bolt) != WEFT_OK)
		return false;
	for (unsigned i = 0; i < CALLS; i++)
		fuzz_assert(!calls[i].flies);
	fuzz_assert(loom.base.counters.started == loom.base.counters.ended);
	fuzz_assert(bolt.base.counters.started == bolt.base.counters.ended);
	return true;
}

static void poll(void)
{
	rpmsg_poll(&liar.victim->rdev, 0);   /* tasks only */
	for (unsigned i = 0; i < CALLS; i++) /* no call outlives its deadline by more than a poll */
		fuzz_assert(!calls[i].flies || (int32_t)(liar.pair.now - calls[i].due) < 0);
}

static void step(struct fuzz *in)
{
	uint8_t what = fuzz_u8(in);

	if (what < 0x60)
		forge(in);
	else if (what < 0x90)
		start(in);
	else if (what < 0xa0)
		agree(what % 2u == 0);
	else if (what < 0xb0)
		announce_some(what % 2u == 0, in);
	else if (what < 0xc0)
		cancel(&calls[what % CALLS]);
	else if (what < 0xd0)
		release(&calls[what % CALLS]);
	else if (what < 0xe0)
		liar.pair.now += FUZZ_PICK(in, 1, 1000, 100000, 1000000) & 0x3fffffffu;
	else if (what < 0xf0)
		liar_breathe(&liar);
	else if (what < 0xfb)
		liar_poll(&liar, 4, NULL);
	else if (what < 0xfd)
		open_clients();
	else if (what == 0xfd)
		close_clients();
	else if (what == 0xfe)
		rpmsg_restart(&liar.pair.driver.rdev);
	poll();
}

/* Begin where calls can be made. */
static void meet(void)
{
	announce(true, SERVER, 0);
	announce(false, SERVER + 1u, 0);
	liar_drain(&liar, NULL);
	agree(true);
	agree(false);
}

static int silent(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept;
	(void)src;
	(void)priv;
	fuzz_assert(len >= WEFT_CALL_HEADER_SIZE && (((const uint8_t *)data)[0] & WEFT_KIND_ANSWER) == 0);
	return RPMSG_SUCCESS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rpmsg_endpoint servers[3];
	struct fuzz in = { data, data + size };
	uint8_t mode = fuzz_u8(&in);

	memset(calls, 0, sizeof calls);
	memset(&loom, 0, sizeof loom);
	memset(&bolt, 0, sizeof bolt);
	announces = (mode & 2u) != 0;
	liar_up(&liar, mode & 1u, NULL);
	for (uint32_t i = 0; i < 3; i++)
		fuzz_assert(rpmsg_create_ept(&servers[i], &liar.core->rdev, NULL, SERVER + i, 1, silent, NULL) == 0);
	open_clients();
	if ((mode & 4u) == 0)
		meet();
	while (fuzz_more(&in))
		step(&in);
	for (unsigned turn = 0; !close_clients(); turn++) {
		liar_wait(&liar, turn);
		liar_poll(&liar, 16, NULL);
	}
	liar_drain(&liar, NULL);
	liar_ends(&liar);
	return 0;
}
