/* SPDX-License-Identifier: Apache-2.0 */
/* The program of tests/linux/calls, run as a user who is not root, with the nodes under /dev as a machine has them:
 * here as root's alone, then as udev's rule has it. udev is not here: a process of ours stands in for it. */
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define PROGRAM "/calls"
#define USER 1000
#define GROUP 500
#define CONTROL "/dev/rpmsg_ctrl0"
#define STATE "/sys/class/remoteproc/remoteproc0/state"
#define DEVICES 64

static pid_t start(const char *what)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK(setgid(GROUP) == 0 && setuid(USER) == 0);
		execl(PROGRAM, PROGRAM, what, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void await_end(const char *what, pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		check_failed(what, status, PROGRAM " says why");
}

static void run(const char *what)
{
	await_end(what, start(what));
}

static void run_together(const char *what, unsigned count)
{
	pid_t pids[8];

	for (unsigned i = 0; i < count; i++)
		pids[i] = start(what);
	for (unsigned i = 0; i < count; i++)
		await_end(what, pids[i]);
}

/* Until it has ended. Each time when calls are under way: where an endpoint device is just being made or opened
 * instead, Linux 6.1 warns or falls of its own (device_release, rpmsg_create_ept), and where one is just being
 * destroyed it falls (device_del, twice): no look beforehand keeps a program from that. */
static void take_away_while(const char *what)
{
	pid_t pid = start(what);
	int status = -1;
	long served = tell("served");
	pid_t ended;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
		if (tell("served") == served)
			continue;
		reset_by_bind();
		served = tell("served");
	}
	if (ended != pid || status != 0)
		check_failed(what, status, PROGRAM " says why");
}

/* As the rule says: SUBSYSTEM=="rpmsg", GROUP="rpmsg", MODE="0660". */
static void give(const char *path)
{
	CHECK(chown(path, 0, GROUP) == 0 && chmod(path, 0660) == 0);
}

/* A uevent is lines of KEY=value, each with its NUL. A node that has gone again is none of its business. */
static void apply_rule(const char *uevent, size_t len)
{
	bool rpmsg = false, added = false;
	char path[64] = "";

	for (size_t at = 0; at < len; at += strlen(uevent + at) + 1) {
		const char *line = uevent + at;

		rpmsg |= strcmp(line, "SUBSYSTEM=rpmsg") == 0;
		added |= strcmp(line, "ACTION=add") == 0;
		if (strncmp(line, "DEVNAME=", 8) == 0)
			snprintf(path, sizeof path, "/dev/%.50s", line + 8);
	}
	if (rpmsg && added && path[0] != '\0' && chown(path, 0, GROUP) == 0)
		(void)!chmod(path, 0660);
}

/* What is there already, as udev's trigger does at boot. */
static void give_all(void)
{
	char path[64];

	for (int i = 0; i < DEVICES; i++) {
		snprintf(path, sizeof path, "/dev/rpmsg%d", i);
		if (access(path, F_OK) == 0)
			give(path);
	}
}

static pid_t start_udev(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int uevents = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	char uevent[4096];

	CHECK(uevents >= 0 && bind(uevents, (const struct sockaddr *)&kernel, sizeof kernel) == 0);
	pid_t pid = fork();
	CHECK(pid >= 0);
	while (pid == 0) {
		ssize_t len = recv(uevents, uevent, sizeof uevent - 1, 0);

		if (len <= 0)
			continue;
		uevent[len] = '\0';
		apply_rule(uevent, (size_t)len);
	}
	close(uevents);
	return pid;
}

static unsigned endpoint_devices(void)
{
	unsigned count = 0;
	char path[64];

	for (int i = 0; i < DEVICES; i++) {
		snprintf(path, sizeof path, "/sys/class/rpmsg/rpmsg%d", i);
		count += access(path, F_OK) == 0;
	}
	return count;
}

static void without_the_node(void)
{
	struct stat node;

	CHECK(stat(CONTROL, &node) == 0 && unlink(CONTROL) == 0);
	run("missing");
	CHECK(mknod(CONTROL, S_IFCHR | 0600, node.st_rdev) == 0);
}

void calls_checks(void)
{
	await_path(CONTROL);
	run("unknown");
	run("not-permitted");
	without_the_node();
	give(CONTROL);
	run("mute");
	pid_t udev = start_udev();
	give_all();
	run("killed");
	CHECK(endpoint_devices() > 1);
	run("brief");
	CHECK(endpoint_devices() == 1);
	ok("what a killed process has left the next one clears away; the kernel's own is left");
	run("client");
	run_together("many", 4);
	ok("four processes at a time");
	take_away_while("restless");
	ok("the driver is unbound and bound while calls are made");
	run("server");
	run("server"); /* in the place of the one before */
	CHECK(endpoint_devices() == 1);
	CHECK(write_file(STATE, "detach"));
	run("gone");
	CHECK(write_file(STATE, "start"));
	kill(udev, SIGKILL);
	waitpid(udev, NULL, 0);
}
