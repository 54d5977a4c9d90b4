/* SPDX-License-Identifier: Apache-2.0 */
#include "tour.h"

#include <stdlib.h>

#include "say.h"
#include "show.h"

#define DEADLINE_US WEFT_MS(2000) /* of calls that should go well */
#define NO_SUCH_SENSOR 99u
#define MANY 1000u

bool tour_expect(weft_status status, weft_status expected)
{
	if (status != expected)
		say('A', now_us(), "error", "%s instead of %s", weft_status_name(status), weft_status_name(expected));
	return status == expected;
}

static bool list_sensors(struct sensor_hub_client *client, sensor_v1_Kind kind, const char *what,
                         sensor_v1_SensorList *list)
{
	const sensor_v1_ListRequest request = { .kind = kind };
	char text[100];
	uint64_t start = now_us();
	weft_status status = sensor_hub_list(client, &request, list, DEADLINE_US);
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_OK))
		return false;
	say_took('A', start, took, "List", "%s: %u", what, (unsigned)list->sensors_count);
	if (list->sensors_count != 0)
		say('A', start, "", "%s", show_sensors(list, text, sizeof text));
	return true;
}

bool tour_read(struct sensor_hub_client *client, uint32_t id)
{
	const sensor_v1_ReadRequest request = { .id = id };
	sensor_v1_Reading reading;
	char text[40];
	uint64_t start = now_us();
	weft_status status = sensor_hub_read(client, &request, &reading, DEADLINE_US);
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_OK))
		return false;
	say_took('A', start, took, "Read", "%u: %s is %s", (unsigned)id, reading.sensor.name,
	         show_value(&reading, text, sizeof text));
	return true;
}

/* The handler's own status comes back as the call's. */
static bool read_what_is_not_there(struct sensor_hub_client *client)
{
	const sensor_v1_ReadRequest request = { .id = NO_SUCH_SENSOR };
	sensor_v1_Reading reading;
	uint64_t start = now_us();
	weft_status status = sensor_hub_read(client, &request, &reading, DEADLINE_US);
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_NOT_FOUND))
		return false;
	say_took('A', start, took, "Read", "%u: %s, handled: there is no such sensor", NO_SUCH_SENSOR,
	         weft_status_name(status));
	return true;
}

/* No reply, so no status of the handler: OK says that it was sent. Requests are served in their order, so it has
 * been served when the next call has an answer. */
static bool log_to_hub(struct sensor_hub_client *client)
{
	static const sensor_v1_LogEntry entry = { sensor_v1_Severity_SEVERITY_INFO, "the host has seen all sensors" };
	uint64_t start = now_us();
	weft_status status = sensor_hub_log(client, &entry, DEADLINE_US);
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_OK))
		return false;
	say_took('A', start, took, "Log", "\"%s\", oneway: sent, nothing comes back", entry.text);
	return true;
}

struct ending {
	bool ended;
	weft_status status;
};

static void averaged(struct sensor_hub_average_call *call, weft_status status, sensor_v1_AverageReply *response)
{
	struct ending *ending = (struct ending *)call->arg;

	(void)response;
	ending->ended = true;
	ending->status = status;
}

/* Start, do something else, be told. Call, response and ending are the call's until `averaged` has run. */
static bool average_meanwhile(struct core *core, struct sensor_hub_client *client)
{
	static const sensor_v1_AverageRequest request = { .id = 1, .samples = 10, .interval_us = 500 };
	static struct sensor_hub_average_call call;
	static sensor_v1_AverageReply reply;
	static struct ending ending;
	char mean[24];
	unsigned turns = 0;
	uint64_t start = now_us();
	weft_status status = sensor_hub_average_start(client, &call, &request, &reply, DEADLINE_US, averaged, &ending);
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_OK))
		return false;
	say_took('A', start, took, "Average", "1: %u samples, started, and A goes on", (unsigned)request.samples);
	while (!ending.ended) {
		core_turn(core, 100); /* A's own loop; the deadline ends it in any case */
		turns++;
	}
	if (!tour_expect(ending.status, WEFT_OK))
		return false;
	took = now_us() - start;
	say_took('A', now_us(), took, "", "1: mean of %u is %s, told in turn %u of A's own loop",
	         (unsigned)reply.samples, show_number(reply.mean, mean, sizeof mean), turns);
	return true;
}

/* The call ends with its deadline, and its token at core B with it. Meanwhile B serves others: the answer comes later,
 * so nobody is held up. */
static bool average_too_late(struct sensor_hub_client *client)
{
	static const sensor_v1_AverageRequest request = { .id = 1, .samples = 50, .interval_us = 2000 };
	sensor_v1_AverageReply reply;
	uint64_t start = now_us();
	weft_status status = sensor_hub_average(client, &request, &reply, WEFT_MS(5));
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_DEADLINE_EXCEEDED))
		return false;
	say_took('A', start, took, "Average", "1: 100 ms of samples in 5: %s, handled", weft_status_name(status));
	return tour_read(client, request.id);
}

/* The response is a view: its values stand where core B wrote them, until the buffer is released. */
static bool sample_in_place(struct core *core, struct sensor_hub_client *client)
{
	static const sensor_v1_SampleRequest request = { .id = 1, .samples = 100 };
	sensor_v1_Samples samples;
	char first[24];
	struct weft_rx rx;
	uint64_t start = now_us();
	weft_status status = sensor_hub_sample(client, &request, &samples, &rx, DEADLINE_US);
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_OK))
		return false;
	const float *values = (const float *)(const void *)samples.values.data; /* aligned to 4 */
	say_took('A', now_us(), took, "Sample", "1: %u values read at byte %u, the first %s; nobody copied them",
	         (unsigned)(samples.values.len / sizeof *values),
	         (unsigned)(samples.values.data - core->port->region.base),
	         show_number((double)values[0], first, sizeof first));
	return tour_expect(weft_rx_release(&rx), WEFT_OK);
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

bool tour_read_many_times(struct sensor_hub_client *client)
{
	static const sensor_v1_ReadRequest request = { .id = 1 };
	static uint32_t times_us[MANY];
	sensor_v1_Reading reading;

	for (unsigned i = 0; i < MANY; i++) {
		uint64_t start = now_us();

		if (!tour_expect(sensor_hub_read(client, &request, &reading, DEADLINE_US), WEFT_OK))
			return false;
		times_us[i] = (uint32_t)(now_us() - start);
	}
	qsort(times_us, MANY, sizeof times_us[0], compare);
	say('A', now_us(), "Read", "1: %u times more: the fastest in %u us, half of them within %u us", MANY,
	    (unsigned)times_us[0], (unsigned)times_us[MANY / 2]);
	return true;
}

bool tour(struct core *core, struct sensor_hub_client *client)
{
	sensor_v1_SensorList list;
	sensor_v1_SensorList temperatures;
	bool good = list_sensors(client, sensor_v1_Kind_KIND_UNSPECIFIED, "sensors of all kinds", &list) &&
	            list_sensors(client, sensor_v1_Kind_KIND_TEMPERATURE, "temperatures", &temperatures);

	for (pb_size_t i = 0; good && i < list.sensors_count; i++)
		good = tour_read(client, list.sensors[i].id);
	return good && read_what_is_not_there(client) && average_meanwhile(core, client) && average_too_late(client) &&
	       sample_in_place(core, client) && log_to_hub(client) && tour_read_many_times(client);
}
