/* SPDX-License-Identifier: Apache-2.0 */
/* How the link touches shared memory: what a peer says is read once, ring words by atomics in the order that the other
 * side relies on, and a poll does no more of it than docs/security.md promises. */
#include "trace/trace.h"
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY

/* What docs/security.md promises of a poll. A message is one that it takes, an answer one that a callback sends;
 * descriptors count in the poll in which a driver lays the rings. */
#define PER_POLL 12u
#define PER_MESSAGE 7u
#define PER_ANSWER 11u /* five of them the header's words */
#define PER_DESCRIPTOR 5u
#define PER_TABLE 27u /* a word at a time, when a driver asks and when a device looks at what it is asked */

static struct pair pair;
static struct core *from;
static struct core *to;
static struct rpmsg_endpoint sender;
static struct rpmsg_endpoint receiver; /* at 77 */
static unsigned answers;               /* that the callback sends to each message */
static unsigned tries;                 /* to send them */

static int answer(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)priv;
	for (unsigned i = 0; i < answers; i++, tries++)
		rpmsg_trysendto(ept, "weft", 4, src);
	return RPMSG_SUCCESS;
}

/* side 0: the driver sends. */
static void connect(int side)
{
	pair_up(&pair);
	trace_memory(pair.memory, PAIR_REGION);
	answers = 0;
	from = side == 0 ? &pair.driver : &pair.device;
	to = from->other;
	assert_int_equal(rpmsg_create_ept(&sender, &from->rdev, NULL, ANY, 77, NULL, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&receiver, &to->rdev, NULL, 77, ANY, answer, NULL), 0);
	pair_settle(&pair);
}

static void send(unsigned n)
{
	while (n-- > 0)
		assert_int_equal(rpmsg_trysend(&sender, "weft", 4), 4);
}

static int traced_poll(struct core *core, unsigned budget)
{
	trace_begin();
	int taken = rpmsg_poll(&core->rdev, budget);
	trace_end();
	return taken;
}

/* ---- Where things are ---- */

static uint32_t at(const void *word)
{
	return (uint32_t)((const uint8_t *)word - pair.memory);
}

/* The vring by which a core sends or receives: who reads there which head, who writes which. */
struct ends {
	uint32_t desc;
	uint32_t ours;
	uint32_t theirs;
	uint32_t ours_end;
	uint32_t theirs_end;
};

static struct ends ends_of(struct core *core, bool sends)
{
	bool driver = core == &pair.driver;
	struct vring vring = pair_vring(&pair, driver == sends ? 1 : 0);
	uint32_t avail = at(vring.avail);
	uint32_t used = at(vring.used);
	uint32_t avail_end = avail + 4u + 2u * PAIR_NUM;
	uint32_t used_end = used + 4u + 8u * PAIR_NUM;

	return driver ? (struct ends){ at(vring.desc), avail, used, avail_end, used_end }
	              : (struct ends){ at(vring.desc), used, avail, used_end, avail_end };
}

#define FLAGS 0u /* in a ring's head */
#define IDX 2u
#define ENTRIES 4u

/* ---- Where accesses are in the log; -1: nowhere ---- */

static bool is_in(const struct trace_access *access, enum trace_kind kind, uint32_t begin, uint32_t end)
{
	return access->kind == kind && (kind == TRACE_FENCE || (access->at < end && begin < access->at + access->size));
}

static int first(enum trace_kind kind, uint32_t begin, uint32_t end)
{
	for (unsigned i = 0; i < trace.count; i++) {
		if (is_in(&trace.log[i], kind, begin, end))
			return (int)i;
	}
	return -1;
}

static int last(enum trace_kind kind, uint32_t begin, uint32_t end)
{
	int found = -1;

	for (unsigned i = 0; i < trace.count; i++) {
		if (is_in(&trace.log[i], kind, begin, end))
			found = (int)i;
	}
	return found;
}

/* Both are there, the first one entirely before the other. */
static void expect_before(int a, int b)
{
	assert_true(a >= 0 && b >= 0);
	assert_true(a < b);
}

static void expect_fence_between(int a, int b)
{
	expect_before(a, b);
	for (int i = a; i < b; i++) {
		if (trace.log[i].kind == TRACE_FENCE && trace.log[i].order == __ATOMIC_SEQ_CST)
			return;
	}
	fail_msg("no fence");
}

