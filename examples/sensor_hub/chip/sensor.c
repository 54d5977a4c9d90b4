/* SPDX-License-Identifier: Apache-2.0 */
/* What a bare core can measure of itself without a part of any vendor's: how busy it is, how long it runs, its link. */
#include "sensor.h"

#include "port/board.h"
#include "say.h"

enum { LOAD = 1, UPTIME, REGION };

static const sensor_v1_Sensor sensors[] = {
	{ LOAD, sensor_v1_Kind_KIND_LOAD, "load" },
	{ UPTIME, sensor_v1_Kind_KIND_UPTIME, "uptime" },
	{ REGION, sensor_v1_Kind_KIND_MEMORY, "shared_memory" },
};

static struct weft_port_ops ops;
static void (*relax)(struct weft_port *port, uint32_t timeout_us);
static uint64_t slept_us;

/* The one task sleeps here, and wants to run at all other times. */
static void relax_and_count(struct weft_port *port, uint32_t timeout_us)
{
	uint64_t start = now_us();

	relax(port, timeout_us);
	slept_us += now_us() - start;
}

void sensor_init(void)
{
	struct weft_port *port = board_port();

	ops = *port->ops;
	relax = ops.relax;
	ops.relax = relax_and_count;
	port->ops = &ops;
}

unsigned sensor_count(void)
{
	return sizeof sensors / sizeof sensors[0];
}

const sensor_v1_Sensor *sensor_at(unsigned index)
{
	return &sensors[index];
}

const sensor_v1_Sensor *sensor_find(uint32_t id)
{
	return id >= 1 && id <= sensor_count() ? &sensors[id - 1] : NULL;
}

/* Of the time since it was last measured. */
static double load(void)
{
	static uint64_t last_us;
	uint64_t elapsed = now_us() - last_us;
	double busy = slept_us < elapsed ? (double)(elapsed - slept_us) / (double)elapsed : 0;

	last_us += elapsed;
	slept_us = 0;
	return busy;
}

bool sensor_measure(const sensor_v1_Sensor *sensor, double *value)
{
	switch (sensor->id) {
	case LOAD:
		*value = load();
		break;
	case UPTIME:
		*value = (double)now_us();
		break;
	default:
		*value = (double)board_port()->region.size;
	}
	return true;
}

uint64_t sensor_now_us(void)
{
	return now_us();
}
