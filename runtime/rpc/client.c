/* SPDX-License-Identifier: Apache-2.0 */
/* A client finds its server: by name, by address, or by ready; and agrees with it by hello. */
#include "rpc/client.h"

#include "rpc/checks.h"
#include "rpc/frame.h"

#define HELLO_US WEFT_MS(100)
#define NEVER UINT32_MAX /* more than any time-out */

/* Written by the context that polls, looked at by any. */
static enum client_state state_of(const struct weft_client *client)
{
	return (enum client_state)__atomic_load_n(&client->state, __ATOMIC_ACQUIRE);
}

static void set_state(struct weft_client *client, enum client_state state)
{
	__atomic_store_n(&client->state, (uint8_t)state, __ATOMIC_RELEASE);
	rpmsg_wake(client->rdev);
}

/* ---- Hello ---- */

static __attribute__((noinline)) void write_hello(struct weft_client *client, uint8_t *frame, uint32_t id)
{
	frame_begin(frame,
	            (struct weft_call_header){ .kind = WEFT_KIND_HELLO, .method = client->service->id, .call = id });
	weft_hello_write(frame + WEFT_CALL_HEADER_SIZE, client->service, rpmsg_mtu(client->rdev), 0);
}

static uint32_t next_hello(struct weft_client *client)
{
	uintptr_t key = rpmsg_lock(client->rdev);
	uint32_t id = weft_wrap_add(client->hello_id, 1u);

	client->hello_id = id;
	client->hello_due = weft_wrap_add(rpmsg_now_us(client->rdev), client->hello_us);
	rpmsg_unlock(client->rdev, key);
	return id;
}

void weft_client_hello(struct weft_client *client)
{
	const uint32_t len = WEFT_CALL_HEADER_SIZE + WEFT_HELLO_SIZE;
	uint32_t id = next_hello(client);
	uint8_t *frame = weft_frame_borrow(&client->ept, len);

	/* Without a buffer, or without an answer: once more when it is due. */
	if (frame != NULL) {
		write_hello(client, frame, id);
		weft_frame_send(&client->ept, client->server, frame, len);
	}
	weft_client_arm(client);
}

static void refused(struct weft_client *client, weft_status status)
{
	client->refusal = (uint8_t)status;
	set_state(client, CLIENT_REFUSED);
	weft_client_fail(client, status);
}

static void agreed(struct weft_client *client, const struct weft_hello *hello)
{
	bool restarted = state_of(client) == CLIENT_READY && client->peer.epoch != hello->epoch;

	client->peer.fingerprint = (uint64_t)hello->fingerprint_high << 32 | hello->fingerprint_low;
	client->peer.frame_size = hello->frame_size;
	client->peer.epoch = hello->epoch;
	client->peer.window = hello->window;
	if (restarted)
		weft_client_fail(client, WEFT_UNAVAILABLE);
	set_state(client, CLIENT_READY);
}

static __attribute__((noinline)) void hello_reply(struct weft_client *client, const struct weft_call_header *header,
                                                  const uint8_t *body, uint32_t len)
{
	struct weft_hello hello;

	if (header->method != client->service->id ||
	    !check_hello_id(header->call, client->hello_first, client->hello_id)) {
		client->counters.stray++;
		return;
	}
	if (header->aux != WEFT_OK) {
		refused(client, check_status(header->aux) ? (weft_status)header->aux : WEFT_UNKNOWN);
		return;
	}
	if (!check_hello_len(len, WEFT_HELLO_SIZE)) {
		client->counters.violation++;
		return;
	}
	weft_copy_once(&hello, body, sizeof hello);
	weft_status fault = weft_hello_fault(&hello, client->service);
	if (fault != WEFT_OK || rpmsg_mtu(client->rdev) < client->service->frame_max)
		refused(client, WEFT_FAILED_PRECONDITION);
	else
		agreed(client, &hello);
}

/* ---- The server comes and goes ---- */

/* The first counts. */
static void found(struct weft_client *client, uint32_t server)
{
	if (client->server != RPMSG_ADDR_ANY)
		return;
	client->server = server;
	client->hello_first = weft_wrap_add(client->hello_id, 1u);
	rpmsg_set_dest(&client->ept, server);
	set_state(client, CLIENT_HELLO);
	weft_client_hello(client);
}

static void lost(struct weft_client *client)
{
	client->server = RPMSG_ADDR_ANY;
	rpmsg_set_dest(&client->ept, RPMSG_ADDR_ANY);
	set_state(client, CLIENT_ALONE);
	weft_client_fail(client, WEFT_UNAVAILABLE);
}

