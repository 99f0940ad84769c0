/* SPDX-License-Identifier: MIT */
/* Scalars as JSON. Nearly all strings are plain ASCII and are copied whole after one look. */
#include "proto/json_text.h"

#include <string.h>
#include "base/text.h"

static const char hex[] = "0123456789abcdef";

static bool plain(const char *text, size_t size, bool percent);
static void quote(const char *text, size_t size, struct buf *ret);
static void escape(unsigned char byte, struct buf *ret);
static void text_repair(const char *text, size_t size, struct buf *ret);

void json_text(const char *text, size_t size, struct buf *ret)
{
	struct buf repaired = {0};

	if (plain(text, size, true) || text_is_utf8(text, size)) {
		quote(text, size, ret);
		return;
	}
	text_repair(text, size, &repaired);
	ret->failed |= repaired.failed;
	quote(repaired.data, repaired.size, ret);
	buf_fini(&repaired);
}

void json_name(const char *name, size_t size, struct buf *ret)
{
	struct buf text = {0};

	if (plain(name, size, false)) {
		quote(name, size, ret);
		return;
	}
	text_name_encode(name, size, &text);
	ret->failed |= text.failed;
	quote(text.data, text.size, ret);
	buf_fini(&text);
}

size_t json_digits(uint64_t value, char *ret)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	memcpy(ret, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

size_t json_u64(uint64_t value, bool negative, char *ret)
{
	size_t size = 0;

	ret[size++] = '"';
	if (negative)
		ret[size++] = '-';
	size += json_digits(value, ret + size);
	ret[size++] = '"';
	return size;
}

size_t json_id(uint64_t value, char *ret)
{
	ret[0] = '"';
	for (int i = 16; i > 0; i--, value >>= 4)
		ret[i] = hex[value & 15];
	ret[17] = '"';
	return 18;
}

/* Printable ASCII that needs no escape. */
static bool plain(const char *text, size_t size, bool percent)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\' ||
		        (byte == '%' && !percent))
			return false;
	}
	return true;
}

static void quote(const char *text, size_t size, struct buf *ret)
{
	size_t done = 0;

	buf_append(ret, "\"", 1);
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		buf_append(ret, text + done, i - done);
		escape(byte, ret);
		done = i + 1;
	}
	if (size > done) /* an empty text may be NULL */
		buf_append(ret, text + done, size - done);
	buf_append(ret, "\"", 1);
}

static void escape(unsigned char byte, struct buf *ret)
{
	char text[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

	if (byte == '"' || byte == '\\') {
		text[1] = (char)byte;
		buf_append(ret, text, 2);
	} else {
		buf_append(ret, text, sizeof(text));
	}
}

/* Character by character; a peer's WebSocket may close over one bad byte (libwebsockets, browsers).
 */
static void text_repair(const char *text, size_t size, struct buf *ret)
{
	for (size_t i = 0; i < size;) {
		size_t step = 1;

		while (step <= 4 && i + step <= size && !text_is_utf8(text + i, step))
			step++;
		if (step > 4 || i + step > size) {
			buf_append(ret, "?", 1);
			step = 1;
		} else {
			buf_append(ret, text + i, step);
		}
		i += step;
	}
}
