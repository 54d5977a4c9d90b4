/* SPDX-License-Identifier: Apache-2.0 */
#include "images/cores.h"

#include "virtio/checks.h"

#define TURNS_MAX 20000u
#define QUIET 8u /* turns in a row without news */
#define TITLE_SIZE 33u
#define RAW_SIZE 64u
#define HEADER_SIZE 16u
/* Time enough for every answer that comes at all. */
#define PATIENCE_US WEFT_MS(1000)

/* Odd numbers of lines a buffer, and a buffer that ends where no buffer of the other layout does. */
const struct virtio_layout_config cores_layouts[CORES_LAYOUTS] = {
	{ .num = 4, .buf_size = 256u + WEFT_CACHE_LINE, .align = WEFT_CACHE_LINE },
	{ .num = CORES_NUM, .buf_size = 256u, .align = 2u * WEFT_CACHE_LINE },
};

/* ---- Chaos ---- */

uint32_t cores_draw(struct cores *cores, uint32_t n)
{
	cores->random = cores->random * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(cores->random >> 8) * n) >> 24);
}

static bool chance(struct cores *cores, uint32_t one_in)
{
	return one_in != 0 && cores_draw(cores, one_in) == 0;
}

/* Any line of the cache may go at any time. */
static void disturb(struct cores *cores, struct image *image)
{
	for (int i = 0; i < 4; i++) {
		uint32_t at = cores_draw(cores, image->size);

		if (chance(cores, image_dirty(image, at) ? cores->evict : cores->prefetch))
			image_evict(image, at);
	}
}

static void between(struct image *image, void *context)
{
	struct core *core = (struct core *)context;

	if (core->cores->evict != 0 || core->cores->prefetch != 0)
		disturb(core->cores, image);
	if (!core->other->running && chance(core->cores, core->cores->meddle))
		cores_poll(core->other);
}

/* ---- Port ---- */

static struct core *core_of(struct weft_port *port)
{
	return (struct core *)(void *)port;
}

static void core_kick(struct weft_port *port, uint32_t notifyid)
{
	(void)notifyid;
	core_of(port)->other->rung = true;
}

static uint32_t core_now(struct weft_port *port)
{
	return core_of(port)->cores->now;
}

static void core_relax(struct weft_port *port, uint32_t timeout_us)
{
	(void)timeout_us;
	cores_poll(core_of(port)->other);
}

static const struct weft_port_ops core_ops = { .kick = core_kick, .now_us = core_now, .relax = core_relax };

/* ---- Messages ---- */

static uint32_t length_of(uint32_t number, uint32_t room)
{
	return 8u + number * 37u % (room - 7u);
}

/* What a message is full of tells its number, its place, and who sent it. */
static uint8_t filling(const struct core *sender, uint32_t number, uint32_t i)
{
	return (uint8_t)(number * 31u + i * 7u + (sender == &sender->cores->driver ? 0u : 128u));
}

static void fill(const struct core *core, uint8_t *data, uint32_t number, uint32_t len)
{
	memcpy(data, &number, sizeof number);
	memcpy(data + 4, &len, sizeof len);
	for (uint32_t i = 8; i < len; i++)
		data[i] = filling(core, number, i);
}

static void expect_filled(const struct core *sender, const uint8_t *data, uint32_t number, size_t len)
{
	uint32_t says[2];

	memcpy(says, data, sizeof says);
	assert_int_equal(says[0], number);
	assert_int_equal(says[1], len);
	for (uint32_t i = 8; i < len; i++)
		assert_int_equal(data[i], filling(sender, number, i));
}

/* None is lost and none comes twice. */
static int receive(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct core *core = (struct core *)priv;

	(void)src;
	assert_true(len >= 8);
	expect_filled(core->other, (const uint8_t *)data, core->received, len);
	if (core->held == NULL && cores_draw(core->cores, 4) == 0) {
		assert_int_equal(rpmsg_hold_rx_buffer(ept, data), RPMSG_SUCCESS);
		core->held = data;
		core->held_len = len;
		core->held_number = core->received;
		core->counts.held++;
	}
	core->received++;
	core->counts.received++;
	return RPMSG_SUCCESS;
}

void cores_send(struct core *core)
{
	uint8_t message[512];

	if (!is_rpmsg_ept_ready(&core->ept))
		return;
	uint32_t len = length_of(core->sent, rpmsg_mtu(&core->rdev));
	fill(core, message, core->sent, len);
	core->running = true;
	if (rpmsg_trysend(&core->ept, message, (int)len) > 0) {
		core->sent++;
		core->counts.sent++;
	}
	core->running = false;
}

