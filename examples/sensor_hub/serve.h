/* SPDX-License-Identifier: Apache-2.0 */
/* How core B serves its sensors. */
#ifndef SENSOR_HUB_SERVE_H
#define SENSOR_HUB_SERVE_H

#include "core.h"

/* For the link's configuration: says what happens, and counts. */
void serve_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv);

/* Look for sensors, start their server. False: it was said why not. */
bool serve_start(struct core *core);

/* Take samples that are due, serve what has come, sleep until there is more to do. */
void serve_turn(struct core *core);

/* How many cores A were here and are gone. */
unsigned serve_gone(void);

#endif
