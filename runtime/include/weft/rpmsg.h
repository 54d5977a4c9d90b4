/* SPDX-License-Identifier: Apache-2.0 */
/* RPMsg: endpoints with addresses, names, and buffers that are lent and held.
 *
 * Names and order of arguments are OpenAMP's. Results are bytes or 0, or one of the negative RPMSG_ERR_* (its
 * values too). What OpenAMP lacks is added, what it returns as void and can fail returns an int.
 *
 * Contexts. One context polls a link: rpmsg_poll() runs all callbacks. In a callback nothing waits: what would
 * have to answers RPMSG_ERR_NO_BUFF or RPMSG_ERR_PERM at once. Callbacks run with no lock held and may send,
 * create, destroy (their own endpoint too), hold and release.
 *   "task"      outside of callbacks and interrupts; may wait
 *   "callback"  called by rpmsg_poll()
 *   "any"       task, callback; also other threads and interrupts when the port has a critical section
 *
 * Storage is the caller's: device, endpoints, drivers, tasks, tables. Each belongs to the link from the call that
 * hands it in to the one that takes it out. */
#ifndef WEFT_RPMSG_H
#define WEFT_RPMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RPMSG_NAME_SIZE 32 /* with its NUL: names have at most 31 bytes */
#define RPMSG_ADDR_ANY 0xffffffffu
#define RPMSG_NS_EPT_ADDR 53u
#define RPMSG_RESERVED_ADDRESSES 1024u /* dynamic addresses are above */

#define RPMSG_SUCCESS 0
#define RPMSG_ERR_NO_MEM (-2001)    /* a table of the caller's is full */
#define RPMSG_ERR_NO_BUFF (-2002)   /* no transmit buffer (in time): the peer is slow; try again later */
#define RPMSG_ERR_PARAM (-2003)     /* an argument that cannot be: NULL, a foreign or stale buffer, a long name */
#define RPMSG_ERR_DEV_STATE (-2004) /* the link is down or in error */
#define RPMSG_ERR_BUFF_SIZE (-2005) /* longer than rpmsg_mtu(): nothing was sent */
#define RPMSG_ERR_INIT (-2006)      /* the device was not initialised */
#define RPMSG_ERR_ADDR (-2007)      /* no destination yet; or an address that is taken or reserved */
#define RPMSG_ERR_PERM (-2008)      /* not from here: inside a callback, or polled by another context */

struct rpmsg_device;
struct rpmsg_endpoint;
struct rpmsg_driver;
struct rpmsg_task;

/* ---- Callbacks -------------------------------------------------------------------------------------------- */

/* A message. data is in shared memory, 4-aligned, yours until you return, or until released if you hold it; the
 * peer can still change it: read what you decide on once. Return RPMSG_SUCCESS, or anything else to have it
 * counted as refused; it is given back all the same. */
typedef int (*rpmsg_ept_cb)(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv);

/* The peer withdrew the name that ept was bound to, or the link went down. ept is unbound and waits again; if another
 * of its name is kept, it is bound to that when this returns. */
typedef void (*rpmsg_ns_unbind_cb)(struct rpmsg_endpoint *ept);

/* ept has a destination now: announced, kept, left by another, or learnt from a first message. Called where ept is
 * created or set free when it takes what is kept; else by the context that polls. Where these are two, a withdrawal
 * that comes in at that very moment may be told before what it withdraws: what counts is dest_addr. */
typedef void (*rpmsg_bound_cb)(struct rpmsg_endpoint *ept);

/* A destroy that could not end at once has: the memory is yours again. Last thing that touches it. */
typedef void (*rpmsg_released_cb)(struct rpmsg_endpoint *ept);

/* An announcement or withdrawal that no endpoint and no driver was waiting for. name is valid for the call. */
typedef void (*rpmsg_ns_cb)(struct rpmsg_device *rdev, const char *name, uint32_t dest);

