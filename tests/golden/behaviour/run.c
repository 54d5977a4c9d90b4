// SPDX-License-Identifier: Apache-2.0
// Both halves of this case, joined by a runtime of a few lines: what a client sends is dispatched
// at once. Prints nothing and exits 0 when all is as it must be, else prints the line.
#include <stdio.h>
#include <string.h>

#include "in_client.h"
#include "in_server.h"

#include <pb_decode.h>
#include <pb_encode.h>

#define MUST(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			printf("line %d: %s\n", __LINE__, #condition);                                                 \
			return 1;                                                                                      \
		}                                                                                                      \
	} while (0)

// ---- The runtime -----------------------------------------------------------------------------------------------

static struct weft_server *server;
static uint8_t wire[512];
static uint32_t wire_len;
static bool as_oneway, as_unary;

bool weft_nanopb_encode(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity,
                        uint32_t *len)
{
	pb_ostream_t stream = pb_ostream_from_buffer(out, capacity);

	if (!pb_encode(&stream, (const pb_msgdesc_t *)type->fields, message))
		return false;
	*len = (uint32_t)stream.bytes_written;
	return *len <= type->size_max && (type->check == NULL || type->check(message, NULL, 0));
}

bool weft_nanopb_decode(const struct weft_message *type, void *message, const uint8_t *data, uint32_t len)
{
	pb_istream_t stream = pb_istream_from_buffer(data, len);

	return pb_decode(&stream, (const pb_msgdesc_t *)type->fields, message) &&
	       (type->check == NULL || type->check(message, NULL, 0));
}

bool weft_request_decode(const struct weft_request *request, const struct weft_message *type, void *message)
{
	return type->decode(type, message, request->body, request->body_len);
}

weft_status weft_reply(struct weft_request *request, const struct weft_message *type, const void *message)
{
	if (!type->encode(type, message, request->reply, request->reply_capacity, &request->reply_len))
		return WEFT_INTERNAL;
	return WEFT_OK;
}

weft_status weft_server_start(struct weft_server *self, struct rpmsg_device *rdev, const struct weft_service *service,
                              weft_dispatch dispatch, const void *ops, void *context,
                              const struct weft_server_config *config)
{
	(void)rdev;
	(void)config;
	self->service = service;
	self->dispatch = dispatch;
	self->ops = ops;
	self->context = context;
	server = self;
	return WEFT_OK;
}

weft_status weft_server_reply(struct weft_server *self, struct weft_token token, weft_status status,
                              const struct weft_message *type, const void *message)
{
	(void)token;
	return self == server && type->check != NULL && type->check(message, NULL, 0) ? status : WEFT_INTERNAL;
}

weft_status weft_server_stop(struct weft_server *self)
{
	return self == server ? WEFT_OK : WEFT_INTERNAL;
}

weft_status weft_client_open(struct weft_client *client, struct rpmsg_device *rdev, const struct weft_service *service,
                             const struct weft_client_config *config)
{
	(void)rdev;
	(void)config;
	client->service = service;
	return WEFT_OK;
}

weft_status weft_client_close(struct weft_client *client)
{
	return client->service != NULL ? WEFT_OK : WEFT_INTERNAL;
}

weft_status weft_client_wait(struct weft_client *client, uint32_t timeout_us)
{
	return client->service->fingerprint == server->service->fingerprint && timeout_us == 7 ? WEFT_OK : WEFT_INTERNAL;
}

static weft_status serve(const struct weft_method *method, void *response, bool oneway)
{
	static uint8_t reply[512];
	struct weft_request request;
	weft_status status;

	memset(&request, 0, sizeof request);
	request.body = wire;
	request.body_len = wire_len;
	request.method = method->id;
	request.reply = reply;
	request.reply_capacity = sizeof reply;
	request.oneway = oneway;
	status = server->dispatch(server, &request);
	if (status != WEFT_OK || response == NULL)
		return status;
	memset(response, 0, method->response->struct_size);
	return method->response->decode(method->response, response, reply, request.reply_len) ? WEFT_OK : WEFT_DATA_LOSS;
}

weft_status weft_client_call(struct weft_client *client, const struct weft_method *method, const void *request,
                             void *response, struct weft_rx *rx, uint32_t timeout_us)
{
	(void)client;
	(void)rx;
	(void)timeout_us;
	if (!method->request->encode(method->request, request, wire, sizeof wire, &wire_len))
		return WEFT_INVALID_ARGUMENT;
	return serve(method, response, as_oneway);
}

weft_status weft_client_start(struct weft_client *client, struct weft_call *call, const struct weft_method *method,
                              const void *request, void *response, struct weft_rx *rx, uint32_t timeout_us,
                              weft_call_done done)
{
	call->response = response;
	done(call, weft_client_call(client, method, request, response, rx, timeout_us));
	return WEFT_OK;
}

weft_status weft_client_oneway(struct weft_client *client, const struct weft_method *method, const void *request,
                               uint32_t timeout_us)
{
	(void)client;
	(void)timeout_us;
	if (!method->request->encode(method->request, request, wire, sizeof wire, &wire_len) || method->response != NULL)
		return WEFT_INVALID_ARGUMENT;
	return serve(method, NULL, !as_unary);
}

