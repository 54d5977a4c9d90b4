/* SPDX-License-Identifier: Apache-2.0 */
/* The ivshmem port as QEMU and a guest meet it: QEMU's half of the socket is played here, by its specification
 * (docs/specs/ivshmem-spec.txt); the real one is what scripts/test-linux runs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "weft/ivshmem_link.h"
#include "weft/virtio.h"

#define ADDRESS 0x10000000u

static char path[WEFT_POSIX_PATH_MAX];
static const uint8_t table[100] = { 1, 2, 3 };
static struct weft_ivshmem ivshmem;

/* What QEMU has after the greeting. */
struct qemu {
	int socket, memory;
	int rings;                       /* the bell that the guest rings */
	int hears[WEFT_IVSHMEM_VECTORS]; /* the guest's interrupts */
	uint8_t *base;
	struct weft_ivshmem_page *page;
};

static int open_port(bool attached)
{
	struct weft_ivshmem_config config = { .path = path };

	if (attached) {
		config.table = table;
		config.table_size = sizeof table;
	}
	return weft_ivshmem_open(&ivshmem, &config);
}

/* Look as often as a busy loop needs to ask the socket. */
static uint32_t look(void)
{
	struct weft_port *port = &ivshmem.posix.port;
	uint32_t session = 0;

	for (int i = 0; i < 2048; i++)
		session = port->ops->session(port);
	return session;
}

