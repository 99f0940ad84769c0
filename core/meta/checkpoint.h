/* SPDX-License-Identifier: MIT */
#ifndef META_CHECKPOINT_H
#define META_CHECKPOINT_H

#include "base/error.h"
#include "io/disk.h"
#include "io/kv.h"

/*
 * A checkpoint: a hot, consistent, verified copy of the metadata in one file (RULES 19). A backup
 * is the same file in another place.
 *
 *   the copy, as the store writes it (size_bytes)  |  foot: 4,096 bytes, text, padded by zeros
 *
 * The foot carries whose state it is and the checksum of all before it; it ends in its own. A file
 * has its name only when it is whole and on disk: README.md, "Checkpoints", has each step.
 *
 * Threads any, but one at a time for each folder; all of it blocks: io_work.run, or a command.
 * Errors  DFS_E_CORRUPT, NOENT, NOSPC, IO, VERSION (a newer format), each naming the file
 */
enum { CHECKPOINT_FOOT_SIZE = 4096, CHECKPOINT_NAME_MAX = 64, CHECKPOINT_PATH_MAX = 4096 };

struct checkpoint {
	char cluster[33];
	uint64_t epoch, reign;
	uint64_t operation; /* the last one in it */
	int64_t wall_ms;    /* of that operation */
	int64_t made_ms;
	uint64_t size_bytes; /* of the copy */
	uint32_t crc;        /* CRC32C of it */
	/* 0: the whole database. Else the operations `from`..`operation` of the log, which follow on
	 * the state that ended with from - 1, in this reign. */
	uint64_t from;
	uint64_t base_epoch, base_reign;
};

/*
 * Write the state of now below `dir` (made if absent), under the name that checkpoint_name gives.
 * Where that is there already and well nothing is written. The copy is read back row by row
 * (meta_verify): a damaged database gives no checkpoint.
 */
int checkpoint_write(struct io *io, struct kv *kv, const char *dir, struct checkpoint *ret,
        struct dfs_error *err);
/* EPOCH-OPERATION.checkpoint, or .log: later states sort behind earlier ones. */
void checkpoint_name(const struct checkpoint *checkpoint, char ret[CHECKPOINT_NAME_MAX]);

/* The foot alone. */
int checkpoint_foot(struct io *io, const char *path, struct checkpoint *ret, struct dfs_error *err);
/* Of its bytes, which are CHECKPOINT_FOOT_SIZE. */
int checkpoint_foot_parse(const char *foot, struct checkpoint *ret, struct dfs_error *err);
/* The foot, and the whole file against it. */
int checkpoint_check(
        struct io *io, const char *path, struct checkpoint *ret, struct dfs_error *err);
/* The copy without its foot, into a new file, durable; its checksum is checked on the way. */
int checkpoint_extract(struct io *io, const char *path, const char *to, struct checkpoint *ret,
        struct dfs_error *err);

/*
 * Those of a folder whose feet are well, newest first: at most `max`, their number in ret_count. A
 * folder that is not there has none.
 */
int checkpoint_list(struct io *io, const char *dir, struct checkpoint *ret, size_t max,
        size_t *ret_count, struct dfs_error *err);
/* Remove all but the `keep` newest, and what a crash left half-made. */
int checkpoint_prune(struct io *io, const char *dir, size_t keep, struct dfs_error *err);

/* ---- parts of the log (checkpoint_log.c): the same file, but for what is in it ---- */

/*
 *   operation 8, size 4, a row of the log (apply.h)  ...  |  foot           (little-endian)
 */

/*
 * The log behind the state `base`, as of now, but not many more than `max_bytes` of it: `ret` tells
 * how far. One at a time for each folder, beside a checkpoint's writing. DFS_E_NOENT: nothing came
 * after it; DFS_E_CHANGED: the log does not go back that far any more, a whole checkpoint must be.
 */
int checkpoint_log_write(struct io *io, struct kv *kv, const char *dir,
        const struct checkpoint *base, uint64_t max_bytes, struct checkpoint *ret,
        struct dfs_error *err);
/*
 * Replay one onto the state that it follows on. DFS_E_INVAL: it follows on another one;
 * DFS_E_CORRUPT. After an error `into` is good for nothing.
 */
int checkpoint_log_replay(struct io *io, const char *path, struct kv *into, struct checkpoint *ret,
        struct dfs_error *err);
/* Remove them, and what a crash left half-made. */
int checkpoint_log_prune(struct io *io, const char *dir, struct dfs_error *err);

#endif
