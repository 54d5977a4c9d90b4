/* SPDX-License-Identifier: Apache-2.0 */
/* Frames over two virtqueues. The RPMsg header is written and read here and nowhere else. */
#include "transport/shm/shm.h"

#include "transport/checks.h"
#include "virtio/checks.h"
#include "virtio/queue.h"
#include "weft/wrap.h"

struct rpmsg_header {
	uint32_t src;
	uint32_t dst;
	uint32_t reserved; /* zero when sent, ignored when received */
	uint16_t len;
	uint16_t flags;
};

#define HEADER_SIZE ((uint32_t)sizeof(struct rpmsg_header))

static struct weft_shm *shm_of(struct weft_transport *transport)
{
	return (struct weft_shm *)(void *)transport; /* its first member */
}

/* ---- For both roles ---- */

static bool is_driver(const struct weft_shm *shm)
{
	return shm->role->virtqueue->driver;
}

bool weft_shm_peer(struct weft_shm *shm)
{
	struct weft_port *port = shm->transport.port;
	uint32_t session = port->ops->session != NULL ? port->ops->session(port) : 1u;

	if (session != shm->session) {
		shm->session = session;
		/* A device decides nothing: a new driver is a new life. A driver in error waits for its owner. */
		weft_shm_drop(shm, shm->state == SHM_ERROR && is_driver(shm) ? SHM_ERROR : SHM_START);
	}
	return session != 0;
}

void weft_shm_drop(struct weft_shm *shm, enum shm_state state)
{
	memset(&shm->rx, 0, sizeof shm->rx);
	memset(&shm->tx, 0, sizeof shm->tx);
	shm->transport.mtu = 0;
	shm->state = (uint8_t)state;
}

void weft_shm_queue(struct weft_shm *shm, int i, uint32_t offset, uint16_t num, uint32_t align)
{
	struct virtqueue_config config = {
		.role = shm->role->virtqueue,
		.region = &shm->transport.port->region,
		.entries = shm->entries + (i == 0 ? 0 : shm->layout.num),
		.offset = offset,
		.align = align,
		.num = num,
		.device_writes = i == 0,
	};

	virtqueue_init(i == shm->role->rx ? &shm->rx : &shm->tx, &config);
}

void weft_shm_up(struct weft_shm *shm)
{
	uint32_t room = shm->tx.buf_size - HEADER_SIZE;

	shm->state = SHM_UP;
	shm->transport.mtu = room < UINT16_MAX ? room : UINT16_MAX; /* the header's length has 16 bits */
	shm->transport.fault = WEFT_CHECK_NONE;
	shm->transport.counters.ups++;
}

void weft_shm_violation(struct weft_shm *shm, enum weft_check fault)
{
	shm->transport.counters.violations++;
	shm->transport.fault = (uint8_t)fault;
}

/* ---- Operations ---- */

static enum weft_link_state shm_service(struct weft_transport *transport)
{
	struct weft_shm *shm = shm_of(transport);

	return shm->role->service(shm);
}

static uint8_t *shm_get_tx(struct weft_transport *transport, const void *owner)
{
	struct weft_shm *shm = shm_of(transport);
	struct virtqueue_buf buf;

	if (shm->state != SHM_UP || virtqueue_take(&shm->tx, &buf) != 1)
		return NULL;
	shm->tx.entries[buf.id].owner = owner;
	return buf.data + HEADER_SIZE;
}

/* Headers stand before payloads; a pointer that is none of ours is found nowhere. */
WEFT_WRAPS static int find(const struct virtqueue *vq, const void *payload, const void *owner)
{
	return virtqueue_find(vq, (const void *)((uintptr_t)payload - HEADER_SIZE), owner);
}

static bool shm_send(struct weft_transport *transport, const void *owner, const void *payload, uint32_t len,
                     uint32_t src, uint32_t dst)
{
	struct weft_shm *shm = shm_of(transport);
	int id = find(&shm->tx, payload, owner);

	if (id < 0)
		return false;
	/* Buffers stand at multiples of 4: by the layout, and by check_desc_align(). */
	struct rpmsg_header *header = (struct rpmsg_header *)((uintptr_t)payload - HEADER_SIZE);
	*header = (struct rpmsg_header){ src, dst, 0, (uint16_t)len, 0 };
	virtqueue_push(&shm->tx, (uint16_t)id, HEADER_SIZE + len);
	transport->counters.sent++;
	return true;
}

static bool shm_drop_tx(struct weft_transport *transport, const void *owner, const void *payload)
{
	struct weft_shm *shm = shm_of(transport);
	int id = find(&shm->tx, payload, owner);

	if (id >= 0)
		virtqueue_free(&shm->tx, (uint16_t)id);
	return id >= 0;
}

static enum weft_check header_fault(const struct rpmsg_header *header, uint32_t len)
{
	if (!check_header_len(header->len, HEADER_SIZE, len))
		return WEFT_CHECK_HEADER_LEN;
	if (!check_header_src(header->src))
		return WEFT_CHECK_HEADER_SRC;
	return WEFT_CHECK_NONE;
}

