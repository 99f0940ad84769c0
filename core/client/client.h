/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "client/link.h"
#include "io/io.h"

/*
 * The client engine: a connection to the master that mends itself, and transfers of whole files.
 * Everything completes by a callback on the loop of `io`; the blocking face of it is <dfs/dfs.h>, in `node`.
 *
 * Source  GFS 2.3, 2.4, 3.2; RULES 6, 9, 10, 11, 17.
 */
struct client;

struct client_options {
	const char *master; /* host:port */
	const char *token;
	const char *program;      /* "dfs put" */
	uint64_t timeout_ms;      /* to reach the master before a call fails: 10,000 */
	uint32_t parallel;        /* chunks in transfer at once: 4 */
};

typedef void client_reply(void *arg, int code, const struct dfs_error *err, const void *reply);

/* Does not wait: the first call connects and says hello. Strings are copied. */
int client_create(struct client **ret, struct io *io, const struct client_options *options, struct dfs_error *err);
void client_destroy(struct client *client); /* pending calls fail with CANCELLED inside; takes NULL */
/*
 * One call to the master. Mutations get (client id, sequence) by themselves and are repeated after a broken connection,
 * as reads are, until timeout_ms passed without the master (then DFS_E_UNAVAIL with its address and what to try).
 */
void client_call(struct client *client, enum proto_call which, const void *args, client_reply *reply, void *arg);

/* ---- put --------------------------------------------------------------------------------------------------------- */

/*
 * Where a put's bytes come from. `read` fills up to `size` bytes at `offset` now, or returns 0 at the end, or a
 * negative DFS_E_... with a sentence. `seekable`: any offset may be read again (a file); else strictly onwards (a pipe) and
 * the client keeps what is unacknowledged, at most one body.
 */
struct client_source {
	int64_t (*read)(void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err);
	void *arg;
	uint64_t size_bytes; /* UINT64_MAX: unknown */
	bool seekable;
};

struct client_put {
	const char *path; /* canonical */
	uint32_t goal;    /* 0: the policy decides */
	uint64_t chunk_size;
	bool async;
	bool no_replace;
	uint32_t mode;
	int64_t mtime_ns;
	uint32_t uid, gid;
};

struct client_transfer { /* what a transfer says when it ends */
	int code;
	struct dfs_error err;
	uint64_t bytes;
	uint32_t goal;
	uint32_t chunks;
	uint32_t retries;   /* chunks sealed early or read from another replica */
	char warning[512];
};

typedef void client_transfer_done(void *arg, const struct client_transfer *transfer);
/* Bytes acknowledged (put) or delivered (get) so far, total or UINT64_MAX. May be NULL. */
typedef void client_progress(void *arg, uint64_t bytes, uint64_t total);

struct client_job;
/* Store one file: visible whole when `done` says 0, else nothing changed. Cancel: client_job_cancel. */
struct client_job *client_put_start(struct client *client, const struct client_put *put, const struct client_source *source,
				    client_progress *progress, client_transfer_done *done, void *arg);

/* ---- get --------------------------------------------------------------------------------------------------------- */

/* Where a get's bytes go. `any_order`: write may be called for any offset (a file), else in order (a pipe). */
struct client_sink {
	int (*write)(void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err);
	void *arg;
	bool any_order;
};

struct client_get {
	const char *path;
	uint64_t offset;
	uint64_t length; /* UINT64_MAX: to the end */
};

/*
 * Read one state of a file (RULES 9), every byte checked against the checksum its writer made; a replica that fails
 * is left for another, and one range is tried on all of them before the job fails.
 */
struct client_job *client_get_start(struct client *client, const struct client_get *get, const struct client_sink *sink,
				    client_progress *progress, client_transfer_done *done, void *arg);
void client_job_cancel(struct client_job *job); /* `done` does not follow; takes NULL */

#endif
