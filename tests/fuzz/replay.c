/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over files, without a fuzzer: in every build, under valgrind, in a debugger.
 *     fuzz_<x> [file or folder...]    no argument: the corpus of the target in the source tree */
#include <dirent.h>
#include <string.h>

#include "fuzz/fuzz.h"

#define FILE_MAX 65536u
#define PATH_ROOM 4096u

static unsigned runs;

/* From the heap, with its exact size: reading beyond the input is an error that sanitizers see. */
static int run_file(const char *path)
{
	static uint8_t bytes[FILE_MAX];
	FILE *file = fopen(path, "rb");

	if (file == NULL) {
		perror(path);
		return 1;
	}
	size_t size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	uint8_t *input = (uint8_t *)malloc(size != 0 ? size : 1u);
	if (input == NULL)
		return 1;
	memcpy(input, bytes, size);
	fprintf(stderr, "%s\n", path); /* the last one names the culprit */
	LLVMFuzzerTestOneInput(input, size);
	free(input);
	runs++;
	return 0;
}

static int run_path(const char *path)
{
	char inside[PATH_ROOM];
	struct dirent *entry;
	DIR *folder = opendir(path);
	int failed = 0;

	if (folder == NULL)
		return run_file(path);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
		failed |= run_file(inside);
	}
	closedir(folder);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_path(argv[i]);
	if (argc == 1)
		failed = run_path(FUZZ_CORPUS);
	printf("%u inputs\n", runs);
	return failed != 0 || runs == 0;
}
