/* SPDX-License-Identifier: MIT */
#ifndef STORE_INTAKE_H
#define STORE_INTAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include "base/frame.h"
#include "store/chunk.h"

/*
 * Frames on their way into a chunk's data file, in slices of any size. Bytes go from the caller's
 * memory to pwritev: pieces of many frames are gathered into one call, nothing is copied and
 * nothing allocated but spans.
 *
 *   slice   |hdr| payload        |hdr| payload       |hdr| pay
 *   iov          [0............]      [1...........]      [2.]     headers are left out
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
	struct iovec iov[INTAKE_IOV];
	int iov_count;
	size_t iov_bytes;
	int frame_iov; /* where the frame under way begins among them */
	size_t frame_iov_bytes;
	uint64_t at; /* where the gathered bytes go in the data file */
};

void intake_init(struct intake *intake, struct chunk *chunk, uint64_t limit);
/*
 * DFS_E_CORRUPT (a frame's checksum), DFS_E_PROTO, DFS_E_RANGE (over the limit), DFS_E_LIMIT (too
 * many spans), DFS_E_NOSPC, DFS_E_NOMEM, DFS_E_IO (the chunk was given up). What came before the
 * error is written and counted.
 */
int intake_feed(struct intake *intake, const uint8_t *bytes, size_t size, struct dfs_error *err);
/* True where the last frame and the last record are complete. */
bool intake_whole(const struct intake *intake);
/* The end, whatever came before it: gives back room, forgets what is no whole record. */
void intake_fini(struct intake *intake);
/* Payload of good frames since the beginning, and its CRC32C. */
void intake_sofar(const struct intake *intake, uint64_t *ret_bytes, uint32_t *ret_crc);

#endif
