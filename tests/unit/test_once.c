/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of what a peer may rewrite is the copy of one moment. The peer writes by another name of the same memory, of
 * which the compiler knows nothing: where it may, it goes back to the source. Without the barrier gcc does, from -O1
 * on; clang does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weft/once.h"

struct words {
	uint8_t byte[256];
};

extern struct words shared;
extern struct words peers;
struct words shared;
__asm__(".globl peers\n.set peers, shared");

static struct words used;

static void a_copy_stays_what_it_was_when_the_peer_writes(void **state)
{
	struct words copy;

	(void)state;
	weft_copy_once(&copy, &shared, sizeof copy);
	peers.byte[200] = 0xff;
	used = copy;
	assert_int_equal(used.byte[200], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_stays_what_it_was_when_the_peer_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
