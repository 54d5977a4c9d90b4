/* SPDX-License-Identifier: Apache-2.0 */
/* Linux calls: the generated client of examples/sensor_hub, and its server in the remote core. */
#include "calls.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PATIENCE WEFT_MS(60000)
#define UPTIME 5u /* the sensor: present everywhere */
#define CALLS 500
#define LIVES 30
#define DEVICES 64

static struct sensor_hub_client client;

static weft_status read_one(uint32_t id, uint32_t timeout_us)
{
	sensor_v1_ReadRequest request = { .id = id };
	sensor_v1_Reading reading;
	weft_status status = sensor_hub_read(&client, &request, &reading, timeout_us);

	if (status == WEFT_OK)
		CHECK(reading.has_sensor && reading.sensor.id == id);
	return status;
}

static void unary(void)
{
	sensor_v1_ListRequest all = { 0 };
	sensor_v1_SensorList list;

	CHECK(sensor_hub_list(&client, &all, &list, PATIENCE) == WEFT_OK && list.sensors_count >= UPTIME);
	for (unsigned i = 0; i < CALLS; i++)
		CHECK(read_one(1 + i % UPTIME, PATIENCE) == WEFT_OK);
	CHECK(read_one(99, PATIENCE) == WEFT_NOT_FOUND);
	ok("calls from user space, without root: %d, with their answers", CALLS);
}

static void views(void)
{
	sensor_v1_SampleRequest request = { .id = UPTIME, .samples = 100 };
	sensor_v1_Samples samples;
	struct weft_rx rx;

	for (unsigned i = 0; i < 40; i++) {
		CHECK(sensor_hub_sample(&client, &request, &samples, &rx, PATIENCE) == WEFT_OK);
		CHECK(samples.values.len == 100 * sizeof(float) && rpmsg_buffers_out(&calls_link.rdev) == 1);
		CHECK(weft_rx_release(&rx) == WEFT_OK && rpmsg_buffers_out(&calls_link.rdev) == 0);
	}
	ok("a reply of 400 bytes that is looked at where the kernel wrote it");
}

static void deadline(void)
{
	sensor_v1_AverageRequest request = { .id = UPTIME, .samples = 100, .interval_us = 100000 };
	sensor_v1_AverageReply reply;

	CHECK(sensor_hub_average(&client, &request, &reply, WEFT_MS(20)) == WEFT_DEADLINE_EXCEEDED);
	request.interval_us = 10;
	CHECK(sensor_hub_average(&client, &request, &reply, PATIENCE) == WEFT_OK && reply.samples == 100);
	ok("a deadline that is missed, and the next call");
}

static weft_status log_line(const char *text, uint32_t timeout_us)
{
	sensor_v1_LogEntry entry = { .severity = sensor_v1_Severity_SEVERITY_INFO };

	snprintf(entry.text, sizeof entry.text, "%s", text);
	return sensor_hub_log(&client, &entry, timeout_us);
}

static void oneway(void)
{
	long before = tell("logged");

	for (unsigned i = 0; i < 10; i++)
		CHECK(log_line("warp", PATIENCE) == WEFT_OK);
	CHECK(read_one(1, PATIENCE) == WEFT_OK); /* behind them */
	CHECK(tell("logged") == before + 10);
	ok("calls that nobody answers");
}

/* The remote core takes nothing: the kernel's buffers fill up, then nothing is sent, and nothing waits longer than it
 * was told to. */
static void stalled(void)
{
	unsigned sent = 0;

	CHECK(tell("stall") == 0);
	while (log_line("heddle", 0) == WEFT_OK)
		sent++;
	CHECK(sent >= RING && sent <= RING + WEFT_CHRDEV_LINK_BUFFERS);
	CHECK(log_line("heddle", 0) == WEFT_RESOURCE_EXHAUSTED);
	CHECK(read_one(1, WEFT_MS(20)) == WEFT_DEADLINE_EXCEEDED);
	CHECK(tell("resume") == 0);
	CHECK(read_one(1, PATIENCE) == WEFT_OK);
	CHECK(rpmsg_buffers_out(&calls_link.rdev) == 0);
	ok("a stalled remote core: %u messages, then RESOURCE_EXHAUSTED, then all is well", sent);
}

static void await_state(weft_status state)
{
	while (weft_client_state(&client.base) != state) {
		CHECK(rpmsg_poll(&calls_link.rdev, 16) >= 0);
		CHECK(rpmsg_wait(&calls_link.rdev, PATIENCE) == 0);
	}
}

/* The server stops and another is started: found by its name. */
static void another_server(void)
{
	for (unsigned i = 0; i < 10; i++) {
		CHECK(tell("server stop") == WEFT_OK);
		await_state(WEFT_UNAVAILABLE);
		CHECK(read_one(1, WEFT_MS(10)) == WEFT_UNAVAILABLE);
		CHECK(tell("server start") == 0);
		CHECK(sensor_hub_client_wait(&client, PATIENCE) == WEFT_OK);
		CHECK(read_one(1, PATIENCE) == WEFT_OK);
	}
	ok("the server goes, and another comes, 10 times");
}

static weft_status ended;

static void on_end(struct sensor_hub_average_call *call, weft_status status, sensor_v1_AverageReply *response)
{
	(void)call;
	(void)response;
	ended = status;
}

