// SPDX-License-Identifier: Apache-2.0
// Responses with payloads written in place, as the stubs of this case and the runtime make them: one a line, the
// label's length, the payload's length and the message in hex. Prints "line N" and exits 1 when a stub refuses.
#include <stdio.h>
#include <string.h>

#include "in_client.h"
#include "in_server.h"

#define MUST(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			printf("line %d: %s\n", __LINE__, #condition);                                                 \
			return 1;                                                                                      \
		}                                                                                                      \
	} while (0)

static _Alignas(4) uint8_t body[65519];
static struct weft_request request;
static struct weft_tx tx;

static void print(const char *type, unsigned label, unsigned len)
{
	printf("%s %u %u ", type, label, len);
	for (uint32_t i = 0; i < request.reply_len; i++)
		printf("%02x", body[i]);
	printf("\n");
}

static void fill(uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		tx.data[i] = (uint8_t)(i * 7u + 3u);
}

static int samples(unsigned label, uint32_t len)
{
	payload_v1_Samples response = payload_v1_Samples_init_zero;

	response.rate = 48000;
	memset(response.label, 'x', label);
	weft_reply_prepare(&tx, &request);
	MUST(audio_record_reply_begin(&tx, &response) == WEFT_OK);
	MUST(tx.capacity == 451 && (uintptr_t)tx.data % 4 == 0);
	fill(len);
	MUST(audio_record_reply_commit(&tx, len) == WEFT_OK);
	MUST(weft_reply_finish(&tx, &request, NULL, NULL) == WEFT_OK);
	MUST(request.reply_len <= AUDIO_RECORD_RESPONSE_MAX);
	print("Samples", label, len);
	return 0;
}

static int bulk(unsigned label, uint32_t len)
{
	payload_v1_Bulk response = payload_v1_Bulk_init_zero;

	memset(response.label, 'x', label);
	weft_reply_prepare(&tx, &request);
	MUST(audio_dump_reply_begin(&tx, &response) == WEFT_OK);
	MUST((uintptr_t)tx.data % 4 == 0);
	if (len > tx.capacity)
		return tx.capacity == 16383 && audio_dump_reply_commit(&tx, len) == WEFT_INVALID_ARGUMENT ? 0 : 1;
	fill(len);
	MUST(audio_dump_reply_commit(&tx, len) == WEFT_OK);
	MUST(weft_reply_finish(&tx, &request, NULL, NULL) == WEFT_OK);
	MUST(request.reply_len <= AUDIO_DUMP_RESPONSE_MAX);
	print("Bulk", label, len);
	return 0;
}

int main(void)
{
	static const uint32_t lengths[] = { 0, 1, 127, 128, 16382, 16383, 16384, 65000 };

	request.reply = body;
	request.reply_capacity = sizeof body;
	for (unsigned label = 0; label < 4; label++) {
		for (uint32_t len = 0; len <= 451; len++)
			MUST(samples(label, len) == 0);
		for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
			MUST(bulk(label, lengths[i]) == 0);
	}
	return 0;
}
