/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* clock_gettime */
#include "say.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void say(char core, uint64_t when_us, const char *what, const char *format, ...)
{
	char text[120];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	printf("%016" PRIu64 "\t%c  %-9s %s\n", when_us, core, what, text);
	fflush(stdout);
}

void say_took(char core, uint64_t when_us, uint64_t took_us, const char *what, const char *format, ...)
{
	char text[120];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	printf("%016" PRIu64 "\t%c  %-9s %-66s %6" PRIu64 " us\n", when_us, core, what, text, took_us);
	fflush(stdout);
}
