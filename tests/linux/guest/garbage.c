/* SPDX-License-Identifier: Apache-2.0 */
/* What a Linux gone wrong may say. A bad message is dropped and counted, and the link stays. A broken ring or table
 * ends in the port's fault hook, a crash of the remote core as Linux sees it, and its recovery mends all. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "weft/check.h"
#include "weft/ivshmem_page.h"

#define ANY 0xffffffffu
#define NAME_SERVICE 53u
#define NAMES 100 /* announced in one go */

/* ---- The message that Linux sends, changed before the remote core looks: it is the last in vring 1 ---- */

struct sent {
	struct vring vring;
	unsigned slot, id;
};

static void header_len(const struct sent *sent)
{
	memory_header(&sent->vring, sent->id)->len = 21;
}
static void header_len_most(const struct sent *sent)
{
	memory_header(&sent->vring, sent->id)->len = 0xffff;
}
static void header_src(const struct sent *sent)
{
	memory_header(&sent->vring, sent->id)->src = ANY;
}

static void ring_id(const struct sent *sent)
{
	sent->vring.avail->id[sent->slot] = RING;
}
static void ring_twice(const struct sent *sent)
{
	sent->vring.avail->id[(sent->slot + 1) % RING] = (uint16_t)sent->id;
	sent->vring.avail->idx++;
}
static void ring_ahead(const struct sent *sent)
{
	sent->vring.avail->idx = (uint16_t)(sent->vring.avail->idx + RING);
}
static void ring_back(const struct sent *sent)
{
	sent->vring.avail->idx = (uint16_t)(sent->vring.avail->idx - 2);
}
static void desc_below(const struct sent *sent)
{
	sent->vring.desc[sent->id].addr = 0;
}
static void desc_beyond(const struct sent *sent)
{
	uint32_t base = memory_vdev()->vring[0].da - WEFT_IVSHMEM_VRING_0;

	sent->vring.desc[sent->id].addr = base + WEFT_IVSHMEM_SIZE - 16u;
}
static void desc_high(const struct sent *sent)
{
	sent->vring.desc[sent->id].addr_high = 1;
}
static void desc_odd(const struct sent *sent)
{
	sent->vring.desc[sent->id].addr += 2;
}
static void desc_short(const struct sent *sent)
{
	sent->vring.desc[sent->id].len = 15;
}
static void desc_huge(const struct sent *sent)
{
	sent->vring.desc[sent->id].len = ANY;
}
static void desc_next(const struct sent *sent)
{
	sent->vring.desc[sent->id].flags = 1;
}
static void desc_write(const struct sent *sent)
{
	sent->vring.desc[sent->id].flags = 2;
}
static void desc_indirect(const struct sent *sent)
{
	sent->vring.desc[sent->id].flags = 4;
}
/* The remote core's own word. */
static void mark(const struct sent *sent)
{
	sent->vring.used->avail_event = 0;
}
/* What it answers in. */
static void offered_range(const struct sent *sent)
{
	struct vring answers = memory_vring(0);

	(void)sent;
	for (int i = 0; i < RING; i++)
		answers.desc[i].addr = 0x1000;
}
static void offered_flags(const struct sent *sent)
{
	struct vring answers = memory_vring(0);

	(void)sent;
	for (int i = 0; i < RING; i++)
		answers.desc[i].flags = 0;
}
static void offered_len(const struct sent *sent)
{
	struct vring answers = memory_vring(0);

	(void)sent;
	for (int i = 0; i < RING; i++)
		answers.desc[i].len = 100;
}

struct lie {
	void (*write)(const struct sent *sent);
	enum weft_check fault;
};
static const struct lie messages[] = { { header_len, WEFT_CHECK_HEADER_LEN },
	                               { header_len_most, WEFT_CHECK_HEADER_LEN },
	                               { header_src, WEFT_CHECK_HEADER_SRC } };
