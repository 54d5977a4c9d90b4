/* SPDX-License-Identifier: Apache-2.0 */
/* One typed method, called. */
#include "image.h"
#include "size_client.h"

static struct image image;

int main(void)
{
	static struct weft_call *calls[2];
	static const struct weft_client_config config = { .calls = calls, .call_slots = 2 };
	static struct meter_client client;
	bench_v1_Reading request = { .id = 1, .value = -5, .valid = true, .unit = "degree" };
	bench_v1_Reading response;

	if (image_open(&image) != 0 || meter_client_open(&client, &image.rdev, &config) != WEFT_OK)
		return 1;
	while (meter_client_wait(&client, WEFT_MS(1000)) != WEFT_OK) {
	}
	return meter_echo(&client, &request, &response, WEFT_MS(10)) == WEFT_OK ? 0 : 1;
}
