/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/pair.h"

#define TURNS_MAX 10000u

static struct core *core_of(struct weft_port *port)
{
	return (struct core *)(void *)port;
}

static void core_kick(struct weft_port *port, uint32_t notifyid)
{
	(void)notifyid;
	core_of(port)->kicks++;
}

static uint32_t core_now(struct weft_port *port)
{
	return core_of(port)->pair->now;
}

static void core_relax(struct weft_port *port, uint32_t timeout_us)
{
	struct core *core = core_of(port);

	core->relaxed++;
	core->pair->now += timeout_us < PAIR_TICK_US ? timeout_us + 1u : PAIR_TICK_US; /* a busy loop takes time too */
	if (!core->other->asleep)
		rpmsg_poll(&core->other->rdev, 16);
}

static uint32_t core_session(struct weft_port *port)
{
	return core_of(port)->session;
}

const struct weft_port_ops pair_ops = {
	.kick = core_kick, .now_us = core_now, .relax = core_relax, .session = core_session
};

static void core_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	struct core *core = (struct core *)priv;

	(void)rdev;
	core->events[event]++;
	core->detail[event] = detail;
}

void pair_boot(struct core *core)
{
	struct pair *pair = core->pair;
	struct weft_shm_config shm = {
		.role = core == &pair->driver ? &weft_shm_driver : &weft_shm_device,
		.port = &core->port,
		.entries = core->entries,
		.layout = pair->layout,
	};
	struct rpmsg_config config = pair->config;

	core->port.ops = &pair_ops;
	core->port.region = (struct weft_region){ pair->memory, PAIR_ADDRESS, PAIR_REGION };
	core->session = 1;
	assert_int_equal(weft_shm_init(&core->shm, &shm), 0);
	config.transport = &core->shm.transport;
	config.endpoints = core->endpoints;
	config.endpoint_slots = config.endpoint_slots != 0 ? config.endpoint_slots : PAIR_ENDPOINTS;
	config.channels = core->channels;
	config.channel_slots = PAIR_CHANNELS;
	config.event = core_event;
	config.priv = core;
	assert_int_equal(rpmsg_init(&core->rdev, &config), RPMSG_SUCCESS);
}

void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof *pair);
	pair->driver.pair = pair->device.pair = pair;
	pair->driver.other = &pair->device;
	pair->device.other = &pair->driver;
	pair->layout = (struct virtio_layout_config){ .num = PAIR_NUM, .buf_size = PAIR_BUF_SIZE, .align = 64 };
	pair->now = 0xffffff00u; /* the clock wraps in every test that takes a while */
	pair_boot(&pair->driver);
	pair_boot(&pair->device);
}

void pair_settle(struct pair *pair)
{
	unsigned turns = 0;
	unsigned quiet = 0;

	while (quiet < 4 && turns++ < TURNS_MAX) {
		int taken = rpmsg_poll(&pair->driver.rdev, 16) + rpmsg_poll(&pair->device.rdev, 16);

		quiet = taken == 0 ? quiet + 1 : 0;
	}
	assert_true(turns < TURNS_MAX);
}

void pair_up(struct pair *pair)
{
	pair_init(pair);
	pair_settle(pair);
	assert_int_equal(rpmsg_link(&pair->driver.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_link(&pair->device.rdev), WEFT_LINK_UP);
}

struct vring pair_vring(struct pair *pair, int ring)
{
	struct virtio_layout layout;

	assert_int_not_equal(virtio_layout_compute(&pair->layout, &layout), 0);
	uint8_t *base = pair->memory + layout.vring[ring];
	uint32_t size = virtio_vring_size(pair->layout.num, pair->layout.align);
	return (struct vring){
		.desc = (struct vring_desc *)(void *)base,
		.avail = (struct vring_head *)(void *)(base + 16u * pair->layout.num),
		.used = (struct vring_head *)(void *)(base + size - 6u - 8u * pair->layout.num),
	};
}

struct rsc_table *pair_table(struct pair *pair)
{
	return (struct rsc_table *)(void *)pair->memory;
}

void pair_forge(struct core *from, uint32_t src, uint32_t dst, const void *data, uint32_t len, uint16_t claimed)
{
	struct weft_transport *transport = &from->shm.transport;
	uint8_t *payload = transport->ops->get_tx(transport, from);

	assert_non_null(payload);
	memcpy(payload, data, len);
	assert_true(transport->ops->send(transport, from, payload, len, src, dst));
	memcpy(payload - 4, &claimed, sizeof claimed); /* 12 bytes into the header */
	transport->ops->flush(transport);
}

int inbox_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct inbox *inbox = (struct inbox *)priv;

	inbox->count++;
	inbox->src = src;
	inbox->len = len;
	inbox->data = data;
	assert_true(len <= sizeof inbox->bytes);
	memcpy(inbox->bytes, data, len);
	if (inbox->hold)
		assert_int_equal(rpmsg_hold_rx_buffer(ept, data), RPMSG_SUCCESS);
	return inbox->result;
}

static void expect_a_message(struct pair *pair, struct core *from, struct core *to)
{
	struct inbox inbox = { 0 };
	struct rpmsg_endpoint sender;
	struct rpmsg_endpoint receiver;

	assert_int_equal(rpmsg_create_ept(&receiver, &to->rdev, NULL, PAIR_TEST_ADDR, RPMSG_ADDR_ANY, inbox_cb, NULL),
	                 0);
	receiver.priv = &inbox;
	assert_int_equal(rpmsg_create_ept(&sender, &from->rdev, NULL, RPMSG_ADDR_ANY, PAIR_TEST_ADDR, inbox_cb, NULL),
	                 0);
	for (unsigned i = 1; i <= 2u * PAIR_NUM; i++) { /* every buffer has its turn */
		assert_int_equal(rpmsg_send(&sender, "warp", 4), 4);
		pair_settle(pair);
		assert_int_equal(inbox.count, i);
		assert_memory_equal(inbox.bytes, "warp", 4);
	}
	assert_int_equal(rpmsg_destroy_ept(&sender), 0);
	assert_int_equal(rpmsg_destroy_ept(&receiver), 0);
}

void pair_expect_works(struct pair *pair)
{
	assert_int_equal(rpmsg_link(&pair->driver.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_link(&pair->device.rdev), WEFT_LINK_UP);
	expect_a_message(pair, &pair->driver, &pair->device);
	expect_a_message(pair, &pair->device, &pair->driver);
	pair_expect_no_buffers_out(pair);
}

void pair_expect_no_buffers_out(struct pair *pair)
{
	assert_int_equal(rpmsg_buffers_out(&pair->driver.rdev), 0);
	assert_int_equal(rpmsg_buffers_out(&pair->device.rdev), 0);
	assert_int_equal(pair->driver.rdev.writers, 0);
	assert_int_equal(pair->device.rdev.writers, 0);
}
