/* SPDX-License-Identifier: Apache-2.0 */
/* Linux sends as fast as it can, from several processes, to a remote core that is slower and takes two messages a
 * poll. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define WRITERS 4
#define ECHOES 30
#define BUDGET 2
#define WORK_US 200 /* so long does the remote core take for each */

struct shared {
	volatile uint32_t stop;
	volatile uint32_t written[WRITERS];
};

static struct shared *share(void)
{
	void *shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(shared != MAP_FAILED);
	return shared;
}

/* Each message says whose it is, and its number. */
static _Noreturn void write_all_the_time(const struct ept *sink, uint32_t writer, struct shared *shared)
{
	uint32_t message[MTU / 4] = { writer };
	size_t len = sizeof message[0] * 2;

	while (shared->stop == 0) {
		message[1] = shared->written[writer];
		if (write(sink->fd, message, len) != (ssize_t)len)
			_exit(1);
		shared->written[writer]++;
		len = len == sizeof message ? sizeof message[0] * 2 : len + sizeof message[0];
	}
	_exit(0);
}

static void reap(pid_t writer)
{
	int status = -1;

	CHECK(waitpid(writer, &status, 0) == writer && status == 0);
}

void flood_checks(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0), sink = ept_create("sink", SINK);
	struct shared *shared = share();
	pid_t writers[WRITERS];
	long sunk = tell("count sunk"), total = 0;

	CHECK(tell("writers anew") == 0);
	CHECK(tell("budget %d", BUDGET) == 0 && tell("work %d", WORK_US) == 0);
	for (uint32_t i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		CHECK(writers[i] >= 0);
		if (writers[i] == 0)
			write_all_the_time(&sink, i, shared);
	}
	for (unsigned i = 0; i < ECHOES; i++)
		ept_echo(&echo, 1 + i, i);
	shared->stop = 1;
	for (int i = 0; i < WRITERS; i++) {
		reap(writers[i]);
		total += (long)shared->written[i];
		CHECK(shared->written[i] > 0);
	}
	CHECK(tell("await sunk %ld", sunk + total) == 0);
	CHECK(tell("count astray") == 0);
	CHECK(tell("budget 64") == 0 && tell("work 0") == 0);
	ok("a flood, %ld messages of %d writers: each once and in order, echoes in between", total, WRITERS);
	munmap(shared, sizeof *shared);
	ept_destroy(&sink);
	ept_close(&echo);
}
