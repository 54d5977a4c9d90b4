/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/cuts.h"

static struct core *cut; /* whose sections are counted */
static unsigned left;    /* until it is cut */
static void (*cutter)(void);
static bool locked;
static bool cutting;
static bool was_cut;

static uintptr_t lock(struct weft_port *port)
{
	(void)port;
	assert_false(locked);
	locked = true;
	return 0;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	(void)port;
	(void)key;
	assert_true(locked);
	locked = false;
	if (was_cut || left-- != 0)
		return;
	was_cut = cutting = true;
	cutter();
	cutting = false;
}

static uintptr_t self(struct weft_port *port)
{
	(void)port;
	return cutting ? 2u : 1u;
}

bool cuts(struct core *core, unsigned behind, void (*what)(void))
{
	bool more = behind == 0 || was_cut;

	assert_true(behind != 1 || was_cut);
	cut = core;
	left = behind;
	cutter = what;
	was_cut = false;
	return more;
}

bool cut_ran(void)
{
	return was_cut;
}

void cut_begin(void)
{
	static struct weft_port_ops ops;

	ops = pair_ops;
	ops.lock = lock;
	ops.unlock = unlock;
	ops.self = self;
	cut->port.ops = &ops;
}

void cut_end(void)
{
	assert_false(locked);
	cut->port.ops = &pair_ops;
}
