/* SPDX-License-Identifier: Apache-2.0 */
/* The remote core of the Linux under test, a process: what its files share. */
#ifndef TESTS_LINUX_REMOTE_H
#define TESTS_LINUX_REMOTE_H

#include "weft/ivshmem.h"
#include "weft/rpmsg.h"
#include "weft/shm.h"

#define REMOTE_BUFFERS 256u
#define REMOTE_ENDPOINTS 16u
#define REMOTE_CHANNELS 8u

struct remote {
	struct weft_ivshmem ivshmem;
	struct weft_shm_linux to_linux;
	struct weft_shm shm;
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[2 * REMOTE_BUFFERS];
	struct rpmsg_endpoint *endpoints[REMOTE_ENDPOINTS];
	struct rpmsg_channel channels[REMOTE_CHANNELS];
	unsigned budget;  /* messages a poll */
	uint32_t work_us; /* that sink takes for each */
	uint32_t fault;   /* enum weft_check: of the last bad message or broken link */
	bool stalled;
};
extern struct remote remote;

/* ---- services.c ---- */

int services_open(void);
/* Answer what came, as far as there are buffers. */
void services_run(void);
/* The link is gone, and with it what came. */
void services_drop(void);
extern struct rpmsg_endpoint echo, tty, client, sink;
extern uint32_t last_source; /* whom echo heard last */
extern long unbound;         /* times that client lost its peer */
extern long sunk, astray;    /* messages that sink has had; of them, not the next of their writer */
void writers_anew(void);
int echo_announce(void);

/* ---- commands.c ---- */

/* Begin what a line says. False: there is no such command. */
bool command_begin(const char *line);
/* Go on with it. True: it is over, and *answer is what to say. */
bool command_run(long *answer);

/* ---- lies.c: what an honest remote core does not do ---- */

/* One malformed message, or malformed ring words, by name. False: there is none of that name. */
bool lie_message(const char *kind);
bool lie_ring(const char *kind);

#endif
