/* SPDX-License-Identifier: Apache-2.0 */
/* A whole link: frames with any header come in while the application creates, destroys, sends, lends and holds, outside
 * of callbacks and in them. Every message has one fate, every buffer one owner. */
#include "fuzz/liar.h"

#define ENDS 6u
#define LENT_MAX 12u

struct end {
	struct rpmsg_endpoint ept;
	bool lives;
	bool dying; /* destroyed in its own callback: the memory is ours after the poll */
	unsigned life;
};

/* A buffer in the application's hands. */
struct lent {
	struct end *end;
	void *data; /* NULL: none */
	bool held;  /* received; else to be sent */
};

static struct liar liar;
static struct end ends[ENDS];
static struct lent lent[LENT_MAX];
static struct fuzz *input;
static unsigned accepted;
static bool in_callback;

/* ---- What is in our hands ---- */

static unsigned out(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < LENT_MAX; i++)
		count += lent[i].data != NULL;
	return count;
}

static struct lent *room(void)
{
	for (unsigned i = 0; i < LENT_MAX; i++) {
		if (lent[i].data == NULL)
			return &lent[i];
	}
	return NULL;
}

static void forget(const struct end *end)
{
	for (unsigned i = 0; i < LENT_MAX; i++) {
		if (end == NULL || lent[i].end == end)
			lent[i].data = NULL;
	}
}

/* Loans and holds end with the link. */
static void forget_all(void)
{
	forget(NULL);
}

static void check_inside(const void *data, size_t len)
{
	uintptr_t at = (uintptr_t)data - (uintptr_t)liar.pair.memory;

	fuzz_assert(at >= 1024u + 16u && at <= PAIR_REGION && len <= PAIR_REGION - at);
	fuzz_assert(at % 4u == 0);
}

static void lend(struct end *end)
{
	struct lent *place = room();
	uint32_t len = 0;

	if (place == NULL || !end->lives)
		return;
	void *data = rpmsg_get_tx_payload_buffer(&end->ept, &len, 0);
	if (data == NULL)
		return;
	check_inside(data, len);
	fuzz_assert(len == rpmsg_mtu(&liar.victim->rdev) && len != 0);
	memset(data, 0x5a, len); /* all of it is ours to write */
	*place = (struct lent){ end, data, false };
}

static void give_back(struct lent *what, bool send)
{
	if (what->data == NULL)
		return;
	struct rpmsg_endpoint *ept = &what->end->ept;
	struct end *other = &ends[(unsigned)(what->end - ends + 1) % ENDS];
	if (other->lives && other != what->end) /* not theirs to give */
		fuzz_assert(rpmsg_release_rx_buffer(&other->ept, what->data) == RPMSG_ERR_PARAM &&
		            rpmsg_release_tx_buffer(&other->ept, what->data) == RPMSG_ERR_PARAM);
	if (what->held)
		fuzz_assert(rpmsg_release_rx_buffer(ept, what->data) == RPMSG_SUCCESS);
	else if (send && rpmsg_link(&liar.victim->rdev) == WEFT_LINK_UP)
		fuzz_assert(rpmsg_sendto_nocopy(ept, what->data, 5, 1) == 5);
	else
		fuzz_assert(rpmsg_release_tx_buffer(ept, what->data) == RPMSG_SUCCESS);
	fuzz_assert(rpmsg_release_rx_buffer(ept, what->data) == RPMSG_ERR_PARAM);
	fuzz_assert(rpmsg_release_tx_buffer(ept, what->data) == RPMSG_ERR_PARAM);
	what->data = NULL;
}

/* ---- The application ---- */

static int receive(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv);

