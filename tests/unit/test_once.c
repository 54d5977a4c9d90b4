/* SPDX-License-Identifier: Apache-2.0 */
/* What is copied out of memory that a peer may rewrite is the copy of one moment. The peer writes by another name of
 * the same memory, of which the compiler knows nothing: where it may, it goes back to the source. From -O1 on, without
 * the barrier, gcc does so for both kinds of copies, clang for descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "virtio/ring.h"
#include "weft/once.h"

struct words {
	uint8_t byte[256];
};

extern struct words shared;
extern struct words peers;
struct words shared;
__asm__(".globl peers\n.set peers, shared");

extern struct vring_desc shared_desc;
extern volatile struct vring_desc peers_desc;
struct vring_desc shared_desc;
__asm__(".globl peers_desc\n.set peers_desc, shared_desc");

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

/* volatile, so that the peer writes first, and then the field is used. What is computed from a field of the copy may be
 * computed from the source, if that were the same. */
static volatile uint64_t start;
static volatile uint32_t header;

static void an_address_stays_what_it_was_when_the_peer_writes(void **state)
{
	(void)state;
	struct vring_desc desc = ring_load_desc(&shared_desc);
	peers_desc.addr = 0x1000;
	assert_int_equal(start + desc.addr, 0);
}

static void a_length_stays_what_it_was_when_the_peer_writes(void **state)
{
	(void)state;
	struct vring_desc desc = ring_load_desc(&shared_desc);
	peers_desc.len = 512;
	assert_int_equal(header + desc.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_stays_what_it_was_when_the_peer_writes),
		cmocka_unit_test(an_address_stays_what_it_was_when_the_peer_writes),
		cmocka_unit_test(a_length_stays_what_it_was_when_the_peer_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
