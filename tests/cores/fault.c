/* SPDX-License-Identifier: Apache-2.0 */
/* The core FAULTS executes what is no instruction, in its task or, IN_INTERRUPT, in its timer's. */
#include "port/board.h"

static void fault(void)
{
	__builtin_trap();
}

int main(void)
{
	struct weft_port *port = board_port();

	if (board_core() == 0) {
		board_watchdog(1000000u);
		board_start_other();
	}
	if (board_core() == FAULTS && IN_INTERRUPT)
		board_on_tick(1000, fault);
	else if (board_core() == FAULTS)
		fault();
	for (;;)
		port->ops->relax(port, 1000000u);
}
