/* SPDX-License-Identifier: Apache-2.0 */
/* Core B as the remote core of a Linux in QEMU: the firmware's service, from the sources of the chip's, and a client of
 * what Linux serves. Usage: hub SOCKET, by scripts/virtual-core. */
#define _GNU_SOURCE /* gmtime_r */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chip.h"
#include "say.h"
#include "sensor.h"
#include "service.h"
#include "wall_clock_client.h"
#include "weft/check.h"

static struct weft_ivshmem_link to_linux;
static struct sensor_hub hub;
static struct sensor_hub_server server;
static struct wall_clock_client wall_clock;

/* A core that comes out of a reset finds rings that Linux still uses: Linux has to be told, or nobody ever speaks. */
static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)priv;
	if (event == RPMSG_LINK_UP)
		say('B', now_us(), "link up", "a message carries %u bytes", (unsigned)detail);
	else if (event == RPMSG_LINK_DOWN)
		say('B', now_us(), "link down", "Linux has taken it back");
	else if (event == RPMSG_BAD_MESSAGE)
		say('B', now_us(), "error", "Linux broke the protocol: check %u", (unsigned)detail);
	if (event != RPMSG_LINK_ERROR)
		return;
	if (detail == WEFT_CHECK_RING_FRESH)
		say('B', now_us(), "crash", "told to remoteproc: the rings are of another life");
	else
		say('B', now_us(), "error", "Linux broke the protocol: check %u; told to remoteproc", (unsigned)detail);
	weft_ivshmem_report_crash(&to_linux.ivshmem);
}

/* ---- What Linux calls ---- */

static void log_entry(const sensor_v1_LogEntry *entry)
{
	bool warning = entry->severity == sensor_v1_Severity_SEVERITY_WARNING;

	say('B', now_us(), "log", "%s: %s", warning ? "warning" : "info", entry->text);
}

static void wrote(const uint8_t *data, uint32_t len)
{
	const uint8_t *base = to_linux.ivshmem.posix.port.region.base;

	say('B', now_us(), "sample", "%u bytes written at byte %u of the shared memory", (unsigned)len,
	    (unsigned)(data - base));
}

static bool serve(struct rpmsg_device *rdev)
{
	static struct weft_server_slot slots[MEANS + 1]; /* one for a request that waits for a buffer */
	static const struct weft_server_config serving = { .slots = slots, .slot_count = MEANS + 1 };

	sensor_init();
	hub.log = log_entry;
	hub.wrote = wrote;
	return sensor_hub_server_start(&server, rdev, &sensor_hub_ops, &hub, &serving) == WEFT_OK;
}

/* ---- What we call ---- */

static void told(struct wall_clock_now_call *call, weft_status status, clock_v1_NowReply *reply)
{
	time_t seconds = (time_t)reply->now.seconds;
	struct tm utc;
	char text[40];

	(void)call;
	if (status != WEFT_OK || gmtime_r(&seconds, &utc) == NULL) {
		say('B', now_us(), "error", "no time of day: %s", weft_status_name(status));
		return;
	}
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
	say('B', now_us(), "Now", "Linux says: %s UTC", text);
}

/* Once whenever a server comes. */
static void ask_time(void)
{
	static const google_protobuf_Empty request;
	static struct wall_clock_now_call call;
	static clock_v1_NowReply reply;
	static bool asked;

	if (weft_client_state(&wall_clock.base) != WEFT_OK) {
		asked = false;
	} else if (!asked) {
		asked = true;
		wall_clock_now_start(&wall_clock, &call, &request, &reply, WEFT_MS(5000), told, NULL);
	}
}

/* ---- The core ---- */

static int run(unsigned life)
{
	static const struct weft_client_config announced = { .announce = true };
	struct rpmsg_device *rdev = &to_linux.link.rdev;

	say('B', now_us(), "start", "the remote core of a Linux, life %u", life);
	if (!serve(rdev) || wall_clock_client_open(&wall_clock, rdev, &announced) != WEFT_OK)
		return EXIT_FAILURE;
	for (;;) {
		rpmsg_poll(rdev, 16);
		ask_time();
		/* Linux resets without a kick: look each millisecond. */
		rpmsg_wait(rdev, mean_turn(hub.means, &server, WEFT_MS(1)));
	}
}

int main(int argc, char **argv)
{
	const struct weft_link_config config = { .event = on_event };

	if (argc != 2)
		return fprintf(stderr, "usage: hub SOCKET\n"), EXIT_FAILURE;
	int error = weft_ivshmem_link_open(&to_linux, argv[1], &config);
	if (error != 0)
		return fprintf(stderr, "hub: %s: %s\n", argv[1], strerror(-error)), EXIT_FAILURE;
	return chip_run(&to_linux, run);
}
