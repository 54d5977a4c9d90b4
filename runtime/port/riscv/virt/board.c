/* SPDX-License-Identifier: Apache-2.0 */
/* The board's doorbell, console and end; what is kept. */
#include <stdbool.h>
#include <stddef.h>

#include "cores_memory.h"
#include "port/console.h"
#include "port/riscv/virt/virt.h"
#include "weft/riscv.h"

extern char virt_hart[]; /* core0.ld: its address is the number of this image's hart */

/* What a restart leaves. The machine begins with memory that is zero. */
static struct {
	uint32_t life;
	uint32_t words[BOARD_KEPT_WORDS];
} kept __attribute__((section(".kept")));

#if __riscv_xlen == 32
const char board_name[] = "rv32";
#else
const char board_name[] = "rv64";
#endif

static struct weft_riscv riscv;
static void (*doorbell_handler)(void);

unsigned board_core(void)
{
	return (unsigned)(uintptr_t)virt_hart;
}

struct weft_port *board_port(void)
{
	return &riscv.port;
}

uint32_t *board_shared(void)
{
	return virt_shared.words;
}

uint32_t *board_kept(void)
{
	return kept.words;
}

uint32_t board_life(void)
{
	return kept.life;
}

uint32_t board_seed(void)
{
	return virt_shared.seed;
}

/* ---- The doorbell ---- */

static void ring(uint32_t notifyid)
{
	(void)notifyid; /* one bell a hart: who hears it looks at both rings */
	*virt_register(VIRT_MSIP(1u - board_core())) = 1;
}

void board_start_other(void)
{
	ring(0); /* to a hart that runs already it says nothing */
}

/* Latched anew by whoever rings after this, so nothing that is stored behind our look is missed. */
void virt_on_doorbell(void)
{
	*virt_register(VIRT_MSIP(board_core())) = 0;
	weft_riscv_rung(&riscv);
	if (doorbell_handler != NULL)
		doorbell_handler();
}

void board_on_doorbell(void (*handler)(void))
{
	uintptr_t key = virt_mask();

	doorbell_handler = handler;
	if (handler != NULL)
		*virt_register(VIRT_MSIP(board_core())) = 1;
	virt_unmask(key);
}

void virt_enter(void)
{
	weft_riscv_enter(&riscv);
}

void virt_leave(void)
{
	weft_riscv_leave(&riscv);
}

void virt_open(void)
{
	static const struct weft_riscv_board board = { ring, virt_now_us, virt_wake_after, board_pause };
	static const struct weft_region regions[] = { CORES_DRIVER_REGION, CORES_DEVICE_REGION };

	kept.life++;
	console_forget();
	weft_riscv_open(&riscv, &board, &regions[board_core()]);
	virt_time_open();
	*virt_register(VIRT_MSIP(board_core())) = 0;
	__asm__ volatile("csrw mie, %0" : : "r"(VIRT_MSI | VIRT_MTI));
	virt_unmask(VIRT_MIE);
}

/* ---- Console and end ---- */

uint32_t *console_writer(void)
{
	return &virt_shared.writer;
}

bool console_put(uint8_t byte)
{
	if ((*(const volatile uint8_t *)VIRT_UART_LSR & VIRT_UART_LSR_EMPTY) == 0)
		return false;
	*(volatile uint8_t *)VIRT_UART = byte;
	return true;
}

_Noreturn void board_exit(int code)
{
	(void)virt_mask();
	for (;;)
		*virt_register(VIRT_TEST) = code == 0 ? 0x5555u : (uint32_t)code << 16 | 0x3333u;
}
