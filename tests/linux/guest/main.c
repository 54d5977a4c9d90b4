/* SPDX-License-Identifier: Apache-2.0 */
/* pid 1: loads the stock modules and the glue, runs the checks, says "RESULT PASS" or what failed, and powers off. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "guest.h"

#define CLEAR_LOG 5 /* SYSLOG_ACTION_CLEAR */

static _Noreturn void power_off(void)
{
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

_Noreturn void fail(const char *why)
{
	dprintf(STDOUT_FILENO, "\nRESULT FAIL %s\n", why);
	if (getpid() != 1)
		_exit(1);
	power_off();
}

_Noreturn void check_failed(const char *file, int line, const char *what)
{
	char why[300];

	snprintf(why, sizeof why, "%s:%d: %s: %s", file, line, what, strerror(errno));
	fail(why);
}

_Noreturn void pass(void)
{
	dprintf(STDOUT_FILENO, "\nRESULT PASS\n");
	power_off();
}

void ok(const char *format, ...)
{
	char line[200];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	dprintf(STDOUT_FILENO, "\nok: %s\n", line);
}

/* The console: lines as they are, not echoed. */
static void open_console(void)
{
	struct termios console;
	int fd = open("/dev/console", O_RDWR);

	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (tcgetattr(0, &console) == 0) {
		cfmakeraw(&console);
		console.c_oflag = OPOST | ONLCR;
		tcsetattr(0, TCSANOW, &console);
	}
}

static void mount_all(void)
{
	static const char *const trees[][2] = { { "proc", "/proc" },
		                                { "sysfs", "/sys" },
		                                { "debugfs", "/sys/kernel/debug" } };

	for (unsigned i = 0; i < sizeof trees / sizeof trees[0]; i++) {
		mkdir(trees[i][1], 0755);
		CHECK(mount(trees[i][0], trees[i][1], trees[i][0], 0, NULL) == 0);
	}
}

static void load(const char *module, const char *parameters)
{
	char path[64];

	snprintf(path, sizeof path, "/%s.ko", module);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0) != 0)
		check_failed(path, 0, "cannot load it");
	close(fd);
}

static void attached_checks(void)
{
	echo_checks();
	endpoint_checks();
	name_checks();
	pressure_checks();
	unread_checks();
	flood_checks();
	tty_checks();
	hostile_checks();
	garbage_checks();
	reset_checks();
}

static const struct {
	const char *name, *parameters;
	void (*run)(void);
} runs[] = {
	{ "attached", "", attached_checks },
	{ "calls", "", calls_checks },
	{ "booted", "fw=firmware.elf", boot_checks },
	{ "reboots", "", reboot_checks },
	{ "app", "", app_run },
};

int main(void)
{
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	open_console();
	mount_all();
	klogctl(CLEAR_LOG, NULL, 0); /* what is read from it begins with our modules: app.c */
	load("rpmsg_core", "");
	load("rpmsg_ns", "");
	load("rpmsg_char", "");
	load("rpmsg_ctrl", "");
	load("rpmsg_tty", "");
	load("virtio_rpmsg_bus", "");
	/* The kernel hands on what it does not know of its command line. */
	const char *name = getenv("weft");
	for (unsigned i = 0; name != NULL && i < sizeof runs / sizeof runs[0]; i++) {
		if (strcmp(name, runs[i].name) != 0)
			continue;
		load("ivshmem_rproc", runs[i].parameters);
		runs[i].run();
		pass();
	}
	check_failed(name != NULL ? name : "weft=", 0, "there is no such run");
}
