/* SPDX-License-Identifier: Apache-2.0 */
/* Checks on a name service message, over the local copy of it (Linux, drivers/rpmsg/rpmsg_ns.c). */
#ifndef WEFT_RPMSG_CHECKS_H
#define WEFT_RPMSG_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/check.h"

/*@ assigns \nothing;
  @ ensures \result <==> len == 40; */
static inline bool check_ns_len(uint32_t len)
{
	return WEFT_CHECK(NS_LEN, len == 40u);
}

/*@ assigns \nothing;
  @ ensures \result <==> first != 0; */
static inline bool check_ns_name(char first)
{
	return WEFT_CHECK(NS_NAME, first != '\0');
}

/*@ assigns \nothing;
  @ ensures \result <==> addr != 0xffffffff && addr != 53; */
static inline bool check_ns_addr(uint32_t addr)
{
	return WEFT_CHECK(NS_ADDR, addr != 0xffffffffu && addr != 53u);
}

#endif
