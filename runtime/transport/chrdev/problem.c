/* SPDX-License-Identifier: Apache-2.0 */
/* What stands against a link, for people: one line, with what to do. */
#include "transport/chrdev/chrdev.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RULE "a udev rule gives it to a group: SUBSYSTEM==\"rpmsg\", GROUP=\"rpmsg\", MODE=\"0660\""

void weft_chrdev_say(struct weft_chrdev *chrdev, enum problem_of of, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(chrdev->problem, sizeof chrdev->problem, format, args);
	va_end(args);
	chrdev->problem_of = (uint8_t)of;
}

void weft_chrdev_well(struct weft_chrdev *chrdev, enum problem_of of)
{
	if (chrdev->problem_of == of)
		chrdev->problem[0] = '\0';
}

void weft_chrdev_say_node(struct weft_chrdev *chrdev, enum problem_of of, const char *path, int error)
{
	const char *what = "";

	if (error == EACCES || error == EPERM)
		what = ": " RULE;
	else if (error == ENOENT)
		what = ": devtmpfs, udev or mdev makes it";
	else if (error == EBUSY)
		what = ": another program has it open";
	weft_chrdev_say(chrdev, of, "%s: %s%s", path, strerror(error), what);
}

const char *weft_chrdev_problem(const struct weft_chrdev *chrdev)
{
	return chrdev->problem;
}
