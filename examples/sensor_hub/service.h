/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that serve sensor.v1.SensorHub, over sensor.h. */
#ifndef SENSOR_HUB_SERVICE_H
#define SENSOR_HUB_SERVICE_H

#include "mean.h"
#include "sensor_hub_server.h"

/* Given to sensor_hub_server_start() as the handlers' context. */
struct sensor_hub {
	void (*log)(const sensor_v1_LogEntry *entry);
	void (*wrote)(const uint8_t *data, uint32_t len); /* samples, in place */
	struct mean means[MEANS];
};

extern const struct sensor_hub_ops sensor_hub_ops;

#endif