enum rpmsg_event {
	RPMSG_LINK_UP,    /* messages can flow; detail: MTU */
	RPMSG_LINK_DOWN,  /* loans and holds have ended, named endpoints are unbound; comes up again by itself */
	RPMSG_LINK_ERROR, /* detail: enum weft_check. A driver stays there until rpmsg_restart() */
	RPMSG_BAD_MESSAGE /* one message was dropped; detail: enum weft_check */
};
typedef void (*rpmsg_event_cb)(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv);

/* ---- An endpoint ------------------------------------------------------------------------------------------- */

/* What few endpoints need, const, in flash. Either may be NULL. */
struct rpmsg_endpoint_hooks {
	rpmsg_bound_cb bound;
	rpmsg_released_cb released;
};

/* Readable: name, addr, dest_addr, priv. Writable: priv. 40 bytes on a 32-bit core. */
struct rpmsg_endpoint {
	const char *name; /* the caller's string; "" or NULL: none */
	struct rpmsg_device *rdev;
	rpmsg_ept_cb cb;
	rpmsg_ns_unbind_cb ns_unbind_cb;
	const struct rpmsg_endpoint_hooks *hooks;
	void *priv;
	struct rpmsg_endpoint *next;
	uint32_t addr;
	uint32_t dest_addr;
	uint32_t flags;
};

/* Flags of rpmsg_create_endpoint(). */
#define RPMSG_EPT_SERVER 0x01u /* announces its name and never binds: answers the source of each message */
#define RPMSG_EPT_QUIET 0x02u  /* waits for its name and does not announce it */

struct rpmsg_endpoint_config {
	const char *name; /* announced, and waited for when dest is ANY; NULL: neither. Must outlive ept */
	uint32_t src;     /* our address; RPMSG_ADDR_ANY: a dynamic one above 1024 */
	uint32_t dest;    /* the peer's; RPMSG_ADDR_ANY: binds to the first announcement of name or first message */
	uint32_t flags;
	rpmsg_ept_cb cb; /* NULL: send only; what comes is counted as refused */
	rpmsg_ns_unbind_cb ns_unbind_cb;
	const struct rpmsg_endpoint_hooks *hooks;
	void *priv;
};

/* Create an endpoint. It is live before its announcement goes out, and comes back by itself after every restart
 * of the link. An announcement that finds no transmit buffer has the next that is free, before any message. May be
 * called while the link is down. Any context.
 *   RPMSG_ERR_PARAM   ept, rdev is NULL, or the name has more than 31 bytes
 *   RPMSG_ERR_INIT    rdev is not initialised
 *   RPMSG_ERR_ADDR    src is taken, or is 53
 *   RPMSG_ERR_NO_MEM  as many endpoints as the table has slots */
int rpmsg_create_endpoint(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev,
                          const struct rpmsg_endpoint_config *config);

/* The same with OpenAMP's arguments, no flags, no hooks; priv starts as NULL. Errors and context as above. */
int rpmsg_create_ept(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev, const char *name, uint32_t src,
                     uint32_t dest, rpmsg_ept_cb cb, rpmsg_ns_unbind_cb ns_unbind_cb);

/* Destroy, in two steps: unpublish (no message finds it any more, what it borrowed and holds is taken back, its name is
 * withdrawn and it says nothing after that, an announced channel that it was bound to is bound to another endpoint that
 * waits for the name, which is told in the next poll, or kept again), then drain.
 * 0: drained; the memory is yours.
 * 1: called inside its own callback; the memory is yours when `released` is called, or after rpmsg_poll() returns.
 * RPMSG_ERR_NO_BUFF: no transmit buffer to withdraw the name with (in time); nothing has changed, try again.
 * RPMSG_ERR_PARAM: not an endpoint of a device. Task, callback, thread; a thread waits for a running callback. */
int rpmsg_destroy_ept(struct rpmsg_endpoint *ept);

/* True when name, with its NUL, is at most RPMSG_NAME_SIZE bytes long. Reads no further. Any context. */
bool rpmsg_name_fits(const char *name);

/* True when the link is up and ept has a destination. Any context. */
bool is_rpmsg_ept_ready(const struct rpmsg_endpoint *ept);

