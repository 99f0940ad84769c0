/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_GET_H
#define CLIENT_GET_H

#include "base/parcel.h"
#include "client/answer.h"
#include "client/frames.h"
#include "client/job.h"

/*
 * What the files of a get share. Nobody else includes it. README.md draws the states.
 *
 *   get.c        the job: one state of a file, from its extents to the sink
 *   get_pages.c  extents, as the master tells them page by page
 *   fetch.c      one extent from one replica after another
 *   fetch_http.c one request to one replica
 *   fetch_slab.c its bytes, where workers write them
 */
enum { FETCH_PATIENCE_MS = 10000, FETCH_REASON_SIZE = 200 };

struct get;

/* An answer to locate, kept while its extents are in use. */
struct get_page {
	struct arena arena;
	struct proto_locate_reply reply;
	size_t next;    /* the first extent that no fetch took */
	unsigned users; /* fetches, and the list */
	struct get_page *after;
};

struct get_page *page_make(
        const struct proto_locate_reply *reply); /* a deep copy, one user; NULL: NOMEM */
void page_unref(struct get_page *page);          /* takes NULL */

enum fetch_state {
	FETCH_IDLE,
	FETCH_ASK,      /* a replica is asked, no answer yet */
	FETCH_BODY,     /* bytes come */
	FETCH_RELOCATE, /* all replicas failed: the master is asked where there are others */
	FETCH_WRITE,    /* all is here and verified: a worker still writes */
};

struct fetch_batch;

struct fetch {
	struct get *get;
	enum fetch_state state;
	struct get_page *page;
	const struct proto_located *extent; /* in the page */
	uint64_t from, to;                  /* bytes of the file that are wanted from it */
	uint64_t at;                        /* delivered up to here */
	uint32_t crc;                       /* of what was delivered since `from` */
	bool whole;     /* all of the extent is wanted: the crc must be the extent's */
	bool relocated; /* since the last progress */
	bool salvage; /* no replica is left that is not called bad: whole spans of those will do */
	uint64_t lost_to; /* of the file: the least that all replicas in `named` cannot give, from
	                     `at` on */
	unsigned named;   /* bits by index */
	bool strict; /* whole bytes failed the extent's crc: a replica that did that is never asked
	                again */
	size_t replica; /* index of the one that is asked */
	unsigned tried; /* bits by index */
	char reasons[PROTO_REPLICAS_MAX][FETCH_REASON_SIZE];

	/* The request under way. */
	struct io_exchange *exchange;
	struct answer answer;
	struct frames frames;
	uint64_t began_at; /* `at` when it was made */
	struct io_timer *patience;
	uint64_t moved_ms;
	/* In order: bytes before ours are not delivered yet. What comes is kept and the connection
	 * paused. */
	/* Where workers write: what comes lies in a slab, up to `parsed` whole frames. Verified,
	 * and not yet written: `gathered`, from `gathered_at` of the file on. */
	struct slab *slab;
	size_t parsed;
	struct parcel gathered;
	uint64_t gathered_at;
	struct fetch_batch *batch; /* a worker has it */
	bool paused;               /* for workers are behind */
	bool held;
	struct buf kept;
	bool ended; /* it closed meanwhile */
};

int fetch_init(struct fetch *fetch, struct get *get);
void fetch_fini(struct fetch *fetch);
/* Begin; `extent` lies in `page`, of which the fetch takes a use. */
void client_fetch_start(struct fetch *fetch, struct get_page *page,
        const struct proto_located *extent, uint64_t from, uint64_t to, bool held);
void fetch_stop(struct fetch *fetch); /* nothing of it runs any more; it is IDLE */

void fetch_move(struct fetch *fetch, enum fetch_state to);

/* fetch_http.c: ask the chosen replica for [at, to). */
int fetch_ask(struct fetch *fetch);
void fetch_drop(struct fetch *fetch);    /* end the request, if there is one */
void fetch_release(struct fetch *fetch); /* held until now: its turn has come */
int fetch_check(struct fetch *fetch, const struct frame *frame, struct dfs_error *err);
void fetch_count(struct fetch *fetch, const struct frame *frame); /* a verified one */

/* fetch_slab.c */
bool fetch_lends(const struct fetch *fetch); /* workers write what comes */
/* As frames_feed, frames_at_boundary. */
int fetch_receive(struct fetch *fetch, const uint8_t *bytes, size_t size, struct dfs_error *err);
bool fetch_at_boundary(const struct fetch *fetch);
void *fetch_room(struct fetch *fetch, size_t *ret_size);
/* A new request: what was not whole is gone. */
void fetch_slab_drop(struct fetch *fetch);
/* What was gathered is not to be written. */
void fetch_forget(struct fetch *fetch);
/* Give workers the rest. True where they have something, or had: fetch_written comes. */
bool fetch_write_rest(struct fetch *fetch);
void fetch_slab_fini(struct fetch *fetch);
/* fetch.c: after fetch_write_rest: all is written. */
void fetch_written(struct fetch *fetch);
/* fetch.c: the replica that is asked said that it lacks these bytes of the chunk. */
void fetch_bad(struct fetch *fetch, uint64_t first, uint64_t last);
/* What it tells fetch.c: the request ended with all bytes verified (0), or not. */
void fetch_ended(struct fetch *fetch, int code, const struct dfs_error *err);

enum get_state { GET_LOCATE, GET_READ, GET_OVER };

struct get {
	struct client_job job; /* first */
	enum get_state state;
	char *path;
	struct client_sink sink;
	uint64_t offset, length; /* as asked */

	bool known; /* the file's state is: */
	uint64_t inode, generation;
	uint64_t start, end; /* range that is read */
	uint64_t planned;    /* a fetch took what is before it */
	uint64_t next_write; /* in order: the next byte for the sink */
	uint64_t located;    /* extents are known up to here */
	bool locating;
	struct get_page *pages; /* with extents that no fetch took, in order */
	struct fetch *fetches;
	size_t fetches_count;
	struct slabs slabs;
	unsigned batches; /* that workers have */
	bool again;       /* the next state is read when they are back */
	uint64_t delivered;
	unsigned restarts;
	struct io_timer *turn; /* the end comes in a turn of its own */
	struct dfs_error failed;
};

void get_run(struct get *get);
/* The first failure counts; the end follows in a later turn. */
void get_fail(struct get *get, int code, const char *sentence);
/* The state that was being read is gone (RULES 9). */
void get_changed(struct get *get);
/* A worker is done: the sink is ours again, when it was the last. */
void get_batch_done(struct get *get);

/* get_pages.c */
void pages_ask(struct get *get); /* the next page, if one is needed and none is under way */
/* The next extent and which bytes of it are wanted; false where none is known (yet). Its page gets
 * one more user. */
bool pages_take(struct get *get, struct get_page **ret_page,
        const struct proto_located **ret_extent, uint64_t *ret_from, uint64_t *ret_to);
void pages_clear(struct get *get);

#endif
