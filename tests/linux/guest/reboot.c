/* SPDX-License-Identifier: Apache-2.0 */
/* Linux goes, in the midst of traffic, and comes again, by a restart that tells nobody or by a crash: the remote core
 * runs on, and serves each life. */
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "guest.h"

static void echo_for_ever(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	for (unsigned i = 0;; i++)
		ept_echo(&echo, 1 + i % MTU, i);
}

void reboot_checks(void)
{
	const char *lives = getenv("weft_lives"); /* of the kernel's command line */
	long life = tell("life");
	struct ept echo = ept_open("rpmsg-raw", 0);

	for (unsigned i = 0; i < 10; i++)
		ept_echo(&echo, MTU, i);
	CHECK(tell("count ups") == life);
	ok("life %ld", life);
	CHECK(lives != NULL);
	if (life == atol(lives))
		pass();
	pid_t traffic = fork();
	CHECK(traffic >= 0);
	if (traffic == 0)
		echo_for_ever();
	for (int i = 0; i < 50; i++)
		ept_echo(&echo, 100, 1);
	if (life % 2 == 0)
		reboot(RB_AUTOBOOT);
	else
		write_file("/proc/sysrq-trigger", "c");
	check_failed("reboot", 0, "Linux lives on");
}
