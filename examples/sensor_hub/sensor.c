/* SPDX-License-Identifier: Apache-2.0 */
/* The machine that the process runs on: load, memory and uptime from /proc, temperatures from /sys where it has any. */
#define _GNU_SOURCE /* nanosleep, clock_gettime */
#include "sensor.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SENSORS_MAX (sizeof((sensor_v1_SensorList *)0)->sensors / sizeof(sensor_v1_Sensor))

/* Where a sensor's number stands: the scanf format skips what is before it. */
struct source {
	char path[96];
	const char *format;
	double scale; /* to the unit of the kind */
};

static sensor_v1_Sensor sensors[SENSORS_MAX];
static struct source sources[SENSORS_MAX];
static unsigned count;

static void add(sensor_v1_Kind kind, const char *name, const char *path, const char *format, double scale)
{
	if (count == SENSORS_MAX)
		return;
	sensors[count].id = count + 1;
	sensors[count].kind = kind;
	snprintf(sensors[count].name, sizeof sensors[count].name, "%s", name);
	snprintf(sources[count].path, sizeof sources[count].path, "%s", path);
	sources[count].format = format;
	sources[count].scale = scale;
	count++;
}

/* Where the kernel shows a temperature, it does so in thousandths of a degree. */
static void add_temperatures(const char *pattern, const char *name)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return; /* none */
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char numbered[20];

		snprintf(numbered, sizeof numbered, "%s_%u", name, (unsigned)i % 100u);
		add(sensor_v1_Kind_KIND_TEMPERATURE, numbered, found.gl_pathv[i], "%lf", 0.001);
	}
	globfree(&found);
}

void sensor_init(void)
{
	add(sensor_v1_Kind_KIND_LOAD, "load_1min", "/proc/loadavg", "%lf", 1);
	add(sensor_v1_Kind_KIND_LOAD, "load_15min", "/proc/loadavg", "%*s %*s %lf", 1);
	add(sensor_v1_Kind_KIND_MEMORY, "memory_total", "/proc/meminfo", "MemTotal: %lf", 1024);
	add(sensor_v1_Kind_KIND_MEMORY, "memory_free", "/proc/meminfo", "%*[^\n] MemFree: %lf", 1024);
	add(sensor_v1_Kind_KIND_UPTIME, "uptime", "/proc/uptime", "%lf", 1e6);
	add_temperatures("/sys/class/thermal/thermal_zone*/temp", "zone");
	add_temperatures("/sys/class/hwmon/hwmon*/temp*_input", "hwmon");
}

unsigned sensor_count(void)
{
	return count;
}

const sensor_v1_Sensor *sensor_at(unsigned index)
{
	return &sensors[index];
}

const sensor_v1_Sensor *sensor_find(uint32_t id)
{
	return id >= 1 && id <= count ? &sensors[id - 1] : NULL;
}

bool sensor_measure(const sensor_v1_Sensor *sensor, double *value)
{
	const struct source *source = &sources[sensor->id - 1];
	FILE *file = fopen(source->path, "r");
	bool read;

	if (file == NULL)
		return false;
	read = fscanf(file, source->format, value) == 1;
	fclose(file);
	*value *= source->scale;
	return read;
}

uint64_t sensor_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}
