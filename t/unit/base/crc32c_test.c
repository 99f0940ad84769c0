/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/crc32c.h"

/* The definition, bit by bit. */
static uint32_t slow(uint32_t crc, const uint8_t *bytes, size_t size)
{
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static void the_check_value_of_the_rfc_comes_out(void **state)
{
	uint8_t zeros[32] = {0}, ones[32];

	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, zeros, sizeof(zeros)), 0x8a9136aa);
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(crc32c(0, ones, sizeof(ones)), 0x62a8ab43);
	assert_int_equal(crc32c(0, "", 0), 0);
	assert_int_equal(crc32c(0x1234, "", 0), 0x1234);
}

static void every_size_and_alignment_equals_the_definition(void **state)
{
	uint8_t bytes[600];

	fill(bytes, sizeof(bytes), 7);
	for (size_t size = 0; size < 560; size++)
		assert_int_equal(
		        crc32c(0, bytes + size % 17, size), slow(0, bytes + size % 17, size));
}

static void pieces_continue_one_another(void **state)
{
	uint8_t bytes[300];

	fill(bytes, sizeof(bytes), 9);
	for (size_t cut = 0; cut <= sizeof(bytes); cut++)
		assert_int_equal(crc32c(crc32c(0, bytes, cut), bytes + cut, sizeof(bytes) - cut),
		        crc32c(0, bytes, sizeof(bytes)));
}

static void combined_halves_equal_the_whole(void **state)
{
	size_t size = 70000;
	uint8_t *bytes = malloc(size);
	uint32_t whole;

	fill(bytes, size, 11);
	whole = crc32c(0, bytes, size);
	for (size_t cut = 0; cut <= size; cut += cut < 40 ? 1 : 997)
		assert_int_equal(crc32c_combine(crc32c(0, bytes, cut),
		                         crc32c(0, bytes + cut, size - cut), size - cut),
		        whole);
	free(bytes);
}

static void combining_an_empty_part_changes_nothing(void **state)
{
	assert_int_equal(crc32c_combine(0xdeadbeef, 0, 0), 0xdeadbeef);
	assert_int_equal(crc32c_combine(0, 0xdeadbeef, 1000), 0xdeadbeef);
}

static void combining_is_associative_for_huge_lengths(void **state)
{
	uint32_t a = 0x01234567, b = 0x89abcdef, c = 0x5a5a1234;
	uint64_t b_size = UINT64_C(1) << 40, c_size = (UINT64_C(1) << 50) + 12345;

	assert_int_equal(crc32c_combine(crc32c_combine(a, b, b_size), c, c_size),
	        crc32c_combine(a, crc32c_combine(b, c, c_size), b_size + c_size));
}

static void twice_as_many_bytes_shift_twice(void **state)
{
	for (unsigned bit = 1; bit < 62; bit++) {
		uint64_t half = UINT64_C(1) << (bit - 1);
		uint32_t once = crc32c_combine(0xdeadbeef, 0, half);

		assert_int_equal(
		        crc32c_combine(0xdeadbeef, 0, 2 * half), crc32c_combine(once, 0, half));
		assert_int_not_equal(once, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_check_value_of_the_rfc_comes_out),
	        cmocka_unit_test(every_size_and_alignment_equals_the_definition),
	        cmocka_unit_test(pieces_continue_one_another),
	        cmocka_unit_test(combined_halves_equal_the_whole),
	        cmocka_unit_test(twice_as_many_bytes_shift_twice),
	        cmocka_unit_test(combining_an_empty_part_changes_nothing),
	        cmocka_unit_test(combining_is_associative_for_huge_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
