/* SPDX-License-Identifier: MIT */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/error.h"

/* Numbers and names as people and files write them. Parsers take the whole text or fail with a sentence. */

enum { TEXT_ID_SIZE = 17, TEXT_SIZE_MAX = 32 };

int text_parse_u64(const char *text, uint64_t *ret, struct dfs_error *err); /* decimal, no sign, no space */
int text_parse_i64(const char *text, int64_t *ret, struct dfs_error *err);
int text_parse_id(const char *text, uint64_t *ret, struct dfs_error *err); /* exactly 16 lower-case hex digits */
void text_id(uint64_t id, char ret[TEXT_ID_SIZE]);
/* "64M", "4096", "1.5G" (K M G T, powers of 1024, optional B or iB) */
int text_parse_size(const char *text, uint64_t *ret, struct dfs_error *err);
/* "64.0 MiB", "17 B" */
/* A time: digits and ms, s, m, h, d or w; "0". DFS_E_INVAL. */
int text_parse_age(const char *text, uint64_t *ret_ms, struct dfs_error *err);
void text_size(uint64_t bytes, char ret[TEXT_SIZE_MAX]);
int text_hex_decode(const char *hex, void *ret_bytes, size_t size); /* 0 or DFS_E_INVAL */
void text_hex(const void *bytes, size_t size, char *ret);            /* 2 * size + 1 */
bool text_is_utf8(const char *bytes, size_t size);
/* Names in JSON: '%' and whatever is not valid UTF-8 as %XX (contracts.md). */
void text_name_encode(const char *name, size_t size, struct buf *ret);
int text_name_decode(const char *text, size_t size, struct buf *ret); /* DFS_E_PROTO for a bad %XX or %00 */
/* Quote for a terminal or a log: control bytes (C1 too), bytes that are not UTF-8 and the backslash as \xNN. */
void text_quote(const char *name, size_t size, struct buf *ret);

#endif
