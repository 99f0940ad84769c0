/* SPDX-License-Identifier: MIT */
#ifndef PROTO_JSON_TEXT_H
#define PROTO_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

/* Scalars as JSON, for the encoders of this folder. */

/* A quoted string: escapes what JSON asks for; bytes that are not UTF-8 become '?'. */
void json_text(const char *text, size_t size, struct buf *ret);
/* The same for a name, whose odd bytes are %XX (base/text.h). */
void json_name(const char *name, size_t size, struct buf *ret);
/* Without a NUL, into room for 24; each returns how many bytes it wrote. */
size_t json_digits(uint64_t value, char *ret);
size_t json_u64(uint64_t value, bool negative, char *ret); /* quoted */
size_t json_id(uint64_t value, char *ret);                 /* quoted, 16 hex digits */

#endif
