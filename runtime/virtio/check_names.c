/* SPDX-License-Identifier: Apache-2.0 */
/* The check list as text, for logs and tests. An image that does not call these does not contain them. */
#include "weft/check.h"

#define NAME(id, rule) #id,
#define RULE(id, rule) rule,

static const char *const names[] = { "NONE", WEFT_CHECKS(NAME) };
static const char *const rules[] = { "", WEFT_CHECKS(RULE) };

const char *weft_check_name(unsigned check)
{
	return check < WEFT_CHECK_COUNT ? names[check] : "?";
}

const char *weft_check_rule(unsigned check)
{
	return check < WEFT_CHECK_COUNT ? rules[check] : "?";
}
