/* SPDX-License-Identifier: Apache-2.0 */
/* Starting this core anew at a chosen place of whatever it does with the link: the nth tick, or the nth time that it
 * takes the lock, gives it back, or rings. */
#ifndef TESTS_CORES_CUT_H
#define TESTS_CORES_CUT_H

#include "weft/port.h"

enum cut_place { CUT_NEVER, CUT_TICK, CUT_LOCKED, CUT_UNLOCKING, CUT_RINGING, CUT_PLACES };

static inline uint32_t cut_word(enum cut_place place, uint32_t count)
{
	return (uint32_t)place << 16 | count;
}

/* Look at *word, a cut_word() or 0, from now on. It is 0 again when the core has started anew. Before the port is in
 * use. */
void cut_watch(struct weft_port *port, uint32_t *word);

/* The tick's handler calls this. */
void cut_tick(void);

#endif
