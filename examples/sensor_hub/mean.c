/* SPDX-License-Identifier: Apache-2.0 */
#include "mean.h"

#include "sensor.h"

#define SAMPLES_MAX 100u
#define INTERVAL_MAX_US 100000u

weft_status mean_start(struct mean means[MEANS], struct weft_token token, const sensor_v1_AverageRequest *request)
{
	const sensor_v1_Sensor *sensor = sensor_find(request->id);

	if (sensor == NULL)
		return WEFT_NOT_FOUND;
	if (request->samples == 0 || request->samples > SAMPLES_MAX || request->interval_us > INTERVAL_MAX_US)
		return WEFT_INVALID_ARGUMENT;
	for (unsigned i = 0; i < MEANS; i++) {
		if (means[i].sensor != NULL)
			continue;
		means[i] = (struct mean){
			.sensor = sensor,
			.token = token,
			.next_us = sensor_now_us(),
			.interval_us = request->interval_us,
			.samples = request->samples,
		};
		return WEFT_DEFERRED;
	}
	return WEFT_RESOURCE_EXHAUSTED;
}

/* Without a transmit buffer the next turn tries again. A token that is no good any more says that nobody waits. */
static void answer(struct mean *mean, struct sensor_hub_server *server, weft_status status)
{
	const sensor_v1_AverageReply reply = { .samples = mean->taken, .mean = mean->sum / mean->samples };

	if (sensor_hub_average_reply(server, mean->token, status, &reply) != WEFT_RESOURCE_EXHAUSTED)
		mean->sensor = NULL;
}

static void take(struct mean *mean, struct sensor_hub_server *server)
{
	double value;

	if (mean->taken < mean->samples) {
		if (!sensor_measure(mean->sensor, &value)) {
			answer(mean, server, WEFT_UNAVAILABLE);
			return;
		}
		mean->sum += value;
		mean->taken++;
		mean->next_us += mean->interval_us;
	}
	if (mean->taken == mean->samples)
		answer(mean, server, WEFT_OK);
}

uint32_t mean_turn(struct mean means[MEANS], struct sensor_hub_server *server, uint32_t timeout_us)
{
	for (unsigned i = 0; i < MEANS; i++) {
		struct mean *mean = &means[i];
		uint64_t now = sensor_now_us();

		if (mean->sensor != NULL && mean->next_us <= now)
			take(mean, server);
		if (mean->sensor == NULL)
			continue;
		uint32_t wait = mean->next_us > now ? (uint32_t)(mean->next_us - now) : 0;
		if (wait < timeout_us)
			timeout_us = wait;
	}
	return timeout_us;
}
