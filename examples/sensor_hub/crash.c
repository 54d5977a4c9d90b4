/* SPDX-License-Identifier: Apache-2.0 */
#include "crash.h"

#include "say.h"
#include "tour.h"

#define DEADLINE_US WEFT_MS(10000) /* of every call here: none of them comes near it */

/* A call that core B works on for `ms`. */
weft_status crash_work(struct sensor_hub_client *client, uint32_t ms, uint64_t *took)
{
	const sensor_v1_AverageRequest request = { .id = 1, .samples = ms / 10, .interval_us = WEFT_MS(10) };
	sensor_v1_AverageReply reply;
	uint64_t start = now_us();

	say('A', start, "Average", "1: %u ms of work for core B, the deadline is in %u", (unsigned)ms,
	    (unsigned)(DEADLINE_US / 1000));
	weft_status status = sensor_hub_average(client, &request, &reply, DEADLINE_US);
	*took = now_us() - start;
	return status;
}

static bool call_nobody(struct sensor_hub_client *client)
{
	static const sensor_v1_ReadRequest request = { .id = 1 };
	static const sensor_v1_LogEntry entry = { sensor_v1_Severity_SEVERITY_INFO, "is anybody there?" };
	sensor_v1_Reading reading;
	uint64_t start = now_us();
	weft_status status = sensor_hub_read(client, &request, &reading, DEADLINE_US);
	uint64_t took = now_us() - start;

	if (!tour_expect(status, WEFT_UNAVAILABLE))
		return false;
	say_took('A', start, took, "Read", "1: %s at once, handled: nobody is there", weft_status_name(status));
	start = now_us();
	status = sensor_hub_log(client, &entry, DEADLINE_US);
	took = now_us() - start;
	if (!tour_expect(status, WEFT_UNAVAILABLE))
		return false;
	say_took('A', start, took, "Log", "\"%s\": %s at once, handled", entry.text, weft_status_name(status));
	return true;
}

/* The client looks for its server all the time, by name. Nothing is opened anew. */
bool crash_meet_again(struct sensor_hub_client *client, uint32_t epoch)
{
	uint64_t start = now_us();

	say('A', start, "wait", "for another core B that announces %s", SENSOR_HUB_CHANNEL);
	if (!tour_expect(sensor_hub_client_wait(client, DEADLINE_US), WEFT_OK))
		return false;
	say_took('A', now_us(), now_us() - start, "hello", "found by its name; epoch %08x, another life than %08x",
	         (unsigned)client->base.peer.epoch, (unsigned)epoch);
	return client->base.peer.epoch != epoch;
}

bool crash_of_b(struct core *core, struct sensor_hub_client *client)
{
	uint32_t epoch = client->base.peer.epoch;
	uint64_t took;

	if (!tour_read(client, 1) || !tour_expect(crash_work(client, 1000, &took), WEFT_UNAVAILABLE))
		return false;
	say_took('A', now_us(), took, "Average", "1: UNAVAILABLE, handled: ended by the death, not by the deadline");
	if (!call_nobody(client) || !crash_meet_again(client, epoch) || !tour_read_many_times(client))
		return false;
	core_say_counters(core, rpmsg_buffers_out(&core->link.rdev));
	tour_expect(crash_work(client, 500, &took), WEFT_UNAVAILABLE); /* nobody comes back from this */
	return false;
}

bool crash_of_a(struct sensor_hub_client *client)
{
	return tour_read_many_times(client);
}
