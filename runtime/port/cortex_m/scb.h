/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the core itself: Armv8-M Architecture Reference Manual, chapter D1 (and Armv7-M's, B3). */
#ifndef WEFT_PORT_CORTEX_M_SCB_H
#define WEFT_PORT_CORTEX_M_SCB_H

#include <stdint.h>

static inline volatile uint32_t *reg(uint32_t address)
{
	return (volatile uint32_t *)(uintptr_t)address;
}

#define SYST_CSR 0xe000e010u
#define SYST_RVR 0xe000e014u
#define SYST_CVR 0xe000e018u
#define SYST_CSR_ON 7u /* enable, interrupt, the core's clock */
#define SYST_MAX 0xffffffu

#define NVIC_ISER 0xe000e100u /* a bit an interrupt; 32 words */
#define NVIC_ICER 0xe000e180u
#define NVIC_ISPR 0xe000e200u
#define NVIC_ICPR 0xe000e280u
#define NVIC_IABR 0xe000e300u
#define NVIC_WORDS 16u

#define SCB_ICSR 0xe000ed04u
#define SCB_ICSR_PENDSTCLR (1u << 25)
#define SCB_VTOR 0xe000ed08u
#define SCB_CCR 0xe000ed14u
#define SCB_CCR_DIV_0_TRP (1u << 4)
#define SCB_SHCSR 0xe000ed24u
#define SCB_SHCSR_FAULTS (7u << 16) /* MemManage, BusFault, UsageFault have handlers of their own */
#define SCB_SHCSR_SYSTICKACT (1u << 11)
#define SCB_CFSR 0xe000ed28u
#define SCB_HFSR 0xe000ed2cu
#define SCB_MMFAR 0xe000ed34u
#define SCB_BFAR 0xe000ed38u

#endif
