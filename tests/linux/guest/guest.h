/* SPDX-License-Identifier: Apache-2.0 */
/* The program that Linux runs as pid 1: checks what user space sees of the remote core.
 * What fails ends the run; waits end by themselves, and then the check that waited fails. */
#ifndef TESTS_LINUX_GUEST_H
#define TESTS_LINUX_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MTU 496
#define RING 256 /* buffers in each direction */
#define SINK 77  /* where the remote core counts what it hears */

#define CHECK(what)                                              \
	do {                                                     \
		if (!(what))                                     \
			check_failed(__FILE__, __LINE__, #what); \
	} while (0)

_Noreturn void pass(void);
_Noreturn void fail(const char *why);
_Noreturn void check_failed(const char *file, int line, const char *what);
void ok(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- tell.c: the remote core's process, by way of the console and whoever runs us both ---- */

/* Have it do something; its answer, a number. Works whatever the state of the link is. */
long tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- device.c ---- */

bool write_file(const char *path, const char *text);
void await_path(const char *path);

/* The kernel's log from here on; wait until a line of it has this text. */
int kernel_log_open(void);
void kernel_log_await(int log, const char *text);

/* An endpoint device /dev/rpmsgN, by its name; dst: of which there are several by that name, 0: any. */
struct ept {
	int fd;
	int number;        /* N: the next one may get it again */
	unsigned long ino; /* of its entry in sysfs: no other's */
};
struct ept ept_open(const char *name, uint32_t dst);
void ept_close(struct ept *ept);
/* One more of our own, to any address of the remote core; and away with it. */
struct ept ept_create(const char *name, uint32_t dst);
void ept_destroy(struct ept *ept);
/* Wait until it has gone, and close it: before another of the name is opened, as one that is going may
 * still be there to open. */
void ept_await_gone(struct ept *ept);
/* Where the remote core's channel of that name is. */
uint32_t ept_dst(const struct ept *ept);

/* Read one message, in time. Its length, or a negative errno. */
int ept_read(const struct ept *ept, void *data, size_t size);
/* Write and read the same; seed makes each message another. */
void ept_echo(const struct ept *ept, size_t len, unsigned seed);
/* Numbered messages from remote core or echo: `count` of them, in order. */
void ept_read_numbers(const struct ept *ept, uint32_t first, uint32_t count);

/* ---- The checks ---- */

void echo_checks(void);     /* echo.c */
void endpoint_checks(void); /* endpoints.c */
void name_checks(void);     /* names.c */
void pressure_checks(void); /* pressure.c */
void unread_checks(void);   /* unread.c */
void flood_checks(void);    /* flood.c */
void tty_checks(void);      /* tty.c */
void hostile_checks(void);  /* hostile.c */
void garbage_checks(void);  /* garbage.c */
void reset_checks(void);    /* reset.c */
void reset_by_bind(void);   /* the driver is taken from the link and given back */
void reset_by_crash(void);  /* the remote core says that it cannot go on, and remoteproc recovers it */
void calls_checks(void);    /* calls.c: the generated stubs, without root */
void boot_checks(void);     /* boot.c: Linux loads the remote core's firmware */
void reboot_checks(void) __attribute__((noreturn)); /* reboot.c: Linux goes while the remote core runs on */

/* app.c: /app, a user's program, instead of checks; what the kernel says goes to the console as lines. */
void app_run(void);

#endif
