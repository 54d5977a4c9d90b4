/* SPDX-License-Identifier: Apache-2.0 */
/* The posix port: two processes of one Linux machine stand for two cores.
 *
 * The driver listens on a unix socket, makes the shared memory (a sealed memfd) and two doorbells (eventfds), and
 * passes them to the device that connects. The socket then says one thing more: whether the other is alive. A new
 * device gets the same memory; a new driver brings new memory. Device addresses are offset + 0x10000000, so that a
 * forgotten translation crashes in the first test. */
#ifndef WEFT_POSIX_H
#define WEFT_POSIX_H

#include <pthread.h>

#include "weft/port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_POSIX_ADDRESS 0x10000000u
#define WEFT_POSIX_PATH_MAX 108 /* of a unix socket, its NUL included */

struct weft_posix_config {
	const char *path; /* of the socket; the driver makes it and removes it */
	bool driver;      /* listen and make the memory; else connect */
	bool threads;  /* several threads use the link: lock, and let them sleep. Else one does, and no lock is taken */
	uint32_t size; /* bytes of memory: driver, as it shall be; device, the most that it accepts */
};

/* Private. */
struct weft_posix {
	struct weft_port port; /* first: give &posix.port to the transport */
	pthread_mutex_t mutex;
	char path[WEFT_POSIX_PATH_MAX];
	uint32_t size;
	uint32_t session; /* 0: nobody there */
	uint32_t last_session;
	uint32_t looks;                         /* since the socket was last asked */
	int listener;                           /* driver */
	int socket;                             /* to the peer; -1: none */
	int memory;                             /* driver */
	int bell_in;                            /* rung by the peer */
	int bell_out;                           /* rung by us */
	bool (*meet)(struct weft_posix *posix); /* true: here is the peer */
	bool driver;
	bool socket_spoke; /* relax saw something there */
};

/* Open one end. Returns at once, whether the other is there or not. 0, or a negative errno:
 *   -EINVAL      path missing or too long, size 0
 *   -EADDRINUSE  driver: another one listens on path
 *   others       of socket, bind, memfd_create, eventfd, mmap: no rights, no memory, no descriptors
 * path is copied. After an error nothing is open. Before any other thread knows of posix. */
int weft_posix_open(struct weft_posix *posix, const struct weft_posix_config *config);

/* Close: the peer sees us gone. Pointers into the region are void. Once, after weft_posix_open() was well and when no
 * thread uses the link any more: nobody is waited for. */
void weft_posix_close(struct weft_posix *posix);

#ifdef __cplusplus
}
#endif

#endif
