/* SPDX-License-Identifier: Apache-2.0 */
/* A link of a Linux process with usual sizes: an rpmsg device over /dev/rpmsg* and all the tables it needs.
 *
 *     weft_chrdev_link_open(&link, "m4", NULL);
 *     fan_client_open(&client, &link.rdev, NULL);
 *     if (fan_client_wait(&client, WEFT_MS(1000)) != WEFT_OK)
 *             puts(weft_chrdev_problem(&link.chrdev));
 *
 * Linux only. */
#ifndef WEFT_CHRDEV_LINK_H
#define WEFT_CHRDEV_LINK_H

#include "weft/chrdev.h"
#include "weft/link.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_CHRDEV_LINK_BUFFERS 16u /* in each direction; the kernel has 256 of its own behind them */
#define WEFT_CHRDEV_LINK_ENDPOINTS 16u
#define WEFT_CHRDEV_LINK_NAMES 32u /* announcements kept */

struct weft_chrdev_link {
	struct rpmsg_device rdev;
	struct weft_chrdev chrdev;
	struct weft_chrdev_channel talks[WEFT_CHRDEV_LINK_ENDPOINTS];
	struct weft_chrdev_name names[WEFT_CHRDEV_LINK_NAMES];
	struct weft_chrdev_buffer tx[WEFT_CHRDEV_LINK_BUFFERS];
	struct weft_chrdev_buffer rx[WEFT_CHRDEV_LINK_BUFFERS];
	struct rpmsg_endpoint *endpoints[WEFT_CHRDEV_LINK_ENDPOINTS];
	struct rpmsg_channel channels[WEFT_CHRDEV_LINK_NAMES];
};

/* Open a link to a remote core, named as in weft_chrdev_config. Returns at once; the link comes up while it is polled.
 * link is in use from here on and stays where it is; config may be NULL and is not kept, and its polled_by is LOOP or
 * BUSY. Task. 0, or a negative errno as weft_chrdev_init(). */
int weft_chrdev_link_open(struct weft_chrdev_link *link, const char *remote, const struct weft_link_config *config);

/* Close what it opened: endpoint devices go. Calls in flight end before, when their clients are closed. Once. */
void weft_chrdev_link_close(struct weft_chrdev_link *link);

#ifdef __cplusplus
}
#endif

#endif
