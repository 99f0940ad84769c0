/* SPDX-License-Identifier: MIT */
/* Numbers as people and files write them. Names stand in text_name.c. */
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const size_units = "KMGT";

static int digits_u64(const char **at, uint64_t *ret);
static int unit_shift(const char *text, int *ret_shift);
static int hex_digit(char c);
static int refuse(struct dfs_error *err, const char *text, const char *wanted);
static uint64_t fraction_bytes(const char *digits, size_t count, int shift);

int text_parse_u64(const char *text, uint64_t *ret, struct dfs_error *err)
{
	const char *at = text;
	uint64_t value;

	if (digits_u64(&at, &value) != 0 || *at != '\0')
		return refuse(err, text, "a number from 0 to 18446744073709551615");
	*ret = value;
	return 0;
}

int text_parse_i64(const char *text, int64_t *ret, struct dfs_error *err)
{
	bool negative = text[0] == '-';
	const char *at = text + negative;
	uint64_t value;

	if (digits_u64(&at, &value) != 0 || *at != '\0' || value > (uint64_t)INT64_MAX + negative)
		return refuse(
		        err, text, "a number from -9223372036854775808 to 9223372036854775807");
	*ret = (int64_t)(negative ? 0 - value : value);
	return 0;
}

int text_parse_id(const char *text, uint64_t *ret, struct dfs_error *err)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < TEXT_ID_SIZE - 1 && text[i] != '\0'; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0 || (text[i] >= 'A' && text[i] <= 'F'))
			break;
		value = value << 4 | (uint64_t)digit;
	}
	if (i != TEXT_ID_SIZE - 1 || text[i] != '\0')
		return refuse(err, text, "an id of 16 lower-case hex digits");
	*ret = value;
	return 0;
}

void text_id(uint64_t id, char ret[TEXT_ID_SIZE])
{
	snprintf(ret, TEXT_ID_SIZE, "%016" PRIx64, id);
}

int text_parse_size(const char *text, uint64_t *ret, struct dfs_error *err)
{
	const char *at = text, *digits = NULL;
	size_t digits_count = 0;
	uint64_t whole, part;
	int shift;

	if (digits_u64(&at, &whole) != 0)
		goto refused;
	if (*at == '.') {
		digits = ++at;
		digits_count = strspn(at, "0123456789");
		at += digits_count;
		if (digits_count == 0)
			goto refused;
	}
	if (unit_shift(at, &shift) != 0 || (digits && shift == 0))
		goto refused;
	part = fraction_bytes(digits, digits_count, shift);
	if (whole > (UINT64_MAX - part) >> shift)
		goto refused;
	*ret = (whole << shift) + part;
	return 0;
refused:
	return refuse(err, text, "a size such as 4096, 64M or 1.5G");
}

int text_parse_age(const char *text, uint64_t *ret_ms, struct dfs_error *err)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
	        {"w", 604800000}};
	const char *at = text;
	uint64_t count = 0, ms;

	if (digits_u64(&at, &count) == 0 && count == 0 && *at == '\0') {
		*ret_ms = 0;
		return 0;
	}
	for (size_t i = 0; at != text && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(at, units[i].name) != 0 ||
		        __builtin_mul_overflow(count, units[i].ms, &ms))
			continue;
		*ret_ms = ms;
		return 0;
	}
	return refuse(err, text, "a time such as 90s, 12h or 3d");
}

void text_size(uint64_t bytes, char ret[TEXT_SIZE_MAX])
{
	const char *unit = "KMGTPE";
	double value = (double)bytes / 1024;

	if (bytes < 1024) {
		snprintf(ret, TEXT_SIZE_MAX, "%u B", (unsigned int)bytes);
		return;
	}
	/* 1023.95 would be shown as 1024.0: that is 1.0 of the next unit. */
	for (; value >= 1023.95 && unit[1]; unit++)
		value /= 1024;
	snprintf(ret, TEXT_SIZE_MAX, "%.1f %ciB", value, *unit);
}

int text_hex_decode(const char *hex, void *ret_bytes, size_t size)
{
	uint8_t *bytes = ret_bytes;

	if (strnlen(hex, 2 * size + 1) != 2 * size)
		return DFS_E_INVAL;
	for (size_t i = 0; i < 2 * size; i++)
		if (hex_digit(hex[i]) < 0)
			return DFS_E_INVAL;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return 0;
}

void text_hex(const void *bytes, size_t size, char *ret)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++) {
		ret[2 * i] = "0123456789abcdef"[at[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[at[i] & 15];
	}
	ret[2 * size] = '\0';
}

/* At least one digit; 0 or DFS_E_INVAL (none, or over 64 bits). */
static int digits_u64(const char **at, uint64_t *ret)
{
	const char *p = *at;
	uint64_t value = 0;

	if (*p < '0' || *p > '9')
		return DFS_E_INVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return DFS_E_INVAL;
		value = value * 10 + digit;
	}
	*at = p;
	*ret = value;
	return 0;
}

/* "", "B", "K", "KB", "KiB", small letters too: the power of two that it stands for. */
static int unit_shift(const char *text, int *ret_shift)
{
	const char *unit;
	int shift = 0;

	if (*text != '\0' && (unit = strchr(size_units, *text & ~0x20)) != NULL && *unit != '\0') {
		shift = 10 * (int)(unit - size_units + 1);
		text++;
		if (*text == 'i' && (text[1] == 'B' || text[1] == 'b'))
			text++;
	}
	if (*text == 'B' || *text == 'b')
		text++;
	if (*text != '\0')
		return DFS_E_INVAL;
	*ret_shift = shift;
	return 0;
}

/* Bytes in 0.DIGITS of a unit, rounded down; what lies below a byte of the largest unit is not
 * read. */
static uint64_t fraction_bytes(const char *digits, size_t count, int shift)
{
	enum { DIGITS_MAX = 6 }; /* 10^6 << 40 fits */
	uint64_t value = 0, scale = 1;

	for (size_t i = 0; i < count && i < DIGITS_MAX; i++) {
		value = value * 10 + (uint64_t)(digits[i] - '0');
		scale *= 10;
	}
	return (value << shift) / scale;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int refuse(struct dfs_error *err, const char *text, const char *wanted)
{
	struct buf quoted = {0};
	size_t size = strnlen(text, 65);

	text_quote(text, size > 64 ? 64 : size, &quoted);
	error_set(err, DFS_E_INVAL, "\"%s%s\" is not %s", quoted.data ? quoted.data : "",
	        size > 64 ? "..." : "", wanted);
	buf_fini(&quoted);
	return DFS_E_INVAL;
}
