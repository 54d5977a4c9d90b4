/* SPDX-License-Identifier: Apache-2.0 */
/* What the two cores of a benchmark say beside the link: words of board_shared(). */
#ifndef BENCH_CORES_WORDS_H
#define BENCH_CORES_WORDS_H

#include "port/board.h"

#define TICK_US 499u /* where one message a poll is taken, a timer polls too */

enum word {
	WORD_READY,  /* core 1 answers the doorbell alone */
	WORD_OPEN,   /* it may open its link */
	WORD_LINK,   /* its enum weft_link_state */
	WORD_NOTES,  /* oneway calls that it has served */
	WORD_RESTART /* it starts itself anew, in its next poll */
};

static inline uint32_t word_get(enum word word)
{
	return __atomic_load_n(board_shared() + word, __ATOMIC_ACQUIRE);
}

static inline void word_set(enum word word, uint32_t value)
{
	__atomic_store_n(board_shared() + word, value, __ATOMIC_RELEASE);
}

#endif