/* Bind to another destination, or to none (RPMSG_ADDR_ANY: wait for the name again; one that is kept binds at once).
 * The only way that a bound endpoint changes; what it leaves is not kept. `bound` is called before the return when a
 * kept channel is taken. 0, or RPMSG_ERR_PARAM: not an endpoint of a device. Any context. */
int rpmsg_set_dest(struct rpmsg_endpoint *ept, uint32_t dest);

/* Swap callback and data together; cb NULL: what comes is counted as refused. A callback that is running ends with the
 * old ones. 0, or RPMSG_ERR_PARAM: not an endpoint of a device. Any context. */
int rpmsg_rebind_ept(struct rpmsg_endpoint *ept, rpmsg_ept_cb cb, void *priv);

/* The endpoint with this address, or NULL. Its owner may destroy it: what you got is good for as long as you know that
 * nobody does. Any context. */
struct rpmsg_endpoint *rpmsg_find_ept(struct rpmsg_device *rdev, uint32_t addr);

/* ---- Sending ----------------------------------------------------------------------------------------------- */

/* Copy len bytes into a transmit buffer and send it; without dst: to whom ept is bound when it goes out. Returns len,
 * or with nothing sent
 *   RPMSG_ERR_PARAM      ept is none or was destroyed while it waited, data is NULL with len > 0, or len < 0
 *   RPMSG_ERR_BUFF_SIZE  len > rpmsg_mtu(), or than that of a link that came back smaller while it waited
 *   RPMSG_ERR_ADDR       no destination yet, or no more when there is a buffer; src or dst is ANY
 *   RPMSG_ERR_NO_BUFF    no buffer in time
 *   RPMSG_ERR_DEV_STATE  the link is down, or went down while waiting
 * send*: wait at most the device's tx_timeout_us, in a callback not at all; while waiting the link is polled (unless
 * another context does), so callbacks may run. try*: never wait. Any context; only a task waits. */
int rpmsg_send(struct rpmsg_endpoint *ept, const void *data, int len);
int rpmsg_sendto(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst);
int rpmsg_send_offchannel(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len);
int rpmsg_trysend(struct rpmsg_endpoint *ept, const void *data, int len);
int rpmsg_trysendto(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst);
int rpmsg_trysend_offchannel(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len);
/* The one that the six are made of: wait at most timeout_us. */
int rpmsg_send_timeout(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len,
                       uint32_t timeout_us);

/* Without a copy: a transmit buffer is lent, filled in place, and sent or given back by the same endpoint.
 *     rpmsg_get_tx_payload_buffer()   link -> you    a loan
 *     rpmsg_send_nocopy()             you -> peer    the loan ends, unless an error is returned
 *     rpmsg_release_tx_buffer()       you -> link    the loan ends
 * Write every byte you send and read none back: it is shared memory, aligned to 4. Destroying the endpoint or losing
 * the link ends the loan; the pointer is then refused. *len, unless len is NULL: bytes that fit into this buffer.
 * wait 0: answer now; else at most tx_timeout_us. NULL, and *len as it was: no buffer (in time), the link is down, or
 * ept is no endpoint of a device. Any context; only a task waits. */
void *rpmsg_get_tx_payload_buffer(struct rpmsg_endpoint *ept, uint32_t *len, int wait);
void *rpmsg_get_tx_buffer(struct rpmsg_endpoint *ept, uint32_t *len, uint32_t timeout_us);
void *rpmsg_try_tx_buffer(struct rpmsg_endpoint *ept, uint32_t *len); /* never waits, and needs less stack */

/* Returns len: the loan has ended; or an error as rpmsg_trysend() but NO_BUFF, and RPMSG_ERR_PARAM for a buffer that is
 * not lent to ept. What is lent stays lent after an error. Never waits. Any context. */
int rpmsg_send_nocopy(struct rpmsg_endpoint *ept, const void *data, int len);
int rpmsg_sendto_nocopy(struct rpmsg_endpoint *ept, const void *data, int len, uint32_t dst);
int rpmsg_send_offchannel_nocopy(struct rpmsg_endpoint *ept, uint32_t src, uint32_t dst, const void *data, int len);

