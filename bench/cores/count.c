/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of QEMU that counts executed instructions a core, between marks: scripts/bench-cores builds and loads it.
 *
 *     -plugin count.so,marks=<file>,out=<file>[,region=<number>]
 *
 * marks: "<address in hex> <mark>" a line. Regions are numbered in the order in which they begin; one is open at a
 * time, for all cores. A stretch is what one core executes between two marks; of each kind the longest of a region is
 * kept, with the address of each of its instructions. region: of that one, how often which instruction was executed.
 *
 * Both cores must run in turn on one thread (-icount). The interface is version 1 of QEMU's plugins, of which
 * docs/devel/tcg-plugins.rst and include/qemu/qemu-plugin.h tell; distributions ship neither. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORES 2u
#define REGIONS 64u
#define MARKS 4096u
#define STRETCH_MAX 65536u

/* ---- What QEMU gives ---- */

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*tb_trans_cb)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*vcpu_udata_cb)(unsigned int vcpu, void *data);
typedef void (*atexit_cb)(uint64_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tb_trans_cb cb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, vcpu_udata_cb cb,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, atexit_cb cb, void *data);

extern EXPORT const int qemu_plugin_version;
const int qemu_plugin_version = 1;

/* ---- Counts ---- */

enum mark {
	MARK_NONE,
	MARK_REGION_BEGIN = 'B',
	MARK_REGION_END = 'E',
	MARK_RESET = 'X', /* the core starts anew: its stretches are over, and none of ours */
	MARK_MASK = 'M',  /* from the next instruction on no interrupt comes; they nest */
	MARK_UNMASK = 'U',
	MARK_CALL_BEGIN = 'P', /* a call whose longest is wanted */
	MARK_CALL_END = 'Q'
};

enum stretch_kind { STRETCH_MASKED, STRETCH_CALL, STRETCH_KINDS };
static const char *const stretch_names[STRETCH_KINDS] = { "masked", "call" };

struct instruction {
	struct instruction *next;
	uint64_t address;
	uint64_t count[CORES]; /* in the region that was asked for */
	enum mark mark;
};

struct stretch {
	unsigned depth;
	uint32_t len;
	uint32_t addresses[STRETCH_MAX];
};

struct longest {
	uint32_t len;
	uint32_t *addresses;
};

struct region {
	uint64_t count[CORES];
	struct longest longest[CORES][STRETCH_KINDS];
};

static struct {
	uint64_t address;
	enum mark mark;
} marks[MARKS];
static unsigned mark_count;
static struct instruction *instructions;
static struct stretch stretches[CORES][STRETCH_KINDS];
static struct region regions[REGIONS];
static unsigned begun; /* regions */
static bool open;
static unsigned wanted = REGIONS;
static const char *out;

static void die(const char *what, const char *name)
{
	fprintf(stderr, "count: %s: %s\n", what, name);
	exit(3);
}

static void stretch_end(unsigned core, enum stretch_kind kind)
{
	struct stretch *stretch = &stretches[core][kind];

	if (stretch->depth == 0 || --stretch->depth != 0 || !open)
		return;
	struct longest *longest = &regions[begun - 1u].longest[core][kind];
	size_t bytes = stretch->len * sizeof stretch->addresses[0];
	if (stretch->len <= longest->len)
		return;
	free(longest->addresses);
	longest->addresses = malloc(bytes);
	if (longest->addresses == NULL)
		die("no memory", out);
	memcpy(longest->addresses, stretch->addresses, bytes);
	longest->len = stretch->len;
}

static void stretch_begin(unsigned core, enum stretch_kind kind)
{
	if (stretches[core][kind].depth++ == 0)
		stretches[core][kind].len = 0;
}

static void on_mark(unsigned core, enum mark mark)
{
	switch (mark) {
	case MARK_REGION_BEGIN:
		if (begun == REGIONS)
			die("too many regions", out);
		begun++;
		open = true;
		break;
	case MARK_REGION_END:
		open = false;
		break;
	case MARK_RESET:
		for (unsigned kind = 0; kind < STRETCH_KINDS; kind++)
			stretches[core][kind].depth = 0;
		break;
	case MARK_MASK:
		stretch_begin(core, STRETCH_MASKED);
		break;
	case MARK_UNMASK:
		stretch_end(core, STRETCH_MASKED);
		break;
	case MARK_CALL_BEGIN:
		stretch_begin(core, STRETCH_CALL);
		break;
	case MARK_CALL_END:
		stretch_end(core, STRETCH_CALL);
		break;
	case MARK_NONE:
		break;
	}
}

