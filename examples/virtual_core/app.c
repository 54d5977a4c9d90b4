/* SPDX-License-Identifier: Apache-2.0 */
/* A Linux program, as it would run on the board: calls the sensors of the remote core over /dev/rpmsg*, and serves it
 * the time of day. Only the line "@reset" is for the PC: scripts/virtual-core takes it to the virtual core's reset
 * button. Usage: app [remoteproc] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "clock.h"
#include "say.h"
#include "weft/chrdev_link.h"

static struct weft_chrdev_link link_b;
static struct sensor_hub_client client;

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)priv;
	if (event == RPMSG_LINK_UP)
		say('A', now_us(), "link up", "a message carries %u bytes", (unsigned)detail);
	else if (event == RPMSG_LINK_DOWN)
		say('A', now_us(), "link down", "the remote core is gone");
}

/* Wherever it is: found by name, and found again whenever it comes back. */
static bool meet(void)
{
	uint64_t start = now_us();
	weft_status status = sensor_hub_client_wait(&client, CALLS_DEADLINE_US);

	if (status != WEFT_OK) {
		say('A', now_us(), "error", "no %s: %s. %s", SENSOR_HUB_CHANNEL, weft_status_name(status),
		    weft_chrdev_problem(&link_b.chrdev));
		return false;
	}
	say_took('A', start, now_us() - start, "hello", "%s found; epoch %08x", SENSOR_HUB_CHANNEL,
	         (unsigned)client.base.peer.epoch);
	return true;
}

static bool open_all(const char *remote)
{
	static const struct weft_link_config link = { .event = on_event };
	static struct weft_call *calls[4]; /* in flight at once */
	static const struct weft_client_config config = { .calls = calls, .call_slots = 4 };
	int error = weft_chrdev_link_open(&link_b, remote, &link);

	if (error != 0) {
		say('A', now_us(), "error", "cannot open the link: %s", strerror(-error));
		return false;
	}
	return clock_start(&link_b.rdev) &&
	       calls_ended(sensor_hub_client_open(&client, &link_b.rdev, &config), WEFT_OK);
}

static bool ended;
static weft_status ended_with;

static void worked(struct sensor_hub_average_call *call, weft_status status, sensor_v1_AverageReply *response)
{
	(void)call;
	(void)response;
	ended = true;
	ended_with = status;
}

static void turn(void)
{
	rpmsg_poll(&link_b.rdev, 16);
	rpmsg_wait(&link_b.rdev, WEFT_MS(100));
}

/* The remote core is reset in the middle of a call. Nothing is opened anew. */
static bool outlive_a_reset(void)
{
	static const sensor_v1_AverageRequest request = { .id = 1, .samples = 100, .interval_us = WEFT_MS(50) };
	static struct sensor_hub_average_call call;
	static sensor_v1_AverageReply reply;
	uint32_t epoch = client.base.peer.epoch;
	uint64_t start = now_us();
	weft_status status =
		sensor_hub_average_start(&client, &call, &request, &reply, CALLS_DEADLINE_US, worked, NULL);

	if (!calls_ended(status, WEFT_OK))
		return false;
	say('A', start, "Average", "1: 5000 ms of work for core B, which is reset meanwhile");
	if (write(STDOUT_FILENO, "@reset\n", 7) != 7)
		return false;
	while (!ended)
		turn();
	say_took('A', now_us(), now_us() - start, "", "1: %s, handled", weft_status_name(ended_with));
	return calls_ended(ended_with, WEFT_UNAVAILABLE) && meet() && client.base.peer.epoch != epoch;
}

/* Once in each of its lives. */
static bool was_asked_the_time(unsigned times)
{
	uint64_t start = now_us();

	while (clock_answered() < times && now_us() - start < CALLS_DEADLINE_US)
		turn();
	return calls_ended(clock_answered() >= times ? WEFT_OK : WEFT_DEADLINE_EXCEEDED, WEFT_OK);
}

int main(int argc, char **argv)
{
	bool good = open_all(argc > 1 ? argv[1] : NULL) && meet() && was_asked_the_time(1) && calls_list(&client) &&
	            calls_read(&client) && calls_read_nothing(&client) && calls_sample(&client) && calls_log(&client) &&
	            calls_too_late(&client) && outlive_a_reset() && was_asked_the_time(2) && calls_many(&client);

	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