// ---- The service -----------------------------------------------------------------------------------------------

static int told;

static weft_status put(void *context, struct weft_token token, const behaviour_v1_Block *request,
                       behaviour_v1_Block *response)
{
	(void)token;
	*response = *request;
	response->number += *(const uint32_t *)context;
	if (request->number == 13)
		return WEFT_OUT_OF_RANGE;
	if (request->number == 14)
		response->odd.size = 6; // its limit is 5, the struct has room for 6
	return WEFT_OK;
}

static void tell(void *context, const behaviour_v1_Block *request)
{
	told = (int)(request->number + *(const uint32_t *)context);
}

struct seen {
	int times;
	weft_status status;
	uint32_t number;
};

static void done(struct store_put_call *call, weft_status status, behaviour_v1_Block *response)
{
	struct seen *seen = (struct seen *)call->arg;

	seen->times++;
	seen->status = status;
	seen->number = response->number;
}

static int fill(behaviour_v1_Block *block)
{
	memset(block, 0xff, sizeof *block);
	block->number = UINT32_MAX;
	block->odd.size = 5;
	block->odds_count = 2;
	block->odds[0].size = block->odds[1].size = 3;
	block->has_inner = true;
	block->inner.raw.size = 7;
	block->which_choice = behaviour_v1_Block_chosen_tag;
	block->choice.chosen.size = 9;
	block->numbers_count = 1;
	block->negative = -1;
	memset(block->name, 'n', sizeof block->name);
	block->name[sizeof block->name - 1] = '\0';
	return 0;
}

int main(void)
{
	static const struct store_ops ops = { put, NULL, tell };
	static struct store_server served;
	static struct store_client client;
	static struct store_put_call call;
	static behaviour_v1_Block request, response;
	uint32_t one = 1;
	struct seen seen = { 0, WEFT_UNKNOWN, 0 };
	struct weft_token call_token = { 7 };

	MUST(store_server_start(&served, NULL, &ops, &one, NULL) == WEFT_OK);
	MUST(store_client_open(&client, NULL, NULL) == WEFT_OK);
	MUST(store_client_wait(&client, 7) == WEFT_OK);

	// A call, and its status; a started call, and what done is told, done or not.
	request.number = 41;
	MUST(store_put(&client, &request, &response, 100) == WEFT_OK && response.number == 42);
	request.number = 13;
	MUST(store_put(&client, &request, &response, 100) == WEFT_OUT_OF_RANGE);
	request.number = 1;
	MUST(store_put_start(&client, &call, &request, &response, 100, done, &seen) == WEFT_OK);
	MUST(seen.times == 1 && seen.status == WEFT_OK && seen.number == 2);
	MUST(store_put_start(&client, &call, &request, &response, 100, NULL, NULL) == WEFT_OK);

	// A function that is not there, oneway, and each kind called as the other.
	MUST(store_missing(&client, &request, &response, 100) == WEFT_UNIMPLEMENTED);
	MUST(store_tell(&client, &request, 100) == WEFT_OK && told == 2);
	as_oneway = as_unary = true;
	MUST(store_put(&client, &request, &response, 100) == WEFT_UNIMPLEMENTED);
	MUST(store_tell(&client, &request, 100) == WEFT_UNIMPLEMENTED);
	as_oneway = as_unary = false;

	// The longest message is as long as we said, and comes through.
	MUST(fill(&request) == 0);
	MUST(store_put(&client, &request, &response, 100) == WEFT_OK);
	MUST(wire_len == STORE_PUT_REQUEST_MAX && STORE_FRAME_MAX == STORE_PUT_REQUEST_MAX + 16u);

	// One byte more than max_size, which nanopb's struct has room for: refused by whoever sees it.
	request.odd.size++;
	MUST(store_put(&client, &request, &response, 100) == WEFT_INVALID_ARGUMENT && request.odd.size-- == 6);
	request.odds[1].size++;
	MUST(store_put(&client, &request, &response, 100) == WEFT_INVALID_ARGUMENT && request.odds[1].size-- == 4);
	request.inner.raw.size++;
	MUST(store_put(&client, &request, &response, 100) == WEFT_INVALID_ARGUMENT && request.inner.raw.size-- == 8);
	request.choice.chosen.size++;
	MUST(store_put(&client, &request, &response, 100) == WEFT_INVALID_ARGUMENT && request.choice.chosen.size-- == 10);
	request.number = 14;
	MUST(store_put(&client, &request, &response, 100) == WEFT_INTERNAL);
	request.has_inner = false; // what is absent is not looked at
	request.inner.raw.size = 8;
	request.number = 1;
	MUST(store_put(&client, &request, &response, 100) == WEFT_OK);

	// An answer by its token is handed on with its message.
	MUST(store_put_reply(&served, call_token, WEFT_NOT_FOUND, &request) == WEFT_NOT_FOUND);
	request.odd.size = 6;
	MUST(store_put_reply(&served, call_token, WEFT_OK, &request) == WEFT_INTERNAL);

	MUST(store_client_close(&client) == WEFT_OK);
	MUST(store_server_stop(&served) == WEFT_OK);
	return 0;
}