static const struct lie rings[] = {
	{ ring_id, WEFT_CHECK_RING_ID },          { ring_twice, WEFT_CHECK_RING_TWICE },
	{ ring_ahead, WEFT_CHECK_RING_DISTANCE }, { ring_back, WEFT_CHECK_RING_DISTANCE },
	{ desc_below, WEFT_CHECK_DESC_RANGE },    { desc_beyond, WEFT_CHECK_DESC_RANGE },
	{ desc_high, WEFT_CHECK_DESC_RANGE },     { desc_huge, WEFT_CHECK_DESC_RANGE },
	{ desc_odd, WEFT_CHECK_DESC_ALIGN },      { desc_short, WEFT_CHECK_DESC_LEN },
	{ desc_next, WEFT_CHECK_DESC_FLAGS },     { desc_write, WEFT_CHECK_DESC_FLAGS },
	{ desc_indirect, WEFT_CHECK_DESC_FLAGS }, { mark, WEFT_CHECK_RING_FRESH },
	{ offered_range, WEFT_CHECK_DESC_RANGE }, { offered_flags, WEFT_CHECK_DESC_FLAGS },
	{ offered_len, WEFT_CHECK_DESC_LEN },
};

/* 20 bytes, while the remote core does not look. */
static struct sent send_one(const struct ept *echo)
{
	static const char text[20] = "to be changed";

	CHECK(tell("stall") == 0);
	CHECK(write(echo->fd, text, sizeof text) == (ssize_t)sizeof text);
	struct sent sent = { .vring = memory_vring(1) };
	sent.slot = (unsigned)(sent.vring.avail->idx - 1) % RING;
	sent.id = sent.vring.avail->id[sent.slot];
	CHECK(sent.id < RING && sent.vring.desc[sent.id].len == 36);
	return sent;
}

static void bad_message(const struct lie *lie)
{
	struct ept echo = ept_open("rpmsg-raw", 0);
	long violations = tell("count violations");

	struct sent sent = send_one(&echo);
	lie->write(&sent);
	CHECK(tell("resume") == 0);
	ept_echo(&echo, 100, 4); /* the next to arrive */
	CHECK(tell("count violations") == violations + 1);
	CHECK(tell("count fault") == (long)lie->fault);
	ept_close(&echo);
}

/* Linux hears of a crash, and recovers the remote core. What came before the fault may have been answered. */
static void recovered(struct ept *old, enum weft_check fault)
{
	char answer[MTU];
	int len;

	do
		len = ept_read(old, answer, sizeof answer);
	while (len >= 0);
	CHECK(len != -ETIMEDOUT);
	ept_await_gone(old);
	CHECK(tell("count fault") == (long)fault);
	struct ept echo = ept_open("rpmsg-raw", 0);
	ept_echo(&echo, MTU, 6);
	ept_close(&echo);
}

static void broken_ring(const struct lie *lie)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	ept_echo(&echo, 20, 1);
	struct sent sent = send_one(&echo);
	lie->write(&sent);
	CHECK(tell("resume") == 0);
	recovered(&echo, lie->fault);
}

/* ---- A table that is wrong when a life of the link begins ---- */

static const struct {
	size_t offset;
	uint32_t value;
	enum weft_check fault;
} tables[] = {
	{ offsetof(struct vdev, type), 2, WEFT_CHECK_TABLE_VDEV },
	{ offsetof(struct vdev, id), 8, WEFT_CHECK_TABLE_VDEV },
	{ offsetof(struct vdev, gfeatures), 0x20000001, WEFT_CHECK_FEATURES },
	{ offsetof(struct vdev, vring[0].num), 0, WEFT_CHECK_VRING_NUM },
	{ offsetof(struct vdev, vring[0].num), 512, WEFT_CHECK_VRING_NUM },
	{ offsetof(struct vdev, vring[1].num), 255, WEFT_CHECK_VRING_NUM },
	{ offsetof(struct vdev, vring[0].align), 0, WEFT_CHECK_VRING_ALIGN },
	{ offsetof(struct vdev, vring[1].align), 4097, WEFT_CHECK_VRING_ALIGN },
	{ offsetof(struct vdev, vring[0].da), 0, WEFT_CHECK_VRING_RANGE },
	{ offsetof(struct vdev, vring[1].da), 0xffffe000, WEFT_CHECK_VRING_RANGE },
};

