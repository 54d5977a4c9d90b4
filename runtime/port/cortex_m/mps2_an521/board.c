/* SPDX-License-Identifier: Apache-2.0 */
/* MPS2+ with AN521: two Cortex-M33 of an SSE-200, as QEMU has it. */
#include "port/board.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "an521.h"
#include "cores_memory.h"
#include "port/console.h"
#include "port/cortex_m/core.h"
#include "port/cortex_m/scb.h"
#include "weft/cortex_m.h"

const char board_name[] = "an521";

/* Memory that both cores reach at one address (link.ld), and that no start clears. */
extern struct an521_shared {
	uint32_t writer; /* the console's */
	uint32_t words[BOARD_SHARED_WORDS];
} an521_shared;

static struct weft_cortex_m cortex_m;
static void (*on_doorbell)(void);
static void (*on_tick)(void);
static bool cut; /* the watchdog restarts core 0 */

unsigned board_core(void)
{
	return *reg(CPU_IDENTITY);
}

struct weft_port *board_port(void)
{
	return &cortex_m.port;
}

uint32_t *board_shared(void)
{
	return an521_shared.words;
}

uint32_t board_seed(void)
{
	return *reg(SEED);
}

/* ---- What the port wants ---- */

/* One bit for each vring, though who hears it looks at both. The barrier orders memory before the device. */
static void ring(uint32_t notifyid)
{
	__asm__ volatile("dsb" : : : "memory");
	*reg(MHU_SET(1u - board_core())) = 1u << (notifyid % 4u);
}

static uint32_t now_us(void)
{
	return *reg(FPGAIO_COUNTER);
}

/* SysTick is each core's own. 24 bits: a sleep of more than 0.8 s ends early. */
static void wake_after(uint32_t timeout_us)
{
	uint32_t ticks = timeout_us < SYST_MAX / CLOCK_MHZ ? timeout_us * CLOCK_MHZ : SYST_MAX;

	*reg(SYST_RVR) = ticks;
	*reg(SYST_CVR) = 0;
	*reg(SYST_CSR) = SYST_CSR_ON;
}

/* ---- Interrupts ---- */

static void systick_handler(void)
{
	*reg(SYST_CSR) = 0; /* it has ended a sleep: once */
}

static void doorbell_handler(void)
{
	uint32_t stat = MHU_STAT(board_core());

	*reg(stat + 8u) = *reg(stat);
	weft_cortex_m_rung(&cortex_m);
	if (on_doorbell != NULL)
		on_doorbell();
}

static void tick_handler(void)
{
	*reg(TIMER(board_core()) + TIMER_INTCLEAR) = 1;
	if (on_tick != NULL)
		on_tick();
}

/* Not maskable, and core 0's: it comes when either core hangs, whatever core 0 does. */
static void watchdog_handler(void)
{
	if (cut)
		board_restart();
	static const char text[] = "watchdog: nothing has got on for too long\n";

	board_write(text, sizeof text - 1u);
	board_exit(BOARD_WATCHDOG);
}

extern char image_stack_top[];
typedef void (*vector)(void);
extern const vector vectors[];
__attribute__((section(".vectors"), used)) const vector vectors[16 + 16] = {
	(vector)(uintptr_t)image_stack_top,
	cortex_m_reset,
	watchdog_handler, /* NMI */
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault, /* SVCall */
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault, /* PendSV */
	systick_handler,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	tick_handler, /* 3: TIMER0 */
	tick_handler, /* 4: TIMER1 */
	cortex_m_fault,
	doorbell_handler, /* 6: MHU0 */
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
	cortex_m_fault,
};

/* With interrupts masked by nobody but us. */
static void enable(uint32_t irq)
{
	*reg(NVIC_ISER) = 1u << irq;
}

void board_on_doorbell(void (*handler)(void))
{
	*reg(NVIC_ICER) = 1u << IRQ_MHU0;
	__asm__ volatile("dsb\n\tisb" : : : "memory");
	on_doorbell = handler;
	if (handler != NULL)
		*reg(NVIC_ISPR) = 1u << IRQ_MHU0;
	enable(IRQ_MHU0);
}

