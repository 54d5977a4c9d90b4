/* SPDX-License-Identifier: Apache-2.0 */
#include "port/console.h"

#include "port/board.h"

#define CONSOLE_TRIES 100000u /* for a byte to leave: then nobody reads them any more, and no run ends by waiting */
#define LOCK_TRIES 100000u    /* then the other is gone while it wrote */

static bool gone;

static bool lock(void)
{
	uint32_t me = board_core() + 1u;

	for (uint32_t i = 0; i < LOCK_TRIES; i++) {
		uint32_t writer = 0;

		if (__atomic_compare_exchange_n(console_writer(), &writer, me, false, __ATOMIC_ACQUIRE,
		                                __ATOMIC_RELAXED))
			return true;
		if (writer == me)
			return false; /* cut into: it is locked already */
		board_pause();
	}
	return false;
}

void board_write(const char *text, uint32_t len)
{
	bool locked = lock();

	for (uint32_t i = 0; i < len; i++) {
		for (uint32_t tries = 0; !gone && !console_put((uint8_t)text[i]); tries++)
			gone = tries > CONSOLE_TRIES;
	}
	if (locked)
		__atomic_store_n(console_writer(), 0u, __ATOMIC_RELEASE);
}

void console_forget(void)
{
	if (__atomic_load_n(console_writer(), __ATOMIC_RELAXED) == board_core() + 1u)
		__atomic_store_n(console_writer(), 0u, __ATOMIC_RELEASE);
}