static struct weft_client *client_of(struct rpmsg_driver *driver)
{
	return (struct weft_client *)(void *)((uint8_t *)driver - offsetof(struct weft_client, driver));
}

static bool by_address(const struct weft_client *client)
{
	return client->address != RPMSG_ADDR_ANY;
}

static void client_probe(struct rpmsg_driver *driver, uint32_t dest)
{
	struct weft_client *client = client_of(driver);

	if (!by_address(client) && !client->announce)
		found(client, dest);
}

static void client_remove(struct rpmsg_driver *driver, uint32_t dest)
{
	struct weft_client *client = client_of(driver);

	if (client->server != dest || by_address(client))
		return;
	lost(client);
	uint32_t another = rpmsg_find_channel(client->rdev, driver->name, dest);
	if (another != RPMSG_ADDR_ANY)
		client_probe(driver, another);
}

static void client_link(struct rpmsg_driver *driver, bool up)
{
	struct weft_client *client = client_of(driver);

	if (!up)
		lost(client);
	else if (by_address(client))
		found(client, client->address);
}

/* ---- Frames ---- */

static int violation(struct weft_client *client)
{
	client->counters.violation++;
	return RPMSG_ERR_PARAM;
}

/* A server that could not announce has found us. From another address: it stands in the place of the last one. */
static int ready(struct weft_client *client, uint32_t src, uint32_t service)
{
	if (!client->announce || service != client->service->id)
		return violation(client);
	if (client->server == src) {
		weft_client_hello(client);
		return RPMSG_SUCCESS;
	}
	if (client->server != RPMSG_ADDR_ANY)
		lost(client);
	found(client, src);
	return RPMSG_SUCCESS;
}

static int client_receive(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct weft_client *client = (struct weft_client *)priv;
	struct weft_call_header header;

	(void)ept;
	if (!check_frame_len((uint32_t)len, WEFT_CALL_HEADER_SIZE))
		return violation(client);
	const uint8_t *body = (const uint8_t *)data + WEFT_CALL_HEADER_SIZE;
	uint32_t body_len = (uint32_t)len - WEFT_CALL_HEADER_SIZE;
	weft_copy_once(&header, data, sizeof header);
	if (!check_frame_direction(header.kind, WEFT_KIND_ANSWER))
		return violation(client);
	if (header.kind == WEFT_KIND_READY)
		return ready(client, src, header.method);
	if (!check_frame_source(src, client->server))
		return violation(client);
	if (header.kind == WEFT_KIND_HELLO_REPLY)
		hello_reply(client, &header, body, body_len);
	else if (header.kind == WEFT_KIND_REPLY)
		weft_client_reply(client, &header, body, body_len);
	else
		client->counters.stray++; /* of a stream: we have none */
	return RPMSG_SUCCESS;
}

/* ---- Time ---- */

void weft_client_arm(struct weft_client *client)
{
	struct rpmsg_device *rdev = client->rdev;
	uintptr_t key = rpmsg_lock(rdev);
	uint32_t now = rpmsg_now_us(rdev);
	uint32_t delay = NEVER;

	if (state_of(client) == CLIENT_HELLO)
		delay = client_left(client->hello_due, now);
	for (unsigned i = 0; i < client->call_slots; i++) {
		const struct weft_call *call = client->calls[i];

		if (call != NULL && client_left(call->due, now) < delay)
			delay = client_left(call->due, now);
	}
	rpmsg_unlock(rdev, key);
	if (delay != NEVER)
		rpmsg_task_start(rdev, &client->task, delay);
}

static void client_run(struct rpmsg_task *task)
{
	struct weft_client *client =
		(struct weft_client *)(void *)((uint8_t *)task - offsetof(struct weft_client, task));
	uint32_t now = rpmsg_now_us(client->rdev);
	unsigned expired = weft_client_expire(client, now);
	bool unanswered = state_of(client) == CLIENT_HELLO && client_is_due(client->hello_due, now);

	/* A server that let a call expire may be another one by now: its epoch tells. */
	if (unanswered || (expired != 0 && state_of(client) == CLIENT_READY))
		weft_client_hello(client);
	else
		weft_client_arm(client);
}

/* ---- Open and close ---- */

static bool good_config(const struct weft_service *service, const struct weft_client_config *config)
{
	uint32_t slots = config->call_slots;

	if (service == NULL || (config->calls != NULL && (slots == 0 || slots > 256u || (slots & (slots - 1u)) != 0)))
		return false;
	return rpmsg_name_fits(config->channel != NULL ? config->channel : service->channel);
}

