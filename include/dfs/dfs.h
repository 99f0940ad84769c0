/* SPDX-License-Identifier: MIT */
#ifndef DFS_DFS_H
#define DFS_DFS_H

/*
 * libdfs: Moonchunk for C programs. Blocking calls on one connection to a master; one thread at a
 * time per `struct dfs`.
 *
 *     struct dfs *dfs;
 *     struct dfs_error err = {0};
 *     if (dfs_open(&dfs, NULL, &err) != 0) { fprintf(stderr, "%s\n", err.text); return 1; }
 *     dfs_put_file(dfs, "data.bin", "/sets/data.bin", NULL, NULL, &err);
 *     dfs_close(dfs);
 *
 * Every function returns 0 or a negative DFS_E_... and writes a sentence into `err` (NULL is
 * allowed). Paths in the file system are bytes, begin with '/' or are taken from '/'. See
 * examples/embed.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <dfs/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dfs;

struct dfs_options {
	size_t size;         /* sizeof(struct dfs_options): newer members are taken as zero */
	const char *master;  /* "host:port"; NULL: DFS_MASTER, then the file of DFS_CONFIG, then
	                        $XDG_CONFIG_HOME/dfs/client.lua */
	const char *token;   /* NULL: likewise DFS_TOKEN and the file */
	const char *program; /* who calls, for the master's log */
	uint32_t timeout_ms; /* to reach the master; 0: 10,000 */
};

/* Find the cluster; connects at the first call. `options` may be NULL. */
int dfs_open(struct dfs **ret, const struct dfs_options *options, struct dfs_error *err);
void dfs_close(struct dfs *dfs); /* takes NULL */

enum dfs_kind { DFS_FILE, DFS_DIR, DFS_SYMLINK };

struct dfs_attr {
	enum dfs_kind kind;
	uint64_t inode, generation, size, chunk_size;
	uint32_t mode, uid, gid, goal, links;
	int64_t mtime_ns;
	char name[256];
};

int dfs_stat(struct dfs *dfs, const char *path, struct dfs_attr *ret, struct dfs_error *err);
/* Visit a directory in order of the names' bytes; `each` returns non-zero to stop, which dfs_list
 * then returns. */
int dfs_list(struct dfs *dfs, const char *path, int (*each)(void *arg, const struct dfs_attr *attr),
        void *arg, struct dfs_error *err);
int dfs_mkdir(
        struct dfs *dfs, const char *path, uint32_t mode, bool parents, struct dfs_error *err);
/* Into the trash, from where `dfs undelete` brings it back for some days. */
int dfs_remove(struct dfs *dfs, const char *path, bool recursive, struct dfs_error *err);
int dfs_rename(struct dfs *dfs, const char *from, const char *to, struct dfs_error *err);

/* How a transfer is done and what it tells. Zero-initialise; set `size`. NULL means all defaults.
 */
struct dfs_transfer {
	size_t size;         /* sizeof(struct dfs_transfer) */
	uint32_t goal;       /* put: replicas; 0: the policy decides */
	uint64_t chunk_size; /* put: bytes; 0: the policy decides */
	bool async;      /* put: acknowledged survives processes, not a power cut of all replicas */
	bool no_replace; /* put: DFS_E_EXIST where the file exists */
	uint32_t mode;   /* put from memory or a callback: 0 means 0644 */
	int64_t mtime_ns; /* likewise: 0 means now */
	uint64_t offset;  /* get: first byte */
	uint64_t length;  /* get: bytes; 0 means to the end */
	void (*progress)(void *arg, uint64_t bytes, uint64_t total); /* total UINT64_MAX: unknown */
	void *progress_arg;
	/* Results. */
	uint64_t ret_bytes;
	uint32_t ret_goal, ret_chunks, ret_retries;
	char ret_warning[512]; /* "" or what the user should know */
};

/* A local file, its mode and mtime, whole and atomically. `local` "-" is standard input. */
int dfs_put_file(struct dfs *dfs, const char *local, const char *path,
        struct dfs_transfer *transfer, struct dfs_error *err);
/* `read` gives up to size bytes, 0 at the end, negative DFS_E_... to give up. */
int dfs_put(struct dfs *dfs, const char *path, int64_t (*read)(void *arg, void *bytes, size_t size),
        void *arg, struct dfs_transfer *transfer, struct dfs_error *err);
/* Into a local file (written beside it, then renamed; mode and mtime kept), or "-" for standard
 * output. */
int dfs_get_file(struct dfs *dfs, const char *path, const char *local,
        struct dfs_transfer *transfer, struct dfs_error *err);
int dfs_get(struct dfs *dfs, const char *path,
        int (*write)(void *arg, const void *bytes, size_t size), void *arg,
        struct dfs_transfer *transfer, struct dfs_error *err);

/*
 * Many files at once over one connection: queue puts or gets (dfs_put_file's and dfs_get_file's
 * arguments, copied), then wait. `done` is called for each as it ends, from within dfs_queue_* or
 * dfs_queue_wait; at most `parallel` run together.
 */
typedef void dfs_file_done(void *arg, const char *local, const char *path, int code,
        const struct dfs_error *err, const struct dfs_transfer *transfer);
int dfs_queue_put(struct dfs *dfs, const char *local, const char *path,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err);
int dfs_queue_get(struct dfs *dfs, const char *path, const char *local,
        const struct dfs_transfer *transfer, dfs_file_done *done, void *arg, struct dfs_error *err);
int dfs_queue_wait(struct dfs *dfs);

/*
 * Any call of docs/protocol.md by name: JSON object in, JSON object out (`*ret_reply` is freed by
 * the caller with free). This is what the Lua commands are made of.
 */
int dfs_call(struct dfs *dfs, const char *name, const char *args, char **ret_reply,
        struct dfs_error *err);

const char *dfs_version(void);

#ifdef __cplusplus
}
#endif

#endif
