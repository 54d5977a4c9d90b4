/* SPDX-License-Identifier: Apache-2.0 */
/* What sysfs shows to everybody. Under class/rpmsg are the control devices and the endpoint devices of all remote
 * cores; a control device's parent, the virtio device, has what its remote core announced beside it. */
#define _GNU_SOURCE /* getdents64 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport/chrdev/chrdev.h"

#define ENTRIES_SIZE 2048u
#define TEXT_SIZE 64u /* of an attribute: names of rpmsg and of remoteprocs */
#define LIST_SIZE 160u

/* ---- Folders and attributes ---- */

typedef void (*visitor)(void *priv, int folder, const char *name, uint64_t ino);

static void visit_each(int folder, const struct dirent64 *entry, const char *end, visitor visit, void *priv)
{
	while ((const char *)entry < end) {
		if (entry->d_name[0] != '.')
			visit(priv, folder, entry->d_name, entry->d_ino);
		entry = (const struct dirent64 *)(const void *)((const char *)entry + entry->d_reclen);
	}
}

/* Without the heap that opendir() takes. A folder that is not there is empty. */
static void visit_folder(const char *path, visitor visit, void *priv)
{
	union {
		char bytes[ENTRIES_SIZE];
		struct dirent64 first;
	} entries = { { 0 } }; /* the memory sanitizer does not know this call */
	ssize_t len;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	while ((len = getdents64(fd, &entries, sizeof entries)) > 0)
		visit_each(fd, &entries.first, entries.bytes + len, visit, priv);
	close(fd);
}

static bool read_attribute(int folder, const char *entry, const char *attribute, char text[TEXT_SIZE])
{
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/%s", entry, attribute);
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, text, TEXT_SIZE - 1u);
	close(fd);
	if (len > 0 && text[len - 1] == '\n')
		len--;
	text[len > 0 ? len : 0] = '\0';
	return len >= 0;
}

/* "0x401", and for ANY "0xffffffff". */
static bool read_address(int folder, const char *entry, const char *attribute, uint32_t *address)
{
	char text[TEXT_SIZE];

	if (!read_attribute(folder, entry, attribute, text))
		return false;
	*address = (uint32_t)strtoull(text, NULL, 0);
	return true;
}

/* N of a name that is prefixN. */
static bool number_of(const char *name, const char *prefix, uint32_t *number)
{
	size_t len = strnlen(prefix, TEXT_SIZE);
	char *end;

	if (strncmp(name, prefix, len) != 0 || !isdigit((unsigned char)name[len]))
		return false;
	*number = (uint32_t)strtoul(name + len, &end, 10);
	return *end == '\0';
}

/* ---- The remote core ---- */

struct search {
	struct weft_chrdev *chrdev;
	uint64_t entry;
	uint32_t control;
	uint32_t matches;
	char list[LIST_SIZE]; /* of all there are */
};

