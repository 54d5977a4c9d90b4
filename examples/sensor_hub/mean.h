/* SPDX-License-Identifier: Apache-2.0 */
/* Means that are under way. The handler only notes what is asked; the samples are taken in the core's own loop, and
 * the call is answered, by its token, when they are there. */
#ifndef SENSOR_HUB_MEAN_H
#define SENSOR_HUB_MEAN_H

#include "sensor_hub_server.h"

#define MEANS 3u /* at once; the server needs a slot for each */

struct mean {
	const sensor_v1_Sensor *sensor; /* NULL: free */
	struct weft_token token;
	double sum;
	uint64_t next_us; /* when the next sample is due */
	uint32_t interval_us;
	uint32_t samples;
	uint32_t taken;
};

/* WEFT_DEFERRED, or why not. */
weft_status mean_start(struct mean means[MEANS], struct weft_token token, const sensor_v1_AverageRequest *request);

/* Take the samples that are due, answer what is complete. Returns us until the next one is, at most timeout_us. */
uint32_t mean_turn(struct mean means[MEANS], struct sensor_hub_server *server, uint32_t timeout_us);

#endif
