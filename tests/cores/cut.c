/* SPDX-License-Identifier: Apache-2.0 */
#include "cut.h"

#include "port/board.h"

static const struct weft_port_ops *real;
static struct weft_port_ops ops;
static uint32_t *where;

/* Counts are this core's alone: the other one sets the word when it is 0. */
static void pass(enum cut_place place)
{
	uint32_t word = __atomic_load_n(where, __ATOMIC_ACQUIRE);

	if (word >> 16 != (uint32_t)place)
		return;
	word = (word & UINT16_MAX) > 1 ? word - 1u : 0;
	__atomic_store_n(where, word, __ATOMIC_RELEASE);
	if (word == 0)
		board_restart();
}

static uintptr_t lock_and_pass(struct weft_port *port)
{
	uintptr_t key = real->lock(port);

	pass(CUT_LOCKED);
	return key;
}

static void pass_and_unlock(struct weft_port *port, uintptr_t key)
{
	pass(CUT_UNLOCKING);
	real->unlock(port, key);
}

static void pass_and_kick(struct weft_port *port, uint32_t notifyid)
{
	pass(CUT_RINGING);
	real->kick(port, notifyid);
}

void cut_tick(void)
{
	pass(CUT_TICK);
}

void cut_watch(struct weft_port *port, uint32_t *word)
{
	real = port->ops;
	where = word;
	ops = *real;
	ops.lock = lock_and_pass;
	ops.unlock = pass_and_unlock;
	ops.kick = pass_and_kick;
	port->ops = &ops;
}
