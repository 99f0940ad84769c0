/* SPDX-License-Identifier: MIT */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include "store/dir.h"
#include "store/later.h"
#include "store/store.h"
#include "store/table.h"

/*
 * The store itself: its directories, the table of replicas, and what is under way. Everything else
 * hangs on a chunk.
 */
enum {
	STORE_FILES_MAX = 256,                    /* chunks whose files are open */
	STORE_SPANS_BYTES_MAX = 64 * 1024 * 1024, /* spans of sealed chunks kept in memory */
	STORE_SYNC_AFTER_MS = 1000,  /* what nobody waits for is looked at this often */
	STORE_ASYNC_AFTER_MS = 3000, /* and bytes of async appends are synced after this */
};

struct fetch;

struct store {
	struct io *io;
	struct store_events events;
	struct dir *dirs;
	size_t dirs_count;
	struct table table;
	uint64_t used_bytes;
	struct laters laters;
	size_t running; /* appends, reads, copies and jobs: store_idle */
	/* chunk.c: loaded chunks, those in use or not */
	struct chunk *chunks;                 /* all, copies under way too */
	struct chunk *idle_first, *idle_last; /* unused, the one to be forgotten first in front */
	size_t files_open;
	size_t spans_bytes;
	/* sync.c */
	struct io_timer *sync_timer;
	bool sync_timer_set;
	struct chunk *dirty;
	unsigned background_lanes; /* that sync what nobody waits for */
	/* read.c */
	struct store_read *reads;
	struct fetch *fetches; /* buffers at rest */
	size_t fetches_count;
	/* copy.c */
	struct store_copy *copies;
	struct job *jobs; /* all */
	/* scrub.c; NULL before store_scrub_start */
	struct scrubs *scrubs;
};

#endif
