/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/oracle.h"

#include <string.h>

#include "sim/world.h"

#define REQUESTS 65536u
#define STREAM 0x1fu
#define BOUND 0x80u

struct letter {
	uint16_t session;
	uint8_t stream; /* link, side, endpoint, nested: two bits for the link, one for each other; BOUND */
	uint8_t len;
	uint32_t number; /* in the session */
	uint32_t dest;
	uint32_t run;
	uint32_t check;
};

struct stream {
	uint64_t key;
	uint32_t birth;    /* of both endpoints */
	uint16_t session;  /* that is sent */
	uint32_t sent;     /* in it */
	uint16_t arriving; /* session that is received */
	uint32_t arrived;  /* in it */
};

static struct {
	struct stream stream[SIM_LINKS * 8];
	uint32_t born[SIM_LINKS][2][ORACLE_ENDPOINTS];
	uint32_t requests;
	uint8_t served[REQUESTS / 8];
} oracle;

void oracle_begin(void)
{
	memset(&oracle, 0, sizeof oracle);
}

static uint8_t number_of(struct oracle_stream stream)
{
	return (uint8_t)(stream.link * 8u + stream.side * 4u + stream.endpoint * 2u + stream.nested);
}

/* Changes when either endpoint of the stream is another one. */
static uint32_t birth_of(struct oracle_stream stream)
{
	return oracle.born[stream.link][0][stream.endpoint] + oracle.born[stream.link][1][stream.endpoint];
}

void oracle_birth(uint8_t link, uint8_t side, uint8_t endpoint)
{
	oracle.born[link][side][endpoint]++;
}

static uint32_t check_of(const struct letter *letter)
{
	uint32_t check = letter->number * 0x9e3779b9u + letter->session * 0x85ebca6bu + letter->stream * 0xc2b2ae35u;

	check ^= letter->dest * 0x165667b1u;
	return check ^ letter->run ^ letter->len * 0x27d4eb2fu;
}

static uint8_t fill_of(const struct letter *letter, uint32_t at)
{
	return (uint8_t)((letter->check + at * 0x9e3779b9u) >> 24);
}

void oracle_letter(struct oracle_stream which, uint64_t key, bool bound, uint8_t *out, uint32_t len)
{
	struct stream *stream = &oracle.stream[number_of(which)];

	if (stream->session == 0 || stream->key != key || stream->birth != birth_of(which)) {
		stream->session++;
		stream->key = key;
		stream->birth = birth_of(which);
		stream->sent = 0;
	}
	struct letter letter = { .session = stream->session, .len = (uint8_t)len, .dest = (uint32_t)(key >> 32) };
	letter.stream = (uint8_t)(number_of(which) | (bound ? BOUND : 0));
	letter.number = stream->sent++;
	letter.run = (uint32_t)sim_stats.runs;
	letter.check = check_of(&letter);
	memcpy(out, &letter, sizeof letter);
	for (uint32_t i = sizeof letter; i < len; i++)
		out[i] = fill_of(&letter, i);
}

void oracle_unsent(struct oracle_stream which)
{
	oracle.stream[number_of(which)].sent--;
}

/* In its place. One that went on to the next endpoint left those before it with the last. */
static void check_number(const struct letter *letter, struct stream *stream, uint32_t addr)
{
	bool moved = letter->dest != addr;

	if (moved && (letter->stream & BOUND) == 0)
		sim_violation("invention", "a letter to %x comes to %x", (unsigned)letter->dest, (unsigned)addr);
	if (moved && letter->number > stream->arrived)
		stream->arrived = letter->number;
	if (letter->number != stream->arrived)
		sim_violation(letter->number < stream->arrived ? "no doubles" : "no loss",
		              "stream %u, session %u: letter %u where %u was due", letter->stream & STREAM,
		              letter->session, letter->number, stream->arrived);
	stream->arrived++;
}

void oracle_received(uint8_t link, uint8_t side, uint8_t endpoint, uint32_t addr, const uint8_t *data, uint32_t len)
{
	struct letter letter;

	if (sim.plan.wild != 0)
		return;
	if (len < sizeof letter)
		sim_violation("invention", "endpoint %u of link %u gets %u bytes", endpoint, link, len);
	memcpy(&letter, data, sizeof letter);
	if (letter.check != check_of(&letter) || letter.len != len || letter.run != (uint32_t)sim_stats.runs)
		sim_violation("invention", "endpoint %u of link %u gets a letter that nobody wrote", endpoint, link);
	for (uint32_t i = sizeof letter; i < len; i++) {
		if (data[i] != fill_of(&letter, i))
			sim_violation("invention", "byte %u of a letter of %u is another", i, len);
	}
	struct oracle_stream from = { link, (uint8_t)(1 - side), endpoint, letter.stream & 1u };
	if ((letter.stream & STREAM) != number_of(from))
		sim_violation("invention", "endpoint %u of link %u gets a letter of stream %u", endpoint, link,
		              letter.stream & STREAM);
	struct stream *stream = &oracle.stream[letter.stream & STREAM];
	if (letter.session < stream->arriving)
		sim_violation("order", "stream %u: session %u after %u", letter.stream & STREAM, letter.session,
		              stream->arriving);
	if (letter.session > stream->arriving) {
		stream->arriving = letter.session;
		stream->arrived = 0;
	}
	check_number(&letter, stream, addr);
	sim_stats.letters++;
}

uint32_t oracle_missing(struct oracle_stream which, uint64_t key)
{
	const struct stream *stream = &oracle.stream[number_of(which)];

	if (stream->session == 0 || stream->key != key || stream->birth != birth_of(which) || sim.plan.wild != 0)
		return 0;
	return stream->sent - (stream->arriving == stream->session ? stream->arrived : 0);
}

uint32_t oracle_request(void)
{
	return ++oracle.requests;
}

void oracle_served(uint32_t id)
{
	uint8_t bit = (uint8_t)(1u << (id & 7u));

	if (sim.plan.wild != 0 || id >= REQUESTS)
		return;
	if (id == 0 || id > oracle.requests)
		sim_violation("invention", "request %u is served, which nobody made", id);
	if (oracle.served[id / 8u] & bit)
		sim_violation("exactly once", "request %u is served twice", id);
	oracle.served[id / 8u] |= bit;
}
