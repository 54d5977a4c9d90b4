/* SPDX-License-Identifier: Apache-2.0 */
/* RPMsg alone, in either role: an endpoint that is announced and bound by its name, sends, and answers what comes. */
#include "image.h"

static struct image image;

static int echo(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_trysendto(ept, data, (int)len, src) < 0 ? RPMSG_ERR_NO_BUFF : RPMSG_SUCCESS;
}

int main(void)
{
	static struct rpmsg_endpoint ept;

	if (image_open(&image) != 0 ||
	    rpmsg_create_ept(&ept, &image.rdev, "echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo, NULL) != 0)
		return 1;
	for (;;) {
		rpmsg_poll(&image.rdev, 4);
		if (is_rpmsg_ept_ready(&ept))
			rpmsg_trysend(&ept, "hello", 5);
	}
}
