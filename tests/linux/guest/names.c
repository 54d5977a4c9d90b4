/* SPDX-License-Identifier: Apache-2.0 */
/* The remote core withdraws its name and announces it again, while user space has it open. */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

/* A reader that sleeps is woken, and told; so is a writer. */
static void withdrawn_while_read(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);
	char byte = 0;

	pid_t reader = fork();
	CHECK(reader >= 0);
	if (reader == 0)
		_exit(read(echo.fd, &byte, 1) == -1 && errno == EPIPE ? 0 : 1);
	CHECK(tell("withdraw") == 0);
	int status = -1;
	CHECK(waitpid(reader, &status, 0) == reader && status == 0);
	CHECK(write(echo.fd, &byte, 1) == -1 && errno == EPIPE);
	ept_await_gone(&echo);
	CHECK(tell("announce") == 0);
	echo = ept_open("rpmsg-raw", 0);
	ept_echo(&echo, 100, 3);
	ept_close(&echo);
}

void name_checks(void)
{
	for (int i = 0; i < 20; i++)
		withdrawn_while_read();
	ok("a name is withdrawn while open (EPIPE), and announced again, 20 times");
}
