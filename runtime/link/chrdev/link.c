/* SPDX-License-Identifier: Apache-2.0 */
#include "weft/chrdev_link.h"

#include <errno.h>

int weft_chrdev_link_open(struct weft_chrdev_link *link, const char *remote, const struct weft_link_config *config)
{
	static const struct weft_link_config defaults;
	struct weft_chrdev_config chrdev = {
		.remote = remote,
		.channels = link->talks,
		.names = link->names,
		.tx = link->tx,
		.rx = link->rx,
		.channel_count = WEFT_CHRDEV_LINK_ENDPOINTS,
		.name_count = WEFT_CHRDEV_LINK_NAMES,
		.tx_count = WEFT_CHRDEV_LINK_BUFFERS,
		.rx_count = WEFT_CHRDEV_LINK_BUFFERS,
	};
	int result = weft_chrdev_init(&link->chrdev, &chrdev);

	if (result != 0)
		return result;
	if (config == NULL)
		config = &defaults;
	struct rpmsg_config device = {
		.transport = &link->chrdev.transport,
		.endpoints = link->endpoints,
		.endpoint_slots = WEFT_CHRDEV_LINK_ENDPOINTS,
		.channels = link->channels,
		.channel_slots = WEFT_CHRDEV_LINK_NAMES,
		.ns_bind_cb = config->ns_bind_cb,
		.event = config->event,
		.priv = config->priv,
		.polled_by = config->polled_by,
	};
	return rpmsg_init(&link->rdev, &device) == RPMSG_SUCCESS ? 0 : -EINVAL;
}

void weft_chrdev_link_close(struct weft_chrdev_link *link)
{
	weft_chrdev_close(&link->chrdev);
}
