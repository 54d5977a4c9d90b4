/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: its folders, and what others do in it. */
#define _GNU_SOURCE /* mkdtemp, nftw */
#include "chrdev/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT 700

struct kernel kernel;
static char root[64];
static unsigned serial; /* makes names in the graveyard differ */

static void write_text(const char *folder, const char *file, const char *text)
{
	char path[TEXT];

	snprintf(path, sizeof path, "%s/%s", folder, file);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void make_folder(const char *path)
{
	char part[TEXT];

	for (size_t i = 1; path[i] != '\0'; i++) {
		if (path[i] != '/')
			continue;
		snprintf(part, sizeof part, "%.*s", (int)i, path);
		mkdir(part, 0755);
	}
	assert_int_equal(mkdir(path, 0755), 0);
}

/* Kept aside: no entry that comes later gets its inode. */
static void bury(const char *path)
{
	char grave[TEXT];

	snprintf(grave, sizeof grave, "%s/graves/%u", root, serial++);
	assert_int_equal(rename(path, grave), 0);
}

int kernel_boot(void **state)
{
	char path[TEXT];

	(void)state;
	memset(&kernel, 0, sizeof kernel);
	memset(&user, 0, sizeof user);
	kernel.uevents = kernel.timer = -1;
	for (unsigned i = 0; i < DEVICES; i++)
		kernel.devices[i].remote = kernel.devices[i].fd = -1;
	snprintf(root, sizeof root, "/tmp/weft-chrdev-XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(kernel.dev, sizeof kernel.dev, "%s/dev", root);
	snprintf(kernel.sys, sizeof kernel.sys, "%s/sys", root);
	make_folder(kernel.dev);
	snprintf(path, sizeof path, "%s/graves", root);
	make_folder(path);
	return 0;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

int kernel_halt(void **state)
{
	(void)state;
	if (user.rdev.transport != NULL)
		weft_chrdev_close(&user.chrdev);
	for (unsigned i = 0; i < kernel.count; i++) {
		if (kernel.devices[i].remote >= 0)
			close(kernel.devices[i].remote);
		assert_int_equal(kernel.devices[i].fd, -1); /* user space has closed all */
	}
	if (kernel.uevents >= 0)
		close(kernel.uevents);
	assert_int_equal(kernel.controls, 0);
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- Control devices ---- */

static void virtio_of(char path[TEXT], unsigned control)
{
	snprintf(path, TEXT, "%s/devices/remoteproc/remoteproc%u/virtio%u", kernel.sys, control, control);
}

static void class_of(char path[TEXT], const char *kind, unsigned number)
{
	snprintf(path, TEXT, "%s/class/rpmsg/%s%u", kernel.sys, kind, number);
}

void kernel_add_control(unsigned number, const char *remoteproc_name)
{
	char virtio[TEXT], path[TEXT + 100], link[TEXT];

	virtio_of(virtio, number);
	snprintf(path, sizeof path, "%s/virtio%u.rpmsg_ctrl.0.0/rpmsg/rpmsg_ctrl%u", virtio, number, number);
	make_folder(path);
	snprintf(link, sizeof link, "%.600s/device", path);
	assert_int_equal(symlink("../..", link), 0);
	snprintf(path, sizeof path, "%s/virtio%u.rpmsg_ctrl.0.0", virtio, number);
	write_text(path, "name", "rpmsg_ctrl\n");
	write_text(path, "dst", "0x0\n");

	class_of(link, "rpmsg_ctrl", number);
	snprintf(path, sizeof path, "%s/class", kernel.sys);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/class/rpmsg", kernel.sys);
	mkdir(path, 0755);
	snprintf(path, sizeof path,
	         "../../devices/remoteproc/remoteproc%u/virtio%u/virtio%u.rpmsg_ctrl.0.0/rpmsg/rpmsg_ctrl%u", number,
	         number, number, number);
	assert_int_equal(symlink(path, link), 0);
	snprintf(path, sizeof path, "%s/class/remoteproc/remoteproc%u", kernel.sys, number);
	if (remoteproc_name != NULL) {
		make_folder(path);
		write_text(path, "name", remoteproc_name);
	}
	snprintf(path, sizeof path, "rpmsg_ctrl%u", number);
	write_text(kernel.dev, path, "");
}

void kernel_remove_control(unsigned number)
{
	char path[TEXT];

	class_of(path, "rpmsg_ctrl", number);
	bury(path);
	virtio_of(path, number);
	bury(path);
}

void kernel_add_entry(const char *folder, const char *entry, ...)
{
	const char *attribute;
	char path[TEXT];
	va_list args;

	snprintf(path, sizeof path, "%s/%s/%s", kernel.sys, folder, entry);
	make_folder(path);
	va_start(args, entry);
	while ((attribute = va_arg(args, const char *)) != NULL)
		write_text(path, attribute, va_arg(args, const char *));
	va_end(args);
}

/* ---- Names ---- */

static void channel_of(char path[TEXT], unsigned control, const char *name, uint32_t addr)
{
	char virtio[TEXT];

	virtio_of(virtio, control);
	snprintf(path, TEXT, "%.500s/virtio%u.%.100s.-1.%u", virtio, control, name, (unsigned)addr);
}

void kernel_announce(unsigned control, const char *name, uint32_t addr)
{
	char path[TEXT], text[64];

	channel_of(path, control, name, addr);
	make_folder(path);
	snprintf(text, sizeof text, "%s\n", name);
	write_text(path, "name", text);
	write_text(path, "src", "0xffffffff\n");
	snprintf(text, sizeof text, "0x%x\n", (unsigned)addr);
	write_text(path, "dst", text);
	kernel_uevent("rpmsg");
}

void kernel_withdraw(unsigned control, const char *name, uint32_t addr)
{
	char path[TEXT];

	channel_of(path, control, name, addr);
	bury(path);
	kernel_uevent("rpmsg");
}

void kernel_uevent(const char *subsystem)
{
	char uevent[128];
	int len = snprintf(uevent, sizeof uevent, "add@/x%cACTION=add%cSUBSYSTEM=%s", 0, 0, subsystem);

	if (kernel.uevents >= 0) /* it may be closed already: then nobody hears it */
		(void)!send(kernel.uevents, uevent, (size_t)len + 1u, MSG_NOSIGNAL);
}

void kernel_tick(void)
{
	uint64_t one = 1;

	assert_int_equal(write(kernel.timer, &one, sizeof one), sizeof one);
}

/* ---- Endpoint devices ---- */

/* Of the first control device. */
static void folder_of(char path[TEXT], unsigned number)
{
	snprintf(path, TEXT, "%s/class/rpmsg/rpmsg_ctrl0/rpmsg%u", kernel.sys, number);
}

unsigned kernel_make_device(const char *label, uint32_t src, uint32_t dst)
{
	unsigned number = kernel.count++;
	struct device *device = &kernel.devices[number];
	char path[TEXT], link[TEXT], text[64];

	assert_true(number < DEVICES);
	device->src = src;
	device->dst = dst;
	device->there = true;
	snprintf(device->label, sizeof device->label, "%s", label);
	folder_of(path, number);
	make_folder(path);
	class_of(link, "rpmsg", number);
	assert_int_equal(symlink(path, link), 0);
	snprintf(text, sizeof text, "%s\n", label);
	write_text(path, "name", text);
	snprintf(text, sizeof text, "0x%x\n", (unsigned)src);
	write_text(path, "src", text);
	snprintf(text, sizeof text, "0x%x\n", (unsigned)dst);
	write_text(path, "dst", text);
	return number;
}

void kernel_remove_device(struct device *device)
{
	unsigned number = (unsigned)(device - kernel.devices);
	char path[TEXT];

	folder_of(path, number);
	bury(path);
	class_of(path, "rpmsg", number);
	bury(path);
	device->there = false;
}

struct device *kernel_device(uint32_t dst)
{
	struct device *found = NULL;

	for (unsigned i = 0; i < kernel.count; i++) {
		if (!kernel.devices[i].there || kernel.devices[i].dst != dst)
			continue;
		assert_null(found);
		found = &kernel.devices[i];
	}
	assert_non_null(found);
	return found;
}

void kernel_send(const struct device *device, const void *data, size_t len)
{
	assert_int_equal(send(device->remote, data, len, 0), len);
}

int kernel_sent(const struct device *device, void *data, size_t size)
{
	return (int)recv(device->remote, data, size, MSG_DONTWAIT);
}

void kernel_kill(struct device *device)
{
	device->dead = true;
	shutdown(device->fd, SHUT_RDWR); /* an edge for who watches, and for poll() a state */
}
