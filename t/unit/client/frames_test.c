/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "base/buf.h"
#include "base/crc32c.h"
#include "client/frames.h"

struct seen {
	struct buf payload;
	size_t frames;
	uint64_t last_sequence;
	int answer; /* of `each` */
};

static int see(void *arg, const struct frame *frame, const uint8_t *bytes, struct dfs_error *err)
{
	struct seen *seen = arg;

	seen->frames++;
	seen->last_sequence = frame->sequence;
	buf_append(&seen->payload, bytes, frame->size_bytes);
	return seen->answer;
}

static void frame_add(struct buf *body, const uint8_t *bytes, uint32_t size, uint64_t sequence)
{
	struct frame frame = {.size_bytes = size,
	        .crc = crc32c(0, bytes, size),
	        .sequence = sequence,
	        .flags = FRAME_RECORD_END};
	uint8_t header[FRAME_HEADER_SIZE];

	frame_encode(&frame, header);
	buf_append(body, header, sizeof(header));
	buf_append(body, bytes, size);
}

static void make(struct buf *payload, struct buf *body, const uint32_t *sizes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *bytes = malloc(sizes[i]);

		for (uint32_t j = 0; j < sizes[i]; j++)
			bytes[j] = (uint8_t)rand();
		buf_append(payload, bytes, sizes[i]);
		frame_add(body, bytes, sizes[i], i + 1);
		free(bytes);
	}
}

static void frames_survive_any_slicing(void **state)
{
	unsigned seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)time(NULL);
	const uint32_t sizes[] = {65536, 1, 65535, 2, 40000, 65536, 65536, 7};
	struct buf payload = {0}, body = {0};

	print_message("# seed %u\n", seed);
	srand(seed);
	make(&payload, &body, sizes, 8);
	for (int round = 0; round < 200; round++) {
		struct frames frames = {0};
		struct seen seen = {0};
		size_t most = round < 3 ? (size_t)round + 1 : (size_t)(rand() % 200000) + 1;

		for (size_t at = 0; at < body.size;) {
			size_t size = round < 3 ? most : (size_t)rand() % most + 1;

			if (size > body.size - at)
				size = body.size - at;
			assert_int_equal(
			        frames_feed(&frames, body.data + at, size, see, &seen, NULL), 0);
			at += size;
		}
		assert_true(frames_at_boundary(&frames));
		assert_int_equal(seen.frames, 8);
		assert_int_equal(seen.last_sequence, 8);
		assert_int_equal(seen.payload.size, payload.size);
		assert_memory_equal(seen.payload.data, payload.data, payload.size);
		buf_fini(&seen.payload);
		frames_fini(&frames);
	}
	buf_fini(&payload);
	buf_fini(&body);
}

static void no_byte_of_a_corrupt_frame_is_given(void **state)
{
	const uint32_t sizes[] = {100, 100};
	struct buf payload = {0}, body = {0};

	make(&payload, &body, sizes, 2);
	/* Every byte of the second frame's payload and checksum, in slices of two kinds. */
	for (size_t at = 128 + 4; at < body.size; at++) {
		struct frames frames = {0};
		struct seen seen = {0};
		struct dfs_error err = {0};
		int code = 0;

		if (at >= 128 + 8 && at < 128 + 28)
			continue; /* writer, sequence and flags are no part of the checksum */
		body.data[at] ^= 0x10;
		for (size_t i = 0; i < body.size && code == 0; i += 50)
			code = frames_feed(&frames, body.data + i,
			        body.size - i < 50 ? body.size - i : 50, see, &seen, &err);
		assert_int_equal(code, DFS_E_CORRUPT);
		assert_true(err.text[0]);
		assert_int_equal(seen.payload.size, 100);
		body.data[at] ^= 0x10;
		buf_fini(&seen.payload);
		frames_fini(&frames);
	}
	buf_fini(&payload);
	buf_fini(&body);
}

static void bytes_that_are_no_frames_are_refused(void **state)
{
	static const char *const bad[] = {"hello, this is plain text, no frame at all",
	        "\0\0\0\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	        "\1\0\1\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};

	for (size_t i = 0; i < 3; i++) {
		struct frames frames = {0};
		struct seen seen = {0};

		assert_int_equal(frames_feed(&frames, bad[i], 30, see, &seen, NULL), DFS_E_PROTO);
		assert_int_equal(seen.frames, 0);
		frames_fini(&frames);
	}
}

static void a_cut_body_is_not_at_a_boundary(void **state)
{
	const uint32_t sizes[] = {100};
	struct buf payload = {0}, body = {0};

	make(&payload, &body, sizes, 1);
	for (size_t cut = 1; cut < body.size; cut++) {
		struct frames frames = {0};
		struct seen seen = {0};

		assert_int_equal(frames_feed(&frames, body.data, cut, see, &seen, NULL), 0);
		assert_false(frames_at_boundary(&frames));
		frames_reset(&frames);
		assert_true(frames_at_boundary(&frames));
		assert_int_equal(frames_feed(&frames, body.data, body.size, see, &seen, NULL), 0);
		assert_int_equal(seen.frames, 1);
		buf_fini(&seen.payload);
		frames_fini(&frames);
	}
	buf_fini(&payload);
	buf_fini(&body);
}

static void the_reader_may_stop_the_feeding(void **state)
{
	const uint32_t sizes[] = {10, 10};
	struct buf payload = {0}, body = {0};
	struct frames frames = {0};
	struct seen seen = {.answer = DFS_E_IO};

	make(&payload, &body, sizes, 2);
	assert_int_equal(frames_feed(&frames, body.data, body.size, see, &seen, NULL), DFS_E_IO);
	assert_int_equal(seen.frames, 1);
	buf_fini(&seen.payload);
	frames_fini(&frames);
	buf_fini(&payload);
	buf_fini(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(frames_survive_any_slicing),
	        cmocka_unit_test(no_byte_of_a_corrupt_frame_is_given),
	        cmocka_unit_test(bytes_that_are_no_frames_are_refused),
	        cmocka_unit_test(a_cut_body_is_not_at_a_boundary),
	        cmocka_unit_test(the_reader_may_stop_the_feeding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
