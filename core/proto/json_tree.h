/* SPDX-License-Identifier: MIT */
#ifndef PROTO_JSON_TREE_H
#define PROTO_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

/*
 * A JSON text (RFC 8259) as a row of nodes, each 16 bytes, in the order of the text: an object is
 * followed by its members (the name, then the value with all that is in it), a list by its entries.
 * Nothing is copied: a node says where in the text it stands. One growing row for a whole message
 * instead of an allocation a value (docs/performance.md).
 *
 * Loop    any thread
 * Owns    borrows the text as long as the nodes are used; the row is the tree's, and kept from one
 * text to the next Limits  PROTO_MESSAGE_MAX bytes, PROTO_DEPTH_MAX levels, PROTO_VALUES_MAX
 * values, numbers of 63 characters; a NUL, as a byte or as \u0000, is refused, for it would end a C
 * string early Errors  DFS_E_PROTO with a sentence, DFS_E_NOMEM
 */
enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_LIST,
	JSON_OBJECT
};

struct json_node {
	uint32_t at;    /* in the text; of a string without its quotes */
	uint32_t size;  /* STRING, NUMBER: bytes; LIST: entries; OBJECT: members */
	uint32_t nodes; /* this one and all that is in it: where the next one stands */
	uint8_t kind;   /* enum json_kind */
	bool escaped;   /* STRING: with a backslash in it */
	bool ascii;     /* STRING: no byte above 0x7f */
};

/* Zero-initialise. */
struct json_tree {
	const char *text;
	struct json_node *nodes; /* [0] is the whole */
	size_t count, capacity;
};

enum {
	JSON_NUMBER_MAX = 63,
	JSON_SHORT_MAX = 64, /* bytes of a string that json_short takes */
};

int json_tree_parse(struct json_tree *tree, const char *text, size_t size, struct dfs_error *err);
void json_tree_fini(struct json_tree *tree);
/* Give back what an unusually large text took. */
void json_tree_shrink(struct json_tree *tree);

static inline const struct json_node *json_next(const struct json_node *node)
{
	return node + node->nodes;
}

/* Bytes of a string, and the string, once its escapes are undone. `ret` gets no NUL. */
size_t json_string_size(const char *text, const struct json_node *string);
void json_string_copy(const char *text, const struct json_node *string, char *ret);
/* A string that should be a word or a number: itself or, unescaped, `room`. NULL where it is no
 * string, or longer. */
const char *json_short(const char *text, const struct json_node *node, char room[JSON_SHORT_MAX],
        size_t *ret_size);
/* Strings that hold a number; true, and `ret` set, where they do. */
bool json_read_u64(const char *text, const struct json_node *node, uint64_t *ret);
bool json_read_i64(const char *text, const struct json_node *node, int64_t *ret);
bool json_read_id(const char *text, const struct json_node *node, uint64_t *ret);
/* A number that is whole and from 0 to `max` (at most 2^53). */
bool json_whole(const char *text, const struct json_node *node, uint64_t max, uint64_t *ret);

#endif
