/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/frame.h"

#include <dfs/error.h>

static void a_frame_is_laid_out_in_little_endian(void **state)
{
	const struct frame frame = {
	        0x10000, 0xa1b2c3d4, 0x1122334455667788, 0x99aabbccddeeff00, FRAME_RECORD_END};
	const uint8_t wanted[FRAME_HEADER_SIZE] = {0x00, 0x00, 0x01, 0x00, 0xd4, 0xc3, 0xb2, 0xa1,
	        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00, 0xff, 0xee, 0xdd, 0xcc, 0xbb,
	        0xaa, 0x99, 0x01, 0, 0, 0};
	uint8_t bytes[FRAME_HEADER_SIZE];
	struct frame back;

	frame_encode(&frame, bytes);
	assert_memory_equal(bytes, wanted, FRAME_HEADER_SIZE);
	assert_int_equal(frame_decode(bytes, &back), 0);
	assert_int_equal(back.size_bytes, frame.size_bytes);
	assert_int_equal(back.crc, frame.crc);
	assert_true(back.writer == frame.writer && back.sequence == frame.sequence);
	assert_int_equal(back.flags, frame.flags);
}

static int decode(uint32_t size, uint32_t flags)
{
	uint8_t bytes[FRAME_HEADER_SIZE] = {0};
	struct frame frame = {.writer = 77};
	int rc;

	memcpy(bytes, &size, 4);
	memcpy(bytes + 24, &flags, 4);
	rc = frame_decode(bytes, &frame);
	if (rc != 0)
		assert_int_equal(frame.writer, 77);
	return rc;
}

static void sizes_outside_a_span_are_refused(void **state)
{
	assert_int_equal(decode(0, 0), DFS_E_PROTO);
	assert_int_equal(decode(1, 0), 0);
	assert_int_equal(decode(SPAN_SIZE_MAX, 1), 0);
	assert_int_equal(decode(SPAN_SIZE_MAX + 1, 0), DFS_E_PROTO);
	assert_int_equal(decode(UINT32_MAX, 0), DFS_E_PROTO);
	assert_int_equal(decode(0x80000001, 0), DFS_E_PROTO);
}

static void unknown_flags_are_refused(void **state)
{
	for (int bit = 1; bit < 32; bit++)
		assert_int_equal(decode(10, UINT32_C(1) << bit), DFS_E_PROTO);
	assert_int_equal(decode(10, 3), DFS_E_PROTO);
}

static void a_body_counts_a_header_for_each_begun_span(void **state)
{
	assert_int_equal(frame_body_size(0), 0);
	assert_int_equal(frame_body_size(1), 29);
	assert_int_equal(frame_body_size(65536), 65536 + 28);
	assert_int_equal(frame_body_size(65537), 65537 + 56);
	assert_int_equal(frame_body_size(1 << 30), (1 << 30) + 16384 * 28);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_frame_is_laid_out_in_little_endian),
	        cmocka_unit_test(sizes_outside_a_span_are_refused),
	        cmocka_unit_test(unknown_flags_are_refused),
	        cmocka_unit_test(a_body_counts_a_header_for_each_begun_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
