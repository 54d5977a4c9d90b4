/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* getpid */
#include "link.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REGION (256u * 1024u)
#define TURNS 10000

struct link_end link_ends[2];

/* ---- The least port: the other side looks by itself ---- */

static void no_kick(struct weft_port *port, uint32_t notifyid)
{
	(void)port;
	(void)notifyid;
}

static uint32_t now_us(struct weft_port *port)
{
	static uint32_t ticks;
	struct timespec now;

	(void)port;
	if (bench_counts)
		return ++ticks;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
}

static void relax(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	(void)timeout_us;
	bench_pause();
}

static const struct weft_port_ops busy_ops = { .kick = no_kick, .now_us = now_us, .relax = relax };

/* ---- Making ---- */

static struct weft_port *port_of(struct link_end *end, enum side side, uint8_t *memory)
{
	if (!end->sleeps) {
		end->port = (struct weft_port){ &busy_ops, { memory, WEFT_POSIX_ADDRESS, REGION } };
		return &end->port;
	}
	char path[WEFT_POSIX_PATH_MAX];
	const char *folder = getenv("TMPDIR");

	snprintf(path, sizeof path, "%s/weft-bench-%d", folder != NULL ? folder : "/tmp", (int)getpid());
	struct weft_posix_config config = { .path = path, .driver = side == A, .size = REGION };
	if (weft_posix_open(&end->posix, &config) != 0)
		bench_die("the posix port does not open");
	return &end->posix.port;
}

static void open_end(enum side side, uint8_t *memory)
{
	struct link_end *end = &link_ends[side];
	struct weft_shm_config shm = {
		.role = side == A ? &weft_shm_driver : &weft_shm_device,
		.port = port_of(end, side, memory),
		.entries = end->entries,
		.layout = { .num = BENCH_BUFFERS, .buf_size = BENCH_BUF_SIZE, .align = 64 },
	};
	struct rpmsg_config config = {
		.transport = &end->shm.transport,
		.endpoints = end->table,
		.endpoint_slots = LINK_ENDPOINTS,
		.channels = end->channels,
		.channel_slots = 4,
		.polled_by = end->sleeps ? RPMSG_POLLED_BY_LOOP : RPMSG_POLLED_BY_BUSY,
	};

	if (weft_shm_init(&end->shm, &shm) != 0 || rpmsg_init(&end->rdev, &config) != 0)
		bench_die("the link does not open");
}

void link_settle(void)
{
	for (int quiet = 0; quiet < 8; quiet++) {
		if (rpmsg_poll(&link_ends[A].rdev, 16) + rpmsg_poll(&link_ends[B].rdev, 16) > 0)
			quiet = 0;
	}
}

void link_make(bool sleeps)
{
	uint8_t *memory = sleeps ? NULL : bench_share(REGION);
	int turns = 0;

	for (int side = A; side <= B; side++) {
		link_ends[side].sleeps = sleeps;
		open_end((enum side)side, memory);
	}
	while (rpmsg_link(&link_ends[A].rdev) != WEFT_LINK_UP || rpmsg_link(&link_ends[B].rdev) != WEFT_LINK_UP) {
		link_settle();
		if (++turns == TURNS)
			bench_die("the link does not come up");
	}
	if (sleeps)
		unlink(link_ends[A].posix.path);
}

void link_wait(struct link_end *end)
{
	if (end->sleeps)
		rpmsg_wait(&end->rdev, WEFT_MS(1000));
}
