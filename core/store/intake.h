/* SPDX-License-Identifier: MIT */
#ifndef STORE_INTAKE_H
#define STORE_INTAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "base/frame.h"
#include "store/chunk.h"
#include "base/parcel.h"

/*
 * Frames on their way into a chunk's data file, in slices of any size. Bytes go from where they lie
 * to pwritev: pieces of many frames are gathered into one call, nothing is copied.
 *
 *   slice   |hdr| payload        |hdr| payload       |hdr| pay
 *   iov          [0............]      [1...........]      [2.]     headers are left out
 *
 * Bytes that are borrowed are written before intake_feed returns. Bytes in slabs are written by a
 * worker, whole frames in steps of at least 256 KiB, so that each write begins where a span does;
 * one write at a time, and meanwhile the next ones are gathered.
 *
 * What is written counts frame by frame when its checksum is good (`end`), and goes into
 * chunk->length record by record.
 */
enum { INTAKE_IOV = 256, INTAKE_WRITE_BYTES = 256 * 1024, INTAKE_GRANT_BYTES = 1024 * 1024 };

struct intake {
	struct chunk *chunk;
	uint64_t limit; /* the chunk's bytes may not pass this */
	uint64_t start; /* chunk->length at the beginning */
	uint32_t start_crc;
	uint64_t granted; /* room promised by the directory and not yet used */
	bool over;        /* intake_fini: nothing of it counts any more */
	/* the frame under way */
	uint8_t header[FRAME_HEADER_SIZE];
	unsigned header_have;
	bool in_frame;
	struct frame frame;
	uint32_t frame_have, frame_crc;
	bool direct;         /* `crc` runs over the payload as it comes: for short frames */
	uint32_t crc_before; /* `crc` where the frame began */
	/* good frames */
	uint64_t end;
	uint32_t crc; /* of the chunk's bytes up to `end` */
	/* whole records, not yet in the chunk */
	uint64_t record_end;
	uint32_t record_crc;
	size_t record_spans;
	/* gathered, not yet written */
	struct slab *slab; /* where the slice lies that is being taken; NULL: it is borrowed */
	struct parcel gathered;
	int frame_iov; /* where the frame under way begins among them */
	size_t frame_iov_bytes;
	uint64_t at; /* where the gathered bytes go in the data file */
	/* on a worker */
	struct io_work work;
	bool writing;
	struct parcel going;
	uint64_t going_at, going_end; /* the second: the last whole record in it, or before it */
	uint32_t going_crc;
	size_t going_spans;
	uint64_t allocate; /* bytes for which room is to be set aside first; 0: none, or done */
	int allocated;
	ssize_t wrote;
	/* The worker is done; 0 or why the chunk got nothing of it. */
	void (*written)(struct intake *intake, int status, const struct dfs_error *err);
};

void intake_init(struct intake *intake, struct chunk *chunk, uint64_t limit);
/*
 * DFS_E_CORRUPT (a frame's checksum), DFS_E_PROTO, DFS_E_RANGE (over the limit), DFS_E_LIMIT (too
 * many spans), DFS_E_NOSPC, DFS_E_NOMEM, DFS_E_IO (the chunk was given up). What came before the
 * error is written and counted.
 */
int intake_feed(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err);
/* The same of `size` bytes at `at` of a slab, which it uses as long as it needs; they are gathered
 * only. */
int intake_lend(
        struct intake *intake, struct slab *slab, size_t at, size_t size, struct dfs_error *err);
/* Bytes of whole frames that are gathered. */
size_t intake_waiting(const struct intake *intake);
/* Give them to a worker; `written` follows. DFS_E_NOSPC, DFS_E_NOMEM. Not while one writes. */
int intake_write(struct intake *intake, struct dfs_error *err);
/* True where the last frame and the last record are complete. */
bool intake_whole(const struct intake *intake);
/* The end, whatever came before it: gives back room, forgets what is no whole record. A write that
 * is under way ends, but does not count. */
void intake_fini(struct intake *intake);
/* Its memory; also while a write is under way, where the process that did it is gone. */
void intake_free(struct intake *intake);
/* Payload of good frames since the beginning, and its CRC32C. */
void intake_sofar(const struct intake *intake, uint64_t *ret_bytes, uint32_t *ret_crc);

#endif
