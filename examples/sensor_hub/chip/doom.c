/* SPDX-License-Identifier: Apache-2.0 */
#include "doom.h"

#include "port/board.h"

#define TICK_US 1000u
#define SOON_TICKS 20u

static struct weft_port_ops ops;
static void (*kick)(struct weft_port *port, uint32_t notifyid);
static unsigned ticks;

static bool is_doomed(enum doom doom)
{
	return __atomic_load_n(board_shared(), __ATOMIC_ACQUIRE) == (uint32_t)doom;
}

static void restart(void)
{
	__atomic_store_n(board_shared(), (uint32_t)DOOM_NONE, __ATOMIC_RELEASE);
	board_restart();
}

static void tick(void)
{
	ticks = is_doomed(DOOM_SOON) ? ticks + 1u : 0;
	if (ticks == SOON_TICKS)
		restart();
}

static void kick_or_restart(struct weft_port *port, uint32_t notifyid)
{
	if (is_doomed(DOOM_IN_KICK))
		restart();
	kick(port, notifyid);
}

void doom_other(enum doom doom)
{
	__atomic_store_n(board_shared(), (uint32_t)doom, __ATOMIC_RELEASE);
}

void doom_wait(struct weft_port *port)
{
	ops = *port->ops;
	kick = ops.kick;
	ops.kick = kick_or_restart;
	port->ops = &ops;
	board_on_tick(TICK_US, tick);
}
