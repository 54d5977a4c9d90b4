/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the transport.
 *
 * sysfs.c   which remote core, what it announced, which endpoint device is ours: read, never written
 * channel.c endpoint devices: made, opened, written, read, destroyed
 * watch.c   the one descriptor: what may have happened
 * problem.c what stands against it, in words
 * chrdev.c  the life of the link, buffers, the operations */
#ifndef WEFT_TRANSPORT_CHRDEV_H
#define WEFT_TRANSPORT_CHRDEV_H

#include <stddef.h>

#include "weft/chrdev.h"

#define BACKOFF_FIRST_US 1000u
#define BACKOFF_LAST_US 256000u
#define ADDRESS_ANY 0xffffffffu
#define ADDRESS_NAMES 53u            /* the name service's */
#define ADDRESS_STATIC 1024u         /* below: known beforehand */
#define ROOT_SIZE 256u               /* of config.dev and config.sys */
#define PATH_SIZE (ROOT_SIZE + 320u) /* and a file name, and what is around it */

enum name_state {
	NAME_FREE,
	NAME_NEW, /* to be told */
	NAME_TOLD,
	NAME_GONE /* to be told */
};

enum buffer_state {
	BUFFER_FREE,
	BUFFER_LENT,    /* tx: an endpoint fills it */
	BUFFER_QUEUED,  /* tx: sent, not yet written */
	BUFFER_IN_HAND, /* rx: a callback looks at it */
	BUFFER_HELD     /* rx */
};

enum problem_of { PROBLEM_NONE, PROBLEM_REMOTE, PROBLEM_NODE, PROBLEM_USE };

/* problem.c */
/* What is wrong, a line; and it is not any more. */
void weft_chrdev_say(struct weft_chrdev *chrdev, enum problem_of of, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void weft_chrdev_well(struct weft_chrdev *chrdev, enum problem_of of);
/* ... with a node under /dev, by errno. */
void weft_chrdev_say_node(struct weft_chrdev *chrdev, enum problem_of of, const char *path, int error);
/* sysfs.c */
/* The control device of the remote core that is asked for: its N, and its entry. False: it was said why there is
 * none. */
bool weft_chrdev_find(struct weft_chrdev *chrdev, uint32_t *control, uint64_t *entry);
/* Bring the table of names up to what sysfs shows. */
void weft_chrdev_look_at_names(struct weft_chrdev *chrdev);
/* N of the endpoint device with that label and these addresses; -1: there is none. */
int weft_chrdev_number(const struct weft_chrdev *chrdev, const char *label, uint32_t src, uint32_t dst);
/* Call with the number of each endpoint device of this remote core that was left by a process that is no more, or by
 * us. Other remote cores may be going. */
void weft_chrdev_each_left(struct weft_chrdev *chrdev, void (*call)(struct weft_chrdev *chrdev, uint32_t number));
/* What a device of ours is called: who we are, and whom it talks to. */
void weft_chrdev_label(const struct weft_chrdev *chrdev, uint32_t dst, char label[WEFT_CHRDEV_NAME_SIZE]);

/* channel.c */
/* May the control device be used? False: it was said why not. */
bool weft_chrdev_may_use(struct weft_chrdev *chrdev, uint32_t control);
/* Destroy what we have left, and processes that were killed; left: it is to be done again. */
void weft_chrdev_sweep(struct weft_chrdev *chrdev);
/* The channel of an endpoint to that address, another than it had or not; NULL: none is free, it was said. */
struct weft_chrdev_channel *weft_chrdev_channel(struct weft_chrdev *chrdev, const void *owner, uint32_t src,
                                                uint32_t dst);
/* That of an endpoint, or NULL. */
struct weft_chrdev_channel *weft_chrdev_channel_of(const struct weft_chrdev *chrdev, const void *owner);
/* Close it. alive: and destroy the kernel's, unless it is just being taken away; else that is left. */
void weft_chrdev_hang_up(struct weft_chrdev *chrdev, struct weft_chrdev_channel *channel, bool alive);
/* Write what is queued, as far as the kernel takes it. */
void weft_chrdev_write(struct weft_chrdev *chrdev);
/* Read a message of any channel into a free buffer: WEFT_FRAME_*. */
int weft_chrdev_read(struct weft_chrdev *chrdev, struct weft_frame *frame);
/* There is something to read, and a buffer for it. */
bool weft_chrdev_readable(const struct weft_chrdev *chrdev);
/* A channel waits for its node, and a message for it. */
bool weft_chrdev_pending(const struct weft_chrdev *chrdev);
struct weft_chrdev_buffer *weft_chrdev_free_buffer(struct weft_chrdev_buffer *buffers, uint16_t count);

/* watch.c */
int weft_chrdev_watch_open(struct weft_chrdev *chrdev);
void weft_chrdev_watch_close(struct weft_chrdev *chrdev);
bool weft_chrdev_watch_channel(struct weft_chrdev *chrdev, const struct weft_chrdev_channel *channel);
/* See what has happened: marks channels, look and retry. */
void weft_chrdev_watch(struct weft_chrdev *chrdev);
/* Have the timer come as often as there is reason to. */
void weft_chrdev_watch_time(struct weft_chrdev *chrdev);
extern const struct weft_port_ops weft_chrdev_port;

#endif
