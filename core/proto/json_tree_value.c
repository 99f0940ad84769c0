/* SPDX-License-Identifier: MIT */
/* What a node says: strings with their escapes undone, whole numbers. The text has been parsed:
 * nothing is checked again. */
#include <stdlib.h>
#include <string.h>
#include "proto/json_tree.h"

static bool decimal(const char *digits, size_t size, uint64_t *ret);
static size_t escape_read(const char *at, char ret[4], size_t *ret_size);
static uint32_t hex4(const char *at);
static size_t utf8_write(uint32_t point, char ret[4]);

size_t json_string_size(const char *text, const struct json_node *string)
{
	const char *at = text + string->at, *end = at + string->size;
	size_t total = 0, size;
	char bytes[4];

	if (!string->escaped)
		return string->size;
	while (at < end) {
		size = 1;
		at += *at == '\\' ? escape_read(at, bytes, &size) : 1;
		total += size;
	}
	return total;
}

void json_string_copy(const char *text, const struct json_node *string, char *ret)
{
	const char *at = text + string->at, *end = at + string->size;
	char bytes[4];
	size_t size;

	if (!string->escaped) {
		memcpy(ret, at, string->size);
		return;
	}
	while (at < end) {
		if (*at != '\\') {
			*ret++ = *at++;
			continue;
		}
		at += escape_read(at, bytes, &size);
		memcpy(ret, bytes, size);
		ret += size;
	}
}

const char *json_short(
        const char *text, const struct json_node *node, char room[JSON_SHORT_MAX], size_t *ret_size)
{
	if (node->kind != JSON_STRING)
		return NULL;
	*ret_size = json_string_size(text, node);
	if (*ret_size > JSON_SHORT_MAX)
		return NULL;
	if (!node->escaped)
		return text + node->at;
	json_string_copy(text, node, room);
	return room;
}

bool json_read_u64(const char *text, const struct json_node *node, uint64_t *ret)
{
	char room[JSON_SHORT_MAX];
	size_t size;
	const char *digits = json_short(text, node, room, &size);

	return digits && decimal(digits, size, ret);
}

bool json_read_i64(const char *text, const struct json_node *node, int64_t *ret)
{
	char room[JSON_SHORT_MAX];
	size_t size;
	const char *digits = json_short(text, node, room, &size);
	bool negative = digits && size > 0 && digits[0] == '-';
	uint64_t value;

	if (!digits || !decimal(digits + negative, size - negative, &value) ||
	        value > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = (int64_t)(negative ? 0 - value : value);
	return true;
}

bool json_read_id(const char *text, const struct json_node *node, uint64_t *ret)
{
	char room[JSON_SHORT_MAX];
	size_t size;
	const char *digits = json_short(text, node, room, &size);
	uint64_t value = 0;

	if (!digits || size != 16)
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = digits[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret = value;
	return true;
}

/* Nearly all are plain digits; 1.0 and 1e3 are whole too. The comparisons are false for NaN. */
bool json_whole(const char *text, const struct json_node *node, uint64_t max, uint64_t *ret)
{
	const char *at = text + node->at;
	char copy[JSON_NUMBER_MAX + 1];
	uint64_t whole = 0;
	uint32_t i = 0;
	double value;

	if (node->kind != JSON_NUMBER)
		return false;
	for (; i < node->size && i < 17 && at[i] >= '0' && at[i] <= '9'; i++)
		whole = whole * 10 + (uint64_t)(at[i] - '0');
	if (i < node->size) {
		memcpy(copy, at, node->size);
		copy[node->size] = '\0';
		value = strtod(copy, NULL);
		if (!(value >= 0 && value <= (double)max) || value != (double)(uint64_t)value)
			return false;
		whole = (uint64_t)value;
	}
	if (whole > max)
		return false;
	*ret = whole;
	return true;
}

/* Digits alone, at least one, of at most 64 bits. */
static bool decimal(const char *digits, size_t size, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++) {
		uint64_t digit = (uint64_t)(digits[i] - '0');

		if (digits[i] < '0' || digits[i] > '9')
			return false;
		if (i >= 19 && value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return size > 0;
}

/* The character behind a backslash, as UTF-8; bytes that the escape takes. */
static size_t escape_read(const char *at, char ret[4], size_t *ret_size)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found;
	uint32_t point;

	*ret_size = 1;
	if (at[1] != 'u') {
		found = strchr(from, at[1]);
		ret[0] = found ? to[found - from] : at[1];
		return 2;
	}
	point = hex4(at + 2);
	if (point < 0xd800 || point > 0xdfff) {
		*ret_size = utf8_write(point, ret);
		return 6;
	}
	point = 0x10000 + ((point & 0x3ff) << 10) + (hex4(at + 8) & 0x3ff);
	*ret_size = utf8_write(point, ret);
	return 12;
}

static uint32_t hex4(const char *at)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 4 |
		        (uint32_t)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
	return value;
}

static size_t utf8_write(uint32_t point, char ret[4])
{
	size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = size - 1; i > 0; i--, point >>= 6)
		ret[i] = (char)(0x80 | (point & 0x3f));
	ret[0] = (char)(lead[size] | point);
	return size;
}
