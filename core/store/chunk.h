/* SPDX-License-Identifier: MIT */
#ifndef STORE_CHUNK_H
#define STORE_CHUNK_H

#include <stdbool.h>
#include <stdint.h>
#include "store/engine.h"
#include "store/spans.h"
#include "store/sync.h"

/*
 * A loaded chunk: what is known of a replica beyond its slot of the table. Replicas that grow
 * (open, frozen) and bad ones are always loaded; a sealed one while it is used and for a while
 * after.
 *
 *   slot only --store_chunk_get--> loaded, in use --last chunk_unref--> loaded, idle --room--> slot
 * only
 *
 * What is written of a growing chunk lies in three places that move in step:
 *
 *   data file    [ whole records       )[ frames of one under way )[ part of a frame )
 *                                      ^ length                   ^ spans_end
 *   spans        [                     )[                         )
 *                                      ^ whole                    ^ spans.count
 *   index file   [               )
 *                                ^ indexed <= whole
 */
struct job;
struct loader;
struct load_wait;

struct chunk {
	uint32_t magic;
	struct store *store;
	struct dir *dir;
	uint64_t id;
	uint64_t version;
	uint64_t length; /* whole records */
	uint64_t committed;
	uint32_t crc; /* of `length` bytes */
	enum store_state state;
	char why[128];
	bool hidden;   /* a copy under way: not in the table, its files end in .tmp */
	bool gone;     /* deleted or replaced: not in the table any more */
	bool salvaged; /* a second view of a slot's files: salvage.h */
	unsigned users;
	struct chunk *next, *prev;           /* store->chunks */
	struct chunk *idle_next, *idle_prev; /* the store's idle ones, when users is 0 */
	bool idle;

	/* files; -1 when closed */
	int data, index;

	/* spans; those of growing chunks are always here */
	struct spans spans;
	bool loaded;
	bool counted;   /* in store->spans_bytes: may be dropped */
	size_t whole;   /* spans of whole records: those of `length` */
	size_t indexed; /* of these, in the index file */
	struct loader *loader;

	/* the index file: journal.c */
	uint64_t index_size;
	uint32_t index_last;
	uint64_t told_synced, told_committed; /* by the last entry that says so */

	struct sync sync;
	struct store_append *append; /* the one that writes */
	unsigned writing;            /* workers that write to .data: jobs wait for them */
	struct job *jobs;            /* first is running, or waits */
	bool jobs_wait;
};

enum { CHUNK_MAGIC = 0x6b6e6863 };

/* A new, unused chunk with a slot's values; NULL when memory is out. Belongs to the store. */
struct chunk *chunk_create(struct store *store, struct dir *dir, uint64_t id);
/* The loaded chunk of a slot, loaded now if it was cold, with one more user. NULL when memory is
 * out. */
struct chunk *store_chunk_get(struct store *store, struct slot *slot);
void chunk_ref(struct chunk *chunk);
/* The last user of a chunk that is gone destroys it. */
void chunk_unref(struct chunk *chunk);
/* Close, free, forget: it must be out of the table. */
void chunk_destroy(struct chunk *chunk);

/* Copy what changed into the slot, so that look-ups see it. No-op for hidden and gone ones. */
void chunk_publish(struct chunk *chunk);
/* Deleted or replaced: out of the table, no longer counted. Who still reads it may go on. */
void store_chunk_remove(struct chunk *chunk);
void chunk_held(const struct chunk *chunk, struct store_held *ret);
/* Tell `changed`. */
void chunk_tell(struct chunk *chunk);
/* "chunk 00ab...: " in front of the sentence. Returns its code. */
int chunk_where(const struct chunk *chunk, struct dfs_error *err);
/* A negative errno of a file of this chunk as an error with its sentence. */
int chunk_error(const struct chunk *chunk, int number, struct dfs_error *err, const char *what);

/* Open what is closed: both files for writing while the chunk grows, else .data for reading. May
 * touch the disk. */
int chunk_open_files(struct chunk *chunk, struct dfs_error *err);
/* These are open now; the chunk closes them. index: -1 where only .data is. */
void chunk_take_files(struct chunk *chunk, int data, int index);
void chunk_close_files(struct chunk *chunk);
/* The name of a file of this chunk, with .tmp for a hidden one. */
void chunk_path(const struct chunk *chunk, const char *suffix, char ret[DIR_FILE_MAX]);
/* Its spans may be dropped from now on: it is sealed. */
void chunk_count_spans(struct chunk *chunk);
/* Forget idle chunks, the longest unused first, until the limits are kept. */
void chunk_trim(struct store *store);

/*
 * Give the replica up (RULES 3, 31): STORE_BAD, kept on disk, marked so that a restart knows, told
 * by `changed`. What was under way on it fails with DFS_E_IO. `why` is a sentence. No-op on one
 * that is bad already. bad.c
 */
void chunk_bad(struct chunk *chunk, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* Seal it where it ends, if all of it is acknowledged and nothing else happens to it. seal.c */
void seal_self(struct chunk *chunk);

/* ---- journal.c: writing the index file
 * ----------------------------------------------------------------------------- */

struct entry;

/*
 * Write what the index lacks: the opening entry, a synced-to where there is news, the spans of
 * whole records, then `last` (may be NULL; its `before` and `durable` are filled in here). Not
 * synced. On failure the file is as before; DFS_E_NOSPC leaves the chunk good, anything else has
 * given it up.
 */
int journal_write(struct chunk *chunk, struct entry *last, struct dfs_error *err);
/* Forget spans that are not in the index file: what was not acknowledged goes back. */
void journal_forget_unwritten(struct chunk *chunk);

/* ---- load.c: spans of a sealed chunk
 * -------------------------------------------------------------------------------- */

struct load_wait {
	struct load_wait *next;
	void (*ready)(struct load_wait *wait, int status, const struct dfs_error *err);
};

/* Read and check the index on a worker and open the data file; `ready` comes later. DFS_E_NOMEM at
 * once. */
int chunk_load(struct chunk *chunk, struct load_wait *wait);
void chunk_load_drop(struct chunk *chunk, struct load_wait *wait);
void chunk_load_free(struct chunk *chunk); /* store_close, after a crash of the simulated host */

#endif
