/* SPDX-License-Identifier: Apache-2.0 */
/* What stands against it, each in one line that says what to do. */
#include "calls.h"

#include <stdio.h>
#include <string.h>

static struct sensor_hub_client client;

static void say_problem(void)
{
	ok("%s", weft_chrdev_problem(&calls_link.chrdev));
}

static bool says(const char *text)
{
	return strstr(weft_chrdev_problem(&calls_link.chrdev), text) != NULL;
}

static void problem(const char *remote)
{
	CHECK(weft_chrdev_link_open(&calls_link, remote, NULL) == 0);
	CHECK(sensor_hub_client_open(&client, &calls_link.rdev, NULL) == WEFT_OK);
	CHECK(sensor_hub_client_wait(&client, WEFT_MS(10)) == WEFT_UNAVAILABLE);
	say_problem();
}

void missing_checks(void)
{
	problem(NULL);
	CHECK(says("/dev/rpmsg_ctrl0: No such file or directory: devtmpfs, udev or mdev makes it"));
}

void not_permitted_checks(void)
{
	problem(NULL);
	CHECK(says("/dev/rpmsg_ctrl0: Permission denied: a udev rule gives it to a group: SUBSYSTEM==\"rpmsg\""));
}

void mute_checks(void)
{
	problem(NULL);
	CHECK(says("/dev/rpmsg") && says("Permission denied: a udev rule") && !says("ctrl"));
	CHECK(rpmsg_link(&calls_link.rdev) == WEFT_LINK_UP);
}

void gone_checks(void)
{
	problem(NULL);
	CHECK(says("/sys/class/rpmsg has no rpmsg_ctrl*: start the remote core"));
}

void unknown_checks(void)
{
	problem("m7");
	CHECK(says("m7: there is none; there is /dev/rpmsg_ctrl0 (remoteproc0, '"));
}
