/* SPDX-License-Identifier: Apache-2.0 */
#include "images/images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct image *images;

void images_reset(void)
{
	images = NULL;
}

void image_open(struct image *image, uint8_t *memory, uint8_t *view, uint8_t *loaded, uint32_t size, uint32_t line)
{
	if (size / line > IMAGE_LINES) {
		fprintf(stderr, "%u lines: an image has %u\n", size / line, IMAGE_LINES);
		abort();
	}
	memset(image, 0, sizeof *image);
	image->memory = memory;
	image->view = view;
	image->loaded = loaded;
	image->size = size;
	image->line = line;
	image->next = images;
	images = image;
	image_crash(image);
}

struct image *image_of(const void *address)
{
	for (struct image *image = images; image != NULL; image = image->next) {
		if ((uintptr_t)address - (uintptr_t)image->view < image->size)
			return image;
	}
	fprintf(stderr, "%p: in no core's image\n", address);
	abort();
}

static uint32_t line_at(const struct image *image, uint32_t at)
{
	return at - at % image->line;
}

void image_stored(struct image *image, uint32_t at, uint32_t len)
{
	for (uint32_t end = at + len; at < end; at = line_at(image, at) + image->line)
		image->stored[at / image->line] = true;
}

bool image_dirty(const struct image *image, uint32_t at)
{
	at = line_at(image, at);
	return image->stored[at / image->line] || memcmp(image->view + at, image->loaded + at, image->line) != 0;
}

static void load(struct image *image, uint32_t at)
{
	memcpy(image->view + at, image->memory + at, image->line);
	memcpy(image->loaded + at, image->memory + at, image->line);
	image->stored[at / image->line] = false;
}

static void write_back(struct image *image, uint32_t at)
{
	memcpy(image->memory + at, image->view + at, image->line);
	memcpy(image->loaded + at, image->view + at, image->line);
	image->stored[at / image->line] = false;
}

void image_evict(struct image *image, uint32_t at)
{
	at = line_at(image, at);
	if (image_dirty(image, at))
		write_back(image, at);
	load(image, at);
}

void image_clean(struct image *image, uint32_t at, uint32_t len)
{
	for (uint32_t end = at + len; at < end; at += image->line)
		write_back(image, at);
}

void image_invalidate(struct image *image, uint32_t at, uint32_t len)
{
	for (uint32_t end = at + len; at < end; at += image->line)
		load(image, at);
}

void image_crash(struct image *image)
{
	image_invalidate(image, 0, image->size);
}
