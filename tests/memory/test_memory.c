/* SPDX-License-Identifier: Apache-2.0 */
/* Two cores on generated headers alone. Their memory is mapped twice, at the very addresses that the description gives
 * each of them: who uses an address of the other side reads something else, or nothing. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub_memory.h"
#include "log_memory.h"
#include "virtio/ring.h"
#include "virtio/table.h"
#include "weft/rpmsg.h"
#include "weft/shm.h"

#define SHARED_SIZE 0x8000u /* of the region, in the description */
#define ADDRESS 0x4711u

/* A core's end of one link. Its tables are as large as the header says. */
struct end {
	struct weft_port port; /* first: ops find the end by it */
	struct weft_shm shm;
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[HUB_ENTRIES > LOG_ENTRIES ? HUB_ENTRIES : LOG_ENTRIES];
	struct rpmsg_endpoint *endpoints[4];
	struct rpmsg_endpoint ept;
	uint32_t now;
	unsigned count;
	const uint8_t *data; /* of the last message */
	uint8_t bytes[1024];
	size_t len;
};

static struct end hub_main, hub_io, log_main, log_io;

static void no_kick(struct weft_port *port, uint32_t notifyid)
{
	(void)port;
	(void)notifyid;
}

static uint32_t ticks(struct weft_port *port)
{
	return ((struct end *)(void *)port)->now++;
}

static void no_relax(struct weft_port *port, uint32_t timeout_us)
{
	(void)port;
	(void)timeout_us;
}

static const struct weft_port_ops ops = { .kick = no_kick, .now_us = ticks, .relax = no_relax };

static int on_message(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct end *end = (struct end *)priv;

	(void)ept;
	(void)src;
	end->count++;
	end->data = data;
	end->len = len;
	memcpy(end->bytes, data, len);
	return RPMSG_SUCCESS;
}

static void open_end(struct end *end, const struct weft_shm_role *role, struct weft_region region,
                     struct virtio_layout_config layout)
{
	struct weft_shm_config shm = { .role = role, .port = &end->port, .entries = end->entries, .layout = layout };
	struct rpmsg_config config = { .transport = &end->shm.transport,
		                       .endpoints = end->endpoints,
		                       .endpoint_slots = 4 };

	memset(end, 0, sizeof *end);
	end->port = (struct weft_port){ &ops, region };
	assert_int_equal(weft_shm_init(&end->shm, &shm), 0);
	assert_int_equal(rpmsg_init(&end->rdev, &config), RPMSG_SUCCESS);
	assert_int_equal(rpmsg_create_ept(&end->ept, &end->rdev, NULL, ADDRESS, ADDRESS, on_message, NULL), 0);
	end->ept.priv = end;
}

static void settle(void)
{
	struct end *ends[] = { &hub_main, &hub_io, &log_main, &log_io };

	for (int turn = 0; turn < 16; turn++) {
		for (int i = 0; i < 4; i++)
			rpmsg_poll(&ends[i]->rdev, 64);
	}
}

/* The memory is one, its places are two. */
static int map(void **state)
{
	int memory = memfd_create("shared", 0);
	void *const places[] = { (uint8_t *)(uintptr_t)HUB_DRIVER_BASE, (uint8_t *)(uintptr_t)HUB_DEVICE_BASE };

	(void)state;
	if (memory < 0 || ftruncate(memory, SHARED_SIZE) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (mmap(places[i], SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, memory, 0) !=
		    places[i])
			return -1;
	}
	return close(memory);
}

static int open_all(void **state)
{
	(void)state;
	open_end(&hub_main, &weft_shm_driver, (struct weft_region)HUB_DRIVER_REGION,
	         (struct virtio_layout_config)HUB_LAYOUT);
	open_end(&hub_io, &weft_shm_device, (struct weft_region)HUB_DEVICE_REGION,
	         (struct virtio_layout_config)HUB_LAYOUT);
	open_end(&log_io, &weft_shm_driver, (struct weft_region)LOG_DRIVER_REGION,
	         (struct virtio_layout_config)LOG_LAYOUT);
	open_end(&log_main, &weft_shm_device, (struct weft_region)LOG_DEVICE_REGION,
	         (struct virtio_layout_config)LOG_LAYOUT);
	settle();
	return 0;
}

