/* SPDX-License-Identifier: Apache-2.0 */
#include "weft/status.h"

#include "weft/rpmsg.h"

static const char *const names[] = {
	"OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
	"NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
	"ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
	"DATA_LOSS", "UNAUTHENTICATED",
};

const char *weft_status_name(weft_status status)
{
	return (unsigned)status < sizeof names / sizeof names[0] ? names[status] : "?";
}

weft_status weft_status_from_rpmsg(int result)
{
	if (result >= 0)
		return WEFT_OK;
	switch (result) {
	case RPMSG_ERR_NO_MEM:
	case RPMSG_ERR_NO_BUFF:
		return WEFT_RESOURCE_EXHAUSTED;
	case RPMSG_ERR_PARAM:
	case RPMSG_ERR_BUFF_SIZE:
		return WEFT_INVALID_ARGUMENT;
	case RPMSG_ERR_DEV_STATE:
		return WEFT_UNAVAILABLE;
	case RPMSG_ERR_ADDR:
		return WEFT_ALREADY_EXISTS;
	case RPMSG_ERR_INIT:
	case RPMSG_ERR_PERM:
		return WEFT_FAILED_PRECONDITION;
	default:
		return WEFT_UNKNOWN;
	}
}
