/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <stddef.h>
#include <string.h>

#include "say.h"
#include "weft/link.h"
#include "weft/posix.h"

static struct weft_posix posix;

struct weft_port *machine_open(char core, const char *path, bool driver)
{
	const struct weft_posix_config config = { .path = path, .driver = driver, .size = WEFT_LINK_SIZE };
	int error = weft_posix_open(&posix, &config);

	if (error == 0)
		return &posix.port;
	say(core, now_us(), "error", "cannot open %s: %s", path, strerror(-error));
	return NULL;
}

void machine_close(void)
{
	weft_posix_close(&posix);
}