static int connect_qemu(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(to.sun_path, path, sizeof path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* One message: a number, and its descriptor or -1. */
static int64_t hear(int socket, int *fd)
{
	int64_t number;
	struct iovec iov = { &number, sizeof number };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};

	assert_int_equal(recvmsg(socket, &message, 0), sizeof number);
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	*fd = -1;
	if (header != NULL)
		memcpy(fd, CMSG_DATA(header), sizeof *fd);
	return number;
}

static struct qemu finish_greeting(struct qemu qemu)
{
	int none;

	assert_int_equal(hear(qemu.socket, &none), 0); /* the version */
	assert_int_equal(none, -1);
	int64_t own = hear(qemu.socket, &none);
	assert_int_equal(none, -1);
	assert_int_equal(hear(qemu.socket, &qemu.memory), -1);
	int64_t other = hear(qemu.socket, &qemu.rings);
	assert_int_equal(other, 0); /* the module rings peer 0 */
	assert_int_not_equal(other, own);
	for (unsigned i = 0; i < WEFT_IVSHMEM_VECTORS; i++)
		assert_int_equal(hear(qemu.socket, &qemu.hears[i]), own);
	qemu.base = mmap(NULL, WEFT_IVSHMEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, qemu.memory, 0);
	assert_ptr_not_equal(qemu.base, MAP_FAILED);
	qemu.page = (struct weft_ivshmem_page *)(void *)qemu.base;
	return qemu;
}

static struct qemu be_greeted(void)
{
	struct qemu qemu = { .socket = connect_qemu() };

	look();
	return finish_greeting(qemu);
}

static void hang_up(struct qemu *qemu)
{
	munmap(qemu->base, WEFT_IVSHMEM_SIZE);
	close(qemu->memory);
	close(qemu->rings);
	for (unsigned i = 0; i < WEFT_IVSHMEM_VECTORS; i++)
		close(qemu->hears[i]);
	close(qemu->socket);
}

static bool rang(int bell)
{
	uint64_t count;

	return read(bell, &count, sizeof count) == (ssize_t)sizeof count;
}

static void the_memory_is_as_after_power_up_each_time(void **state)
{
	(void)state;
	assert_int_equal(open_port(true), 0);
	for (int i = 0; i < 3; i++) {
		struct qemu qemu = be_greeted();

		assert_int_equal(qemu.page->magic, WEFT_IVSHMEM_MAGIC);
		assert_int_equal(qemu.page->table_size, sizeof table);
		assert_int_equal(qemu.page->address, 0);
		assert_int_equal(qemu.page->boot, 0);
		assert_memory_equal(qemu.base + WEFT_IVSHMEM_FIRMWARE, table, sizeof table);
		for (uint32_t at = WEFT_IVSHMEM_FIRMWARE + sizeof table; at < WEFT_IVSHMEM_SIZE; at++)
			assert_int_equal(qemu.base[at], 0);
		memset(qemu.base, 0xa5, WEFT_IVSHMEM_SIZE);
		hang_up(&qemu);
	}
	weft_ivshmem_close(&ivshmem);
}

static void a_session_is_as_long_as_the_guests_driver(void **state)
{
	(void)state;
	assert_int_equal(open_port(true), 0);
	struct qemu qemu = be_greeted();
	assert_int_equal(look(), 0);
	qemu.page->address = ADDRESS + 4; /* no page begins there */
	assert_int_equal(look(), 0);
	qemu.page->address = ADDRESS;
	uint32_t session = look();
	assert_int_not_equal(session, 0);
	assert_int_equal(look(), session);
	assert_int_equal(ivshmem.posix.port.region.address, ADDRESS);
	assert_int_equal(ivshmem.posix.port.region.size, WEFT_IVSHMEM_SIZE);
	qemu.page->address = 0;
	assert_int_equal(look(), 0);
	qemu.page->address = 2 * ADDRESS;
	assert_int_not_equal(look(), session);
	assert_int_equal(ivshmem.posix.port.region.address, 2 * ADDRESS);
	hang_up(&qemu);
	assert_int_equal(look(), 0);
	weft_ivshmem_close(&ivshmem);
}

static void a_firmware_runs_from_its_start_to_its_stop(void **state)
{
	(void)state;
	assert_int_equal(open_port(false), 0);
	struct qemu qemu = be_greeted();
	assert_int_equal(qemu.page->table_size, 0);
	qemu.page->address = ADDRESS;
	assert_int_equal(look(), 0);
	qemu.page->boot = ADDRESS + WEFT_IVSHMEM_FIRMWARE;
	uint32_t session = look();
	assert_int_not_equal(session, 0);
	qemu.page->boot = 0;
	assert_int_equal(look(), 0);
	qemu.page->boot = ADDRESS + WEFT_IVSHMEM_FIRMWARE;
	assert_int_not_equal(look(), session);
	hang_up(&qemu);
	weft_ivshmem_close(&ivshmem);
}

static void each_bell_rings_where_it_should(void **state)
{
	struct weft_port *port = &ivshmem.posix.port;
	uint64_t one = 1, full = UINT64_MAX - 1u;

	(void)state;
	assert_int_equal(open_port(true), 0);
	struct qemu qemu = be_greeted();
	port->ops->kick(port, 0);
	assert_true(rang(qemu.hears[WEFT_IVSHMEM_BELL]));
	assert_false(rang(qemu.hears[WEFT_IVSHMEM_FAULT]));
	weft_ivshmem_report_crash(&ivshmem);
	assert_false(rang(qemu.hears[WEFT_IVSHMEM_BELL]));
	assert_true(rang(qemu.hears[WEFT_IVSHMEM_FAULT]));
	assert_int_equal(write(qemu.hears[WEFT_IVSHMEM_FAULT], &full, sizeof full), sizeof full);
	weft_ivshmem_report_crash(&ivshmem); /* does not block */
	assert_int_equal(write(qemu.rings, &one, sizeof one), sizeof one);
	port->ops->relax(port, 60000000); /* a minute, but for the bell */
	assert_false(rang(qemu.rings));
	hang_up(&qemu);
	weft_ivshmem_close(&ivshmem);
}

static void one_that_hangs_up_before_its_guest_spoke_leaves_the_place_free(void **state)
{
	(void)state;
	assert_int_equal(open_port(true), 0);
	close(connect_qemu()); /* before it is greeted */
	assert_int_equal(look(), 0);
	struct qemu qemu = be_greeted();
	hang_up(&qemu);
	qemu = be_greeted();
	qemu.page->address = ADDRESS;
	assert_int_not_equal(look(), 0);
	hang_up(&qemu);
	weft_ivshmem_close(&ivshmem);
}

static void a_table_that_cannot_be_is_refused(void **state)
{
	static const uint8_t large[WEFT_IVSHMEM_FIRMWARE_SIZE + 1];
	struct weft_ivshmem_config config = { .path = path, .table = large, .table_size = sizeof large };

	(void)state;
	assert_int_equal(weft_ivshmem_open(&ivshmem, &config), -EINVAL);
	config.table_size = 0;
	assert_int_equal(weft_ivshmem_open(&ivshmem, &config), -EINVAL);
	config.table = NULL;
	config.table_size = 16;
	assert_int_equal(weft_ivshmem_open(&ivshmem, &config), -EINVAL);
	config.table = large;
	config.table_size = WEFT_IVSHMEM_FIRMWARE_SIZE;
	assert_int_equal(weft_ivshmem_open(&ivshmem, &config), 0);
	weft_ivshmem_close(&ivshmem);
}

/* Linux's half: places both rings, posts a buffer in the first, and says DRIVER_OK. */
static void drive(const struct qemu *qemu)
{
	uint8_t *found = qemu->base + WEFT_IVSHMEM_FIRMWARE;
	uint32_t words[5]; /* version, num, two reserved, the first offset */
	const struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next;
	} desc = { ADDRESS + WEFT_IVSHMEM_BUFFERS, WEFT_LINK_BUF_SIZE, 2, 0 }; /* the device writes */
	uint16_t one = 1;

	memcpy(words, found, sizeof words);
	assert_int_equal(words[0], 1);
	assert_int_equal(words[1], 1);
	struct rsc_vdev *vdev = (struct rsc_vdev *)(void *)(found + words[4]);
	assert_int_equal(vdev->type, RSC_VDEV);
	assert_int_equal(words[4] + sizeof *vdev, qemu->page->table_size);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(vdev->vring[i].da, 0xffffffff);
		assert_int_equal(vdev->vring[i].num, WEFT_LINK_BUFFERS);
		vdev->vring[i].da = ADDRESS + (i == 0 ? WEFT_IVSHMEM_VRING_0 : WEFT_IVSHMEM_VRING_1);
	}
	memcpy(qemu->base + WEFT_IVSHMEM_VRING_0, &desc, sizeof desc);
	memcpy(qemu->base + WEFT_IVSHMEM_VRING_0 + sizeof desc * WEFT_LINK_BUFFERS + 2, &one, sizeof one);
	vdev->status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK;
	qemu->page->address = ADDRESS;
}

