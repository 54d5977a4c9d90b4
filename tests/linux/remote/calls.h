/* SPDX-License-Identifier: Apache-2.0 */
/* What calls.c does for main.c and commands.c. */
#ifndef TESTS_LINUX_REMOTE_CALLS_H
#define TESTS_LINUX_REMOTE_CALLS_H

#include "remote.h"

/* Start the server and the client. False: it cannot. */
bool calls_open(void);
/* Answer later what is to be answered later. */
void calls_run(void);
/* The link is gone, and whoever waits for an answer. */
void calls_drop(void);

/* Commands, as in commands.c. */
bool calls_logged(long *answer);
bool calls_served(long *answer);
bool calls_stop(long *answer);
bool calls_start(long *answer);
bool calls_reverse_state(long *answer);
bool calls_reverse_found(long *answer);
bool calls_reverse_lost(long *answer);
bool calls_reverse_garbage(long count, long *progress, long *answer);
bool calls_reverse_read(long argument, long *progress, long *answer);

#endif
