/* SPDX-License-Identifier: Apache-2.0 */
/* Core 1: does what core 0 says, one order after the other. */
#include "memory.h"
#include "orders.h"

static uint32_t heard;
static uint32_t one_more = 1; /* 1 in each life: start-up code initialises it anew */

static void on_doorbell(void)
{
	heard++;
	word_set(WORD_HEARD, heard);
}

static void tell(const struct weft_region *region)
{
	word_set(WORD_BASE, (uint32_t)(uintptr_t)region->base);
	word_set(WORD_ADDRESS, (uint32_t)region->address);
	word_set(WORD_SIZE, region->size);
	word_set(WORD_LIFE, board_life());
	word_set(WORD_RESULT, one_more++);
}

static uint32_t compare_and_answer(const struct weft_region *region)
{
	uint32_t offset = memory_compare(region, 0);

	if (offset == region->size)
		memory_fill(region, 1);
	return offset;
}

/* Answer each ring with one. The first may have come before the order is seen. */
static void ring_back(struct weft_port *port)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		while (__atomic_load_n(&heard, __ATOMIC_RELAXED) <= i)
			board_pause();
		port->ops->kick(port, i);
	}
}

static void follow(struct weft_port *port, enum order order)
{
	switch (order) {
	case ORDER_TELL:
		tell(&port->region);
		break;
	case ORDER_COMPARE:
		word_set(WORD_RESULT, compare_and_answer(&port->region));
		break;
	case ORDER_PASS:
		word_set(WORD_RESULT, memory_pass(&port->region, 1));
		break;
	case ORDER_MEET:
		word_set(WORD_RESULT, memory_meet(&port->region, 1));
		break;
	case ORDER_RING:
		ring_back(port);
		break;
	case ORDER_RING_ONCE:
		port->ops->kick(port, 0);
		break;
	case ORDER_RESTART:
		word_set(WORD_ORDER, ORDER_NONE);
		board_restart();
	case ORDER_NONE:
		break;
	}
}

int main(void)
{
	struct weft_port *port = board_port();

	board_on_doorbell(on_doorbell);
	while (__atomic_load_n(&heard, __ATOMIC_RELAXED) == 0)
		board_pause(); /* the one that comes by itself */
	heard = 0;
	word_set(WORD_HEARD, 0);
	for (;;) {
		enum order order = (enum order)word_get(WORD_ORDER);

		if (order != ORDER_NONE) {
			follow(port, order);
			word_set(WORD_ORDER, ORDER_NONE);
		}
		board_pause();
	}
}
