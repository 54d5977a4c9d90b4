/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of this folder against the runtime, both ways: what it sends is what they say, and to each of them,
 * put into the ring as a peer would, it does what they say. vectors.py explains the files. */
#include <stdio.h>
#include <stdlib.h>

#include "bobbin_client.h"
#include "bobbin_server.h"
#include "unit/pair.h"
#include "weft/link.h"
#include "weft/wire.h"

#define HEADER_SIZE 16u /* of RPMsg */
#define SERVER 1025u    /* addresses of the vectors */
#define CLIENT 1026u
#define EPOCH 0x5eed0001u
#define VECTORS_MAX 96u

/* ---- The files ---- */

struct vector {
	char name[40];
	char from[8];
	char answer[40];
	char client[24];
	char ends[24];
	char counts[16];
	char keeps[RPMSG_NAME_SIZE];
	uint32_t at;
	uint32_t len;
	uint8_t bytes[320];
	unsigned met; /* by a test */
};

static struct vector vectors[VECTORS_MAX];
static unsigned vector_count;

static void read_bytes(struct vector *vector, const char *line)
{
	char *end;

	for (unsigned long byte = strtoul(line, &end, 16); end != line; byte = strtoul(line, &end, 16)) {
		assert_true(byte <= 0xff && vector->len < sizeof vector->bytes);
		vector->bytes[vector->len++] = (uint8_t)byte;
		line = end;
	}
}

/* Records are for people and for vectors.py: here the bytes speak. */
static void read_line(struct vector *vector, const char *line)
{
	if (strncmp(line, "at ", 3) == 0)
		vector->at = (uint32_t)strtoul(line + 3, NULL, 10);
	(void)(sscanf(line, "from %7s", vector->from) == 1 || sscanf(line, "answer %39s", vector->answer) == 1 ||
	       sscanf(line, "client %23s", vector->client) == 1 || sscanf(line, "ends %23s", vector->ends) == 1 ||
	       sscanf(line, "counts %15s", vector->counts) == 1 || sscanf(line, "keeps %31s", vector->keeps) == 1);
}

static void read_file(const char *name)
{
	struct vector *vector = vectors; /* lines before the first are comments */
	bool bytes = false;
	char line[512];
	char path[512];

	snprintf(path, sizeof path, "%s/%s", WEFT_VECTORS, name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL) {
		assert_non_null(strchr(line, '\n'));
		if (strncmp(line, "vector ", 7) == 0) {
			assert_true(vector_count < VECTORS_MAX);
			vector = &vectors[vector_count++];
			assert_int_equal(sscanf(line, "vector %39s", vector->name), 1);
		} else if (line[0] == '\n' || line[0] == '#') {
			bytes = false;
		} else if (strcmp(line, "bytes\n") == 0) {
			bytes = true;
		} else if (bytes) {
			read_bytes(vector, line);
		} else {
			read_line(vector, line);
		}
	}
	fclose(file);
}

static struct vector *named(const char *name)
{
	for (unsigned i = 0; i < vector_count; i++) {
		if (strcmp(vectors[i].name, name) == 0)
			return &vectors[i];
	}
	fail_msg("no vector %s", name);
	return NULL;
}

static bool is_from(const struct vector *vector, const char *who)
{
	return strcmp(vector->from, who) == 0;
}

static int read_files(void **state)
{
	(void)state;
	read_file("calls.txt");
	read_file("rpmsg.txt");
	read_file("memory.txt");
	return 0;
}

/* ---- Bytes in and out of the ring ---- */

static void expect_bytes(const char *name, const uint8_t *bytes, uint32_t len)
{
	struct vector *vector = named(name);

	vector->met++;
	if (vector->len == len && memcmp(vector->bytes, bytes, len) == 0)
		return;
	for (uint32_t i = 0; i < len; i++)
		print_error("%02x%c", bytes[i], i % 16 == 15 || i == len - 1 ? '\n' : ' ');
	fail_msg("%u bytes, and not those of the vector %s", len, name);
}

