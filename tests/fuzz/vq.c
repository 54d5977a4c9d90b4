/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/vq.h"

#include <string.h>

#include "virtio/queue.h"

/* ---- The peer's hand ---- */

void vq_poke(struct vq *vq, uint32_t offset, const void *bytes, uint32_t len)
{
	fuzz_assert(offset + len <= VQ_SIZE);
	memcpy(vq->memory + offset, bytes, len);
	memcpy(vq->shadow + offset, bytes, len);
	vq->pops = 0;
}

void vq_poke16(struct vq *vq, uint32_t offset, uint16_t value)
{
	vq_poke(vq, offset, &value, sizeof value);
}

void vq_poke32(struct vq *vq, uint32_t offset, uint32_t value)
{
	vq_poke(vq, offset, &value, sizeof value);
}

uint16_t vq_peek16(const struct vq *vq, uint32_t offset)
{
	uint16_t value;

	memcpy(&value, vq->shadow + offset, sizeof value);
	return value;
}

uint32_t vq_peek32(const struct vq *vq, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, vq->shadow + offset, sizeof value);
	return value;
}

/* ---- Invariants ---- */

static unsigned free_entries(const struct vq *vq)
{
	unsigned count = 0;

	for (uint16_t id = vq->queue.free; id != VQ_NUM; count++) {
		fuzz_assert(id < VQ_NUM && count < VQ_NUM); /* no loop, no wild id */
		fuzz_assert(vq->state[id] == ENTRY_FREE);
		id = (uint16_t)(uintptr_t)vq->entries[id].owner;
	}
	return count;
}

static void check(const struct vq *vq)
{
	unsigned count[3] = { 0, 0, 0 };

	for (uint16_t id = 0; id < VQ_NUM; id++) {
		fuzz_assert(virtqueue_state(&vq->queue, id) == vq->state[id]);
		count[vq->state[id]]++;
	}
	fuzz_assert(count[ENTRY_FREE] == free_entries(vq));
	fuzz_assert(count[ENTRY_OURS] == virtqueue_out(&vq->queue));
	fuzz_assert(count[0] + count[1] + count[2] == VQ_NUM);
	fuzz_assert(vq->queue.next == vq->next && vq->queue.fault == vq->fault);
	fuzz_assert(virtqueue_pending(&vq->queue) == (vq->pushed != vq->published));
	fuzz_assert(memcmp(vq->memory, vq->shadow, VQ_SIZE) == 0);
}

/* ---- Operations, in the model and in the queue ---- */

/* 1, 0 or VIRTQUEUE_BROKEN, as the ring says. */
static int look(struct vq *vq)
{
	if (vq->fault != WEFT_CHECK_NONE)
		return VIRTQUEUE_BROKEN;
	if (vq->seen == vq->next) {
		uint16_t index = vq_peek16(vq, vq->theirs + 2u);

		if ((uint16_t)(index - vq->next) > VQ_NUM) {
			vq->fault = WEFT_CHECK_RING_DISTANCE;
			return VIRTQUEUE_BROKEN;
		}
		vq->seen = index;
	}
	return vq->seen != vq->next;
}

/* Fill in what a pop has to give. */
static int expected_pop(struct vq *vq, struct vq_expect *expect)
{
	int more = look(vq);

	if (more != 1)
		return more;
	*expect = vq->expect(vq, vq->next % VQ_NUM);
	vq->fault = expect->fault;
	if (vq->fault != WEFT_CHECK_NONE) {
		vq->seen = vq->next;
		return VIRTQUEUE_BROKEN;
	}
	vq->next++;
	return 1;
}

static void taken(struct vq *vq, const struct vq_expect *expect, const struct virtqueue_buf *buf)
{
	fuzz_assert(buf->id == expect->id && buf->len == expect->len);
	fuzz_assert(buf->data == vq->memory + expect->at);
	fuzz_assert(expect->at % 4u == 0 && (uint64_t)expect->at + buf->len <= VQ_SIZE);
	vq->state[buf->id] = ENTRY_OURS;
	vq->at[buf->id] = expect->at;
	virtqueue_set_owner(&vq->queue, buf->id, vq);
	fuzz_assert(virtqueue_find(&vq->queue, buf->data, vq) >= 0);
	fuzz_assert(virtqueue_find(&vq->queue, buf->data, vq->entries) == -1);
}

static void pop(struct vq *vq)
{
	struct vq_expect expect;
	struct virtqueue_buf buf;
	int result = expected_pop(vq, &expect);

	fuzz_assert(virtqueue_pop(&vq->queue, &buf) == result);
	if (result != 1)
		return;
	fuzz_assert(++vq->pops <= VQ_NUM); /* a ring has no more, whatever its index says */
	taken(vq, &expect, &buf);
}

static void take(struct vq *vq)
{
	struct virtqueue_buf buf;
	uint16_t id = vq->queue.free;

	if (vq->fault != WEFT_CHECK_NONE) {
		fuzz_assert(virtqueue_take(&vq->queue, &buf) == VIRTQUEUE_BROKEN);
	} else if (id == VQ_NUM) {
		struct vq_expect expect;
		int result = expected_pop(vq, &expect);

		fuzz_assert(virtqueue_take(&vq->queue, &buf) == result);
		if (result == 1)
			taken(vq, &expect, &buf);
	} else {
		struct vq_expect expect = { WEFT_CHECK_NONE, id, vq->at[id], vq->queue.buf_size };

		fuzz_assert(virtqueue_take(&vq->queue, &buf) == 1);
		taken(vq, &expect, &buf);
	}
}

