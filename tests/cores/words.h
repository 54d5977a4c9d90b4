/* SPDX-License-Identifier: Apache-2.0 */
/* What the two cores of a test say beside the link: words of board_shared(). */
#ifndef TESTS_CORES_WORDS_H
#define TESTS_CORES_WORDS_H

#include "port/board.h"

enum word {
	WORD_MODE,      /* enum rpmsg_polled_by of core 1: looked at when it starts */
	WORD_CUT,       /* where core 1 starts anew: cut_word() */
	WORD_RELEASE,   /* core 1: release what is held */
	WORD_HELD,      /* messages that core 1 holds */
	WORD_OUT,       /* buffers of core 1 that are out */
	WORD_VIOLATIONS /* that core 1 has counted in all its lives */
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
