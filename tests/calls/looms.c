/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/looms.h"

static weft_status weave(void *context, struct weft_token token, const tests_v1_Thread *request,
                         tests_v1_Cloth *response)
{
	struct looms *looms = (struct looms *)context;

	(void)token;
	looms->woven++;
	looms->last = *request;
	looms->pair.now += looms->takes_us;
	response->length = (uint64_t)request->count * 10u;
	response->threads_count = looms->spoil ? 4 : 1;
	response->threads[0] = *request;
	return looms->returns;
}

static weft_status tear(void *context, struct weft_token token, const tests_v1_Thread *request,
                        tests_v1_Cloth *response)
{
	(void)context;
	(void)token;
	(void)request;
	response->length = 1; /* not sent: an error has no body */
	return WEFT_NOT_FOUND;
}

static void note(void *context, const tests_v1_Thread *request)
{
	struct looms *looms = (struct looms *)context;

	looms->noted++;
	looms->last = *request;
}

const struct loom_ops loom_ops = { .weave = weave, .tear = tear, .note = note };

void looms_link(struct looms *looms)
{
	memset(looms, 0, sizeof *looms);
	pair_up(&looms->pair);
}

void looms_up(struct looms *looms)
{
	struct weft_client_config config = { .calls = looms->table, .call_slots = 4 };

	looms_link(looms);
	assert_int_equal(loom_server_start(&looms->server, &looms->pair.device.rdev, &loom_ops, looms, NULL), WEFT_OK);
	assert_int_equal(loom_client_open(&looms->client, &looms->pair.driver.rdev, &config), WEFT_OK);
	assert_int_equal(loom_client_wait(&looms->client, WEFT_MS(10)), WEFT_OK);
}

tests_v1_Thread thread_of(uint32_t count, const char *colour)
{
	tests_v1_Thread thread = tests_v1_Thread_init_zero;

	thread.count = count;
	strncpy(thread.colour, colour, sizeof thread.colour - 1);
	return thread;
}

static void ended(struct loom_weave_call *call, weft_status status, tests_v1_Cloth *response)
{
	struct ending *ending = (struct ending *)call->arg;

	assert_ptr_equal(response, &ending->cloth);
	ending->times++;
	ending->status = status;
}

weft_status start_weave(struct looms *looms, struct ending *ending, uint32_t count, uint32_t timeout_us)
{
	tests_v1_Thread request = thread_of(count, "red");

	memset(ending, 0, sizeof *ending);
	return loom_weave_start(&looms->client, &ending->call, &request, &ending->cloth, timeout_us, ended, ending);
}

void send_frame(struct core *from, uint32_t src, uint32_t dst, struct weft_call_header header, const void *body,
                uint32_t len)
{
	uint8_t frame[PAIR_BUF_SIZE];

	memcpy(frame, &header, sizeof header);
	if (len != 0)
		memcpy(frame + sizeof header, body, len);
	pair_forge(from, src, dst, frame, (uint32_t)sizeof header + len, (uint16_t)(sizeof header + len));
}
