/* SPDX-License-Identifier: Apache-2.0 */
/* Core 1: the device. Announces an endpoint that says back what it hears. */
#include "port/board.h"
#include "weft/link.h"
#include "weft/service.h"

static struct weft_link link;
static struct rpmsg_endpoint ept;

static int on_message(struct rpmsg_endpoint *to, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	board_print("core 1: address %u of core 0 says \"%.*s\"\n", (unsigned)src, (int)len, (const char *)data);
	return rpmsg_trysendto(to, data, (int)len, src) > 0 ? RPMSG_SUCCESS : RPMSG_ERR_NO_BUFF;
}

int main(void)
{
	board_print("core %u: %s, life %u\n", board_core(), board_name, (unsigned)board_life());
	if (weft_link_open(&link, board_port(), &weft_shm_device, NULL) != 0 ||
	    rpmsg_create_ept(&ept, &link.rdev, "hello", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_message, NULL) != 0)
		board_fail("core 1: cannot open the link\n");
	for (;;) {
		rpmsg_poll(&link.rdev, 16);
		rpmsg_wait(&link.rdev, WEFT_MS(1000));
	}
}
