/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0: starts core 1, opens the link as the driver, says a word and waits for one. */
#include <string.h>

#include "port/board.h"
#include "weft/link.h"
#include "weft/service.h"

static struct weft_link link;
static struct rpmsg_endpoint ept;
static bool answered;

static int on_answer(struct rpmsg_endpoint *from, void *data, size_t len, uint32_t src, void *priv)
{
	(void)from;
	(void)priv;
	board_print("core 0: address %u of core 1 says \"%.*s\"\n", (unsigned)src, (int)len, (const char *)data);
	answered = true;
	return RPMSG_SUCCESS;
}

int main(void)
{
	static const char word[] = "hello from core 0";
	struct weft_port *port = board_port();
	bool said = false;

	board_watchdog(WEFT_MS(5000));
	board_print("core %u: %s, life %u, seed %u\n", board_core(), board_name, (unsigned)board_life(),
	            (unsigned)board_seed());
	if (weft_link_open(&link, port, &weft_shm_driver, NULL) != 0 ||
	    rpmsg_create_ept(&ept, &link.rdev, "hello", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_answer, NULL) != 0)
		board_fail("core 0: cannot open the link\n");
	board_start_other();
	uint32_t start = port->ops->now_us(port);
	while (!answered) {
		rpmsg_poll(&link.rdev, 16);
		if (!said && is_rpmsg_ept_ready(&ept))
			said = rpmsg_trysend(&ept, word, (int)strlen(word)) > 0;
		rpmsg_wait(&link.rdev, WEFT_MS(100));
	}
	board_print("core 0: done after %u us\n", (unsigned)(port->ops->now_us(port) - start));
	return 0;
}
