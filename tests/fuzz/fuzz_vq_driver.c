/* SPDX-License-Identifier: Apache-2.0 */
/* A driver's virtqueue, and a device that writes whatever it likes: into the used ring, and over what is the driver's,
 * which the driver must never read back. */
#include "fuzz/vq.h"
#include "virtio/queue.h"

static struct vq vq;

static struct vq_expect worth(const struct vq *of, uint16_t slot)
{
	uint32_t id = vq_peek32(of, VQ_USED + 4u + 8u * slot);
	uint32_t len = vq_peek32(of, VQ_USED + 8u + 8u * slot);
	struct vq_expect expect = { .id = (uint16_t)id, .len = of->device_writes ? len : VQ_BUF_SIZE };

	if (id >= VQ_NUM) {
		expect.fault = WEFT_CHECK_RING_ID;
		return expect;
	}
	expect.at = VQ_BUFFERS + id * VQ_BUF_SIZE; /* as laid, whatever the descriptor says by now */
	if (of->state[id] != ENTRY_THEIRS)
		expect.fault = WEFT_CHECK_RING_TWICE;
	else if (of->device_writes && (len < 16u || len > VQ_BUF_SIZE))
		expect.fault = WEFT_CHECK_USED_LEN;
	return expect;
}

static void give_back(struct fuzz *in)
{
	uint16_t idx = vq_peek16(&vq, VQ_USED + 2u);
	uint32_t entry = VQ_USED + 4u + 8u * (idx % VQ_NUM);

	vq_poke32(&vq, entry, fuzz_below(in, VQ_NUM));
	vq_poke32(&vq, entry + 4u, VQ_BUF_SIZE);
	vq_poke16(&vq, VQ_USED + 2u, (uint16_t)(idx + 1u));
}

static void write_entry(struct fuzz *in)
{
	uint32_t entry = VQ_USED + 4u + 8u * fuzz_below(in, VQ_NUM);

	if (fuzz_below(in, 2) == 0)
		vq_poke32(&vq, entry, FUZZ_PICK(in, 0, 1, 7, 8, 60000, 0x10000, 0x10007, 0xffffffffu));
	else
		vq_poke32(&vq, entry + 4u, FUZZ_PICK(in, 0, 1, 15, 16, 63, 64, 65, 0xffff, 0xffffffffu));
}

static void serve(struct fuzz *in)
{
	uint32_t idx = VQ_USED + 2u;

	switch (fuzz_below(in, 7)) {
	case 0:
		vq_poke16(&vq, idx, fuzz_u16(in));
		break;
	case 1:
		vq_poke16(&vq, idx, (uint16_t)(vq_peek16(&vq, idx) + (uint16_t)fuzz_delta(in)));
		break;
	case 2:
		vq_poke16(&vq, VQ_USED, fuzz_u16(in)); /* flags */
		break;
	case 3:
		write_entry(in);
		break;
	case 4: /* descriptors and available ring: not its own */
		vq_poke16(&vq, 2u * (fuzz_u16(in) % (VQ_USED / 2u)), fuzz_u16(in));
		break;
	default:
		give_back(in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz in = { data, data + size };
	bool device_writes = fuzz_below(&in, 2) == 0;

	vq.expect = worth;
	vq_reset(&vq, &virtqueue_driver, device_writes);
	while (fuzz_more(&in)) {
		uint8_t what = fuzz_u8(&in);

		if (what == 0xff)
			vq_reset(&vq, &virtqueue_driver, device_writes);
		else if (what < 0x80)
			serve(&in);
		else
			vq_step(&vq, &in);
	}
	return 0;
}
