/* SPDX-License-Identifier: Apache-2.0 */
/* The port's critical section: never nested, never held in a callback or while waiting, always held when the
 * transport is touched and the doorbell rung. */
#include "unit/pair.h"

#define ANY RPMSG_ADDR_ANY
#define KEY 0x10cu

static struct pair pair;
static bool locked[2];          /* driver, device */
static unsigned sections;       /* critical sections entered */
static unsigned callbacks;      /* of all kinds */
static bool relaxed_in_session; /* somebody waited */

static int index_of(const struct core *core)
{
	return core == &pair.driver ? 0 : 1;
}

static bool *lock_of(struct weft_port *port)
{
	return &locked[index_of((struct core *)(void *)port)];
}

static uintptr_t lock(struct weft_port *port)
{
	assert_false(*lock_of(port));
	*lock_of(port) = true;
	sections++;
	return KEY;
}

static void unlock(struct weft_port *port, uintptr_t key)
{
	assert_true(*lock_of(port));
	assert_int_equal(key, KEY);
	*lock_of(port) = false;
}

static void kick(struct weft_port *port, uint32_t notifyid)
{
	assert_true(*lock_of(port));
	pair_ops.kick(port, notifyid);
}

static void relax(struct weft_port *port, uint32_t timeout_us)
{
	assert_false(*lock_of(port));
	relaxed_in_session = true;
	pair_ops.relax(port, timeout_us);
}

static const struct weft_port_ops *locking_ops(void)
{
	static struct weft_port_ops ops;

	ops = pair_ops;
	ops.lock = lock;
	ops.unlock = unlock;
	ops.kick = kick;
	ops.relax = relax;
	return &ops;
}

/* ---- The transport, watched ---- */

static const struct weft_transport_ops *real;

static void expect_locked(const struct weft_transport *transport)
{
	assert_true(locked[transport == &pair.driver.shm.transport ? 0 : 1]);
}

static enum weft_link_state watched_service(struct weft_transport *transport)
{
	expect_locked(transport);
	return real->service(transport);
}

static uint8_t *watched_get_tx(struct weft_transport *transport, const void *owner)
{
	expect_locked(transport);
	return real->get_tx(transport, owner);
}

static bool watched_send(struct weft_transport *transport, const void *owner, const void *payload, uint32_t len,
                         uint32_t src, uint32_t dst)
{
	expect_locked(transport);
	return real->send(transport, owner, payload, len, src, dst);
}

static bool watched_drop(struct weft_transport *transport, const void *owner, const void *payload)
{
	expect_locked(transport);
	return real->drop(transport, owner, payload);
}

static int watched_receive(struct weft_transport *transport, struct weft_frame *frame)
{
	expect_locked(transport);
	return real->receive(transport, frame);
}

static void watched_done(struct weft_transport *transport, const struct weft_frame *frame)
{
	expect_locked(transport);
	real->done(transport, frame);
}

static bool watched_hold(struct weft_transport *transport, const void *owner, const void *payload)
{
	expect_locked(transport);
	return real->hold(transport, owner, payload);
}

static bool watched_release(struct weft_transport *transport, const void *owner, const void *payload)
{
	expect_locked(transport);
	return real->release(transport, owner, payload);
}

static void watched_forget(struct weft_transport *transport, const void *owner)
{
	expect_locked(transport);
	real->forget(transport, owner);
}

static void watched_flush(struct weft_transport *transport)
{
	expect_locked(transport);
	real->flush(transport);
}

static bool watched_arm(struct weft_transport *transport, bool tx)
{
	expect_locked(transport);
	return real->arm(transport, tx);
}

static void watched_disarm(struct weft_transport *transport)
{
	expect_locked(transport);
	real->disarm(transport);
}

static void watched_restart(struct weft_transport *transport)
{
	expect_locked(transport);
	real->restart(transport);
}

static uint32_t watched_out(const struct weft_transport *transport)
{
	expect_locked(transport);
	return real->out(transport);
}

static const struct weft_transport_ops watched = {
	.service = watched_service,
	.get_tx = watched_get_tx,
	.send = watched_send,
	.drop = watched_drop,
	.receive = watched_receive,
	.done = watched_done,
	.hold = watched_hold,
	.release = watched_release,
	.forget = watched_forget,
	.flush = watched_flush,
	.arm = watched_arm,
	.disarm = watched_disarm,
	.restart = watched_restart,
	.out = watched_out,
};

/* ---- Callbacks of all kinds ---- */

static void *held;

