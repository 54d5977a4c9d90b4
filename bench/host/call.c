/* SPDX-License-Identifier: Apache-2.0 */
/* A typed call of five fields: A calls, B serves. Started and polled for, so that one process can do both. */
#include "bench_client.h"
#include "bench_server.h"
#include "link.h"

#define BUDGET 16u

static struct bench_client client;
static struct bench_server server;
static struct bench_echo_call call;
static bench_v1_Five response;
static unsigned ended;
static unsigned served;

static weft_status echo(void *context, struct weft_token token, const bench_v1_Five *request, bench_v1_Five *reply)
{
	(void)context;
	(void)token;
	*reply = *request;
	served++;
	return WEFT_OK;
}

static const struct bench_ops ops = { .echo = echo };

static void done(struct bench_echo_call *of, weft_status status, bench_v1_Five *reply)
{
	(void)of;
	if (status != WEFT_OK || reply->c != -70000)
		bench_die("a call failed");
	ended++;
}

static void make(bool sleeps)
{
	link_make(sleeps);
	if (bench_server_start(&server, &link_ends[B].rdev, &ops, NULL, NULL) != WEFT_OK ||
	    bench_client_open(&client, &link_ends[A].rdev, NULL) != WEFT_OK)
		bench_die("no client or no server");
	link_settle();
	if (weft_client_state(&client.base) != WEFT_OK)
		bench_die("the client does not find the server");
}

static void make_busy(const struct plan *plan)
{
	(void)plan;
	make(false);
}

static void make_posix(const struct plan *plan)
{
	(void)plan;
	make(true);
}

static void send(enum side side, unsigned n)
{
	const bench_v1_Five request = {
		.a = 123456, .b = 4000000000u, .c = -70000, .d = 3.25f, .e = "sixteen letters."
	};

	(void)side;
	(void)n;
	if (bench_echo_start(&client, &call, &request, &response, WEFT_MS(5000), done, NULL) != WEFT_OK)
		bench_die("a call does not start");
}

static unsigned take(enum side side)
{
	struct link_end *end = &link_ends[side];
	unsigned *count = side == A ? &ended : &served;

	*count = 0;
	for (;;) {
		rpmsg_poll(&end->rdev, BUDGET);
		if (*count != 0)
			return *count;
		link_wait(end);
	}
}

const struct peer peer_call = {
	.name = "call", .make = make_busy, .send = send, .take = take, .answers = true, .trips = true, .calls = true
};
const struct peer peer_call_posix = { .name = "call-posix",
	                              .make = make_posix,
	                              .send = send,
	                              .take = take,
	                              .answers = true,
	                              .trips = true,
	                              .calls = true };
