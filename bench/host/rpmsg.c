/* SPDX-License-Identifier: Apache-2.0 */
/* Messages over RPMsg: copied in and out, or written and read where they are; polled busily, or slept for.
 *
 * One message is sent by rpmsg_trysendto() and goes out at once. More than one are sent by a task of the sender's poll,
 * which publishes them, and rings, once. */
#include <string.h>

#include "link.h"

#define FIRST_ADDRESS 100u
#define BUDGET 16u
#define WORD 8u /* what is written and read in place: the first bytes, and the last */

static struct rpmsg_endpoint endpoints[2][LINK_ENDPOINTS];
static struct rpmsg_endpoint *speaker[2];
static unsigned taken[2];
static uint32_t size;
static bool copies;

static bool try_send(struct rpmsg_endpoint *ept)
{
	if (copies)
		return rpmsg_trysendto(ept, bench_out, (int)size, ept->addr) >= 0;
	uint32_t room;
	uint8_t *data = rpmsg_try_tx_buffer(ept, &room);
	if (data == NULL)
		return false;
	memcpy(data, bench_out, WORD);
	memcpy(data + size - WORD, bench_out + WORD, WORD);
	return rpmsg_sendto_nocopy(ept, data, (int)size, ept->addr) >= 0;
}

/* ---- Receiving ---- */

/* An answer goes out at the end of the poll that we are in. */
static int count(struct rpmsg_endpoint *ept, unsigned *messages)
{
	++*messages;
	return !bench_answers || try_send(ept) ? RPMSG_SUCCESS : RPMSG_ERR_NO_BUFF;
}

static int copy_out(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)src;
	memcpy(bench_in, data, len);
	return count(ept, (unsigned *)priv);
}

static int look(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)src;
	memcpy(bench_in, data, WORD);
	memcpy(bench_in + WORD, (const uint8_t *)data + len - WORD, WORD);
	return count(ept, (unsigned *)priv);
}

static unsigned take(enum side side)
{
	struct link_end *end = &link_ends[side];

	taken[side] = 0;
	for (;;) {
		rpmsg_poll(&end->rdev, BUDGET);
		if (taken[side] != 0)
			return taken[side];
		link_wait(end);
	}
}

/* ---- Sending ---- */

struct batch {
	struct rpmsg_task task; /* first */
	enum side side;
	unsigned left;
};

static void send_batch(struct rpmsg_task *task)
{
	struct batch *batch = (struct batch *)(void *)task;

	while (batch->left > 0 && try_send(speaker[batch->side]))
		batch->left--;
}

/* Who sleeps waits for a buffer as programs do. */
static void send_one(enum side side)
{
	struct rpmsg_endpoint *ept = speaker[side];

	while (!try_send(ept)) {
		if (!link_ends[side].sleeps)
			bench_pause();
		else if (rpmsg_sendto(ept, bench_out, (int)size, ept->addr) >= 0)
			return;
	}
}

static void send(enum side side, unsigned n)
{
	struct batch batch = { .task = { .run = send_batch }, .side = side, .left = n };

	if (n == 1) {
		send_one(side);
		return;
	}
	for (;;) {
		rpmsg_task_start(&link_ends[side].rdev, &batch.task, 0);
		rpmsg_poll(&link_ends[side].rdev, BUDGET);
		if (batch.left == 0)
			return;
		send_one(side); /* full */
		if (--batch.left == 0)
			return;
	}
}

/* ---- Making ---- */

static void make(const struct plan *plan, bool sleeps)
{
	link_make(sleeps);
	size = plan->size;
	if (plan->endpoints == 0 || plan->endpoints > LINK_ENDPOINTS)
		bench_die("1 to 128 endpoints");
	for (int side = A; side <= B; side++) {
		for (uint32_t i = 0; i < plan->endpoints; i++) {
			struct rpmsg_endpoint_config config = {
				.src = FIRST_ADDRESS + i,
				.dest = FIRST_ADDRESS + i,
				.cb = copies ? copy_out : look,
				.priv = &taken[side],
			};

			speaker[side] = &endpoints[side][i];
			if (rpmsg_create_endpoint(speaker[side], &link_ends[side].rdev, &config) != 0)
				bench_die("no endpoint");
		}
	}
	link_settle();
}

static void make_copying(const struct plan *plan)
{
	copies = true;
	make(plan, false);
}

static void make_nocopy(const struct plan *plan)
{
	make(plan, false);
}

static void make_posix(const struct plan *plan)
{
	copies = true;
	make(plan, true);
}

static void make_posix_nocopy(const struct plan *plan)
{
	make(plan, true);
}

const struct peer peer_rpmsg = { .name = "rpmsg", .make = make_copying, .send = send, .take = take, .answers = true };
const struct peer peer_rpmsg_nocopy = {
	.name = "rpmsg-nocopy", .make = make_nocopy, .send = send, .take = take, .answers = true
};
const struct peer peer_rpmsg_posix = {
	.name = "rpmsg-posix", .make = make_posix, .send = send, .take = take, .answers = true
};
const struct peer peer_rpmsg_posix_nocopy = {
	.name = "rpmsg-posix-nocopy", .make = make_posix_nocopy, .send = send, .take = take, .answers = true
};
