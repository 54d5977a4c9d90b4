/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/frame.h"

#include "rpc/checks.h"

uint8_t *weft_frame_borrow(struct rpmsg_endpoint *ept, uint32_t len)
{
	struct rpmsg_device *rdev = ept->rdev;
	uint32_t room = 0;

	rpmsg_tx_begin(rdev);
	uint8_t *frame = (uint8_t *)rpmsg_try_tx_buffer(ept, &room);
	if (frame != NULL && room >= len)
		return frame;
	if (frame != NULL) /* a driver may have laid smaller buffers than that */
		rpmsg_release_tx_buffer(ept, frame);
	rpmsg_tx_end(rdev);
	return NULL;
}

bool weft_frame_send(struct rpmsg_endpoint *ept, uint32_t dst, uint8_t *frame, uint32_t len)
{
	struct rpmsg_device *rdev = ept->rdev;
	bool sent = rpmsg_sendto_nocopy(ept, frame, (int)len, dst) >= 0;

	if (!sent)
		rpmsg_release_tx_buffer(ept, frame);
	rpmsg_tx_end(rdev);
	return sent;
}

bool weft_header_send(struct rpmsg_endpoint *ept, uint32_t dst, const struct weft_call_header *header)
{
	uint8_t *frame = weft_frame_borrow(ept, sizeof *header);

	if (frame == NULL)
		return false;
	frame_begin(frame, *header);
	return weft_frame_send(ept, dst, frame, sizeof *header);
}

void weft_hello_write(uint8_t *body, const struct weft_service *service, uint32_t frame_size, uint32_t epoch)
{
	struct weft_hello hello = {
		.version = WEFT_PROTOCOL_VERSION,
		.major = service->major,
		.frame_size = frame_size,
		.fingerprint_low = (uint32_t)service->fingerprint,
		.fingerprint_high = (uint32_t)(service->fingerprint >> 32),
		.epoch = epoch,
	};

	memcpy(body, &hello, sizeof hello);
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
