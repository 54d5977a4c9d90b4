/* SPDX-License-Identifier: Apache-2.0 */
/* One virtqueue over a region that a peer scribbles into, and a model of what it may do about that: every entry has one
 * state, a lie breaks the queue until it is laid anew, and nothing of the region is written but what is ours. */
#ifndef WEFT_TESTS_FUZZ_VQ_H
#define WEFT_TESTS_FUZZ_VQ_H

#include "fuzz/fuzz.h"
#include "virtio/ring.h"
#include "weft/virtqueue.h"

#define VQ_NUM 8u
#define VQ_BUF_SIZE 64u
#define VQ_SIZE 0x1000u
#define VQ_ADDRESS 0x80001000u
#define VQ_BUFFERS 0x400u /* where a driver lays them */
#define VQ_AVAIL (VQ_NUM * 16u)
#define VQ_USED 160u /* avail has 6 + 16 bytes, rounded up to the alignment of 16 */

/* What a pop has to make of the ring as it is. */
struct vq_expect {
	enum weft_check fault;
	uint16_t id;
	uint32_t at; /* offset in the region */
	uint32_t len;
};

struct vq {
	uint8_t *memory;         /* VQ_SIZE; ASan watches its edges */
	uint8_t shadow[VQ_SIZE]; /* what it must hold */
	struct weft_region region;
	struct virtqueue queue;
	struct virtqueue_entry entries[VQ_NUM];
	const struct virtqueue_role *role;
	struct vq_expect (*expect)(const struct vq *vq, uint16_t slot);
	uint32_t ours; /* offset of our ring */
	uint32_t theirs;
	bool device_writes;
	/* The model. */
	uint8_t state[VQ_NUM]; /* ENTRY_* */
	uint32_t at[VQ_NUM];
	uint16_t next;
	uint16_t seen;
	uint16_t pushed;
	uint16_t published;
	uint32_t first_len; /* of the first buffer that was offered */
	enum weft_check fault;
	unsigned pops; /* since the peer last wrote */
};

/* Fresh: the ring cleared, a driver's laid. */
void vq_reset(struct vq *vq, const struct virtqueue_role *role, bool device_writes);

/* The peer writes. */
void vq_poke(struct vq *vq, uint32_t offset, const void *bytes, uint32_t len);
void vq_poke16(struct vq *vq, uint32_t offset, uint16_t value);
void vq_poke32(struct vq *vq, uint32_t offset, uint32_t value);
uint16_t vq_peek16(const struct vq *vq, uint32_t offset);
uint32_t vq_peek32(const struct vq *vq, uint32_t offset);

/* One operation of the owner, compared with the model. */
void vq_step(struct vq *vq, struct fuzz *in);

#endif
