/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_PUT_H
#define CLIENT_PUT_H

#include "client/append.h"
#include "client/job.h"
#include "base/frame.h"

/*
 * What the files of a put share. Nobody else includes it. README.md draws the states.
 *
 *   put.c          the job: session, commit, the end
 *   put_slot.c     one chunk under way: sent, acknowledged, or sealed early and continued in
 *                  another
 *   put_stream.c   its bytes, from a source of known size that may be read again
 *   put_piece.c    those bytes, read and summed by workers
 *   put_pipe.c     its bytes, from any other source: bodies that are kept until acknowledged
 *   put_pool.c     chunks that the master allocated; datanodes to be avoided
 *   put_extents.c  what is stored so far, for stage and commit
 *   put_sums.c     checksums of what was sent into a chunk
 */
enum {
	PUT_PIECE_FRAMES = 8, /* frames read and sent at once */
	PUT_PIECE_BYTES = PUT_PIECE_FRAMES * SPAN_SIZE_MAX,
	PUT_PIECES_MAX = 8,   /* of all puts of a client, but that each may have one */
	PUT_BODY_FRAMES = 64, /* of one body of a pipe: 4 MiB */
	PUT_FRAME_STRIDE = FRAME_HEADER_SIZE + SPAN_SIZE_MAX,
	PUT_ATTEMPTS = 5,       /* without progress */
	PUT_EXTENTS_MAX = 1000, /* in one message */
	PUT_POOL_MAX = 8,       /* chunks asked for at once */
	PUT_AVOID_MAX = 64,
};

/* ---- checksums of what was sent into the present chunk ---- */

struct put_sums { /* of frames of SPAN_SIZE_MAX, only the last one shorter */
	uint32_t *crcs;
	size_t count, capacity;
	uint64_t bytes;
};

int sums_add(struct put_sums *sums, uint32_t crc, uint32_t size_bytes); /* 0 or NOMEM */
/* CRC32C of [from, to); false where one of them lies inside a frame or past the end. */
bool sums_crc(const struct put_sums *sums, uint64_t from, uint64_t to, uint32_t *ret);
void sums_clear(struct put_sums *sums); /* keeps the memory */
void sums_fini(struct put_sums *sums);

/* ---- extents, sorted by their offset in the file ---- */

struct put_extents {
	struct proto_extent *items; /* receipts are ours */
	size_t count, capacity;
	uint64_t bytes;  /* of all that were ever added */
	uint64_t staged; /* the master has those before this offset, and they are gone from here */
};

int client_extents_add(
        struct put_extents *extents, const struct proto_extent *extent); /* copies; 0 or NOMEM */
/* Move all of `from` into `extents`. */
int extents_move(struct put_extents *extents, struct put_extents *from);
/* How many of the first ones follow each other without a gap from `staged` on. */
size_t extents_ready(const struct put_extents *extents);
void extents_drop(struct put_extents *extents, size_t count); /* the first ones: they are staged */
void extents_clear(struct put_extents *extents);

/* ---- chunks to write to ---- */

struct put_target {
	uint64_t chunk, version;
	char *ticket;
	size_t replicas_count;
	struct {
		uint32_t node;
		char address[IO_ADDRESS_MAX];
	} replicas[PROTO_REPLICAS_MAX];
	uint64_t since_ms;
	uint64_t event; /* put_pool.events when the master was asked */
	uint64_t epoch; /* a new master seals what an earlier one allocated */
	struct put_target *next;
};

struct put;

struct put_pool {
	struct put_target *first;
	bool asking;
	unsigned empty_answers; /* in a row */
	struct {
		uint32_t node;
		uint64_t at_ms;
		uint64_t event;
	} avoid[PUT_AVOID_MAX];
	size_t avoid_count;
	uint64_t events, asked_event; /* what was before what, within one millisecond too */
};

/* What the master allocated; DFS_E_PROTO for what can't be written to. */
int pool_add(struct put *put, const struct proto_allocated *list, size_t count);
/* The oldest good one, the caller's from now on; NULL: none. */
struct put_target *client_pool_take(struct put *put);
void pool_avoid(struct put *put, uint32_t node);
/* Ask for as many as are wanted now, if that is not under way. */
void pool_ask(struct put *put);
void pool_clear(struct put *put);
void target_free(struct put_target *target); /* takes NULL */

