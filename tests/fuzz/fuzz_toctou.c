/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that writes between two loads of ours. The runtime and nanopb are compiled with a hook before each load and
 * in place of memcpy (CMakeLists.txt): there a word that is about to be read gets another value, so that whoever reads
 * twice sees two things. In runs without such writes every byte of a message, descriptor and ring entry is read
 * once. */
#include <string.h>

#include "calls/bolts.h"
#include "calls/looms.h"
#include "fuzz/frames.h"
#include "fuzz/liar.h"

#define CLIENT 2001u
#define LOADS_A_POLL 400u    /* of shared memory, when nothing comes: the link, the rings */
#define LOADS_A_MESSAGE 800u /* and a message more: a body, byte by byte, and its answer */

static struct liar liar;
static struct loom_server loom;
static struct bolt_server bolt;
static struct bolt_client client;
static struct weft_call *table[2];
static struct rpmsg_endpoint ends[2];
static struct rpmsg_endpoint greedy;
static void *loans[PAIR_NUM];
static struct fuzz *input;

/* ---- The hook ---- */

static struct {
	bool on;
	bool writes;
	unsigned countdown; /* loads until the next write */
	unsigned loads;
	uint8_t reads[PAIR_REGION];
} peer;

static uint32_t first_entry(void)
{
	struct virtio_layout layout;

	virtio_layout_compute(&liar.pair.layout, &layout);
	return layout.vring[0];
}

/* flags and idx of the rings may be looked at again; head page words as well. */
static bool is_once(uint32_t at)
{
	for (int i = 0; i < 2; i++) {
		struct vring vring = pair_vring(&liar.pair, i);
		uintptr_t here = (uintptr_t)liar.pair.memory + at;

		if (here - (uintptr_t)vring.avail < 4u || here - (uintptr_t)vring.used < 4u)
			return false;
	}
	return at >= first_entry();
}

static void rewrite(uint32_t at)
{
	uint32_t word = at & ~3u;
	uint32_t value;

	memcpy(&value, liar.pair.memory + word, sizeof value);
	switch (fuzz_below(input, 4)) {
	case 0:
		value += (uint32_t)fuzz_delta(input);
		break;
	case 1:
		value ^= 1u << fuzz_below(input, 32);
		break;
	case 2:
		value = FUZZ_PICK(input, 0, 8, 0xffff, 0x10000, 0x7fffffff, 0x80000000u, 0xffffffffu);
		break;
	default:
		value = value << 16 | value >> 16;
		break;
	}
	memcpy(liar.pair.memory + word, &value, sizeof value);
	liar.wild = 2;
}

static void on_load(uintptr_t address, size_t size)
{
	uintptr_t at = address - (uintptr_t)liar.pair.memory;

	if (!peer.on || size == 0 || at >= PAIR_REGION)
		return;
	fuzz_assert(size <= PAIR_REGION - at);
	peer.loads++;
	if (peer.writes && peer.countdown-- == 0) {
		peer.on = false; /* what we read ourselves does not count */
		rewrite((uint32_t)at + (uint32_t)(size > 4 ? fuzz_below(input, 64) * 4u % size : 0));
		peer.countdown = fuzz_u8(input);
		peer.on = true;
	}
	for (size_t i = 0; !peer.writes && liar.wild == 0 && i < size; i++)
		fuzz_assert(++peer.reads[at + i] == 1 || !is_once((uint32_t)(at + i)));
}

#ifdef __clang__
#define HOOK(size)                                            \
	void __sanitizer_cov_load##size(const void *address); \
	void __sanitizer_cov_load##size(const void *address)  \
	{                                                     \
		on_load((uintptr_t)address, size);            \
	}
#else
#define HOOK(size)                                       \
	void __asan_load##size##_noabort(void *address); \
	void __asan_load##size##_noabort(void *address)  \
	{                                                \
		on_load((uintptr_t)address, size);       \
	}

void __asan_loadN_noabort(void *address, long size);

/* Words that are not aligned, too. */
void __asan_loadN_noabort(void *address, long size)
{
	on_load((uintptr_t)address, (size_t)size);
}
#endif
HOOK(1)
HOOK(2)
HOOK(4)
HOOK(8)
HOOK(16)

