/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to Linux what it must survive. Ring words are written behind the runtime's back: the runtime knows nothing of
 * them, and Linux resets the link after each. */
#include <string.h>

#include "remote.h"

#define NAME_SERVICE 53u

/* ---- Messages: well framed, wrong inside ---- */

struct announcement {
	char name[32];
	uint32_t addr, flags;
};

static bool send_name(const char *name, uint32_t flags, int len)
{
	char message[64] = { 0 };
	struct announcement announcement = { .addr = 0x5555, .flags = flags };

	memset(announcement.name, name[0], sizeof announcement.name);
	if (name[1] != '\0')
		strncpy(announcement.name, name, sizeof announcement.name);
	memcpy(message, &announcement, sizeof announcement);
	return rpmsg_send_offchannel(&echo, echo.addr, NAME_SERVICE, message, len) == len;
}

bool lie_message(const char *kind)
{
	static const struct {
		const char *kind, *name;
		uint32_t flags;
		int len;
	} names[] = {
		{ "name-short", "short", 0, 39 }, { "name-long", "long", 0, 41 },
		{ "name-endless", "A", 0, 40 },   { "name-flags", "flags", 0xfffffffe, 40 },
		{ "name-twice", "twice", 0, 40 }, { "name-gone", "never-was", 1, 40 },
	};

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(kind, names[i].kind) == 0)
			return send_name(names[i].name, names[i].flags, names[i].len) &&
			       (strcmp(kind, "name-twice") != 0 || send_name("twice", 0, 40)) &&
			       (names[i].flags == 1 || names[i].len != 40 || send_name(names[i].name, 1, 40));
	if (strcmp(kind, "unknown-address") == 0)
		return rpmsg_send_offchannel(&echo, echo.addr, 0x7777, kind, 8) == 8;
	return strcmp(kind, "empty") == 0 && rpmsg_send_offchannel(&echo, echo.addr, last_source, kind, 0) == 0;
}

/* ---- Rings ---- */

struct ring {
	struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next;
	} * desc;
	struct {
		uint16_t flags, idx, ring[REMOTE_BUFFERS];
	} * avail;
	struct {
		uint16_t flags, idx;
		struct {
			uint32_t id, len;
		} ring[REMOTE_BUFFERS];
	} * used;
};

/* Vring 0, in which we send. */
static struct ring ring_0(void)
{
	const struct weft_region *region = &remote.ivshmem.posix.port.region;
	uint8_t *base = region->base + (remote.to_linux.vdev->vring[0].da - region->address);
	size_t avail = sizeof *((struct ring *)0)->desc * REMOTE_BUFFERS;
	size_t used = (avail + 2u * (3u + REMOTE_BUFFERS) + 4095u) / 4096u * 4096u;

	return (struct ring){ (void *)base, (void *)(base + avail), (void *)(base + used) };
}

/* The next used element, and the buffer that Linux offered for it. */
static void give(const struct ring *ring, uint32_t id, uint32_t len)
{
	uint16_t idx = ring->used->idx;

	ring->used->ring[idx % REMOTE_BUFFERS].id = id;
	ring->used->ring[idx % REMOTE_BUFFERS].len = len;
	__atomic_store_n(&ring->used->idx, (uint16_t)(idx + 1u), __ATOMIC_RELEASE);
}

static uint16_t offered(const struct ring *ring, uint16_t ahead)
{
	return ring->avail->ring[(uint16_t)(ring->used->idx + ahead) % REMOTE_BUFFERS];
}

/* A header for nobody, that says so many bytes. */
static void fill(const struct ring *ring, uint16_t id, uint16_t len)
{
	const struct weft_region *region = &remote.ivshmem.posix.port.region;
	uint8_t *buffer = region->base + (ring->desc[id].addr - region->address);
	uint32_t header[4] = { 1100, 0x7777, 0, len };

	memcpy(buffer, header, sizeof header);
}

bool lie_ring(const char *kind)
{
	const struct weft_port *port = &remote.ivshmem.posix.port;
	struct ring ring = ring_0();
	uint16_t id = offered(&ring, 0);

	fill(&ring, id, 8);
	if (strcmp(kind, "used-id") == 0) {
		give(&ring, 999, 24);
	} else if (strcmp(kind, "used-length") == 0) {
		give(&ring, id, 65535);
	} else if (strcmp(kind, "used-twice") == 0) {
		give(&ring, id, 24);
		give(&ring, id, 24);
	} else if (strcmp(kind, "used-jump") == 0) {
		__atomic_store_n(&ring.used->idx, (uint16_t)(ring.used->idx + 1000u), __ATOMIC_RELEASE);
	} else if (strcmp(kind, "header-length") == 0) {
		fill(&ring, id, 0xffff);
		give(&ring, id, 24);
	} else {
		return false;
	}
	port->ops->kick(&remote.ivshmem.posix.port, 0);
	return true;
}