/* What a core has published last. */
static void expect_sent(struct pair *pair, const struct core *from, const char *name)
{
	bool driver = from == &pair->driver;
	struct vring vring = pair_vring(pair, driver ? 1 : 0);
	const struct vring_head *head = driver ? vring.avail : vring.used;
	uint16_t slot = (uint16_t)(head->idx - 1u) % PAIR_NUM;
	const struct vring_used_elem *used = &vring_used_ring(vring.used)[slot];
	const struct vring_desc *desc = &vring.desc[driver ? vring_avail_ring(vring.avail)[slot] : used->id];
	const uint8_t *frame = pair->memory + (desc->addr - PAIR_ADDRESS);
	uint32_t len = HEADER_SIZE + frame[12] + 256u * frame[13];

	assert_int_not_equal(head->idx, 0);
	if (!driver)
		assert_int_equal(used->len, len);
	expect_bytes(name, frame, len);
}

/* All of the vector's bytes, header included, into a buffer of a core's transmit ring. The other has to poll. */
static void inject(struct core *from, struct vector *vector)
{
	struct weft_transport *transport = &from->shm.transport;
	uint8_t *payload = transport->ops->get_tx(transport, from);

	assert_non_null(payload);
	assert_true(transport->ops->send(transport, from, payload, vector->len - HEADER_SIZE, 0, 0));
	memcpy(payload - HEADER_SIZE, vector->bytes, vector->len);
	transport->ops->flush(transport);
	vector->met++;
}

/* ---- The service ---- */

struct bobbins {
	struct pair pair;
	struct bobbin_server server;
	struct bobbin_client client;
	struct weft_call *table[4];
	struct rpmsg_endpoint other; /* stands where a real peer would */
	struct inbox inbox;
	unsigned ticks;
};

static struct bobbins bobbins;

static weft_status wind(void *context, struct weft_token token, const vectors_v1_Yarn *request,
                        vectors_v1_Spool *response)
{
	static const uint8_t mark[] = { 0xca, 0xfe };

	(void)context;
	(void)token;
	response->turns = request->metres * 10u;
	response->mark.size = sizeof mark;
	memcpy(response->mark.bytes, mark, sizeof mark);
	response->yarns_count = 1;
	response->yarns[0] = *request;
	return WEFT_OK;
}

static weft_status cut(void *context, struct weft_token token, const vectors_v1_Yarn *request,
                       vectors_v1_Spool *response)
{
	(void)context;
	(void)token;
	(void)request;
	(void)response;
	return WEFT_NOT_FOUND;
}

static void tick(void *context, const vectors_v1_Yarn *request)
{
	(void)request;
	((struct bobbins *)context)->ticks++;
}

static const struct bobbin_ops ops = { .wind = wind, .cut = cut, .tick = tick };

static vectors_v1_Yarn blue_yarn(void)
{
	return (vectors_v1_Yarn){ .metres = 7, .colour = "blue" };
}

/* An endpoint that stands at an address and only looks. */
static void occupy(struct core *core, uint32_t addr)
{
	struct rpmsg_endpoint_config config = {
		.src = addr, .dest = RPMSG_ADDR_ANY, .flags = RPMSG_EPT_SERVER, .cb = inbox_cb, .priv = &bobbins.inbox
	};

	assert_int_equal(rpmsg_create_endpoint(&bobbins.other, &core->rdev, &config), RPMSG_SUCCESS);
}

static void start_server(const struct weft_server_config *config)
{
	struct rpmsg_device *rdev = &bobbins.pair.device.rdev;

	assert_int_equal(bobbin_server_start(&bobbins.server, rdev, &ops, &bobbins, config), WEFT_OK);
	assert_int_equal(bobbins.server.base.ept.addr, SERVER);
	bobbins.server.base.epoch = EPOCH;
}

static void open_client(bool announce)
{
	struct weft_client_config config = { .calls = bobbins.table, .call_slots = 4, .announce = announce };

	assert_int_equal(bobbin_client_open(&bobbins.client, &bobbins.pair.driver.rdev, &config), WEFT_OK);
	assert_int_equal(bobbins.client.base.ept.addr, CLIENT);
}

static void link_up(void)
{
	memset(&bobbins, 0, sizeof bobbins);
	pair_up(&bobbins.pair);
}

static void poll_once(struct core *core)
{
	assert_true(rpmsg_poll(&core->rdev, 16) >= 0);
}

