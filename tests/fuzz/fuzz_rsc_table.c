/* SPDX-License-Identifier: Apache-2.0 */
/* The head page: a table of any content, and the epoch and status words moved by a peer that follows the handshake, or
 * does not, against both roles of the transport. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "transport/shm/shm.h"
#include "virtio/table.h"
#include "weft/check.h"

#define NUM 4u
#define SIZE 8192u
#define ADDRESS 0x10000000u
#define KICKS_MAX 3u /* that one look after the link may ring */

static _Alignas(64) uint8_t memory[SIZE];
static uint8_t before[SIZE];

static const struct virtio_layout_config layout = { .num = NUM, .buf_size = 64, .align = 64 };

/* ---- A core of one role ---- */

static struct weft_port port;
static struct weft_shm shm;
static struct virtqueue_entry entries[2 * NUM];
static unsigned kicks;
static uint32_t session;

static void count_kick(struct weft_port *of, uint32_t notifyid)
{
	(void)of;
	fuzz_assert(notifyid < 2u);
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

static uint32_t session_of(struct weft_port *of)
{
	(void)of;
	return session;
}

static const struct weft_port_ops ops = { .kick = count_kick, .now_us = now, .relax = relax, .session = session_of };

static void boot(const struct weft_shm_role *role)
{
	struct weft_shm_config config = { .role = role, .port = &port, .entries = entries, .layout = layout };

	port = (struct weft_port){ &ops, { memory, ADDRESS, SIZE } };
	session = 1;
	fuzz_assert(weft_shm_init(&shm, &config) == 0);
}

static bool is_driver(void)
{
	return shm.role == &weft_shm_driver;
}

/* ---- The table alone ---- */

static bool good_vring(const struct virtio_rings *rings, int i, uint32_t *end)
{
	uint32_t num = rings->num[i];
	uint32_t align = rings->align[i];

	if (num < 2u || num > NUM || (num & (num - 1u)) != 0)
		return false;
	if (align < 4u || align > 65536u || (align & (align - 1u)) != 0)
		return false;
	if (rings->offset[i] % align != 0 || rings->offset[i] % 16u != 0)
		return false;
	*end = rings->offset[i] + virtio_vring_size((uint16_t)num, align);
	return rings->offset[i] >= VIRTIO_HEAD_SIZE && *end > rings->offset[i] && *end <= SIZE;
}

/* What is accepted lies in the region, aligned, apart, behind the head page. */
static void read_table(void)
{
	struct virtio_rings rings = { { 0 }, { 0 }, { 0 } };
	uint32_t end[2];

	memcpy(before, memory, SIZE);
	enum weft_check fault = virtio_table_read(&port.region, NUM, &rings);
	fuzz_assert(memcmp(before, memory, SIZE) == 0);
	if (fault != WEFT_CHECK_NONE)
		return;
	const struct rsc_table *table = virtio_table(&port.region);
	fuzz_assert(table->version == RSC_TABLE_VERSION && table->num == 2 && table->vdev.type == RSC_VDEV);
	fuzz_assert(table->offset[0] == offsetof(struct rsc_table, vdev));
	fuzz_assert(table->offset[1] == offsetof(struct rsc_table, epoch));
	fuzz_assert(table->vdev.id == VIRTIO_ID_RPMSG && table->vdev.num_of_vrings == 2);
	fuzz_assert(table->epoch.type == RSC_WEFT_EPOCH && table->epoch.version == RSC_WEFT_EPOCH_VERSION);
	fuzz_assert(table->epoch.driver_da == ADDRESS + VIRTIO_HEAD_DRIVER);
	fuzz_assert(table->epoch.device_da == ADDRESS + VIRTIO_HEAD_DEVICE);
	fuzz_assert(good_vring(&rings, 0, &end[0]) && good_vring(&rings, 1, &end[1]));
	fuzz_assert(end[0] <= rings.offset[1] || end[1] <= rings.offset[0]);
}

static void write_table_word(struct fuzz *in)
{
	uint32_t word = fuzz_below(in, sizeof(struct rsc_table) / 4u) * 4u;
	uint32_t value;

	memcpy(&value, memory + word, sizeof value);
	switch (fuzz_below(in, 4)) {
	case 0:
		value += (uint32_t)fuzz_delta(in);
		break;
	case 1:
		value = ADDRESS + (fuzz_below(in, 3) == 0 ? SIZE : VIRTIO_HEAD_SIZE);
		value += (uint32_t)(fuzz_delta(in) * 16);
		break;
	case 2:
		value ^= 1u << fuzz_below(in, 32);
		break;
	default:
		value = FUZZ_PICK(in, 0, 1, 2, 3, 4, 5, 8, 16, 64, 0x8000, 0x10000, 0x20000, 0x80000000u, 0xffffffffu);
		break;
	}
	memcpy(memory + word, &value, sizeof value);
}

/* ---- The peer of a core ---- */

static void store(uint32_t *word, uint32_t value)
{
	memcpy(word, &value, sizeof value);
}

/* What an honest peer would do next. */
static void follow(void)
{
	struct rsc_vdev *vdev = &virtio_table(&port.region)->vdev;
	struct virtio_line *driver = virtio_driver_line(&port.region);
	struct virtio_line *device = virtio_device_line(&port.region);
	struct virtio_layout at;

	if (is_driver()) {
		store(&device->features, VIRTIO_RPMSG_FEATURES);
		store(&device->flags, 0);
		store(&device->epoch, driver->epoch);
		return;
	}
	if (device->epoch != driver->epoch || driver->epoch == 0) {
		virtio_layout_compute(&layout, &at);
		virtio_table_write(&port.region, &layout, &at);
		store(&driver->epoch, (driver->epoch + 1u) & ~VIRTIO_EPOCH_DEVICE);
		return;
	}
	virtio_layout_compute(&layout, &at);
	for (uint16_t id = 0; id < NUM; id++) { /* buffers to send in, and the driver goes */
		struct vring_desc desc = { ADDRESS + at.buffers[0] + id * 64u, 64, VRING_DESC_F_WRITE, 0 };

		memcpy(memory + at.vring[0] + 16u * id, &desc, sizeof desc);
		memcpy(memory + at.vring[0] + 16u * NUM + 4u + 2u * id, &id, sizeof id);
	}
	memory[at.vring[0] + 16u * NUM + 2u] = NUM;
	vdev->gfeatures = VIRTIO_RPMSG_FEATURES;
	vdev->status = 7;
}

static void write_word(struct fuzz *in)
{
	struct rsc_vdev *vdev = &virtio_table(&port.region)->vdev;
	struct virtio_line *driver = virtio_driver_line(&port.region);
	struct virtio_line *device = virtio_device_line(&port.region);
	uint32_t *words[] = { &driver->epoch, &device->epoch,   &device->flags,  &device->features,
		              &driver->flags, &vdev->gfeatures, &vdev->dfeatures };
	uint32_t *word = words[fuzz_below(in, 7)];

	switch (fuzz_below(in, 6)) {
	case 0:
		store(word, *word + (uint32_t)fuzz_delta(in));
		break;
	case 1:
		store(word, driver->epoch);
		break;
	case 2:
		store(word, device->epoch);
		break;
	case 3:
		store(word, *word ^ VIRTIO_EPOCH_DEVICE);
		break;
	case 4:
		vdev->status = fuzz_u8(in) & 7u;
		break;
	default:
		store(word, fuzz_u32(in));
		break;
	}
}

/* ---- What must hold when a core looks after its link ---- */

static bool same(uint32_t from, uint32_t to)
{
	return memcmp(before + from, memory + from, to - from) == 0;
}

static void check_words(uint8_t was)
{
	const struct virtio_line *driver = virtio_driver_line(&port.region);
	const struct virtio_line *device = virtio_device_line(&port.region);
	bool came_up = was != SHM_UP && shm.state == SHM_UP;

	if (is_driver()) {
		fuzz_assert(same(VIRTIO_HEAD_DEVICE, VIRTIO_HEAD_SIZE)); /* one writer a line */
		fuzz_assert(came_up || same(VIRTIO_HEAD_SIZE, SIZE));    /* no ring before the echo */
		if (shm.state == SHM_ASKED || shm.state == SHM_UP)
			fuzz_assert(shm.epoch != 0 && (shm.epoch & VIRTIO_EPOCH_DEVICE) == 0);
		if (came_up)
			fuzz_assert(device->epoch == shm.epoch && (device->flags & VIRTIO_LINE_NEEDS_RESET) == 0);
		return;
	}
	fuzz_assert(same(0, VIRTIO_HEAD_DEVICE));
	fuzz_assert(came_up || was == SHM_ECHO || same(VIRTIO_HEAD_SIZE, SIZE));
	if (came_up) {
		const struct rsc_vdev *vdev = &virtio_table(&port.region)->vdev;

		fuzz_assert(driver->epoch == device->epoch && driver->epoch == shm.epoch);
		fuzz_assert((vdev->status & VIRTIO_STATUS_DRIVER_OK) != 0);
		fuzz_assert((vdev->gfeatures & ~VIRTIO_RPMSG_FEATURES) == 0);
	}
	if (shm.state == SHM_ERROR && was != SHM_ERROR)
		fuzz_assert((device->flags & VIRTIO_LINE_NEEDS_RESET) != 0 && device->epoch == shm.epoch);
	if (shm.state == SHM_WAIT)
		fuzz_assert((device->epoch & VIRTIO_EPOCH_DEVICE) != 0 || was == SHM_WAIT);
}

static void service(void)
{
	struct weft_link_counters was = shm.transport.counters;
	uint8_t state = shm.state;

	memcpy(before, memory, SIZE);
	kicks = 0;
	enum weft_link_state link = shm.transport.ops->service(&shm.transport);
	const struct weft_link_counters *counters = &shm.transport.counters;
	bool erred = state != SHM_ERROR && shm.state == SHM_ERROR;

	fuzz_assert(kicks <= KICKS_MAX && counters->kicks_sent - was.kicks_sent == kicks);
	fuzz_assert(counters->ups - was.ups == (state != SHM_UP && shm.state == SHM_UP));
	fuzz_assert(session != 0 || link != WEFT_LINK_UP);
	if (link == WEFT_LINK_UP) {
		fuzz_assert(shm.state == SHM_UP && shm.transport.mtu >= 40u && shm.transport.mtu <= UINT16_MAX);
		fuzz_assert(shm.tx.num <= NUM && shm.rx.num <= NUM && shm.tx.buf_size <= SIZE);
	} else {
		fuzz_assert(shm.transport.mtu == 0 && shm.transport.ops->out(&shm.transport) == 0);
	}
	if (shm.state == SHM_ERROR) /* nothing silent; a driver stays there, a device may fail anew */
		fuzz_assert(counters->violations - was.violations == (erred || (!is_driver() && kicks != 0)));
	else
		fuzz_assert(counters->violations == was.violations);
	if (is_driver() && state == SHM_ERROR)
		fuzz_assert(shm.state == SHM_ERROR);
	check_words(state);
}

/* ---- Traffic, so that rings break and buffers are out ---- */

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

static void scribble(struct fuzz *in)
{
	uint32_t at = VIRTIO_HEAD_SIZE + fuzz_u16(in) % (SIZE - VIRTIO_HEAD_SIZE);

	memory[at] = fuzz_u8(in);
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
	case 4:
		follow();
		break;
	case 5:
		write_word(in);
		break;
	case 6:
		traffic(in);
		break;
	case 7:
		scribble(in);
		break;
	case 8:
		write_table_word(in);
		break;
	default:
		if (fuzz_below(in, 4) == 0)
			session = fuzz_below(in, 3);
		else if (fuzz_below(in, 2) == 0)
			shm.transport.ops->restart(&shm.transport);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };
	uint32_t mode = fuzz_below(&in, 3);
	struct virtio_layout at;

	memset(memory, 0, SIZE);
	boot(mode == 1 ? &weft_shm_driver : &weft_shm_device);
	if (mode != 0) {
		while (fuzz_more(&in))
			step(&in);
		return 0;
	}
	virtio_layout_compute(&layout, &at);
	virtio_table_write(&port.region, &layout, &at);
	while (fuzz_more(&in)) {
		write_table_word(&in);
		read_table();
	}
	return 0;
}
