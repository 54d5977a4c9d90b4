/* SPDX-License-Identifier: Apache-2.0 */
/* Checks on an RPMsg header, over the local copy of it. */
#ifndef WEFT_TRANSPORT_CHECKS_H
#define WEFT_TRANSPORT_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/check.h"

/* No subtraction from a peer's value; 16 bits and a constant cannot wrap in 32. */
/*@ requires header_size <= 0xffff0000;
  @ assigns \nothing;
  @ ensures \result <==> header_size + len <= came; */
static inline bool check_header_len(uint16_t len, uint32_t header_size, uint32_t came)
{
	return WEFT_CHECK(HEADER_LEN, header_size + len <= came);
}

/*@ assigns \nothing;
  @ ensures \result <==> src != 0xffffffff; */
static inline bool check_header_src(uint32_t src)
{
	return WEFT_CHECK(HEADER_SRC, src != 0xffffffffu);
}

#endif