/* 0, or RPMSG_ERR_PARAM: not lent to ept. Any context. */
int rpmsg_release_tx_buffer(struct rpmsg_endpoint *ept, void *txbuf);

/* ---- Receiving --------------------------------------------------------------------------------------------- */

/* Keep a received buffer beyond its callback; rxbuf is the data pointer that the callback got. Call it inside the
 * callback. A held buffer is one that the peer cannot send in: hold few, release soon. Released by the same
 * endpoint, from any context; destroying the endpoint or losing the link releases it.
 * 0, or RPMSG_ERR_PARAM: not a received buffer, held already, not held by ept. */
int rpmsg_hold_rx_buffer(struct rpmsg_endpoint *ept, void *rxbuf);
int rpmsg_release_rx_buffer(struct rpmsg_endpoint *ept, void *rxbuf);

/* ---- Names ------------------------------------------------------------------------------------------------- */

/* A channel that the peer announced, as kept for those who come later. It announces a channel once: an endpoint that
 * was bound to one and is destroyed leaves it here again, behind the others, unless another waits for it.
 * rpmsg_set_dest() does not. */
struct rpmsg_channel {
	char name[RPMSG_NAME_SIZE];
	uint32_t addr;
};

/* Wants to know of every announcement of a name; several drivers may want one name. The order of who gets an
 * announcement: an endpoint that waits for the name; else all drivers of the name, and it is kept for drivers and
 * endpoints to come; else ns_bind_cb, and it is kept too. */
struct rpmsg_driver {
	const char *name;                                           /* must outlive the driver */
	void (*probe)(struct rpmsg_driver *driver, uint32_t dest);  /* announced */
	void (*remove)(struct rpmsg_driver *driver, uint32_t dest); /* withdrawn */
	void (*link)(struct rpmsg_driver *driver, bool up);         /* NULL: no. Down: all channels are gone */
	struct rpmsg_driver *next;
};

/* Register: from the next poll on, as in all that a driver is told, its functions are called by the context that
 * polls. First of what there is: link(true) if it is up, then a probe for each channel of the name that is kept. 0,
 * RPMSG_ERR_PARAM (an argument, the name, probe or remove is NULL) or RPMSG_ERR_INIT (rdev is not initialised). A
 * thread that polls is woken for it; an interrupt does it with its next notification or timer. One of those first
 * probes that makes more than one channel go (endpoints that take them) may miss one behind them:
 * rpmsg_find_channel() has it.
 * Unregister: its functions are not called any more; from another thread it waits for one that the polling context
 * runs. 0, RPMSG_ERR_PARAM (it is not registered) or RPMSG_ERR_INIT (rdev is NULL or not initialised).
 * Task, callback, thread. */
int rpmsg_register_driver(struct rpmsg_device *rdev, struct rpmsg_driver *driver);
int rpmsg_unregister_driver(struct rpmsg_device *rdev, struct rpmsg_driver *driver);

/* The address of a kept channel of that name other than `except`, or RPMSG_ADDR_ANY. Any context. */
uint32_t rpmsg_find_channel(struct rpmsg_device *rdev, const char *name, uint32_t except);

/* ---- The device: one a link -------------------------------------------------------------------------------- */

/* Work that rpmsg_poll() does later, once an arming. */
struct rpmsg_task {
	void (*run)(struct rpmsg_task *task);
	struct rpmsg_task *next;
	uint32_t due; /* us, on the port's clock */
};

/* Who calls rpmsg_poll(). */
enum rpmsg_polled_by {
	/* The task itself: every wait polls and sleeps. */
	RPMSG_POLLED_BY_LOOP,
	/* The task itself: every wait polls and never sleeps; the peer needs no doorbell. */
	RPMSG_POLLED_BY_BUSY,
	/* A thread of its own, { rpmsg_poll(); rpmsg_wait(); }: others sleep until it wakes them. */
	RPMSG_POLLED_BY_THREAD,
	/* The doorbell's interrupt, and a timer's for deadlines: while (rpmsg_poll(rdev, n) == n) {}. Notifications
	 * stay asked for, nobody calls rpmsg_wait(). Pend the interrupt once at the start: the first poll begins. */
	RPMSG_POLLED_BY_INTERRUPT
};

