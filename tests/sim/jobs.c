/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that an end makes: started, cancelled, waited for, written in place, their replies held. */
#include <string.h>

#include "sim/choose.h"
#include "sim/firmware.h"

static const char *const channels[2] = { "mill.driver", "mill.device" };

/* ---- How a call may end ---- */

static void check_status(weft_status status)
{
	switch (status) {
	case WEFT_OK:
		sim_mark(MARK_CALL_OK);
		return;
	case WEFT_CANCELLED:
		sim_mark(MARK_CALL_CANCELLED);
		return;
	case WEFT_DEADLINE_EXCEEDED:
		sim_mark(MARK_CALL_DEADLINE);
		return;
	case WEFT_RESOURCE_EXHAUSTED:
		sim_mark(MARK_CALL_EXHAUSTED);
		return;
	case WEFT_UNAVAILABLE:
		sim_mark(MARK_CALL_UNAVAILABLE);
		return;
	case WEFT_ABORTED: /* says the handler */
		sim_mark(MARK_CALL_ABORTED);
		return;
	case WEFT_FAILED_PRECONDITION:
		return;
	default:
		if (sim.plan.wild == 0)
			sim_violation("contract", "a call ends with %d", (int)status);
	}
}

static void check_answer(struct job *job, uint32_t id, uint32_t value)
{
	if (sim.plan.wild == 0 && (id != job->id || value != oracle_ground(job->value)))
		sim_violation("invention", "call %u is answered with %u, %u", job->id, id, value);
}

static uint32_t value_of(const struct weft_view *view)
{
	uint32_t value = 0;

	if (view->data != NULL && view->len == sizeof value)
		memcpy(&value, view->data, sizeof value);
	return value;
}

static void ended(struct job *job, weft_status status)
{
	if (job->state != JOB_FLIES && job->state != JOB_STARTS)
		sim_violation("exactly once", "call %u ends twice", job->id);
	check_status(status);
	sim_stats.calls++;
	job->state = JOB_FREE;
	if (status != WEFT_OK)
		return;
	if (sim_calm())
		job->app->calm_kinds |= (uint8_t)(1u << job->kind);
	switch (job->kind) {
	case CARRY:
		check_answer(job, job->response.sack.id, value_of(&job->response.sack.stuff));
		job->state = JOB_HOLDS;
		break;
	case HAUL:
		check_answer(job, job->response.load.id, value_of(&job->response.load.stuff));
		job->state = JOB_HOLDS;
		break;
	default:
		check_answer(job, job->response.flour.id, job->response.flour.value);
		break;
	}
}

static void grind_done(struct mill_grind_call *call, weft_status status, sim_v1_Flour *response)
{
	(void)response;
	ended((struct job *)call->arg, status);
}

static void sift_done(struct mill_sift_call *call, weft_status status, sim_v1_Flour *response)
{
	(void)response;
	ended((struct job *)call->arg, status);
}

static void carry_done(struct mill_carry_call *call, weft_status status, sim_v1_Sack *response)
{
	(void)response;
	ended((struct job *)call->arg, status);
}

static void haul_done(struct mill_haul_call *call, weft_status status, sim_v1_Load *response)
{
	(void)response;
	ended((struct job *)call->arg, status);
}

/* ---- Starting ---- */

static sim_v1_Grain grain_of(const struct job *job)
{
	sim_v1_Grain grain = sim_v1_Grain_init_zero;

	grain.id = job->id;
	grain.value = job->value;
	grain.husk.size = (pb_size_t)(job->id % 13u);
	return grain;
}

