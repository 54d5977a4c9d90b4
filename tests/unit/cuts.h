/* SPDX-License-Identifier: Apache-2.0 */
/* Another context cuts in between two looks at the lock: an interrupt, a thread. It does so where a test says, and a
 * test goes through all the places that there are:
 *
 *     for (unsigned behind = 0; cuts(core, behind, what); behind++) {
 *             ... from anew ...
 *             cut_begin();
 *             ... what is cut ...
 *             cut_end();
 *     } */
#ifndef WEFT_TESTS_CUTS_H
#define WEFT_TESTS_CUTS_H

#include "unit/pair.h"

/* `what` runs once, when core has left `behind` critical sections and one more since cut_begin(). False: there were not
 * as many the last time. There is one at least. */
bool cuts(struct core *core, unsigned behind, void (*what)(void));
void cut_begin(void);
void cut_end(void);

/* In the round that ended last, or runs. */
bool cut_ran(void);

#endif
