/* SPDX-License-Identifier: Apache-2.0 */
/* A link whose one end says what the fuzzer wants: frames with any header over rings that are in order, and what is
 * known of each, so that its fate can be told afterwards. */
#ifndef WEFT_TESTS_FUZZ_LIAR_H
#define WEFT_TESTS_FUZZ_LIAR_H

#include "fuzz/fuzz.h"
#include "unit/pair.h"

#define LIAR_FRAMES 32u /* remembered; more than are ever under way */

struct lie {
	uint32_t src;
	uint32_t dst;
	uint16_t claimed;
	bool bad;   /* to be dropped for its header */
	bool given; /* a callback had it */
	uint8_t bytes[PAIR_BUF_SIZE];
};

struct liar {
	struct pair pair;
	struct core *core;
	struct core *victim;
	struct lie lies[LIAR_FRAMES]; /* by the victim's count of received messages */
	uint8_t *last;                /* where the payload of the last one stands */
	uint32_t next;                /* of the frame that is sent next */
	uint32_t ups;                 /* of the liar's link, when it last sent */
	unsigned wild;                /* links that must come up until rings are in order again that were written to */
	void (*down)(void);           /* told when the victim's link goes down; NULL: nobody */
};

/* side 0: the driver lies; 1: the device. config: the victim's tables and callbacks, NULL: none. */
void liar_up(struct liar *liar, unsigned side, const struct rpmsg_config *config);

/* Send a frame of `len` bytes whose header claims another length; false: no buffer. */
bool liar_send(struct liar *liar, uint32_t src, uint32_t dst, const void *data, uint32_t len, uint16_t claimed);

/* In a callback: the frame that it was called for. */
struct lie *liar_given(struct liar *liar);

/* Poll the victim and account for all that it took: what was given, dropped and counted is what was sent, no more, no
 * less. `accepted`: callbacks of endpoints that returned RPMSG_SUCCESS up to now; NULL: they are
 * not ours. */
void liar_poll(struct liar *liar, unsigned budget, const unsigned *accepted);

/* Poll the liar's own end. */
void liar_breathe(struct liar *liar);

/* Who ends waits for a buffer, to withdraw an announcement, turn after turn, and polls the victim in between. One comes
 * soon, but out of a ring that was written over: that one is laid anew. */
void liar_wait(struct liar *liar, unsigned turn);

/* Write a word of a ring, or of the head page. */
void liar_scribble(struct liar *liar, struct fuzz *in);

/* The victim takes all that was sent. */
void liar_drain(struct liar *liar, const unsigned *accepted);

/* Everything else is over: the link works, and nobody owes a buffer. */
void liar_ends(struct liar *liar);

#endif