/* Every access of this kind to the word has the order. */
static void expect_order(enum trace_kind kind, uint32_t word, int order)
{
	assert_true(first(kind, word, word + 1u) >= 0);
	for (unsigned i = 0; i < trace.count; i++) {
		if (is_in(&trace.log[i], kind, word, word + 1u))
			assert_int_equal(trace.log[i].order, order);
	}
}

/* ---- Once ---- */

static void say(const char *name, uint32_t addr, uint32_t flags)
{
	uint8_t message[40] = { 0 };

	memcpy(message, name, strlen(name) + 1u);
	memcpy(message + 32, &addr, 4);
	memcpy(message + 36, &flags, 4);
	pair_forge(from, addr, RPMSG_NS_EPT_ADDR, message, sizeof message, sizeof message);
}

static bool is_head_of_a_ring(uint32_t byte)
{
	for (int ring = 0; ring < 2; ring++) {
		struct vring vring = pair_vring(&pair, ring);

		if (byte - at(vring.avail) < ENTRIES || byte - at(vring.used) < ENTRIES)
			return true;
	}
	return false;
}

/* Entries, descriptors, headers, names: what was checked is what is used. Heads and lines are words that may change,
 * and are looked at again. */
static void what_a_peer_says_is_read_once(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		answers = 1;
		send(2);
		say("loom", 2000, 0);
		say("loom", 2000, 1);
		say("", 2000, 0);
		pair_forge(from, 5, 77, "lie", 3, 60000);
		pair_forge(from, 5, 99, "nobody", 6, 6);
		assert_int_equal(traced_poll(to, 16), 7);
		uint32_t header = at(to->shm.rx.region->base + (to->shm.rx.entries[0].at & ~3u));
		assert_int_equal(trace_loads_of(header), 1); /* it is seen */
		for (uint32_t byte = VIRTIO_HEAD_SIZE; byte < PAIR_REGION; byte++) {
			if (!is_head_of_a_ring(byte) && trace_loads_of(byte) > 1)
				fail_msg("byte %u is read %u times", byte, trace_loads_of(byte));
		}
	}
}

static void the_table_is_read_once(void **state)
{
	(void)state;
	pair_init(&pair);
	trace_memory(pair.memory, PAIR_REGION);
	rpmsg_poll(&pair.driver.rdev, 16);
	traced_poll(&pair.device, 16);
	assert_int_equal(trace_loads_of(offsetof(struct rsc_table, vdev.vring[1].da)), 1);
	for (uint32_t byte = 0; byte < sizeof(struct rsc_table); byte++) {
		bool status = byte == offsetof(struct rsc_table, vdev.status);

		/* Not all of it is looked at. */
		assert_true(trace_loads_of(byte) <= (status ? 2 : 1));
	}
}

static void ring_words_are_touched_by_atomics_only(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		answers = 2;
		send(3);
		assert_int_equal(traced_poll(to, 16), 3);
		for (unsigned i = 0; i < trace.count; i++) {
			const struct trace_access *access = &trace.log[i];

			for (int ring = 0; ring < 2; ring++) {
				struct vring vring = pair_vring(&pair, ring);
				uint32_t avail = at(vring.avail);
				uint32_t used = at(vring.used);

				if (access->kind == TRACE_FENCE || access->atomic)
					continue;
				assert_true(access->at + access->size <= avail ||
				            access->at >= avail + ENTRIES + 2u * PAIR_NUM);
				assert_true(access->at + access->size <= used ||
				            access->at >= used + ENTRIES + 8u * PAIR_NUM);
			}
			assert_true(access->kind == TRACE_FENCE || access->atomic || access->at >= VIRTIO_HEAD_SIZE);
		}
	}
}

/* ---- In order ---- */

/* Index before entry, entry before descriptor and header, for who receives. */
static void what_is_received_is_read_after_the_index_that_offers_it(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		send(3);
		assert_int_equal(traced_poll(to, 16), 3);
		struct ends rx = ends_of(to, false);
		uint32_t buffers = at(pair.memory) + to->shm.rx.entries[0].at;
		expect_order(TRACE_LOAD, rx.theirs + IDX, __ATOMIC_ACQUIRE);
		int index = first(TRACE_LOAD, rx.theirs + IDX, rx.theirs + ENTRIES);
		int entry = first(TRACE_LOAD, rx.theirs + ENTRIES, rx.theirs_end);
		expect_before(index, entry);
		if (to == &pair.device)
			expect_before(entry, first(TRACE_LOAD, rx.desc, rx.theirs));
		expect_before(entry, first(TRACE_LOAD, buffers & ~3u, PAIR_REGION));
	}
}

