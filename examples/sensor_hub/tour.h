/* SPDX-License-Identifier: Apache-2.0 */
/* One call of each kind, the ones that fail on purpose included. */
#ifndef SENSOR_HUB_TOUR_H
#define SENSOR_HUB_TOUR_H

#include "core.h"
#include "sensor_hub_client.h"

/* True: each call ended as it should. */
bool tour(struct core *core, struct sensor_hub_client *client);

/* Of these calls: one reading, 1000 of them, and whether a call ended as it should; if not, it is said. */
bool tour_read(struct sensor_hub_client *client, uint32_t id);
bool tour_read_many_times(struct sensor_hub_client *client);
bool tour_expect(weft_status status, weft_status expected);

#endif
