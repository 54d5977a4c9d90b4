/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints that come and go, and letters in all forms of sending. */
#include <string.h>

#include "sim/choose.h"
#include "sim/firmware.h"

#define LETTER_MAX 48u

static const char *const names[POSTS] = { "north", "south" };

static struct oracle_stream stream_of(const struct post *post, bool nested)
{
	return (struct oracle_stream){ post->app->link, post->app->side, post->number, nested };
}

static uint64_t key_of(const struct post *post, uint32_t dest)
{
	uint32_t life = sim.core[post->app->side == 0 ? 0 : post->app->link + 1].lives;

	return (uint64_t)dest << 32 | (life << 16) | post->app->ups;
}

static uint32_t life_of(const struct post *post)
{
	return post->app->shm.transport.counters.ups;
}

/* What was lent or held ended with the life of its link, whether it has been told or not. */
static bool over(const struct post *post, uint32_t life)
{
	return post->app->shm.transport.mtu == 0 || life_of(post) != life;
}

/* ---- Sending ---- */

static int send_lent(struct post *post, uint32_t dest, const uint8_t *letter, int len)
{
	uint32_t room = 0;
	uint32_t life = post->app->shm.transport.counters.ups;
	uint32_t wait = sim.current->interrupt == NULL ? choose(2) * 300u : 0;
	uint8_t *loan = rpmsg_get_tx_buffer(&post->ept, &room, wait);

	if (loan == NULL)
		return RPMSG_ERR_NO_BUFF;
	if (room < (uint32_t)len)
		sim_violation("contract", "a loan of %u bytes", room);
	int result = RPMSG_ERR_DEV_STATE;
	rpmsg_tx_begin(&post->app->rdev);
	if (post->app->shm.transport.mtu != 0 && post->app->shm.transport.counters.ups == life) {
		memcpy(loan, letter, (size_t)len);
		result = rpmsg_sendto_nocopy(&post->ept, loan, len, dest);
	}
	rpmsg_tx_end(&post->app->rdev);
	if (result < 0)
		rpmsg_release_tx_buffer(&post->ept, loan);
	return result;
}

enum form { TRYSEND, SEND, SENDTO, OFFCHANNEL, TIMEOUT, LENT, FORMS };

static int send_somehow(struct post *post, uint32_t form, uint32_t dest, const uint8_t *letter, int len)
{
	struct rpmsg_endpoint *ept = &post->ept;

	switch (form) {
	case TRYSEND:
		return rpmsg_trysend(ept, letter, len);
	case SEND: /* it may be bound anew while it waits */
		return rpmsg_send(ept, letter, len);
	case SENDTO:
		return rpmsg_sendto(ept, letter, len, dest);
	case OFFCHANNEL:
		return rpmsg_send_offchannel(ept, ept->addr, dest, letter, len);
	case TIMEOUT:
		return rpmsg_send_timeout(ept, ept->addr, dest, letter, len, 100);
	default:
		return send_lent(post, dest, letter, len);
	}
}

/* Where an interrupt polls, it may bind the endpoint anew meanwhile, or the link come up anew, in which the address is
 * somebody else's: the letter goes to the destination of its session, without waiting, in this life of the link. */
static int send_in_this_life(struct post *post, uint32_t dest, const uint8_t *letter, int len)
{
	struct rpmsg_endpoint *ept = &post->ept;

	switch (choose(3)) {
	case 0:
		return rpmsg_trysendto(ept, letter, len, dest);
	case 1:
		return rpmsg_trysend_offchannel(ept, ept->addr, dest, letter, len);
	default:
		return send_lent(post, dest, letter, len);
	}
}