/* ---- What the runtime sends ---- */

struct ending {
	unsigned times;
	weft_status status;
	vectors_v1_Spool spool;
};

static void wound(struct bobbin_wind_call *call, weft_status status, vectors_v1_Spool *response)
{
	struct ending *ending = (struct ending *)call->arg;

	(void)response;
	ending->times++;
	ending->status = status;
}

static void was_cut(struct bobbin_cut_call *call, weft_status status, vectors_v1_Spool *response)
{
	struct ending *ending = (struct ending *)call->arg;

	(void)response;
	ending->times++;
	ending->status = status;
}

/* Start a call of Wind that gets this number. */
static void start_wind(struct bobbin_wind_call *call, struct ending *ending, const vectors_v1_Yarn *request,
                       uint32_t id)
{
	memset(ending, 0, sizeof *ending);
	bobbins.client.base.sequence = id / 4u - 1u;
	assert_int_equal(bobbin_wind_start(&bobbins.client, call, request, &ending->spool, WEFT_MS(10), wound, ending),
	                 WEFT_OK);
}

static void what_a_client_and_a_server_say(void **state)
{
	struct pair *pair = &bobbins.pair;
	const vectors_v1_Yarn yarn = blue_yarn();
	const vectors_v1_Yarn empty = vectors_v1_Yarn_init_zero;
	struct bobbin_wind_call winding;
	struct bobbin_cut_call cutting;
	struct ending ending;

	(void)state;
	link_up();
	occupy(&pair->driver, SERVER); /* so that the client is at another address */
	open_client(false);
	start_server(NULL);
	expect_sent(pair, &pair->device, "announce");
	poll_once(&pair->driver);
	expect_sent(pair, &pair->driver, "hello");
	poll_once(&pair->device);
	expect_sent(pair, &pair->device, "hello_reply");
	poll_once(&pair->driver);

	start_wind(&winding, &ending, &yarn, 4);
	expect_sent(pair, &pair->driver, "request");
	poll_once(&pair->device);
	expect_sent(pair, &pair->device, "reply");
	poll_once(&pair->driver);
	assert_int_equal(ending.spool.turns, 70);
	start_wind(&winding, &ending, &empty, 4);
	expect_sent(pair, &pair->driver, "request_empty");
	poll_once(&pair->device);
	expect_sent(pair, &pair->device, "reply_empty");
	poll_once(&pair->driver);

	assert_int_equal(
		bobbin_cut_start(&bobbins.client, &cutting, &yarn, &ending.spool, WEFT_MS(10), was_cut, &ending),
		WEFT_OK);
	expect_sent(pair, &pair->driver, "request_numbered");
	poll_once(&pair->device);
	expect_sent(pair, &pair->device, "reply_not_found");
	poll_once(&pair->driver);
	assert_int_equal(ending.status, WEFT_NOT_FOUND);

	assert_int_equal(bobbin_tick(&bobbins.client, &yarn, 0), WEFT_OK);
	expect_sent(pair, &pair->driver, "oneway");
	poll_once(&pair->device);
	assert_int_equal(bobbins.ticks, 1);
	start_wind(&winding, &ending, &yarn, 4);
	assert_int_equal(weft_call_cancel(&winding.base), WEFT_OK);
	expect_sent(pair, &pair->driver, "cancel");
	pair_settle(pair);
	assert_int_equal(bobbin_server_stop(&bobbins.server), WEFT_OK);
	expect_sent(pair, &pair->device, "withdraw");
}

static void what_a_server_that_cannot_announce_says(void **state)
{
	struct weft_server_config config = { .ready = true };
	struct pair *pair = &bobbins.pair;

	(void)state;
	link_up();
	occupy(&pair->driver, SERVER);
	start_server(&config);
	open_client(true);
	expect_sent(pair, &pair->driver, "announce_client");
	poll_once(&pair->device);
	expect_sent(pair, &pair->device, "ready");
	poll_once(&pair->driver);
	expect_sent(pair, &pair->driver, "hello");
	poll_once(&pair->device);
	expect_sent(pair, &pair->device, "hello_reply");
}

/* ---- What the runtime does ---- */

