/* SPDX-License-Identifier: Apache-2.0 */
/* One typed method, served. */
#include "image.h"
#include "size_server.h"

static struct image image;

static weft_status echo(void *context, struct weft_token token, const bench_v1_Reading *request,
                        bench_v1_Reading *response)
{
	(void)context;
	(void)token;
	*response = *request;
	return WEFT_OK;
}

int main(void)
{
	static struct meter_server server;
	static const struct meter_ops ops = { .echo = echo };

	if (image_open(&image) != 0 || meter_server_start(&server, &image.rdev, &ops, NULL, NULL) != WEFT_OK)
		return 1;
	for (;;)
		rpmsg_poll(&image.rdev, 4);
}
