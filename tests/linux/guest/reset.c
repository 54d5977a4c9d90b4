/* SPDX-License-Identifier: Apache-2.0 */
/* Linux takes the link back and begins anew, without a word to the remote core. */
#include "guest.h"

#include <dirent.h>
#include <string.h>

#define DRIVER "/sys/bus/virtio/drivers/virtio_rpmsg_bus/"
#define STATE "/sys/class/remoteproc/remoteproc0/state"

/* Another number after each attach. */
static void name_of_device(char name[32])
{
	DIR *devices = opendir("/sys/bus/virtio/devices");
	const struct dirent *entry;

	CHECK(devices != NULL);
	while ((entry = readdir(devices)) != NULL && entry->d_name[0] == '.')
		;
	CHECK(entry != NULL && strlen(entry->d_name) < 32);
	strcpy(name, entry->d_name);
	closedir(devices);
}

void reset_by_bind(void)
{
	char name[32];

	name_of_device(name);
	CHECK(write_file(DRIVER "unbind", name));
	CHECK(write_file(DRIVER "bind", name));
}

static void echo_works(unsigned seed)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	ept_echo(&echo, MTU, seed);
	ept_close(&echo);
}

void reset_by_crash(void)
{
	struct ept old = ept_open("rpmsg-raw", 0);
	char byte;

	CHECK(tell("crash") == 0);
	CHECK(ept_read(&old, &byte, 1) < 0);
	ept_await_gone(&old);
}

void reset_checks(void)
{
	for (unsigned i = 0; i < 50; i++) {
		reset_by_bind();
		echo_works(i);
	}
	ok("the driver is unbound and bound, 50 times");
	/* Open while it goes: the file stays, dead. */
	for (unsigned i = 0; i < 20; i++) {
		struct ept old = ept_open("rpmsg-raw", 0);
		char byte = 0;

		reset_by_bind();
		CHECK(ept_read(&old, &byte, 1) < 0);
		ept_close(&old);
		echo_works(i);
	}
	ok("and with an endpoint open, 20 times");
	for (unsigned i = 0; i < 20; i++) {
		CHECK(write_file(STATE, "detach"));
		CHECK(write_file(STATE, "start"));
		echo_works(i);
	}
	ok("the remote core is detached and attached, 20 times");
	for (unsigned i = 0; i < 10; i++) {
		reset_by_crash();
		echo_works(i);
	}
	ok("the remote core reports a crash, and is recovered, 10 times");
}
