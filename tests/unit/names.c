/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/names.h"

struct pair pair;
struct rpmsg_device *const here = &pair.driver.rdev;
struct rpmsg_device *const there = &pair.device.rdev;
struct heard heard;

static void hear(const char *name, uint32_t dest)
{
	assert_non_null(memchr(name, '\0', RPMSG_NAME_SIZE));
	memcpy(heard.name, name, strlen(name) + 1);
	heard.dest = dest;
}

static void hear_bind(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	assert_true(rpmsg_in_callback(rdev));
	heard.bound++;
	hear(name, dest);
}

static void hear_unbind(struct rpmsg_device *rdev, const char *name, uint32_t dest)
{
	assert_true(rpmsg_in_callback(rdev));
	heard.unbound++;
	hear(name, dest);
}

void names_up(uint32_t slots)
{
	pair_init(&pair);
	memset(&heard, 0, sizeof heard);
	pair.config.ns_bind_cb = hear_bind;
	pair.config.ns_unbind_cb = hear_unbind;
	pair_boot(&pair.driver);
	here->channel_slots = slots;
	pair_settle(&pair);
	assert_int_equal(rpmsg_link(here), WEFT_LINK_UP);
}

void names_say(const char *name, uint32_t addr, uint32_t flags)
{
	struct {
		char name[RPMSG_NAME_SIZE];
		uint32_t addr;
		uint32_t flags;
	} message = { .addr = addr, .flags = flags };

	for (size_t i = 0; i < sizeof message.name && name[i] != '\0'; i++)
		message.name[i] = name[i];
	pair_forge(&pair.device, addr, RPMSG_NS_EPT_ADDR, &message, sizeof message, sizeof message);
}

static void count_bound(struct rpmsg_endpoint *ept)
{
	assert_true(rpmsg_in_callback_of(ept->rdev, ept) == rpmsg_in_callback(ept->rdev));
	((struct named *)(void *)ept)->bound++;
}

static void count_unbound(struct rpmsg_endpoint *ept)
{
	assert_true(rpmsg_in_callback_of(ept->rdev, ept));
	((struct named *)(void *)ept)->unbound++;
}

void names_create(struct named *named, struct rpmsg_device *rdev, const char *name, uint32_t src, uint32_t flags)
{
	static const struct rpmsg_endpoint_hooks hooks = { .bound = count_bound };
	struct rpmsg_endpoint_config config = {
		.name = name, .src = src, .dest = ANY, .flags = flags, .ns_unbind_cb = count_unbound, .hooks = &hooks
	};

	memset(named, 0, sizeof *named);
	assert_int_equal(rpmsg_create_endpoint(&named->ept, rdev, &config), 0);
}

void names_expect_kept(unsigned count)
{
	assert_int_equal(here->channel_count, count);
}
