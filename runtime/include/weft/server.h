/* SPDX-License-Identifier: Apache-2.0 */
/* The serving half of a service. Programs use the generated functions over these: x_server.h.
 *
 * The life of a request:
 *     received   a transmit buffer for the reply is taken first; with none the request waits in a slot, at most until
 *                its deadline, with no slot it is dropped and counted, and receiving goes on
 *     decoded    into a struct on the stack of the context that polls
 *     handled    your function runs, no lock held; its status and response go back
 *     deferred   or it returns WEFT_DEFERRED, and the slot is owed an answer: by <service>_<method>_reply() with the
 *                token that the handler was given, from any context, until the deadline of the call
 * Every request that a buffer can be had for is answered. Nothing is stored for a client.
 *
 * How many slots. A request that waits holds the buffer that it came in. Give all servers of a link together fewer
 * slots than the link has buffers in a direction: else the requests that wait may hold them all, and when the peer's do
 * the same, calls wait for each other until their deadlines. */
#ifndef WEFT_SERVER_H
#define WEFT_SERVER_H

#include "weft/rpmsg.h"
#include "weft/service.h"
#include "weft/status.h"
#include "weft/view.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft_server;

/* A request while it is being served. For generated code. */
struct weft_request {
	const uint8_t *body; /* in the received buffer */
	uint32_t body_len;
	uint32_t method;
	uint32_t call;
	uint32_t src;
	struct weft_token token;
	uint8_t *reply; /* where the response's encoding goes; NULL: oneway */
	uint32_t reply_capacity;
	uint32_t reply_len;
	bool oneway;
};

/* Serve one request. What it returns goes back to the client; generated, a switch over the methods. Called by
 * rpmsg_poll(), no lock held: it must not wait, and not stop its own server. */
typedef weft_status (*weft_dispatch)(struct weft_server *server, struct weft_request *request);

/* A request that waits for a transmit buffer, is being served, or is owed an answer. Private. */
struct weft_server_slot {
	void *frame; /* while it waits and is served: the received buffer */
	uint32_t len;
	uint32_t src;
	uint32_t method;
	uint32_t call;
	uint32_t due;   /* us, on the port's clock */
	uint32_t token; /* generation and slot: another in every use of the slot */
	uint32_t order; /* of arrival */
	uint32_t life;  /* of the server's link when it came */
	uint8_t kind;   /* of the frame, and its flags: read once */
	uint8_t flags;
	uint8_t state;
	bool held; /* frame is held by our endpoint */
};

/* Counted since start, never reset by us. */
struct weft_server_counters {
	uint32_t requests;  /* that reached the dispatch, oneway included */
	uint32_t errors;    /* of those, answered with a status other than OK */
	uint32_t waited;    /* had to wait in a slot for a transmit buffer */
	uint32_t dropped;   /* no buffer and no slot, or none until the deadline; or an answer that could not be sent */
	uint32_t deferred;  /* that the handler answers later */
	uint32_t stale;     /* answers by a token that is no more: used, expired, cancelled, of another life */
	uint32_t violation; /* messages that break the protocol: header cut off, wrong direction */
};

/* All zero or NULL is the default. */
struct weft_server_config {
	struct weft_server_slot *slots; /* requests that may wait or be answered later; NULL: one */
	uint16_t slot_count;            /* at most 255 */
	bool ready;                     /* do not announce; watch for clients that do, and send them ready */
	uint32_t address;               /* static endpoint, not announced; 0: by the schema */
	const char *channel;            /* RPMsg name instead of the schema's; must outlive the server */
};

/* Private, except counters and context. */
struct weft_server {
	struct rpmsg_endpoint ept;
	struct rpmsg_driver driver;
	struct rpmsg_task task;
	struct weft_server_counters counters;
	struct rpmsg_device *rdev; /* NULL: stopped */
	const struct weft_service *service;
	weft_dispatch dispatch;
	const void *ops; /* the generated table of your functions */
	void *context;   /* given to each of them */
	struct weft_server_slot *slots;
	struct weft_server_slot one; /* the slot when none were given */
	uint32_t epoch;
	uint32_t ready_to; /* client that waits for ready; RPMSG_ADDR_ANY: none */
	uint32_t sequence; /* of requests */
	uint32_t life;     /* of the link: changes when it goes down */
	uint16_t slot_count;
	uint16_t waiting;
	bool ready_due; /* ready found no buffer */
};

/* Start serving: create the endpoint and announce it, now or when the link comes up. Returns at once. config may be
 * NULL and is not kept; service, ops, context and slots are. Task, callback, thread.
 * INVALID_ARGUMENT: server, service, dispatch or ops is NULL, the name is over 31 bytes, or the address is reserved,
 * slots without a count up to 255. FAILED_PRECONDITION: rdev was not initialised. ALREADY_EXISTS: the static address is
 * taken. RESOURCE_EXHAUSTED: the endpoint table is full. */
weft_status weft_server_start(struct weft_server *server, struct rpmsg_device *rdev, const struct weft_service *service,
                              weft_dispatch dispatch, const void *ops, void *context,
                              const struct weft_server_config *config);

/* Stop serving: withdraw, drop what waits. On WEFT_OK the storage is yours again, and its tokens are void: forget
 * them, a server that is started in the same storage may give them out again.
 * FAILED_PRECONDITION: called inside a handler of this very server; stop it from elsewhere.
 * RESOURCE_EXHAUSTED: no buffer to withdraw the name with; still serving, try again.
 * INVALID_ARGUMENT: it does not serve. Task, callbacks of others, thread; a thread waits for a handler that runs. */
weft_status weft_server_stop(struct weft_server *server);

/* For generated code: answer a request whose handler returned, or is about to return, WEFT_DEFERRED. From any context
 * that may send; never waits. type and message are of the response, looked at with status OK only.
 * OK: answered, the token is used up. INTERNAL: so is it, the client was told that the response breaks its schema.
 * RESOURCE_EXHAUSTED: no transmit buffer now, the token is still good. FAILED_PRECONDITION: no such request: answered,
 * cancelled, its deadline over, the link restarted since; nothing was sent. */
weft_status weft_server_reply(struct weft_server *server, struct weft_token token, weft_status status,
                              const struct weft_message *type, const void *message);

/* Keep a request's buffer beyond its handler: views of the request are valid until weft_rx_release(), which may be
 * called from any context that may send. Inside the handler, before the token has been answered.
 * FAILED_PRECONDITION: no request of that token is being served (a server with no free slot gives no tokens), or its
 * buffer is held already. */
weft_status weft_request_hold(struct weft_server *server, struct weft_token token, struct weft_rx *rx);

/* For generated code: decode the request into a zeroed struct; false is INVALID_ARGUMENT. Inside the dispatch. */
bool weft_request_decode(const struct weft_request *request, const struct weft_message *type, void *message);

/* For generated code: encode the response into the reply. OK, or INTERNAL when it does not fit its schema.
 * Inside the dispatch. */
weft_status weft_reply(struct weft_request *request, const struct weft_message *type, const void *message);

#ifdef __cplusplus
}
#endif

#endif
