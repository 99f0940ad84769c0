/* SPDX-License-Identifier: MIT */
#ifndef META_KEEPSAKE_H
#define META_KEEPSAKE_H

#include <stdint.h>
#include "proto/gen/proto.h"

/*
 * A keepsake: a file of the metadata (a checkpoint, or a part of the log: checkpoint.h) on
 * datanodes (RULES 20). Its bytes lie in chunks whose numbers follow each other from that of the
 * first on, each of `part` bytes but the last.
 */
enum { KEEPSAKE_VERSION = 1 }; /* of its chunks: they never change */

uint64_t keepsake_parts(const struct proto_row_keepsake *row);
uint64_t keepsake_part_length(const struct proto_row_keepsake *row, uint64_t part);

#endif
