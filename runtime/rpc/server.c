/* SPDX-License-Identifier: Apache-2.0 */
/* A server answers everything that it can get a buffer for. The buffer comes first; then the request is served. */
#include "weft/server.h"

#include "rpc/checks.h"
#include "rpc/frame.h"

#define LOOK_US WEFT_MS(1) /* until those who wait for a transmit buffer are looked at again */

/* ---- Answers ---- */

static struct weft_call_header answer_to(const struct weft_call_header *request, uint8_t kind, weft_status status)
{
	return (struct weft_call_header){
		.kind = kind, .method = request->method, .call = request->call, .aux = (uint32_t)status
	};
}

static void send_reply(struct weft_server *server, const struct weft_call_header *header, uint8_t *frame,
                       uint32_t body_len, uint32_t dst)
{
	frame_begin(frame, header);
	if (rpmsg_sendto_nocopy(&server->ept, frame, (int)(WEFT_CALL_HEADER_SIZE + body_len), dst) >= 0)
		return;
	server->counters.dropped++; /* the link went while we served */
	rpmsg_release_tx_buffer(&server->ept, frame);
}

static void answer_hello(struct weft_server *server, const struct weft_call_header *header, const uint8_t *body,
                         uint32_t len, uint32_t src)
{
	struct weft_hello hello;
	weft_status status = WEFT_OK;

	if (!check_hello_len(len, WEFT_HELLO_SIZE)) {
		status = WEFT_INVALID_ARGUMENT;
	} else if (header->method != server->service->id) {
		status = WEFT_UNIMPLEMENTED;
	} else {
		frame_copy(&hello, body, sizeof hello);
		status = weft_hello_fault(&hello, server->service);
	}
	struct weft_call_header reply = answer_to(header, WEFT_KIND_HELLO_REPLY, status);
	hello = weft_hello_of(server->service, rpmsg_mtu(server->rdev), server->epoch);
	if (!weft_frame_send(&server->ept, src, &reply, status == WEFT_OK ? &hello : NULL))
		server->counters.dropped++; /* the client says it again */
}

/* ---- Serving ---- */

static weft_status run(struct weft_server *server, struct weft_request *request)
{
	server->counters.requests++;
	weft_status status = server->dispatch(server, request);
	if (!check_status((uint32_t)status))
		status = WEFT_UNKNOWN;
	server->counters.errors += status != WEFT_OK;
	return status;
}

static struct weft_request request_of(const struct weft_call_header *header, const uint8_t *frame, uint32_t len,
                                      uint32_t src)
{
	return (struct weft_request){
		.body = frame + WEFT_CALL_HEADER_SIZE,
		.body_len = len - WEFT_CALL_HEADER_SIZE,
		.method = header->method,
		.call = header->call,
		.src = src,
	};
}

/* `reply` is a borrowed buffer, and gone after this. */
static void serve(struct weft_server *server, const struct weft_server_slot *slot, uint8_t *reply)
{
	struct weft_call_header header;
	weft_status status;
	uint32_t waited = rpmsg_now_us(server->rdev) - slot->arrived;

	frame_copy(&header, slot->frame, sizeof header);
	struct weft_request request = request_of(&header, (const uint8_t *)slot->frame, slot->len, slot->src);
	request.reply = reply + WEFT_CALL_HEADER_SIZE;
	request.reply_capacity = rpmsg_mtu(server->rdev) - WEFT_CALL_HEADER_SIZE;
	if (header.kind != WEFT_KIND_REQUEST || (header.flags & WEFT_FLAG_CONTINUED))
		status = WEFT_UNIMPLEMENTED; /* streams and continued messages */
	else if (waited >= header.aux)
		status = WEFT_DEADLINE_EXCEEDED;
	else
		status = run(server, &request);
	struct weft_call_header answer = answer_to(&header, WEFT_KIND_REPLY, status);
	send_reply(server, &answer, reply, status == WEFT_OK ? request.reply_len : 0, slot->src);
}

static void serve_oneway(struct weft_server *server, const struct weft_call_header *header, const uint8_t *frame,
                         uint32_t len, uint32_t src)
{
	struct weft_request request = request_of(header, frame, len, src);

	if (header->flags & WEFT_FLAG_CONTINUED) {
		server->counters.dropped++; /* a piece is not the message, and there is nobody to tell */
		return;
	}
	request.oneway = true;
	run(server, &request);
}

/* ---- Requests that wait for a buffer: a queue over the slots, oldest first ---- */

static struct weft_server_slot *slot_at(const struct weft_server *server, unsigned position)
{
	return &server->slots[(server->first + position) % server->slot_count];
}

static void free_first(struct weft_server *server)
{
	slot_at(server, 0)->frame = NULL;
	server->first = (uint16_t)((server->first + 1u) % server->slot_count);
	server->waiting--;
}

