/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel with rpmsg_ctrl and rpmsg_char, as far as user space sees it: a sysfs and a /dev in a folder of their own,
 * endpoint devices whose other ends are in our hands, a clock that ticks when we say so. What it does was seen of the
 * real one (scripts/test-linux calls). */
#ifndef TESTS_CHRDEV_KERNEL_H
#define TESTS_CHRDEV_KERNEL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "weft/chrdev.h"
#include "weft/rpmsg.h"
#include "weft/service.h"

#define DEVICES 64
#define CHANNELS 4u
#define NAMES 4u
#define BUFFERS 4u
#define SLOTS 8u

/* An endpoint device. */
struct device {
	char label[WEFT_CHRDEV_NAME_SIZE];
	uint32_t src;
	uint32_t dst;
	int remote;    /* the remote core's end; -1: nobody has it open */
	int fd;        /* user space's */
	bool there;    /* in sysfs and /dev */
	bool dead;     /* its endpoint has gone: EPIPE */
	unsigned asks; /* times that it was to be destroyed */
};

/* What goes wrong next, by errno; 0: nothing. */
struct faults {
	int open_control, open_node, ioctl, write, read, receive, epoll_create, epoll_add, timer, tick, socket, bind;
	int skip_adds; /* of epoll_add: that many are well first */
	bool once;     /* open_node, write, read: one time only */
};

struct kernel {
	char dev[128], sys[128];
	struct device devices[DEVICES];
	unsigned count; /* of devices that were ever made */
	struct faults faults;
	int uevents; /* our end */
	int timer;
	uint32_t period_us; /* as it is set */
	unsigned controls;  /* control devices that are open: none stays so */
	unsigned taken_src; /* opening a device of this address is refused, as somebody has it */
};
extern struct kernel kernel;

/* A user of the transport, over tables of usual sizes. */
struct user {
	struct rpmsg_device rdev;
	struct weft_chrdev chrdev;
	struct weft_chrdev_channel channels[CHANNELS];
	struct weft_chrdev_name names[NAMES];
	struct weft_chrdev_buffer tx[BUFFERS], rx[BUFFERS];
	struct rpmsg_endpoint *endpoints[SLOTS];
	struct rpmsg_channel kept[SLOTS];
	unsigned ups, downs, bad;
};
extern struct user user;

/* For each test: an empty machine. */
int kernel_boot(void **state);
int kernel_halt(void **state);

/* /dev/rpmsg_ctrl<number> of remoteproc<number>, which is called so; another one each time that it is made. */
void kernel_add_control(unsigned number, const char *remoteproc_name);
void kernel_remove_control(unsigned number);
/* The remote core of that control device announces, or withdraws. */
void kernel_announce(unsigned control, const char *name, uint32_t addr);
void kernel_withdraw(unsigned control, const char *name, uint32_t addr);
/* An endpoint device that somebody else made. Its number. */
unsigned kernel_make_device(const char *label, uint32_t src, uint32_t dst);
void kernel_remove_device(struct device *device);

/* An entry somewhere in sysfs, whole or not: attributes by name and text, the last one NULL. */
void kernel_add_entry(const char *folder, const char *entry, ...);

void kernel_uevent(const char *subsystem);
void kernel_tick(void);

/* The one device that goes there, or fails. */
struct device *kernel_device(uint32_t dst);
/* The remote core sends to it; what user space has written, and its length, or -1. */
void kernel_send(const struct device *device, const void *data, size_t len);
int kernel_sent(const struct device *device, void *data, size_t size);
/* The remote core of it dies. */
void kernel_kill(struct device *device);

/* Open the user's link to `remote` and poll until nothing happens. */
void user_open(const char *remote);
void user_poll(void);
/* The machine with one remote core that has announced "echo" at 0x400, and a user with a link to it. */
void user_linked(void);
/* An endpoint that keeps what it hears last. */
struct heard {
	struct rpmsg_endpoint ept;
	uint8_t data[WEFT_CHRDEV_MTU];
	void *payload;
	size_t len;
	uint32_t src;
	unsigned count;
	bool hold;
};
void user_endpoint(struct heard *heard, const char *name, uint32_t src, uint32_t flags);

#endif
