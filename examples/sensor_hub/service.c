/* SPDX-License-Identifier: Apache-2.0 */
/* Each function has the request, decoded and within its limits, and a response of zeros to fill in. */
#include "service.h"

#include "sensor.h"

#define SAMPLES_MAX 100u

static weft_status list(void *context, struct weft_token token, const sensor_v1_ListRequest *request,
                        sensor_v1_SensorList *response)
{
	(void)context;
	(void)token;
	for (unsigned i = 0; i < sensor_count(); i++) {
		const sensor_v1_Sensor *sensor = sensor_at(i);

		if (request->kind == sensor_v1_Kind_KIND_UNSPECIFIED || request->kind == sensor->kind)
			response->sensors[response->sensors_count++] = *sensor;
	}
	return WEFT_OK;
}

static void set_value(sensor_v1_Reading *reading, double value)
{
	bool whole = reading->sensor.kind == sensor_v1_Kind_KIND_MEMORY ||
	             reading->sensor.kind == sensor_v1_Kind_KIND_UPTIME;

	if (whole) {
		reading->which_value = sensor_v1_Reading_amount_tag;
		reading->value.amount = (uint64_t)value;
	} else {
		reading->which_value = sensor_v1_Reading_number_tag;
		reading->value.number = (float)value;
	}
}

static weft_status read_sensor(void *context, struct weft_token token, const sensor_v1_ReadRequest *request,
                               sensor_v1_Reading *response)
{
	const sensor_v1_Sensor *sensor = sensor_find(request->id);
	double value;

	(void)context;
	(void)token;
	if (sensor == NULL)
		return WEFT_NOT_FOUND;
	if (!sensor_measure(sensor, &value))
		return WEFT_UNAVAILABLE;
	response->has_sensor = true;
	response->sensor = *sensor;
	response->taken_us = sensor_now_us();
	set_value(response, value);
	return WEFT_OK;
}

/* Answered in mean_turn(): a handler that took the samples itself would hold up all other calls to its core. */
static weft_status average(void *context, struct weft_token token, const sensor_v1_AverageRequest *request,
                           sensor_v1_AverageReply *response)
{
	struct sensor_hub *hub = (struct sensor_hub *)context;

	(void)response;
	return mean_start(hub->means, token, request);
}

/* Measured straight into the transmit buffer, where the other core reads them. */
static weft_status sample(void *context, struct weft_token token, const sensor_v1_SampleRequest *request,
                          sensor_v1_Samples *response, struct weft_tx *tx)
{
	const struct sensor_hub *hub = (const struct sensor_hub *)context;
	const sensor_v1_Sensor *sensor = sensor_find(request->id);
	double value = 0;

	(void)token;
	if (sensor == NULL)
		return WEFT_NOT_FOUND;
	response->id = request->id;
	weft_status status = sensor_hub_sample_reply_begin(tx, response);
	if (status != WEFT_OK)
		return status;
	float *values = (float *)(void *)tx->data; /* aligned to 4 */
	uint32_t len = request->samples * (uint32_t)sizeof *values;
	if (request->samples == 0 || request->samples > SAMPLES_MAX || len > tx->capacity)
		return WEFT_INVALID_ARGUMENT;
	for (uint32_t i = 0; i < request->samples; i++) {
		if (!sensor_measure(sensor, &value))
			return WEFT_UNAVAILABLE;
		values[i] = (float)value;
	}
	hub->wrote(tx->data, len);
	return sensor_hub_sample_reply_commit(tx, len);
}

static void log_entry(void *context, const sensor_v1_LogEntry *request)
{
	const struct sensor_hub *hub = (const struct sensor_hub *)context;

	hub->log(request);
}

const struct sensor_hub_ops sensor_hub_ops = {
	.list = list,
	.read = read_sensor,
	.average = average,
	.sample = sample,
	.log = log_entry,
};
