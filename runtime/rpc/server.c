/* SPDX-License-Identifier: Apache-2.0 */
/* A server is found by its clients: by name, by address, or by ready; and agrees with them by hello. */
#include "rpc/server.h"

#include "rpc/checks.h"
#include "rpc/frame.h"

#define LOOK_US WEFT_MS(1) /* until ready, which found no transmit buffer, is said again */

/* ---- Hello ---- */

/* Another in every life: dynamic addresses are not used again soon, and a reboot is at another time. Made up at the
 * first hello, which may come before start has returned. */
static uint32_t epoch_of(struct weft_server *server)
{
	if (server->epoch == 0)
		server->epoch = (rpmsg_now_us(server->rdev) ^ (uint32_t)(server->ept.addr * 0x9e3779b1ull)) | 1u;
	return server->epoch;
}

/* OK, or what the hello is refused with. */
static __attribute__((noinline)) weft_status hello_status(const struct weft_server *server,
                                                          const struct weft_arrival *arrival)
{
	struct weft_hello hello;

	if (!check_hello_len(arrival->len - WEFT_CALL_HEADER_SIZE, WEFT_HELLO_SIZE))
		return WEFT_INVALID_ARGUMENT;
	if (arrival->header.method != server->service->id)
		return WEFT_UNIMPLEMENTED;
	weft_copy_once(&hello, arrival->frame + WEFT_CALL_HEADER_SIZE, sizeof hello);
	return weft_hello_fault(&hello, server->service);
}

static __attribute__((noinline)) void write_answer(struct weft_server *server, const struct weft_arrival *arrival,
                                                   weft_status status, uint8_t *frame)
{
	frame_begin(frame, (struct weft_call_header){ .kind = WEFT_KIND_HELLO_REPLY,
	                                              .method = arrival->header.method,
	                                              .call = arrival->header.call,
	                                              .aux = (uint32_t)status });
	if (status == WEFT_OK)
		weft_hello_write(frame + WEFT_CALL_HEADER_SIZE, server->service, rpmsg_mtu(server->rdev),
		                 epoch_of(server));
}

/* Not in its caller's frame: requests go the same way, and deeper. */
static __attribute__((noinline)) void answer_hello(struct weft_server *server, const struct weft_arrival *arrival)
{
	weft_status status = hello_status(server, arrival);
	uint32_t len = WEFT_CALL_HEADER_SIZE + (status == WEFT_OK ? WEFT_HELLO_SIZE : 0u);
	uint8_t *frame = weft_frame_borrow(&server->ept, len);

	if (frame != NULL)
		write_answer(server, arrival, status, frame);
	if (frame == NULL || !weft_frame_send(&server->ept, arrival->src, frame, len))
		server->counters.dropped++; /* the client says it again */
}

/* ---- Frames ---- */

static int violation(struct weft_server *server)
{
	server->counters.violation++;
	return RPMSG_ERR_PARAM;
}

/* Those who wait come first; inline, since requests go deepest. */
static inline __attribute__((always_inline)) void serve_in_order(struct weft_server *server,
                                                                 const struct weft_arrival *arrival)
{
	weft_server_look(server);
	weft_server_take(server, arrival);
	weft_server_look(server);
}

static int server_receive(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct weft_server *server = (struct weft_server *)priv;
	struct weft_arrival arrival;

	(void)ept;
	if (!check_frame_len((uint32_t)len, WEFT_CALL_HEADER_SIZE))
		return violation(server);
	arrival.frame = (uint8_t *)data;
	arrival.len = (uint32_t)len;
	arrival.src = src;
	weft_copy_once(&arrival.header, data, sizeof arrival.header);
	if (!check_frame_direction(arrival.header.kind, 0))
		return violation(server);
	if (arrival.header.kind == WEFT_KIND_HELLO)
		answer_hello(server, &arrival);
	else if (arrival.header.kind == WEFT_KIND_ONEWAY)
		weft_server_oneway(server, &arrival);
	else if (arrival.header.kind == WEFT_KIND_CANCEL)
		weft_server_cancel(server, arrival.header.call, src);
	else
		serve_in_order(server, &arrival);
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

	if (server->ready_to == RPMSG_ADDR_ANY || weft_header_send(&server->ept, server->ready_to, &header))
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
	weft_server_look(server);
}

static void server_link(struct rpmsg_driver *driver, bool up)
{
	struct weft_server *server = server_of(driver);

	if (up)
		return;
	weft_server_forget(server);
	server->ready_due = false;
	server->ready_to = RPMSG_ADDR_ANY;
}

/* ---- Start and stop ---- */

static bool good_arguments(const struct weft_server *server, const struct weft_service *service, weft_dispatch dispatch,
                           const void *ops, const struct weft_server_config *config)
{
	if (server == NULL || service == NULL || dispatch == NULL || ops == NULL)
		return false;
	if (config->slots != NULL && (config->slot_count == 0 || config->slot_count > 255u))
		return false;
	if (config->address == RPMSG_NS_EPT_ADDR)
		return false;
	return rpmsg_name_fits(config->channel != NULL ? config->channel : service->channel);
}

static void prepare(struct weft_server *server, struct rpmsg_device *rdev, const struct weft_service *service,
                    const struct weft_server_config *config)
{
	memset(server, 0, sizeof *server);
	server->rdev = rdev;
	server->service = service;
	server->slots = config->slots != NULL ? config->slots : &server->one;
	server->slot_count = config->slots != NULL ? config->slot_count : 1u;
	memset(server->slots, 0, server->slot_count * sizeof server->slots[0]);
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
	weft_server_forget(server);
	server->rdev = NULL;
	return WEFT_OK;
}
