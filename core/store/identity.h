/* SPDX-License-Identifier: MIT */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include <stddef.h>
#include "base/error.h"
#include "store/store.h"

/*
 * DIR/identity: whose directory this is (RULES 29). Text that checks itself:
 *
 *   moonchunk data directory
 *   format 1
 *   cluster 0123abcd
 *   node 00000000000000aa
 *   disk 5f1e...           16 hex digits, random
 *   crc 1a2b3c4d           CRC32C of the lines above
 */
enum { IDENTITY_BYTES_MAX = 256 };

/* 0, or DFS_E_FENCED: absent, damaged, of another cluster or node. */
int identity_check(struct io *io, const char *dir, const struct store_identity *wanted,
        uint64_t *ret_disk, struct dfs_error *err);
/* The text; returns its size. */
size_t identity_format(
        const struct store_identity *identity, uint64_t disk, char ret[IDENTITY_BYTES_MAX]);
/* DFS_E_CORRUPT where the text is not what identity_format writes. */
int identity_parse(const char *text, size_t size, struct store_identity *ret, uint64_t *ret_disk,
        struct dfs_error *err);

#endif
