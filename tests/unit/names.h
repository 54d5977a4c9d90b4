/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of names: a pair whose driver side counts what it learns, and announcements by hand. */
#ifndef WEFT_TESTS_NAMES_H
#define WEFT_TESTS_NAMES_H

#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY
#define NS_CREATE 0u
#define NS_DESTROY 1u

extern struct pair pair;
extern struct rpmsg_device *const here;  /* the driver: it listens */
extern struct rpmsg_device *const there; /* the device: it announces */

/* What ns_bind_cb and ns_unbind_cb of `here` were told. */
struct heard {
	unsigned bound;
	unsigned unbound;
	uint32_t dest;
	char name[RPMSG_NAME_SIZE];
};
extern struct heard heard;

/* Both up, nothing heard. slots: how many announcements `here` keeps, at most PAIR_CHANNELS. */
void names_up(uint32_t slots);

/* A name service message from `there`, honest or not, not polled. name: at most 32 bytes are taken, NUL or not. */
void names_say(const char *name, uint32_t addr, uint32_t flags);

/* An endpoint without callback; `bound` and `unbound` count. */
struct named {
	struct rpmsg_endpoint ept; /* first: hooks find the rest by it */
	unsigned bound;
	unsigned unbound;
};
void names_create(struct named *named, struct rpmsg_device *rdev, const char *name, uint32_t src, uint32_t flags);

/* The channels that `here` keeps. */
void names_expect_kept(unsigned count);

#endif
