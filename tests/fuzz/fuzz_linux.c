/* SPDX-License-Identifier: Apache-2.0 */
/* A Linux that binds and unbinds, or goes wrong: any words in the resource table and in the region, against a remote
 * core of it. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "transport/shm/shm.h"
#include "virtio/ring.h"
#include "weft/check.h"

#define NUM 4u
#define ALIGN 64u
#define BUF_SIZE 64u
#define SIZE 4096u
#define ADDRESS 0x10000000u
#define RING(i) ((i)*256u) /* 4 descriptors take 166 bytes */
#define BUFFERS 1024u

static _Alignas(64) uint8_t memory[SIZE];
static uint8_t before[SIZE];
static struct rsc_vdev vdev;
static struct weft_port port;
static struct weft_shm_linux to_linux;
static struct weft_shm shm;
static struct virtqueue_entry entries[2 * NUM];
static unsigned kicks;

static void count_kick(struct weft_port *of, uint32_t vring)
{
	(void)of;
	fuzz_assert(vring < 2u);
	kicks++;
}

static uint32_t now(struct weft_port *of)
{
	(void)of;
	return 0;
}

static void relax(struct weft_port *of, uint32_t timeout_us)
{
	(void)of;
	(void)timeout_us;
	fuzz_assert(false); /* nothing here waits */
}

static const struct weft_port_ops ops = { .kick = count_kick, .now_us = now, .relax = relax };

static void boot(void)
{
	struct weft_shm_linux role = WEFT_SHM_LINUX(&vdev);
	struct weft_shm_config config = { &to_linux.role, &port, entries, { NUM, 0, 0 } };

	memcpy(&to_linux, &role, sizeof role);
	port = (struct weft_port){ &ops, { memory, ADDRESS, SIZE } };
	fuzz_assert(weft_shm_init(&shm, &config) == 0);
}

/* ---- Linux ---- */

static struct vring_head *avail_of(unsigned i)
{
	return (struct vring_head *)(void *)(memory + RING(i) + 16u * NUM);
}

static void bind(void)
{
	struct rsc_vring vring = { ADDRESS, ALIGN, NUM, 0, 0 };

	vdev = (struct rsc_vdev){ RSC_VDEV, VIRTIO_ID_RPMSG, 0, 1, 1, 0, 3, 2, { 0, 0 }, { vring, vring } };
	vdev.vring[1].da = ADDRESS + RING(1);
	memset(memory, 0, RING(2));
	for (uint16_t id = 0; id < NUM; id++) {
		struct vring_desc desc = { ADDRESS + BUFFERS + id * BUF_SIZE, BUF_SIZE, VRING_DESC_F_WRITE, 0 };

		memcpy(memory + RING(0) + 16u * id, &desc, sizeof desc);
		vring_avail_ring(avail_of(0))[id] = id;
	}
	avail_of(0)->idx = NUM;
	vdev.status = 7;
}

static void send(struct fuzz *in)
{
	struct vring_head *avail = avail_of(1);
	uint16_t id = avail->idx % NUM;
	uint32_t at = BUFFERS + (NUM + id) * BUF_SIZE;
	uint16_t len = (uint16_t)fuzz_below(in, 49);
	struct vring_desc desc = { ADDRESS + at, 16u + len, 0, 0 };

	memcpy(memory + at + 12, &len, sizeof len);
	memcpy(memory + RING(1) + 16u * id, &desc, sizeof desc);
	vring_avail_ring(avail)[id] = id;
	avail->idx = (uint16_t)(avail->idx + 1u);
}

static void write_table_word(struct fuzz *in)
{
	uint32_t word = fuzz_below(in, sizeof vdev / 4u) * 4u;
	uint32_t value;

	memcpy(&value, (uint8_t *)&vdev + word, sizeof value);
	switch (fuzz_below(in, 3)) {
	case 0:
		value += (uint32_t)(fuzz_delta(in) * 16);
		break;
	case 1:
		value ^= 1u << fuzz_below(in, 32);
		break;
	default:
		value = FUZZ_PICK(in, 0, 1, 2, 3, 4, 7, 8, 16, 64, 0x8000, 0x10000, ADDRESS, ADDRESS + SIZE);
		break;
	}
	memcpy((uint8_t *)&vdev + word, &value, sizeof value);
}

/* ---- What must hold ---- */