/* Payload, header and entries before the index; index, fence, and then the other's flags. */
static void what_is_sent_is_written_before_the_index_that_offers_it(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		answers = 1;
		send(3);
		assert_int_equal(traced_poll(to, 16), 3);
		for (int sends = 0; sends < 2; sends++) { /* received buffers go back the same way */
			struct ends ring = ends_of(to, sends == 1);
			int index = first(TRACE_STORE, ring.ours + IDX, ring.ours + ENTRIES);

			expect_order(TRACE_STORE, ring.ours + IDX, __ATOMIC_RELEASE);
			assert_int_equal(index, last(TRACE_STORE, ring.ours + IDX, ring.ours + ENTRIES));
			expect_before(last(TRACE_STORE, ring.ours + ENTRIES, ring.ours_end), index);
			expect_fence_between(index, first(TRACE_LOAD, ring.theirs + FLAGS, ring.theirs + IDX));
		}
		struct ends tx = ends_of(to, true);
		struct virtio_layout layout;
		virtio_layout_compute(&pair.layout, &layout);
		expect_before(last(TRACE_STORE, layout.buffers[0], PAIR_REGION),
		              first(TRACE_STORE, tx.ours + IDX, tx.ours + ENTRIES));
	}
}

static void who_asks_for_kicks_looks_again_behind_a_fence(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		while (rpmsg_get_tx_buffer(&receiver, NULL, 0) != NULL) {
			/* what is known to be there is not looked for */
		}
		trace_begin();
		to->shm.transport.ops->arm(&to->shm.transport, true);
		trace_end();
		for (int sends = 0; sends < 2; sends++) {
			struct ends ring = ends_of(to, sends == 1);

			expect_fence_between(last(TRACE_STORE, ring.ours + FLAGS, ring.ours + IDX),
			                     first(TRACE_LOAD, ring.theirs + IDX, ring.theirs + ENTRIES));
		}
	}
}

#define TABLE_END ((uint32_t)sizeof(struct rsc_table))
#define STATUS ((uint32_t)offsetof(struct rsc_table, vdev.status))
#define GFEATURES ((uint32_t)offsetof(struct rsc_table, vdev.gfeatures))
#define DRIVER_EPOCH VIRTIO_HEAD_DRIVER
#define DEVICE_EPOCH VIRTIO_HEAD_DEVICE
#define DEVICE_FEATURES (VIRTIO_HEAD_DEVICE + 4u)
#define DEVICE_FLAGS (VIRTIO_HEAD_DEVICE + 8u)

static int word(enum trace_kind kind, uint32_t begin)
{
	return last(kind, begin, begin + 1u);
}

