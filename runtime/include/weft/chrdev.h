/* SPDX-License-Identifier: Apache-2.0 */
/* Linux user space as a core: frames over /dev/rpmsg_ctrl* and /dev/rpmsg*, the kernel's rpmsg_ctrl and rpmsg_char.
 *
 * Names: what the remote core announced stands in sysfs, for everybody to read. User space cannot announce: a server
 * is started with .ready, and its client, on the remote core, with .announce.
 *
 * Endpoints: the first message that an endpoint sends makes an endpoint device of the kernel's, /dev/rpmsgN, from an
 * address that nobody had before to the one it is sent to; an own address below 1024 is asked for as it is. The device
 * goes with its endpoint, or when that sends to another address: it has one peer at a time, and what comes is taken
 * as from that peer, since the kernel does not say from whom. Messages of one endpoint keep their order.
 *
 * Rights: no root, but those nodes; see weft_chrdev_problem().
 *
 * Context: one thread. Nothing here blocks. Linux only. */
#ifndef WEFT_CHRDEV_H
#define WEFT_CHRDEV_H

#include "weft/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_CHRDEV_MTU 496u /* of virtio_rpmsg_bus; the kernel does not tell user space */
#define WEFT_CHRDEV_NAME_SIZE 32u
#define WEFT_CHRDEV_TEXT_SIZE 256u

/* An endpoint that talks: one endpoint device. Private. */
struct weft_chrdev_channel {
	const void *owner; /* NULL: free */
	uint32_t src;      /* the endpoint's address */
	uint32_t dst;
	uint32_t kernel_src; /* the same endpoint's, for the kernel and the remote core */
	int fd;              /* -1: its node is not open yet */
	bool readable;       /* as far as we know */
	bool tried;          /* to open it; again when the timer says so */
};

/* What the remote core announced. Private. */
struct weft_chrdev_name {
	char name[WEFT_CHRDEV_NAME_SIZE];
	uint32_t addr;
	uint64_t ino; /* of its entry in sysfs: another one each time that it is announced */
	uint8_t state;
	bool seen; /* in this look */
};

/* A message on its way, or received. Private. */
struct weft_chrdev_buffer {
	const void *owner;
	struct weft_chrdev_channel *channel; /* queued: where it goes out */
	uint32_t len;
	uint32_t order; /* queued: of those before it */
	uint8_t state;
	uint32_t data[WEFT_CHRDEV_MTU / 4u + 1u]; /* with room to see that a message is too long */
};

/* Zero is the default where one is named. */
struct weft_chrdev_config {
	/* Which remote core: "/dev/rpmsg_ctrl0", or a name that is in /sys/class/remoteproc, "remoteproc0" or what its
	 * attribute `name` says. NULL: the only one there is. Must outlive the transport. */
	const char *remote;
	const char *dev; /* NULL: "/dev" */
	const char *sys; /* NULL: "/sys" */
	struct weft_chrdev_channel *channels;
	struct weft_chrdev_name *names;
	struct weft_chrdev_buffer *tx;
	struct weft_chrdev_buffer *rx;
	uint16_t channel_count; /* endpoints that talk */
	uint16_t name_count;    /* names heard; those beyond are counted in names_lost */
	uint16_t tx_count;      /* messages that wait to go out, and loans */
	uint16_t rx_count;      /* messages that are being looked at or held */
};

/* Private, but for transport and names_lost. */
struct weft_chrdev {
	struct weft_transport transport; /* first: give &chrdev.transport to rpmsg_init() */
	struct weft_port port;
	struct weft_chrdev_config config;
	uint32_t names_lost; /* names that found no room */
	uint64_t life;       /* entry of the control device in sysfs; 0: the link is down */
	uint64_t over;       /* the last one, while it may be going: not to be used again; 0: none */
	uint64_t denied;     /* one that is there and not ours to use, yet; 0: none */
	uint32_t control;    /* N of rpmsg_ctrlN */
	uint32_t next_src;   /* for the kernel */
	uint32_t next_order; /* of what is queued */
	uint32_t period_us;  /* of the timer */
	uint32_t backoff_us; /* until what was denied is tried again */
	uint32_t ticked_us;  /* of the timer since the last look that it brought */
	uint32_t heard[10];  /* an announcement, as it goes up */
	uint16_t turn;       /* channel that is read next */
	bool look;           /* something may have come or gone */
	bool quiet;          /* not that we heard: the timer looks */
	bool left;           /* endpoint devices may be, that nobody uses */
	bool retry;          /* nodes that were not to be opened may be now */
	bool stalled;        /* the kernel had no buffer */
	bool gone;           /* the kernel said so: the next poll ends the link */
	bool down_due;       /* the link went, and nobody was told */
	uint8_t problem_of;
	int events;  /* epoll: all of these */
	int uevents; /* netlink: devices come and go; -1: not here, the timer sees it */
	int timer;
	char problem[WEFT_CHRDEV_TEXT_SIZE];
};

/* Set up. The remote core may be there or not, now and later: the link comes up, goes down and comes up again while it
 * is polled. Everything that config names is in use from here on. 0, or a negative errno:
 *   -EINVAL    a table is missing, or remote is too long for a path
 *   others     of epoll_create1, timerfd_create: no descriptors, no memory */
int weft_chrdev_init(struct weft_chrdev *chrdev, const struct weft_chrdev_config *config);

/* Close everything: endpoint devices go. Once, after weft_chrdev_init() was well, when nobody uses the link any
 * more. */
void weft_chrdev_close(struct weft_chrdev *chrdev);

/* For main loops of their own: readable when there is something to poll for. Between two polls call
 * rpmsg_arm(rdev, ...), wait for this at most as long as that says, and call rpmsg_poll(). The same for all of its
 * life; ours to read and close. */
int weft_chrdev_fd(const struct weft_chrdev *chrdev);

/* Why the link is down or an endpoint is mute, and what to do, in one line; "": nothing stands against it. As of the
 * last poll. */
const char *weft_chrdev_problem(const struct weft_chrdev *chrdev);

#ifdef __cplusplus
}
#endif

#endif
