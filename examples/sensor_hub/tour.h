/* SPDX-License-Identifier: Apache-2.0 */
/* One call of each kind, the ones that fail on purpose included. */
#ifndef SENSOR_HUB_TOUR_H
#define SENSOR_HUB_TOUR_H

#include "core.h"
#include "sensor_hub_client.h"

/* True: each call ended as it should. */
bool tour(struct core *core, struct sensor_hub_client *client);

#endif
