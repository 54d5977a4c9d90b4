/* SPDX-License-Identifier: Apache-2.0 */
#include "chrdev/kernel.h"

#include <string.h>

struct user user;

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)rdev;
	(void)detail;
	(void)priv;
	user.ups += event == RPMSG_LINK_UP;
	user.downs += event == RPMSG_LINK_DOWN;
	user.bad += event == RPMSG_BAD_MESSAGE;
}

void user_open(const char *remote)
{
	struct weft_chrdev_config config = {
		.remote = remote,
		.dev = kernel.dev,
		.sys = kernel.sys,
		.channels = user.channels,
		.names = user.names,
		.tx = user.tx,
		.rx = user.rx,
		.channel_count = CHANNELS,
		.name_count = NAMES,
		.tx_count = BUFFERS,
		.rx_count = BUFFERS,
	};
	struct rpmsg_config rpmsg = {
		.transport = &user.chrdev.transport,
		.endpoints = user.endpoints,
		.endpoint_slots = SLOTS,
		.channels = user.kept,
		.channel_slots = SLOTS,
		.event = on_event,
	};

	assert_int_equal(weft_chrdev_init(&user.chrdev, &config), 0);
	assert_int_equal(rpmsg_init(&user.rdev, &rpmsg), RPMSG_SUCCESS);
	user_poll();
}

void user_poll(void)
{
	for (int i = 0; i < 4; i++)
		assert_true(rpmsg_poll(&user.rdev, 8) >= 0);
}

void user_linked(void)
{
	kernel_add_control(0, "m4\n");
	kernel_announce(0, "echo", 0x400);
	user_open(NULL);
	assert_int_equal(user.ups, 1);
	assert_int_equal(rpmsg_find_channel(&user.rdev, "echo", RPMSG_ADDR_ANY), 0x400);
}

static int on_message(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct heard *heard = (struct heard *)priv;

	memcpy(heard->data, data, len);
	heard->payload = data;
	heard->len = len;
	heard->src = src;
	heard->count++;
	if (heard->hold)
		assert_int_equal(rpmsg_hold_rx_buffer(ept, data), RPMSG_SUCCESS);
	return RPMSG_SUCCESS;
}

void user_endpoint(struct heard *heard, const char *name, uint32_t src, uint32_t flags)
{
	struct rpmsg_endpoint_config config = {
		.name = name, .src = src, .dest = RPMSG_ADDR_ANY, .flags = flags, .cb = on_message, .priv = heard
	};

	memset(heard, 0, sizeof *heard);
	assert_int_equal(rpmsg_create_endpoint(&heard->ept, &user.rdev, &config), RPMSG_SUCCESS);
}
