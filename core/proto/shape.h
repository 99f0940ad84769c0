/* SPDX-License-Identifier: MIT */
#ifndef PROTO_SHAPE_H
#define PROTO_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/*
 * Shapes: what a C struct of gen/proto.h holds, as data. generate.lua makes one for each message,
 * row and operation of schema.lua; the functions here encode, decode, pack and copy any of them.
 * Typed wrappers are in gen/proto.h: use those; this is for what handles all messages alike (links,
 * tests, scripts).
 *
 * Loop    any thread: nothing here keeps state
 * Owns    what is decoded points into the arena and lives as long as it does
 * Gives   `ret` is not touched on failure; a buf is left as it was, but stays `failed` after NOMEM
 */
struct cJSON;

enum proto_type {
	PROTO_TYPE_U64,
	PROTO_TYPE_I64,
	PROTO_TYPE_ID,
	PROTO_TYPE_U32,
	PROTO_TYPE_BOOL,
	PROTO_TYPE_TEXT,
	PROTO_TYPE_BYTES,
	PROTO_TYPE_ENUM,
	PROTO_TYPE_STRUCT,
	PROTO_TYPE_LIST,
};

/* Values of an enum: number i is names[i], on the wire as the name, packed as the number. */
struct proto_enum {
	const char *name;
	const char *const *names;
	uint32_t count;
};

struct proto_shape;

struct proto_field {
	const char *name;
	const char *key; /* "name": as it stands in JSON, with a comma in front */
	uint8_t key_size;
	uint8_t type;  /* enum proto_type */
	uint8_t item;  /* LIST: type of an entry, a number or STRUCT */
	bool optional; /* absent in JSON when it equals `fallback` (empty for strings and lists) */
	uint16_t offset;                 /* in the struct */
	uint16_t count_offset;           /* LIST: of its size_t */
	uint32_t max;                    /* TEXT, BYTES: bytes; LIST: entries */
	uint64_t fallback;               /* value of an absent optional number */
	const struct proto_enum *values; /* ENUM */
	const struct proto_shape *of;    /* STRUCT, LIST of structs */
};

enum {
	PROTO_FIELDS_MAX = 64,   /* in one shape */
	PROTO_STRUCT_SIZE = 512, /* no struct is larger */
	PROTO_FORMAT = 1,        /* first byte of what is packed */
};

struct proto_shape {
	const char *name;
	size_t size; /* sizeof the struct */
	const struct proto_field *fields;
	size_t fields_count;
};

/*
 * Append as a JSON object. NULL strings are empty; bytes of a text that are not UTF-8 become '?'.
 * DFS_E_TOOBIG (over a field's max), DFS_E_INVAL (not a value of its enum), DFS_E_NOMEM.
 */
int proto_shape_encode(const struct proto_shape *shape, const void *from, struct buf *ret);
/* Check, parse and decode one object. DFS_E_PROTO naming the field: "args.extents[3].length: not a
 * decimal string". */
int proto_shape_decode(const struct proto_shape *shape, struct arena *arena, const char *json,
        size_t size, void *ret, struct dfs_error *err);
/* Add the fields to a cJSON object. */
int proto_shape_to_json(const struct proto_shape *shape, const void *from, struct cJSON *object);

/*
 * Append the binary form: PROTO_FORMAT, then each field in order, little-endian: u64 i64 id 8
 * bytes, u32 4, bool and enum 1, strings a 16-bit length and the bytes, lists a 16-bit count and
 * the entries. Errors as of encode.
 */
int proto_shape_pack(const struct proto_shape *shape, const void *from, struct buf *ret);
/* DFS_E_CORRUPT naming the field; the whole input must be used. Strings are copied, with a NUL,
 * into the arena. */
int proto_shape_unpack(const struct proto_shape *shape, const void *bytes, size_t size,
        struct arena *arena, void *ret, struct dfs_error *err);
/* Fields alone, without the format byte: what an operation's body is. *at is moved behind what was
 * read. */
int proto_shape_pack_fields(const struct proto_shape *shape, const void *from, struct buf *ret);
int proto_shape_unpack_fields(const struct proto_shape *shape, const uint8_t **at,
        const uint8_t *end, struct arena *arena, void *ret, struct dfs_error *err);

/* Deep copy; everything it points to is copied into the arena. NULL strings become "". DFS_E_NOMEM.
 */
int proto_shape_copy(
        const struct proto_shape *shape, struct arena *arena, const void *from, void *ret);

/* Number of the value named `text`, or -1. */
int proto_enum_find(const struct proto_enum *values, const char *text);

#endif
