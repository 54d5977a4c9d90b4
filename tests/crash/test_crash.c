/* SPDX-License-Identifier: Apache-2.0 */
/* The other core dies: killed with SIGKILL fifty times, each time at another moment, while both are busy. The survivor
 * is never restarted. Whatever it had in flight ends, once, with a status that tells; nothing is left over; and it
 * finds the one that comes next by itself.
 *
 * The moments are drawn from a seed, which is printed; WEFT_SEED=<seed> draws the same again. */
#define _GNU_SOURCE /* fork, kill, prctl */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "crash/doom.h"
#include "crash/side.h"

#define KILLS 50u
#define CALLS 10u         /* that a process lives for, when it has no doom of its own */
#define STEPS_LOG2 11u    /* a doom comes within 2^11 steps, or */
#define CLOCK_US_LOG2 15u /* within 33 ms */
#define FDS_MAX 256

static uint32_t seed;
static char path[WEFT_POSIX_PATH_MAX];
static struct side survivor;
static struct side victim; /* in its own process */

/* Of one test. */
static struct {
	bool driver; /* the survivor is */
	bool serves;
	pid_t pid; /* of who is to die; 0: dead */
	uint32_t random;
	uint32_t lives;
	uint32_t seen; /* the last life whose epoch was seen */
	uint32_t epoch;
	unsigned fds;       /* that the survivor may have when it is alone */
	unsigned before[3]; /* kills before the link was up, before a call was through, later */
} crash;

/* From 1, as often below 2 as between 512 and 1024. */
static uint32_t draw(uint32_t log2)
{
	uint32_t top = 1u << side_random(&crash.random) % log2;

	return top + side_random(&crash.random) % top;
}

static unsigned open_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count - 3u; /* ".", "..", and the folder's */
}

/* ---- The victim ---- */

static void live(const struct side_config *config, const struct doom *doom)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that failed leaves nobody behind */
	for (int fd = 3; fd < FDS_MAX; fd++)
		close(fd); /* the survivor's */
	if (!side_open(&victim, config))
		_exit(1);
	if (doom != NULL)
		doom_set(doom, &victim.posix.port);
	while (victim.fault == NULL)
		side_turn(&victim, true);
	fprintf(stderr, "in the process to be killed: %s\n", victim.fault);
	_exit(2);
}

static void begin_life(const struct doom *doom)
{
	struct side_config config = {
		.path = path, .driver = !crash.driver, .serves = !crash.serves, .seed = side_random(&crash.random)
	};

	crash.lives++;
	fflush(NULL);
	crash.pid = fork();
	assert_true(crash.pid >= 0);
	if (crash.pid == 0)
		live(&config, doom);
}

/* ---- The survivor ---- */

/* What never comes is ended by ctest's own limit: no clock here judges a busy machine. */
static void turn(bool busy)
{
	side_turn(&survivor, busy);
	if (survivor.fault != NULL)
		fail_msg("%s", survivor.fault);
}

/* Another server is another epoch. */
static void see_epoch(void)
{
	const struct weft_client *client = &survivor.client.base;

	if (crash.serves || crash.seen == crash.lives || weft_client_state(client) != WEFT_OK)
		return;
	assert_true(crash.seen == 0 || client->peer.epoch != crash.epoch);
	crash.seen = crash.lives;
	crash.epoch = client->peer.epoch;
}

/* Calls that went well, of this life and those before. */
static unsigned calls(void)
{
	return crash.serves ? survivor.served : survivor.ends[WEFT_OK];
}

static bool has_died(void)
{
	int status;

	if (waitpid(crash.pid, &status, WNOHANG) != crash.pid)
		return false;
	crash.pid = 0;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	return true;
}

static unsigned count_endpoints(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < WEFT_LINK_ENDPOINTS; i++)
		for (const struct rpmsg_endpoint *ept = survivor.link.endpoints[i]; ept != NULL; ept = ept->next)
			count++;
	return count;
}

static void expect_empty_client(void)
{
	const struct weft_client *client = &survivor.client.base;

	for (unsigned i = 0; i < SIDE_SLOTS; i++)
		assert_null(survivor.table[i]);
	assert_int_equal(client->counters.started - survivor.oneways, client->counters.ended);
	assert_int_equal(client->counters.violation, 0);
	side_calls_nobody(&survivor);
	assert_null(survivor.fault);
}

static void expect_empty_server(void)
{
	assert_int_equal(survivor.server.base.waiting, 0);
	assert_int_equal(survivor.server.base.counters.violation, 0);
}

/* The survivor is as it was before anybody came. */
static void expect_nothing_left(void)
{
	assert_int_equal(rpmsg_buffers_out(&survivor.link.rdev), 0);
	assert_int_equal(count_endpoints(), 1 + survivor.present);
	assert_int_equal(survivor.link.rdev.channel_count, 0);
	assert_int_equal(rpmsg_link_counters(&survivor.link.rdev)->violations, 0);
	assert_true(open_fds() <= crash.fds);
	if (crash.serves)
		expect_empty_server();
	else
		expect_empty_client();
}

