/* SPDX-License-Identifier: Apache-2.0 */
/* Core 0 of a chip is core A, the driver: starts core 1, tours its sensors, and calls on while core 1 starts anew. */
#include "core.h"
#include "crash.h"
#include "doom.h"
#include "meet.h"
#include "port/board.h"
#include "say.h"
#include "tour.h"

#define PATIENCE_US WEFT_MS(20000) /* then something hangs, and the watchdog ends it */

static struct core core;
static struct sensor_hub_client client;

/* Core 1 restarts while it works on a call. */
static bool restart_in_a_call(void)
{
	uint32_t epoch = client.base.peer.epoch;
	uint64_t took;

	doom_other(DOOM_SOON);
	say('!', now_us(), "restart", "core B, by its own timer, in the middle of the next call");
	if (!tour_expect(crash_work(&client, 1000, &took), WEFT_UNAVAILABLE))
		return false;
	say_took('A', now_us(), took, "Average", "1: UNAVAILABLE, handled: ended by the restart, not by the deadline");
	return crash_meet_again(&client, epoch) && tour_read(&client, 1);
}

/* Core 1 restarts while it holds the ring: its reply is published, its doorbell is not rung. */
static bool restart_in_the_ring(void)
{
	const sensor_v1_ReadRequest request = { .id = 1 };
	uint32_t epoch = client.base.peer.epoch;
	sensor_v1_Reading reading;
	uint64_t start = now_us();

	doom_other(DOOM_IN_KICK);
	say('!', start, "restart", "core B, inside its next ring operation: published, not rung");
	weft_status status = WEFT_OK;
	/* An answer that finds core A awake needs no ring: then once more. The watchdog ends this. */
	while (status == WEFT_OK && client.base.peer.epoch == epoch)
		status = sensor_hub_read(&client, &request, &reading, WEFT_MS(2000));
	uint64_t took = now_us() - start;
	if (status != WEFT_OK && !tour_expect(status, WEFT_UNAVAILABLE))
		return false;
	say_took('A', now_us(), took, "Read", "1: %s, handled", weft_status_name(status));
	return crash_meet_again(&client, epoch) && tour_read(&client, 1);
}

int main(void)
{
	static const struct weft_link_config config = { .event = meet_event, .ns_bind_cb = meet_announcement };

	board_watchdog(PATIENCE_US);
	say('A', now_us(), "start", "core %u of %s, the driver: %u bytes of shared memory, 2 x %u buffers of %u bytes",
	    board_core(), board_name, (unsigned)board_port()->region.size, WEFT_LINK_BUFFERS, WEFT_LINK_BUF_SIZE);
	if (!core_open(&core, 'A', board_port(), true, &config))
		return 1;
	board_start_other();
	bool good = meet(&core, &client) && tour(&core, &client);
	board_watchdog(PATIENCE_US);
	good = good && restart_in_a_call() && restart_in_the_ring() && tour_read_many_times(&client);
	uint32_t out = rpmsg_buffers_out(&core.link.rdev);
	core_say_counters(&core, out);
	if (!good || out != 0 || rpmsg_link_counters(&core.link.rdev)->violations != 0)
		board_fail("A  failed    see above\n");
	return 0;
}