/* The four stores of docs/protocol.md, "Reset", and the loads that they pair with. */
static void every_step_of_the_handshake_is_in_order(void **state)
{
	(void)state;
	pair_init(&pair);
	trace_memory(pair.memory, PAIR_REGION);
	traced_poll(&pair.driver, 16); /* asks */
	expect_order(TRACE_STORE, DRIVER_EPOCH, __ATOMIC_RELEASE);
	expect_before(first(TRACE_STORE, STATUS, STATUS + 1u), last(TRACE_STORE, 0, TABLE_END));
	expect_before(last(TRACE_STORE, 0, TABLE_END), word(TRACE_STORE, DRIVER_EPOCH));

	traced_poll(&pair.device, 16); /* echoes */
	expect_order(TRACE_LOAD, DRIVER_EPOCH, __ATOMIC_ACQUIRE);
	expect_before(word(TRACE_LOAD, DRIVER_EPOCH), first(TRACE_LOAD, 0, TABLE_END));
	assert_int_equal(trace.log[word(TRACE_STORE, DEVICE_EPOCH)].order, __ATOMIC_RELEASE);
	expect_before(word(TRACE_STORE, DEVICE_FEATURES), word(TRACE_STORE, DEVICE_EPOCH));
	expect_before(word(TRACE_STORE, DEVICE_FLAGS), word(TRACE_STORE, DEVICE_EPOCH));

	traced_poll(&pair.driver, 16); /* goes */
	assert_int_equal(trace.log[first(TRACE_LOAD, DEVICE_EPOCH, DEVICE_EPOCH + 1u)].order, __ATOMIC_ACQUIRE);
	expect_before(first(TRACE_LOAD, DEVICE_EPOCH, DEVICE_EPOCH + 1u), word(TRACE_LOAD, DEVICE_FLAGS));
	expect_before(first(TRACE_LOAD, DEVICE_EPOCH, DEVICE_EPOCH + 1u),
	              first(TRACE_STORE, VIRTIO_HEAD_SIZE, PAIR_REGION));
	expect_order(TRACE_STORE, STATUS, __ATOMIC_RELEASE);
	expect_before(last(TRACE_STORE, VIRTIO_HEAD_SIZE, PAIR_REGION), word(TRACE_STORE, STATUS));
	expect_before(word(TRACE_STORE, GFEATURES), word(TRACE_STORE, STATUS));

	traced_poll(&pair.device, 16); /* goes too */
	expect_order(TRACE_LOAD, STATUS, __ATOMIC_ACQUIRE);
	expect_before(word(TRACE_LOAD, STATUS), word(TRACE_LOAD, GFEATURES));
	expect_before(word(TRACE_LOAD, STATUS), first(TRACE_LOAD, VIRTIO_HEAD_SIZE, PAIR_REGION));
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_UP);

	vring_avail_ring(pair_vring(&pair, 1).avail)[0] = 60000;
	pair_vring(&pair, 1).avail->idx = 1;
	rpmsg_poll(&pair.device.rdev, 16);
	traced_poll(&pair.device, 16); /* is in error */
	expect_order(TRACE_STORE, DEVICE_EPOCH, __ATOMIC_RELEASE);
	expect_before(word(TRACE_STORE, DEVICE_FLAGS), word(TRACE_STORE, DEVICE_EPOCH));
}

/* ---- Bounded ---- */

static void expect_bounded(struct core *core, unsigned budget, unsigned more)
{
	tries = 0;
	traced_poll(core, budget);
	unsigned allowed = PER_POLL + PER_MESSAGE * budget + PER_ANSWER * tries + more;
	if (trace_accesses() > allowed)
		fail_msg("%u accesses, %u allowed, budget %u, %u answers", trace_accesses(), allowed, budget, tries);
}

static void an_idle_poll_costs_the_same_however_often_the_bell_rings(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		to->rdev.polled_by = RPMSG_POLLED_BY_INTERRUPT; /* every poll looks again before it ends */
		for (int i = 0; i < 1000; i++)
			expect_bounded(to, 0, 0);
		for (int i = 0; i < 1000; i++) {
			assert_int_equal(traced_poll(to, 16), 0);
			assert_true(trace_accesses() <= PER_POLL);
		}
	}
}

/* The peer fills its ring anew before each poll: there is always more than the budget. */
static void a_poll_costs_what_its_budget_says(void **state)
{
	static const uint16_t claims[] = { 4, 0, 60000 };

	(void)state;
	for (int side = 0; side < 2; side++) {
		for (unsigned budget = 0; budget <= PAIR_NUM; budget++) {
			connect(side);
			for (unsigned round = 0; round < 24; round++) {
				struct weft_transport *tx = &from->shm.transport;
				uint8_t *payload;

				rpmsg_poll(&from->rdev, 16);
				while ((payload = tx->ops->get_tx(tx, from)) != NULL) {
					tx->ops->drop(tx, from, payload);
					pair_forge(from, 5, 77, "weft", 4, claims[round % 3u]);
				}
				answers = round % 4u;
				expect_bounded(to, budget, 0);
			}
		}
	}
}

static void names_cost_what_messages_do(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		connect(side);
		for (uint32_t i = 0; i < 1000; i++) {
			char name[8] = { 'l', (char)('a' + i % 26u), (char)('a' + i / 26u % 26u), 0 };

			say(name, 2000 + i % 7u, i % 3u == 0);
			expect_bounded(to, 1, 0);
			rpmsg_poll(&from->rdev, 16);
		}
	}
}

static uint32_t random_state;

static uint32_t below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