static uint32_t sent_by(const struct core *core)
{
	return core->shm.transport.counters.sent;
}

static uint32_t counter(const struct vector *vector)
{
	const struct core *to =
		is_from(vector, "client") || is_from(vector, "driver") ? &bobbins.pair.device : &bobbins.pair.driver;

	if (strcmp(vector->counts, "violation") == 0)
		return is_from(vector, "client") ? bobbins.server.base.counters.violation
		                                 : bobbins.client.base.counters.violation;
	if (strcmp(vector->counts, "stray") == 0)
		return bobbins.client.base.counters.stray;
	if (strcmp(vector->counts, "violations") == 0)
		return to->shm.transport.counters.violations;
	if (strcmp(vector->counts, "unknown") == 0)
		return to->rdev.counters.unknown;
	assert_string_equal(vector->counts, "bad_name");
	return to->rdev.counters.bad_name;
}

static void expect_answer(const struct vector *vector, struct core *core, uint32_t sent_before)
{
	if (vector->answer[0] == '\0' || strcmp(vector->answer, "nothing") == 0)
		assert_int_equal(sent_by(core), sent_before);
	else
		expect_sent(&bobbins.pair, core, vector->answer);
}

/* Put it into the ring, let the other core look, and see what that did. */
static void expect_reaction(struct vector *vector, struct core *from)
{
	uint32_t counted = vector->counts[0] != '\0' ? counter(vector) : 0;
	uint32_t sent = sent_by(from->other);

	inject(from, vector);
	poll_once(from->other);
	expect_answer(vector, from->other, sent);
	if (vector->counts[0] != '\0')
		assert_int_equal(counter(vector), counted + 1u);
	if (vector->client[0] != '\0')
		assert_string_equal(weft_status_name(weft_client_state(&bobbins.client.base)), vector->client);
	if (vector->keeps[0] != '\0')
		assert_int_equal(rpmsg_find_channel(&from->other->rdev, vector->keeps, RPMSG_ADDR_ANY), SERVER);
	pair_expect_no_buffers_out(&bobbins.pair);
}

static void each_message_to_a_server_has_its_answer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < vector_count; i++) {
		if (!is_from(&vectors[i], "client"))
			continue;
		link_up();
		start_server(NULL);
		occupy(&bobbins.pair.driver, CLIENT);
		pair_settle(&bobbins.pair);
		expect_reaction(&vectors[i], &bobbins.pair.driver);
		assert_int_equal(bobbins.ticks, strcmp(vectors[i].name, "oneway") == 0);
	}
}

/* A client on the driver; we are its server. It waits for our name, or has found us and said hello. */
static void client_up(bool announce)
{
	link_up();
	occupy(&bobbins.pair.driver, SERVER);
	open_client(announce);
	occupy(&bobbins.pair.device, SERVER);
	pair_settle(&bobbins.pair);
}

static void client_asks(void)
{
	client_up(false);
	inject(&bobbins.pair.device, named("announce"));
	poll_once(&bobbins.pair.driver);
	pair_settle(&bobbins.pair);
}

static void each_answer_to_a_hello_has_its_effect(void **state)
{
	(void)state;
	for (unsigned i = 0; i < vector_count; i++) {
		if (!is_from(&vectors[i], "server") || vectors[i].client[0] == '\0')
			continue;
		client_asks();
		expect_reaction(&vectors[i], &bobbins.pair.device);
	}
}

static void what_a_client_learns_from_a_hello(void **state)
{
	const struct weft_peer *peer = &bobbins.client.base.peer;

	(void)state;
	client_asks();
	expect_reaction(named("hello_reply"), &bobbins.pair.device);
	assert_int_equal(peer->epoch, EPOCH);
	assert_int_equal(peer->frame_size, 496);
	assert_true(peer->fingerprint == BOBBIN_FINGERPRINT);
	assert_int_equal(peer->window, 0);
}

static uint32_t call_number(const struct vector *vector)
{
	uint32_t number;

	memcpy(&number, vector->bytes + HEADER_SIZE + 8u, sizeof number);
	return number;
}

