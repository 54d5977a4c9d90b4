/* SPDX-License-Identifier: Apache-2.0 */
/* Core 1 of a chip is core B, the device: serves its sensors until the run ends. */
#include "core.h"
#include "doom.h"
#include "port/board.h"
#include "say.h"
#include "serve.h"

static struct core core;

int main(void)
{
	static const struct weft_link_config config = { .event = serve_event };
	struct weft_port *port = board_port();

	say('B', now_us(), "start", "core %u of %s, life %u", board_core(), board_name, (unsigned)board_life());
	doom_wait(port);
	if (!core_open(&core, 'B', port, false, &config) || !serve_start(&core))
		board_fail("B  failed    see above\n");
	for (;;)
		serve_turn(&core);
}
