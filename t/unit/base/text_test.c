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

static void ages_have_a_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"0", 0}, {"0d", 0}, {"250ms", 250}, {"90s", 90000}, {"5m", 300000},
	        {"12h", 43200000}, {"3d", 259200000}, {"2w", 1209600000}};
	static const char *const bad[] = {"", "3", "d", "3 d", "3d ", "-3d", "1.5d", "3D", "3days",
	        "3dd", "99999999999999999999d", "18446744073709551615w"};
	struct dfs_error err = {0};
	uint64_t ms = 42;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(text_parse_age(good[i].text, &ms, NULL), 0);
		assert_int_equal(ms, good[i].ms);
	}
	ms = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(text_parse_age(bad[i], &ms, &err), DFS_E_INVAL);
		assert_int_equal(ms, 42);
		assert_non_null(strstr(err.text, "is not a time"));
	}
}

static void sizes_are_shown_with_one_decimal(void **state)
{
	const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {{0, "0 B"}, {17, "17 B"}, {1023, "1023 B"}, {1024, "1.0 KiB"},
	        {1536, "1.5 KiB"}, {UINT64_C(64) << 20, "64.0 MiB"},
	        {(UINT64_C(1) << 20) - 1, "1.0 MiB"}, {(UINT64_C(1) << 30) - 1, "1.0 GiB"},
	        {UINT64_C(3) << 40, "3.0 TiB"}, {UINT64_MAX, "16.0 EiB"}};
	char text[TEXT_SIZE_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_size(rows[i].bytes, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void u64_is_the_whole_text_or_nothing(void **state)
{
	const char *bad[] = {"", " 1", "1 ", "-1", "+1", "0x1", "1a", "18446744073709551616",
	        "99999999999999999999999"};
	struct dfs_error err = {0};
	uint64_t value = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_u64(bad[i], &value, &err), DFS_E_INVAL);
	assert_int_equal(value, 42);
	assert_int_equal(text_parse_u64("0", &value, NULL), 0);
	assert_int_equal(value, 0);
	assert_int_equal(text_parse_u64("18446744073709551615", &value, NULL), 0);
	assert_true(value == UINT64_MAX);
}

static void i64_reaches_both_ends_and_no_further(void **state)
{
	const char *bad[] = {
	        "", "-", "--1", "- 1", "9223372036854775808", "-9223372036854775809", "1-"};
	int64_t value = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_i64(bad[i], &value, NULL), DFS_E_INVAL);
	assert_int_equal(value, 42);
	assert_int_equal(text_parse_i64("9223372036854775807", &value, NULL), 0);
	assert_true(value == INT64_MAX);
	assert_int_equal(text_parse_i64("-9223372036854775808", &value, NULL), 0);
	assert_true(value == INT64_MIN);
}

static void an_id_is_sixteen_lower_case_digits(void **state)
{
	const char *bad[] = {"", "1", "000000000000000", "00000000000000001", "00000000000000AB",
	        "000000000000000g", " 000000000000001", "0x00000000000001", "000000000000000 "};
	char text[TEXT_ID_SIZE];
	uint64_t id = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_id(bad[i], &id, NULL), DFS_E_INVAL);
	assert_int_equal(id, 42);
	text_id(UINT64_C(0x0123456789abcdef), text);
	assert_string_equal(text, "0123456789abcdef");
	assert_int_equal(text_parse_id(text, &id, NULL), 0);
	assert_true(id == UINT64_C(0x0123456789abcdef));
}

