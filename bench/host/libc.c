/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library has for two processes of one machine: pipe, unix sockets; and an eventfd, which carries nothing,
 * as the floor of whatever sleeps. */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

static int in[2]; /* of a side: where it reads */
static int out[2];
static uint32_t size;

static void pipes(const struct plan *plan, int flags)
{
	int to_b[2];
	int to_a[2];

	size = plan->size;
	if (pipe2(to_b, flags) != 0 || pipe2(to_a, flags) != 0)
		bench_die("no pipe");
	out[A] = to_b[1];
	in[B] = to_b[0];
	out[B] = to_a[1];
	in[A] = to_a[0];
}

static void make_pipe_spin(const struct plan *plan)
{
	pipes(plan, O_NONBLOCK);
}

static void make_pipe(const struct plan *plan)
{
	pipes(plan, 0);
}

static void sockets(const struct plan *plan, int type)
{
	int fds[2];

	size = plan->size;
	if (socketpair(AF_UNIX, type, 0, fds) != 0)
		bench_die("no socket pair");
	in[A] = out[A] = fds[0];
	in[B] = out[B] = fds[1];
}

static void make_stream(const struct plan *plan)
{
	sockets(plan, SOCK_STREAM);
}

static void make_seqpacket(const struct plan *plan)
{
	sockets(plan, SOCK_SEQPACKET);
}

static void make_eventfd(const struct plan *plan)
{
	(void)plan;
	size = 8;
	in[A] = out[B] = eventfd(0, 0);
	in[B] = out[A] = eventfd(0, 0);
	if (in[A] < 0 || in[B] < 0)
		bench_die("no eventfd");
	bench_out[0] = 1;
}

/* A stream may give and take a part. */
static void give(enum side side, unsigned n)
{
	for (; n > 0; n--) {
		for (uint32_t done = 0; done < size;) {
			ssize_t count = write(out[side], bench_out + done, size - done);

			if (count < 0 && errno != EAGAIN)
				bench_die("write failed");
			done += count > 0 ? (uint32_t)count : 0;
		}
	}
}

static unsigned take(enum side side)
{
	for (uint32_t done = 0; done < size;) {
		ssize_t count = read(in[side], bench_in + done, size - done);

		if (count == 0 || (count < 0 && errno != EAGAIN))
			bench_die("read failed");
		done += count > 0 ? (uint32_t)count : 0;
	}
	return 1;
}

const struct peer peer_pipe_spin = { .name = "pipe-spin", .make = make_pipe_spin, .send = give, .take = take };
const struct peer peer_pipe = { .name = "pipe", .make = make_pipe, .send = give, .take = take };
const struct peer peer_stream = { .name = "unix-stream", .make = make_stream, .send = give, .take = take };
const struct peer peer_seqpacket = { .name = "unix-seqpacket", .make = make_seqpacket, .send = give, .take = take };
const struct peer peer_eventfd = { .name = "eventfd", .make = make_eventfd, .send = give, .take = take, .trips = true };
