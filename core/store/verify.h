/* SPDX-License-Identifier: MIT */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "base/error.h"
#include "io/disk.h"
#include "store/spans.h"

/*
 * Read spans [from, count) of an open data file and compare their checksums. Blocks: on a worker or
 * before the loop. 0; DFS_E_CORRUPT with the first that fails (a short file too) in *ret_bad;
 * DFS_E_IO, DFS_E_NOMEM.
 */
int verify_spans(struct io *io, int data, const struct spans *spans, size_t from, size_t count,
        size_t *ret_bad, struct dfs_error *err);

#endif
