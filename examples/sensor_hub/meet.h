/* SPDX-License-Identifier: Apache-2.0 */
/* How core A finds the sensors of core B. */
#ifndef SENSOR_HUB_MEET_H
#define SENSOR_HUB_MEET_H

#include "core.h"
#include "sensor_hub_client.h"

/* For the link's configuration: they say what happens. */
void meet_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv);
void meet_announcement(struct rpmsg_device *rdev, const char *name, uint32_t dest);

/* Wait until the sensors are announced, open the client, and agree with their server. False: it was said why not. */
bool meet(struct core *core, struct sensor_hub_client *client);

#endif
