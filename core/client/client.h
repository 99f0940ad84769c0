/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "base/error.h"
#include "client/link.h"
#include "io/io.h"

/*
 * The client engine: a connection to the master that mends itself, and transfers of whole files.
 * Everything completes by a callback on the loop of `io`; the blocking face of it is <dfs/dfs.h>, in `node`.
 *
 * Loop    all on the loop of `io`. Callbacks come from the loop, never inside the call that they belong to (but NOMEM and
 *         CANCELLED of a client that is being destroyed do). client_destroy is not for use inside a callback.
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
void client_destroy(struct client *client); /* pending calls and jobs fail with CANCELLED inside; takes NULL */
/*
 * One call to the master. Mutations get (client id, sequence) by themselves and are repeated after a broken connection,
 * as reads are, until timeout_ms passed without the master (then DFS_E_UNAVAIL with its address and what to try).
 */
void client_call(struct client *client, enum proto_call which, const void *args, client_reply *reply, void *arg);
/* The id that the master gave at the last hello, and the epoch of its reign; 0 before the first. */
uint64_t client_id(const struct client *client);
uint64_t client_epoch(const struct client *client);

/* ---- put ---- */

/*
 * Where a put's bytes come from. `read` fills up to `size` bytes at `offset` now, or returns 0 at the end, or a
 * negative DFS_E_... with a sentence. `seekable`: any offset may be read again (a file); else strictly onwards (a pipe) and
 * the client keeps what is unacknowledged, at most one body, and reads the next one meanwhile. DFS_E_BUSY from a source that is not seekable means that
 * nothing is there now: it is asked again after 20 ms, and the loop stays free meanwhile. The job must not be
 * cancelled inside `read`.
 *
 * `read_now`, `hold` and `drop` are all there or all NULL; only for a source that is seekable and of known size. `read_now` reads as
 * `read`, but never waits: DFS_E_BUSY where it would have to. Then a worker calls `read`, several at once, beside the loop:
 * that touches only what `hold` keeps alive until as many `drop` (both on the loop). No worker reads any more when `done` is told; after a cancel,
 * or CANCELLED of a client that is being destroyed, one still may. Without them `read` runs on the loop and holds it up.
 */
struct client_source {
	int64_t (*read)(void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err);
	void *arg;
	uint64_t size_bytes; /* UINT64_MAX: unknown */
	bool seekable;
	int64_t (*read_now)(void *arg, uint64_t offset, void *ret_bytes, size_t size);
	void (*hold)(void *arg);
	void (*drop)(void *arg);
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
	/* get: of the state that was read */
	uint64_t size, generation;
	uint32_t mode;
	int64_t mtime_ns;
};

typedef void client_transfer_done(void *arg, const struct client_transfer *transfer);
/*
 * Bytes on their way into the chain or acknowledged (put), or delivered (get); never less than before. `total` is
 * UINT64_MAX where it is unknown. At most every 100 ms. May be NULL.
 */
typedef void client_progress(void *arg, uint64_t bytes, uint64_t total);

struct client_job;
/*
 * Store one file: visible whole when `done` says 0, else nothing changed (but DFS_E_UNAVAIL "during the commit": the
 * sentence says that it may be there). A datanode that fails costs time only: what it got goes to others. Strings of
 * `put` and both structs are copied. NULL: out of memory. Cancel: client_job_cancel.
 *
 * Limits  memory: a piece of 512 KiB for a seekable source of known size; where workers read, two for each chunk in flight as long as all puts of the
 *         client have less than 8; two bodies of 4 MiB otherwise, and 4 bytes for each 64 KiB of the chunks in flight
 * Errors  of the source as it gave them; DFS_E_CHANGED (it ended before its size); NODES, NOSPC, EXIST, ISDIR... of
 *         the master; IO (a range failed 5 times without progress: path, chunk, node and reason are named); EXPIRED
 */
struct client_job *client_put_start(struct client *client, const struct client_put *put, const struct client_source *source,
				    client_progress *progress, client_transfer_done *done, void *arg);

/* ---- get ---- */

/*
 * Where a get's bytes go, at their offset in the file. `any_order`: write may be called for any offset, also again (a
 * file; it must be cut to `transfer.size` in the end where the whole was read, since a try of an older state may have written past it); else
 * strictly onwards (a pipe), each byte once. The job must not be cancelled inside `write`.
 */
struct client_sink {
	int (*write)(void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err);
	void *arg;
	bool any_order;
	/*
	 * May be NULL; with any_order only. As `write` of pieces that follow each other, at most 1 MiB, but on a worker, where
	 * several of them run at once: it touches only what stays while it is held. `hold` comes before, on the loop, `drop`
	 * after it: all of them before `done`, but a job that is cancelled or destroyed may drop later.
	 */
	int (*write_pieces)(void *arg, uint64_t offset, const struct iovec *pieces, int count, struct dfs_error *err);
	void (*hold)(void *arg);
	void (*drop)(void *arg);
};

struct client_get {
	const char *path;
	uint64_t offset;
	uint64_t length; /* UINT64_MAX: to the end */
};

/*
 * Read one state of a file (RULES 9), every byte checked against the checksum its writer made; a replica that fails
 * is left for another, and one range is tried on all of them before the job fails.
 *
 * Limits  memory: 64 KiB for each extent in flight, about 2 MiB where workers write; in order: what was read of the next extent before it paused
 * Errors  of the sink as it gave them; NOENT, ISDIR... of the master; LOST (all replicas failed: chunk, nodes and reasons are
 *         named); CHANGED (in order, after bytes were delivered); CORRUPT
 */
struct client_job *client_get_start(struct client *client, const struct client_get *get, const struct client_sink *sink,
				    client_progress *progress, client_transfer_done *done, void *arg);
/* `done` does not follow; a put's session is given up. Not after `done`. Takes NULL. */
void client_job_cancel(struct client_job *job);

#endif
