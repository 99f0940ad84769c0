/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/buf.h"

/* The linker sends malloc and realloc here (meson.build): the Nth from now fails, none while it is
 * negative. */
static int allocations_left = -1;

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static int allocation_fails(void)
{
	if (allocations_left < 0)
		return 0;
	return allocations_left-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(old, size);
}

static int teardown(void **state)
{
	allocations_left = -1;
	return 0;
}

static void a_buffer_grows_and_stays_terminated(void **state)
{
	struct buf buf = {0};

	for (int i = 0; i < 10000; i++) {
		buf_append(&buf, "abc", 3);
		assert_int_equal(buf.size, 3 * (i + 1));
		assert_int_equal(buf.data[buf.size], 0);
	}
	assert_memory_equal(buf.data + 29997, "abc", 4);
	buf_fini(&buf);
	assert_null(buf.data);
	buf_fini(&buf);
}

static void nothing_appended_is_an_empty_text(void **state)
{
	struct buf buf = {0};

	buf_append(&buf, NULL, 0);
	buf_text(&buf, "");
	assert_int_equal(buf.size, 0);
	assert_string_equal(buf.data, "");
	buf_consume(&buf, 0);
	buf_fini(&buf);
}

static void printing_at_every_distance_from_the_capacity_works(void **state)
{
	for (size_t before = 0; before < 300; before++) {
		struct buf buf = {0};

		for (size_t i = 0; i < before; i++)
			buf_text(&buf, "x");
		buf_printf(&buf, "%s-%d", "number", 42);
		assert_int_equal(buf.size, before + 9);
		assert_string_equal(buf.data + before, "number-42");
		buf_fini(&buf);
	}
}

static void reserved_room_is_counted_by_grow(void **state)
{
	struct buf buf = {0};

	buf_text(&buf, "ab");
	memcpy(buf_reserve(&buf, 1000), "cdef", 4);
	buf_grow(&buf, 4);
	assert_string_equal(buf.data, "abcdef");
	buf_fini(&buf);
}

static void consuming_drops_the_front(void **state)
{
	struct buf buf = {0};

	buf_text(&buf, "0123456789");
	buf_consume(&buf, 4);
	assert_string_equal(buf.data, "456789");
	buf_consume(&buf, 6);
	assert_string_equal(buf.data, "");
	buf_text(&buf, "again");
	assert_string_equal(buf.data, "again");
	buf_fini(&buf);
}

static void a_failed_buffer_ignores_the_rest_until_cleared(void **state)
{
	struct buf buf = {0};
	char big[200];

	memset(big, 'x', sizeof(big));
	buf_text(&buf, "kept");
	allocations_left = 0;
	buf_append(&buf, big, sizeof(big));
	assert_true(buf.failed);
	buf_text(&buf, "!");
	buf_printf(&buf, "!");
	assert_null(buf_reserve(&buf, 1));
	assert_string_equal(buf.data, "kept");
	buf_clear(&buf);
	assert_false(buf.failed);
	buf_append(&buf, big, sizeof(big));
	assert_int_equal(buf.size, 200);
	buf_fini(&buf);
}

static void an_absurd_size_fails_the_buffer(void **state)
{
	struct buf buf = {0};

	assert_null(buf_reserve(&buf, SIZE_MAX));
	assert_true(buf.failed);
	buf_clear(&buf);
	assert_null(buf_reserve(&buf, SIZE_MAX / 2));
	assert_true(buf.failed);
	buf_fini(&buf);
}

static void arena_memory_is_zero_aligned_and_apart(void **state)
{
	struct arena arena = {0};
	uint8_t *last = NULL;

	for (size_t size = 0; size < 9000; size += 37) {
		uint8_t *bytes = arena_alloc(&arena, size);

		assert_non_null(bytes);
		assert_int_equal((uintptr_t)bytes % 16, 0);
		assert_ptr_not_equal(bytes, last);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(bytes[i], 0);
		memset(bytes, 0xff, size);
		last = bytes;
	}
	arena_fini(&arena);
	arena_fini(&arena);
}

static void arena_text_is_a_terminated_copy(void **state)
{
	struct arena arena = {0};

	assert_string_equal(arena_text(&arena, "hello world", 5), "hello");
	assert_string_equal(arena_text(&arena, NULL, 0), "");
	arena_fini(&arena);
}

static void memory_after_a_reset_is_zero_again(void **state)
{
	struct arena arena = {0};

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++) {
			uint8_t *bytes = arena_alloc(&arena, 700);

			for (int at = 0; at < 700; at++)
				assert_int_equal(bytes[at], 0);
			memset(bytes, 0xff, 700);
		}
		arena_reset(&arena);
	}
	arena_fini(&arena);
}

static void a_reset_arena_serves_small_messages_without_malloc(void **state)
{
	struct arena arena = {0};

	arena_alloc(&arena, 1000);
	arena_alloc(&arena, 1 << 20);
	arena_reset(&arena);
	allocations_left = 0;
	assert_non_null(arena_alloc(&arena, 1000));
	allocations_left = -1;
	arena_fini(&arena);
}

static void a_huge_message_does_not_pin_its_memory(void **state)
{
	struct arena arena = {0};

	arena_alloc(&arena, 1 << 20);
	arena_reset(&arena);
	allocations_left = 0;
	assert_null(arena_alloc(&arena, 1 << 20));
	allocations_left = -1;
	arena_fini(&arena);
}

static void arena_failures_are_null_and_leave_it_usable(void **state)
{
	struct arena arena = {0};

	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 8));
	assert_null(arena_text(&arena, "x", SIZE_MAX));
	allocations_left = 0;
	assert_null(arena_alloc(&arena, 8));
	allocations_left = -1;
	assert_non_null(arena_alloc(&arena, 8));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(a_buffer_grows_and_stays_terminated, teardown),
	        cmocka_unit_test_teardown(nothing_appended_is_an_empty_text, teardown),
	        cmocka_unit_test_teardown(
	                printing_at_every_distance_from_the_capacity_works, teardown),
	        cmocka_unit_test_teardown(reserved_room_is_counted_by_grow, teardown),
	        cmocka_unit_test_teardown(consuming_drops_the_front, teardown),
	        cmocka_unit_test_teardown(a_failed_buffer_ignores_the_rest_until_cleared, teardown),
	        cmocka_unit_test_teardown(an_absurd_size_fails_the_buffer, teardown),
	        cmocka_unit_test_teardown(arena_memory_is_zero_aligned_and_apart, teardown),
	        cmocka_unit_test_teardown(arena_text_is_a_terminated_copy, teardown),
	        cmocka_unit_test_teardown(memory_after_a_reset_is_zero_again, teardown),
	        cmocka_unit_test_teardown(
	                a_reset_arena_serves_small_messages_without_malloc, teardown),
	        cmocka_unit_test_teardown(a_huge_message_does_not_pin_its_memory, teardown),
	        cmocka_unit_test_teardown(arena_failures_are_null_and_leave_it_usable, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
