/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* timer_create */
#include "crash/doom.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static struct doom mine;
static bool set;
static bool armed;
static const struct weft_port_ops *port_ops;

static void arm(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec time = { .it_value = { .tv_sec = mine.amount / 1000000u,
		                                 .tv_nsec = (long)(mine.amount % 1000000u) * 1000 } };
	timer_t timer;

	armed = true;
	if (mine.by_clock &&
	    (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &time, NULL) != 0))
		_exit(3);
}

void doom_step(void)
{
	if (armed && !mine.by_clock && --mine.amount == 0)
		raise(SIGKILL);
}

void doom_call(void)
{
	doom_step();
	if (set && !armed && --mine.after == 0)
		arm();
}

static void doomed_kick(struct weft_port *port, uint32_t notifyid)
{
	doom_step();
	port_ops->kick(port, notifyid);
}

static uint32_t doomed_now_us(struct weft_port *port)
{
	doom_step();
	return port_ops->now_us(port);
}

static void doomed_relax(struct weft_port *port, uint32_t timeout_us)
{
	doom_step();
	port_ops->relax(port, timeout_us);
}

static uint32_t doomed_session(struct weft_port *port)
{
	doom_step();
	return port_ops->session(port);
}

void doom_set(const struct doom *doom, struct weft_port *port)
{
	static struct weft_port_ops ops;

	port_ops = port->ops;
	ops = *port->ops;
	ops.kick = doomed_kick;
	ops.now_us = doomed_now_us;
	ops.relax = doomed_relax;
	ops.session = doomed_session;
	port->ops = &ops;
	mine = *doom;
	set = true;
	if (mine.after == 0)
		arm();
}