static void each_answer_to_a_call_has_its_effect(void **state)
{
	struct bobbin_wind_call call;
	struct ending ending;
	const vectors_v1_Yarn yarn = blue_yarn();

	(void)state;
	for (unsigned i = 0; i < vector_count; i++) {
		struct vector *vector = &vectors[i];
		bool ends = vector->ends[0] != '\0';

		if (!is_from(vector, "server") || vector->client[0] != '\0' || strcmp(vector->name, "ready") == 0)
			continue;
		client_asks();
		expect_reaction(named("hello_reply"), &bobbins.pair.device);
		start_wind(&call, &ending, &yarn, ends ? call_number(vector) : 4u);
		pair_settle(&bobbins.pair);
		expect_reaction(vector, &bobbins.pair.device);
		assert_int_equal(ending.times, ends);
		if (ends)
			assert_string_equal(weft_status_name(ending.status), vector->ends);
		assert_int_equal(bobbin_client_close(&bobbins.client), WEFT_OK);
		assert_int_equal(ending.times, 1);
	}
}

static void a_second_reply_is_stray(void **state)
{
	struct bobbin_wind_call call;
	struct ending ending;
	const vectors_v1_Yarn yarn = blue_yarn();

	(void)state;
	client_asks();
	expect_reaction(named("hello_reply"), &bobbins.pair.device);
	start_wind(&call, &ending, &yarn, 4);
	pair_settle(&bobbins.pair);
	expect_reaction(named("reply"), &bobbins.pair.device);
	expect_reaction(named("reply"), &bobbins.pair.device);
	assert_int_equal(ending.times, 1);
	assert_string_equal(ending.spool.yarns[0].colour, "blue");
	assert_int_equal(bobbins.client.base.counters.stray, 1);
}

static void ready_is_for_clients_that_announced_themselves(void **state)
{
	struct vector *ready = named("ready");

	(void)state;
	client_up(true);
	expect_reaction(ready, &bobbins.pair.device);
	assert_int_equal(bobbins.client.base.server, SERVER);

	client_up(false);
	inject(&bobbins.pair.device, ready);
	poll_once(&bobbins.pair.driver);
	assert_int_equal(bobbins.client.base.counters.violation, 1);
	assert_int_equal(bobbins.client.base.server, RPMSG_ADDR_ANY);
}

static void each_message_to_the_name_service_has_its_effect(void **state)
{
	(void)state;
	for (unsigned i = 0; i < vector_count; i++) {
		if (vectors[i].at != 0 || strcmp(vectors[i].name, "driver_asks_table") == 0)
			continue;
		if (strcmp(vectors[i].name, "driver_goes_table") == 0 || !is_from(&vectors[i], "device"))
			continue;
		if (strcmp(vectors[i].name, "withdraw") == 0)
			client_asks();
		else
			client_up(false);
		expect_reaction(&vectors[i], &bobbins.pair.device);
	}
}

/* ---- The region ---- */

struct links {
	struct pair pair; /* its memory, ports and clock */
	struct weft_link driver;
	struct weft_link device;
};

static struct links links;

static void open_links(void)
{
	struct pair *pair = &links.pair;

	memset(&links, 0, sizeof links);
	pair_init(pair);
	pair->driver.port.region.size = pair->device.port.region.size = WEFT_LINK_SIZE;
	assert_int_equal(weft_link_open(&links.driver, &pair->driver.port, &weft_shm_driver, NULL), 0);
	assert_int_equal(weft_link_open(&links.device, &pair->device.port, &weft_shm_device, NULL), 0);
}

static void poll_link(struct weft_link *link)
{
	assert_true(rpmsg_poll(&link->rdev, 16) >= 0);
}

static void expect_region(const char *name)
{
	const struct vector *vector = named(name);

	expect_bytes(name, links.pair.memory + vector->at, vector->len);
}

static void write_memory(const char *name)
{
	struct vector *vector = named(name);

	memcpy(links.pair.memory + vector->at, vector->bytes, vector->len);
	vector->met++;
}