/* Serve those that waited while there are buffers. A cancelled one has no frame. */
static void serve_waiting(struct weft_server *server)
{
	while (server->waiting != 0) {
		struct weft_server_slot slot = *slot_at(server, 0);

		if (slot.frame == NULL) {
			free_first(server);
			continue;
		}
		uint8_t *reply = (uint8_t *)rpmsg_get_tx_buffer(&server->ept, NULL, 0);
		if (reply == NULL)
			break;
		free_first(server);
		serve(server, &slot, reply);
		rpmsg_release_rx_buffer(&server->ept, slot.frame);
	}
	if (server->waiting != 0)
		rpmsg_task_start(server->rdev, &server->task, LOOK_US);
}

static void enqueue(struct weft_server *server, const struct weft_server_slot *slot)
{
	if (server->waiting == server->slot_count || rpmsg_hold_rx_buffer(&server->ept, slot->frame) != RPMSG_SUCCESS) {
		server->counters.dropped++;
		return;
	}
	*slot_at(server, server->waiting) = *slot;
	server->waiting++;
	server->counters.waited++;
	rpmsg_task_start(server->rdev, &server->task, LOOK_US);
}

static void take_in(struct weft_server *server, const struct weft_server_slot *slot)
{
	uint8_t *reply = NULL;

	serve_waiting(server);
	if (server->waiting == 0)
		reply = (uint8_t *)rpmsg_get_tx_buffer(&server->ept, NULL, 0);
	if (reply != NULL)
		serve(server, slot, reply);
	else
		enqueue(server, slot);
}

/* The client does not want it any more: if it still waits, it is not served. */
static void cancel(struct weft_server *server, uint32_t call, uint32_t src)
{
	for (unsigned i = 0; i < server->waiting; i++) {
		struct weft_server_slot *slot = slot_at(server, i);
		struct weft_call_header header;

		if (slot->frame == NULL || slot->src != src)
			continue;
		frame_copy(&header, slot->frame, sizeof header);
		if (header.call != call)
			continue;
		rpmsg_release_rx_buffer(&server->ept, slot->frame);
		slot->frame = NULL;
	}
}

/* ---- Frames ---- */

static int server_receive(struct rpmsg_endpoint *ept, void *data, size_t size, uint32_t src, void *priv)
{
	struct weft_server *server = (struct weft_server *)priv;
	struct weft_call_header header;
	uint32_t len = (uint32_t)size;
	uint8_t *frame = (uint8_t *)data;

	(void)ept;
	if (!check_frame_len(len, WEFT_CALL_HEADER_SIZE)) {
		server->counters.violation++;
		return RPMSG_ERR_PARAM;
	}
	frame_copy(&header, frame, sizeof header);
	if (!check_frame_direction(header.kind, 0)) {
		server->counters.violation++;
		return RPMSG_ERR_PARAM;
	}
	if (header.kind == WEFT_KIND_HELLO) {
		answer_hello(server, &header, frame + WEFT_CALL_HEADER_SIZE, len - WEFT_CALL_HEADER_SIZE, src);
	} else if (header.kind == WEFT_KIND_ONEWAY) {
		serve_oneway(server, &header, frame, len, src);
	} else if (header.kind == WEFT_KIND_CANCEL) {
		cancel(server, header.call, src);
	} else {
		struct weft_server_slot slot = { frame, len, src, rpmsg_now_us(server->rdev) };

		take_in(server, &slot);
	}
	return RPMSG_SUCCESS;
}

/* ---- Ready: for a client that announced itself ---- */

static struct weft_server *server_of(struct rpmsg_driver *driver)
{
	return (struct weft_server *)(void *)((uint8_t *)driver - offsetof(struct weft_server, driver));
}

static void say_ready(struct weft_server *server)
{
	struct weft_call_header header = { .kind = WEFT_KIND_READY, .method = server->service->id };

	if (server->ready_to == RPMSG_ADDR_ANY || weft_frame_send(&server->ept, server->ready_to, &header, NULL))
		return;
	rpmsg_task_start(server->rdev, &server->task, LOOK_US);
	server->ready_due = true;
}

static void server_probe(struct rpmsg_driver *driver, uint32_t dest)
{
	struct weft_server *server = server_of(driver);

	if (server->ready_to != RPMSG_ADDR_ANY)
		return; /* one endpoint serves one client */
	server->ready_to = dest;
	say_ready(server);
}

static void server_remove(struct rpmsg_driver *driver, uint32_t dest)
{
	struct weft_server *server = server_of(driver);

	if (server->ready_to != dest)
		return;
	server->ready_to = RPMSG_ADDR_ANY;
	uint32_t another = rpmsg_find_channel(server->rdev, driver->name, dest);
	if (another != RPMSG_ADDR_ANY)
		server_probe(driver, another);
}

