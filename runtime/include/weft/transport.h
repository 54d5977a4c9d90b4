/* SPDX-License-Identifier: Apache-2.0 */
/* What carries an rpmsg device: buffers out, frames in, a link that is up or down. The RPMsg header is the
 * transport's business. First of them: virtqueues in shared memory, weft/shm.h.
 *
 * Context: no function here locks or waits. The rpmsg layer serialises them with the port's critical section;
 * service(), receive() and done() come from the context that polls only. */
#ifndef WEFT_TRANSPORT_H
#define WEFT_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/port.h"

#ifdef __cplusplus
extern "C" {
#endif

enum weft_link_state {
	WEFT_LINK_DOWN, /* nobody there, or not yet agreed: comes up by itself */
	WEFT_LINK_UP,
	WEFT_LINK_ERROR /* the peer broke the protocol; see fault */
};

/* A received message. data is in shared memory: the peer may still change it. */
struct weft_frame {
	uint8_t *data;
	uint32_t len;
	uint32_t src;
	uint32_t dst;
	uint16_t id; /* the transport's */
};

/* Counted since init, never reset. */
struct weft_link_counters {
	uint32_t sent;        /* messages */
	uint32_t received;    /* messages, refused ones included */
	uint32_t kicks_sent;  /* doorbells rung */
	uint32_t kicks_saved; /* batches that the peer needed no doorbell for */
	uint32_t violations;  /* faults and malformed messages */
	uint32_t ups;         /* times that the link came up */
};

struct weft_transport;

/* What receive() says. */
#define WEFT_FRAME_NONE 0
#define WEFT_FRAME_GOOD 1
#define WEFT_FRAME_BAD 2 /* taken, malformed, given back, counted; transport->fault says why */

struct weft_transport_ops {
	/* Look after the link: handshake, resets, restarts. */
	enum weft_link_state (*service)(struct weft_transport *transport);
	/* Lend a transmit payload buffer, capacity mtu; NULL: none now. */
	uint8_t *(*get_tx)(struct weft_transport *transport, const void *owner);
	/* Queue a lent buffer with len bytes. False: not lent to owner, nothing happened. */
	bool (*send)(struct weft_transport *transport, const void *owner, const void *payload, uint32_t len,
	             uint32_t src, uint32_t dst);
	/* Take back a lent buffer unsent. False: not lent to owner. */
	bool (*drop)(struct weft_transport *transport, const void *owner, const void *payload);
	/* The next message: WEFT_FRAME_*. A good one is in your hands until done() or release(). */
	int (*receive)(struct weft_transport *transport, struct weft_frame *frame);
	/* Give a received buffer back, unless it is held. */
	void (*done)(struct weft_transport *transport, const struct weft_frame *frame);
	/* Keep the buffer of this payload beyond done(). False: not a message in anybody's hands, or held already. */
	bool (*hold)(struct weft_transport *transport, const void *owner, const void *payload);
	/* Give a held buffer back. False: not held by owner. */
	bool (*release)(struct weft_transport *transport, const void *owner, const void *payload);
	/* Take back all that owner has borrowed or holds. */
	void (*forget)(struct weft_transport *transport, const void *owner);
	/* Publish what was sent and given back since the last flush, with one kick if the peer wants one. */
	void (*flush)(struct weft_transport *transport);
	/* Ask for notifications of messages, and of free transmit buffers when tx. False: look again, do not sleep. */
	bool (*arm)(struct weft_transport *transport, bool tx);
	void (*disarm)(struct weft_transport *transport);
	/* Start anew, from an error or not. Driver only; a device waits for its driver. */
	void (*restart)(struct weft_transport *transport);
	/* Buffers lent, in a callback, or held. */
	uint32_t (*out)(const struct weft_transport *transport);
};

struct weft_transport {
	const struct weft_transport_ops *ops;
	struct weft_port *port;
	struct weft_link_counters counters;
	uint32_t mtu;  /* bytes of payload; 0 while the link is down */
	uint8_t fault; /* enum weft_check: the last violation */
};

#ifdef __cplusplus
}
#endif

#endif
