/* SPDX-License-Identifier: Apache-2.0 */
/* What Linux serves to the remote core: the time of day. */
#ifndef VIRTUAL_CORE_CLOCK_H
#define VIRTUAL_CORE_CLOCK_H

#include "wall_clock_server.h"

/* False: it was said why not. */
bool clock_start(struct rpmsg_device *rdev);
/* How often it was asked. */
unsigned clock_answered(void);

#endif
