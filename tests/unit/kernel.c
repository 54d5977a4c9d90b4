/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/kernel.h"

#define TURNS_MAX 10000u

/* ---- virtio_ring: a split queue of single buffers. Linux sees the memory: nothing is cleaned here ---- */

static uint16_t load16(const uint16_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store16(uint16_t *word, uint16_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static void lay_queue(struct kernel *kernel, struct kernel_vq *vq, unsigned i)
{
	uint8_t *base = kernel->memory + i * KERNEL_VRING;
	uint32_t size = virtio_vring_size(kernel->num, KERNEL_ALIGN);

	memset(vq, 0, sizeof *vq);
	memset(base, 0, size); /* rp_find_vq(): for the whole of it */
	vq->num = kernel->num;
	vq->ring = (struct vring){
		.desc = (struct vring_desc *)(void *)base,
		.avail = (struct vring_head *)(void *)(base + 16u * kernel->num),
		.used = (struct vring_head *)(void *)(base + size - 6u - 8u * kernel->num),
	};
	for (uint16_t id = 0; id < vq->num; id++) {
		vq->next[id] = (uint16_t)(id + 1u);
		vq->ring.desc[id].next = vq->next[id];
	}
	vq->free_count = vq->num;
	kernel->table.vdev.vring[i].da = KERNEL_ADDRESS + i * KERNEL_VRING;
	kernel->table.vdev.vring[i].notifyid = i;
}

static void add(struct kernel_vq *vq, uint32_t buffer, uint32_t len, uint16_t flags)
{
	uint16_t head = vq->free;

	assert_true(vq->free_count > 0);
	vq->free = vq->next[head];
	vq->free_count--;
	vq->buffer[head] = buffer;
	vq->ring.desc[head] = (struct vring_desc){ KERNEL_ADDRESS + buffer, len, flags, vq->ring.desc[head].next };
	vring_avail_ring(vq->ring.avail)[vq->avail & (vq->num - 1u)] = head;
	vq->avail = (uint16_t)(vq->avail + 1u);
	store16(&vq->ring.avail->idx, vq->avail);
}

static void notify(struct kernel_vq *vq)
{
	ring_fence();
	vq->kicks += (load16(&vq->ring.used->flags) & VRING_F_NO_NOTIFY) == 0;
}

/* virtqueue_get_buf(): offset of the buffer and its length, or 0. "id %u is not a head!" fails the test. */
static uint32_t get(struct kernel_vq *vq, uint32_t *len)
{
	if (vq->used == load16(&vq->ring.used->idx))
		return 0;
	assert_true((uint16_t)(vq->ring.used->idx - vq->used) <= vq->num);
	struct vring_used_elem elem = vring_used_ring(vq->ring.used)[vq->used & (vq->num - 1u)];

	assert_true(elem.id < vq->num);
	assert_int_not_equal(vq->buffer[elem.id], 0);
	uint32_t buffer = vq->buffer[elem.id];
	vq->buffer[elem.id] = 0;
	vq->next[elem.id] = vq->free;
	vq->free = (uint16_t)elem.id;
	vq->free_count++;
	vq->used = (uint16_t)(vq->used + 1u);
	*len = elem.len;
	return buffer;
}

/* ---- virtio_rpmsg_bus ---- */

void kernel_lay(struct kernel *kernel)
{
	struct rsc_vdev *vdev = &kernel->table.vdev;

	vdev->status = 0;
	vdev->status = VIRTIO_STATUS_ACKNOWLEDGE;
	vdev->status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
	vdev->gfeatures = vdev->dfeatures & VIRTIO_RPMSG_F_NS;
	lay_queue(kernel, &kernel->rvq, 0);
	lay_queue(kernel, &kernel->svq, 1);
	kernel->last_sbuf = 0;
	kernel->channel_count = 0;
	for (uint32_t i = 0; i < kernel->num; i++)
		add(&kernel->rvq, kernel->buffers + i * KERNEL_BUF_SIZE, KERNEL_BUF_SIZE, VRING_DESC_F_WRITE);
	kernel->svq.ring.avail->flags = VRING_F_NO_NOTIFY; /* virtqueue_disable_cb(svq) */
}

void kernel_go(struct kernel *kernel)
{
	__atomic_store_n(&kernel->table.vdev.status, 7, __ATOMIC_RELEASE);
	notify(&kernel->rvq);
}

void kernel_bind(struct kernel *kernel)
{
	kernel_lay(kernel);
	kernel_go(kernel);
}

void kernel_unbind(struct kernel *kernel)
{
	kernel->table.vdev.status = 0;
	kernel->channel_count = 0;
}

static void name_service(struct kernel *kernel, const struct kernel_message *message)
{
	struct kernel_channel channel;
	uint32_t flags;

	assert_int_equal(message->len, 40); /* "malformed ns msg" */
	memcpy(channel.name, message->data, sizeof channel.name);
	channel.name[31] = '\0';
	memcpy(&channel.addr, message->data + 32, 4);
	memcpy(&flags, message->data + 36, 4);
	for (unsigned i = 0; i < kernel->channel_count; i++) {
		struct kernel_channel *known = &kernel->channels[i];

		if (strcmp(known->name, channel.name) != 0 || known->addr != channel.addr)
			continue;
		if ((flags & 1u) == 0)
			fail_msg("channel %s:%x already exist", channel.name, channel.addr);
		*known = kernel->channels[--kernel->channel_count];
		kernel->destroyed++;
		return;
	}
	assert_int_equal(flags & 1u, 0); /* rpmsg_unregister_device(): -EINVAL */
	assert_true(kernel->channel_count < KERNEL_CHANNELS);
	kernel->channels[kernel->channel_count++] = channel;
	kernel->created++;
}

/* rpmsg_recv_single() */
static void receive(struct kernel *kernel, const uint8_t *data, uint32_t len)
{
	struct kernel_message message;
	uint16_t msg_len;

	memcpy(&message.src, data, 4);
	memcpy(&message.dst, data + 4, 4);
	memcpy(&msg_len, data + 12, 2);
	assert_true(len <= KERNEL_BUF_SIZE && len >= 16u && msg_len <= len - 16u); /* "inbound msg too big" */
	message.len = msg_len;
	memcpy(message.data, data + 16, msg_len);
	if (message.dst == RPMSG_NS_EPT_ADDR) {
		name_service(kernel, &message);
		return;
	}
	assert_true(kernel->received < KERNEL_INBOX);
	kernel->inbox[kernel->received++] = message;
}

unsigned kernel_work(struct kernel *kernel)
{
	unsigned count = 0;
	uint32_t buffer;
	uint32_t len;

	if (kernel->asleep || kernel->table.vdev.status != 7)
		return 0;
	while ((buffer = get(&kernel->rvq, &len)) != 0) {
		receive(kernel, kernel->memory + buffer, len);
		add(&kernel->rvq, buffer, KERNEL_BUF_SIZE, VRING_DESC_F_WRITE);
		count++;
	}
	if (count != 0)
		notify(&kernel->rvq);
	return count;
}

void kernel_want_tx(struct kernel *kernel, bool wanted)
{
	store16(&kernel->svq.ring.avail->flags, (uint16_t)(wanted ? 0 : VRING_F_NO_NOTIFY));
	ring_fence();
}

/* get_a_tx_buf(): one that was never used, or one that came back. */
static uint32_t tx_buffer(struct kernel *kernel)
{
	uint32_t len;

	if (kernel->last_sbuf < kernel->num)
		return kernel->buffers + (kernel->num + kernel->last_sbuf++) * KERNEL_BUF_SIZE;
	return get(&kernel->svq, &len);
}

int kernel_send(struct kernel *kernel, uint32_t src, uint32_t dst, const void *data, uint32_t len)
{
	if (len > KERNEL_MTU)
		return KERNEL_EMSGSIZE;
	uint32_t buffer = tx_buffer(kernel);

	if (buffer == 0)
		return KERNEL_EAGAIN;
	uint8_t *header = kernel->memory + buffer;
	uint16_t msg_len = (uint16_t)len;
	memset(header, 0, 16);
	memcpy(header, &src, 4);
	memcpy(header + 4, &dst, 4);
	memcpy(header + 12, &msg_len, 2);
	memcpy(header + 16, data, len);
	add(&kernel->svq, buffer, 16u + len, 0);
	notify(&kernel->svq);
	return 0;
}

/* ---- The remote core ---- */

static struct kernel *kernel_of(struct weft_port *port)
{
	return (struct kernel *)(void *)((uint8_t *)port - offsetof(struct kernel, port));
}

static void core_kick(struct weft_port *port, uint32_t vring)
{
	assert_true(vring < 2u);
	kernel_of(port)->kicks[vring]++;
}

static uint32_t core_now(struct weft_port *port)
{
	return kernel_of(port)->now;
}

static void core_relax(struct weft_port *port, uint32_t timeout_us)
{
	struct kernel *kernel = kernel_of(port);

	kernel->now += timeout_us < PAIR_TICK_US ? timeout_us + 1u : PAIR_TICK_US;
	kernel_work(kernel);
}

static const struct weft_port_ops core_ops = { .kick = core_kick, .now_us = core_now, .relax = core_relax };

static void core_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	struct kernel *kernel = (struct kernel *)priv;

	(void)rdev;
	kernel->events[event]++;
	kernel->detail[event] = detail;
}

void kernel_boot_core(struct kernel *kernel)
{
	struct weft_shm_linux to_linux = WEFT_SHM_LINUX(kernel->vdev);
	struct weft_shm_config shm = { &kernel->to_linux.role, &kernel->port, kernel->entries, { kernel->num, 0, 0 } };
	struct rpmsg_config config = {
		.transport = &kernel->shm.transport,
		.endpoints = kernel->endpoints,
		.endpoint_slots = 16,
		.channels = kernel->kept,
		.channel_slots = 4,
		.event = core_event,
		.priv = kernel,
	};

	kernel->port = (struct weft_port){ &core_ops, kernel->region };
	memcpy(&kernel->to_linux, &to_linux, sizeof to_linux);
	assert_int_equal(weft_shm_init(&kernel->shm, &shm), 0);
	assert_int_equal(rpmsg_init(&kernel->rdev, &config), RPMSG_SUCCESS);
}

void kernel_start_core(struct kernel *kernel)
{
	struct rsc_vring vring = { .da = 0xffffffffu, .align = KERNEL_ALIGN, .num = kernel->num };

	kernel->table = (struct kernel_table){
		.version = RSC_TABLE_VERSION,
		.num = 2,
		.offset = { offsetof(struct kernel_table, trace), offsetof(struct kernel_table, vdev) },
		.trace = { 2, 0x10080000, 4096 },
		.vdev = {
			.type = RSC_VDEV,
			.id = VIRTIO_ID_RPMSG,
			.dfeatures = VIRTIO_RPMSG_FEATURES,
			.num_of_vrings = 2,
			.vring = { vring, vring },
		},
	};
	kernel_boot_core(kernel);
}

void kernel_init(struct kernel *kernel, uint16_t num)
{
	static struct kernel_message inbox[KERNEL_INBOX];

	memset(kernel, 0, sizeof *kernel);
	memset(kernel->memory, 0xa5, sizeof kernel->memory);
	kernel->num = num;
	kernel->buffers = KERNEL_BUFFERS;
	kernel->region = (struct weft_region){ kernel->memory, KERNEL_ADDRESS, KERNEL_REGION };
	kernel->vdev = &kernel->table.vdev;
	kernel->inbox = inbox;
	kernel->now = 0xffffff00u;
	kernel_start_core(kernel);
}

void kernel_settle(struct kernel *kernel)
{
	unsigned turns = 0;
	unsigned quiet = 0;

	while (quiet < 4 && turns++ < TURNS_MAX) {
		unsigned count = (unsigned)rpmsg_poll(&kernel->rdev, 16) + kernel_work(kernel);

		quiet = count == 0 ? quiet + 1 : 0;
	}
	assert_true(turns < TURNS_MAX);
}

void kernel_up(struct kernel *kernel, uint16_t num)
{
	kernel_init(kernel, num);
	kernel_settle(kernel);
	assert_int_equal(rpmsg_link(&kernel->rdev), WEFT_LINK_DOWN);
	kernel_bind(kernel);
	kernel_settle(kernel);
	assert_int_equal(rpmsg_link(&kernel->rdev), WEFT_LINK_UP);
}

uint32_t kernel_channel(const struct kernel *kernel, const char *name)
{
	for (unsigned i = 0; i < kernel->channel_count; i++) {
		if (strcmp(kernel->channels[i].name, name) == 0)
			return kernel->channels[i].addr;
	}
	return 0;
}