void cores_borrow(struct core *core)
{
	if (core->loan != NULL || !is_rpmsg_ept_ready(&core->ept))
		return;
	core->running = true;
	core->loan = (uint8_t *)rpmsg_get_tx_payload_buffer(&core->ept, &core->room, 0);
	core->running = false;
	if (core->loan != NULL)
		memset(core->loan, 0xa5, core->room);
}

void cores_send_loan(struct core *core)
{
	if (core->loan == NULL || !is_rpmsg_ept_ready(&core->ept))
		return;
	uint32_t len = length_of(core->sent, core->room);
	fill(core, core->loan, core->sent, len);
	core->running = true;
	assert_int_equal(rpmsg_send_nocopy(&core->ept, core->loan, (int)len), len);
	core->running = false;
	core->loan = NULL;
	core->sent++;
	core->counts.sent++;
	core->counts.lent_sent++;
}

void cores_drop_loan(struct core *core)
{
	if (core->loan == NULL)
		return;
	core->running = true;
	assert_int_equal(rpmsg_release_tx_buffer(&core->ept, core->loan), RPMSG_SUCCESS);
	core->running = false;
	core->loan = NULL;
	core->counts.lent_dropped++;
}

void cores_release(struct core *core)
{
	if (core->held == NULL)
		return;
	expect_filled(core->other, (const uint8_t *)core->held, core->held_number, core->held_len);
	core->running = true;
	assert_int_equal(rpmsg_release_rx_buffer(&core->ept, core->held), RPMSG_SUCCESS);
	core->running = false;
	core->held = NULL;
}

/* ---- Calls ---- */

static void picture(uint32_t number, uint8_t *raw)
{
	for (uint32_t i = 0; i < RAW_SIZE; i++)
		raw[i] = (uint8_t)(number + i * 3u);
}

static weft_status take(void *context, struct weft_token token, const views_v1_Shot *request, views_v1_Frame *response)
{
	static uint8_t raw[RAW_SIZE];

	(void)context;
	(void)token;
	picture(request->number, raw);
	response->which_rest = views_v1_Frame_raw_tag;
	response->rest.raw = (struct weft_view){ raw, 1u + request->number % RAW_SIZE };
	return WEFT_OK;
}

static const struct camera_ops camera_ops = { .take = take };

static void taken(struct camera_take_call *call, weft_status status, views_v1_Frame *response)
{
	struct core *core = (struct core *)call->arg;
	uint8_t raw[RAW_SIZE];

	core->calling = false;
	if (status != WEFT_OK) {
		/* The link or the server went; one that is there answers. */
		assert_int_equal(status, WEFT_UNAVAILABLE);
		return;
	}
	picture(core->shot, raw);
	assert_int_equal(response->which_rest, views_v1_Frame_raw_tag);
	assert_int_equal(response->rest.raw.len, 1u + core->shot % RAW_SIZE);
	assert_memory_equal(response->rest.raw.data, raw, response->rest.raw.len);
	assert_int_equal(weft_rx_release(&core->rx), WEFT_OK);
	core->counts.calls++;
}

void cores_call(struct core *driver)
{
	views_v1_Shot shot = { .number = driver->shot + 1u };

	/* A server that waits for a buffer looks again by a timer, which would hide a kick that is missing. */
	if (driver->cores->sleepy || driver->calling || weft_client_state(&driver->client.base) != WEFT_OK)
		return;
	driver->running = true;
	if (camera_take_start(&driver->client, &driver->call, &shot, &driver->frame, &driver->rx, PATIENCE_US, taken,
	                      driver) == WEFT_OK) {
		driver->calling = true;
		driver->shot++;
	}
	driver->running = false;
}

/* ---- Life ---- */

static void event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	struct core *core = (struct core *)priv;

	(void)rdev;
	(void)detail;
	assert_true(event == RPMSG_LINK_UP || event == RPMSG_LINK_DOWN);
	core->sent = 0;
	core->received = 0;
	core->held = NULL;
	core->counts.lent_lost += core->loan != NULL;
	core->loan = NULL;
	core->counts.ups += event == RPMSG_LINK_UP;
}