static void a_refusal_quotes_a_hostile_text_safely(void **state)
{
	struct dfs_error err = {0};
	uint64_t value;
	char text[2000];

	memset(text, '\x1b', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(text_parse_u64(text, &value, &err), DFS_E_INVAL);
	assert_null(strchr(err.text, '\x1b'));
	assert_non_null(strstr(err.text, "...\" is not"));
}

static void hex_goes_both_ways(void **state)
{
	uint8_t bytes[4] = {0x00, 0xff, 0x1a, 0xb2}, back[4] = {1, 2, 3, 4};
	char hex[9];

	text_hex(bytes, 4, hex);
	assert_string_equal(hex, "00ff1ab2");
	assert_int_equal(text_hex_decode("00FF1ab2", back, 4), 0);
	assert_memory_equal(bytes, back, 4);
	assert_int_equal(text_hex_decode("00ff1ab", back, 4), DFS_E_INVAL);
	assert_int_equal(text_hex_decode("00ff1ab200", back, 4), DFS_E_INVAL);
	assert_int_equal(text_hex_decode("00ff1abg", back, 4), DFS_E_INVAL);
	assert_int_equal(text_hex_decode("", back, 4), DFS_E_INVAL);
	assert_memory_equal(bytes, back, 4);
}

static void only_well_formed_utf8_is_utf8(void **state)
{
	const char *good[] = {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
	        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	const char *bad[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41",
	        "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
	        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "ok\xfe"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
	assert_true(text_is_utf8("a\0b", 3));
}

static void encoded(const char *name, const char *wanted)
{
	struct buf text = {0}, back = {0};

	text_name_encode(name, strlen(name), &text);
	assert_string_equal(text.data, wanted);
	assert_true(text_is_utf8(text.data, text.size));
	assert_int_equal(text_name_decode(text.data, text.size, &back), 0);
	assert_string_equal(back.data, name);
	buf_fini(&text);
	buf_fini(&back);
}

static void names_become_utf8_and_come_back(void **state)
{
	encoded("plain name", "plain name");
	encoded("na\xc3\xafve", "na\xc3\xafve");
	encoded("100%", "100%25");
	encoded("%41", "%2541");
	encoded("\xff\xc3", "%FF%C3");
	encoded("\xed\xa0\x80", "%ED%A0%80");
	encoded("\xe2\x82", "%E2%82");
}

static void every_run_of_bytes_survives_the_round_trip(void **state)
{
	uint32_t random = 12345;

	for (int round = 0; round < 3000; round++) {
		char name[40] = {0};
		struct buf text = {0}, back = {0};

		for (int i = 0; i < 39; i++) {
			random = random * 1664525 + 1013904223;
			name[i] = (char)(1 + (random >> 20) % 255);
		}
		text_name_encode(name, 39, &text);
		assert_true(text_is_utf8(text.data, text.size));
		assert_int_equal(text_name_decode(text.data, text.size, &back), 0);
		assert_string_equal(back.data, name);
		buf_fini(&text);
		buf_fini(&back);
	}
}

static void bad_encodings_are_refused_and_append_nothing(void **state)
{
	const char *bad[] = {"%", "%4", "%g0", "%0g", "%00", "a%", "a%4", "%%41", "% 1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf buf = {0};

		buf_text(&buf, "kept");
		assert_int_equal(text_name_decode(bad[i], strlen(bad[i]), &buf), DFS_E_PROTO);
		assert_string_equal(buf.data, "kept");
		assert_int_equal(buf.size, 4);
		buf_fini(&buf);
	}
	{
		struct buf buf = {0};

		assert_int_equal(text_name_decode("a\0b", 3, &buf), DFS_E_PROTO);
		buf_fini(&buf);
	}
}

static void quoting_leaves_a_terminal_nothing_to_obey(void **state)
{
	const struct {
		const char *name, *text;
	} rows[] = {{"plain \xc3\xaf", "plain \xc3\xaf"}, {"\x1b[31m", "\\x1b[31m"},
	        {"a\nb\x7f", "a\\x0ab\\x7f"}, {"\xff", "\\xff"}, {"\xc2\x9b", "\\xc2\\x9b"},
	        {"a\\x41", "a\\x5cx41"}, {"\xc2\xa0", "\xc2\xa0"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf buf = {0};

		text_quote(rows[i].name, strlen(rows[i].name), &buf);
		assert_string_equal(buf.data, rows[i].text);
		buf_fini(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sizes_are_read_in_powers_of_1024),
	        cmocka_unit_test(malformed_sizes_are_refused),
	        cmocka_unit_test(ages_have_a_unit),
	        cmocka_unit_test(sizes_are_shown_with_one_decimal),
	        cmocka_unit_test(u64_is_the_whole_text_or_nothing),
	        cmocka_unit_test(i64_reaches_both_ends_and_no_further),
	        cmocka_unit_test(an_id_is_sixteen_lower_case_digits),
	        cmocka_unit_test(a_refusal_quotes_a_hostile_text_safely),
	        cmocka_unit_test(hex_goes_both_ways),
	        cmocka_unit_test(only_well_formed_utf8_is_utf8),
	        cmocka_unit_test(names_become_utf8_and_come_back),
	        cmocka_unit_test(every_run_of_bytes_survives_the_round_trip),
	        cmocka_unit_test(bad_encodings_are_refused_and_append_nothing),
	        cmocka_unit_test(quoting_leaves_a_terminal_nothing_to_obey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
