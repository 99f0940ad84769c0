/* SPDX-License-Identifier: MIT */
#ifndef PROTO_JSON_PLACE_H
#define PROTO_JSON_PLACE_H

#include <stddef.h>
#include "proto/shape.h"

struct json_node;

/* Where a decoder is, for the sentence of an error: a list that hangs on the C stack. */
struct place {
	const struct place *above;
	const char *name; /* NULL: entry `index` of the list above */
	size_t index;
};

struct decoder {
	struct arena *arena;
	struct dfs_error *err;
	const char *text; /* what the nodes point into */
};

/* DFS_E_PROTO: "args.extents[3].length: what". */
int json_refuse(struct decoder *decoder, const struct place *place, const char *what);
int json_nomem(struct decoder *decoder);
/* A number, id or flag. */
int json_number_decode(struct decoder *decoder, const struct place *place, enum proto_type type,
        const struct json_node *node, char *ret);
/* A text, name or value of an enum; `ret` is the field. */
int json_string_decode(struct decoder *decoder, const struct place *place,
        const struct proto_field *field, const struct json_node *node, char *ret);

#endif