void *peer_memcpy(void *to, const void *from, size_t size);

void *peer_memcpy(void *to, const void *from, size_t size)
{
	on_load((uintptr_t)from, size);
	return memcpy(to, from, size);
}

/* ---- The victim's application ---- */

static void check_view(const struct weft_view *view, uint32_t limit)
{
	uintptr_t at = (uintptr_t)view->data - (uintptr_t)liar.pair.memory;

	fuzz_assert(view->len <= limit);
	fuzz_assert(view->data == NULL || (at < PAIR_REGION && view->len <= PAIR_REGION - at));
}

static weft_status weave(void *context, struct weft_token token, const tests_v1_Thread *request,
                         tests_v1_Cloth *response)
{
	(void)context;
	(void)token;
	fuzz_assert(memchr(request->colour, '\0', sizeof request->colour) != NULL && request->knot.size <= 5);
	response->threads_count = 1;
	response->threads[0] = *request;
	return WEFT_OK;
}

static weft_status print(void *context, struct weft_token token, const bolts_v1_Pattern *request,
                         bolts_v1_Pattern *response)
{
	(void)context;
	(void)token;
	check_view(&request->name, 15);
	check_view(&request->weave, 32);
	fuzz_assert(request->swatches_count <= 3);
	*response = *request; /* views are copied from the one buffer into the other */
	return WEFT_OK;
}

static weft_status roll(void *context, struct weft_token token, const bolts_v1_Length *request,
                        bolts_v1_Length *response, struct weft_tx *tx)
{
	(void)context;
	(void)token;
	(void)tx;
	check_view(&request->threads, 400);
	fuzz_assert(memchr(request->mark, '\0', sizeof request->mark) != NULL);
	*response = *request;
	return WEFT_OK;
}

static const struct loom_ops weaves = { .weave = weave };
static const struct bolt_ops rolls = { .print = print, .roll = roll };

static struct bolt_print_call call;
static bolts_v1_Pattern printed;
static struct weft_rx held;
static bool flies;

static void done(struct bolt_print_call *which, weft_status status, bolts_v1_Pattern *response)
{
	(void)which;
	flies = false;
	if (status != WEFT_OK)
		return;
	check_view(&response->name, 15);
	check_view(&response->note, 8);
	weft_rx_release(&held);
}

static void start(void)
{
	static const bolts_v1_Pattern pattern = { .number = 1 };

	if (!flies)
		flies = bolt_print_start(&client, &call, &pattern, &printed, &held, WEFT_MS(50), done, NULL) == WEFT_OK;
}

/* ---- The liar ---- */

/* A message that is new may be read anew. */
static void send(uint32_t src, uint32_t dst, const void *bytes, uint32_t len)
{
	if (liar_send(&liar, src, dst, bytes, len, (uint16_t)len))
		memset(peer.reads + (liar.last - 16 - liar.pair.memory), 0, PAIR_BUF_SIZE);
}

static void request(struct fuzz *in)
{
	bool to_loom = fuzz_below(in, 3) == 0;
	struct weft_call_header header = {
		.kind = (uint8_t)FUZZ_PICK(in, 1, 2, 2, 2, 3, 4, 5, 0x82),
		.flags = fuzz_below(in, 8) == 0,
		.method = to_loom                  ? LOOM_WEAVE_ID
		          : fuzz_below(in, 2) == 0 ? BOLT_PRINT_ID
		                                   : BOLT_ROLL_ID,
		.call = fuzz_below(in, 4),
		.aux = WEFT_MS(20),
	};
	struct weft_hello hello = { .major = 1, .frame_size = 496 };
	struct frame frame = frames_draw(in, header, hello);

	send(CLIENT, to_loom ? loom.base.ept.addr : bolt.base.ept.addr, frame.bytes, frame.len);
}

static void reply(struct fuzz *in)
{
	bool to_hello = fuzz_below(in, 3) == 0;
	struct weft_call_header header = {
		.kind = to_hello ? WEFT_KIND_HELLO_REPLY : WEFT_KIND_REPLY,
		.method = to_hello ? BOLT_ID : BOLT_PRINT_ID,
		.call = to_hello ? client.base.hello_id : call.base.id,
	};
	struct weft_hello hello = { .major = 1, .frame_size = 496, .epoch = 3 };
	struct frame frame = frames_draw(in, header, hello);

	send(CLIENT, client.base.ept.addr, frame.bytes, frame.len);
}