static void scribble(void)
{
	static const uint32_t values[] = { 0, 1, 7, 8, 9, 0x7fff, 0x8000, 0xffff, 0xffffffff, PAIR_ADDRESS };
	struct virtio_layout layout;

	virtio_layout_compute(&pair.layout, &layout);
	for (uint32_t n = 1 + below(8); n > 0; n--) {
		uint32_t to_byte = below(2) ? below(VIRTIO_HEAD_SIZE) : layout.vring[below(2)] + below(262);

		memcpy(pair.memory + to_byte, &values[below(10)], 1u << below(3));
	}
}

static void a_poll_is_bounded_whatever_is_in_the_memory(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 1000; seed++) {
		random_state = seed * 2654435761u;
		connect((int)below(2));
		answers = below(3);
		for (int turn = 0; turn < 20; turn++) {
			if (below(3) == 0)
				scribble();
			rpmsg_trysend(&sender, "weft", 4);
			if (below(8) == 0)
				rpmsg_restart(&pair.driver.rdev);
			expect_bounded(from, below(9), PER_TABLE + PER_DESCRIPTOR * 2u * PAIR_NUM);
			expect_bounded(to, below(9), PER_TABLE + PER_DESCRIPTOR * 2u * PAIR_NUM);
		}
	}
}

static void rings_are_laid_in_so_many_accesses(void **state)
{
	(void)state;
	pair_init(&pair);
	trace_memory(pair.memory, PAIR_REGION);
	for (int i = 0; i < 5; i++) {
		expect_bounded(&pair.driver, 0, i == 0 ? PER_TABLE : PER_DESCRIPTOR * 2u * PAIR_NUM);
		expect_bounded(&pair.device, 0, PER_TABLE);
	}
	assert_int_equal(rpmsg_link(&pair.device.rdev), WEFT_LINK_UP);
}

/* ---- Cache lines ---- */

#define LINE 64u /* the pair's alignment */

/* A line that both write goes to and fro, and where caches are not coherent takes the other's word with it. Buffers
 * have one owner at a time; received ones are not written at all (test_receive.c). */
static void no_line_is_written_by_both(void **state)
{
	static uint8_t writers[PAIR_REGION / LINE];
	struct virtio_layout layout;

	(void)state;
	connect(0);
	memset(writers, 0, sizeof writers);
	virtio_layout_compute(&pair.layout, &layout);
	answers = 1;
	for (int turn = 0; turn < 8; turn++) {
		for (int i = 0; i < 2; i++) {
			struct core *core = i == 0 ? from : to;

			trace_begin();
			rpmsg_trysendto(i == 0 ? &sender : &receiver, "weft", 4, 77);
			rpmsg_poll(&core->rdev, 16);
			core->shm.transport.ops->arm(&core->shm.transport, true);
			core->shm.transport.ops->disarm(&core->shm.transport);
			trace_end();
			for (unsigned n = 0; n < trace.count; n++) {
				if (is_in(&trace.log[n], TRACE_STORE, 0, layout.buffers[0]))
					writers[trace.log[n].at / LINE] |= (uint8_t)(1u << i);
			}
		}
	}
	unsigned lines[4] = { 0 };
	for (uint32_t i = 0; i < layout.buffers[0] / LINE; i++)
		lines[writers[i]]++;
	assert_true(lines[1] > 0 && lines[2] > 0);
	assert_int_equal(lines[3], 0);
	/* Nor the words that say who they are. */
	assert_true(VIRTIO_HEAD_DRIVER / LINE != VIRTIO_HEAD_DEVICE / LINE);
	assert_true(sizeof(struct rsc_table) <= VIRTIO_HEAD_DRIVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_peer_says_is_read_once),
		cmocka_unit_test(the_table_is_read_once),
		cmocka_unit_test(ring_words_are_touched_by_atomics_only),
		cmocka_unit_test(what_is_received_is_read_after_the_index_that_offers_it),
		cmocka_unit_test(what_is_sent_is_written_before_the_index_that_offers_it),
		cmocka_unit_test(who_asks_for_kicks_looks_again_behind_a_fence),
		cmocka_unit_test(every_step_of_the_handshake_is_in_order),
		cmocka_unit_test(an_idle_poll_costs_the_same_however_often_the_bell_rings),
		cmocka_unit_test(a_poll_costs_what_its_budget_says),
		cmocka_unit_test(names_cost_what_messages_do),
		cmocka_unit_test(a_poll_is_bounded_whatever_is_in_the_memory),
		cmocka_unit_test(rings_are_laid_in_so_many_accesses),
		cmocka_unit_test(no_line_is_written_by_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