static void a_link_shows_linux_its_table_and_comes_up(void **state)
{
	static struct weft_ivshmem_link link;

	(void)state;
	assert_int_equal(weft_ivshmem_link_open(&link, NULL, NULL), -EINVAL);
	assert_int_equal(weft_ivshmem_link_open(&link, path, NULL), 0);
	struct qemu qemu = { .socket = connect_qemu() };
	for (int i = 0; i < 2048; i++)
		rpmsg_poll(&link.link.rdev, 1);
	qemu = finish_greeting(qemu);
	assert_int_equal(rpmsg_link(&link.link.rdev), WEFT_LINK_DOWN);
	drive(&qemu);
	for (int i = 0; i < 2048; i++)
		rpmsg_poll(&link.link.rdev, 1);
	assert_int_equal(rpmsg_link(&link.link.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_mtu(&link.link.rdev), WEFT_LINK_BUF_SIZE - 16);
	weft_ivshmem_link_close(&link);
	hang_up(&qemu);
}

/* The lowest descriptor that is free. */
static rlim_t next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return (rlim_t)fd;
}

static void one_that_gets_too_few_descriptors_says_so_and_keeps_none(void **state)
{
	struct rlimit usual, few;
	rlim_t first = next_fd();

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	few = usual;
	for (unsigned granted = 0; granted < 6; granted++) {
		few.rlim_cur = first + granted;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		int result = open_port(true);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
		assert_int_equal(result, granted < 5 ? -EMFILE : 0); /* memory, two bells, a socket, a third bell */
		if (result == 0)
			weft_ivshmem_close(&ivshmem);
		assert_int_equal(next_fd(), first);
		assert_int_equal(access(path, F_OK), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_memory_is_as_after_power_up_each_time),
		cmocka_unit_test(a_session_is_as_long_as_the_guests_driver),
		cmocka_unit_test(a_firmware_runs_from_its_start_to_its_stop),
		cmocka_unit_test(each_bell_rings_where_it_should),
		cmocka_unit_test(one_that_hangs_up_before_its_guest_spoke_leaves_the_place_free),
		cmocka_unit_test(a_table_that_cannot_be_is_refused),
		cmocka_unit_test(a_link_shows_linux_its_table_and_comes_up),
		cmocka_unit_test(one_that_gets_too_few_descriptors_says_so_and_keeps_none),
	};

	snprintf(path, sizeof path, "/tmp/weft-ivshmem-%ld", (long)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
