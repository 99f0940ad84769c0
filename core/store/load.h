/* SPDX-License-Identifier: MIT */
#ifndef STORE_LOAD_H
#define STORE_LOAD_H

#include "base/error.h"
#include "io/disk.h"
#include "store/index.h"

/*
 * A whole index file in memory. Blocks. *ret_bytes is the caller's to free.
 * DFS_E_NOENT, DFS_E_IO, DFS_E_NOMEM; DFS_E_CORRUPT where it is longer than any index.
 */
int load_index_bytes(struct io *io, const char *path, uint8_t **ret_bytes, size_t *ret_size,
        struct dfs_error *err);

#endif
