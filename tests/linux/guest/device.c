/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define PATIENCE_MS 60000
#define DEVICES 16 /* /dev/rpmsg0 and on */

bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

void await_path(const char *path)
{
	int ms = 0;

	for (; access(path, F_OK) != 0 && ms < PATIENCE_MS; ms++)
		poll(NULL, 0, 1);
	if (ms == PATIENCE_MS)
		check_failed(path, 0, "it never came");
}

int kernel_log_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	CHECK(log >= 0 && lseek(log, 0, SEEK_END) >= 0);
	return log;
}

/* A record a read; EPIPE tells that some were overwritten, and goes on. */
void kernel_log_await(int log, const char *text)
{
	struct pollfd ready = { .fd = log, .events = POLLIN };
	char record[2048];

	for (;;) {
		if (poll(&ready, 1, PATIENCE_MS) != 1)
			check_failed(text, 0, "the kernel never says it");
		ssize_t len = read(log, record, sizeof record - 1);
		record[len > 0 ? len : 0] = '\0';
		if (strstr(record, text) != NULL)
			return;
	}
}

static bool read_attribute(int number, const char *attribute, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/class/rpmsg/rpmsg%d/%s", number, attribute);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, text, size - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return len > 0;
}

static uint32_t number_of(int device, const char *attribute)
{
	char text[64];

	return read_attribute(device, attribute, text, sizeof text) ? (uint32_t)strtoll(text, NULL, 0) : 0;
}

static bool is_it(int number, const char *name, uint32_t dst)
{
	char text[64];

	return read_attribute(number, "name", text, sizeof text) && strcmp(text, name) == 0 &&
	       (dst == 0 || number_of(number, "dst") == dst);
}

/* 0: it is not there. */
static unsigned long ino_of(int number)
{
	struct stat entry;
	char path[64];

	snprintf(path, sizeof path, "/sys/class/rpmsg/rpmsg%d/name", number);
	return stat(path, &entry) == 0 ? (unsigned long)entry.st_ino : 0;
}

/* Its node may come a moment after its attributes do. */
static struct ept open_node(int number)
{
	struct ept ept = { .number = number, .ino = ino_of(number) };
	char path[32];

	snprintf(path, sizeof path, "/dev/rpmsg%d", number);
	ept.fd = open(path, O_RDWR | O_CLOEXEC);
	return ept;
}

struct ept ept_open(const char *name, uint32_t dst)
{
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		for (int number = 0; number < DEVICES; number++) {
			struct ept ept = { .fd = -1 };

			if (is_it(number, name, dst))
				ept = open_node(number);
			if (ept.fd >= 0)
				return ept;
		}
		poll(NULL, 0, 1);
	}
	check_failed(name, (int)dst, "the endpoint device never came");
}

void ept_close(struct ept *ept)
{
	CHECK(close(ept->fd) == 0);
	ept->fd = -1;
}

struct ept ept_create(const char *name, uint32_t dst)
{
	struct rpmsg_endpoint_info info = { .src = UINT32_MAX, .dst = dst };

	strncpy(info.name, name, sizeof info.name - 1);
	await_path("/dev/rpmsg_ctrl0");
	int control = open("/dev/rpmsg_ctrl0", O_RDWR | O_CLOEXEC);
	CHECK(control >= 0 && ioctl(control, RPMSG_CREATE_EPT_IOCTL, &info) == 0);
	close(control);
	return ept_open(name, dst);
}

void ept_destroy(struct ept *ept)
{
	CHECK(ioctl(ept->fd, RPMSG_DESTROY_EPT_IOCTL) == 0);
	ept_await_gone(ept);
}

void ept_await_gone(struct ept *ept)
{
	int ms = 0;

	for (; ino_of(ept->number) == ept->ino && ms < PATIENCE_MS; ms++)
		poll(NULL, 0, 1);
	CHECK(ms < PATIENCE_MS);
	ept_close(ept);
}

uint32_t ept_dst(const struct ept *ept)
{
	return number_of(ept->number, "dst");
}

int ept_read(const struct ept *ept, void *data, size_t size)
{
	struct pollfd ready = { .fd = ept->fd, .events = POLLIN };

	if (poll(&ready, 1, PATIENCE_MS) != 1)
		return -ETIMEDOUT;
	ssize_t len = read(ept->fd, data, size);
	return len >= 0 ? (int)len : -errno;
}

void ept_echo(const struct ept *ept, size_t len, unsigned seed)
{
	uint8_t sent[MTU], got[MTU + 1];

	for (size_t i = 0; i < len; i++)
		sent[i] = (uint8_t)(seed + i * 7);
	CHECK(write(ept->fd, sent, len) == (ssize_t)len);
	CHECK(ept_read(ept, got, sizeof got) == (int)len);
	CHECK(memcmp(got, sent, len) == 0);
}

void ept_read_numbers(const struct ept *ept, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t number;

		CHECK(ept_read(ept, &number, sizeof number) == (int)sizeof number);
		CHECK(number == first + i);
	}
}
