/* SPDX-License-Identifier: Apache-2.0 */
/* What core 0 has core 1 do, by words of board_shared(), before there is a link. */
#ifndef BRING_UP_ORDERS_H
#define BRING_UP_ORDERS_H

#include "port/board.h"

enum order {
	ORDER_NONE,
	ORDER_TELL,
	ORDER_COMPARE,
	ORDER_PASS,
	ORDER_MEET,
	ORDER_RING,
	ORDER_RING_ONCE,
	ORDER_RESTART
};

enum word {
	WORD_ORDER,   /* enum order; core 1 writes 0 when it is done */
	WORD_RESULT,  /* what it has found, before that */
	WORD_BASE,    /* ORDER_TELL: core 1's region */
	WORD_ADDRESS, /* ... as the other core's descriptors name it */
	WORD_SIZE,
	WORD_LIFE,
	WORD_HEARD /* rings that core 1 has heard */
};

#define ROUNDS 1000u /* of ORDER_PASS, ORDER_MEET, ORDER_RING */

static inline uint32_t word_get(enum word word)
{
	return __atomic_load_n(board_shared() + word, __ATOMIC_ACQUIRE);
}

static inline void word_set(enum word word, uint32_t value)
{
	__atomic_store_n(board_shared() + word, value, __ATOMIC_RELEASE);
}

#endif