/* The numbers of the description, not those of the headers. */
static void each_core_has_its_own_addresses_of_one_memory(void **state)
{
	const struct weft_region regions[] = { HUB_DRIVER_REGION, HUB_DEVICE_REGION, LOG_DRIVER_REGION,
		                               LOG_DEVICE_REGION };
	const uintptr_t log = 5760; /* behind the hub */

	(void)state;
	assert_int_equal((uintptr_t)regions[0].base, 0x38000000);
	assert_int_equal((uintptr_t)regions[1].base, 0x18000000);
	assert_int_equal((uintptr_t)regions[2].base, 0x18000000 + log);
	assert_int_equal((uintptr_t)regions[3].base, 0x38000000 + log);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(regions[i].address, 0x18000000); /* nobody said another */
		assert_int_equal(regions[i].size, log);
		assert_int_equal(regions[2 + i].address, 0x20000000);
		assert_int_equal(regions[2 + i].size, 8192);
	}
}

static void both_links_come_up_with_the_mtu_of_their_buffers(void **state)
{
	(void)state;
	assert_int_equal(rpmsg_link(&hub_main.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_link(&hub_io.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_link(&log_main.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_link(&log_io.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_mtu(&hub_io.rdev), HUB_BUFFER_SIZE - 16u);
	assert_int_equal(rpmsg_mtu(&log_main.rdev), LOG_BUFFER_SIZE - 16u);
}

static void expect_table(const struct weft_region *region, const uint32_t vring[2], const uint32_t buffers[2])
{
	const struct rsc_table *table = virtio_table(region);

	for (int i = 0; i < 2; i++) {
		const struct vring_desc *desc = (const struct vring_desc *)(const void *)(region->base + vring[i]);

		assert_int_equal(table->vdev.vring[i].da, region->address + vring[i]);
		assert_int_equal(desc->addr, region->address + buffers[i]);
	}
}

static void the_runtime_lays_out_what_the_headers_say(void **state)
{
	const uint32_t hub_vrings[2] = { HUB_VRING_0, HUB_VRING_1 };
	const uint32_t hub_buffers[2] = { HUB_BUFFERS_0, HUB_BUFFERS_1 };
	const uint32_t log_vrings[2] = { LOG_VRING_0, LOG_VRING_1 };
	const uint32_t log_buffers[2] = { LOG_BUFFERS_0, LOG_BUFFERS_1 };

	(void)state;
	expect_table(&hub_io.port.region, hub_vrings, hub_buffers);
	expect_table(&log_main.port.region, log_vrings, log_buffers);
	assert_int_equal(virtio_table(&hub_io.port.region)->vdev.vring[0].num, HUB_BUFFERS);
	assert_int_equal(virtio_table(&log_main.port.region)->vdev.vring[1].align, LOG_ALIGN);
}

/* Full messages, each buffer twice, and every byte of it. */
static void expect_messages(struct end *from, struct end *to, uint32_t buffers, uint8_t *base, uint32_t size)
{
	uint8_t bytes[1024];
	int mtu = (int)rpmsg_mtu(&from->rdev);

	for (unsigned i = 0; i < 2 * buffers; i++) {
		memset(bytes, (int)(0x30u + i), sizeof bytes);
		assert_int_equal(rpmsg_send(&from->ept, bytes, mtu), mtu);
		settle();
		assert_int_equal(to->count, i + 1);
		assert_int_equal(to->len, mtu);
		assert_memory_equal(to->bytes, bytes, to->len);
		assert_true(to->data >= base && to->data + to->len <= base + size);
	}
}

static void messages_go_both_ways_on_both_links_through_every_buffer(void **state)
{
	struct weft_region regions[] = { HUB_DRIVER_REGION, HUB_DEVICE_REGION, LOG_DRIVER_REGION, LOG_DEVICE_REGION };

	(void)state;
	expect_messages(&hub_main, &hub_io, HUB_BUFFERS, regions[1].base, HUB_SIZE);
	expect_messages(&log_io, &log_main, LOG_BUFFERS, regions[3].base, LOG_SIZE);
	expect_messages(&hub_io, &hub_main, HUB_BUFFERS, regions[0].base, HUB_SIZE);
	expect_messages(&log_main, &log_io, LOG_BUFFERS, regions[2].base, LOG_SIZE);
	assert_int_equal(rpmsg_buffers_out(&hub_main.rdev) + rpmsg_buffers_out(&hub_io.rdev), 0);
	assert_int_equal(rpmsg_buffers_out(&log_main.rdev) + rpmsg_buffers_out(&log_io.rdev), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_core_has_its_own_addresses_of_one_memory),
		cmocka_unit_test_setup(both_links_come_up_with_the_mtu_of_their_buffers, open_all),
		cmocka_unit_test_setup(the_runtime_lays_out_what_the_headers_say, open_all),
		cmocka_unit_test_setup(messages_go_both_ways_on_both_links_through_every_buffer, open_all),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
