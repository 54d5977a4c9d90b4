/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints and devices that user space makes through /dev/rpmsg_ctrl0. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

#define ANY 0xffffffffu
#define FIXED 0x457u

static struct rpmsg_endpoint_info info_of(const char *name, uint32_t src, uint32_t dst)
{
	struct rpmsg_endpoint_info info = { .src = src, .dst = dst };

	strncpy(info.name, name, sizeof info.name - 1);
	return info;
}

/* Two to one address of the remote core: each has the answers to its own. */
static void create_and_destroy(int control, uint32_t dst)
{
	struct rpmsg_endpoint_info dynamic = info_of("by-ioctl", ANY, dst);
	struct rpmsg_endpoint_info fixed = info_of("by-ioctl-fixed", FIXED, dst);

	CHECK(ioctl(control, RPMSG_CREATE_EPT_IOCTL, &dynamic) == 0);
	CHECK(ioctl(control, RPMSG_CREATE_EPT_IOCTL, &fixed) == 0);
	struct ept one = ept_open("by-ioctl", dst), other = ept_open("by-ioctl-fixed", dst);
	for (unsigned i = 0; i < 20; i++) {
		ept_echo(&one, 20 + i, i);
		ept_echo(&other, 40 + i, i);
	}
	CHECK(ioctl(one.fd, RPMSG_DESTROY_EPT_IOCTL) == 0);
	ept_await_gone(&one);
	ept_echo(&other, 10, 0);
	CHECK(ioctl(other.fd, RPMSG_DESTROY_EPT_IOCTL) == 0);
	ept_await_gone(&other);
}

/* Linux announces; the remote core's endpoint of that name binds to it and speaks first. */
static void create_and_release_device(int control)
{
	struct rpmsg_endpoint_info info = info_of("rpmsg-raw", FIXED, ANY);
	char text[MTU];
	long unbound = tell("client unbound");

	CHECK(ioctl(control, RPMSG_CREATE_DEV_IOCTL, &info) == 0);
	struct ept served = ept_open("rpmsg-raw", ANY);
	CHECK(tell("client greet") == 0);
	CHECK(ept_read(&served, text, sizeof text) == 5 && memcmp(text, "hello", 5) == 0);
	CHECK(tell("client dest") == FIXED);
	CHECK(ioctl(control, RPMSG_RELEASE_DEV_IOCTL, &info) == 0);
	ept_await_gone(&served);
	CHECK(tell("client await-unbound %ld", unbound + 1) == 0);
}

void endpoint_checks(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);
	uint32_t dst = ept_dst(&echo);

	await_path("/dev/rpmsg_ctrl0");
	int control = open("/dev/rpmsg_ctrl0", O_RDWR | O_CLOEXEC);
	CHECK(control >= 0);
	for (int i = 0; i < 20; i++)
		create_and_destroy(control, dst);
	ok("RPMSG_CREATE_EPT_IOCTL and RPMSG_DESTROY_EPT_IOCTL, dynamic and fixed source");
	CHECK(ioctl(echo.fd, RPMSG_DESTROY_EPT_IOCTL) == -1 && errno == EINVAL);
	ok("the announced endpoint is not user space's to destroy");
	for (int i = 0; i < 20; i++)
		create_and_release_device(control);
	ok("RPMSG_CREATE_DEV_IOCTL announces to the remote core, RPMSG_RELEASE_DEV_IOCTL withdraws");
	close(control);
	ept_close(&echo);
}