static void on_instruction(unsigned int core, void *data)
{
	struct instruction *instruction = data;

	if (core >= CORES)
		die("more than two cores", out);
	if (open) {
		regions[begun - 1u].count[core]++;
		if (begun - 1u == wanted)
			instruction->count[core]++;
	}
	for (unsigned kind = 0; kind < STRETCH_KINDS; kind++) {
		struct stretch *stretch = &stretches[core][kind];

		if (stretch->depth != 0 && stretch->len < STRETCH_MAX)
			stretch->addresses[stretch->len++] = (uint32_t)instruction->address;
	}
	if (instruction->mark != MARK_NONE)
		on_mark(core, instruction->mark);
}

static enum mark mark_at(uint64_t address)
{
	for (unsigned i = 0; i < mark_count; i++) {
		if (marks[i].address == address)
			return marks[i].mark;
	}
	return MARK_NONE;
}

/* An address is translated more than once: each time has a count of its own, and who reads them adds them up. */
static void on_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		struct instruction *instruction = calloc(1, sizeof *instruction);

		if (instruction == NULL)
			die("no memory", out);
		instruction->address = qemu_plugin_insn_vaddr(insn);
		instruction->mark = mark_at(instruction->address);
		instruction->next = instructions;
		instructions = instruction;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_instruction, QEMU_PLUGIN_CB_NO_REGS, instruction);
	}
}

/* ---- Files ---- */

static void write_longest(FILE *file, unsigned region, unsigned core, enum stretch_kind kind)
{
	const struct longest *longest = &regions[region].longest[core][kind];

	fprintf(file, "%s %u %u", stretch_names[kind], region, core);
	for (uint32_t i = 0; i < longest->len; i++)
		fprintf(file, " %x", (unsigned)longest->addresses[i]);
	fprintf(file, "\n");
}

static void on_exit_of_qemu(uint64_t id, void *data)
{
	FILE *file = fopen(out, "w");

	(void)id;
	(void)data;
	if (file == NULL)
		die("cannot write", out);
	for (unsigned region = 0; region < begun; region++) {
		for (unsigned core = 0; core < CORES; core++) {
			fprintf(file, "count %u %u %llu\n", region, core,
			        (unsigned long long)regions[region].count[core]);
			for (unsigned kind = 0; kind < STRETCH_KINDS; kind++)
				write_longest(file, region, core, (enum stretch_kind)kind);
		}
	}
	for (const struct instruction *at = instructions; at != NULL; at = at->next) {
		for (unsigned core = 0; core < CORES; core++) {
			if (at->count[core] != 0)
				fprintf(file, "at %u %llx %llu\n", core, (unsigned long long)at->address,
				        (unsigned long long)at->count[core]);
		}
	}
	if (fclose(file) != 0)
		die("cannot write", out);
}

static void read_marks(const char *name)
{
	FILE *file = fopen(name, "r");
	char line[64];

	if (file == NULL)
		die("cannot read", name);
	while (fgets(line, sizeof line, file) != NULL) {
		char *end;
		uint64_t address = strtoull(line, &end, 16);

		if (end == line || *end != ' ')
			die("not an address and a mark", line);
		if (mark_count == MARKS)
			die("too many marks", name);
		marks[mark_count].address = address;
		marks[mark_count++].mark = (enum mark)end[1];
	}
	fclose(file);
}

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], "marks=", 6) == 0)
			read_marks(argv[i] + 6);
		else if (strncmp(argv[i], "out=", 4) == 0)
			out = strdup(argv[i] + 4);
		else if (strncmp(argv[i], "region=", 7) == 0)
			wanted = (unsigned)strtoul(argv[i] + 7, NULL, 10);
		else
			die("an argument that nobody knows", argv[i]);
	}
	if (mark_count == 0 || out == NULL)
		die("give marks= and out=", "no marks, or no file");
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
