/* SPDX-License-Identifier: Apache-2.0 */
#include "weft/link.h"

#define ALIGN (WEFT_CACHE_LINE > 64 ? WEFT_CACHE_LINE + 0u : 64u) /* a cache line of most cores */

int weft_link_open(struct weft_link *link, struct weft_port *port, const struct weft_shm_role *role,
                   const struct weft_link_config *config)
{
	static const struct weft_link_config defaults;
	struct weft_shm_config shm = {
		.role = role,
		.port = port,
		.entries = link->entries,
		.layout = { .num = WEFT_LINK_BUFFERS, .buf_size = WEFT_LINK_BUF_SIZE, .align = ALIGN },
	};

	if (config == NULL)
		config = &defaults;
	if (weft_shm_init(&link->shm, &shm) != 0)
		return RPMSG_ERR_PARAM;
	struct rpmsg_config device = {
		.transport = &link->shm.transport,
		.endpoints = link->endpoints,
		.endpoint_slots = WEFT_LINK_ENDPOINTS,
		.channels = link->channels,
		.channel_slots = WEFT_LINK_CHANNELS,
		.ns_bind_cb = config->ns_bind_cb,
		.event = config->event,
		.priv = config->priv,
		.polled_by = config->polled_by,
	};
	return rpmsg_init(&link->rdev, &device);
}