/* The remoteproc that a control device belongs to: a folder above it. "": there is none that we know. */
static void remoteproc_of(int folder, const char *control, char name[TEXT_SIZE])
{
	static const char part[] = "/remoteproc";
	char target[PATH_SIZE];

	name[0] = '\0';
	ssize_t len = readlinkat(folder, control, target, sizeof target - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	for (const char *at = target; (at = strstr(at, part)) != NULL; at++) {
		size_t name_len = strcspn(at + 1, "/");

		if (!isdigit((unsigned char)at[sizeof part - 1]) || name_len >= TEXT_SIZE)
			continue;
		memcpy(name, at + 1, name_len);
		name[name_len] = '\0';
	}
}

/* What its driver calls it. */
static void name_of_remoteproc(int folder, const char *remoteproc, char name[TEXT_SIZE])
{
	char path[TEXT_SIZE + 16u];

	snprintf(path, sizeof path, "../remoteproc/%s", remoteproc);
	if (!read_attribute(folder, path, "name", name))
		name[0] = '\0';
}

static bool is_asked_for(const struct weft_chrdev *chrdev, const char *control, const char *remoteproc,
                         const char *name)
{
	const char *remote = chrdev->config.remote;
	char path[PATH_SIZE];

	if (remote == NULL)
		return true;
	snprintf(path, sizeof path, "%s/%s", chrdev->config.dev, control);
	return strcmp(remote, path) == 0 || strcmp(remote, remoteproc) == 0 || strcmp(remote, name) == 0;
}

static void look_at_control(void *priv, int folder, const char *control, uint64_t ino)
{
	struct search *search = (struct search *)priv;
	size_t len = strnlen(search->list, LIST_SIZE);
	char remoteproc[TEXT_SIZE], name[TEXT_SIZE] = "";
	uint32_t number;

	if (!number_of(control, "rpmsg_ctrl", &number))
		return;
	remoteproc_of(folder, control, remoteproc);
	if (remoteproc[0] != '\0')
		name_of_remoteproc(folder, remoteproc, name);
	snprintf(search->list + len, LIST_SIZE - len, "%s%s/%s (%s, '%s')", len > 0 ? ", " : "",
	         search->chrdev->config.dev, control, remoteproc, name);
	if (!is_asked_for(search->chrdev, control, remoteproc, name))
		return;
	search->matches++;
	search->control = number;
	search->entry = ino;
}

bool weft_chrdev_find(struct weft_chrdev *chrdev, uint32_t *control, uint64_t *entry)
{
	struct search search = { .chrdev = chrdev };
	const char *remote = chrdev->config.remote != NULL ? chrdev->config.remote : "a remote core";
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/class/rpmsg", chrdev->config.sys);
	visit_folder(path, look_at_control, &search);
	*control = search.control;
	*entry = search.entry;
	if (search.matches == 1)
		return true;
	if (search.matches > 1)
		weft_chrdev_say(chrdev, PROBLEM_REMOTE, "which remote core? name one of %s", search.list);
	else if (search.list[0] != '\0')
		weft_chrdev_say(chrdev, PROBLEM_REMOTE, "%s: there is none; there is %s", remote, search.list);
	else
		weft_chrdev_say(chrdev, PROBLEM_REMOTE,
		                "%s: %s has no rpmsg_ctrl*: start the remote core, load virtio_rpmsg_bus, rpmsg_ctrl "
		                "and rpmsg_char",
		                remote, path);
	return false;
}

/* ---- Names ---- */

static struct weft_chrdev_name *name_with(const struct weft_chrdev *chrdev, enum name_state state, uint64_t ino)
{
	for (uint16_t i = 0; i < chrdev->config.name_count; i++) {
		struct weft_chrdev_name *name = &chrdev->config.names[i];

		if (name->state == state && (ino == 0 || name->ino == ino))
			return name;
	}
	return NULL;
}

/* The kernel's own, and what Linux itself made, are no announcements. */
static bool is_announcement(const char *name, uint32_t addr)
{
	return name[0] != '\0' && addr != ADDRESS_ANY && strcmp(name, "rpmsg_ctrl") != 0 &&
	       strcmp(name, "rpmsg_ns") != 0;
}

static void look_at_name(void *priv, int folder, const char *entry, uint64_t ino)
{
	struct weft_chrdev *chrdev = (struct weft_chrdev *)priv;
	struct weft_chrdev_name *known = name_with(chrdev, NAME_TOLD, ino);
	struct weft_chrdev_name *free = name_with(chrdev, NAME_FREE, 0);
	char name[TEXT_SIZE];
	uint32_t addr;

	if (known == NULL)
		known = name_with(chrdev, NAME_NEW, ino);
	if (known != NULL) {
		known->seen = true;
		return;
	}
	if (!read_attribute(folder, entry, "name", name) || !read_address(folder, entry, "dst", &addr) ||
	    !is_announcement(name, addr))
		return;
	if (free == NULL) {
		chrdev->names_lost++;
		return;
	}
	memset(free, 0, sizeof *free);
	memcpy(free->name, name, strnlen(name, sizeof free->name - 1u));
	free->addr = addr;
	free->ino = ino;
	free->state = NAME_NEW;
	free->seen = true;
}

void weft_chrdev_look_at_names(struct weft_chrdev *chrdev)
{
	char folder[PATH_SIZE];

	for (uint16_t i = 0; i < chrdev->config.name_count; i++)
		chrdev->config.names[i].seen = false;
	/* The control device's rpmsg device, and above that the virtio device. */
	snprintf(folder, sizeof folder, "%s/class/rpmsg/rpmsg_ctrl%u/device/..", chrdev->config.sys,
	         (unsigned)chrdev->control);
	visit_folder(folder, look_at_name, chrdev);
	for (uint16_t i = 0; i < chrdev->config.name_count; i++) {
		struct weft_chrdev_name *name = &chrdev->config.names[i];

		if (!name->seen && name->state == NAME_NEW)
			name->state = NAME_FREE;
		if (!name->seen && name->state == NAME_TOLD)
			name->state = NAME_GONE;
	}
}

/* ---- Endpoint devices ---- */

void weft_chrdev_label(const struct weft_chrdev *chrdev, uint32_t dst, char label[WEFT_CHRDEV_NAME_SIZE])
{
	const char *name = "";

	for (uint16_t i = 0; i < chrdev->config.name_count; i++) {
		if (chrdev->config.names[i].state != NAME_FREE && chrdev->config.names[i].addr == dst)
			name = chrdev->config.names[i].name;
	}
	memset(label, 0, WEFT_CHRDEV_NAME_SIZE);
	size_t len = (size_t)snprintf(label, WEFT_CHRDEV_NAME_SIZE, "weft-%d ", (int)getpid());
	memcpy(label + len, name, strnlen(name, WEFT_CHRDEV_NAME_SIZE - 1u - len));
}

struct device {
	const char *label;
	uint32_t src;
	uint32_t dst;
	int number;
};

static void look_at_device(void *priv, int folder, const char *entry, uint64_t ino)
{
	struct device *device = (struct device *)priv;
	char name[TEXT_SIZE];
	uint32_t number, src, dst;

	(void)ino;
	if (!number_of(entry, "rpmsg", &number))
		return;
	if (read_address(folder, entry, "src", &src) && src == device->src &&
	    read_address(folder, entry, "dst", &dst) && dst == device->dst &&
	    read_attribute(folder, entry, "name", name) && strcmp(name, device->label) == 0)
		device->number = (int)number;
}

int weft_chrdev_number(const struct weft_chrdev *chrdev, const char *label, uint32_t src, uint32_t dst)
{
	struct device device = { label, src, dst, -1 };
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/class/rpmsg", chrdev->config.sys);
	visit_folder(path, look_at_device, &device);
	return device.number;
}

struct left {
	struct weft_chrdev *chrdev;
	void (*call)(struct weft_chrdev *chrdev, uint32_t number);
};

/* Ours are open, or will be made anew. */
static bool is_no_more(pid_t pid)
{
	return pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH);
}

static void look_at_left(void *priv, int folder, const char *entry, uint64_t ino)
{
	const struct left *left = (const struct left *)priv;
	char name[TEXT_SIZE];
	uint32_t number, pid;

	(void)ino;
	if (!number_of(entry, "rpmsg", &number))
		return;
	if (!read_attribute(folder, entry, "name", name))
		return;
	name[strcspn(name, " ")] = '\0';
	if (number_of(name, "weft-", &pid) && is_no_more((pid_t)pid))
		left->call(left->chrdev, number);
}

void weft_chrdev_each_left(struct weft_chrdev *chrdev, void (*call)(struct weft_chrdev *chrdev, uint32_t number))
{
	struct left left = { chrdev, call };
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/class/rpmsg/rpmsg_ctrl%u", chrdev->config.sys, (unsigned)chrdev->control);
	visit_folder(path, look_at_left, &left);
}
