/* SPDX-License-Identifier: MIT */
/* Names are bytes; JSON, terminals and logs are text: the ways between. */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

static size_t ascii_size(const unsigned char *bytes, size_t size);
static size_t utf8_size(const unsigned char *bytes, size_t size);
static size_t shown_size(const unsigned char *bytes, size_t size);
static void percent(unsigned char byte, struct buf *ret);
static int hex_value(char c);

bool text_is_utf8(const char *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes, *end = at + size;

	while (at < end) {
		size_t step = ascii_size(at, (size_t)(end - at));

		if (step == 0)
			step = utf8_size(at, (size_t)(end - at));
		if (step == 0)
			return false;
		at += step;
	}
	return true;
}

/* Whole words of ASCII: most of what comes over a channel is nothing else. */
static size_t ascii_size(const unsigned char *bytes, size_t size)
{
	static const uint64_t high_bits = UINT64_C(0x8080808080808080);
	size_t done = 0;
	uint64_t word;

	for (; size - done >= sizeof(word); done += sizeof(word)) {
		memcpy(&word, bytes + done, sizeof(word));
		if (word & high_bits)
			break;
	}
	return done;
}

void text_name_encode(const char *name, size_t size, struct buf *ret)
{
	const unsigned char *at = (const unsigned char *)name, *end = at + size;

	while (at < end) {
		size_t step = *at == '%' ? 0 : utf8_size(at, (size_t)(end - at));

		if (step == 0)
			percent(*at++, ret);
		else
			buf_append(ret, at, step);
		at += step;
	}
}

int text_name_decode(const char *text, size_t size, struct buf *ret)
{
	size_t start = ret->size;

	for (size_t i = 0; i < size; i++) {
		int high, low;
		char byte = text[i];

		if (byte == '%') {
			high = size - i > 2 ? hex_value(text[i + 1]) : -1;
			low = size - i > 2 ? hex_value(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				goto refused;
			byte = (char)(high << 4 | low);
			i += 2;
		}
		if (byte == '\0')
			goto refused;
		buf_append(ret, &byte, 1);
	}
	return ret->failed ? DFS_E_NOMEM : 0;
refused:
	if (!ret->failed && ret->data) {
		ret->size = start;
		ret->data[start] = '\0';
	}
	return DFS_E_PROTO;
}

void text_quote(const char *name, size_t size, struct buf *ret)
{
	const unsigned char *at = (const unsigned char *)name, *end = at + size;

	while (at < end) {
		size_t step = shown_size(at, (size_t)(end - at));

		if (step == 0)
			buf_printf(ret, "\\x%02x", *at++);
		else
			buf_append(ret, at, step);
		at += step;
	}
}

/* Bytes of the well-formed character at `bytes` (RFC 3629: no overlong form, no surrogate), 0 where
 * there is none. */
static size_t utf8_size(const unsigned char *bytes, size_t size)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = bytes[0];
	size_t count = first < 0x80   ? 1
	               : first < 0xc2 ? 0
	               : first < 0xe0 ? 2
	               : first < 0xf0 ? 3
	               : first < 0xf5 ? 4
	                              : 0;
	uint32_t value;

	if (count <= 1)
		return count;
	if (count > size)
		return 0;
	value = first & (0x7fu >> count);
	for (size_t i = 1; i < count; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < least[count] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return count;
}

/* As utf8_size, but 0 for what a terminal may obey too: C0, DEL, C1. A backslash is spelled out, to
 * be told from ours. */
static size_t shown_size(const unsigned char *bytes, size_t size)
{
	size_t count = utf8_size(bytes, size);

	if (count == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f || bytes[0] == '\\'))
		return 0;
	if (count == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0)
		return 0;
	return count;
}

/* Not by printf: a page of a directory may be a quarter of a million such bytes. */
static void percent(unsigned char byte, struct buf *ret)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[3] = {'%', digits[byte >> 4], digits[byte & 15]};

	buf_append(ret, text, sizeof(text));
}

static int hex_value(char c)
{
	const char *digits = "0123456789ABCDEF0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at ? (int)((at - digits) & 15) : -1;
}
