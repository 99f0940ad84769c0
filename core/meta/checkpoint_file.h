/* SPDX-License-Identifier: MIT */
#ifndef META_CHECKPOINT_FILE_H
#define META_CHECKPOINT_FILE_H

#include "meta/checkpoint.h"

/* Files that end in a foot, made beside their place and renamed: what checkpoint.c and
 * checkpoint_log.c share. All errors are set with a sentence that names the file. */

/* DIR, and its name in its parent, durable. 0 or negative errno. */
int checkpoint_make_dir(struct io *io, const char *dir);
/* Behind what `tmp` holds: fills size and checksum, writes the foot, syncs. */
int checkpoint_put_foot(
        struct io *io, const char *tmp, struct checkpoint *checkpoint, struct dfs_error *err);
int checkpoint_give_name(struct io *io, const char *dir, const char *tmp,
        const struct checkpoint *checkpoint, struct dfs_error *err);
int checkpoint_read_foot(
        struct io *io, int fd, const char *path, struct checkpoint *ret, struct dfs_error *err);
/* CRC32C of the first `size` bytes, which go into the file `into` where that is not -1. */
int checkpoint_sum(struct io *io, int fd, int into, uint64_t size, const char *path, uint32_t *ret,
        struct dfs_error *err);
int checkpoint_failed(const char *path, int result, struct dfs_error *err);

#endif
