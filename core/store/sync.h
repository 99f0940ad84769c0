/* SPDX-License-Identifier: MIT */
#ifndef STORE_SYNC_H
#define STORE_SYNC_H

#include <stdbool.h>
#include <stdint.h>
#include "store/later.h"

/*
 * Making a chunk durable. Three lanes, each with at most one job on a worker: the data file, the
 * index file, the name in the folder. A lane counts: `written` grows with what is to be synced,
 * `durable` follows when a job ends. Whoever needs durability waits for the marks of now; a job
 * that began earlier does not count for it.
 *
 * The two fdatasyncs of an append, and the folder's fsync of a created chunk, go out at the same
 * time (RULES 28). The first failure gives the replica up; nothing is synced again on that file
 * (RULES 31).
 */
struct chunk;
struct dir;

enum sync_lane_kind { SYNC_DATA, SYNC_INDEX, SYNC_NAME, SYNC_LANES };

/*
 * Bytes of sync appends, somebody waits for them or soon will; and of async ones, which may stay in
 * the page cache for a while and have a bound of their own. One chunk may hold both.
 */
enum sync_kind { SYNC_PROMPT, SYNC_LAZY, SYNC_KINDS };

struct sync_lane {
	struct io_work work;
	struct chunk *chunk;
	enum sync_lane_kind kind;
	uint64_t written; /* data: bytes ever written; index: its size; name: names made */
	uint64_t wanted;  /* somebody waits for this much */
	uint64_t covers;  /* the running job's */
	uint64_t durable;
	uint64_t covers_length, durable_length; /* data: the chunk's length then */
	bool busy;
	bool background; /* counted in store->background_lanes */
	int status;
};

struct sync_wait {
	struct sync_wait *next;
	struct later later;
	struct chunk *chunk;
	uint64_t marks[SYNC_LANES];
	int status; /* 0, or DFS_E_IO: the replica was given up */
	void (*ready)(struct sync_wait *wait);
	bool queued;
};

struct sync {
	struct sync_lane lanes[SYNC_LANES];
	struct sync_wait *waits;
	enum sync_kind kind;           /* of what is written now */
	uint64_t unsynced[SYNC_KINDS]; /* bytes of this chunk counted in dir->unsynced */
	uint64_t covers[SYNC_KINDS];   /* of these, the running job's */
	uint64_t data_end; /* how far the data file was written, past the chunk's length too */
	uint64_t room_end; /* how far room was set aside for it; UINT64_MAX: not known */
	/* write-back of what came in, every 8 MiB */
	struct io_work back;
	uint64_t back_offset, back_size; /* of the running job */
	uint64_t back_done;              /* data offset up to which it was asked for */
	bool back_busy;
	/* store->dirty: chunks with something to sync; the list uses them */
	struct chunk *dirty_next, *dirty_prev;
	bool dirty;
	uint64_t due_ms;      /* when it is synced though nobody waits */
	bool seal_when_clean; /* acknowledged as its last append, async: sealed once it is on disk
	                       */
};

void sync_init(struct chunk *chunk);
/* What a recovered chunk holds may be in the page cache only: all but `synced` bytes of data count
 * as unsynced. */
void sync_recovered(struct chunk *chunk, uint64_t synced);
/* What is written from now on is of that kind. */
void sync_kind(struct chunk *chunk, enum sync_kind kind);
/* `bytes` were written to the data file, up to `end`: count them, start write-back, choke the
 * directory's appends. */
void sync_wrote(struct chunk *chunk, uint64_t bytes, uint64_t end);
/* The index file is `size` bytes long now; the chunk got a name. */
void sync_wrote_index(struct chunk *chunk, uint64_t size);
void sync_named(struct chunk *chunk);
/*
 * Make all that was written until now durable; `ready` is called on a later turn. With `wanted`
 * false, only call `ready` (async appends).
 */
void sync_wait(struct chunk *chunk, struct sync_wait *wait, bool wanted,
        void (*ready)(struct sync_wait *wait));
void sync_wait_drop(struct sync_wait *wait); /* also where it does not wait */
/* The chunk was given up, deleted or closed: its bytes count no more; waits fail with `status`. */
void sync_abandon(struct chunk *chunk, int status);
/* Data bytes on disk, at a record boundary. */
uint64_t sync_length(const struct chunk *chunk);
/* The chunk ends at `length` again: what comes there next is not on disk yet. */
void sync_cut(struct chunk *chunk, uint64_t length);
bool sync_clean(const struct chunk *chunk);
void sync_fired(void *store); /* the store's timer */

#endif
