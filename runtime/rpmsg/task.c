/* SPDX-License-Identifier: Apache-2.0 */
/* Work for later: what rpmsg_poll() runs when its time has come. A list in the order of the times: there are few. */
#include "rpmsg/device.h"
#include "weft/wrap.h"

/* Microseconds from now to due; 0 when it has passed. Wrap-safe for 35 minutes. */
/*@ assigns \nothing;
  @ ensures \result == (ahead(now, due) < 0x80000000 ? ahead(now, due) : 0); */
static uint32_t until(uint32_t due, uint32_t now)
{
	uint32_t left = weft_wrap_sub(due, now);

	return left <= INT32_MAX ? left : 0;
}

static bool unlink_from(struct rpmsg_task **link, struct rpmsg_task *task)
{
	while (*link != NULL && *link != task)
		link = &(*link)->next;
	if (*link == NULL)
		return false;
	*link = task->next;
	return true;
}

static void stop(struct rpmsg_device *rdev, struct rpmsg_task *task)
{
	if (!unlink_from(&rdev->tasks, task))
		unlink_from(&rdev->ready, task);
}

/* Behind those that are due before it or with it. */
static void insert(struct rpmsg_device *rdev, struct rpmsg_task *task)
{
	struct rpmsg_task **link = &rdev->tasks;

	while (*link != NULL && until((*link)->due, task->due) == 0)
		link = &(*link)->next;
	task->next = *link;
	*link = task;
}

void rpmsg_task_start(struct rpmsg_device *rdev, struct rpmsg_task *task, uint32_t delay_us)
{
	uintptr_t key = rpmsg_lock(rdev);

	stop(rdev, task);
	task->due = weft_wrap_add(rpmsg_now_us(rdev), delay_us);
	insert(rdev, task);
	bool sleeping = rdev->sleeping;
	rpmsg_unlock(rdev, key);
	if (sleeping)
		rpmsg_wake(rdev); /* it sleeps for longer, as far as it knows */
}

void rpmsg_task_stop(struct rpmsg_device *rdev, struct rpmsg_task *task)
{
	bool running;

	/* One that runs meanwhile may start itself again: until it is neither listed nor running. */
	do {
		uintptr_t key = rpmsg_lock(rdev);

		stop(rdev, task);
		running = __atomic_load_n(&rdev->current, __ATOMIC_RELAXED) == task;
		rpmsg_unlock(rdev, key);
	} while (running && rpmsg_drain(rdev, task));
}

uint32_t rpmsg_next_due(const struct rpmsg_device *rdev, uint32_t timeout_us)
{
	if (rdev->heirs_due || rdev->new_drivers != NULL)
		return 0;
	if (rdev->tasks == NULL)
		return timeout_us;
	uint32_t next = until(rdev->tasks->due, rpmsg_now_us(rdev));
	return next < timeout_us ? next : timeout_us;
}

/* Move what is due aside first: a task that starts itself again runs in the next poll, not for ever in this one. */
static void collect(struct rpmsg_device *rdev)
{
	struct rpmsg_task **end = &rdev->tasks;
	uint32_t now = rpmsg_now_us(rdev);

	while (*end != NULL && until((*end)->due, now) == 0)
		end = &(*end)->next;
	struct rpmsg_task *rest = *end;
	*end = NULL;
	rdev->ready = rdev->tasks;
	rdev->tasks = rest;
}

void rpmsg_run_tasks(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);

	if (rdev->tasks != NULL)
		collect(rdev);
	while (rdev->ready != NULL) {
		struct rpmsg_task *task = rdev->ready;

		rdev->ready = task->next;
		rpmsg_pin(rdev, task);
		rpmsg_unlock(rdev, key);
		task->run(task); /* may stop others that are ready */
		rpmsg_callback_over(rdev);
		key = rpmsg_lock(rdev);
	}
	rpmsg_unlock(rdev, key);
}
