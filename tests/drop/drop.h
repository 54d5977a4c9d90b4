/* SPDX-License-Identifier: Apache-2.0 */
/* Included before everything in a build with WEFT_DROP=ENV: which check is left out is read when a program starts,
 * so that one build serves for all of them. */
#ifndef WEFT_TESTS_DROP_H
#define WEFT_TESTS_DROP_H

extern int weft_drop;
#define WEFT_DROP weft_drop

#endif
