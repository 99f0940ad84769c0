/* SPDX-License-Identifier: MIT */
/* Reading frames out of slices. Writing them: put_body.c. */
#include "client/frames.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"

static int header_feed(
        struct frames *frames, const uint8_t **at, const uint8_t *end, struct dfs_error *err);
static int frame_give(struct frames *frames, const uint8_t *bytes, frames_each *each, void *arg,
        struct dfs_error *err);
static int frame_keep(
        struct frames *frames, const uint8_t **at, const uint8_t *end, struct dfs_error *err);

int frames_feed(struct frames *frames, const void *bytes, size_t size, frames_each *each, void *arg,
        struct dfs_error *err)
{
	const uint8_t *at = bytes;
	const uint8_t *end = at + size;
	int code = 0;

	while (at < end && code == 0) {
		if (frames->header_got < FRAME_HEADER_SIZE) {
			code = header_feed(frames, &at, end, err);
			continue;
		}
		if (frames->got == 0 && (size_t)(end - at) >= frames->frame.size_bytes) {
			const uint8_t *whole = at;

			at += frames->frame.size_bytes;
			code = frame_give(frames, whole, each, arg, err);
			continue;
		}
		code = frame_keep(frames, &at, end, err);
		if (code == 0 && frames->got == frames->frame.size_bytes)
			code = frame_give(frames, frames->bytes, each, arg, err);
	}
	return code;
}

bool frames_at_boundary(const struct frames *frames)
{
	return frames->header_got == 0;
}

void frames_reset(struct frames *frames)
{
	frames->header_got = 0;
	frames->got = 0;
}

void frames_fini(struct frames *frames)
{
	free(frames->bytes);
	*frames = (struct frames){0};
}

static int header_feed(
        struct frames *frames, const uint8_t **at, const uint8_t *end, struct dfs_error *err)
{
	size_t want = FRAME_HEADER_SIZE - frames->header_got;
	size_t size = (size_t)(end - *at) < want ? (size_t)(end - *at) : want;

	memcpy(frames->header + frames->header_got, *at, size);
	frames->header_got += size;
	*at += size;
	if (frames->header_got < FRAME_HEADER_SIZE)
		return 0;
	frames->got = 0;
	if (frame_decode(frames->header, &frames->frame) != 0)
		return error_set(err, DFS_E_PROTO, "the body is not made of frames");
	return 0;
}

static int frame_give(struct frames *frames, const uint8_t *bytes, frames_each *each, void *arg,
        struct dfs_error *err)
{
	struct frame frame = frames->frame;

	if (crc32c(0, bytes, frame.size_bytes) != frame.crc)
		return error_set(err, DFS_E_CORRUPT, "bytes fail their checksum on arrival");
	frames_reset(frames);
	return each(arg, &frame, bytes, err);
}

static int frame_keep(
        struct frames *frames, const uint8_t **at, const uint8_t *end, struct dfs_error *err)
{
	size_t want = frames->frame.size_bytes - frames->got;
	size_t size = (size_t)(end - *at) < want ? (size_t)(end - *at) : want;

	assert(size > 0);
	if (!frames->bytes)
		frames->bytes = malloc(SPAN_SIZE_MAX);
	if (!frames->bytes)
		return error_set(err, DFS_E_NOMEM, "out of memory for a frame");
	memcpy(frames->bytes + frames->got, *at, size);
	frames->got += size;
	*at += size;
	return 0;
}
