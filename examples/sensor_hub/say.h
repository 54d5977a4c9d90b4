/* SPDX-License-Identifier: Apache-2.0 */
/* The transcript: one line at a time, in front of it the moment that it is about, so that the lines of two
 * processes can be put in order. The script `demo` does that and takes the moments away. */
#ifndef SENSOR_HUB_SAY_H
#define SENSOR_HUB_SAY_H

#include <stdint.h>

/* Microseconds; the same clock in all processes of a machine. */
uint64_t now_us(void);

/* "A  Read      text": what core A or B did at when_us. */
void say(char core, uint64_t when_us, const char *what, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with the time that it took at the end of the line. */
void say_took(char core, uint64_t when_us, uint64_t took_us, const char *what, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