static void what_a_link_writes_when_it_comes_up(void **state)
{
	struct bobbin_server server;

	(void)state;
	open_links();
	poll_link(&links.device);
	expect_region("device_boots");
	poll_link(&links.driver);
	expect_region("driver_asks_table");
	expect_region("driver_asks");
	poll_link(&links.device);
	expect_region("device_echoes");
	poll_link(&links.driver);
	expect_region("vring0_descriptors");
	expect_region("vring0_available");
	expect_region("vring1_descriptors");
	expect_region("vring1_available");
	expect_region("driver_goes_table");
	poll_link(&links.device);
	assert_int_equal(bobbin_server_start(&server, &links.device.rdev, &ops, NULL, NULL), WEFT_OK);
	expect_region("vring0_used");
	expect_bytes("announce", links.pair.memory + 2048, named("announce")->len);
}

static void a_device_believes_a_driver_that_writes_the_vectors(void **state)
{
	(void)state;
	open_links();
	poll_link(&links.device);
	write_memory("driver_asks_table");
	write_memory("driver_asks");
	poll_link(&links.device);
	expect_region("device_echoes");
	assert_int_equal(rpmsg_link(&links.device.rdev), WEFT_LINK_DOWN);
	write_memory("vring0_descriptors");
	write_memory("vring0_available");
	write_memory("vring1_descriptors");
	write_memory("vring1_available");
	write_memory("driver_goes_table");
	poll_link(&links.device);
	assert_int_equal(rpmsg_link(&links.device.rdev), WEFT_LINK_UP);
	assert_int_equal(rpmsg_mtu(&links.device.rdev), 496);
}

static void a_driver_believes_a_device_that_writes_the_vectors(void **state)
{
	(void)state;
	open_links();
	write_memory("device_boots");
	poll_link(&links.driver);
	assert_int_equal(rpmsg_link(&links.driver.rdev), WEFT_LINK_DOWN);
	write_memory("device_echoes");
	poll_link(&links.driver);
	assert_int_equal(rpmsg_link(&links.driver.rdev), WEFT_LINK_UP);
	memcpy(links.pair.memory + 2048, named("announce")->bytes, named("announce")->len);
	write_memory("vring0_used");
	poll_link(&links.driver);
	assert_int_equal(rpmsg_find_channel(&links.driver.rdev, BOBBIN_CHANNEL, RPMSG_ADDR_ANY), SERVER);
}

static void a_driver_that_breaks_a_rule_is_told(void **state)
{
	(void)state;
	open_links();
	poll_link(&links.device);
	poll_link(&links.driver);
	poll_link(&links.device);
	poll_link(&links.driver);
	assert_int_equal(rpmsg_link(&links.driver.rdev), WEFT_LINK_UP);
	links.pair.memory[40] = 3; /* gfeatures: one that was not offered */
	poll_link(&links.device);
	expect_region("device_needs_reset");
	assert_int_equal(rpmsg_link(&links.device.rdev), WEFT_LINK_ERROR);
	poll_link(&links.driver);
	assert_int_equal(rpmsg_link(&links.driver.rdev), WEFT_LINK_ERROR);
}

static void every_vector_was_met(void **state)
{
	(void)state;
	assert_true(vector_count > 70);
	for (unsigned i = 0; i < vector_count; i++) {
		if (vectors[i].met == 0)
			fail_msg("no test has met the vector %s", vectors[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_client_and_a_server_say),
		cmocka_unit_test(what_a_server_that_cannot_announce_says),
		cmocka_unit_test(each_message_to_a_server_has_its_answer),
		cmocka_unit_test(each_answer_to_a_hello_has_its_effect),
		cmocka_unit_test(what_a_client_learns_from_a_hello),
		cmocka_unit_test(each_answer_to_a_call_has_its_effect),
		cmocka_unit_test(a_second_reply_is_stray),
		cmocka_unit_test(ready_is_for_clients_that_announced_themselves),
		cmocka_unit_test(each_message_to_the_name_service_has_its_effect),
		cmocka_unit_test(what_a_link_writes_when_it_comes_up),
		cmocka_unit_test(a_device_believes_a_driver_that_writes_the_vectors),
		cmocka_unit_test(a_driver_believes_a_device_that_writes_the_vectors),
		cmocka_unit_test(a_driver_that_breaks_a_rule_is_told),
		cmocka_unit_test(every_vector_was_met),
	};

	return cmocka_run_group_tests(tests, read_files, NULL);
}
