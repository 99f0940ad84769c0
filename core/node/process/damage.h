/* SPDX-License-Identifier: MIT */
#ifndef NODE_PROCESS_DAMAGE_H
#define NODE_PROCESS_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/error.h"
#include "io/kv.h"

/*
 * A damaged metadata file is told, never crashed on (RULES 21). LMDB trusts its pages: what a
 * flipped bit in one of them leads to is a value that fails our checksum, a row that is not found,
 * or a read outside of the file, which ends the process.
 *
 * Two nets: a child process reads every row while the master starts, and ends for us where it
 * crashes; and a crash of the master itself inside the file is told in one sentence, exit code 1.
 */

/* Before `dir`/data.mdb is opened: SIGSEGV and SIGBUS end the process with a sentence.
 * damage_broken is given to the opening. One for each process. */
void damage_guard(const char *dir);
void damage_broken(const char *text);
/* It is open: from now on only those within its map do; elsewhere they are what they were. */
void damage_guard_map(struct kv *kv);

/* What was found wrong in it, with the file's name and what to do. Returns DFS_E_CORRUPT. */
int damage_tell(const char *dir, const char *what, struct dfs_error *err);

struct damage_check {
	pid_t child; /* 0: none, or it has ended */
	int pipe;
	char dir[4096];
};

/*
 * Fork a child that reads all of `dir`, whose lock `lock_fd` the caller holds (the child lets go of
 * its copy). Before any thread exists. A child that cannot be made checks nothing: 0 or a code.
 */
int damage_check_start(
        struct damage_check *check, const char *dir, int lock_fd, struct dfs_error *err);
/* Read in a moment, whatever the machine is busy with: worth waiting for. */
bool damage_check_small(const struct damage_check *check);
/* Wait at most so long. 0: the file is well; DFS_E_BUSY: not known yet; DFS_E_CORRUPT with the
 * sentence. Once known, it stays so. */
int damage_check_wait(struct damage_check *check, int timeout_ms, struct dfs_error *err);
void damage_check_end(struct damage_check *check);

#endif