/* Rings that were just begun with: inside, apart, and zeroed before. */
static void check_rings(void)
{
	uint32_t end[2];

	fuzz_assert(vdev.type == RSC_VDEV && vdev.id == VIRTIO_ID_RPMSG && vdev.num_of_vrings == 2);
	fuzz_assert((vdev.gfeatures & ~VIRTIO_RPMSG_FEATURES) == 0);
	for (int i = 0; i < 2; i++) {
		uint32_t num = vdev.vring[i].num;
		uint32_t align = vdev.vring[i].align;
		uint64_t offset = (uint64_t)vdev.vring[i].da - ADDRESS;

		fuzz_assert(num >= 2u && num <= NUM && (num & (num - 1u)) == 0);
		fuzz_assert(align >= 4u && align <= 65536u && (align & (align - 1u)) == 0 && offset % align == 0);
		fuzz_assert(offset < SIZE && offset % 16u == 0);
		end[i] = (uint32_t)offset + virtio_vring_size((uint16_t)num, align);
		fuzz_assert(end[i] <= SIZE);
		uint8_t *used = before + end[i] - 6u - 8u * num;
		fuzz_assert(used[2] == 0 && used[3] == 0 && used[4u + 8u * num] == 0 && used[5u + 8u * num] == 0);
	}
	fuzz_assert(end[0] <= vdev.vring[1].da - ADDRESS || end[1] <= vdev.vring[0].da - ADDRESS);
}

static void service(void)
{
	struct weft_link_counters was = shm.transport.counters;
	uint8_t state = shm.state;
	struct rsc_vdev table = vdev;
	bool driver_ok = (vdev.status & VIRTIO_STATUS_DRIVER_OK) != 0;

	memcpy(before, memory, SIZE);
	kicks = 0;
	enum weft_link_state link = shm.transport.ops->service(&shm.transport);
	const struct weft_link_counters *counters = &shm.transport.counters;
	bool began = state != SHM_WAIT && state != SHM_UP && (shm.state == SHM_WAIT || shm.state == SHM_UP);

	fuzz_assert(kicks == 0 && memcmp(&table, &vdev, sizeof table) == 0);
	fuzz_assert(driver_ok || (link == WEFT_LINK_DOWN && memcmp(before, memory, SIZE) == 0));
	fuzz_assert(counters->ups - was.ups == (state != SHM_UP && shm.state == SHM_UP));
	fuzz_assert((link == WEFT_LINK_UP) == (shm.state == SHM_UP));
	fuzz_assert((link == WEFT_LINK_ERROR) == (shm.state == SHM_ERROR));
	if (began)
		check_rings();
	if (link == WEFT_LINK_UP)
		fuzz_assert(shm.transport.mtu >= 40u && shm.tx.num <= NUM && shm.rx.num <= NUM);
	else
		fuzz_assert(shm.transport.mtu == 0 && shm.transport.ops->out(&shm.transport) == 0);
	if (shm.state == SHM_ERROR && state != SHM_ERROR) /* nothing silent */
		fuzz_assert(counters->violations == was.violations + 1u && shm.transport.fault != WEFT_CHECK_NONE);
	else if (state != SHM_ERROR)
		fuzz_assert(counters->violations == was.violations);
}

static void traffic(struct fuzz *in)
{
	const struct weft_transport_ops *transport = shm.transport.ops;
	struct weft_frame frame;

	uint8_t *payload = transport->get_tx(&shm.transport, &shm);
	if (payload != NULL) {
		fuzz_assert(payload >= memory + 16 && payload + shm.transport.mtu <= memory + SIZE);
		fuzz_assert(transport->send(&shm.transport, &shm, payload, fuzz_below(in, 40), 1, 2));
	}
	if (transport->receive(&shm.transport, &frame) == WEFT_FRAME_GOOD) {
		fuzz_assert(frame.data >= memory + 16 && frame.data + frame.len <= memory + SIZE);
		transport->done(&shm.transport, &frame);
	}
	transport->flush(&shm.transport);
}

/* Whoever sends after a bind that nobody has seen: no index of ours in the new rings. */
static void bind_unseen(struct fuzz *in)
{
	/* The life before, whose rings a lie may have put elsewhere, ends in sight, and one in these rings begins. */
	vdev.status = 0;
	service();
	bind();
	for (int i = 0; i < 3; i++)
		service();
	fuzz_assert(shm.state == SHM_UP);
	traffic(in);
	bind();
	traffic(in);
	for (unsigned i = 0; i < 2; i++) {
		struct vring_head *used = (struct vring_head *)(void *)(memory + RING(i) + 128u);

		fuzz_assert(used->idx == 0);
	}
}

static void step(struct fuzz *in)
{
	switch (fuzz_below(in, 10)) {
	case 0:
	case 1:
	case 2:
		service();
		break;
	case 3:
		bind();
		break;
	case 4:
		vdev.status = fuzz_u8(in) & 7u;
		break;
	case 5:
		send(in);
		break;
	case 6:
		traffic(in);
		break;
	case 7:
		memory[fuzz_u16(in) % SIZE] = fuzz_u8(in);
		break;
	case 8:
		write_table_word(in);
		break;
	default:
		bind_unseen(in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };

	memset(memory, 0, SIZE);
	memset(&vdev, 0, sizeof vdev);
	boot();
	while (fuzz_more(&in))
		step(&in);
	return 0;
}
