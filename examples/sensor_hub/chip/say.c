/* SPDX-License-Identifier: Apache-2.0 */
/* The transcript on the board's console, where the lines of both cores come in their order by themselves. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

#include "port/board.h"

/* A run is shorter than the 71 minutes of the board's clock. */
uint64_t now_us(void)
{
	struct weft_port *port = board_port();

	return port->ops->now_us(port);
}

void say(char core, uint64_t when_us, const char *what, const char *format, ...)
{
	char text[120];
	va_list arguments;

	(void)when_us;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	board_print("%c  %-9s %s\n", core, what, text);
}

void say_took(char core, uint64_t when_us, uint64_t took_us, const char *what, const char *format, ...)
{
	char text[120];
	va_list arguments;

	(void)when_us;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	board_print("%c  %-9s %-66s %6u us\n", core, what, text, (unsigned)took_us);
}
