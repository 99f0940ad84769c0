/* SPDX-License-Identifier: MIT */
#ifndef NODE_LIBDFS_HANDLE_H
#define NODE_LIBDFS_HANDLE_H

#include <dfs/dfs.h>
#include "client/client.h"
#include "net/loop.h"

/*
 * The inside of libdfs: the client engine on a loop of its own, turned while a call blocks.
 *
 *   handle.c   open, close, where the cluster is
 *   names.c    stat, list, mkdir, remove, rename; dfs_call
 *   put.c      sources: local files, callbacks
 *   get.c      sinks: local files, callbacks
 *   queue.c    many transfers at once
 */
struct dfs {
	struct loop *loop;
	struct client *client;
	struct queued *queue; /* queue.c: running */
	unsigned queued;
	bool queue_ended; /* one of them, since somebody waits */
};

/* One blocking call: wait until `over`. */
struct wait {
	bool over;
	int code;
	struct dfs_error *err;
};

/* Call the master and wait; `take` sees the decoded reply before it goes. */
int handle_call(struct dfs *dfs, enum proto_call which, const void *args,
        void (*take)(void *arg, const void *reply), void *arg, struct dfs_error *err);

/* A transfer that runs: put.c and get.c start one, its end is told once. Frees itself after `done`.
 */
struct transfer;
typedef void transfer_done(
        void *arg, int code, const struct dfs_error *err, const struct client_transfer *result);
int put_file_start(struct dfs *dfs, const char *local, const char *path,
        const struct dfs_transfer *how, transfer_done *done, void *arg, struct transfer **ret,
        struct dfs_error *err);
int get_file_start(struct dfs *dfs, const char *path, const char *local,
        const struct dfs_transfer *how, transfer_done *done, void *arg, struct transfer **ret,
        struct dfs_error *err);
/* Fill the results of `transfer` (NULL is allowed) from how it ended. */
void transfer_result(struct dfs_transfer *transfer, const struct client_transfer *result);
/* The caller's options with everything that its `size` does not cover as zero. */
struct dfs_transfer transfer_options(const struct dfs_transfer *transfer);
/* Canonical path, malloc'd; NULL with the error set. */
char *canonical(const char *path, struct dfs_error *err);

#endif
