/* SPDX-License-Identifier: Apache-2.0 */
/* Where devices are: Arm's Application Note AN521 and the SSE-200 Technical Overview. Secure addresses: the SAU stays
 * off, so that every access is Secure. Where memory is: board.toml. */
#ifndef WEFT_PORT_MPS2_AN521_H
#define WEFT_PORT_MPS2_AN521_H

#include <stdint.h>

/* Core 0, beyond board.h: start it anew at whatever instruction it executes `ticks` of the clock from now, in the midst
 * of a critical section too: the watchdog's interrupt cannot be masked. Until then the watchdog watches for no hang. */
void an521_cut(uint32_t ticks);

#define CLOCK_MHZ 20u /* of everything here */

#define CPU_IDENTITY 0x5001f000u /* 0 or 1: who reads it */
#define SYSCTL_INITSVTOR1 0x50021114u
#define SYSCTL_CPUWAIT 0x50021118u
#define SYSCTL_CPUWAIT_CORE_1 2u

/* A message handling unit rings either core: four bits for each, level sensitive. */
#define MHU0 0x50003000u
#define MHU_STAT(core) (MHU0 + 0x10u * (core))
#define MHU_SET(core) (MHU0 + 0x10u * (core) + 4u)
#define MHU_CLR(core) (MHU0 + 0x10u * (core) + 8u)
#define MHU_BITS 15u
#define IRQ_MHU0 6u

/* CMSDK timers, one for each core's tick. */
#define TIMER(core) (0x50000000u + 0x1000u * (core))
#define TIMER_CTRL 0u
#define TIMER_VALUE 4u
#define TIMER_RELOAD 8u
#define TIMER_INTCLEAR 12u
#define TIMER_ON 9u /* enable, interrupt */
#define IRQ_TIMER(core) (3u + (core))

/* The dual timer's first half: nobody's interrupt. */
#define DUALTIMER_LOAD 0x50002000u
#define DUALTIMER_CONTROL 0x50002008u
#define DUALTIMER_ON 0xc2u /* enable, periodic, 32 bits */

#define WATCHDOG_LOAD 0x50081000u
#define WATCHDOG_CONTROL 0x50081008u
#define WATCHDOG_INTCLR 0x5008100cu

#define UART0_DATA 0x50200000u
#define UART0_STATE 0x50200004u
#define UART0_STATE_TX_FULL 1u
#define UART0_CTRL 0x50200008u
#define UART0_CTRL_TX 1u
#define UART0_BAUDDIV 0x50200010u

/* A counter with a prescaler, which counts up: our microseconds. */
#define FPGAIO_COUNTER 0x50302018u
#define FPGAIO_PRESCALE 0x5030201cu

/* The first word of the PSRAM: whoever starts the machine may put a number there. */
#define SEED 0x80000000u

#endif
