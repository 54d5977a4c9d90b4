/* SPDX-License-Identifier: Apache-2.0 */
/* The shared memory itself, which the kernel's driver and the remote core are at: to write there what a kernel does
 * not. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "weft/ivshmem_page.h"

#define DRIVER "/sys/bus/pci/drivers/ivshmem_rproc/"
#define VDEV (WEFT_IVSHMEM_FIRMWARE + 20u) /* behind four words and an offset: the remote core's one entry */
#define AVAIL_OFFSET (16u * RING)
#define USED_OFFSET 8192u /* the next 4096 behind the available ring */

static int open_memory(void)
{
	DIR *devices = opendir(DRIVER);
	const struct dirent *entry;
	char path[128];

	CHECK(devices != NULL);
	while ((entry = readdir(devices)) != NULL && entry->d_name[0] != '0') /* 0000:00:01.0 */
		;
	CHECK(entry != NULL);
	snprintf(path, sizeof path, DRIVER "%.32s/resource2", entry->d_name);
	closedir(devices);
	return open(path, O_RDWR | O_SYNC | O_CLOEXEC);
}

static volatile uint8_t *memory(void)
{
	static volatile uint8_t *base;

	if (base != NULL)
		return base;
	int fd = open_memory();
	CHECK(fd >= 0);
	void *mapped = mmap(NULL, WEFT_IVSHMEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mapped != MAP_FAILED);
	close(fd);
	base = mapped;
	return base;
}

volatile struct vdev *memory_vdev(void)
{
	return (volatile struct vdev *)(volatile void *)(memory() + VDEV);
}

struct vring memory_vring(int number)
{
	volatile uint8_t *at = memory() + (number == 0 ? WEFT_IVSHMEM_VRING_0 : WEFT_IVSHMEM_VRING_1);

	return (struct vring){ (volatile void *)at, (volatile void *)(at + AVAIL_OFFSET),
		               (volatile void *)(at + USED_OFFSET) };
}

volatile struct header *memory_header(const struct vring *vring, unsigned id)
{
	uint32_t base = ((volatile struct weft_ivshmem_page *)(volatile void *)memory())->address;

	return (volatile struct header *)(volatile void *)(memory() + (vring->desc[id].addr - base));
}

/* Word by word: it may be mapped as a device's. */
void memory_zero_vrings(void)
{
	volatile uint32_t *word = (volatile uint32_t *)(volatile void *)(memory() + WEFT_IVSHMEM_VRING_0);

	for (unsigned i = 0; i < 2 * WEFT_IVSHMEM_VRING_SIZE / 4; i++)
		word[i] = 0;
}
