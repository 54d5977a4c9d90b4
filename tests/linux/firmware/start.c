/* SPDX-License-Identifier: Apache-2.0 */
/* Where Linux starts the remote core. In these tests that is a process, which takes over. */
void start(void);

void start(void)
{
	for (;;)
		;
}
