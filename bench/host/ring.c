/* SPDX-License-Identifier: Apache-2.0 */
/* The limit: a ring of one producer and one consumer that checks nothing. The flag stands in the slot, so that a small
 * message and the word of it are one cache line. */
#include <string.h>

#include "peer.h"

#define LINE 64u

struct slot {
	uint32_t full;
	uint8_t data[BENCH_SIZE_MAX];
};

static struct {
	uint8_t *slots;
	uint32_t out; /* of the next one to fill */
	uint32_t in;
} rings[2]; /* of what A sends, of what B sends */

static uint32_t size;
static uint32_t stride;

static struct slot *slot_at(enum side from, uint32_t index)
{
	return (struct slot *)(void *)(rings[from].slots + index % BENCH_BUFFERS * stride);
}

static void make(const struct plan *plan)
{
	size = plan->size;
	stride = (size + (uint32_t)sizeof(uint32_t) + LINE - 1u) & ~(LINE - 1u);
	for (int side = A; side <= B; side++)
		rings[side].slots = bench_share(BENCH_BUFFERS * stride);
}

static void send(enum side side, unsigned n)
{
	for (; n > 0; n--) {
		struct slot *slot = slot_at(side, rings[side].out++);

		while (__atomic_load_n(&slot->full, __ATOMIC_ACQUIRE) != 0)
			bench_pause();
		memcpy(slot->data, bench_out, size);
		__atomic_store_n(&slot->full, 1u, __ATOMIC_RELEASE);
	}
}

static unsigned take(enum side side)
{
	enum side from = side == A ? B : A;
	struct slot *slot = slot_at(from, rings[from].in++);

	while (__atomic_load_n(&slot->full, __ATOMIC_ACQUIRE) == 0) {
	}
	memcpy(bench_in, slot->data, size);
	__atomic_store_n(&slot->full, 0, __ATOMIC_RELEASE);
	return 1;
}

const struct peer peer_ring = { .name = "ring", .make = make, .send = send, .take = take };