static bool send_letter(struct post *post, bool nested)
{
	uint8_t letter[LETTER_MAX];
	uint32_t len = ORACLE_LETTER_MIN + choose(LETTER_MAX - ORACLE_LETTER_MIN + 1u);
	int result = RPMSG_ERR_ADDR;
	uint32_t form = sim.current->interrupt == NULL ? choose(FORMS) : LENT;

	rpmsg_tx_begin(&post->app->rdev);
	uint32_t dest = post->ept.dest_addr;
	bool ready = post->open && is_rpmsg_ept_ready(&post->ept) && dest != RPMSG_ADDR_ANY;
	if (ready)
		oracle_letter(stream_of(post, nested), key_of(post, dest), form == SEND, letter, len);
	if (ready && sim.current->interrupt != NULL)
		result = send_in_this_life(post, dest, letter, (int)len);
	rpmsg_tx_end(&post->app->rdev);
	if (!ready)
		return false;
	if (sim.current->interrupt == NULL)
		result = send_somehow(post, form, dest, letter, (int)len);
	if (result == (int)len)
		return true;
	oracle_unsent(stream_of(post, nested));
	if (result == RPMSG_ERR_NO_BUFF)
		sim_mark(MARK_NO_BUFFER);
	if (result != RPMSG_ERR_NO_BUFF && result != RPMSG_ERR_DEV_STATE && result != RPMSG_ERR_ADDR &&
	    result != RPMSG_ERR_PARAM)
		sim_violation("contract", "send says %d", result);
	return false;
}

/* ---- Holding ---- */

static void hold(struct post *post, uint8_t *data)
{
	for (int i = 0; i < HELD; i++) {
		if (post->held[i] == NULL && rpmsg_hold_rx_buffer(&post->ept, data) == RPMSG_SUCCESS) {
			sim_mark(MARK_HELD);
			post->held[i] = data;
			post->held_life = life_of(post);
			memcpy(post->copy[i], data, ORACLE_LETTER_MIN);
			if (rpmsg_hold_rx_buffer(&post->ept, data) == RPMSG_SUCCESS)
				sim_violation("conservation", "a buffer is held twice");
			return;
		}
	}
}

static void release(struct post *post, int i)
{
	uint8_t *data = post->held[i];

	if (data == NULL)
		return;
	if (sim.plan.wild == 0 && !over(post, post->held_life) && memcmp(post->copy[i], data, ORACLE_LETTER_MIN) != 0)
		sim_violation("conservation", "a held buffer changed");
	post->held[i] = NULL;
	if (rpmsg_release_rx_buffer(&post->ept, data) != RPMSG_SUCCESS && !over(post, post->held_life))
		sim_violation("conservation", "a held buffer cannot be released");
	/* An interrupt may have been given the same buffer anew. */
	if (sim.current->interrupt == NULL && rpmsg_release_rx_buffer(&post->ept, data) == RPMSG_SUCCESS)
		sim_violation("conservation", "a buffer is released twice");
}

/* ---- Life ---- */

/* What was lent and held went with the endpoint or the link. */
static void lose(struct post *post)
{
	if (post->loan != NULL)
		sim_mark(MARK_LOAN_LOST);
	post->loan = NULL;
	for (int i = 0; i < HELD; i++)
		post->held[i] = NULL;
}

static void destroy(struct post *post)
{
	int result = rpmsg_destroy_ept(&post->ept);

	if (result == RPMSG_ERR_NO_BUFF) {
		sim_mark(MARK_DESTROY_BUSY);
		return;
	}
	if (result == RPMSG_ERR_PARAM && !post->open)
		return; /* its callback has, while we waited for a buffer */
	if (result < 0)
		sim_violation("contract", "destroy says %d", result);
	sim_say("destroy %s %x: %d", names[post->number], (unsigned)post->ept.addr, result);
	if (result == 1)
		sim_mark(MARK_DESTROY_OWN);
	post->open = result == 1; /* its own callback has to return */
	lose(post);
}

static void released(struct rpmsg_endpoint *ept)
{
	((struct post *)ept->priv)->open = false;
}

static void on_bound(struct rpmsg_endpoint *ept)
{
	sim_mark(MARK_BOUND);
	sim_say("%s %x is bound to %x", ept->name, (unsigned)ept->addr, (unsigned)ept->dest_addr);
}

static void on_unbound(struct rpmsg_endpoint *ept)
{
	sim_mark(MARK_UNBOUND);
	sim_say("%s %x is unbound", ept->name, (unsigned)ept->addr);
}

static int on_letter(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct post *post = (struct post *)priv;
	struct app *app = post->app;

	if (ept != &post->ept || !post->open)
		sim_violation("exactly once", "a callback after destroy");
	sim_say("%s %x gets %u bytes from %x", ept->name, (unsigned)ept->addr, (unsigned)len, (unsigned)src);
	oracle_received(app->link, app->side, post->number, ept->addr, data, (uint32_t)len);
	if (sim_calm())
		return RPMSG_SUCCESS;
	switch (choose(12)) {
	case 1:
		if (send_letter(post, true))
			sim_mark(MARK_LETTER_NESTED);
		break;
	case 2:
	case 3:
		if (len >= ORACLE_LETTER_MIN)
			hold(post, (uint8_t *)data);
		break;
	case 4: /* the task may be about to, where this is an interrupt */
		if (!sim.current->in_interrupt && rarely(4))
			destroy(post);
		break;
	default:
		break;
	}
	return RPMSG_SUCCESS;
}

