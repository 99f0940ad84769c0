/* SPDX-License-Identifier: MIT */
/*
 * Chunked bodies on their way in (RFC 9112, 7.1): only responses of foreign servers and of our own
 * unsized ones.
 *
 *   SIZE --hex--> SIZE --CR--> SIZE_LF --LF--> DATA --all--> DATA_CR --CR--> DATA_LF --LF--> SIZE
 *     |                           ^  |
 *     +--';'--> EXTENSION --CR----+  +--size 0--> TRAILER --CR--> END_LF --LF--> complete
 *                                                 |     ^
 *                                                 +LINE-+
 */
#include "net/http.h"

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, LINE, END_LF };
enum { SIZE_DIGITS_MAX = 15, EXTRA_MAX = 4096 };

static int framing(struct http_chunks *chunks, char c, bool *ret_end);

ptrdiff_t http_chunks_step(struct http_chunks *chunks, const char *bytes, size_t size,
        const char **ret_data, size_t *ret_size, bool *ret_end)
{
	size_t used = 0;

	*ret_size = 0;
	*ret_end = false;
	while (used < size && chunks->state != DATA && !*ret_end)
		if (framing(chunks, bytes[used++], ret_end))
			return -1;
	if (chunks->state != DATA)
		return (ptrdiff_t)used;
	*ret_data = bytes + used;
	*ret_size = size - used < chunks->left ? size - used : (size_t)chunks->left;
	chunks->left -= *ret_size;
	if (chunks->left == 0)
		chunks->state = DATA_CR;
	return (ptrdiff_t)(used + *ret_size);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int size_byte(struct http_chunks *chunks, char c)
{
	if (hex(c) >= 0) {
		chunks->left = chunks->left * 16 + (uint64_t)hex(c);
		return ++chunks->digits > SIZE_DIGITS_MAX ? -1 : 0;
	}
	if (chunks->digits == 0 || (c != '\r' && c != ';' && c != ' ' && c != '\t'))
		return -1;
	chunks->digits = 0;
	chunks->state = c == '\r' ? SIZE_LF : EXTENSION;
	return 0;
}

/* `c` is expected; the next state follows. */
static int expect(struct http_chunks *chunks, char c, char expected, int next)
{
	chunks->state = next;
	return c == expected ? 0 : -1;
}

static int framing(struct http_chunks *chunks, char c, bool *ret_end)
{
	switch (chunks->state) {
	case SIZE:
		return size_byte(chunks, c);
	case EXTENSION:
		if (c == '\r')
			chunks->state = SIZE_LF;
		return ++chunks->extra > EXTRA_MAX ? -1 : 0;
	case SIZE_LF:
		return expect(chunks, c, '\n', chunks->left > 0 ? DATA : TRAILER);
	case DATA_CR:
		return expect(chunks, c, '\r', DATA_LF);
	case DATA_LF:
		return expect(chunks, c, '\n', SIZE);
	case TRAILER:
		chunks->state = c == '\r' ? END_LF : LINE;
		return 0;
	case LINE:
		if (c == '\n')
			chunks->state = TRAILER;
		return ++chunks->extra > EXTRA_MAX ? -1 : 0;
	default:
		*ret_end = true;
		return expect(chunks, c, '\n', SIZE);
	}
}
