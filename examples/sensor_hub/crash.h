/* SPDX-License-Identifier: Apache-2.0 */
/* What core A does while cores are killed; `demo --crash` kills them. */
#ifndef SENSOR_HUB_CRASH_H
#define SENSOR_HUB_CRASH_H

#include "core.h"
#include "sensor_hub_client.h"

/* Core B dies in the middle of a call, and a new one comes: A stays, and calls that one. Then A makes the call in
 * which it is killed itself. False: something went otherwise. */
bool crash_of_b(struct core *core, struct sensor_hub_client *client);

/* Core A has died: this is a new one, and core B is the same. */
bool crash_of_a(struct sensor_hub_client *client);

/* Of these: a call that core B works on for `ms`, with a deadline of ten seconds; and the wait for a core B of another
 * epoch. */
weft_status crash_work(struct sensor_hub_client *client, uint32_t ms, uint64_t *took);
bool crash_meet_again(struct sensor_hub_client *client, uint32_t epoch);

#endif
