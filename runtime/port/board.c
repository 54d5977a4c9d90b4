/* SPDX-License-Identifier: Apache-2.0 */
#include "port/board.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_BYTES 160

static void print(const char *format, va_list arguments)
{
	char text[LINE_MAX_BYTES];
	int len = vsnprintf(text, sizeof text, format, arguments);

	if (len >= (int)sizeof text) {
		len = (int)sizeof text - 1;
		text[len - 1] = '\n';
	}
	if (len > 0)
		board_write(text, (uint32_t)len);
}

void board_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
}

void board_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
	board_exit(1);
}
