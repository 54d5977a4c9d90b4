/* SPDX-License-Identifier: Apache-2.0 */
/* One call of each kind to the sensors of core B. False: it did not end as it should, and it was said how. */
#ifndef VIRTUAL_CORE_CALLS_H
#define VIRTUAL_CORE_CALLS_H

#include "sensor_hub_client.h"

#define CALLS_DEADLINE_US WEFT_MS(10000) /* of what should go well, on a busy machine that emulates */

bool calls_ended(weft_status status, weft_status expected);
bool calls_list(struct sensor_hub_client *client);
bool calls_read(struct sensor_hub_client *client);
/* The handler's own status. */
bool calls_read_nothing(struct sensor_hub_client *client);
/* The response is a view: it is read where the message was received. */
bool calls_sample(struct sensor_hub_client *client);
bool calls_log(struct sensor_hub_client *client);
/* More work than the deadline has time for. */
bool calls_too_late(struct sensor_hub_client *client);
bool calls_many(struct sensor_hub_client *client);

#endif
