/* SPDX-License-Identifier: Apache-2.0 */
/* Linux serves a client in the remote core, which announces itself: the server speaks first. */
#include "calls.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE WEFT_MS(60000)
#define CALLS 100

static struct sensor_hub_server server;
static int commands[2];
static bool over;

static weft_status read_sensor(void *context, struct weft_token token, const sensor_v1_ReadRequest *request,
                               sensor_v1_Reading *response)
{
	(void)context;
	(void)token;
	if (request->id > CALLS)
		return WEFT_NOT_FOUND;
	response->taken_us = request->id * 3u;
	return WEFT_OK;
}

static const struct sensor_hub_ops ops = { .read = read_sensor };

/* The console is not ours to wait for while we serve: another process does, and says how it went. */
static void talk(void)
{
	CHECK(tell("reverse found") == 0);
	for (long i = 1; i <= CALLS; i++)
		CHECK(tell("reverse read %ld", i) == i * 3);
	CHECK(tell("reverse read 1000") == -(long)WEFT_NOT_FOUND);
	CHECK(tell("reverse garbage 1000") == 0);
	CHECK(tell("reverse read 8") == 24);
	for (unsigned i = 0; i < 5; i++) {
		CHECK(tell("crash") == 0);
		CHECK(tell("reverse lost") == 0);
		CHECK(tell("reverse found") == 0);
		CHECK(tell("reverse read 7") == 21);
	}
	_exit(0);
}

static void serve(int until)
{
	struct pollfd ready[2] = { { .fd = weft_chrdev_fd(&calls_link.chrdev), .events = POLLIN },
		                   { .fd = until, .events = POLLIN } };
	char byte;

	while (!over) {
		uint32_t us = rpmsg_arm(&calls_link.rdev, PATIENCE);

		CHECK(poll(ready, 2, (int)((us + 999u) / 1000u)) >= 0);
		CHECK(rpmsg_poll(&calls_link.rdev, 16) >= 0);
		/* The other end is closed when the other process ends. */
		over = ready[1].revents != 0 && read(until, &byte, 1) == 0;
	}
}

void server_checks(void)
{
	static const struct weft_server_config config = { .ready = true, .channel = "linux.SensorHub" };

	calls_open_link();
	CHECK(sensor_hub_server_start(&server, &calls_link.rdev, &ops, NULL, &config) == WEFT_OK);
	while (server.base.epoch == 0) { /* until a client has said hello */
		CHECK(rpmsg_poll(&calls_link.rdev, 16) >= 0);
		CHECK(rpmsg_wait(&calls_link.rdev, PATIENCE) == 0);
	}
	CHECK(pipe(commands) == 0);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0)
		talk();
	close(commands[1]);
	serve(commands[0]);
	int status = -1;
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(server.base.counters.violation > 0);
	ok("Linux serves the remote core: %d calls, 1000 messages of garbage; found again after a crash, 5 times",
	   CALLS);
	CHECK(sensor_hub_server_stop(&server) == WEFT_OK);
}
