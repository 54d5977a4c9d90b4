/* SPDX-License-Identifier: Apache-2.0 */
/* The calling half of a service. Programs use the generated functions over these: x_client.h.
 *
 * The life of a call:
 *     <service>_<method>_start()   table of the client gets the call, the request goes out
 *     rpmsg_poll()                 the reply, the deadline, a lost link or a cancel ends it: once, with a status
 *     done()                       you are told, with no lock held; the call's storage is yours again
 * A sync call is the same and a wait. All storage is yours: client, call, response, table.
 *
 * Contexts. "Task": not inside a callback of this link. Sync calls and waits are for tasks and are refused
 * with FAILED_PRECONDITION inside a callback; start, cancel and oneway calls never wait with time-out 0 and
 * are then allowed in callbacks and, when the link's port has a critical section, in interrupts and threads. */
#ifndef WEFT_CLIENT_H
#define WEFT_CLIENT_H

#include "weft/rpmsg.h"
#include "weft/service.h"
#include "weft/status.h"
#include "weft/view.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weft_client;
struct weft_call;

/* Told once when a started call has ended. May start and cancel calls, and close other clients. Must not wait. */
typedef void (*weft_call_done)(struct weft_call *call, weft_status status);

/* A call in flight, in the caller's storage; the client's from start until done. Private. */
struct weft_call {
	struct weft_client *client;
	const struct weft_method *method;
	void *response;
	struct weft_rx *rx;  /* the response has views: its buffer is held there; NULL: it has none */
	weft_call_done done; /* NULL: a sync call, somebody waits for `state` */
	uint32_t id;         /* sequence and slot in the client's table */
	uint32_t due;        /* us, on the port's clock */
	uint8_t state;
	uint8_t status;
};

/* Counted since open, never reset by us. */
struct weft_client_counters {
	uint32_t started;   /* calls that went out, oneway included */
	uint32_t ended;     /* calls that ended, with whatever status */
	uint32_t timeouts;  /* of those, DEADLINE_EXCEEDED */
	uint32_t stray;     /* replies to no call of ours: late, twice, or invented */
	uint32_t violation; /* messages that break the protocol: header cut off, wrong direction, from elsewhere */
};

/* All zero or NULL is the default. */
struct weft_client_config {
	struct weft_call **calls; /* table of the calls in flight; NULL: room for one */
	uint16_t call_slots;      /* its length, a power of two up to 256 */
	bool announce;            /* for a server that cannot announce: we announce, it sends ready */
	uint32_t address;         /* of the server's static endpoint; 0: by the schema */
	const char *channel;      /* RPMsg name instead of the schema's; must outlive the client */
	uint32_t hello_us;        /* until an unanswered hello is said again; 0: 100 ms */
};

/* What the server said in its hello. Valid when weft_client_state() is WEFT_OK. */
struct weft_peer {
	uint64_t fingerprint;
	uint32_t frame_size; /* bytes the server can send and receive in a frame, call header included */
	uint32_t epoch;      /* changes when the server restarts */
	uint16_t window;
};

/* Private, except peer and counters, which may be read. */
struct weft_client {
	struct rpmsg_endpoint ept;
	struct rpmsg_driver driver;
	struct rpmsg_task task;
	struct weft_peer peer;
	struct weft_client_counters counters;
	struct rpmsg_device *rdev; /* NULL: closed */
	const struct weft_service *service;
	struct weft_call **calls;
	struct weft_call *one; /* the table when none was given */
	uint32_t server;       /* where it is now; RPMSG_ADDR_ANY: none */
	uint32_t address;      /* where it always is; RPMSG_ADDR_ANY: found by name */
	uint32_t sequence;
	uint32_t hello_us;
	uint32_t hello_due;
	uint16_t call_slots;
	uint32_t hello_id;    /* of the last hello */
	uint32_t hello_first; /* of the first to this server */
	uint8_t state;
	uint8_t refusal; /* status that hello was refused with */
	bool announce;
};