static void unlocked(const struct rpmsg_device *rdev)
{
	callbacks++;
	assert_false(locked[rdev == &pair.driver.rdev ? 0 : 1]);
}

static int on_message(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	unlocked(ept->rdev);
	if (held != NULL)
		rpmsg_release_rx_buffer(ept, held);
	held = len > 4 && rpmsg_hold_rx_buffer(ept, data) == RPMSG_SUCCESS ? data : NULL;
	if (len >= 4)
		rpmsg_trysendto(ept, data, 1, src); /* which is not answered */
	return RPMSG_SUCCESS;
}

static void on_endpoint(struct rpmsg_endpoint *ept)
{
	unlocked(ept->rdev);
}

static void on_released(struct rpmsg_endpoint *ept)
{
	(void)ept;
	unlocked(&pair.device.rdev);
}

static int destroy_own(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data;
	(void)len;
	(void)src;
	(void)priv;
	assert_int_equal(rpmsg_destroy_ept(ept), 1);
	return RPMSG_SUCCESS;
}

static void on_name(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	(void)name;
	(void)dest;
	unlocked(rdev);
}

static void on_event(struct rpmsg_device *rdev, enum rpmsg_event event, uint32_t detail, void *priv)
{
	(void)event;
	(void)detail;
	(void)priv;
	unlocked(rdev);
}

static void on_channel(struct rpmsg_driver *driver, uint32_t dest)
{
	(void)driver;
	(void)dest;
	unlocked(&pair.driver.rdev);
}

static void on_link(struct rpmsg_driver *driver, bool up)
{
	(void)driver;
	(void)up;
	unlocked(&pair.driver.rdev);
}

static void on_task(struct rpmsg_task *task)
{
	(void)task;
	unlocked(&pair.driver.rdev);
}

/* ---- The scenario ---- */

static void watch(struct core *core)
{
	core->port.ops = locking_ops();
	real = core->shm.transport.ops;
	core->shm.transport.ops = &watched;
	core->rdev.ns_bind_cb = core->rdev.ns_unbind_cb = on_name;
	core->rdev.event_cb = on_event;
}

static void up(void)
{
	pair_init(&pair);
	memset(locked, 0, sizeof locked);
	sections = callbacks = 0;
	relaxed_in_session = false;
	watch(&pair.driver);
	watch(&pair.device);
	pair_settle(&pair);
	assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_UP);
}

static void talk(struct rpmsg_endpoint *client, uint32_t dst)
{
	void *loan = rpmsg_get_tx_payload_buffer(client, NULL, 1);

	assert_int_equal(rpmsg_release_tx_buffer(client, loan), 0);
	loan = rpmsg_get_tx_payload_buffer(client, NULL, 1);
	assert_int_equal(rpmsg_sendto_nocopy(client, loan, 4, dst), 4);
	for (int i = 0; i < 30; i++)
		assert_int_equal(rpmsg_sendto(client, "weft..", 4 + i % 3, dst), 4 + i % 3);
	pair_settle(&pair);
}