static weft_status start_haul(struct job *job, uint32_t timeout_us)
{
	struct mill_client *client = &job->app->client;
	sim_v1_Load load = sim_v1_Load_init_zero;
	struct weft_tx tx;

	load.id = job->id;
	if (choose(3) == 0) {
		load.stuff = (struct weft_view){ (const uint8_t *)&job->value, sizeof job->value };
		return mill_haul_start(client, &job->call.haul, &load, &job->response.load, &job->rx, timeout_us,
		                       haul_done, job);
	}
	uint32_t life = job->app->shm.transport.counters.ups;
	weft_status status = mill_haul_begin(client, &load, &tx, choose(2) * 100u);
	if (status != WEFT_OK)
		return status;
	rpmsg_tx_begin(&job->app->rdev);
	if (job->app->shm.transport.mtu != 0 && job->app->shm.transport.counters.ups == life)
		memcpy(tx.data, &job->value, sizeof job->value);
	rpmsg_tx_end(&job->app->rdev);
	if (rarely(8)) {
		mill_haul_abort(&tx);
		sim_mark(MARK_PAYLOAD_ABORTED);
		return WEFT_CANCELLED;
	}
	status = mill_haul_commit_start(client, &job->call.haul, &tx, sizeof job->value, &job->response.load, &job->rx,
	                                timeout_us, haul_done, job);
	if (tx.data != NULL && mill_haul_abort(&tx) == WEFT_FAILED_PRECONDITION)
		sim_violation("conservation", "a loan that is still lent cannot be aborted");
	return status;
}

static weft_status start(struct job *job, uint32_t timeout_us)
{
	struct mill_client *client = &job->app->client;
	sim_v1_Grain grain = grain_of(job);
	sim_v1_Sack sack = { job->id, { (const uint8_t *)&job->value, sizeof job->value } };

	switch (job->kind) {
	case GRIND:
		return mill_grind_start(client, &job->call.grind, &grain, &job->response.flour, timeout_us, grind_done,
		                        job);
	case SIFT:
		return mill_sift_start(client, &job->call.sift, &grain, &job->response.flour, timeout_us, sift_done,
		                       job);
	case CARRY:
		return mill_carry_start(client, &job->call.carry, &sack, &job->response.sack, &job->rx, timeout_us,
		                        carry_done, job);
	default:
		return start_haul(job, timeout_us);
	}
}

static struct job *free_job(struct app *app)
{
	for (int i = 0; i < JOBS; i++) {
		if (app->job[i].state == JOB_FREE)
			return &app->job[i];
	}
	return NULL;
}

static void begin(struct app *app, enum job_kind kind, uint32_t timeout_us)
{
	struct job *job = free_job(app);

	if (job == NULL || !app->open_client)
		return;
	job->app = app;
	job->kind = (uint8_t)kind;
	job->id = oracle_request();
	job->value = job->id * 77u + kind;
	job->state = JOB_STARTS;
	weft_status status = start(job, timeout_us);
	if (status != WEFT_OK) {
		check_status(status);
		if (job->state != JOB_STARTS)
			sim_violation("exactly once", "call %u ended and did not start", job->id);
		job->state = JOB_FREE;
	} else if (job->state == JOB_STARTS) {
		job->due = sim_now_us(sim.current) + timeout_us;
		job->state = JOB_FLIES;
	}
}

/* ---- Other ways ---- */

static void wait_for_one(struct app *app)
{
	struct job *job = free_job(app);
	sim_v1_Flour flour = sim_v1_Flour_init_zero;

	if (job == NULL || !app->open_client)
		return;
	job->id = oracle_request();
	job->value = job->id;
	sim_v1_Grain grain = grain_of(job);
	uint32_t timeout_us = 50u + choose(64) * 40u;
	sim_mark(MARK_CALL_WAITED);
	sim_deadline(timeout_us);
	weft_status status = choose(2) == 0 ? mill_grind(&app->client, &grain, &flour, timeout_us)
	                                    : mill_sift(&app->client, &grain, &flour, timeout_us);

	sim_deadline(0);
	check_status(status);
	if (status == WEFT_OK)
		check_answer(job, flour.id, flour.value);
}