/* ---- Time, and the link ---- */

static void server_run(struct rpmsg_task *task)
{
	struct weft_server *server =
		(struct weft_server *)(void *)((uint8_t *)task - offsetof(struct weft_server, task));

	if (server->ready_due) {
		server->ready_due = false;
		say_ready(server);
	}
	serve_waiting(server);
}

/* What waited was held in the rings of a life that is over. */
static void server_link(struct rpmsg_driver *driver, bool up)
{
	struct weft_server *server = server_of(driver);

	if (up)
		return;
	server->waiting = 0;
	server->ready_due = false;
	server->ready_to = RPMSG_ADDR_ANY;
}

/* ---- Start and stop ---- */

static bool good_arguments(const struct weft_server *server, const struct weft_service *service, weft_dispatch dispatch,
                           const void *ops, const struct weft_server_config *config)
{
	if (server == NULL || service == NULL || dispatch == NULL || ops == NULL)
		return false;
	if (config->slots != NULL && config->slot_count == 0)
		return false;
	if (config->address == RPMSG_NS_EPT_ADDR)
		return false;
	return memchr(config->channel != NULL ? config->channel : service->channel, '\0', RPMSG_NAME_SIZE) != NULL;
}

static void prepare(struct weft_server *server, struct rpmsg_device *rdev, const struct weft_service *service,
                    const struct weft_server_config *config)
{
	memset(server, 0, sizeof *server);
	server->rdev = rdev;
	server->service = service;
	server->slots = config->slots != NULL ? config->slots : &server->one;
	server->slot_count = config->slots != NULL ? config->slot_count : 1u;
	server->ready_to = RPMSG_ADDR_ANY;
	server->driver.name = config->channel != NULL ? config->channel : service->channel;
	server->driver.probe = server_probe;
	server->driver.remove = server_remove;
	server->driver.link = server_link;
	server->task.run = server_run;
}

weft_status weft_server_start(struct weft_server *server, struct rpmsg_device *rdev, const struct weft_service *service,
                              weft_dispatch dispatch, const void *ops, void *context,
                              const struct weft_server_config *config)
{
	static const struct weft_server_config defaults;

	if (config == NULL)
		config = &defaults;
	if (!good_arguments(server, service, dispatch, ops, config))
		return WEFT_INVALID_ARGUMENT;
	if (rdev == NULL || rdev->transport == NULL)
		return WEFT_FAILED_PRECONDITION;
	prepare(server, rdev, service, config);
	server->dispatch = dispatch;
	server->ops = ops;
	server->context = context;

	uint32_t address = config->address != 0 ? config->address : service->address;
	bool announce = !config->ready && address == RPMSG_ADDR_ANY;
	struct rpmsg_endpoint_config endpoint = {
		.name = announce ? server->driver.name : NULL,
		.src = address,
		.dest = RPMSG_ADDR_ANY,
		.flags = RPMSG_EPT_SERVER,
		.cb = server_receive,
		.priv = server,
	};
	int result = rpmsg_create_endpoint(&server->ept, rdev, &endpoint);
	if (result != RPMSG_SUCCESS) {
		server->rdev = NULL;
		return weft_status_from_rpmsg(result);
	}
	/* Another in every life: dynamic addresses are not used again soon, and a reboot is at another time. */
	server->epoch = rpmsg_now_us(rdev) ^ server->ept.addr * 0x9e3779b1u;
	if (!config->ready)
		server->driver.name = ""; /* of the link's ups and downs only */
	rpmsg_register_driver(rdev, &server->driver);
	return WEFT_OK;
}

weft_status weft_server_stop(struct weft_server *server)
{
	if (server == NULL || server->rdev == NULL)
		return WEFT_INVALID_ARGUMENT;
	struct rpmsg_device *rdev = server->rdev;
	if (rpmsg_in_callback_of(rdev, &server->ept) || rpmsg_in_callback_of(rdev, &server->task))
		return WEFT_FAILED_PRECONDITION;

	int result = rpmsg_destroy_ept(&server->ept); /* gives back what waits, too */
	if (result != RPMSG_SUCCESS)
		return weft_status_from_rpmsg(result);
	rpmsg_unregister_driver(rdev, &server->driver);
	rpmsg_task_stop(rdev, &server->task);
	server->rdev = NULL;
	return WEFT_OK;
}

/* ---- For generated code ---- */

bool weft_request_decode(const struct weft_request *request, const struct weft_message *type, void *message)
{
	return weft_message_decode(type, message, request->body, request->body_len);
}

weft_status weft_reply(struct weft_request *request, const struct weft_message *type, const void *message)
{
	bool fits = weft_message_encode(type, message, request->reply, request->reply_capacity, &request->reply_len);

	return fits ? WEFT_OK : WEFT_INTERNAL;
}