/* Zero is the default where one is named. */
struct rpmsg_config {
	struct weft_transport *transport;
	struct rpmsg_endpoint **endpoints; /* look-up table, one chain a slot */
	uint32_t endpoint_slots;           /* a power of two; as many endpoints fit */
	struct rpmsg_channel *channels;    /* announcements kept; NULL: none, who comes late misses them */
	uint32_t channel_slots;            /* when full the newest is not kept, and counted */
	rpmsg_ns_cb ns_bind_cb;
	rpmsg_ns_cb ns_unbind_cb;
	rpmsg_event_cb event;   /* NULL: poll rpmsg_link() */
	void *priv;             /* given to event */
	uint32_t tx_timeout_us; /* how long send waits for a buffer; 0: one second */
	enum rpmsg_polled_by polled_by;
};

/* Counted since init, never reset. Messages themselves: rpmsg_link_counters(). */
struct rpmsg_counters {
	uint32_t unknown;  /* messages to an address that nobody has */
	uint32_t refused;  /* messages whose callback did not return RPMSG_SUCCESS, or without one */
	uint32_t bad_name; /* name service messages that break the protocol */
	uint32_t not_kept; /* announcements, and channels left by a destroy, that found the table full */
};

/* Private, except counters. */
struct rpmsg_device {
	struct weft_transport *transport;
	struct rpmsg_endpoint **endpoints;
	struct rpmsg_channel *channels;
	struct rpmsg_driver *drivers;
	struct rpmsg_driver *next_driver; /* of a walk that runs callbacks */
	struct rpmsg_driver *new_drivers; /* registered, and not told yet what there is */
	struct rpmsg_task *tasks;
	struct rpmsg_task *ready; /* due in this poll */
	const void *current;      /* endpoint, driver or task whose callback runs */
	rpmsg_ns_cb ns_bind_cb;
	rpmsg_ns_cb ns_unbind_cb;
	rpmsg_event_cb event_cb;
	void *priv;
	uintptr_t poller; /* context inside rpmsg_poll(); 0: none */
	struct rpmsg_counters counters;
	uint32_t endpoint_slots;
	uint32_t endpoint_count;
	uint32_t channel_slots;
	uint32_t channel_count;
	uint32_t next_addr;
	uint32_t tx_timeout_us;
	uint32_t event_word; /* changes when somebody who waits should look again */
	uint32_t waiters;    /* contexts that sleep on it */
	uint16_t tx_waiters; /* of them, for a transmit buffer */
	uint16_t writers;    /* between rpmsg_tx_begin() and rpmsg_tx_end() */
	uint8_t link;
	uint8_t polled_by;
	bool sleeping; /* the poller, in rpmsg_wait() */
	bool announce_due;
	bool heirs_due;   /* endpoints were bound by the destroy of others, and not told */
	bool service_due; /* the link waits for those who write into a buffer */
	bool restart_due; /* so does a restart */
	bool worked;      /* the last poll did something: a wait returns at once, so that its caller looks */
};

/* Start a device over a transport. Nothing moves until the first poll. Device, tables and what config names are the
 * device's from here on, config itself is not kept. Task, before anybody else knows of rdev.
 * 0, or RPMSG_ERR_PARAM: transport or endpoints is NULL, or endpoint_slots is no power of two. */
int rpmsg_init(struct rpmsg_device *rdev, const struct rpmsg_config *config);

/* Receive at most `budget` messages, run due tasks and timers, look after the link. Returns the number of messages
 * taken (budget: there may be more), or RPMSG_ERR_PERM inside a callback or while another context polls,
 * RPMSG_ERR_INIT. Never waits. The one context that polls: loop, thread, or interrupt. */
int rpmsg_poll(struct rpmsg_device *rdev, unsigned budget);

/* Sleep until the peer has rung, a timer is due, or timeout_us is over. Returns 0, or an error as rpmsg_poll();
 * RPMSG_ERR_PERM too where an interrupt polls. Task of the polling context. After a poll that took messages or ended
 * something it returns at once, so that
 * while (!done) { rpmsg_poll(rdev, 16); rpmsg_wait(rdev, WEFT_MS(100)); } sees what happened. */
