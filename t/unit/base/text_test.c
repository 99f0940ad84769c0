/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/text.h"

static void size_is(const char *text, uint64_t wanted)
{
	uint64_t size = 42;

	assert_int_equal(text_parse_size(text, &size, NULL), 0);
	assert_int_equal(size, wanted);
}

static void size_is_refused(const char *text)
{
	struct dfs_error err = {0};
	uint64_t size = 42;

	assert_int_equal(text_parse_size(text, &size, &err), DFS_E_INVAL);
	assert_int_equal(size, 42);
	assert_non_null(strstr(err.text, "is not a size"));
}

static void sizes_are_read_in_powers_of_1024(void **state)
{
	size_is("0", 0);
	size_is("4096", 4096);
	size_is("17B", 17);
	size_is("64K", 65536);
	size_is("64k", 65536);
	size_is("64KiB", 65536);
	size_is("64MB", UINT64_C(64) << 20);
	size_is("1.5G", UINT64_C(1536) << 20);
	size_is("0.5K", 512);
	size_is("2T", UINT64_C(2) << 40);
	size_is("18446744073709551615", UINT64_MAX);
	size_is("16777215T", UINT64_C(16777215) << 40);
}

static void malformed_sizes_are_refused(void **state)
{
	const char *bad[] = {"", " 1", "1 ", "-1", "+1", "K", "1X", "1KX", "1Ki", "1.K", ".5K",
	        "1.5", "1.5B", "1BB", "0x10", "1e3", "18446744073709551616", "16777216T", "1\x01K",
	        "64 K", "1i"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		size_is_refused(bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sizes_are_read_in_powers_of_1024),
	        cmocka_unit_test(malformed_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
