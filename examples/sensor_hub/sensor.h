/* SPDX-License-Identifier: Apache-2.0 */
/* The sensors of the core that this is linked for. service.c knows no more of the machine than this; sensor.c has a
 * Linux process for a core, another machine has another sensor.c. */
#ifndef SENSOR_HUB_SENSOR_H
#define SENSOR_HUB_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor_hub.pb.h"

/* Look what there is. Once, before the others. */
void sensor_init(void);

/* All sensors; index is 0 to sensor_count() - 1, ids begin at 1. */
unsigned sensor_count(void);
const sensor_v1_Sensor *sensor_at(unsigned index);

/* The sensor with that id, or NULL. */
const sensor_v1_Sensor *sensor_find(uint32_t id);

/* Measure: the value in the unit of the sensor's kind. False: it does not answer. */
bool sensor_measure(const sensor_v1_Sensor *sensor, double *value);

uint64_t sensor_now_us(void);

#endif
