/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime under test calls: at once, whole, and the test has its say before and after. */
#include <stdio.h>
#include <stdlib.h>

#include "images/images.h"

void weft_cache_clean(const void *start, uint32_t len);
void weft_cache_invalidate(const void *start, uint32_t len);

/* Half a line would be somebody else's as well, and what is not in the region is not the runtime's. */
static uint32_t offset_of_lines(const struct image *image, const void *start, uint32_t len)
{
	uint32_t at = (uint32_t)((uintptr_t)start - (uintptr_t)image->view);

	if (at % image->line != 0 || len % image->line != 0 || len > image->size - at) {
		fprintf(stderr, "offset %u, %u bytes: not whole lines of the region\n", at, len);
		abort();
	}
	return at;
}

static void between(struct image *image)
{
	if (image->between != NULL)
		image->between(image, image->context);
}

void weft_cache_clean(const void *start, uint32_t len)
{
	struct image *image = image_of(start);
	uint32_t at = offset_of_lines(image, start, len);

	image->cleans++;
	image_clean(image, at, len);
	between(image);
}

void weft_cache_invalidate(const void *start, uint32_t len)
{
	struct image *image = image_of(start);
	uint32_t at = offset_of_lines(image, start, len);

	between(image);
	image->invalidates++;
	image_invalidate(image, at, len);
	between(image);
}