/* As a driver that goes and comes again. */
static void bad_table(size_t offset, uint32_t value, enum weft_check fault)
{
	struct ept echo = ept_open("rpmsg-raw", 0);
	volatile struct vdev *vdev = memory_vdev();

	CHECK(vdev->status == DRIVER_OK);
	vdev->status = 0;
	CHECK(tell("await down") == 0);
	memory_zero_vrings();
	*(volatile uint32_t *)((volatile char *)vdev + offset) = value;
	vdev->status = DRIVER_OK;
	recovered(&echo, fault);
}

/* Bits that are no business of the remote core's, as long as DRIVER_OK is among them. */
static void other_status(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	memory_vdev()->status = 0xff;
	ept_echo(&echo, 30, 1);
	memory_vdev()->status = DRIVER_OK;
	ept_echo(&echo, 30, 2);
	ept_close(&echo);
}

/* Vrings that lie in each other; and the rings of the life before, which nobody has zeroed. */
static void bad_vrings(void)
{
	bad_table(offsetof(struct vdev, vring[1].da), memory_vdev()->vring[0].da, WEFT_CHECK_VRING_OVERLAP);

	struct ept echo = ept_open("rpmsg-raw", 0);
	memory_vdev()->status = 0;
	CHECK(tell("await down") == 0);
	memory_vdev()->status = DRIVER_OK;
	recovered(&echo, WEFT_CHECK_RING_FRESH);
}

/* ---- What user space can say ---- */

struct announcement {
	char name[32];
	uint32_t addr, flags;
};

/* All that was written before this echo has arrived. */
static void settle(void)
{
	struct ept echo = ept_open("rpmsg-raw", 0);

	ept_echo(&echo, 10, 7);
	ept_close(&echo);
}

static void say_name(const struct ept *names, const char *name, uint32_t addr, size_t len)
{
	struct {
		struct announcement announcement;
		char more[8];
	} message = { .announcement.addr = addr };

	memcpy(message.announcement.name, name, strnlen(name, sizeof message.announcement.name));
	CHECK(write(names->fd, &message, len) == (ssize_t)len);
}

static void bad_names(void)
{
	struct ept names = ept_create("names", NAME_SERVICE);
	long bad = tell("count bad-names"), not_kept = tell("count not-kept"), unknown = tell("count unknown");
	char name[32] = "";

	say_name(&names, "short", 1, 39);
	say_name(&names, "long", 1, 41);
	say_name(&names, "", 1, 40);
	say_name(&names, "any", ANY, 40);
	say_name(&names, "itself", NAME_SERVICE, 40);
	settle();
	CHECK(tell("count bad-names") == bad + 5);
	for (int i = 0; i < NAMES; i++) {
		memset(name, 'a' + i % 26, sizeof name); /* without an end */
		say_name(&names, name, 2000u + (uint32_t)i, 40);
	}
	settle();
	CHECK(tell("count not-kept") == not_kept + NAMES - tell("count channels"));
	CHECK(tell("count bad-names") == bad + 5);
	ept_destroy(&names);

	struct ept nobody = ept_create("nobody", 0x7777);
	for (int i = 0; i < NAMES; i++)
		CHECK(write(nobody.fd, name, sizeof name) == (ssize_t)sizeof name);
	settle();
	CHECK(tell("count unknown") == unknown + NAMES);
	ept_destroy(&nobody);
}

void garbage_checks(void)
{
	bad_names();
	ok("malformed announcements, %d good ones and %d messages to nobody: dropped and counted", NAMES, NAMES);
	for (unsigned i = 0; i < sizeof messages / sizeof messages[0]; i++)
		bad_message(&messages[i]);
	ok("headers that lie: the message is dropped and counted");
	for (unsigned i = 0; i < sizeof rings / sizeof rings[0]; i++)
		broken_ring(&rings[i]);
	ok("rings that lie, in %zu ways: each a fault of its own, and recovered", sizeof rings / sizeof rings[0]);
	other_status();
	for (unsigned i = 0; i < sizeof tables / sizeof tables[0]; i++)
		bad_table(tables[i].offset, tables[i].value, tables[i].fault);
	bad_vrings();
	ok("tables that lie, in %zu ways: the same", sizeof tables / sizeof tables[0] + 2);
}
