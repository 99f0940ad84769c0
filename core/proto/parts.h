/* SPDX-License-Identifier: MIT */
#ifndef PROTO_PARTS_H
#define PROTO_PARTS_H

#include "base/buf.h"
#include "base/error.h"
#include "proto/shape.h"

/* What the codecs of this folder share. */
struct json_node;

/* Bytes of one entry of a list in C. */
size_t proto_step(const struct proto_field *field);
/* Give up what was appended since `size`. That memory ran out is kept: what was lost may stand
 * before it. */
void proto_cut(struct buf *buf, size_t size);
/* One object out of a text that was parsed; as proto_shape_decode. */
int proto_shape_from_tree(const struct proto_shape *shape, struct arena *arena, const char *text,
        const struct json_node *object, void *ret, struct dfs_error *err);

#endif
