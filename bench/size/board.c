/* SPDX-License-Identifier: Apache-2.0 */
/* What an image needs around the runtime, counted apart: vectors, reset, and a port to a doorbell (the MHU of an
 * SSE-200) and a free-running clock. */
#include <string.h>

#include "weft/port.h"

#define MHU_RING (*(volatile uint32_t *)0x50003014u)
#define TIMER (*(volatile uint32_t *)0x50000004u)

extern uint8_t stack_top[], data_load[], data_start[], bss_start[], bss_end[];
extern uint8_t data_size[]; /* its address is the number */
int main(void);

static void reset(void)
{
	memcpy(data_start, data_load, (size_t)(uintptr_t)data_size);
	memset(bss_start, 0, (size_t)(bss_end - bss_start));
	main();
	for (;;) {
	}
}

__attribute__((section(".vectors"), used)) static const void *const vectors[2] = { stack_top, (void *)reset };

static void kick(struct weft_port *self, uint32_t notifyid)
{
	(void)self;
	MHU_RING = 1u << notifyid;
}

static uint32_t now_us(struct weft_port *self)
{
	(void)self;
	return UINT32_MAX - TIMER; /* counts down */
}

static void relax(struct weft_port *self, uint32_t timeout_us)
{
	(void)self;
	(void)timeout_us;
	__asm__ volatile("wfe");
}

static const struct weft_port_ops ops = { .kick = kick, .now_us = now_us, .relax = relax };

struct weft_port port = {
	.ops = &ops,
	.region = { .base = (uint8_t *)0x38000000u, .address = 0x38000000u, .size = 0x4000u },
};