void cores_boot(struct core *core)
{
	struct cores *cores = core->cores;
	bool driver = core == &cores->driver;
	struct weft_shm_config shm = {
		.role = driver ? &weft_shm_driver : &weft_shm_device,
		.port = &core->port,
		.entries = core->entries,
		.layout = cores_layouts[cores->layout],
	};
	struct rpmsg_config config = {
		.transport = &core->shm.transport,
		.endpoints = core->table,
		.endpoint_slots = 16,
		.channels = core->channels,
		.channel_slots = 4,
		.event = event,
		.priv = core,
		.polled_by = cores->sleepy ? RPMSG_POLLED_BY_INTERRUPT : RPMSG_POLLED_BY_LOOP,
	};

	shm.layout.num = driver ? shm.layout.num : CORES_NUM;
	core->port.ops = &core_ops;
	core->port.region = (struct weft_region){ core->image.view, CORES_ADDRESS, CORES_REGION };
	core->counts.lent_lost += core->loan != NULL;
	core->loan = NULL;
	core->held = NULL;
	core->calling = false;
	core->rung = true;
	assert_int_equal(weft_shm_init(&core->shm, &shm), 0);
	assert_int_equal(rpmsg_init(&core->rdev, &config), RPMSG_SUCCESS);
	assert_int_equal(
		rpmsg_create_ept(&core->ept, &core->rdev, "thread", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, receive, NULL), 0);
	core->ept.priv = core;
	if (driver)
		assert_int_equal(camera_client_open(&core->client, &core->rdev, NULL), WEFT_OK);
	else
		assert_int_equal(camera_server_start(&core->server, &core->rdev, &camera_ops, core, NULL), WEFT_OK);
}

void cores_init(struct cores *cores, uint32_t seed, bool sleepy)
{
	memset(cores, 0, sizeof *cores);
	images_reset();
	cores->random = seed;
	cores->sleepy = sleepy;
	cores->now = 0xffffff00u;
	for (int i = 0; i < 2; i++) {
		struct core *core = i == 0 ? &cores->driver : &cores->device;

		core->cores = cores;
		core->other = i == 0 ? &cores->device : &cores->driver;
		image_open(&core->image, cores->memory, cores->views[i], cores->loaded[i], CORES_REGION,
		           WEFT_CACHE_LINE);
		core->image.between = between;
		core->image.context = core;
		cores_boot(core);
	}
}

void cores_poll(struct core *core)
{
	int taken;

	core->cores->now += CORES_TICK_US;
	if (core->cores->sleepy && !core->rung)
		return;
	core->running = true;
	core->rung = false;
	do {
		taken = rpmsg_poll(&core->rdev, 4);
		assert_true(taken >= 0);
	} while (core->cores->sleepy && taken == 4);
	core->running = false;
}

static bool all_has_come(const struct cores *cores)
{
	const struct core *driver = &cores->driver;
	const struct core *device = &cores->device;

	return rpmsg_link(&driver->rdev) == WEFT_LINK_UP && rpmsg_link(&device->rdev) == WEFT_LINK_UP &&
	       is_rpmsg_ept_ready(&driver->ept) && is_rpmsg_ept_ready(&device->ept) &&
	       weft_client_state(&driver->client.base) == WEFT_OK && !driver->calling &&
	       driver->sent == device->received && device->sent == driver->received;
}

void cores_settle(struct cores *cores)
{
	unsigned quiet = 0;

	for (unsigned turn = 0; turn < TURNS_MAX && quiet < QUIET; turn++) {
		cores_poll(&cores->driver);
		cores_poll(&cores->device);
		for (int i = 0; i < 2; i++) {
			cores_drop_loan(i == 0 ? &cores->driver : &cores->device);
			cores_release(i == 0 ? &cores->driver : &cores->device);
		}
		quiet = all_has_come(cores) ? quiet + 1 : 0;
	}
	assert_int_equal(rpmsg_link(&cores->driver.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_link(&cores->device.rdev), WEFT_LINK_UP);
	assert_int_equal(((const struct rsc_table *)(const void *)cores->memory)->vdev.gfeatures,
	                 VIRTIO_RPMSG_FEATURES);
	assert_int_equal(cores->driver.sent, cores->device.received);
	assert_int_equal(cores->device.sent, cores->driver.received);
	assert_int_equal(quiet, QUIET);
	assert_int_equal(rpmsg_buffers_out(&cores->driver.rdev), 0);
	assert_int_equal(rpmsg_buffers_out(&cores->device.rdev), 0);
}

/* ---- Dirt ---- */

void cores_expect_dirt_in_place(const struct core *core)
{
	const struct virtio_layout_config *config = &cores_layouts[core->cores->layout];
	struct virtio_layout layout;

	assert_int_not_equal(virtio_layout_compute(config, &layout), 0);
	uint32_t fills = layout.buffers[core == &core->cores->driver];
	uint32_t end = fills + config->num * config->buf_size;
	if (rpmsg_link(&core->rdev) != WEFT_LINK_UP || rpmsg_link(&core->other->rdev) != WEFT_LINK_UP)
		return; /* loans of the last life */
	for (uint32_t at = 0; at < CORES_REGION; at += core->image.line) {
		if (image_dirty(&core->image, at))
			assert_true(at >= fills && at < end);
	}
}
