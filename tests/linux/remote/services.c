/* SPDX-License-Identifier: Apache-2.0 */
/* What Linux finds: "rpmsg-raw" and "rpmsg-tty", which say back what they hear; a sink at an address, which counts what
 * it hears; and a client of a "rpmsg-raw" that Linux announces. What cannot be answered at once is held, and nothing is
 * lost: Linux waits for its buffers. */
#include <string.h>

#include "remote.h"

#define SINK 77u
#define WRITERS 8u

struct rpmsg_endpoint echo, tty, client, sink;
uint32_t last_source;
long unbound, sunk, astray;
static uint32_t next_of[WRITERS];

struct held {
	struct rpmsg_endpoint *ept;
	void *data;
	int len;
	uint32_t src;
};
static struct held queue[REMOTE_BUFFERS]; /* as many as there are received buffers */
static unsigned first, count;

static int on_message(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	if (count == REMOTE_BUFFERS || rpmsg_hold_rx_buffer(ept, data) != 0)
		return RPMSG_ERR_NO_MEM;
	queue[(first + count++) % REMOTE_BUFFERS] = (struct held){ ept, data, (int)len, src };
	if (ept == &echo)
		last_source = src;
	return RPMSG_SUCCESS;
}

/* A slow service: so long for each message. */
static void work(void)
{
	uint32_t began = rpmsg_now_us(&remote.rdev);

	while (rpmsg_now_us(&remote.rdev) - began < remote.work_us)
		;
}

/* Who writes, and which of its messages this is; the sink of others hears anything. */
static int on_sink(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	uint32_t words[2];

	(void)ept;
	(void)src;
	(void)priv;
	work();
	sunk++;
	if (len < sizeof words)
		return RPMSG_SUCCESS;
	memcpy(words, data, sizeof words);
	if (words[0] >= WRITERS || words[1] != next_of[words[0]]++)
		astray++;
	return RPMSG_SUCCESS;
}

void writers_anew(void)
{
	memset(next_of, 0, sizeof next_of);
	astray = 0;
}

void services_run(void)
{
	while (count > 0) {
		const struct held *it = &queue[first];

		if (rpmsg_trysendto(it->ept, it->data, it->len, it->src) == RPMSG_ERR_NO_BUFF)
			return;
		rpmsg_release_rx_buffer(it->ept, it->data);
		first = (first + 1) % REMOTE_BUFFERS;
		count--;
	}
}

void services_drop(void)
{
	count = 0;
}

static void on_unbind(struct rpmsg_endpoint *ept)
{
	(void)ept;
	unbound++;
}

static int open_server(struct rpmsg_endpoint *ept, const char *name, uint32_t src, rpmsg_ept_cb cb)
{
	struct rpmsg_endpoint_config config = {
		.name = name, .src = src, .dest = RPMSG_ADDR_ANY, .flags = RPMSG_EPT_SERVER, .cb = cb
	};

	return rpmsg_create_endpoint(ept, &remote.rdev, &config);
}

int echo_announce(void)
{
	return open_server(&echo, "rpmsg-raw", RPMSG_ADDR_ANY, on_message);
}

int services_open(void)
{
	struct rpmsg_endpoint_config config = { .name = "rpmsg-raw",
		                                .src = RPMSG_ADDR_ANY,
		                                .dest = RPMSG_ADDR_ANY,
		                                .flags = RPMSG_EPT_QUIET,
		                                .ns_unbind_cb = on_unbind };
	int result = echo_announce();

	if (result == 0)
		result = open_server(&tty, "rpmsg-tty", RPMSG_ADDR_ANY, on_message);
	if (result == 0)
		result = open_server(&sink, NULL, SINK, on_sink);
	return result == 0 ? rpmsg_create_endpoint(&client, &remote.rdev, &config) : result;
}