static void create(struct end *end, struct fuzz *in)
{
	static const char *const names[] = { NULL, "", "warp", "weft" };
	struct rpmsg_endpoint_config config = {
		.name = names[fuzz_below(in, 4)],
		.src = FUZZ_PICK(in, 1, 77, 78, 53, 1023, 1025, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY),
		.dest = fuzz_below(in, 2) == 0 ? RPMSG_ADDR_ANY : 5,
		.flags = fuzz_below(in, 4),
		.cb = fuzz_below(in, 8) == 0 ? NULL : receive,
		.priv = end,
	};

	if (end->lives || end->dying)
		return;
	int result = rpmsg_create_endpoint(&end->ept, &liar.victim->rdev, &config);
	fuzz_assert(result == RPMSG_SUCCESS || result == RPMSG_ERR_ADDR);
	fuzz_assert(result == RPMSG_SUCCESS || config.src != RPMSG_ADDR_ANY);
	end->lives = result == RPMSG_SUCCESS;
	end->life += end->lives;
	if (end->lives)
		fuzz_assert(rpmsg_find_ept(&liar.victim->rdev, end->ept.addr) == &end->ept);
}

static bool destroy(struct end *end)
{
	uint32_t addr = end->ept.addr;
	unsigned life = end->life;

	if (!end->lives)
		return true;
	bool own = in_callback && rpmsg_in_callback_of(&liar.victim->rdev, &end->ept);
	int result = rpmsg_destroy_ept(&end->ept);
	if (result == RPMSG_ERR_NO_BUFF)
		return false;
	if (result == RPMSG_ERR_PARAM && (!end->lives || end->life != life))
		return true; /* a callback did, while this waited for a buffer */
	fuzz_assert(result == (own ? 1 : RPMSG_SUCCESS) || result == RPMSG_ERR_DEV_STATE);
	fuzz_assert(rpmsg_find_ept(&liar.victim->rdev, addr) == NULL);
	end->lives = false;
	end->dying = own;
	forget(end);
	if (!own)
		memset(&end->ept, 0xdd, sizeof end->ept); /* ours again: whoever looks at it now is wrong */
	return true;
}

static void say(struct end *end, struct fuzz *in)
{
	static const uint8_t bytes[PAIR_BUF_SIZE] = { 1 };
	int len = (int)FUZZ_PICK(in, 0, 1, 4, 495, 496, 497, 512) & 0xffff;

	if (!end->lives)
		return;
	uint32_t sent = liar.victim->shm.transport.counters.sent;
	bool announces = liar.victim->rdev.announce_due; /* that goes first */
	int result = rpmsg_trysendto(&end->ept, bytes, len, fuzz_below(in, 3) == 0 ? RPMSG_ADDR_ANY : 5);
	fuzz_assert(result == len || result < 0);
	fuzz_assert(result == len || announces || liar.victim->shm.transport.counters.sent == sent);
	fuzz_assert(result < 0 || len <= 496);
}

static void act(struct fuzz *in)
{
	struct end *end = &ends[fuzz_below(in, ENDS)];

	switch (fuzz_below(in, 8)) {
	case 0:
	case 1:
		create(end, in);
		break;
	case 2:
		destroy(end);
		break;
	case 3:
		lend(end);
		break;
	case 4:
		give_back(&lent[fuzz_below(in, LENT_MAX)], true);
		break;
	case 5:
		give_back(&lent[fuzz_below(in, LENT_MAX)], false);
		break;
	case 6:
		say(end, in);
		break;
	default:
		if (end->lives)
			rpmsg_set_dest(&end->ept, fuzz_below(in, 2) == 0 ? RPMSG_ADDR_ANY : 6);
		break;
	}
}

static void hold(struct end *end, void *data)
{
	struct lent *place = room();

	if (place == NULL || !end->lives)
		return;
	fuzz_assert(rpmsg_hold_rx_buffer(&end->ept, data) == RPMSG_SUCCESS);
	fuzz_assert(rpmsg_hold_rx_buffer(&end->ept, data) == RPMSG_ERR_PARAM);
	*place = (struct lent){ end, data, true };
}

static void check_is_what_was_sent(const struct rpmsg_endpoint *ept, const void *data, size_t len, uint32_t src)
{
	struct lie *lie = liar_given(&liar);

	check_inside(data, len);
	fuzz_assert(len <= PAIR_BUF_SIZE - 16u);
	if (liar.wild != 0)
		return;
	fuzz_assert(!lie->bad && !lie->given && lie->dst == ept->addr && lie->src == src && lie->claimed == len);
	fuzz_assert(memcmp(lie->bytes, data, len) == 0);
	lie->given = true;
}

