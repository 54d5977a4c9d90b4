/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the posix port. */
#ifndef WEFT_PORT_POSIX_H
#define WEFT_PORT_POSIX_H

#include <stddef.h>

#include "weft/posix.h"

/* meet.c: look for the peer; the session as port.h has it. */
uint32_t weft_posix_session(struct weft_port *port);

/* As weft_posix_open(), which gives what is its own: set_up() makes the socket and the memory, 0 or a negative errno;
 * meet() looks for the peer while there is none, and leaves its socket. */
int weft_posix_start(struct weft_posix *posix, const struct weft_posix_config *config,
                     int (*set_up)(struct weft_posix *posix), bool (*meet)(struct weft_posix *posix));

/* meet.c: memory and doorbells; a socket of this type (SOCK_*) that listens; the next that connects to it, or false.
 * 0, or a negative errno. */
int weft_posix_make(struct weft_posix *posix, int type);
bool weft_posix_accept(struct weft_posix *posix);

/* Nothing is said on the socket after the greeting: whatever can be read there is its end. */
bool weft_posix_hung_up(const struct weft_posix *posix);

/* A message with descriptors beside it. False: it cannot be sent. */
bool weft_posix_pass(int socket, const void *data, size_t len, const int *fds, size_t count);

/* meet.c: either end of two processes of ours. */
int weft_posix_listen(struct weft_posix *posix);
int weft_posix_reserve(struct weft_posix *posix);
bool weft_posix_meet_device(struct weft_posix *posix);
bool weft_posix_meet_driver(struct weft_posix *posix);

void weft_posix_close_fd(int *fd);

static inline struct weft_posix *posix_of(struct weft_port *port)
{
	return (struct weft_posix *)(void *)port; /* its first member */
}

#endif
