/* SPDX-License-Identifier: MIT */
#ifndef PROTO_PARTS_H
#define PROTO_PARTS_H

#include "base/buf.h"
#include "base/error.h"
#include "proto/shape.h"

/* What the codecs of this folder share. */

/* Bytes of one entry of a list in C. */
size_t proto_step(const struct proto_field *field);
/* Give up what was appended since `size`. That memory ran out is kept: what was lost may stand
 * before it. */
void proto_cut(struct buf *buf, size_t size);
/* proto_json_check, then cJSON. `*ret` is the caller's to delete. Nothing but white space may
 * follow the value. */
int proto_json_parse(const char *json, size_t size, struct cJSON **ret, struct dfs_error *err);

#endif
