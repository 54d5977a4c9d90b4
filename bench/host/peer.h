/* SPDX-License-Identifier: Apache-2.0 */
/* A peer of the benchmark: a way to get bytes from one core to the other. */
#ifndef WEFT_BENCH_PEER_H
#define WEFT_BENCH_PEER_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_SIZE_MAX 480u
#define BENCH_BUFFERS 64u   /* in each direction */
#define BENCH_BUF_SIZE 512u /* bytes, header included */

/* A begins: the driver, the client, the process that measures. */
enum side { A, B };

struct plan {
	uint32_t size;      /* bytes of a message, 16 to BENCH_SIZE_MAX */
	uint32_t endpoints; /* on either side; the last one is spoken to */
};

struct peer {
	const char *name;
	/* Both sides are made in one process, which then becomes two: each has a copy of both, and uses its own. */
	void (*make)(const struct plan *plan);
	/* n messages out of bench_out, told to the other side at once where that can be. Waits for room. */
	void (*send)(enum side side, unsigned n);
	/* What has come, into bench_in: how many messages. Waits for one. */
	unsigned (*take)(enum side side);
	bool answers; /* take() sends the answers itself while bench_answers: before it gives the buffers back */
	bool trips;   /* round trips only: one message at a time */
	bool calls;   /* there is always an answer */
};

extern const struct peer *const bench_peers[];

/* Private memory of the process: what is sent, and where what comes is copied to. */
extern uint8_t bench_out[BENCH_SIZE_MAX];
extern uint8_t bench_in[BENCH_SIZE_MAX];

/* This side answers each message. */
extern bool bench_answers;
/* Instructions are counted: a clock that ticks by itself, for counts that are the same each time. */
extern bool bench_counts;

extern const struct peer peer_ring;
extern const struct peer peer_virtqueue;
extern const struct peer peer_rpmsg;
extern const struct peer peer_rpmsg_nocopy;
extern const struct peer peer_rpmsg_posix;
extern const struct peer peer_rpmsg_posix_nocopy;
extern const struct peer peer_call;
extern const struct peer peer_call_posix;
extern const struct peer peer_pipe_spin;
extern const struct peer peer_pipe;
extern const struct peer peer_stream;
extern const struct peer peer_seqpacket;
extern const struct peer peer_eventfd;

/* Memory that both processes share, zeroed, whole pages. Ends the program when there is none. */
void *bench_share(uint32_t size);
/* Say what went wrong, and end. */
_Noreturn void bench_die(const char *what);
/* A pause of a loop that waits for the other core. */
void bench_pause(void);

#endif