/* ---- a piece of a source that may be read again ---- */

struct put_slot;

struct put_piece {
	struct io_work work; /* first */
	struct put *put;
	struct put_slot *slot; /* NULL: nobody wants it any more */
	bool reading;          /* a worker has it */
	/* What to read, copied: the worker looks at nothing of the job. */
	struct client_source source;
	const char *path;
	uint64_t offset; /* in the file */
	uint32_t size;
	/* What was read. */
	uint32_t done; /* bytes of whole frames, read and summed */
	int code;
	struct dfs_error err;
	uint32_t crcs[PUT_PIECE_FRAMES];
	uint8_t *bytes; /* frames, each at its stride */
	struct put_piece *next;
};

/*
 * Read [offset, offset + size) of the source and sum it: done when it returns, or by a worker where
 * the source is not at hand (`reading`), and stream_read follows. NULL: out of memory. The piece is
 * the slot's until piece_give_back.
 */
struct put_piece *piece_read(struct put_slot *slot, uint64_t offset, uint32_t size);
/* Where frame `index` lies, its header first, and its payload's size; NULL past the last one. */
uint8_t *piece_frame(const struct put_piece *piece, unsigned index, uint32_t *ret_size);
void piece_give_back(struct put_piece *piece); /* no worker has it */
/* Is there memory for one more? If not, stream_spare follows. */
bool pieces_have_room(const struct put *put);
/* The end of the job: those that workers have go when they are back. */
void pieces_release(struct put *put);

/* ---- a body that is kept until it is acknowledged ---- */

struct put_body {
	uint8_t *bytes;   /* PUT_BODY_FRAMES frames, each at its stride; NULL: not made yet */
	size_t first;     /* frames before it were stored in an earlier chunk */
	uint64_t payload; /* bytes from `first` on */
	uint64_t sent;    /* bytes of the body, headers too, that were written */
};

/* ---- a chunk under way ---- */

enum slot_state {
	SLOT_IDLE,   /* nothing to store */
	SLOT_FILL,   /* a body is read from a pipe */
	SLOT_TARGET, /* bytes to store, no chunk yet */
	SLOT_SEND,   /* an append is running */
	SLOT_SEAL,   /* it failed: the master seals the chunk at what is there */
	SLOT_WAIT,   /* it failed without progress: the next try has its time */
};

struct put_slot {
	struct put *put;
	enum slot_state state;
	uint64_t from;   /* offset in the file of the chunk's first byte */
	uint64_t length; /* bytes for the chunk: all of them (stream), at most (pipe) */
	uint64_t acked;  /* bytes of the chunk that the whole chain acknowledged */
	struct put_target *target;
	struct put_sums sums;
	struct append *append;
	bool last;    /* the append is the chunk's last */
	bool touched; /* the append that failed had sent bytes */
	struct io_timer *timer;
	unsigned attempts; /* in a row without progress */
	int why_code;
	char why[DFS_ERROR_TEXT_MAX]; /* the last failure: chunk, node, reason */
	struct put_piece *pieces;     /* stream: in order, being read or ready to be sent */
	unsigned pieces_count;
	uint64_t read_to;          /* stream: bytes of the chunk that pieces were made for */
	bool cold;                 /* stream: the last one waits for the source */
	struct put_body body;      /* pipe: on its way, or to be sent */
	struct put_body ahead;     /* pipe: the one after it, being collected */
	struct put_extents bodies; /* pipe: acknowledged bodies of the present chunk */
};

int slot_init(struct put_slot *slot, struct put *put);
void slot_stop(struct put_slot *slot); /* nothing of it runs any more; it is IDLE */
void slot_fini(struct put_slot *slot);
/* Store [from, from + length) of a source that may be read again. */
void slot_stream(struct put_slot *slot, uint64_t from, uint64_t length);
/* Store what the pipe gives next. */
void slot_pipe(struct put_slot *slot, uint64_t from);
/* It waits for a chunk: one came. Takes the target. */
void slot_target(struct put_slot *slot, struct put_target *target);
/* It waits for a chunk and there is none for it: that was an attempt. */
void slot_no_target(struct put_slot *slot, int code, const char *sentence);
/* Bytes that are on their way now. */
uint64_t slot_under_way(const struct put_slot *slot);