static void no_callback_runs_locked_and_no_lock_is_nested(void **state)
{
	static const struct rpmsg_endpoint_hooks hooks = { .bound = on_endpoint, .released = on_released };
	struct rpmsg_endpoint_config server = {
		.name = "loom", .src = 77, .dest = ANY, .cb = on_message, .hooks = &hooks
	};
	struct rpmsg_endpoint_config other = {
		.name = "reed", .src = 78, .dest = ANY, .cb = destroy_own, .hooks = &hooks
	};
	struct rpmsg_endpoint_config asking = server;
	struct rpmsg_driver late = { .name = "reed", .probe = on_channel, .remove = on_channel };
	struct rpmsg_driver driver = { .name = "reed", .probe = on_channel, .remove = on_channel, .link = on_link };
	struct rpmsg_task task = { .run = on_task };
	struct rpmsg_endpoint epts[3];

	(void)state;
	up();
	asking.src = ANY;
	asking.ns_unbind_cb = on_endpoint;
	assert_int_equal(rpmsg_register_driver(&pair.driver.rdev, &driver), 0);
	assert_int_equal(rpmsg_create_endpoint(&epts[0], &pair.device.rdev, &server), 0);
	assert_int_equal(rpmsg_create_endpoint(&epts[1], &pair.driver.rdev, &asking), 0);
	for (int i = 0; i < 5; i++) {
		rpmsg_task_start(&pair.driver.rdev, &task, 20);
		assert_int_equal(rpmsg_create_endpoint(&epts[2], &pair.device.rdev, &other), 0);
		pair_settle(&pair);
		assert_int_equal(rpmsg_find_channel(&pair.driver.rdev, "reed", ANY), 78);
		assert_int_equal(rpmsg_register_driver(&pair.driver.rdev, &late), 0);
		assert_int_equal(rpmsg_unregister_driver(&pair.driver.rdev, &late), 0);
		talk(&epts[1], 77);
		assert_int_equal(rpmsg_sendto(&epts[1], "bye", 3, 78), 3);
		pair_settle(&pair);
		rpmsg_wait(&pair.driver.rdev, 100);
		assert_int_equal(rpmsg_set_dest(&epts[1], 77), 0);
		assert_ptr_equal(rpmsg_find_ept(&pair.driver.rdev, epts[1].addr), &epts[1]);
		assert_int_equal(rpmsg_rebind_ept(&epts[1], on_message, NULL), 0);
		assert_int_equal(rpmsg_set_dest(&epts[1], ANY), 0);
		vring_used_ring(pair_vring(&pair, 0).used)[0].id = 60000;
		pair_vring(&pair, 0).used->idx += 100; /* a lie, and the way back */
		pair_settle(&pair);
		rpmsg_restart(&pair.driver.rdev);
		pair_settle(&pair);
		assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_UP);
	}
	rpmsg_task_stop(&pair.driver.rdev, &task);
	assert_int_equal(rpmsg_destroy_ept(&epts[0]), 0);
	pair_settle(&pair);
	assert_int_equal(rpmsg_destroy_ept(&epts[1]), 0);
	assert_int_equal(rpmsg_unregister_driver(&pair.driver.rdev, &driver), 0);
	assert_int_equal(rpmsg_buffers_out(&pair.driver.rdev) + rpmsg_buffers_out(&pair.device.rdev), 0);
	assert_true(sections > 1000);
	assert_true(callbacks > 100);
	assert_true(relaxed_in_session);
	assert_false(locked[0] || locked[1]);
}

/* ---- Errors ---- */

/* All that can be refused, by the link as it is. */
static void be_refused(struct rpmsg_endpoint *ept)
{
	struct rpmsg_device *rdev = ept->rdev;
	struct rpmsg_driver stranger = { .name = "reed", .probe = on_channel, .remove = on_channel };
	struct rpmsg_endpoint_config taken = { .src = ept->addr, .dest = ANY };
	struct rpmsg_endpoint other;
	uint8_t foreign[64];

	assert_int_equal(rpmsg_create_endpoint(&other, rdev, &taken), RPMSG_ERR_ADDR);
	assert_int_equal(rpmsg_destroy_ept(&other), RPMSG_ERR_PARAM);
	assert_true(rpmsg_trysendto(ept, foreign, 5000, 5) < 0);
	assert_true(rpmsg_trysendto(ept, foreign, 4, ANY) < 0);
	assert_true(rpmsg_send_nocopy(ept, foreign, 4) < 0);
	assert_int_equal(rpmsg_release_tx_buffer(ept, foreign), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_hold_rx_buffer(ept, foreign), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_release_rx_buffer(ept, foreign), RPMSG_ERR_PARAM);
	assert_int_equal(rpmsg_unregister_driver(rdev, &stranger), RPMSG_ERR_PARAM);
	assert_null(rpmsg_find_ept(rdev, 4711));
	assert_int_equal(rpmsg_find_channel(rdev, "reed", ANY), ANY);
	while (rpmsg_get_tx_buffer(ept, NULL, 1) != NULL) {
	}
	assert_true(rpmsg_sendto(ept, foreign, 4, 5) < 0);
	assert_false(locked[0] || locked[1]);
}

static void what_is_refused_leaves_no_lock(void **state)
{
	struct rpmsg_endpoint_config config = { .src = 77, .dest = ANY };
	struct rpmsg_endpoint ept;

	(void)state;
	up();
	assert_int_equal(rpmsg_create_endpoint(&ept, &pair.driver.rdev, &config), 0);
	pair.device.asleep = true;
	be_refused(&ept);
	pair.driver.session = 0;
	rpmsg_poll(&pair.driver.rdev, 16);
	assert_int_equal(rpmsg_link(&pair.driver.rdev), WEFT_LINK_DOWN);
	be_refused(&ept);
	assert_int_equal(rpmsg_destroy_ept(&ept), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_callback_runs_locked_and_no_lock_is_nested),
		cmocka_unit_test(what_is_refused_leaves_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
