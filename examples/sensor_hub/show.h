/* SPDX-License-Identifier: Apache-2.0 */
/* What sensors measure, for people to read. */
#ifndef SENSOR_HUB_SHOW_H
#define SENSOR_HUB_SHOW_H

#include <stddef.h>

#include "sensor_hub.pb.h"

/* "load_1min", "uptime", ...: the names of a list, with their ids, in one line. Returns text. */
const char *show_sensors(const sensor_v1_SensorList *list, char *text, size_t size);

/* "0.42"; small C libraries print no floating point. Returns text. */
const char *show_number(double number, char *text, size_t size);

/* "0.42", "1024 MiB", "3 h 12 min", "41.5 degrees". Returns text. */
const char *show_value(const sensor_v1_Reading *reading, char *text, size_t size);

#endif