/* Nobody starts anything now: what is in flight must end by itself, and not by its deadline. */
static void notice_the_death(void)
{
	while (rpmsg_link(&survivor.link.rdev) == WEFT_LINK_UP || survivor.posix.socket >= 0 ||
	       side_pending(&survivor) != 0)
		turn(false);
	expect_nothing_left();
}

/* A life that its survivor ends, between two calls of its own. */
static void live_and_let_die(void)
{
	begin_life(NULL);
	unsigned before = calls();

	while (calls() - before < CALLS) {
		turn(true);
		see_epoch();
	}
	kill(crash.pid, SIGKILL);
	while (!has_died())
		turn(true);
	notice_the_death();
}

/* A life with a doom from its birth on, when it has not been found; or from a call on, so it was found. */
static void live_doomed(bool from_birth)
{
	struct doom doom = { .after = from_birth ? 0 : draw(4), .by_clock = side_random(&crash.random) % 2 };
	uint32_t ups = rpmsg_link_counters(&survivor.link.rdev)->ups;
	unsigned before = calls();

	doom.amount = draw(doom.by_clock ? CLOCK_US_LOG2 : STEPS_LOG2);
	begin_life(&doom);
	while (!has_died()) {
		turn(true);
		see_epoch();
	}
	notice_the_death();
	bool up = rpmsg_link_counters(&survivor.link.rdev)->ups != ups;
	bool called = calls() != before;
	assert_true(from_birth || (up && (called || !crash.serves)));
	crash.before[up + called]++;
}

static void tell(void)
{
	print_message("%u kills: %u before the link was up, %u before a call was through, %u later", KILLS,
	              crash.before[0], crash.before[1], crash.before[2]);
	if (crash.serves)
		print_message("; served: %u, of them %u had to wait\n", survivor.served,
		              survivor.server.base.counters.waited);
	else
		print_message("; calls: OK %u, UNAVAILABLE %u, DEADLINE_EXCEEDED %u\n", survivor.ends[WEFT_OK],
		              survivor.ends[WEFT_UNAVAILABLE], survivor.ends[WEFT_DEADLINE_EXCEEDED]);
}

static void survive(bool driver, bool serves)
{
	memset(&crash, 0, sizeof crash);
	crash.driver = driver;
	crash.serves = serves;
	crash.random = (seed ^ (driver ? 0x51ed270bu : 0) ^ (serves ? 0x2545f491u : 0)) | 1u;
	struct side_config config = { path, driver, serves, side_random(&crash.random) };
	assert_true(side_open(&survivor, &config));
	crash.fds = open_fds() + (driver ? 0 : 2); /* a device keeps the bells of its last driver */
	live_and_let_die();
	for (unsigned kill = 0; kill < KILLS; kill++)
		live_doomed(kill % 2 == 0);
	live_and_let_die();
	tell();
}

/* After a failure, too. */
static int end_all(void **state)
{
	(void)state;
	if (crash.pid > 0 && kill(crash.pid, SIGKILL) == 0)
		waitpid(crash.pid, NULL, 0);
	weft_posix_close(&survivor.posix);
	unlink(path); /* a killed driver leaves it */
	return 0;
}

static void a_client_that_is_the_driver_survives_its_server(void **state)
{
	(void)state;
	survive(true, false);
	assert_true(survivor.ends[WEFT_UNAVAILABLE] > 0); /* or the moments were none */
}

static void a_server_that_is_the_device_survives_its_client(void **state)
{
	(void)state;
	survive(false, true);
}

static void a_client_that_is_the_device_survives_its_server(void **state)
{
	(void)state;
	survive(false, false);
	assert_true(survivor.ends[WEFT_UNAVAILABLE] > 0);
}

static void a_server_that_is_the_driver_survives_its_client(void **state)
{
	(void)state;
	survive(true, true);
}

static int say_seed(void **state)
{
	(void)state;
	print_message("WEFT_SEED=%u\n", (unsigned)seed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_client_that_is_the_driver_survives_its_server, end_all),
		cmocka_unit_test_teardown(a_server_that_is_the_device_survives_its_client, end_all),
		cmocka_unit_test_teardown(a_client_that_is_the_device_survives_its_server, end_all),
		cmocka_unit_test_teardown(a_server_that_is_the_driver_survives_its_client, end_all),
	};
	const char *wanted = getenv("WEFT_SEED");

	seed = wanted != NULL ? (uint32_t)strtoul(wanted, NULL, 0) : (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16;
	snprintf(path, sizeof path, "/tmp/weft-test-%ld", (long)getpid());
	return cmocka_run_group_tests(tests, say_seed, NULL);
}
