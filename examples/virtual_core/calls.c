/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <stdlib.h>

#include "say.h"
#include "show.h"

#define UPTIME 5u /* of the sensors of a PC */
#define NO_SUCH_SENSOR 99u
#define MANY 1000u

bool calls_ended(weft_status status, weft_status expected)
{
	if (status != expected)
		say('A', now_us(), "error", "%s instead of %s", weft_status_name(status), weft_status_name(expected));
	return status == expected;
}

bool calls_list(struct sensor_hub_client *client)
{
	static const sensor_v1_ListRequest all;
	sensor_v1_SensorList list;
	char text[100];
	uint64_t start = now_us();
	weft_status status = sensor_hub_list(client, &all, &list, CALLS_DEADLINE_US);

	say_took('A', start, now_us() - start, "List", "%u sensors", (unsigned)list.sensors_count);
	say('A', start, "", "%s", show_sensors(&list, text, sizeof text));
	return calls_ended(status, WEFT_OK);
}

bool calls_read(struct sensor_hub_client *client)
{
	static const sensor_v1_ReadRequest request = { .id = UPTIME };
	sensor_v1_Reading reading;
	char text[40];
	uint64_t start = now_us();
	weft_status status = sensor_hub_read(client, &request, &reading, CALLS_DEADLINE_US);

	if (!calls_ended(status, WEFT_OK))
		return false;
	say_took('A', start, now_us() - start, "Read", "%u: %s is %s", UPTIME, reading.sensor.name,
	         show_value(&reading, text, sizeof text));
	return true;
}

bool calls_read_nothing(struct sensor_hub_client *client)
{
	static const sensor_v1_ReadRequest request = { .id = NO_SUCH_SENSOR };
	sensor_v1_Reading reading;
	uint64_t start = now_us();
	weft_status status = sensor_hub_read(client, &request, &reading, CALLS_DEADLINE_US);

	say_took('A', start, now_us() - start, "Read", "%u: %s, handled", NO_SUCH_SENSOR, weft_status_name(status));
	return calls_ended(status, WEFT_NOT_FOUND);
}

bool calls_sample(struct sensor_hub_client *client)
{
	static const sensor_v1_SampleRequest request = { .id = 1, .samples = 100 };
	sensor_v1_Samples samples;
	char first[24];
	struct weft_rx rx;
	uint64_t start = now_us();
	weft_status status = sensor_hub_sample(client, &request, &samples, &rx, CALLS_DEADLINE_US);

	if (!calls_ended(status, WEFT_OK))
		return false;
	const float *values = (const float *)(const void *)samples.values.data; /* aligned to 4 */
	say_took('A', start, now_us() - start, "Sample", "1: %u values in one piece, the first %s",
	         (unsigned)(samples.values.len / sizeof *values), show_number((double)values[0], first, sizeof first));
	return calls_ended(weft_rx_release(&rx), WEFT_OK);
}

bool calls_log(struct sensor_hub_client *client)
{
	static const sensor_v1_LogEntry entry = { sensor_v1_Severity_SEVERITY_INFO, "Linux has seen all sensors" };
	uint64_t start = now_us();
	weft_status status = sensor_hub_log(client, &entry, CALLS_DEADLINE_US);

	say_took('A', start, now_us() - start, "Log", "\"%s\", oneway", entry.text);
	return calls_ended(status, WEFT_OK);
}

bool calls_too_late(struct sensor_hub_client *client)
{
	static const sensor_v1_AverageRequest request = { .id = 1, .samples = 100, .interval_us = 10000 };
	sensor_v1_AverageReply reply;
	uint64_t start = now_us();
	weft_status status = sensor_hub_average(client, &request, &reply, WEFT_MS(50));

	say_took('A', start, now_us() - start, "Average", "1: 1000 ms of samples in 50: %s, handled",
	         weft_status_name(status));
	return calls_ended(status, WEFT_DEADLINE_EXCEEDED);
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

bool calls_many(struct sensor_hub_client *client)
{
	static const sensor_v1_ReadRequest request = { .id = UPTIME };
	static uint32_t times_us[MANY];
	sensor_v1_Reading reading;

	for (unsigned i = 0; i < MANY; i++) {
		uint64_t start = now_us();

		if (!calls_ended(sensor_hub_read(client, &request, &reading, CALLS_DEADLINE_US), WEFT_OK))
			return false;
		times_us[i] = (uint32_t)(now_us() - start);
	}
	qsort(times_us, MANY, sizeof times_us[0], compare);
	say('A', now_us(), "Read", "%u: %u times more: the fastest in %u us, half of them within %u us", UPTIME, MANY,
	    (unsigned)times_us[0], (unsigned)times_us[MANY / 2]);
	return true;
}