/* In the middle of a call. */
static void crash(void)
{
	static struct sensor_hub_average_call call;
	static sensor_v1_AverageReply reply;
	sensor_v1_AverageRequest request = { .id = UPTIME, .samples = 100, .interval_us = 100000 };

	for (unsigned i = 0; i < 10; i++) {
		uint32_t ups = rpmsg_link_counters(&calls_link.rdev)->ups;

		ended = WEFT_OK;
		CHECK(sensor_hub_average_start(&client, &call, &request, &reply, PATIENCE, on_end, NULL) == WEFT_OK);
		CHECK(tell("crash") == 0);
		while (ended == WEFT_OK) {
			CHECK(rpmsg_poll(&calls_link.rdev, 16) >= 0);
			CHECK(rpmsg_wait(&calls_link.rdev, PATIENCE) == 0);
		}
		CHECK(ended == WEFT_UNAVAILABLE);
		CHECK(sensor_hub_client_wait(&client, PATIENCE) == WEFT_OK);
		CHECK(read_one(1, PATIENCE) == WEFT_OK);
		CHECK(rpmsg_link_counters(&calls_link.rdev)->ups > ups);
		CHECK(weft_chrdev_problem(&calls_link.chrdev)[0] == '\0');
	}
	ok("the remote core crashes in the middle of a call (UNAVAILABLE), and is found again, 10 times");
}

/* ---- One descriptor in somebody else's loop ---- */

static struct sensor_hub_read_call reads;
static sensor_v1_Reading reading;
static unsigned answers;

static void start_read(int other);

static void on_read(struct sensor_hub_read_call *call, weft_status status, sensor_v1_Reading *response)
{
	CHECK(status == WEFT_OK && response->has_sensor);
	answers++;
	start_read(*(const int *)call->arg);
}

/* From the other descriptor's turn, or from an answer: until there are enough. */
static void start_read(int other)
{
	static int bell;
	sensor_v1_ReadRequest request = { .id = 1 };
	uint64_t one = 1;

	bell = other;
	if (answers == CALLS)
		CHECK(write(other, &one, sizeof one) == (ssize_t)sizeof one);
	else
		CHECK(sensor_hub_read_start(&client, &reads, &request, &reading, PATIENCE, on_read, &bell) == WEFT_OK);
}

static int ms_of(uint32_t us)
{
	return (int)((us + 999u) / 1000u);
}

static void main_loop(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int loop = epoll_create1(0), other = eventfd(0, EFD_NONBLOCK);
	bool done = false;

	CHECK(loop >= 0 && other >= 0);
	event.data.fd = weft_chrdev_fd(&calls_link.chrdev);
	CHECK(epoll_ctl(loop, EPOLL_CTL_ADD, event.data.fd, &event) == 0);
	event.data.fd = other;
	CHECK(epoll_ctl(loop, EPOLL_CTL_ADD, other, &event) == 0);
	start_read(other);
	while (!done) {
		int count = epoll_wait(loop, &event, 1, ms_of(rpmsg_arm(&calls_link.rdev, PATIENCE)));

		CHECK(count >= 0);
		done = count == 1 && event.data.fd == other;
		CHECK(rpmsg_poll(&calls_link.rdev, 16) >= 0);
	}
	CHECK(answers == CALLS);
	close(other);
	close(loop);
	ok("%d calls in an epoll loop, beside another descriptor", CALLS);
}

void client_checks(void)
{
	calls_open_link();
	calls_connect(&client);
	unary();
	views();
	deadline();
	oneway();
	main_loop();
	stalled();
	another_server();
	crash();
	CHECK(sensor_hub_client_close(&client) == WEFT_OK);
}

/* Nothing is closed: what the kernel has stays. */
void killed_checks(void)
{
	calls_open_link();
	calls_connect(&client);
	CHECK(read_one(1, PATIENCE) == WEFT_OK);
	_exit(0);
}

void many_checks(void)
{
	calls_open_link();
	calls_connect(&client);
	for (unsigned i = 0; i < CALLS; i++)
		CHECK(read_one(1 + i % UPTIME, PATIENCE) == WEFT_OK);
	CHECK(client.base.counters.stray == 0 && client.base.counters.violation == 0);
	CHECK(sensor_hub_client_close(&client) == WEFT_OK);
}

/* However often the link goes, and wherever in a call: each ends, with one of three statuses. */
void restless_checks(void)
{
	unsigned good = 0;

	calls_open_link();
	CHECK(sensor_hub_client_open(&client, &calls_link.rdev, NULL) == WEFT_OK);
	for (;;) {
		CHECK(sensor_hub_client_wait(&client, PATIENCE) == WEFT_OK);
		if (rpmsg_link_counters(&calls_link.rdev)->ups >= LIVES)
			break; /* without a call: so it is not taken away while we close */
		weft_status status = read_one(1, WEFT_MS(1000));
		CHECK(status == WEFT_OK || status == WEFT_UNAVAILABLE || status == WEFT_DEADLINE_EXCEEDED);
		good += status == WEFT_OK;
	}
	CHECK(good > 0);
	CHECK(sensor_hub_client_close(&client) == WEFT_OK);
}

static unsigned endpoint_devices(void)
{
	unsigned count = 0;
	char path[64];

	for (int i = 0; i < DEVICES; i++) {
		snprintf(path, sizeof path, "/sys/class/rpmsg/rpmsg%d", i);
		count += access(path, F_OK) == 0;
	}
	return count;
}

/* Until what others have left is cleared away. */
void brief_checks(void)
{
	calls_open_link();
	calls_connect(&client);
	CHECK(read_one(1, PATIENCE) == WEFT_OK);
	while (endpoint_devices() != 2) { /* the kernel's own, and ours */
		CHECK(rpmsg_poll(&calls_link.rdev, 16) >= 0);
		CHECK(rpmsg_wait(&calls_link.rdev, PATIENCE) == 0);
	}
	CHECK(sensor_hub_client_close(&client) == WEFT_OK);
}
