/* SPDX-License-Identifier: Apache-2.0 */
/* What both halves of a service agree on. Printed by the generator, const, in flash. */
#ifndef WEFT_SERVICE_H
#define WEFT_SERVICE_H

#include <stdint.h>

#include "weft/message.h"

#ifdef __cplusplus
extern "C" {
#endif

/* This runtime as one number, major * 10000 + minor * 100 + patch. A generated file refuses to compile with
 * an older one than it was printed for. The wire has its own number, WEFT_PROTOCOL_VERSION (weft/wire.h). */
#define WEFT_RUNTIME_VERSION 100

/* Wrap-safe times are u32 microseconds; the longest wait is 35 minutes. */
#define WEFT_MS(n) ((uint32_t)(n)*1000u)
#define WEFT_TIMEOUT_MAX_US 0x7fffffffu

struct weft_service {
	const char *channel;  /* the RPMsg name, at most 31 bytes */
	uint64_t fingerprint; /* of the schema; informs, decides nothing */
	uint32_t id;          /* FNV-1a 32 of the full protobuf name; hello carries it */
	uint32_t address;     /* of a static endpoint, or RPMSG_ADDR_ANY: found by name */
	uint32_t frame_max;   /* bytes of the largest frame: call header and body */
	uint16_t major;       /* another major is refused at hello */
};

struct weft_method {
	const struct weft_message *request;
	const struct weft_message *response; /* NULL: oneway */
	uint32_t id;                         /* FNV-1a 32 of the method's name, or (weft.id) */
};

/* Names a request that a handler has not answered yet: slot and generation, 0 is none. Opaque. */
struct weft_token {
	uint32_t id;
};

#ifdef __cplusplus
}
#endif

#endif
