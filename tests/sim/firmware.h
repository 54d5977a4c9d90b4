/* SPDX-License-Identifier: Apache-2.0 */
/* What runs on the simulated cores: on each end of a link two endpoints that write letters, a client and a server that
 * call each other, in all the ways that there are. In trouble a core does one thing after another by choice; in calm
 * it puts itself in order and shows that all of it works. */
#ifndef WEFT_SIM_FIRMWARE_H
#define WEFT_SIM_FIRMWARE_H

#include <stddef.h>

#include "sim/oracle.h"
#include "sim/port.h"
#include "sim_client.h"
#include "sim_server.h"

#define POSTS ORACLE_ENDPOINTS
#define HELD 2
#define JOBS 4
#define OWED 3
#define NUM_MAX 8

struct app;

/* An endpoint that sends and takes letters. */
struct post {
	struct rpmsg_endpoint ept;
	struct app *app;
	uint8_t *held[HELD];
	uint8_t copy[HELD][ORACLE_LETTER_MIN]; /* what was in them when they came */
	uint8_t *loan;
	uint32_t held_life; /* of the link, in which they came */
	uint32_t loan_life; /* ... it was lent; an interrupt may end that before the task has it in its hand */
	uint32_t calm_sent;
	uint8_t number;
	bool open;
};

enum job_kind { GRIND, SIFT, CARRY, HAUL, JOB_KINDS };
enum job_state { JOB_FREE, JOB_STARTS, JOB_FLIES, JOB_HOLDS };

/* A call that this end makes. */
struct job {
	union {
		struct mill_grind_call grind;
		struct mill_sift_call sift;
		struct mill_carry_call carry;
		struct mill_haul_call haul;
	} call;
	union {
		sim_v1_Flour flour;
		sim_v1_Sack sack;
		sim_v1_Load load;
	} response;
	struct weft_rx rx;
	struct app *app;
	uint32_t id;
	uint32_t value;
	uint32_t due; /* us, no earlier than the client's */
	uint8_t kind;
	uint8_t state;
};

/* A request that this end answers later. */
struct owed {
	struct weft_token token;
	uint32_t id;
	uint32_t value;
};

/* One end of a link. */
struct app {
	struct sim_port port;
	struct weft_shm shm;
	const struct weft_transport_ops *shm_ops;
	struct weft_transport_ops ops; /* the same, and tries are counted */
	struct rpmsg_device rdev;
	struct virtqueue_entry entries[2 * NUM_MAX];
	struct rpmsg_endpoint *table[8];
	struct rpmsg_channel channels[4];
	struct post post[POSTS];
	struct mill_client client;
	struct weft_call *calls[JOBS];
	struct job job[JOBS];
	struct mill_server server;
	struct weft_server_slot slots[3];
	struct owed owed[OWED];
	struct weft_rx kept; /* a request's buffer */
	uint8_t stuff[4];    /* of a response, until it is encoded */
	uint32_t ups;
	uint32_t tries; /* to send, by anybody */
	uint8_t link, side;
	uint8_t calm_kinds; /* calls that went well in calm, a bit a kind */
	bool open_client, open_server;
	bool calm; /* it has noticed */
};

struct firmware {
	struct app app[SIM_LINKS];
	uint8_t apps;
	uint8_t polled_by;
	uint32_t life;
};

/* Every entry of a queue in one state, the free ones in the list, each once. */
void firmware_check_queue(const struct app *app, const struct virtqueue *vq);

/* posts.c */
void posts_open(struct app *app);
void posts_act(struct app *app);
void posts_calm(struct app *app);
void posts_link_down(struct app *app);
const char *posts_missing(const struct app *app);

#if !SIM_LINUX
/* jobs.c: the calls that this end makes */
void jobs_open(struct app *app);
void jobs_act(struct app *app);
void jobs_calm(struct app *app);
void jobs_late(struct app *app, uint32_t polled_us);
const char *jobs_missing(const struct app *app);

/* mill.c: the service that it gives */
void mill_open(struct app *app);
void mill_act(struct app *app);
void mill_calm(struct app *app);
const char *mill_missing(const struct app *app);
#else
/* There are no calls. */
static inline void jobs_act(struct app *app)
{
	(void)app;
}

static inline void jobs_calm(struct app *app)
{
	(void)app;
}

static inline void jobs_late(struct app *app, uint32_t polled_us)
{
	(void)app;
	(void)polled_us;
}

static inline void mill_act(struct app *app)
{
	(void)app;
}

static inline void mill_calm(struct app *app)
{
	(void)app;
}
#endif

#endif
