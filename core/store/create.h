/* SPDX-License-Identifier: MIT */
#ifndef STORE_CREATE_H
#define STORE_CREATE_H

#include "store/chunk.h"

/*
 * A new open chunk: .data, then .idx, in the directory with the most room (RULES 28, 30); in the
 * table, with one user. Its opening entry goes out with the first spans. DFS_E_NOSPC (all full),
 * DFS_E_IO, DFS_E_NOMEM.
 */
int chunk_make(struct store *store, uint64_t id, uint64_t version, struct chunk **ret,
        struct dfs_error *err);
/* The same for a copy that comes in: files in .tmp, not in the table. */
int chunk_make_hidden(struct store *store, uint64_t id, uint64_t version, struct chunk **ret,
        struct dfs_error *err);

#endif