static int receive(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct end *end = (struct end *)priv;

	fuzz_assert(end->lives && &end->ept == ept);
	fuzz_assert(rpmsg_in_callback(&liar.victim->rdev));
	check_is_what_was_sent(ept, data, len, src);
	in_callback = true;
	fuzz_assert(rpmsg_poll(&liar.victim->rdev, 1) == RPMSG_ERR_PERM);
	uint8_t what = fuzz_u8(input);
	if (what & 1u)
		hold(end, data);
	for (unsigned n = what >> 1 & 3u; n > 0; n--)
		act(input);
	in_callback = false;
	accepted += (what & 8u) == 0;
	return (what & 8u) == 0 ? RPMSG_SUCCESS : RPMSG_ERR_PARAM;
}

/* ---- The peer ---- */

static uint32_t someone(struct fuzz *in)
{
	uint32_t which = fuzz_below(in, ENDS + 5u);

	if (which < ENDS)
		return ends[which].lives ? ends[which].ept.addr : 77;
	return FUZZ_PICK(in, 0, 53, 77, 78, 1024, 1025, RPMSG_ADDR_ANY);
}

static void forge(struct fuzz *in)
{
	uint8_t bytes[PAIR_BUF_SIZE];
	uint32_t len = FUZZ_PICK(in, 0, 1, 4, 15, 16, 40, 495, 496) % 497u;
	uint32_t claimed = fuzz_below(in, 2) == 0 ? len : FUZZ_PICK(in, 0, 1, 15, 16, 495, 496, 497, 512, 65520, 65535);

	memset(bytes, fuzz_u8(in), sizeof bytes);
	uint32_t src = FUZZ_PICK(in, 0, 5, 53, 77, 1025, RPMSG_ADDR_ANY);
	liar_send(&liar, src, someone(in), bytes, len, (uint16_t)claimed);
}

/* ---- The run ---- */

static void poll(unsigned budget)
{
	liar_poll(&liar, budget, &accepted);
	for (unsigned i = 0; i < ENDS; i++) {
		if (ends[i].dying)
			memset(&ends[i].ept, 0xdd, sizeof ends[i].ept);
		ends[i].dying = false;
	}
}

/* A driver that starts anew lets go at once. */
static void restart(void)
{
	rpmsg_restart(&liar.pair.driver.rdev);
	if (liar.victim == &liar.pair.driver)
		forget(NULL);
}

static void step(struct fuzz *in)
{
	uint8_t what = fuzz_u8(in);

	if (what == 0xff)
		liar_scribble(&liar, in);
	else if (what == 0xfe)
		restart();
	else if (what < 0x60)
		forge(in);
	else if (what < 0xa0)
		act(in);
	else if (what < 0xd0)
		poll(1u + what % 8u);
	else
		liar_breathe(&liar);
	if (liar.victim->shm.transport.mtu != 0 || rpmsg_link(&liar.victim->rdev) != WEFT_LINK_UP)
		fuzz_assert(rpmsg_buffers_out(&liar.victim->rdev) ==
		            (rpmsg_link(&liar.victim->rdev) == WEFT_LINK_UP ? out() : 0));
}

static void finish(void)
{
	for (unsigned i = 0; i < LENT_MAX; i++)
		give_back(&lent[i], i % 2u == 0);
	for (unsigned turn = 0;; turn++) {
		bool gone = true;

		for (unsigned i = 0; i < ENDS; i++)
			gone = destroy(&ends[i]) && gone;
		if (gone)
			break;
		liar_wait(&liar, turn);
		poll(16);
	}
	liar_drain(&liar, &accepted);
	liar_ends(&liar);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };

	memset(ends, 0, sizeof ends);
	memset(lent, 0, sizeof lent);
	accepted = 0;
	input = &in;
	liar_up(&liar, fuzz_below(&in, 2), NULL);
	liar.down = forget_all;
	while (fuzz_more(&in))
		step(&in);
	finish();
	return 0;
}
