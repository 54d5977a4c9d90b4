/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_ring as remoteproc has it: a split queue of single buffers, mandatory barriers, no EVENT_IDX. Linux's stores
 * of single words are relaxed, ordered by its barriers: virtio_wmb() and virtio_rmb() are fences that release and
 * acquire, virtio_mb() one that is consistent. */
#include "virtio/ring.h"

#include "sim/faults.h"
#include "sim/kernel.h"

static uint8_t *at(const struct kernel_vq *vq, uint32_t offset)
{
	return sim_region(0, vq->link) + offset;
}

static struct vring_desc *desc_of(const struct kernel_vq *vq)
{
	return (struct vring_desc *)(void *)at(vq, vq->at);
}

static struct vring_head *avail_of(const struct kernel_vq *vq)
{
	return (struct vring_head *)(void *)at(vq, vq->at + 16u * vq->num);
}

static struct vring_head *used_of(const struct kernel_vq *vq)
{
	return (struct vring_head *)(void *)at(vq,
	                                       vq->at + virtio_vring_size(vq->num, LINUX_ALIGN) - 6u - 8u * vq->num);
}

/* Behind the available ring; nobody looks at it. */
static uint16_t *used_event(const struct kernel_vq *vq)
{
	return vring_avail_ring(avail_of(vq)) + vq->num;
}

static uint16_t load16(const uint16_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void store16(uint16_t *word, uint16_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static void virtio_wmb(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void virtio_rmb(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static void virtio_mb(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* rp_find_vq() zeroes the ring from its first byte to its last; word by word, as the core may look at it. */
static void zero(const struct kernel_vq *vq)
{
	struct vring_head *avail = avail_of(vq), *used = used_of(vq);

	memset(desc_of(vq), 0, 16u * vq->num);
	store16(&avail->flags, 0);
	store16(&avail->idx, 0);
	for (uint16_t i = 0; i <= vq->num; i++)
		store16(&vring_avail_ring(avail)[i], 0);
	store16(&used->flags, 0);
	store16(&used->idx, 0);
	for (uint16_t i = 0; i < vq->num; i++) {
		__atomic_store_n(&vring_used_ring(used)[i].id, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&vring_used_ring(used)[i].len, 0, __ATOMIC_RELAXED);
	}
	store16(vring_avail_event(used, vq->num), 0);
}

void kernel_lay(struct kernel_vq *vq, int link, int home, int number)
{
	*vq = (struct kernel_vq){ .link = (uint8_t)link, .number = (uint8_t)number, .num = linux_num(link) };
	vq->at = LINUX_RING((uint32_t)home, (uint32_t)number);
	zero(vq);
	for (uint16_t id = 0; id < vq->num; id++)
		vq->next[id] = (uint16_t)(id + 1u);
	vq->free_count = vq->num;
}

void kernel_add(struct kernel_vq *vq, uint32_t buffer, uint32_t len, uint16_t flags)
{
	uint16_t head = vq->free;

	vq->free = vq->next[head];
	vq->free_count--;
	vq->buffer[head] = buffer;
	desc_of(vq)[head] = (struct vring_desc){ SIM_ADDRESS + buffer, len, flags, vq->next[head] };
	store16(&vring_avail_ring(avail_of(vq))[vq->avail & (vq->num - 1u)], head);
	virtio_wmb();
	vq->avail = (uint16_t)(vq->avail + 1u);
	store16(&avail_of(vq)->idx, vq->avail);
}

bool kernel_kick_prepare(const struct kernel_vq *vq)
{
	virtio_mb();
	return (load16(&used_of(vq)->flags) & VRING_F_NO_NOTIFY) == 0;
}

void kernel_kick(const struct kernel_vq *vq)
{
	if (!kernel_kick_prepare(vq))
		return;
	sim_step();
	faults_kick(vq->link + 1);
}

static uint32_t bad_ring(struct kernel_vq *vq, const char *what, uint32_t value)
{
	vq->broken = true;
	linux_complains(vq->link, what, value);
	return 0;
}

static void next_used(struct kernel_vq *vq)
{
	vq->used = (uint16_t)(vq->used + 1u);
	if ((vq->flags & VRING_F_NO_NOTIFY) != 0)
		return;
	store16(used_event(vq), vq->used);
	virtio_mb();
}

uint32_t kernel_get(struct kernel_vq *vq, uint32_t *len)
{
	if (vq->broken)
		return 0;
	uint16_t idx = load16(&used_of(vq)->idx);
	if (idx == vq->used)
		return 0;
	if ((uint16_t)(idx - vq->used) > vq->num) /* Linux goes round, and finds what is no head */
		return bad_ring(vq, "used index", idx);
	virtio_rmb();
	struct vring_used_elem elem = vring_used_ring(used_of(vq))[vq->used & (vq->num - 1u)];

	if (elem.id >= vq->num)
		return bad_ring(vq, "id out of range:", elem.id);
	if (vq->buffer[elem.id] == 0)
		return bad_ring(vq, "id is not a head:", elem.id);
	uint32_t buffer = vq->buffer[elem.id];
	vq->buffer[elem.id] = 0;
	vq->next[elem.id] = vq->free;
	vq->free = (uint16_t)elem.id;
	vq->free_count++;
	next_used(vq);
	*len = elem.len;
	return buffer;
}

bool kernel_enable_cb(struct kernel_vq *vq)
{
	vq->flags = 0;
	store16(&avail_of(vq)->flags, vq->flags);
	store16(used_event(vq), vq->used);
	virtio_mb();
	return vq->broken || load16(&used_of(vq)->idx) == vq->used;
}

void kernel_disable_cb(struct kernel_vq *vq)
{
	vq->flags = VRING_F_NO_NOTIFY;
	store16(&avail_of(vq)->flags, vq->flags);
}

bool kernel_overlooks(const struct kernel_vq *vq)
{
	uint32_t idx = (uint32_t)((uint8_t *)&used_of(vq)->idx - sim_region(0, vq->link));

	return !vq->broken && linux_is_met(vq->link) && (vq->flags & VRING_F_NO_NOTIFY) == 0 && sim_is_honest() &&
	       sim_overlooked(vq->link, vq->link + 1, idx, vq->used);
}
