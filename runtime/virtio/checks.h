/* SPDX-License-Identifier: Apache-2.0 */
/* Checks on what a ring or a resource table says. Pure functions over snapshots: no memory of the peer is read
 * here. The rule of the specification stands at the check (virtio 1.x; Linux, include/linux/remoteproc.h). */
#ifndef WEFT_VIRTIO_CHECKS_H
#define WEFT_VIRTIO_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/check.h"
#include "weft/port.h"

/* An RPMsg header and a name service message behind it: 16 + 40. */
#define CHECK_BUF_SIZE_MIN 56u

/* What two writers may not share, in bytes: a cache line, where caches are not coherent. */
#define CHECK_LINE(otherwise) (WEFT_CACHE_LINE != 0 ? (WEFT_CACHE_LINE + 0u) : (otherwise))

/* 2.7.13.1: idx counts up by what was added, and a ring of num entries holds no more than num. */
/*@ assigns \nothing;
  @ ensures \result <==> offered <= num; */
static inline bool check_ring_distance(uint16_t offered, uint16_t num)
{
	return WEFT_CHECK(RING_DISTANCE, offered <= num);
}

/*@ assigns \nothing;
  @ ensures \result <==> id < num; */
static inline bool check_ring_id(uint32_t id, uint16_t num)
{
	return WEFT_CHECK(RING_ID, id < num);
}

/* A buffer that is in our hands cannot be given to us. */
/*@ assigns \nothing;
  @ ensures \result <==> with_peer; */
static inline bool check_ring_twice(bool with_peer)
{
	return WEFT_CHECK(RING_TWICE, with_peer);
}

/* Linux lays its rings without a word, and zeroes them: nobody has put anything back yet, and the mark of the last life
 * is gone. */
/*@ assigns \nothing;
  @ ensures \result <==> used == 0 && mark == 0; */
static inline bool check_ring_fresh(uint16_t used, uint16_t mark)
{
	return WEFT_CHECK(RING_FRESH, used == 0 && mark == 0);
}

/* 2.7.5: WRITE says device-writable. NEXT and INDIRECT we never offered a use for. */
/*@ assigns \nothing;
  @ ensures \result <==> flags == expected; */
static inline bool check_desc_flags(uint16_t flags, uint8_t expected)
{
	return WEFT_CHECK(DESC_FLAGS, flags == expected);
}

/* All of [addr, addr + len) in [base, base + size). No sum of the peer's values: it could wrap. */
/*@ assigns \nothing;
  @ ensures \result <==> base <= addr && addr + len <= base + size; */
static inline bool check_desc_range(uint64_t addr, uint32_t len, uint64_t base, uint32_t size)
{
	return WEFT_CHECK(DESC_RANGE, len <= size && addr >= base && addr - base <= size - len);
}

/* least: the header where we read; where we write, the room of the first buffer: what we lend has one size. */
/*@ assigns \nothing;
  @ ensures \result <==> least <= len; */
static inline bool check_desc_len(uint32_t len, uint32_t least)
{
	return WEFT_CHECK(DESC_LEN, len >= least);
}

/* fills: its length if we write there, else 0. A line has one writer, so a buffer that we write ends with one. */
/*@ assigns \nothing;
  @ ensures \result <==> \exists integer words; addr == 4 * words; */
static inline bool check_desc_align(uint64_t addr, uint32_t fills)
{
	return WEFT_CHECK(DESC_ALIGN, addr % CHECK_LINE(4u) == 0 && fills % CHECK_LINE(1u) == 0);
}

/* 2.7.8: len is what the device has written, so at most what there was room for. */
/*@ assigns \nothing;
  @ ensures \result <==> header <= len <= room; */
static inline bool check_used_len(uint32_t len, uint32_t header, uint32_t room)
{
	return WEFT_CHECK(USED_LEN, len >= header && len <= room);
}

/*@ assigns \nothing;
  @ ensures \result <==> power_of_two(n); */
static inline bool check_power_of_two(uint32_t n)
{
	return n != 0 && (n & (n - 1u)) == 0;
}

/* Between our own cores the two entries stand where our struct has them. */
/*@ assigns \nothing;
  @ ensures \result <==> version == 1 && num == 2 && vdev == vdev_at && epoch == epoch_at; */
static inline bool check_table_header(uint32_t version, uint32_t num, uint32_t vdev, uint32_t epoch, uint32_t vdev_at,
                                      uint32_t epoch_at)
{
	return WEFT_CHECK(TABLE_HEADER, version == 1u && num == 2u && vdev == vdev_at && epoch == epoch_at);
}

/*@ assigns \nothing;
  @ ensures \result <==> type == 3 && id == 7 && vrings == 2; */
static inline bool check_table_vdev(uint32_t type, uint32_t id, uint8_t vrings)
{
	return WEFT_CHECK(TABLE_VDEV, type == 3u && id == 7u && vrings == 2u);
}

/* The lines stand where the head page has them. */
/*@ assigns \nothing;
  @ ensures \result <==> type == 128 && version == 1 && driver_da == (uint32_t)(head_da + 256) &&
  @	device_da == (uint32_t)(head_da + 512); */
static inline bool check_table_epoch(uint32_t type, uint32_t version, uint32_t driver_da, uint32_t device_da,
                                     uint32_t head_da)
{
	return WEFT_CHECK(TABLE_EPOCH,
	                  type == 0x80u && version == 1u && driver_da == head_da + 256u && device_da == head_da + 512u);
}

/*@ assigns \nothing;
  @ ensures \result <==> power_of_two(num) && 2 <= num <= room; */
static inline bool check_vring_num(uint32_t num, uint16_t room)
{
	return WEFT_CHECK(VRING_NUM, check_power_of_two(num) && num >= 2u && num <= room);
}

/*@ assigns \nothing;
  @ ensures \result <==> power_of_two(align) && 4 <= align <= 0x10000 && offset % align == 0 && offset % 16 == 0; */
static inline bool check_vring_align(uint32_t align, uint32_t offset)
{
	return WEFT_CHECK(VRING_ALIGN, check_power_of_two(align) && align >= CHECK_LINE(4u) && align <= 65536u &&
	                                       offset % 16u == 0 && offset % align == 0);
}

/* offset is the device address less the region's, size is ours by the vring's num and align. */
/*@ assigns \nothing;
  @ ensures \result <==> head <= offset && offset + size <= region; */
static inline bool check_vring_range(uint64_t offset, uint32_t size, uint32_t head, uint32_t region)
{
	return WEFT_CHECK(VRING_RANGE, size <= region && offset >= head && offset <= region - size);
}

/*@ requires 0 < a_size && a + a_size <= 0xffffffff && 0 < b_size && b + b_size <= 0xffffffff;
  @ assigns \nothing;
  @ ensures \result <==> !(a <= b < a + a_size) && !(b <= a < b + b_size); */
static inline bool check_vring_overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return WEFT_CHECK(VRING_OVERLAP, a + a_size <= b || b + b_size <= a);
}

/* 2.2.1: the driver accepts a subset of what the device offers. */
/*@ assigns \nothing;
  @ ensures \result <==> (\forall integer i; 0 <= i < 32 ==> (bit(accepted, i) ==> bit(offered, i))); */
static inline bool check_features(uint32_t accepted, uint32_t offered)
{
	return WEFT_CHECK(FEATURES, (accepted & ~offered) == 0);
}

#endif