static void create(struct post *post)
{
	static const struct rpmsg_endpoint_hooks hooks = { .bound = on_bound, .released = released };
	struct rpmsg_endpoint_config config = {
		.name = names[post->number],
		.src = RPMSG_ADDR_ANY,
		.dest = RPMSG_ADDR_ANY,
		.cb = on_letter,
		.ns_unbind_cb = on_unbound,
		.hooks = &hooks,
		.priv = post,
	};

	oracle_birth(post->app->link, post->app->side, post->number);
	post->open = true;
	int result = rpmsg_create_endpoint(&post->ept, &post->app->rdev, &config);
	if (result != RPMSG_SUCCESS)
		sim_violation("contract", "create says %d", result);
	sim_say("create %s %x", names[post->number], (unsigned)post->ept.addr);
}

void posts_open(struct app *app)
{
	for (uint8_t i = 0; i < POSTS; i++) {
		app->post[i].app = app;
		app->post[i].number = i;
		create(&app->post[i]);
	}
}

void posts_link_down(struct app *app)
{
	for (int i = 0; i < POSTS; i++)
		lose(&app->post[i]);
}

/* It is written to before it is known what becomes of it. */
static void scribble(struct post *post)
{
	static const uint8_t draft[ORACLE_LETTER_MIN] = "never to be sent";

	rpmsg_tx_begin(&post->app->rdev);
	if (post->loan != NULL && !over(post, post->loan_life))
		memcpy(post->loan, draft, sizeof draft);
	rpmsg_tx_end(&post->app->rdev);
}

/* A loan that lasts, and is given back or sent. */
static void lend(struct post *post)
{
	if (!post->open)
		return;
	if (post->loan == NULL) {
		post->loan_life = life_of(post); /* before: an interrupt may end the loan at once */
		post->loan = rpmsg_get_tx_buffer(&post->ept, NULL, 0);
		scribble(post);
		return;
	}
	uint8_t *loan = post->loan;
	post->loan = NULL;
	sim_mark(MARK_LOAN_BACK);
	if (rpmsg_release_tx_buffer(&post->ept, loan) != RPMSG_SUCCESS && !over(post, post->loan_life))
		sim_violation("conservation", "a loan cannot be given back");
	if (sim.current->interrupt == NULL && rpmsg_release_tx_buffer(&post->ept, loan) == RPMSG_SUCCESS)
		sim_violation("conservation", "a loan is given back twice");
}

void posts_act(struct app *app)
{
	struct post *post = &app->post[choose(POSTS)];

	switch (choose(8)) {
	case 0:
	case 1:
	case 2:
	case 3:
		send_letter(post, false);
		break;
	case 4:
		release(post, (int)choose(HELD));
		break;
	case 5:
		lend(post);
		break;
	case 6:
		if (post->open)
			destroy(post);
		else
			create(post);
		break;
	default:
		if (!post->open)
			create(post);
		break;
	}
}

/* ---- Calm ---- */

static uint32_t enough(void)
{
	return sim.plan.script ? 1 : 3;
}

void posts_calm(struct app *app)
{
	for (int n = 0; n < POSTS; n++) {
		struct post *post = &app->post[n];

		if (!post->open)
			create(post);
		for (int i = 0; i < HELD; i++)
			release(post, i);
		if (post->loan != NULL)
			lend(post);
		if (post->calm_sent < enough() && send_letter(post, false))
			post->calm_sent++;
	}
}

const char *posts_missing(const struct app *app)
{
	for (int n = 0; n < POSTS; n++) {
		const struct post *post = &app->post[n];

		if (!post->open || post->ept.dest_addr == RPMSG_ADDR_ANY)
			return "an endpoint is not bound";
		if (post->calm_sent < enough())
			return "letters are not sent";
		for (int nested = 0; nested < 2; nested++) {
			if (oracle_missing(stream_of(post, nested), key_of(post, post->ept.dest_addr)) != 0)
				return "letters are lost";
		}
	}
	return NULL;
}
