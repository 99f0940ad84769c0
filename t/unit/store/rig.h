/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_STORE_RIG_H
#define T_UNIT_STORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/crc32c.h"
#include "io/disk.h"
#include "io/sim/sim.h"
#include "store/store.h"

/*
 * A store in a world to test it in: the simulated one, or files in a temporary directory. The bytes
 * of a chunk are a function of its id and their offset, so that any read can be checked.
 */
struct rig_real;

struct rig {
	struct io *io;
	struct sim *sim; /* NULL in the real world */
	struct sim_host *host;
	struct rig_real *real;
	char dir[64];
	const char *dirs[4];
	struct store_options options;
	struct store *store;
	struct slabs slabs;
	bool lend;           /* appends bring their bytes in slabs, and workers write them */
	uint64_t kill_after; /* simulated: kill -9 after that many steps; 0: never */
	/* told by `changed` */
	struct store_held changed[64];
	size_t changed_count;
};

/* How a one-shot job ended, or an append. */
struct rig_done {
	bool done;
	int status;
	struct dfs_error err;
	struct store_held held;
};

struct rig *rig_create(uint64_t seed); /* simulated; directories made, store not open */
struct rig *rig_create_real(void);
void rig_destroy(struct rig *rig);
uint64_t rig_seed(void); /* $SEED, or 1 */

int rig_try_open(struct rig *rig, struct dfs_error *err);
void rig_open(struct rig *rig);
void rig_close(struct rig *rig);
void rig_reopen(struct rig *rig); /* a clean stop and a start */
void rig_step(struct rig *rig);
/* Until *flag, or the host crashed; false where it crashed. */
bool rig_wait(struct rig *rig, const bool *flag);
void rig_settle(struct rig *rig); /* until nothing happens any more by itself */
bool rig_crashed(const struct rig *rig);
/* After a crash: free the store, restart the host, open again. */
void rig_recover(struct rig *rig);

/* ---- bytes and frames
 * ------------------------------------------------------------------------------------------------
 */

uint8_t rig_byte(uint64_t chunk, uint64_t offset);
uint32_t rig_crc(uint64_t chunk, uint64_t from, uint64_t to);
/* Frames of `span` bytes each that carry [from, to) of a chunk; only the last one ends a record
 * unless `records`. */
void rig_frames(
        struct buf *buf, uint64_t chunk, uint64_t from, uint64_t to, uint32_t span, bool records);

/* ---- doing things and waiting for their end
 * ------------------------------------------------------------------------- */

struct rig_put {
	uint64_t chunk, version, from, to;
	uint32_t span; /* 0: 65536 */
	size_t slice;  /* 0: all at once */
	bool records;  /* each span is a record */
	bool async, seal;
	uint64_t allowance; /* 0: 64 MiB */
};

/* Append [from, to), create where from is 0; `done` is what came of it. A refused begin or feed is
 * its status too. */
void rig_append(struct rig *rig, const struct rig_put *put, struct rig_done *done);
/* Feed an append as rig->lend says, all at once or in slices. */
int rig_feed(struct rig *rig, struct store_append *append, const void *bytes, size_t size,
        size_t slice, struct dfs_error *err);
/* As rig_append, and it must go well. */
void rig_put(struct rig *rig, uint64_t chunk, uint64_t version, uint64_t from, uint64_t to);
void rig_freeze(struct rig *rig, uint64_t chunk, uint64_t version, struct rig_done *done);
void rig_seal(struct rig *rig, uint64_t chunk, uint64_t version, uint64_t length, uint32_t crc,
        struct rig_done *done);
void rig_delete(struct rig *rig, uint64_t chunk, uint64_t version, struct rig_done *done);
void rig_copy(
        struct rig *rig, uint64_t chunk, uint64_t version, uint64_t length, struct rig_done *done);
void rig_sealed(struct rig *rig, uint64_t chunk, uint64_t version, uint64_t length);
store_done rig_on_done; /* arg: struct rig_done */

/* Read and compare with what the chunk must hold. Returns the status. */
int rig_read(struct rig *rig, uint64_t chunk, uint64_t offset, uint64_t length, bool framed);
/* What a read with `spans` gave: bytes up to `to`, compared; what it said is missing, if anything.
 */
struct rig_spans {
	uint64_t to, missing_from, missing_to;
};
int rig_read_spans(
        struct rig *rig, const struct store_read_request *request, struct rig_spans *ret);
/* The whole of it must be there, read both ways. */
void rig_check(struct rig *rig, uint64_t chunk, uint64_t length);

/* ---- files
 * -------------------------------------------------------------------------------------------------------------
 */

/* Path of a file of a chunk, ".data" and so on; in a static buffer. */
const char *rig_path(struct rig *rig, uint64_t chunk, const char *suffix);
const char *rig_bad_path(struct rig *rig, uint64_t chunk, const char *suffix);
bool rig_exists(struct rig *rig, const char *path);
int64_t rig_size(struct rig *rig, const char *path);
void rig_read_file(struct rig *rig, const char *path, struct buf *ret);
void rig_write_file(struct rig *rig, const char *path, const void *bytes, size_t size);
void rig_truncate(struct rig *rig, const char *path, uint64_t size);
void rig_flip(struct rig *rig, const char *path, uint64_t bit);
struct store_held rig_held(struct rig *rig, uint64_t chunk);
void rig_absent(struct rig *rig, uint64_t chunk);

#endif
