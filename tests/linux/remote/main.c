/* SPDX-License-Identifier: Apache-2.0 */
/* remote <socket> attached | booted: a remote core of Linux. Takes commands on standard input, answers each with a line
 * "answer <n>"; what happens to its link goes to standard error. Ends with its input. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "remote.h"
#include "remote_resource_table.h"
#include "weft/service.h"

#define ANY 0xffffffffu /* Linux says where */

struct remote remote = { .budget = 64 };

/* What a boot loader finds in a firmware. */
static const struct {
	uint32_t version, num, reserved[2], offset[1];
	struct rsc_vdev vdev;
} table = {
	.version = RSC_TABLE_VERSION,
	.num = 1,
	.offset = { 20 },
	.vdev = {
		.type = RSC_VDEV,
		.id = VIRTIO_ID_RPMSG,
		.dfeatures = VIRTIO_RPMSG_FEATURES,
		.num_of_vrings = 2,
		.vring = { { ANY, 4096, REMOTE_BUFFERS, 0, 0 }, { ANY, 4096, REMOTE_BUFFERS, 1, 0 } },
	},
};

/* A line to standard error, and to the trace buffer where there is one: the first line there is the last. */
static void say(const char *line)
{
	const struct weft_region *region = &remote.ivshmem.posix.port.region;
	struct remote_resource_table loaded;

	fputs(line, stderr);
	memcpy(&loaded, region->base + WEFT_IVSHMEM_FIRMWARE, sizeof loaded);
	const struct rsc_trace *trace = &loaded.trace_remote_log;
	uint32_t offset = trace->da - (uint32_t)region->address;
	if (loaded.num == 2 && trace->type == RSC_TRACE && offset < WEFT_IVSHMEM_VRING_0 && trace->len > strlen(line))
		memcpy(region->base + offset, line, strlen(line) + 1);
}

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	static const char *const names[] = { "up", "down", "error", "bad message" };
	char line[80];

	(void)rdev;
	(void)priv;
	snprintf(line, sizeof line, "remote: link %s, %u\n", names[event], (unsigned)detail);
	say(line);
	if (event == RPMSG_LINK_ERROR || event == RPMSG_BAD_MESSAGE)
		remote.fault = detail;
	if (event != RPMSG_LINK_UP && event != RPMSG_BAD_MESSAGE) {
		services_drop();
		calls_drop();
	}
	if (event == RPMSG_LINK_ERROR)
		weft_ivshmem_report_crash(&remote.ivshmem);
}

/* booted: Linux brings the firmware, with the table of remote_resource_table.c. */
static int open_link(const char *path, bool booted)
{
	struct weft_ivshmem_config ivshmem = { .path = path, .table = &table, .table_size = sizeof table };
	size_t entry = booted ? offsetof(struct remote_resource_table, vdev_hub) : table.offset[0];

	if (booted)
		ivshmem = (struct weft_ivshmem_config){ .path = path };

	int result = weft_ivshmem_open(&remote.ivshmem, &ivshmem);
	if (result != 0)
		return result;
	struct weft_port *port = &remote.ivshmem.posix.port;
	void *vdev = port->region.base + WEFT_IVSHMEM_FIRMWARE + entry;
	remote.to_linux = (struct weft_shm_linux)WEFT_SHM_LINUX(vdev);
	struct weft_shm_config shm = { .role = &remote.to_linux.role,
		                       .port = port,
		                       .entries = remote.entries,
		                       .layout = { .num = REMOTE_BUFFERS } };
	struct rpmsg_config rpmsg = {
		.transport = &remote.shm.transport,
		.endpoints = remote.endpoints,
		.endpoint_slots = REMOTE_ENDPOINTS,
		.channels = remote.channels,
		.channel_slots = REMOTE_CHANNELS,
		.event = on_event,
	};
	result = weft_shm_init(&remote.shm, &shm);
	return result == 0 ? rpmsg_init(&remote.rdev, &rpmsg) : result;
}

/* A line of standard input, if there is one within timeout_ms. 1; 0: none; -1: the end. */
static int read_command(char *line, int size, int timeout_ms)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	if (poll(&input, 1, timeout_ms) <= 0)
		return 0;
	if (fgets(line, size, stdin) == NULL)
		return -1;
	line[strcspn(line, "\n")] = '\0';
	return 1;
}

/* One turn. A status that Linux takes back comes without a kick: so, look each millisecond. */
static void turn(void)
{
	if (remote.stalled)
		return;
	if (rpmsg_poll(&remote.rdev, remote.budget) > (int)remote.budget)
		astray++;
	services_run();
	calls_run();
	rpmsg_wait(&remote.rdev, WEFT_MS(1));
}

int main(int argc, char **argv)
{
	char line[128];
	bool busy = false;
	long answer;

	if (argc != 3)
		return fprintf(stderr, "usage: remote <socket> attached | booted\n"), 2;
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() sees what has not been read */
	int result = open_link(argv[1], strcmp(argv[2], "booted") == 0);
	if (result == 0)
		result = services_open();
	if (result == 0 && strcmp(argv[2], "calls") == 0 && !calls_open())
		result = RPMSG_ERR_NO_MEM;
	if (result != 0)
		return fprintf(stderr, "remote: cannot open %s: %d\n", argv[1], result), 1;
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		turn();
		int got = busy ? 0 : read_command(line, sizeof line, remote.stalled ? -1 : 0);
		if (got < 0)
			break;
		if (got > 0 && !command_begin(line)) {
			fprintf(stderr, "remote: what is '%s'?\n", line);
			return 1;
		}
		busy = busy || got > 0;
		if (busy && command_run(&answer)) {
			printf("answer %ld\n", answer);
			fflush(stdout);
			busy = false;
		}
	}
	weft_ivshmem_close(&remote.ivshmem);
	return 0;
}
