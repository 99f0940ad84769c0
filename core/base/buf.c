/* SPDX-License-Identifier: MIT */
/* A growing run of bytes. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST_SIZE = 64 };

static bool make_room(struct buf *buf, size_t size);
static void vprint(struct buf *buf, const char *format, va_list args);

void buf_fini(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
	buf->size = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_append(struct buf *buf, const void *bytes, size_t size)
{
	if (!make_room(buf, size))
		return;
	if (size > 0)
		memcpy(buf->data + buf->size, bytes, size);
	buf_grow(buf, size);
}

void buf_text(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(buf, format, args);
	va_end(args);
}

void *buf_reserve(struct buf *buf, size_t size)
{
	return make_room(buf, size) ? buf->data + buf->size : NULL;
}

void buf_grow(struct buf *buf, size_t size)
{
	assert(size < buf->capacity - buf->size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void buf_consume(struct buf *buf, size_t size)
{
	assert(size <= buf->size);
	if (size == 0)
		return;
	memmove(buf->data, buf->data + size, buf->size - size);
	buf->size -= size;
	buf->data[buf->size] = '\0';
}

/* Room for `size` more bytes and the NUL. */
static bool make_room(struct buf *buf, size_t size)
{
	size_t capacity = buf->capacity ? buf->capacity : BUF_FIRST_SIZE;
	char *data;

	if (buf->failed)
		return false;
	if (size < buf->capacity - buf->size)
		return true;
	if (size > SIZE_MAX / 4 || buf->size > SIZE_MAX / 4)
		goto failed;
	while (capacity <= buf->size + size)
		capacity *= 2;
	data = realloc(buf->data, capacity);
	if (!data)
		goto failed;
	data[buf->size] = '\0';
	buf->data = data;
	buf->capacity = capacity;
	return true;
failed:
	buf->failed = true;
	return false;
}

static void vprint(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int size;

	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	assert(size >= 0);
	if (make_room(buf, (size_t)size)) {
		vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
		buf_grow(buf, (size_t)size);
	}
	va_end(again);
}
