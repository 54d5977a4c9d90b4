/* SPDX-License-Identifier: Apache-2.0 */
/* Generated halves in the remote core: the server of examples/sensor_hub, whose client is a process of Linux; and a
 * client, which announces itself, of a server that is one. */
#include "calls.h"

#include <string.h>

#include "sensor.h"
#include "sensor_hub_client.h"
#include "service.h"

#define OF_LINUX "linux.SensorHub"

static struct sensor_hub hub;
static struct sensor_hub_server server;
static struct sensor_hub_client reverse;
static struct sensor_hub_read_call call;
static sensor_v1_Reading reading;
static long logged, status;

static void log_entry(const sensor_v1_LogEntry *entry)
{
	logged += entry->text[0] == 'w';
}

static void wrote(const uint8_t *data, uint32_t len)
{
	(void)data;
	(void)len;
}

void calls_drop(void)
{
	memset(hub.means, 0, sizeof hub.means);
}

static bool start_server(void)
{
	static struct weft_server_slot slots[MEANS + 1];
	static const struct weft_server_config config = { .slots = slots, .slot_count = MEANS + 1 };

	calls_drop();
	return sensor_hub_server_start(&server, &remote.rdev, &sensor_hub_ops, &hub, &config) == WEFT_OK;
}

bool calls_open(void)
{
	static const struct weft_client_config config = { .announce = true, .channel = OF_LINUX };

	sensor_init();
	hub.log = log_entry;
	hub.wrote = wrote;
	return start_server() && sensor_hub_client_open(&reverse, &remote.rdev, &config) == WEFT_OK;
}

void calls_run(void)
{
	if (server.base.rdev != NULL)
		mean_turn(hub.means, &server, 0);
}

/* ---- Commands ---- */

bool calls_logged(long *answer)
{
	*answer = logged;
	return true;
}

bool calls_served(long *answer)
{
	*answer = (long)server.base.counters.requests;
	return true;
}

bool calls_stop(long *answer)
{
	*answer = sensor_hub_server_stop(&server);
	return *answer != WEFT_RESOURCE_EXHAUSTED;
}

bool calls_start(long *answer)
{
	*answer = start_server() ? 0 : -1;
	return true;
}

bool calls_reverse_state(long *answer)
{
	*answer = weft_client_state(&reverse.base);
	return true;
}

/* Until the server in Linux is there, and until it is not. */
bool calls_reverse_found(long *answer)
{
	*answer = 0;
	return weft_client_state(&reverse.base) == WEFT_OK;
}

bool calls_reverse_lost(long *answer)
{
	*answer = 0;
	return weft_client_state(&reverse.base) == WEFT_UNAVAILABLE;
}

static void ended(struct sensor_hub_read_call *which, weft_status how, sensor_v1_Reading *response)
{
	(void)which;
	status = how == WEFT_OK ? (long)response->taken_us : -(long)how;
}

/* Messages of any length and content, each second one with the kind of a frame of ours, to the server in Linux. */
bool calls_reverse_garbage(long count, long *progress, long *answer)
{
	static uint32_t seed = 1;
	uint8_t message[496];

	*answer = 0;
	while (*progress < count) {
		for (unsigned i = 0; i < sizeof message; i++) {
			seed = seed * 1664525u + 1013904223u;
			message[i] = (uint8_t)(seed >> 24);
		}
		int len = (int)(seed >> 8) % (int)(sizeof message + 1);
		if (*progress % 2 != 0)
			message[0] &= 7u;
		if (rpmsg_trysend_offchannel(&echo, reverse.base.ept.addr, reverse.base.server, message, len) != len)
			return false; /* no buffer: go on later */
		++*progress;
	}
	return true;
}

#define UNDER_WAY (-1000L)

/* Read from the server in Linux: what it says was taken, or the status, negative. Started once a command. */
bool calls_reverse_read(long argument, long *progress, long *answer)
{
	sensor_v1_ReadRequest request = { .id = (uint32_t)argument };

	if (*progress == 0) {
		*progress = 1;
		status = UNDER_WAY;
		weft_status started =
			sensor_hub_read_start(&reverse, &call, &request, &reading, WEFT_MS(30000), ended, NULL);
		if (started != WEFT_OK)
			status = -(long)started;
	}
	*answer = status;
	return status != UNDER_WAY;
}
