/* SPDX-License-Identifier: Apache-2.0 */
/* Copy out what a peer may rewrite meanwhile: read once, then checked and used. A compiler that sees the copy and the
 * source would read either, whichever is nearer. */
#ifndef WEFT_ONCE_H
#define WEFT_ONCE_H

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* len bytes from shared memory into copy, which is not. Any context. */
static inline void weft_copy_once(void *copy, const void *shared, uint32_t len)
{
	memcpy(copy, shared, len);
	__asm__ volatile("" : : : "memory"); /* the compiler must not go back for a second look */
}

#ifdef __cplusplus
}
#endif

#endif
