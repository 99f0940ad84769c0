/* SPDX-License-Identifier: MIT */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A growing run of bytes. Zero-initialise, then append; `buf_fini` frees. After NOMEM the buffer remembers `failed`
 * and ignores further appends, so that a writer checks once at its end. `data` is always NUL-terminated past `size`.
 */
struct buf {
	char *data;
	size_t size;
	size_t capacity;
	bool failed;
};

void buf_fini(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory, forgets `failed` */
void buf_append(struct buf *buf, const void *bytes, size_t size);
void buf_text(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes at the end, NULL on NOMEM; `buf_grow` then counts what was written there. */
void *buf_reserve(struct buf *buf, size_t size);
void buf_grow(struct buf *buf, size_t size);
/* Drop `size` bytes from the front. */
void buf_consume(struct buf *buf, size_t size);

#endif
