/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/frame.h"

#include "rpc/checks.h"

bool weft_frame_send(struct rpmsg_endpoint *ept, uint32_t dst, const struct weft_call_header *header,
                     const struct weft_hello *hello)
{
	uint32_t len = WEFT_CALL_HEADER_SIZE + (hello != NULL ? WEFT_HELLO_SIZE : 0u);
	uint32_t room = 0;
	uint8_t *frame = (uint8_t *)rpmsg_try_tx_buffer(ept, &room);

	if (frame == NULL)
		return false;
	if (room >= len) { /* a driver may have laid smaller buffers than that */
		frame_begin(frame, header);
		if (hello != NULL)
			memcpy(frame + WEFT_CALL_HEADER_SIZE, hello, sizeof *hello);
		if (rpmsg_sendto_nocopy(ept, frame, (int)len, dst) >= 0)
			return true;
	}
	rpmsg_release_tx_buffer(ept, frame);
	return false;
}

struct weft_hello weft_hello_of(const struct weft_service *service, uint32_t frame_size, uint32_t epoch)
{
	return (struct weft_hello){
		.version = WEFT_PROTOCOL_VERSION,
		.major = service->major,
		.frame_size = frame_size,
		.fingerprint_low = (uint32_t)service->fingerprint,
		.fingerprint_high = (uint32_t)(service->fingerprint >> 32),
		.epoch = epoch,
	};
}

weft_status weft_hello_fault(const struct weft_hello *hello, const struct weft_service *service)
{
	bool agreed = check_hello_version(hello->version, WEFT_PROTOCOL_VERSION) &&
	              check_hello_major(hello->major, service->major) &&
	              check_hello_frame(hello->frame_size, service->frame_max);

	return agreed ? WEFT_OK : WEFT_FAILED_PRECONDITION;
}

uint32_t weft_link_life(struct rpmsg_device *rdev)
{
	uintptr_t key = rpmsg_lock(rdev);
	uint32_t life = rpmsg_link_counters(rdev)->ups;

	rpmsg_unlock(rdev, key);
	return life;
}

bool weft_link_lives(struct rpmsg_device *rdev, uint32_t life)
{
	return rpmsg_mtu(rdev) != 0 && weft_link_life(rdev) == life;
}

bool weft_message_decode(const struct weft_message *type, void *message, const uint8_t *data, uint32_t len)
{
	return type->decode(type, message, data, len) &&
	       check_body_limit(type->check == NULL || type->check(message, data, len));
}

bool weft_message_encode(const struct weft_message *type, const void *message, uint8_t *out, uint32_t capacity,
                         uint32_t *len)
{
	return check_body_limit(type->check == NULL || type->check(message, NULL, 0)) &&
	       type->encode(type, message, out, capacity, len);
}
