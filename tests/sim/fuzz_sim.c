/* SPDX-License-Identifier: Apache-2.0 */
/* The decisions of a run as what a fuzzer makes up: it keeps those that lead to code which no run has reached. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/run.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Before the fuzzer looks at signals: a core that touches what is not its own is a broken promise, no crash. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	sim_open();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (run_string(data, size) == NULL)
		return 0;
	fprintf(stderr, "does not hold: %s\n", sim_broken());
	abort();
}
