/* SPDX-License-Identifier: Apache-2.0 */
/* The list of everything that we check before we believe a peer.
 *
 * A check is a pure function over a snapshot, in runtime/<layer>/checks.h, and wraps its condition in
 * WEFT_CHECK(id, condition). All are in release builds. A build with -DWEFT_DROP=WEFT_CHECK_<id> lacks that one:
 * `make mutants` leaves each out, and makes it off by one, and shows the test that misses it.
 * The ids are also the fault codes: what broke a ring, what a dropped message did wrong. */
#ifndef WEFT_CHECK_H
#define WEFT_CHECK_H

/* id, the rule. One line each. */
#define WEFT_CHECKS(X)                                                                          \
	X(RING_DISTANCE, "a ring index is at most the ring's size ahead of what we have taken") \
	X(RING_ID, "a descriptor id is below the ring's size")                                  \
	X(RING_TWICE, "a descriptor that comes back was with the peer")                         \
	X(DESC_FLAGS, "a descriptor has the flags of its direction and no chain")               \
	X(DESC_RANGE, "a buffer lies in the region, from its first byte to its last")           \
	X(DESC_LEN, "a buffer holds an RPMsg header, one to fill a name service message too")   \
	X(DESC_ALIGN, "a buffer starts at a multiple of 4, or of a cache line")                 \
	X(USED_LEN, "a received length is a header or more, and at most the buffer")            \
	X(TABLE_HEADER, "the resource table has version 1 and entries inside itself")           \
	X(TABLE_VDEV, "the vdev entry is RPMsg (7) with two vrings")                            \
	X(TABLE_EPOCH, "the epoch entry has our version and its lines in the region")           \
	X(VRING_NUM, "a vring's size is a power of two that our tables have room for")          \
	X(VRING_ALIGN, "a vring's alignment is a power of two, 4 or a line or more, and kept")  \
	X(VRING_RANGE, "a vring lies in the region behind the head page")                       \
	X(VRING_OVERLAP, "the two vrings do not overlap")                                       \
	X(RING_FRESH, "rings that Linux begins with are new: zeroed since we were in them")     \
	X(FEATURES, "a driver accepts only features that we offered")                           \
	X(HEADER_LEN, "an RPMsg header's length fits the bytes that came")                      \
	X(HEADER_SRC, "a message comes from an address, not from ANY")                          \
	X(NS_LEN, "a name service message has 40 bytes")                                        \
	X(NS_NAME, "an announced name is not empty")                                            \
	X(NS_ADDR, "an announced address is a real one: not ANY, not the name service")         \
	X(FRAME_LEN, "a message to a service holds a call header")                              \
	X(FRAME_DIRECTION, "servers get requests, clients get replies")                         \
	X(FRAME_SOURCE, "a reply comes from the server that was asked")                         \
	X(CALL_ID, "a reply belongs to the call that is in the slot now")                       \
	X(HELLO_LEN, "a hello has its fixed part")                                              \
	X(HELLO_ID, "a reply to hello answers one that we said to this server")                 \
	X(HELLO_VERSION, "both sides speak one protocol version")                               \
	X(HELLO_MAJOR, "both sides mean one major version of the service")                      \
	X(HELLO_FRAME, "the peer's frames hold our largest message")                            \
	X(STATUS, "a status on the wire is one of the seventeen")                               \
	X(BODY_LIMIT, "a message keeps the limits that the codec lets pass")                    \
	X(VIEW_INSIDE, "a view lies in the body that it was decoded from")

#define WEFT_CHECK_ID(id, rule) WEFT_CHECK_##id,
enum weft_check { WEFT_CHECK_NONE, WEFT_CHECKS(WEFT_CHECK_ID) WEFT_CHECK_COUNT };
#undef WEFT_CHECK_ID

#ifndef WEFT_DROP
#define WEFT_DROP WEFT_CHECK_NONE
#endif

#define WEFT_CHECK(id, condition) ((int)WEFT_CHECK_##id == (int)WEFT_DROP || (condition))

#ifdef __cplusplus
extern "C" {
#endif

/* "RING_ID", and "a descriptor id is below the ring's size"; "NONE" and "" for 0; "?" beyond. Any context.
 * Left out of the image unless called. */
const char *weft_check_name(unsigned check);
const char *weft_check_rule(unsigned check);

#ifdef __cplusplus
}
#endif

#endif
