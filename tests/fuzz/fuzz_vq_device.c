/* SPDX-License-Identifier: Apache-2.0 */
/* A device's virtqueue, and a driver that writes whatever it likes into descriptors and the available ring. */
#include "fuzz/vq.h"
#include "virtio/queue.h"

static struct vq vq;

/* docs/protocol.md, "The rings", said once more: what the entry of `slot` is worth. */
static struct vq_expect worth(const struct vq *of, uint16_t slot)
{
	struct vq_expect expect = { .id = vq_peek16(of, VQ_AVAIL + 4u + 2u * slot) };

	if (expect.id >= VQ_NUM) {
		expect.fault = WEFT_CHECK_RING_ID;
		return expect;
	}
	uint32_t desc = expect.id * 16u;
	uint64_t addr = vq_peek32(of, desc) | (uint64_t)vq_peek32(of, desc + 4u) << 32;
	uint32_t least = of->device_writes ? (of->first_len != 0 ? of->first_len : 56u) : 16u;
	bool inside = addr >= VQ_ADDRESS && addr <= VQ_ADDRESS + VQ_SIZE;

	expect.len = vq_peek32(of, desc + 8u);
	expect.at = (uint32_t)(addr - VQ_ADDRESS);
	if (of->state[expect.id] != ENTRY_THEIRS)
		expect.fault = WEFT_CHECK_RING_TWICE;
	else if (vq_peek16(of, desc + 12u) != (of->device_writes ? 2u : 0u))
		expect.fault = WEFT_CHECK_DESC_FLAGS;
	else if (expect.len < least)
		expect.fault = WEFT_CHECK_DESC_LEN;
	else if (!inside || addr + expect.len > VQ_ADDRESS + VQ_SIZE)
		expect.fault = WEFT_CHECK_DESC_RANGE;
	else if (addr % 4u != 0)
		expect.fault = WEFT_CHECK_DESC_ALIGN;
	return expect;
}

static uint64_t address(struct fuzz *in)
{
	switch (fuzz_below(in, 5)) {
	case 0:
		return (uint64_t)VQ_ADDRESS + 4u * fuzz_u8(in);
	case 1:
		return (uint64_t)VQ_ADDRESS + (uint64_t)(int64_t)fuzz_delta(in);
	case 2:
		return (uint64_t)VQ_ADDRESS + VQ_SIZE + (uint64_t)(int64_t)fuzz_delta(in);
	case 3:
		return (uint64_t)(int64_t)fuzz_delta(in);
	default:
		return fuzz_u32(in) | (uint64_t)fuzz_u32(in) << 32;
	}
}

static void write_desc(struct fuzz *in)
{
	uint32_t desc = fuzz_below(in, VQ_NUM) * 16u;
	uint64_t addr;

	switch (fuzz_below(in, 4)) {
	case 0:
		addr = address(in);
		vq_poke(&vq, desc, &addr, sizeof addr);
		break;
	case 1:
		vq_poke32(&vq, desc + 8u, FUZZ_PICK(in, 0, 15, 16, 55, 56, 63, 64, 65, VQ_SIZE, 0xffffffffu));
		break;
	case 2:
		vq_poke16(&vq, desc + 12u, (uint16_t)FUZZ_PICK(in, 0, 1, 2, 3, 4, 6, 0x8002u));
		break;
	default:
		vq_poke16(&vq, desc + 14u, fuzz_u16(in));
		break;
	}
}

static void offer(struct fuzz *in)
{
	uint16_t idx = vq_peek16(&vq, VQ_AVAIL + 2u);
	uint16_t id = (uint16_t)fuzz_below(in, VQ_NUM);
	struct vring_desc desc = { VQ_ADDRESS + VQ_BUFFERS + id * VQ_BUF_SIZE, VQ_BUF_SIZE,
		                   vq.device_writes ? VRING_DESC_F_WRITE : 0, 0 };

	vq_poke(&vq, id * 16u, &desc, sizeof desc);
	vq_poke16(&vq, VQ_AVAIL + 4u + 2u * (idx % VQ_NUM), id);
	vq_poke16(&vq, VQ_AVAIL + 2u, (uint16_t)(idx + 1u));
}

static void drive(struct fuzz *in)
{
	uint32_t idx = VQ_AVAIL + 2u;

	switch (fuzz_below(in, 7)) {
	case 0:
		vq_poke16(&vq, idx, fuzz_u16(in));
		break;
	case 1:
		vq_poke16(&vq, idx, (uint16_t)(vq_peek16(&vq, idx) + (uint16_t)fuzz_delta(in)));
		break;
	case 2:
		vq_poke16(&vq, VQ_AVAIL + 4u + 2u * fuzz_below(in, VQ_NUM),
		          (uint16_t)FUZZ_PICK(in, 0, 1, 7, 8, 9, 0x7fff, 0x8000, 0xffff));
		break;
	case 3:
		vq_poke16(&vq, VQ_AVAIL, fuzz_u16(in)); /* flags */
		break;
	case 4:
		write_desc(in);
		break;
	default:
		offer(in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };
	bool device_writes = fuzz_below(&in, 2) == 0;

	vq.expect = worth;
	vq_reset(&vq, &virtqueue_device, device_writes);
	while (fuzz_more(&in)) {
		uint8_t what = fuzz_u8(&in);

		if (what == 0xff)
			vq_reset(&vq, &virtqueue_device, device_writes);
		else if (what < 0x80)
			drive(&in);
		else
			vq_step(&vq, &in);
		/* The room of the first tells what all have: at least that. */
		if (vq.first_len == 0)
			vq.first_len = vq.queue.buf_size;
		else
			fuzz_assert(vq.queue.buf_size == vq.first_len);
	}
	return 0;
}
