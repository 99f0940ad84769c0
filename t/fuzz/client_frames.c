/* SPDX-License-Identifier: MIT */
/*
 * Frames out of a body in slices (client/frames.h). The first byte says how long a slice is.
 * Slicing must not matter: the same frames come, or the same refusal, as from one piece; and no
 * byte that fails its checksum.
 */
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/crc32c.h"
#include "client/frames.h"
#include "fuzz.h"

struct seen {
	struct buf payload;
	size_t frames;
};

static void must(bool good)
{
	if (!good)
		abort();
}

static int see(void *arg, const struct frame *frame, const uint8_t *bytes, struct dfs_error *err)
{
	struct seen *seen = arg;

	must(frame->size_bytes >= 1 && frame->size_bytes <= SPAN_SIZE_MAX);
	must(crc32c(0, bytes, frame->size_bytes) == frame->crc);
	buf_append(&seen->payload, bytes, frame->size_bytes);
	seen->frames++;
	return 0;
}

static int feed(
        const uint8_t *bytes, size_t size, size_t slice, struct seen *seen, bool *ret_boundary)
{
	struct frames frames = {0};
	struct dfs_error err = {0};
	int code = 0;

	for (size_t at = 0; at < size && code == 0; at += slice)
		code = frames_feed(&frames, bytes + at, size - at < slice ? size - at : slice, see,
		        seen, &err);
	must(code == 0 || (code == err.code && err.text[0]));
	*ret_boundary = frames_at_boundary(&frames);
	frames_fini(&frames);
	return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct seen whole = {0}, sliced = {0};
	bool whole_boundary, sliced_boundary;
	int code;

	if (size == 0)
		return 0;
	code = feed(bytes + 1, size - 1, size, &whole, &whole_boundary);
	must(feed(bytes + 1, size - 1, bytes[0] + 1u, &sliced, &sliced_boundary) == code);
	must(whole.frames == sliced.frames && whole.payload.size == sliced.payload.size);
	must(whole.payload.size == 0 ||
	        memcmp(whole.payload.data, sliced.payload.data, whole.payload.size) == 0);
	must(code != 0 || whole_boundary == sliced_boundary);
	buf_fini(&whole.payload);
	buf_fini(&sliced.payload);
	return 0;
}
