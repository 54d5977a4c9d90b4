/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the posix port. */
#ifndef WEFT_PORT_POSIX_H
#define WEFT_PORT_POSIX_H

#include "weft/posix.h"

/* meet.c: look for the peer; the session as port.h has it. */
uint32_t weft_posix_session(struct weft_port *port);

/* meet.c: open the socket, the memory and the doorbells. 0, or a negative errno. */
int weft_posix_listen(struct weft_posix *posix);
int weft_posix_reserve(struct weft_posix *posix);

void weft_posix_close_fd(int *fd);

static inline struct weft_posix *posix_of(struct weft_port *port)
{
	return (struct weft_posix *)(void *)port; /* its first member */
}

#endif
