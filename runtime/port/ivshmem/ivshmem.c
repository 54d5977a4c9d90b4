/* SPDX-License-Identifier: Apache-2.0 */
/* An ivshmem server with one client (QEMU, docs/specs/ivshmem-spec.txt, "Interrupts"), and the session of its guest. */
#include "weft/ivshmem.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/posix/posix.h"

#define PROTOCOL_VERSION 0
#define OUR_ID 0  /* whom the guest's doorbell register rings */
#define QEMU_ID 1 /* QEMU's own */

static struct weft_ivshmem *ivshmem_of(struct weft_posix *posix)
{
	return (struct weft_ivshmem *)(void *)posix; /* its first member */
}

static struct weft_ivshmem_page *page_of(const struct weft_posix *posix)
{
	return (struct weft_ivshmem_page *)(void *)posix->port.region.base;
}

/* As after power-up. Nobody else has the memory: QEMU is not there yet, or gone. */
static void power_up(struct weft_posix *posix)
{
	const struct weft_ivshmem *ivshmem = ivshmem_of(posix);
	struct weft_ivshmem_page *page = page_of(posix);

	memset(page, 0, WEFT_IVSHMEM_SIZE);
	if (ivshmem->table_size != 0)
		memcpy((uint8_t *)page + WEFT_IVSHMEM_FIRMWARE, ivshmem->table, ivshmem->table_size);
	page->table_size = ivshmem->table_size;
	page->magic = WEFT_IVSHMEM_MAGIC;
}

/* One number a message, little endian, and with it a descriptor or none. */
static bool tell(const struct weft_posix *posix, int64_t number, int fd)
{
	return weft_posix_pass(posix->socket, &number, sizeof number, &fd, fd >= 0 ? 1 : 0);
}

/* Version, its id, the memory; then each peer's vectors, ours first and its own last: with these it begins. */
static bool greet(const struct weft_posix *posix)
{
	const struct weft_ivshmem *ivshmem = ivshmem_of((struct weft_posix *)(uintptr_t)posix);
	bool good = tell(posix, PROTOCOL_VERSION, -1) && tell(posix, QEMU_ID, -1) && tell(posix, -1, posix->memory) &&
	            tell(posix, OUR_ID, posix->bell_in);

	for (unsigned i = 0; good && i < WEFT_IVSHMEM_VECTORS; i++)
		good = tell(posix, QEMU_ID, ivshmem->vectors[i]);
	return good;
}

/* QEMU, and then the guest's driver, which rings when it has written the address. */
static bool meet_guest(struct weft_posix *posix)
{
	struct weft_ivshmem_page *page = page_of(posix);

	if (posix->socket >= 0 && weft_posix_hung_up(posix))
		weft_posix_close_fd(&posix->socket);
	if (posix->socket < 0) {
		if (!weft_posix_accept(posix))
			return false;
		power_up(posix);
		if (!greet(posix))
			weft_posix_close_fd(&posix->socket);
		return false;
	}
	/* Acquire: what the guest wrote before. */
	uint32_t address = __atomic_load_n(&page->address, __ATOMIC_ACQUIRE);
	if (address == 0 || address % 4096u != 0)
		return false;
	if (page->table_size == 0 && __atomic_load_n(&page->boot, __ATOMIC_ACQUIRE) == 0)
		return false;
	posix->port.region.address = address;
	return true;
}

/* The guest's driver may leave, or stop us, while QEMU stays. */
static uint32_t guest_session(struct weft_port *port)
{
	struct weft_posix *posix = (struct weft_posix *)(void *)port;
	const struct weft_ivshmem_page *page = page_of(posix);
	bool stopped = ivshmem_of(posix)->table_size == 0 && __atomic_load_n(&page->boot, __ATOMIC_ACQUIRE) == 0;

	if (posix->session != 0 &&
	    (__atomic_load_n(&page->address, __ATOMIC_ACQUIRE) != port->region.address || stopped)) {
		posix->session = 0;
		return 0;
	}
	return weft_posix_session(port);
}

static int open_memory(struct weft_posix *posix)
{
	struct weft_ivshmem *ivshmem = ivshmem_of(posix);
	int result = weft_posix_make(posix, SOCK_STREAM);

	if (result < 0)
		return result;
	ivshmem->vectors[WEFT_IVSHMEM_BELL] = posix->bell_out;
	ivshmem->vectors[WEFT_IVSHMEM_FAULT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return ivshmem->vectors[WEFT_IVSHMEM_FAULT] < 0 ? -errno : 0;
}

int weft_ivshmem_open(struct weft_ivshmem *ivshmem, const struct weft_ivshmem_config *config)
{
	struct weft_posix_config posix = {
		.path = config->path, .driver = true, .threads = config->threads, .size = WEFT_IVSHMEM_SIZE
	};

	if (config->table_size > WEFT_IVSHMEM_FIRMWARE_SIZE || (config->table == NULL) != (config->table_size == 0))
		return -EINVAL;
	ivshmem->table = config->table;
	ivshmem->table_size = config->table_size;
	ivshmem->vectors[WEFT_IVSHMEM_FAULT] = -1;
	int result = weft_posix_start(&ivshmem->posix, &posix, open_memory, meet_guest);
	if (result < 0) {
		weft_posix_close_fd(&ivshmem->vectors[WEFT_IVSHMEM_FAULT]);
		return result;
	}
	ivshmem->ops = *ivshmem->posix.port.ops;
	ivshmem->ops.session = guest_session;
	ivshmem->posix.port.ops = &ivshmem->ops;
	return 0;
}

void weft_ivshmem_report_crash(struct weft_ivshmem *ivshmem)
{
	uint64_t one = 1;

	/* It fails when the counter is full, and then it is told already. */
	ssize_t written = write(ivshmem->vectors[WEFT_IVSHMEM_FAULT], &one, sizeof one);
	(void)written;
}

void weft_ivshmem_close(struct weft_ivshmem *ivshmem)
{
	weft_posix_close(&ivshmem->posix);
	weft_posix_close_fd(&ivshmem->vectors[WEFT_IVSHMEM_FAULT]);
}
