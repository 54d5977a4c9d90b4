/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/queues.h"

static void start(struct queues *queues, struct virtqueue *vq, const struct virtqueue_role *role,
                  struct virtqueue_entry *entries, bool device_writes)
{
	struct virtqueue_config config = {
		.role = role,
		.region = &queues->region,
		.entries = entries,
		.align = 16,
		.num = QUEUES_NUM,
		.device_writes = device_writes,
	};

	virtqueue_init(vq, &config);
}

void queues_up(struct queues *queues, bool device_writes)
{
	memset(queues, 0, sizeof *queues);
	queues->region = (struct weft_region){ queues->memory, QUEUES_ADDRESS, QUEUES_SIZE };
	queues->desc = (struct vring_desc *)(void *)queues->memory;
	queues->avail = (struct vring_head *)(void *)(queues->memory + QUEUES_NUM * 16u);
	queues->used = (struct vring_head *)(void *)(queues->memory + 160);
	start(queues, &queues->driver, &virtqueue_driver, queues->driver_entries, device_writes);
	start(queues, &queues->device, &virtqueue_device, queues->device_entries, device_writes);
	virtqueue_lay(&queues->driver, QUEUES_BUFFERS, QUEUES_BUF_SIZE);
}

void queues_post(struct queues *queues, unsigned n)
{
	struct virtqueue_buf buf;

	while (n-- > 0) {
		assert_int_equal(virtqueue_take(&queues->driver, &buf), 1);
		virtqueue_push(&queues->driver, buf.id, 0);
	}
	virtqueue_publish(&queues->driver);
}

void queues_offer(struct queues *queues, uint16_t id, struct vring_desc desc)
{
	if (id < QUEUES_NUM)
		queues->desc[id] = desc;
	vring_avail_ring(queues->avail)[queues->avail->idx % QUEUES_NUM] = id;
	queues->avail->idx++;
}

void queues_return(struct queues *queues, uint32_t id, uint32_t len)
{
	vring_used_ring(queues->used)[queues->used->idx % QUEUES_NUM] = (struct vring_used_elem){ id, len };
	queues->used->idx++;
}

void queues_expect_eq(long long a, long long b, const char *what, const char *file, int line)
{
	if (a == b)
		return;
	print_error("%s: %lld is not %lld\n", what, a, b);
	_fail(file, line);
}

static void expect_same_entries(const struct virtqueue_entry *a, const struct virtqueue_entry *b, const char *what)
{
	for (unsigned i = 0; i < QUEUES_NUM; i++) {
		EXPECT_EQ(a[i].at, b[i].at, what);
		EXPECT_EQ(a[i].owner == b[i].owner, true, what);
	}
}

void queues_expect_refusal(struct queues *queues, struct virtqueue *vq, enum weft_check fault, const char *what)
{
	static struct queues before;
	struct virtqueue_buf buf;

	memcpy(&before, queues, sizeof before);
	const struct virtqueue *was = vq == &queues->driver ? &before.driver : &before.device;
	for (int again = 0; again < 3; again++) {
		EXPECT_EQ(virtqueue_pop(vq, &buf), VIRTQUEUE_BROKEN, what);
		EXPECT_EQ(virtqueue_take(vq, &buf), VIRTQUEUE_BROKEN, what);
		EXPECT_EQ(vq->fault, fault, what);
		EXPECT_EQ(vq->next, was->next, what);
		EXPECT_EQ(vq->pushed, was->pushed, what);
		EXPECT_EQ(vq->free, was->free, what);
		expect_same_entries(queues->driver_entries, before.driver_entries, what);
		expect_same_entries(queues->device_entries, before.device_entries, what);
		EXPECT_EQ(memcmp(queues->memory, before.memory, sizeof before.memory), 0, what);
		memset(queues->memory, 0, sizeof queues->memory); /* mended, and broken all the same */
		memset(before.memory, 0, sizeof before.memory);
	}
	EXPECT_EQ(virtqueue_enable_cb(vq), false, what); /* do not sleep on it: somebody must look after it */
}