int rpmsg_wait(struct rpmsg_device *rdev, uint32_t timeout_us);

/* For main loops that wait for more than this link: what rpmsg_wait() does before it sleeps. Asks for notifications and
 * returns for how long, at most timeout_us, rpmsg_poll() need not be called unless the port's notification comes (an
 * interrupt, a descriptor that is readable); 0: call it now. Timers that are armed and messages that are sent after it
 * are not in it. Task of the polling context. */
uint32_t rpmsg_arm(struct rpmsg_device *rdev, uint32_t timeout_us);

/* Bytes that one message carries; 0 while the link is down. Any context. */
uint32_t rpmsg_mtu(const struct rpmsg_device *rdev);

/* The state of the link as of the last poll. Any context. */
enum weft_link_state rpmsg_link(const struct rpmsg_device *rdev);

/* Messages, kicks, violations, ups of the link, counted since init; as long as rdev. Any context. */
const struct weft_link_counters *rpmsg_link_counters(const struct rpmsg_device *rdev);

/* Transmit buffers lent and received buffers held, by anybody. 0 when nobody owes one. Any context. */
uint32_t rpmsg_buffers_out(struct rpmsg_device *rdev);

/* Driver: start anew at the next poll, out of RPMSG_LINK_ERROR or out of a link that is up and says nothing; until that
 * poll sends are answered RPMSG_ERR_DEV_STATE. Device: no effect, its driver decides. Any context. */
void rpmsg_restart(struct rpmsg_device *rdev);

/* Arm a task to run `delay_us` from now (0: at the next poll; at most 0x7fffffff); armed already: moved. `run` is set
 * by you and may arm it again; the task is the device's until it has run or is stopped. Any context.
 * Stop: it does not run; from another thread waits for it when it does. Before its memory goes. Task, callback. */
void rpmsg_task_start(struct rpmsg_device *rdev, struct rpmsg_task *task, uint32_t delay_us);
void rpmsg_task_stop(struct rpmsg_device *rdev, struct rpmsg_task *task);

/* True in a callback of this link; in one of that endpoint, driver or task. Any context. */
bool rpmsg_in_callback(struct rpmsg_device *rdev);
bool rpmsg_in_callback_of(struct rpmsg_device *rdev, const void *whose);

/* One turn of a wait: poll and sleep, or when another context polls sleep until it says "look again". `event` is
 * what rpmsg_event_word() said before the condition was looked at. 0, maybe long before timeout_us: look again; or an
 * error as rpmsg_wait(). Task. */
int rpmsg_wait_turn(struct rpmsg_device *rdev, uint32_t event, uint32_t timeout_us);
/* A number that is another one whenever somebody who waits should look again. Any context. */
uint32_t rpmsg_event_word(const struct rpmsg_device *rdev);
/* Tell everybody who waits to look again. Any context. */
void rpmsg_wake(struct rpmsg_device *rdev);

/* For layers above that write into a lent buffer: between these two the context that polls takes messages and does not
 * look after the link, so that a loan which is good after the first is good until the second, and what is written
 * goes nowhere else. Short, bounded work that does not wait. A restart that was put off comes with the next poll: a
 * thread that polls is woken for it, an interrupt comes by its next notification or timer. Any context. */
void rpmsg_tx_begin(struct rpmsg_device *rdev);
void rpmsg_tx_end(struct rpmsg_device *rdev);

/* The port's critical section, for layers above that share state with the polling context: short, bounded work, never
 * nested, and inside it no other function of this header but rpmsg_now_us(). The key of a lock is for its unlock. Any
 * context. */
uintptr_t rpmsg_lock(struct rpmsg_device *rdev);
void rpmsg_unlock(struct rpmsg_device *rdev, uintptr_t key);
/* The port's clock: microseconds, wraps at 2^32. Any context. */
uint32_t rpmsg_now_us(const struct rpmsg_device *rdev);

#ifdef __cplusplus
}
#endif

#endif
