/* SPDX-License-Identifier: Apache-2.0 */
/* A link with usual sizes: an rpmsg device over shared memory and all the tables it needs, in one struct.
 *
 * For a start, and for most. Who wants other sizes, or several transports, fills in weft_shm_config and rpmsg_config
 * with tables of their own: weft_link_open() is thirty lines of that. */
#ifndef WEFT_LINK_H
#define WEFT_LINK_H

#include "weft/rpmsg.h"
#include "weft/shm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_LINK_BUFFERS 16u   /* in each direction */
#define WEFT_LINK_BUF_SIZE 512u /* bytes: an MTU of 496, as with Linux */
#define WEFT_LINK_ENDPOINTS 16u
#define WEFT_LINK_CHANNELS 8u /* announcements kept */
#define WEFT_LINK_SIZE 20480u /* bytes of shared memory that this takes */

struct weft_link {
	struct rpmsg_device rdev;
	struct weft_shm shm;
	struct virtqueue_entry entries[2 * WEFT_LINK_BUFFERS];
	struct rpmsg_endpoint *endpoints[WEFT_LINK_ENDPOINTS];
	struct rpmsg_channel channels[WEFT_LINK_CHANNELS];
};

/* All zero or NULL is the default. */
struct weft_link_config {
	enum rpmsg_polled_by polled_by;
	rpmsg_event_cb event;
	rpmsg_ns_cb ns_bind_cb;
	void *priv; /* given to event */
};

/* Open a link on a port, as weft_shm_driver or weft_shm_device. Returns at once; the link comes up while it is
 * polled. link and port are in use from here on and stay where they are; config may be NULL and is not kept. Task.
 * 0, or RPMSG_ERR_PARAM: a driver's region is smaller than the layout of these sizes (WEFT_LINK_SIZE is enough); a
 * region is not aligned to 16 (built with WEFT_CACHE_LINE: not whole lines). */
int weft_link_open(struct weft_link *link, struct weft_port *port, const struct weft_shm_role *role,
                   const struct weft_link_config *config);

#ifdef __cplusplus
}
#endif

#endif