/* Open a client on a link: create its endpoint. The context that polls looks for the server with its next poll, and
 * says hello. Returns at once; the link may be down and the server absent, now or later. Task, callback, thread.
 * FAILED_PRECONDITION: rdev was not initialised. RESOURCE_EXHAUSTED: the link's endpoint table is full.
 * INVALID_ARGUMENT: client or rdev is NULL, call_slots is no power of two up to 256, or the name is longer than 31
 * bytes. config may be NULL and is not kept; service and the table are. */
weft_status weft_client_open(struct weft_client *client, struct rpmsg_device *rdev, const struct weft_service *service,
                             const struct weft_client_config *config);

/* Close: calls in flight end with CANCELLED (their done runs here), the endpoint goes. On WEFT_OK the storage is
 * yours again. FAILED_PRECONDITION: called inside a callback of this very client; close it from elsewhere.
 * RESOURCE_EXHAUSTED: an announced client found no buffer to withdraw its name; still open, try again.
 * INVALID_ARGUMENT: it is not open. Task, callbacks of others, thread; a thread waits for a callback that runs. */
weft_status weft_client_close(struct weft_client *client);

/* OK: server found and hello agreed. UNAVAILABLE: not yet, gone, or the client is closed. Another: hello was refused
 * with it, FAILED_PRECONDITION for another major version or protocol, or frames too small. Any context. */
weft_status weft_client_state(const struct weft_client *client);

/* Wait until the state is not UNAVAILABLE, at most timeout_us. Task only; polls the link unless another context
 * does. Returns the state; FAILED_PRECONDITION in a callback, in a second context while a loop's link is polled, or
 * when it is not open. */
weft_status weft_client_wait(struct weft_client *client, uint32_t timeout_us);

/* Start a call. OK: done runs exactly once, later, or inside cancel or close. Else nothing has happened:
 *   UNAVAILABLE         no server (yet)
 *   FAILED_PRECONDITION hello was refused; with another status if weft_client_state() says another
 *   RESOURCE_EXHAUSTED  the call table or the transmit buffers are used up: try later
 *   INVALID_ARGUMENT    the request breaks the schema's limits, timeout_us > WEFT_TIMEOUT_MAX_US, or no done
 *   DEADLINE_EXCEEDED   timeout_us is 0
 * request is encoded before the return; response must stay until done, and is written before it. call must not be
 * in flight: its storage is the client's from here to done. rx: NULL, unless the response has views; then it stays as
 * response does, and when the call ends with OK it holds the reply's buffer until weft_rx_release(). What it held
 * before is not looked at. */
weft_status weft_client_start(struct weft_client *client, struct weft_call *call, const struct weft_method *method,
                              const void *request, void *response, struct weft_rx *rx, uint32_t timeout_us,
                              weft_call_done done);

/* Start and wait, at most timeout_us, for a transmit buffer too. Task only. Ends early when the link or the server
 * goes. Returns what the call ended with: the handler's status, or as weft_client_start(), DEADLINE_EXCEEDED,
 * UNAVAILABLE, CANCELLED (the client was closed) or DATA_LOSS (the reply does not decode; INTERNAL is the server's word
 * for one that it could not encode). FAILED_PRECONDITION too: in a callback, or in a second context while a loop's link
 * is polled. response counts with OK only; request, response and rx are yours again at the return. */
weft_status weft_client_call(struct weft_client *client, const struct weft_method *method, const void *request,
                             void *response, struct weft_rx *rx, uint32_t timeout_us);

/* Send a oneway call; timeout_us is for a transmit buffer only, 0 never waits. OK says sent, not served. Else nothing
 * was sent: UNAVAILABLE, FAILED_PRECONDITION and INVALID_ARGUMENT (the request) as weft_client_start();
 * RESOURCE_EXHAUSTED, no buffer in time. Any context that may call start; only a task waits. */
weft_status weft_client_oneway(struct weft_client *client, const struct weft_method *method, const void *request,
                               uint32_t timeout_us);

/* End a started call now: done runs with CANCELLED before this returns, the server is told.
 * FAILED_PRECONDITION: it has ended, or is ending in another context. Any context that may call start. */
weft_status weft_call_cancel(struct weft_call *call);

#ifdef __cplusplus
}
#endif

#endif
