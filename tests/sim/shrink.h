/* SPDX-License-Identifier: Apache-2.0 */
/* From a seed that breaks a promise to the shortest string of decisions that does; and back. */
#ifndef WEFT_SIM_SHRINK_H
#define WEFT_SIM_SHRINK_H

#include <stdint.h>

/* Print the shortest run that breaks the same promise, and the file that keeps it as a test: tests/sim/found/. */
int shrink_seed(uint64_t seed);

/* The timeline of such a file, .txt, or of the bytes of another; of many, whether they break anything. */
int shrink_replay(char *const *paths, int count);

#endif
