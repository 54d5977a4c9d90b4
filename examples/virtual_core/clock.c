/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* clock_gettime */
#include "clock.h"

#include <time.h>

#include "say.h"

static struct wall_clock_server server;
static unsigned answered;

static weft_status now(void *context, struct weft_token token, const google_protobuf_Empty *request,
                       clock_v1_NowReply *response)
{
	struct timespec time;

	(void)context;
	(void)token;
	(void)request;
	clock_gettime(CLOCK_REALTIME, &time);
	response->has_now = true;
	response->now.seconds = time.tv_sec;
	response->now.nanos = (int32_t)time.tv_nsec;
	answered++;
	say('A', now_us(), "serve", "clock.v1.WallClock.Now, to core B");
	return WEFT_OK;
}

bool clock_start(struct rpmsg_device *rdev)
{
	static const struct wall_clock_ops ops = { .now = now };
	static const struct weft_server_config ready = { .ready = true }; /* user space cannot announce */
	weft_status status = wall_clock_server_start(&server, rdev, &ops, NULL, &ready);

	if (status != WEFT_OK)
		say('A', now_us(), "error", "cannot serve the time of day: %s", weft_status_name(status));
	return status == WEFT_OK;
}

unsigned clock_answered(void)
{
	return answered;
}
