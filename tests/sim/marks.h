/* SPDX-License-Identifier: Apache-2.0 */
/* What must happen sometimes. A simulator that never gets there proves nothing about it: a long run in which one of
 * these is missing has failed. */
#ifndef WEFT_SIM_MARKS_H
#define WEFT_SIM_MARKS_H

#include <stdint.h>

#include "weft/port.h"

#ifndef SIM_LINUX
#define SIM_LINUX 0 /* core 0 is Linux (linux.h) */
#endif

/* What memory does that is late: a value or a whole line. */
#if WEFT_CACHE_LINE == 0
#define SIM_MARKS_MEMORY(X) X(STALE_READ, "a load sees an old store")
#else
#define SIM_MARKS_MEMORY(X)                                       \
	X(LINE_WRITTEN, "a dirty line is written back by itself") \
	X(LINE_LOADED, "a clean line is loaded anew by itself")   \
	X(DIRTY_LOST, "a core dies with a dirty line")
#endif

/* What only cores do that are all ours, with calls; and what only Linux does. */
#if !SIM_LINUX
#define SIM_MARKS_PEER(X)                                                  \
	X(EPOCH_WRAP, "an epoch wraps")                                    \
	X(OTHER_FIRMWARE, "a core comes back without a half")              \
	X(INTERRUPT_IN_CALL, "an interrupt comes in the middle of a call") \
	X(CALL_OK, "a call goes well")                                     \
	X(CALL_DEADLINE, "a call is over its deadline")                    \
	X(CALL_CANCELLED, "a call is cancelled")                           \
	X(CALL_UNAVAILABLE, "a call finds nobody")                         \
	X(CALL_EXHAUSTED, "a call finds no room")                          \
	X(CALL_WAITED, "a call is waited for")                             \
	X(CALL_ABORTED, "a handler refuses")                               \
	X(REPLY_DEFERRED, "an answer comes later")                         \
	X(REPLY_STALE, "a token is no more")                               \
	X(REQUEST_HELD, "a request's buffer is kept")                      \
	X(REQUEST_WAITED, "a request waits in a slot")                     \
	X(REQUEST_DROPPED, "a request finds no slot")                      \
	X(PAYLOAD_ABORTED, "a payload is begun and given up")              \
	X(CLIENT_CLOSED, "a client is closed")                             \
	X(SERVER_STOPPED, "a server is stopped")
#else
#define SIM_MARKS_PEER(X)                                         \
	X(REBIND, "Linux unbinds and binds")                      \
	X(RESET_UNSEEN, "a reset is over before the core looks")  \
	X(RINGS_MOVED, "Linux lays the rings elsewhere")          \
	X(ATTACHED, "Linux boots beside a core that runs")        \
	X(LOADED, "Linux stops a core and starts it")             \
	X(ASTRAY, "an index goes into rings that are new")        \
	X(RINGS_USED, "a core comes back to rings in use")        \
	X(COMPLAINT, "Linux finds a broken ring")                 \
	X(WRITER_SLEEPS, "a writer on Linux sleeps for a buffer") \
	X(RECOVERED, "Linux resets a core in error")
#endif

#define SIM_MARKS(X)                                                    \
	X(KICK_LOST, "a doorbell is lost")                              \
	X(KICK_LATE, "a doorbell is late")                              \
	X(KICK_TWICE, "a doorbell rings twice")                         \
	X(KICK_STORM, "a doorbell storms")                              \
	X(WAKE_SPURIOUS, "a core wakes for nothing")                    \
	X(CRASH, "a core dies")                                         \
	X(CRASH_IN_POLL, "a core dies inside a poll")                   \
	X(CRASH_IN_HANDSHAKE, "a core dies before its link is up")      \
	X(CLOCK_JUMP, "a clock jumps")                                  \
	X(CLOCK_WRAP, "a clock wraps")                                  \
	X(WILD_WRITE, "somebody writes to shared memory")               \
	SIM_MARKS_MEMORY(X)                                             \
	X(ALL_ASLEEP, "every core sleeps")                              \
	X(RING_WRAP, "a ring index wraps")                              \
	X(INTERRUPT, "an interrupt polls")                              \
	X(LINK_ERROR, "a link is in error")                             \
	X(BAD_MESSAGE, "a message is dropped")                          \
	X(LETTER_NESTED, "a callback sends")                            \
	X(BOUND, "an endpoint is bound")                                \
	X(UNBOUND, "an endpoint is unbound")                            \
	X(NO_BUFFER, "a send finds no buffer in time")                  \
	X(DESTROY_OWN, "an endpoint is destroyed in its own callback")  \
	X(DESTROY_BUSY, "a destroy finds no buffer for the withdrawal") \
	X(HELD, "a received buffer is held")                            \
	X(LOAN_BACK, "a loan is given back unsent")                     \
	X(LOAN_LOST, "a loan ends with its link")                       \
	SIM_MARKS_PEER(X)

#define SIM_MARK_ID(id, text) MARK_##id,
enum sim_mark { SIM_MARKS(SIM_MARK_ID) MARK_COUNT };
#undef SIM_MARK_ID

void sim_mark(enum sim_mark mark);

#endif
