/* SPDX-License-Identifier: Apache-2.0 */
/* What every board with Armv7-M or Armv8-M cores has in common: the entries of its vector table. */
#ifndef WEFT_PORT_CORTEX_M_CORE_H
#define WEFT_PORT_CORTEX_M_CORE_H

/* The reset handler: sets the stack up, initialises this image's variables, calls board_init() and then main(). */
_Noreturn void cortex_m_reset(void);

/* Any fault, and any interrupt without a handler: says which and where, and ends the run. */
void cortex_m_fault(void);

/* The board's: its devices, before interrupts are enabled. */
void board_init(void);

/* The board's: quiet its own devices as far as they are this core's. Interrupts are masked. */
void board_quiet(void);

#endif
