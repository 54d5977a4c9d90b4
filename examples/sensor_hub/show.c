/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>

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

const char *show_number(double number, char *text, size_t size)
{
	double half = number < 0 ? -0.5 : 0.5;
	long hundredths = (long)(number * 100 + half);
	unsigned long amount = (unsigned long)labs(hundredths);

	snprintf(text, size, "%s%lu.%02lu", hundredths < 0 ? "-" : "", amount / 100u, amount % 100u);
	return text;
}

static void show_amount(sensor_v1_Kind kind, uint64_t amount, char *text, size_t size)
{
	unsigned long minutes = (unsigned long)(amount / 60000000u);

	if (kind == sensor_v1_Kind_KIND_UPTIME && minutes == 0)
		snprintf(text, size, "%lu ms", (unsigned long)amount / 1000u);
	else if (kind == sensor_v1_Kind_KIND_UPTIME)
		snprintf(text, size, "%lu h %lu min", minutes / 60, minutes % 60);
	else if (amount < 1u << 20)
		snprintf(text, size, "%lu bytes", (unsigned long)amount);
	else
		snprintf(text, size, "%lu MiB", (unsigned long)(amount >> 20));
}

const char *show_value(const sensor_v1_Reading *reading, char *text, size_t size)
{
	char number[24];
	const char *unit = reading->sensor.kind == sensor_v1_Kind_KIND_TEMPERATURE ? " degrees" : "";

	switch (reading->which_value) {
	case sensor_v1_Reading_number_tag:
		snprintf(text, size, "%s%s", show_number((double)reading->value.number, number, sizeof number), unit);
		break;
	case sensor_v1_Reading_amount_tag:
		show_amount(reading->sensor.kind, reading->value.amount, text, size);
		break;
	default:
		snprintf(text, size, "no value");
	}
	return text;
}
