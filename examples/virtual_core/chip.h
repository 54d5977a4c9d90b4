/* SPDX-License-Identifier: Apache-2.0 */
/* The chip that the virtual core stands in: power, a reset button, and the memory that it shares with Linux. */
#ifndef VIRTUAL_CORE_CHIP_H
#define VIRTUAL_CORE_CHIP_H

#include "weft/ivshmem_link.h"

/* Power up, wait until Linux sees the memory, and let the core run: in a process of its own, so that a reset stops it
 * at any instruction, and the next life finds the shared memory as it was, but all else as it is now. Says "ready" when
 * QEMU may be started. link is open, and nothing has been opened on it. core() does that, and serves; it does not
 * return, but when something is wrong and it said what.
 * Standard input: a line "reset" is the button, the end of the input is power off. Returns what main() returns. */
int chip_run(struct weft_ivshmem_link *link, int (*core)(unsigned life));

#endif