/* put_slot.c, for put_seal.c */
void slot_move(struct put_slot *slot, enum slot_state to);
void slot_want_target(struct put_slot *slot);
void slot_leave_chunk(struct put_slot *slot);
/*
 * [offset, offset + length) of the present chunk is stored. The receipt is "" where the master
 * sealed it. 0 or NOMEM, which has failed the put.
 */
int slot_keep(struct put_slot *slot, struct put_extents *where, uint64_t offset, uint64_t length,
        uint32_t crc, const char *receipt);
/* put_seal.c: the append ended so; the chunk is left for another. */
void slot_failed(struct put_slot *slot, const struct append_result *result);

/* put_stream.c */
/* Write pieces of the file into the append until it has enough. */
void stream_more(struct put_slot *slot);
/* A worker read one. */
void stream_read(struct put_slot *slot, struct put_piece *piece);
/* A piece is free: for a slot that waits for one. */
void stream_spare(struct put *put);
void stream_forget(struct put_slot *slot); /* what was read or is being read is not wanted */

/* put_pipe.c */
/* Read on until the body ahead is whole: 0, DFS_E_BUSY (the source has nothing now), or its error.
 */
int body_fill(struct put_slot *slot, struct dfs_error *err);
/* The body was stored: the one ahead of it takes its place. */
void body_turn(struct put_slot *slot);
/* Every byte of the source is stored. */
bool pipe_ended(const struct put *put);
/* Headers for the present chunk; adds to its sums. 0 or NOMEM. */
int body_frame(struct put_slot *slot);
void body_more(struct put_slot *slot);
/* The first `bytes` of it are stored: a multiple of SPAN_SIZE_MAX, or all. */
void body_consume(struct put_body *body, uint64_t bytes);
uint64_t body_size(const struct put_body *body); /* on the wire */

/* ---- the job ---- */

enum put_state {
	PUT_BEGIN,   /* a write session is asked for */
	PUT_WRITE,   /* slots work */
	PUT_COMMIT,  /* everything is stored; the master makes it visible */
	PUT_ABANDON, /* it failed; the session is given up */
	PUT_OVER,
};

struct put {
	struct client_job job; /* first */
	enum put_state state;
	struct client_put what;
	char *path;
	struct client_source source;
	bool stream; /* known size, may be read again; else a pipe */

	uint64_t session, chunk_size;
	uint64_t cursor; /* stream: offset from which no slot works yet; pipe: offset read up to */
	bool source_ended; /* pipe */
	bool has_next;     /* pipe: the byte after the last body was read already */
	uint8_t next;
	unsigned restarts; /* sessions before this one */
	struct put_slot *slots;
	size_t slots_count;
	struct put_piece *spares; /* stream */
	unsigned pieces_count;    /* that were made */
	unsigned reading;         /* pieces that workers have */
	bool ending;              /* the end is told when they are back */
	struct put_pool pool;
	struct put_extents extents;
	bool staging;
	struct io_timer *renew; /* WRITE: keep the session alive; ABANDON: don't wait longer */
	struct io_timer *turn;  /* the end comes in a turn of its own */
	struct dfs_error failed;
};

/* put_session.c */
void put_begin(struct put *put);
void put_renew_fired(void *arg); /* timer `renew` */

void put_move(struct put *put, enum put_state to);
void put_slots_stop(struct put *put);
void put_give_up_session(struct client_job *job, uint64_t session);
/* A slot became idle, extents came: what is next? */
void put_run(struct put *put);
/* No worker reads any more. */
void put_read_over(struct put *put);
/* The end is here, and is told as soon as no worker reads: the source is the caller's again. */
void put_end(struct put *put);
/* It can't go on. The first failure counts; the end follows in a later turn. */
void put_fail(struct put *put, int code, const char *sentence);
/*
 * The master does not know the session any more, or refuses what was stored under it: a source that
 * can be read again is stored again from its start, in a new session; for another one it is the
 * end.
 */
void put_again(struct put *put, int code, const char *sentence);
uint64_t put_file_size(const struct put *put);
/* How many chunks the slots wait for, and the file still needs, now. */
uint32_t put_targets_wanted(const struct put *put);

#endif
