/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <stdio.h>

const char *show_sensors(const sensor_v1_SensorList *list, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (pb_size_t i = 0; i < list->sensors_count && used < size; i++) {
		const sensor_v1_Sensor *sensor = &list->sensors[i];
		int len = snprintf(text + used, size - used, "%s%u %s", i == 0 ? "" : ", ", (unsigned)sensor->id,
		                   sensor->name);

		used += len > 0 ? (size_t)len : 0;
	}
	return text;
}

static void show_amount(sensor_v1_Kind kind, uint64_t amount, char *text, size_t size)
{
	unsigned long minutes = (unsigned long)(amount / 60000000u);

	if (kind == sensor_v1_Kind_KIND_UPTIME)
		snprintf(text, size, "%lu h %lu min", minutes / 60, minutes % 60);
	else
		snprintf(text, size, "%lu MiB", (unsigned long)(amount >> 20));
}

const char *show_value(const sensor_v1_Reading *reading, char *text, size_t size)
{
	const char *unit = reading->sensor.kind == sensor_v1_Kind_KIND_TEMPERATURE ? " degrees" : "";

	switch (reading->which_value) {
	case sensor_v1_Reading_number_tag:
		snprintf(text, size, "%.2f%s", (double)reading->value.number, unit);
		break;
	case sensor_v1_Reading_amount_tag:
		show_amount(reading->sensor.kind, reading->value.amount, text, size);
		break;
	default:
		snprintf(text, size, "no value");
	}
	return text;
}
