/* SPDX-License-Identifier: MIT */
/* A keepsake's file, and the checksums of its parts: on a worker. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "io/disk.h"
#include "node/master/keepsakes.h"

enum { PIECE_BYTES = 1 << 20, PARTS_MAX = 4096, GOAL = 3 };

static void run(struct io_work *work);
static int sum_parts(struct keepsakes *keepsakes);
static int sum_part(
        struct io *io, int fd, uint64_t offset, uint64_t length, char *piece, uint32_t *ret);
static void done(struct io_work *work);

void keepsakes_prepare(struct keepsakes *keepsakes)
{
	struct master *master = keepsakes->master;

	if (!keepsakes->whole) {
		const struct proto_row_keepsake *last =
		        &keepsakes->known[keepsakes->known_count - 1].row;

		keepsakes->base = (struct checkpoint){
		        .operation = last->operation, .epoch = last->epoch, .reign = last->reign};
	}
	keepsakes->stage = PREPARING;
	keepsakes->began_ms = io_mono_ms(master->io);
	keepsakes->work = (struct io_work){.run = run, .done = done, .lane = IO_LANE_BULK};
	io_work_submit(master->io, &keepsakes->work);
}

/* On a worker. */
static void run(struct io_work *work)
{
	struct keepsakes *keepsakes = (struct keepsakes *)work;
	const struct master_options *options = &keepsakes->master->options;
	struct io *io = keepsakes->master->io;
	struct dfs_error *err = &keepsakes->err;

	keepsakes->code = checkpoint_log_prune(io, options->checkpoint_dir, err);
	if (keepsakes->code == 0 && !keepsakes->whole)
		keepsakes->code = checkpoint_log_write(io, options->kv, options->checkpoint_dir,
		        &keepsakes->base, KEEPSAKE_LOG_BYTES, &keepsakes->file, err);
	if (keepsakes->code == 0)
		keepsakes->code = sum_parts(keepsakes);
}

static int sum_parts(struct keepsakes *keepsakes)
{
	struct io *io = keepsakes->master->io;
	uint64_t size = keepsakes->file.size_bytes + CHECKPOINT_FOOT_SIZE;
	size_t count = (size_t)((size + KEEPSAKE_PART_BYTES - 1) / KEEPSAKE_PART_BYTES);
	char name[CHECKPOINT_NAME_MAX], path[CHECKPOINT_PATH_MAX + CHECKPOINT_NAME_MAX];
	char *piece = malloc(PIECE_BYTES);
	int fd = -1, rc = 0;

	checkpoint_name(&keepsakes->file, name);
	snprintf(path, sizeof(path), "%s/%s", keepsakes->master->options.checkpoint_dir, name);
	keepsakes->chunks = calloc(count, sizeof(*keepsakes->chunks));
	keepsakes->parts = calloc(count, sizeof(*keepsakes->parts));
	if (!piece || !keepsakes->chunks || !keepsakes->parts || count > PARTS_MAX)
		rc = -ENOMEM;
	if (rc == 0)
		fd = io_disk(io, open, path, IO_OPEN_READ);
	rc = fd < 0 && rc == 0 ? fd : rc;
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t at = i * (uint64_t)KEEPSAKE_PART_BYTES;

		keepsakes->chunks[i].length =
		        size - at < KEEPSAKE_PART_BYTES ? size - at : KEEPSAKE_PART_BYTES;
		rc = sum_part(
		        io, fd, at, keepsakes->chunks[i].length, piece, &keepsakes->chunks[i].crc);
	}
	if (fd >= 0)
		io_disk(io, close, fd);
	free(piece);
	keepsakes->parts_count = count;
	return rc == 0 ? 0
	               : error_set(&keepsakes->err, error_from_errno(-rc), "%s: %s", path,
	                         strerror(-rc));
}

static int sum_part(
        struct io *io, int fd, uint64_t offset, uint64_t length, char *piece, uint32_t *ret)
{
	uint32_t crc = 0;

	while (length > 0) {
		size_t want = length < PIECE_BYTES ? (size_t)length : PIECE_BYTES;
		ssize_t got = io_disk(io, pread, fd, piece, want, offset);

		if (got <= 0)
			return got < 0 ? (int)got : -EIO;
		crc = crc32c(crc, piece, (size_t)got);
		offset += (uint64_t)got;
		length -= (uint64_t)got;
	}
	*ret = crc;
	return 0;
}

static void done(struct io_work *work)
{
	struct keepsakes *keepsakes = (struct keepsakes *)work;
	struct master *master = keepsakes->master;

	if (keepsakes->code == DFS_E_NOENT && !keepsakes->whole) { /* nothing came after it */
		keepsakes->changes_kept = keepsakes->changes;
		keepsakes->cut = false;
		keepsakes_end(keepsakes);
		return;
	}
	if (keepsakes->code == DFS_E_CHANGED && !keepsakes->whole) {
		keepsakes->whole_wanted = true;
		keepsakes_end(keepsakes);
		return;
	}
	if (keepsakes->code != 0 || master->stopping) {
		keepsakes_fail(keepsakes, keepsakes->code, keepsakes->err.text);
		return;
	}
	keepsakes->cut = !keepsakes->whole && keepsakes->file.size_bytes >= KEEPSAKE_LOG_BYTES;
	keepsakes->first = meta_new_keepsake(master->meta, keepsakes->parts_count);
	keepsakes->goal = cluster_nodes_staying(master->cluster);
	if (keepsakes->goal > GOAL)
		keepsakes->goal = GOAL;
	keepsakes->at = 0;
	keepsakes->stage = STORING;
	keepsakes_store(keepsakes);
}
