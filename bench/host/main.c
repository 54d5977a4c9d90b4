/* SPDX-License-Identifier: Apache-2.0 */
/* Measure one peer. scripts/bench runs this and prints the table.
 *     bench speed <peer> <bytes> <endpoints> <round trips> <messages> [one]
 *         two processes on two processors, "one": on one, round trips only. Prints lines of name=value: line is the
 *         round trip of a cache line just before and just after what stands beside it.
 *     bench count <peer> <bytes> <endpoints> <messages> <batch> <from>
 *         both sides in one thread, a message from side <from> (A or B), for a tool that counts instructions
 * Numbers that nothing bounds are for the script that runs us. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"
#include "timing.h"

#define BATCH 16u
#define PATIENCE_S 60

const struct peer *const bench_peers[] = {
	&peer_ring,
	&peer_virtqueue,
	&peer_rpmsg,
	&peer_rpmsg_nocopy,
	&peer_call,
	&peer_rpmsg_posix,
	&peer_rpmsg_posix_nocopy,
	&peer_call_posix,
	&peer_pipe_spin,
	&peer_pipe,
	&peer_stream,
	&peer_seqpacket,
	&peer_eventfd,
	NULL,
};

uint8_t bench_out[BENCH_SIZE_MAX];
uint8_t bench_in[BENCH_SIZE_MAX];
bool bench_answers;
bool bench_counts;

static uint32_t *received; /* by B, in shared memory */

_Noreturn void bench_die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

void *bench_share(uint32_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		bench_die("no shared memory");
	return memory;
}

void bench_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

/* ---- Two processes ---- */

struct speed {
	const struct peer *peer;
	enum side side;
	uint32_t trips;
	uint32_t messages;
	bool one_core;
};

static double line_of(const struct speed *speed)
{
	return speed->one_core ? 0 : timing_line_ns(speed->side);
}

static void take_all(const struct speed *speed, uint32_t count)
{
	for (uint32_t taken = 0; taken < count;)
		taken += speed->peer->take(speed->side);
}

static void measure_trips(const struct speed *speed)
{
	const struct peer *peer = speed->peer;
	struct trips trips = { malloc(speed->trips * sizeof(uint32_t)), speed->trips };
	double before = line_of(speed);

	if (trips.ticks == NULL)
		bench_die("no memory");
	bench_answers = speed->side == B;
	for (uint32_t i = 0; i < trips.count; i++) {
		uint64_t start = timing_now();

		if (speed->side == A)
			peer->send(A, 1);
		take_all(speed, 1);
		if (speed->side == B && !peer->answers)
			peer->send(B, 1);
		trips.ticks[i] = (uint32_t)(timing_now() - start);
	}
	double after = line_of(speed);
	bench_answers = false;
	if (speed->side == A)
		printf("trip p50=%.1f p99=%.1f line=%.1f,%.1f\n", timing_part_ns(&trips, 0.5),
		       timing_part_ns(&trips, 0.99), before, after);
	free(trips.ticks);
}

static void measure_rate(const struct speed *speed, unsigned batch)
{
	uint32_t count = speed->messages / batch * batch;
	double before = line_of(speed);
	uint64_t start = timing_now();

	if (speed->side == B) {
		take_all(speed, count);
		__atomic_store_n(received, count, __ATOMIC_RELEASE);
	} else {
		for (uint32_t sent = 0; sent < count; sent += batch)
			speed->peer->send(A, batch);
		while (__atomic_load_n(received, __ATOMIC_ACQUIRE) != count)
			bench_pause();
		__atomic_store_n(received, 0, __ATOMIC_RELAXED);
	}
	double ns = (double)(timing_now() - start) * timing_tick_ns();
	double after = line_of(speed);
	if (speed->side == A)
		printf("rate batch=%u mmsgs=%.4f line=%.1f,%.1f\n", batch, count * 1000.0 / ns, before, after);
}

/* Both processes go through the same steps. */
static void measure(const struct speed *speed)
{
	timing_tick_ns();
	timing_bind(speed->one_core ? 0 : (unsigned)speed->side);
	measure_trips(speed);
	if (speed->one_core || speed->peer->trips)
		return;
	measure_rate(speed, 1);
	measure_rate(speed, BATCH);
}

static int run_speed(struct speed *speed, const struct plan *plan)
{
	int status = 0;

	timing_share();
	received = bench_share(4096);
	speed->peer->make(plan);
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		bench_die("fork failed");
	speed->side = child == 0 ? B : A;
	alarm(PATIENCE_S);
	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	measure(speed);
	if (child == 0)
		exit(0);
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

/* ---- One thread ---- */

static int run_count(const struct peer *peer, const struct plan *plan, uint32_t messages, unsigned batch,
                     enum side from)
{
	enum side to = from == A ? B : A;

	bench_counts = true;
	peer->make(plan);
	for (uint32_t sent = 0; sent < messages; sent += batch) {
		peer->send(from, batch);
		for (unsigned taken = 0; taken < batch;)
			taken += peer->take(to);
		if (peer->calls)
			peer->take(from);
	}
	return 0;
}

/* ---- Arguments ---- */

static const struct peer *peer_named(const char *name)
{
	for (const struct peer *const *peer = bench_peers; *peer != NULL; peer++) {
		if (strcmp((*peer)->name, name) == 0)
			return *peer;
	}
	bench_die("there is no such peer");
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	if (argc < 7)
		bench_die("scripts/bench runs this");
	const struct peer *peer = peer_named(argv[2]);
	struct plan plan = { .size = number(argv[3]), .endpoints = number(argv[4]) };
	if (plan.size < 16 || plan.size > BENCH_SIZE_MAX)
		bench_die("16 to 480 bytes");
	if (strcmp(argv[1], "count") == 0 && argc == 8)
		return run_count(peer, &plan, number(argv[5]), number(argv[6]), argv[7][0] == 'A' ? A : B);
	struct speed speed = {
		.peer = peer, .trips = number(argv[5]), .messages = number(argv[6]), .one_core = argc == 8
	};
	return run_speed(&speed, &plan);
}
