/* SPDX-License-Identifier: Apache-2.0 */
/* The core HANGS does nothing any more, MASKED: not even its interrupts. The watchdog must end it. */
#include <stdbool.h>

#include "port/board.h"

#define WATCHDOG_US 50000u

int main(void)
{
	struct weft_port *port = board_port();

	if (board_core() == 0) {
		board_watchdog(WATCHDOG_US);
		board_start_other();
	}
	if (board_core() == HANGS) {
		if (MASKED)
			(void)port->ops->lock(port);
		for (;;) {
		}
	}
	for (;;)
		port->ops->relax(port, 1000000u);
}