static void cancel(struct job *job)
{
	if (job->state != JOB_FLIES)
		return;
	weft_status status = weft_call_cancel(&job->call.grind.base);
	if (status == WEFT_OK && job->state != JOB_FREE)
		sim_violation("exactly once", "call %u is cancelled and has not ended", job->id);
	if (status != WEFT_OK && status != WEFT_FAILED_PRECONDITION)
		sim_violation("contract", "cancel says %d", (int)status);
}

static void let_go(struct job *job)
{
	if (job->state != JOB_HOLDS)
		return;
	weft_rx_release(&job->rx); /* not OK: the link has gone down since */
	job->state = JOB_FREE;
}

static void sweep(struct app *app)
{
	struct job scratch = { .id = oracle_request() };
	sim_v1_Grain grain = grain_of(&scratch);

	if (app->open_client)
		check_status(mill_sweep(&app->client, &grain, choose(2) * 100u));
}

static void close_client(struct app *app)
{
	for (int i = 0; i < JOBS; i++)
		let_go(&app->job[i]);
	weft_status status = mill_client_close(&app->client);
	if (status != WEFT_OK)
		sim_violation("contract", "close says %d", (int)status);
	app->open_client = false;
	sim_mark(MARK_CLIENT_CLOSED);
	for (int i = 0; i < JOBS; i++) {
		let_go(&app->job[i]);
		if (app->job[i].state != JOB_FREE)
			sim_violation("exactly once", "call %u outlives its client", app->job[i].id);
	}
}

void jobs_open(struct app *app)
{
	struct weft_client_config config = {
		.calls = app->calls,
		.call_slots = JOBS,
		.channel = channels[1 - app->side],
		.hello_us = 500,
	};

	weft_status status = mill_client_open(&app->client, &app->rdev, &config);
	if (status != WEFT_OK)
		sim_violation("contract", "open says %d", (int)status);
	if (sim.plan.wrap)
		app->client.base.sequence = 0u - choose(8);
	app->open_client = true;
}

void jobs_act(struct app *app)
{
	struct job *job = &app->job[choose(JOBS)];

	switch (choose(12)) {
	case 7:
		cancel(job);
		break;
	case 8:
		let_go(job);
		break;
	case 9:
		wait_for_one(app);
		break;
	case 10:
		sweep(app);
		break;
	case 11:
		if (!app->open_client)
			jobs_open(app);
		else if (rarely(8))
			close_client(app);
		break;
	default:
		begin(app, (enum job_kind)choose(JOB_KINDS), 20u + choose(128) * choose(16) * 4u);
		break;
	}
}

/* Between a look at the clock and what is done by it others may run, slow ones too, and an interrupt come. */
static int32_t slack_us(void)
{
	return sim.plan.slow != 0 || sim.plan.policy == SIM_PRIORITY ? 20000 : 1000;
}

void jobs_late(struct app *app, uint32_t polled_us)
{
	if (sim.plan.jump != 0)
		return; /* what was counted down from before a jump comes by so much later */
	for (int i = 0; i < JOBS; i++) {
		const struct job *job = &app->job[i];

		if (job->state == JOB_FLIES && (int32_t)(polled_us - job->due) > slack_us())
			sim_violation("deadline", "call %u is %u us over its deadline after a poll", job->id,
			              polled_us - job->due);
	}
}

static int kinds(void)
{
	return sim.plan.script ? 1 : JOB_KINDS;
}

void jobs_calm(struct app *app)
{
	if (!app->open_client)
		jobs_open(app);
	for (int i = 0; i < JOBS; i++)
		let_go(&app->job[i]);
	for (int kind = 0; kind < kinds(); kind++) {
		if ((app->calm_kinds >> kind & 1u) == 0 && weft_client_state(&app->client.base) == WEFT_OK)
			begin(app, (enum job_kind)kind, 2000);
	}
}

const char *jobs_missing(const struct app *app)
{
	for (int i = 0; i < JOBS; i++) {
		if (app->job[i].state != JOB_FREE)
			return "a call has not ended";
	}
	return app->calm_kinds == (1u << kinds()) - 1u ? NULL : "a kind of call has not gone well";
}