static void announce(struct fuzz *in)
{
	uint8_t bytes[40] = BOLT_CHANNEL;
	uint32_t addr = CLIENT + fuzz_below(in, 2);
	uint32_t flags = fuzz_below(in, 2);

	memcpy(bytes + 32, &addr, sizeof addr);
	memcpy(bytes + 36, &flags, sizeof flags);
	send(addr, RPMSG_NS_EPT_ADDR, bytes, sizeof bytes);
}

/* ---- The run ---- */

/* Between two polls the entries of rings may be written anew. */
static void poll(unsigned budget)
{
	struct virtio_layout layout;

	virtio_layout_compute(&liar.pair.layout, &layout);
	memset(peer.reads, 0, layout.buffers[0]);
	peer.loads = 0;
	peer.on = true;
	liar_poll(&liar, budget, NULL);
	peer.on = false;
	fuzz_assert(peer.loads <= LOADS_A_POLL + budget * LOADS_A_MESSAGE);
}

static void starve(void)
{
	for (unsigned i = 0; i < PAIR_NUM; i++) {
		if (loans[i] == NULL)
			loans[i] = rpmsg_get_tx_buffer(&greedy, NULL, 0);
	}
}

static void feed(void)
{
	for (unsigned i = 0; i < PAIR_NUM; i++) {
		if (loans[i] != NULL)
			rpmsg_release_tx_buffer(&greedy, loans[i]);
		loans[i] = NULL;
	}
}

static void step(struct fuzz *in)
{
	uint8_t what = fuzz_u8(in);

	if (what < 0x50)
		request(in);
	else if (what < 0x70)
		reply(in);
	else if (what < 0x80)
		announce(in);
	else if (what < 0xc0)
		poll(1u + what % 3u);
	else if (what < 0xd0)
		liar_breathe(&liar);
	else if (what < 0xe0)
		start();
	else if (what < 0xe8)
		starve();
	else if (what < 0xf0)
		feed();
	else if (what < 0xfc)
		liar.pair.now += WEFT_MS(fuzz_u8(in));
	else
		rpmsg_restart(&liar.pair.driver.rdev);
}

static int silent(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	return RPMSG_SUCCESS;
}

static void begin(uint8_t mode)
{
	struct weft_client_config config = { .calls = table, .call_slots = 2 };
	struct rpmsg_device *rdev;

	memset(&peer, 0, sizeof peer);
	memset(loans, 0, sizeof loans);
	flies = false;
	liar_up(&liar, mode & 1u, NULL);
	rdev = &liar.victim->rdev;
	fuzz_assert(loom_server_start(&loom, rdev, &weaves, NULL, NULL) == WEFT_OK);
	fuzz_assert(bolt_server_start(&bolt, rdev, &rolls, NULL, NULL) == WEFT_OK);
	fuzz_assert(bolt_client_open(&client, rdev, &config) == WEFT_OK);
	fuzz_assert(rpmsg_create_ept(&greedy, rdev, NULL, 3, 3, NULL, NULL) == 0);
	for (uint32_t i = 0; i < 2; i++)
		fuzz_assert(rpmsg_create_ept(&ends[i], &liar.core->rdev, NULL, CLIENT + i, 1, silent, NULL) == 0);
	pair_settle(&liar.pair);
	peer.writes = (mode & 2u) != 0;
}

/* With no buffer for the withdrawals now, in a while. */
static void stop(void)
{
	fuzz_assert(bolt_client_close(&client) == WEFT_OK);
	for (unsigned turn = 0; loom.base.rdev != NULL || bolt.base.rdev != NULL; turn++) {
		loom_server_stop(&loom);
		bolt_server_stop(&bolt);
		liar_wait(&liar, turn);
		liar_poll(&liar, 16, NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };

	input = &in;
	begin(fuzz_u8(&in));
	peer.countdown = fuzz_u8(&in);
	while (fuzz_more(&in))
		step(&in);
	feed();
	stop();
	liar_ends(&liar);
	return 0;
}