static void prepare(struct weft_client *client, struct rpmsg_device *rdev, const struct weft_service *service,
                    const struct weft_client_config *config)
{
	memset(client, 0, sizeof *client);
	client->rdev = rdev;
	client->service = service;
	client->server = RPMSG_ADDR_ANY;
	client->address = config->address != 0 ? config->address : service->address;
	client->announce = config->announce;
	client->hello_us = config->hello_us != 0 ? config->hello_us : HELLO_US;
	client->calls = config->calls != NULL ? config->calls : &client->one;
	client->call_slots = config->calls != NULL ? config->call_slots : 1u;
	memset(client->calls, 0, client->call_slots * sizeof client->calls[0]);
	client->driver.name = config->channel != NULL ? config->channel : service->channel;
	client->driver.probe = client_probe;
	client->driver.remove = client_remove;
	client->driver.link = client_link;
	client->task.run = client_run;
}

weft_status weft_client_open(struct weft_client *client, struct rpmsg_device *rdev, const struct weft_service *service,
                             const struct weft_client_config *config)
{
	static const struct weft_client_config defaults;

	if (config == NULL)
		config = &defaults;
	if (client == NULL || !good_config(service, config))
		return WEFT_INVALID_ARGUMENT;
	prepare(client, rdev, service, config);

	/* One that announces is spoken to first and never binds by itself; the others have no name. */
	struct rpmsg_endpoint_config endpoint = {
		.name = client->announce ? client->driver.name : NULL,
		.src = RPMSG_ADDR_ANY,
		.dest = RPMSG_ADDR_ANY,
		.flags = RPMSG_EPT_SERVER,
		.cb = client_receive,
		.priv = client,
	};
	int result = rpmsg_create_endpoint(&client->ept, rdev, &endpoint);
	if (result != RPMSG_SUCCESS) {
		client->rdev = NULL;
		return weft_status_from_rpmsg(result);
	}
	rpmsg_register_driver(rdev, &client->driver);
	return WEFT_OK;
}

weft_status weft_client_close(struct weft_client *client)
{
	if (client == NULL || client->rdev == NULL)
		return WEFT_INVALID_ARGUMENT;
	struct rpmsg_device *rdev = client->rdev;
	if (rpmsg_in_callback_of(rdev, &client->ept) || rpmsg_in_callback_of(rdev, &client->task) ||
	    rpmsg_in_callback_of(rdev, &client->driver))
		return WEFT_FAILED_PRECONDITION;

	int result = rpmsg_destroy_ept(&client->ept);
	if (result != RPMSG_SUCCESS)
		return weft_status_from_rpmsg(result);
	rpmsg_unregister_driver(rdev, &client->driver);
	set_state(client, CLIENT_ALONE);
	weft_client_fail(client, WEFT_CANCELLED);
	rpmsg_task_stop(rdev, &client->task);
	client->rdev = NULL;
	return WEFT_OK;
}

/* ---- State ---- */

weft_status weft_client_state(const struct weft_client *client)
{
	enum client_state state = state_of(client);

	if (client->rdev == NULL || state == CLIENT_ALONE || state == CLIENT_HELLO)
		return WEFT_UNAVAILABLE;
	return state == CLIENT_READY ? WEFT_OK : (weft_status)client->refusal;
}

/* The link may have gone, and it takes a poll for us to be told. */
static __attribute__((noinline)) weft_status state_of_both(const struct weft_client *client)
{
	return (rpmsg_mtu(client->rdev) != 0u) ? weft_client_state(client) : WEFT_UNAVAILABLE;
}

weft_status weft_client_wait(struct weft_client *client, uint32_t timeout_us)
{
	struct rpmsg_device *rdev = client->rdev;

	if (rdev == NULL || rpmsg_in_callback(rdev))
		return WEFT_FAILED_PRECONDITION;
	uint32_t start = rpmsg_now_us(rdev);
	for (;;) {
		uint32_t event = rpmsg_event_word(rdev);
		uint32_t elapsed = weft_wrap_sub(rpmsg_now_us(rdev), start);
		weft_status state = state_of_both(client);

		if (state != WEFT_UNAVAILABLE || elapsed >= timeout_us)
			return state;
		int result = rpmsg_wait_turn(rdev, event, timeout_us - elapsed);
		if (result < 0)
			return weft_status_from_rpmsg(result);
	}
}