static int shm_receive(struct weft_transport *transport, struct weft_frame *frame)
{
	struct weft_shm *shm = shm_of(transport);
	struct rpmsg_header header;
	struct virtqueue_buf buf;

	if (shm->state != SHM_UP || virtqueue_pop(&shm->rx, &buf) != 1)
		return WEFT_FRAME_NONE;
	transport->counters.received++;
	ring_copy(&header, buf.data, sizeof header);
	enum weft_check fault = header_fault(&header, buf.len);
	if (fault != WEFT_CHECK_NONE) {
		virtqueue_push(&shm->rx, buf.id, shm->rx.buf_size);
		weft_shm_violation(shm, fault);
		return WEFT_FRAME_BAD;
	}
	ring_invalidate(buf.data + HEADER_SIZE, header.len);
	*frame = (struct weft_frame){ buf.data + HEADER_SIZE, header.len, header.src, header.dst, buf.id };
	return WEFT_FRAME_GOOD;
}

static void shm_done(struct weft_transport *transport, const struct weft_frame *frame)
{
	struct weft_shm *shm = shm_of(transport);

	/* Else the callback holds it, or has held and released it, or has dropped the link. */
	if (shm->state == SHM_UP && virtqueue_is_ours(&shm->rx, frame->id, NULL))
		virtqueue_push(&shm->rx, frame->id, shm->rx.buf_size);
}

static bool shm_hold(struct weft_transport *transport, const void *owner, const void *payload)
{
	struct weft_shm *shm = shm_of(transport);
	int id = find(&shm->rx, payload, NULL);

	if (id >= 0)
		virtqueue_set_owner(&shm->rx, (uint16_t)id, owner);
	return id >= 0;
}

static bool shm_release(struct weft_transport *transport, const void *owner, const void *payload)
{
	struct weft_shm *shm = shm_of(transport);
	int id = find(&shm->rx, payload, owner);

	if (id >= 0)
		virtqueue_push(&shm->rx, (uint16_t)id, shm->rx.buf_size);
	return id >= 0;
}

static void shm_forget(struct weft_transport *transport, const void *owner)
{
	struct weft_shm *shm = shm_of(transport);
	int id;

	while ((id = virtqueue_owned_by(&shm->tx, owner)) >= 0)
		virtqueue_free(&shm->tx, (uint16_t)id);
	while ((id = virtqueue_owned_by(&shm->rx, owner)) >= 0)
		virtqueue_push(&shm->rx, (uint16_t)id, shm->rx.buf_size);
}

static void publish(struct weft_shm *shm, struct virtqueue *vq, uint32_t vring)
{
	if (virtqueue_publish(vq))
		shm_kick(shm, vring);
	else
		shm->transport.counters.kicks_saved++;
}

static void shm_flush(struct weft_transport *transport)
{
	struct weft_shm *shm = shm_of(transport);

	if (shm->state != SHM_UP)
		return;
	/* They may be others since the last poll, or since this one began: no index of ours goes into those. */
	if (shm->role->stands != NULL && !shm->role->stands(shm))
		return;
	if (virtqueue_is_behind(&shm->tx))
		publish(shm, &shm->tx, 1u - shm->role->rx);
	if (virtqueue_is_behind(&shm->rx))
		publish(shm, &shm->rx, shm->role->rx);
}

static bool shm_arm(struct weft_transport *transport, bool tx)
{
	struct weft_shm *shm = shm_of(transport);

	if (shm->state != SHM_UP)
		return true; /* a handshake always kicks */
	bool quiet = virtqueue_enable_cb(&shm->rx);
	if (tx && !virtqueue_enable_cb(&shm->tx))
		quiet = false;
	return quiet;
}

static void shm_disarm(struct weft_transport *transport)
{
	struct weft_shm *shm = shm_of(transport);

	if (shm->state != SHM_UP)
		return;
	virtqueue_disable_cb(&shm->rx);
	virtqueue_disable_cb(&shm->tx);
}

static void shm_restart(struct weft_transport *transport)
{
	struct weft_shm *shm = shm_of(transport);

	if (is_driver(shm))
		weft_shm_drop(shm, SHM_START);
}

static uint32_t shm_out(const struct weft_transport *transport)
{
	const struct weft_shm *shm = (const struct weft_shm *)(const void *)transport;

	return (uint32_t)virtqueue_out(&shm->rx) + virtqueue_out(&shm->tx);
}

static const struct weft_transport_ops shm_ops = {
	.service = shm_service,
	.get_tx = shm_get_tx,
	.send = shm_send,
	.drop = shm_drop_tx,
	.receive = shm_receive,
	.done = shm_done,
	.hold = shm_hold,
	.release = shm_release,
	.forget = shm_forget,
	.flush = shm_flush,
	.arm = shm_arm,
	.disarm = shm_disarm,
	.restart = shm_restart,
	.out = shm_out,
};

int weft_shm_init(struct weft_shm *shm, const struct weft_shm_config *config)
{
	struct virtio_layout layout;
	const struct weft_port *port = config->port;

	if (port == NULL || config->entries == NULL || config->role == NULL)
		return -1;
	if ((uintptr_t)port->region.base % CHECK_LINE(16u) != 0 || port->region.address % CHECK_LINE(16u) != 0)
		return -1;
	if (port->region.size % CHECK_LINE(1u) != 0)
		return -1;
	/* A device's region comes with its driver, and is checked with the table. */
	uint32_t size = virtio_layout_compute(&config->layout, &layout);
	if (config->role->virtqueue->driver && (size == 0 || size > port->region.size))
		return -1;
	/* What the layout aligns in the region is aligned for both sides only where the region is. */
	if (config->role->virtqueue->driver && (port->region.address & (config->layout.align - 1u)) != 0)
		return -1;
	memset(shm, 0, sizeof *shm);
	shm->transport.ops = &shm_ops;
	shm->transport.port = config->port;
	shm->role = config->role;
	shm->entries = config->entries;
	shm->layout = config->layout;
	return 0;
}