void board_on_tick(uint32_t period_us, void (*handler)(void))
{
	uint32_t core = board_core();
	uint32_t timer = TIMER(core);

	*reg(NVIC_ICER) = 1u << IRQ_TIMER(core);
	*reg(timer + TIMER_CTRL) = 0;
	*reg(timer + TIMER_INTCLEAR) = 1;
	__asm__ volatile("dsb\n\tisb" : : : "memory");
	*reg(NVIC_ICPR) = 1u << IRQ_TIMER(core);
	on_tick = handler;
	if (period_us == 0)
		return;
	*reg(timer + TIMER_RELOAD) = period_us * CLOCK_MHZ - 1u;
	*reg(timer + TIMER_VALUE) = period_us * CLOCK_MHZ - 1u;
	*reg(timer + TIMER_CTRL) = TIMER_ON;
	enable(IRQ_TIMER(core));
}

/* ---- Both cores ---- */

extern char image_other[]; /* core0.ld: where core 1's image begins, with its vectors */

void board_start_other(void)
{
	*reg(SYSCTL_INITSVTOR1) = (uint32_t)(uintptr_t)image_other;
	__asm__ volatile("dsb" : : : "memory");
	*reg(SYSCTL_CPUWAIT) &= ~SYSCTL_CPUWAIT_CORE_1;
}

void board_pause(void)
{
	__asm__ volatile("yield" : : : "memory");
}

void board_watchdog(uint32_t timeout_us)
{
	uint32_t most_us = UINT32_MAX / CLOCK_MHZ;

	*reg(WATCHDOG_CONTROL) = 0;
	if (timeout_us == 0)
		return;
	*reg(WATCHDOG_LOAD) = (timeout_us < most_us ? timeout_us : most_us) * CLOCK_MHZ;
	*reg(WATCHDOG_INTCLR) = 1;
	*reg(WATCHDOG_CONTROL) = 1;
}

void an521_cut(uint32_t ticks)
{
	*reg(WATCHDOG_CONTROL) = 0;
	cut = true;
	*reg(WATCHDOG_LOAD) = ticks;
	*reg(WATCHDOG_INTCLR) = 1;
	*reg(WATCHDOG_CONTROL) = 1;
}

/* ---- Console and exit ---- */

uint32_t *console_writer(void)
{
	return &an521_shared.writer;
}

bool console_put(uint8_t byte)
{
	if ((*reg(UART0_STATE) & UART0_STATE_TX_FULL) != 0)
		return false;
	*reg(UART0_DATA) = byte;
	return true;
}

/* Semihosting: whoever emulates or debugs the core ends the run (SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit). */
void board_exit(int code)
{
	const uint32_t block[2] = { 0x20026u, (uint32_t)code };
	register uint32_t operation __asm__("r0") = 0x20u;
	register const uint32_t *argument __asm__("r1") = block;

	__asm__ volatile("cpsid i\n\tbkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
	for (;;) {
	}
}

/* ---- Start ---- */

static void init_core_0(void)
{
	*reg(UART0_BAUDDIV) = 16;
	*reg(UART0_CTRL) = UART0_CTRL_TX;
	*reg(FPGAIO_PRESCALE) = CLOCK_MHZ - 1u;
	if (board_life() != 1)
		return;
	memset(&an521_shared, 0, sizeof an521_shared);
	/* An emulated core runs until the next timer is due, then the other one: each period is another order. */
	if (board_seed() != 0) {
		*reg(DUALTIMER_LOAD) = board_seed();
		*reg(DUALTIMER_CONTROL) = DUALTIMER_ON;
	}
}

void board_init(void)
{
	static const struct weft_cortex_m_board functions = { ring, now_us, wake_after };
	static const struct weft_region regions[] = { CORES_DRIVER_REGION, CORES_DEVICE_REGION };
	uint32_t core = board_core();

	if (core == 0)
		init_core_0();
	weft_cortex_m_open(&cortex_m, &functions, &regions[core]);
	enable(IRQ_MHU0);
}

void board_quiet(void)
{
	uint32_t core = board_core();

	*reg(TIMER(core) + TIMER_CTRL) = 0;
	*reg(TIMER(core) + TIMER_INTCLEAR) = 1;
	*reg(MHU_CLR(core)) = MHU_BITS;
	if (core == 0 && cut) {
		*reg(WATCHDOG_CONTROL) = 0;
		*reg(WATCHDOG_INTCLR) = 1;
	}
	console_forget();
}
