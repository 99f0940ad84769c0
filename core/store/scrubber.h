/* SPDX-License-Identifier: MIT */
#ifndef STORE_SCRUBBER_H
#define STORE_SCRUBBER_H

#include "store/engine.h"
#include "store/index.h"
#include "store/job.h"
#include "store/recover.h"
#include "store/scrub.h"

/*
 * The inside of the scrub.
 *
 *   scrub.c        passes: when, in which order, how fast
 *   scrub_look.c   one replica's files against its index, on a worker
 *   scrub_chunk.c  one replica: looked at in slices; what seems wrong is looked at again as a job
 *   scrub_files.c  a folder's files against the table
 *   scrub_state.c  where a pass is, on disk
 *
 *               begin                       past the last           past folder ff
 *      REST -----------> CHUNKS ------------------------> FOLDERS ------------------> REST
 *              (time, or asked for: then from any state, from the first chunk on)
 */
enum {
	SCRUB_SLICE = 1024 * 1024, /* bytes read by one job, about */
	SCRUB_ROOM = SCRUB_SLICE + SPAN_SIZE_MAX + 2 * IO_DIRECT,
	SCRUB_COST_MIN = 64 * 1024, /* what a chunk costs at least: seeks are not free */
	SCRUB_TEXT_MAX = 512,
};

/* ---- scrub_state.c ---- */

struct scrub_state {
	uint64_t begun;    /* passes, for ever */
	bool running;      /* the last of them is under way */
	uint64_t position; /* its last chunk that is done */
	int64_t began_ms;  /* wall clock */
	uint64_t checked;  /* bytes */
	int64_t whole_ms;  /* when the last complete pass began; 0: there was none */
	uint64_t found, extra;
	uint64_t rate;      /* standing, as asked; 0: not */
	uint64_t pass_rate; /* of the pass under way; 0: the standing one */
};

size_t scrub_state_format(const struct scrub_state *state, char ret[SCRUB_TEXT_MAX]);
int scrub_state_parse(
        const char *text, size_t size, struct scrub_state *ret, struct dfs_error *err);
/* 0, DFS_E_NOENT, DFS_E_CORRUPT, DFS_E_IO. Blocks. */
int scrub_state_read(const struct dir *dir, struct scrub_state *ret, struct dfs_error *err);
/* RULES 28's order: another name, synced, renamed, the directory synced. Blocks. Negative errno. */
int scrub_state_write(const struct dir *dir, const struct scrub_state *state);

/* ---- scrub_look.c: on a worker, touches nothing of the store ---- */

struct scrub_look {
	struct io *io;
	const struct dir *dir;
	uint64_t id, version, length; /* what the table says */
	uint32_t crc;
	uint8_t *room; /* SCRUB_ROOM bytes at a multiple of IO_DIRECT */
	int data;      /* handle; -1 */
	struct index index;
	size_t at;           /* next span */
	uint64_t cost_bytes; /* read so far */
};

/* 0, or what is wrong: DFS_E_CORRUPT, IO, NOENT are the files' fault, others are not. */
int look_open(struct scrub_look *look, struct dfs_error *err);
int look_slice(struct scrub_look *look, struct dfs_error *err);
bool look_over(const struct scrub_look *look);
void look_close(struct scrub_look *look);
/* Is it the files that are at fault? */
bool look_blames(int code);

/* ---- the scrub of one directory ---- */

enum scrub_phase { SCRUB_REST, SCRUB_CHUNKS, SCRUB_FOLDERS };

struct scrub_suspect {
	uint64_t id;
	unsigned files;
};

struct scrub {
	struct scrubs *all;
	struct dir *dir;
	enum scrub_phase phase;
	struct scrub_state state;
	bool busy;        /* a worker or a job is on it */
	bool anew;        /* a pass was asked for meanwhile */
	uint64_t due_ms;  /* not before */
	uint64_t owed;    /* bytes read that cost less than a millisecond */
	uint64_t done_to; /* the chunk that is looked at */
	struct io_work work;
	int status;
	struct dfs_error err;
	/* scrub_chunk.c */
	bool looking; /* at `look.id` */
	unsigned tries;
	struct scrub_look look;
	/* scrub_files.c */
	unsigned folder;
	bool again; /* a second look at the folder, because of suspects */
	struct scan scan;
	struct scrub_suspect *suspects;
	size_t suspects_count;
	uint64_t extra; /* found by this pass */
	/* saving */
	bool save_wanted, saving;
	uint64_t save_after_ms; /* where nothing is wanted */
	struct io_work save;
	struct scrub_state saved;
	int save_status;
	struct scrub_wait *waits, *waits_saving;
};

struct scrubs {
	struct store *store;
	void (*notice)(void *arg, const char *sentence);
	void *arg;
	struct io_timer *timer;
	bool stopped;
	struct ask *asks;    /* scrub.c */
	unsigned busy, next; /* steps under way; whose turn it is */
	size_t count;
	struct scrub scrubs[];
};

void scrub_notice(struct scrub *scrub, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
/* The step is over: what it read is paid for by waiting. */
void scrub_step_done(struct scrub *scrub, uint64_t cost_bytes);

/* scrub_chunk.c: one step; ends by scrub_step_done. */
void scrub_chunk_begin(struct scrub *scrub, const struct slot *slot);
void scrub_chunk_step(struct scrub *scrub);
void scrub_chunk_drop(struct scrub *scrub); /* no worker is on it */
/* scrub_files.c: likewise. True where the last folder is done: no step was begun. */
bool scrub_files_step(struct scrub *scrub);
void scrub_files_drop(struct scrub *scrub);

void scrub_free_all(struct store *store);

#endif
