/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ends.h"

struct pair both;
struct core *core;
struct core *peer;
struct rpmsg_endpoint ept;
struct rpmsg_endpoint other;
struct rpmsg_endpoint far;
struct inbox inbox;
struct inbox far_inbox;

void ends_connect(int side)
{
	pair_up(&both);
	memset(&inbox, 0, sizeof inbox);
	memset(&far_inbox, 0, sizeof far_inbox);
	core = side == 0 ? &both.driver : &both.device;
	peer = core->other;
	assert_int_equal(rpmsg_create_ept(&ept, &core->rdev, NULL, 77, 77, inbox_cb, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&other, &core->rdev, NULL, 78, 77, inbox_cb, NULL), 0);
	assert_int_equal(rpmsg_create_ept(&far, &peer->rdev, NULL, 77, 77, inbox_cb, NULL), 0);
	ept.priv = &inbox;
	far.priv = &far_inbox;
}

void ends_settled(void)
{
	pair_settle(&both);
	pair_expect_no_buffers_out(&both);
	pair_expect_works(&both);
}

void ends_expect_refused(struct rpmsg_endpoint *whose, void *payload)
{
	uint32_t out = rpmsg_buffers_out(&core->rdev);
	uint32_t sent = core->shm.transport.counters.sent;

	assert_int_equal(rpmsg_send_nocopy(whose, payload, 4), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_release_tx_buffer(whose, payload), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_hold_rx_buffer(whose, payload), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_release_rx_buffer(whose, payload), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_buffers_out(&core->rdev), out);
	assert_int_equal(core->shm.transport.counters.sent, sent);
}