/* The n-th buffer in our hands, or VQ_NUM. */
static uint16_t ours(const struct vq *vq, unsigned n)
{
	for (unsigned i = 0; i < VQ_NUM; i++) {
		uint16_t id = (uint16_t)((n + i) % VQ_NUM);

		if (vq->state[id] == ENTRY_OURS)
			return id;
	}
	return VQ_NUM;
}

/* Only our own entry of our own ring changes; the index does not before publish. */
static void push(struct vq *vq, uint16_t id, uint32_t len)
{
	uint32_t slot = vq->pushed % VQ_NUM;

	vq->pushed++;
	virtqueue_push(&vq->queue, id, len);
	vq->state[id] = ENTRY_THEIRS;
	if (vq->role->driver) {
		memcpy(vq->shadow + vq->ours + 4u + 2u * slot, &id, sizeof id);
	} else {
		struct vring_used_elem entry = { id, len };

		memcpy(vq->shadow + vq->ours + 4u + 8u * slot, &entry, sizeof entry);
	}
}

static void publish(struct vq *vq)
{
	bool pending = vq->pushed != vq->published;
	bool wanted = (vq_peek16(vq, vq->theirs) & VRING_F_NO_NOTIFY) == 0;

	fuzz_assert(virtqueue_publish(&vq->queue) == (pending && wanted));
	vq->published = vq->pushed;
	if (pending)
		memcpy(vq->shadow + vq->ours + 2u, &vq->pushed, sizeof vq->pushed);
}

/* Nothing there, and the queue not broken. An index that cannot be is something: whoever takes it finds out. */
static bool quiet(const struct vq *vq)
{
	return vq->fault == WEFT_CHECK_NONE && vq->seen == vq->next && vq_peek16(vq, vq->theirs + 2u) == vq->next;
}

static void notifications(struct vq *vq, bool wanted)
{
	uint16_t flags = (uint16_t)(wanted ? 0 : VRING_F_NO_NOTIFY);

	memcpy(vq->shadow + vq->ours, &flags, sizeof flags);
	if (wanted)
		fuzz_assert(virtqueue_enable_cb(&vq->queue) == quiet(vq));
	else
		virtqueue_disable_cb(&vq->queue);
}

static void foreign(const struct vq *vq, struct fuzz *in)
{
	uintptr_t pointer = (uintptr_t)vq->memory + fuzz_u32(in) % (2u * VQ_SIZE) - VQ_SIZE / 2u;
	int id = virtqueue_find(&vq->queue, (const void *)pointer, vq);

	fuzz_assert(id < (int)VQ_NUM);
	if (id >= 0)
		fuzz_assert(vq->state[id] == ENTRY_OURS && pointer == (uintptr_t)vq->memory + vq->at[id]);
}

void vq_step(struct vq *vq, struct fuzz *in)
{
	uint16_t id;

	switch (fuzz_below(in, 9)) {
	case 0:
	case 1:
		pop(vq);
		break;
	case 2:
		take(vq);
		break;
	case 3:
	case 4:
		if ((id = ours(vq, fuzz_u8(in))) != VQ_NUM)
			push(vq, id, fuzz_u8(in));
		break;
	case 5:
		if ((id = ours(vq, fuzz_u8(in))) != VQ_NUM) {
			virtqueue_free(&vq->queue, id);
			vq->state[id] = ENTRY_FREE;
		}
		break;
	case 6:
		publish(vq);
		break;
	case 7:
		notifications(vq, fuzz_below(in, 2) == 0);
		break;
	default:
		foreign(vq, in);
		break;
	}
	check(vq);
}

/* ---- Start ---- */

static void lay(struct vq *vq)
{
	virtqueue_lay(&vq->queue, VQ_BUFFERS, VQ_BUF_SIZE);
	for (uint16_t id = 0; id < VQ_NUM; id++) {
		vq->state[id] = ENTRY_FREE;
		vq->at[id] = VQ_BUFFERS + id * VQ_BUF_SIZE;
	}
	memcpy(vq->shadow, vq->memory, VQ_BUFFERS);
}

void vq_reset(struct vq *vq, const struct virtqueue_role *role, bool device_writes)
{
	static _Alignas(64) uint8_t memory[VQ_SIZE];
	struct vq_expect (*expect)(const struct vq *vq, uint16_t slot) = vq->expect;
	struct virtqueue_config config = {
		.role = role,
		.region = &vq->region,
		.entries = vq->entries,
		.align = 16,
		.num = VQ_NUM,
		.device_writes = device_writes,
	};

	memset(vq, 0, sizeof *vq);
	memset(memory, 0, sizeof memory);
	vq->memory = memory;
	vq->region = (struct weft_region){ memory, VQ_ADDRESS, VQ_SIZE };
	vq->role = role;
	vq->expect = expect;
	vq->device_writes = device_writes;
	vq->ours = role->driver ? VQ_AVAIL : VQ_USED;
	vq->theirs = role->driver ? VQ_USED : VQ_AVAIL;
	virtqueue_init(&vq->queue, &config);
	if (role->driver)
		lay(vq);
	check(vq);
}
