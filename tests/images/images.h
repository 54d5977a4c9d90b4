/* SPDX-License-Identifier: Apache-2.0 */
/* Cores whose caches are not coherent, in one process. Each core sees a private image of one memory, at a base of its
 * own. What it stores stays in the image until the line is written back; what it loads is as old as its line.
 *
 * The model. A line is dirty when it differs from what it was when last loaded or written back, or when image_stored()
 * says so. Where nobody calls that, as in the tests here, a store of what stands there already is not seen: a line that
 * is cleaned by name is written back in any case, since who cleans has stored; but one that has gone before is not.
 * A dirty line may be written back at any time, whole: then a peer's stores to the same line are lost. A clean line may
 * be loaded anew at any time, as by a prefetch. An invalidated line is loaded at once, the earliest that hardware may.
 *
 * The runtime under test calls weft_cache_clean() and weft_cache_invalidate(), which calls.c defines over this model
 * for the tests here, and tests/sim/cache.c for the simulator. */
#ifndef WEFT_TESTS_IMAGES_H
#define WEFT_TESTS_IMAGES_H

#include <stdbool.h>
#include <stdint.h>

#define IMAGE_LINES 4096u /* the most that an image has */

struct image {
	uint8_t *memory; /* that all cores share */
	uint8_t *view;   /* what this core sees: its base */
	uint8_t *loaded; /* each line as it was when last loaded or written back */
	uint32_t size;   /* of each, whole lines */
	uint32_t line;
	bool stored[IMAGE_LINES]; /* each line: stored to since it was last loaded or written back */
	/* Counted in calls. */
	unsigned cleans;
	unsigned invalidates;
	/* Runs after each of them and before an invalidate, in the middle of what the core is doing. NULL: nothing. */
	void (*between)(struct image *image, void *context);
	void *context;
	struct image *next;
};

/* Forget all images, before a test makes its own. */
void images_reset(void);

/* A core with an empty cache. memory, view and loaded are the caller's, size bytes each, and stay. */
void image_open(struct image *image, uint8_t *memory, uint8_t *view, uint8_t *loaded, uint32_t size, uint32_t line);

/* The image that holds an address of a core. One must. */
struct image *image_of(const void *address);

/* The core stores to these bytes, now: their lines are dirty, whatever it stores. */
void image_stored(struct image *image, uint32_t at, uint32_t len);

/* The line at an offset has what the memory has not got from it. */
bool image_dirty(const struct image *image, uint32_t at);

/* The line at an offset leaves the cache, written back if it is dirty, and is loaded when it is used again: now. */
void image_evict(struct image *image, uint32_t at);

/* What weft_cache_clean() and weft_cache_invalidate() do, on a range of offsets, whole lines. */
void image_clean(struct image *image, uint32_t at, uint32_t len);
void image_invalidate(struct image *image, uint32_t at, uint32_t len);

/* The core is reset: what was not written back is lost. */
void image_crash(struct image *image);

#endif
