/* SPDX-License-Identifier: MIT */
#ifndef STORE_SCRUB_H
#define STORE_SCRUB_H

#include "store/store.h"

/*
 * The scrub: every sealed replica is read from the disk and verified, again and again, slowly, so
 * that a copy that went bad unread is found while there are good ones left (GFS 5.2). Each data
 * directory is walked by itself, one chunk at a time in order of id; then its folders are looked
 * through for files that do not belong there. What is wrong becomes STORE_BAD as for a read: told
 * by `changed`, kept, served to nobody (RULES 3). Growing replicas are the freeze's and recovery's.
 *
 * Pace    bytes/s for each directory; a fourth of it while appends, reads or copies are under way.
 *         A pass begins SCRUB_EVERY_MS after the last one began, or when asked for.
 * Restart a file `scrub` in each directory holds the place: at most SCRUB_SAVE_MS are done again.
 * Loop    all functions on the loop of `io`; reading and checking on workers.
 */
enum {
	SCRUB_EVERY_MS = 7 * 24 * 60 * 60 * 1000, /* from begin to begin */
	SCRUB_SAVE_MS = 30 * 1000,
	SCRUB_FIRST_MS = 60 * 1000, /* after the start: recovery and repair go first */
	SCRUB_RATE_MIN = 64 * 1024,
	/* The standing rate, where none was asked for: this, and what makes a pass end within
	 * SCRUB_EVERY_MS. So no byte goes unchecked for more than two of them. */
	SCRUB_RATE_DEFAULT = 8 * 1024 * 1024,
	SCRUB_RATE_NOW = 64 * 1024 * 1024, /* of a pass that somebody asked for */
};

/* Of all data directories together. */
struct store_scrub_info {
	unsigned running;       /* directories with a pass under way */
	uint64_t begun;         /* passes begun so far, for ever: of all directories */
	uint64_t checked_bytes; /* by the passes under way, or the last ones */
	uint64_t total_bytes;   /* that these have to check, about */
	uint64_t rate;          /* bytes/s that a pass under way may read, or the next one */
	uint64_t oldest_ms;     /* no byte was checked longer ago; UINT64_MAX: some never were */
	uint64_t found;         /* bad replicas found by scrubs, for ever */
	uint64_t extra;         /* files found by the last passes that do not belong there */
	uint64_t bad;           /* replicas that are STORE_BAD now, whoever found them */
};

/*
 * Begin to scrub: read where each directory's scrub stood (blocks; before the loop serves). A place
 * that cannot be read is said, and the pass begins anew. `notice` gets a sentence for what a person
 * should know and `changed` does not tell; may be NULL. DFS_E_NOMEM.
 */
int store_scrub_start(struct store *store, void (*notice)(void *arg, const char *sentence),
        void *arg, struct dfs_error *err);
/* No further step: what is under way ends by itself (store_idle). */
void store_scrub_stop(struct store *store);
/*
 * A pass over everything begins now, at `rate` (0: SCRUB_RATE_NOW); one under way begins anew.
 * `done` when that is durable; its status tells whether it is. Never within this call.
 */
void store_scrub_now(struct store *store, uint64_t rate, store_done *done, void *arg);
/* The standing rate from now on, of a pass under way too; 0: SCRUB_RATE_DEFAULT or more. `done` as
 * above. */
void store_scrub_rate(struct store *store, uint64_t rate, store_done *done, void *arg);
void store_scrub_info(const struct store *store, struct store_scrub_info *ret);

#endif
