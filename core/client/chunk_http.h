/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CHUNK_HTTP_H
#define CLIENT_CHUNK_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "io/net.h"

/*
 * The values of paths and headers of docs/contracts.md, "HTTP of a datanode": written by one side,
 * read by the other. Parsers take the whole text or answer DFS_E_PROTO with a sentence; `ret` is
 * untouched then.
 */
enum {
	CHUNK_TEXT_SIZE = 160, /* of every value made here but chains and failed= */
	CHUNK_CHAIN_MAX = 8,   /* addresses after the first hop */
	CHUNK_FRAMES_MAX = 29, /* body bytes for each payload byte, at worst: frames of one byte */
};

#define CHUNK_FRAMES_TYPE "application/x-dfs-frames"
#define CHUNK_BYTES_TYPE  "application/octet-stream"
/* x-dfs-chunk of a GET by which one datanode copies from another: counted apart, nothing more. */
#define CHUNK_READ_FOR_COPY "copy"
/* Of one that takes the whole spans of a replica that is not good: of a sealed one, for a reader;
 * of any, for a copy that is put together of such (docs/decisions/0013). */
#define CHUNK_READ_SPANS          "spans"
#define CHUNK_READ_SPANS_FOR_COPY "copy-spans"

/* ---- "/v1/chunks/ID", with "?version=V" for DELETE ---- */

void chunk_path_format(uint64_t chunk, char ret[CHUNK_TEXT_SIZE]);
/* What follows '?' is left to chunk_query_version. */
int chunk_path_parse(const char *path, uint64_t *ret_chunk, struct dfs_error *err);
int chunk_query_version(const char *path, uint64_t *ret_version, struct dfs_error *err);

/* ---- "/v1/keepsakes", with "?after=ID" ---- */

#define KEEPSAKES_PATH "/v1/keepsakes"
void chunk_keepsakes_format(uint64_t after, char ret[CHUNK_TEXT_SIZE]);
int chunk_keepsakes_parse(const char *path, uint64_t *ret_after, struct dfs_error *err);

/* ---- x-dfs-append ---- */

struct chunk_append {
	uint64_t version;
	uint64_t offset;
	uint64_t payload; /* >= 1 */
	bool create, sync, seal;
};

void chunk_append_format(const struct chunk_append *append, char ret[CHUNK_TEXT_SIZE]);
int chunk_append_parse(const char *text, struct chunk_append *ret, struct dfs_error *err);
/* Can a body of that many bytes carry `payload` in frames? */
bool chunk_body_fits(uint64_t body_size, uint64_t payload);

/* ---- x-dfs-chain: one step of it ---- */

/*
 * The first address of `chain` (at most CHUNK_CHAIN_MAX of them, each host:port) into ret_next, and
 * where the rest begins, NULL behind the last one.
 */
int chunk_chain_next(const char *chain, char ret_next[IO_ADDRESS_MAX], const char **ret_rest,
        struct dfs_error *err);

/* ---- x-dfs-chunk ---- */

enum chunk_state { CHUNK_OPEN, CHUNK_FROZEN, CHUNK_SEALED };

struct chunk_info { /* of a read's answer */
	uint64_t version;
	uint64_t length;
	enum chunk_state state;
};

void chunk_info_format(const struct chunk_info *info, char ret[CHUNK_TEXT_SIZE]);
int chunk_info_parse(const char *text, struct chunk_info *ret, struct dfs_error *err);
/* "failed=host:port" of a refused append; parse leaves ret_address "" and says false where there is
 * none. */
void chunk_failed_format(const char *address, char ret[IO_ADDRESS_MAX + 8]);
bool chunk_failed_parse(const char *text, char ret_address[IO_ADDRESS_MAX]);

/* "bad=FIRST-LAST" of a read's error: bytes of the chunk that this replica cannot give. */
struct chunk_range;
/* parse: false, nothing changed, for anything else. */
void chunk_bad_format(const struct chunk_range *range, char ret[CHUNK_TEXT_SIZE]);
bool chunk_bad_parse(const char *text, struct chunk_range *ret);

/* ---- Range, Content-Range ---- */

struct chunk_range {
	uint64_t first;
	uint64_t last; /* UINT64_MAX: to the end */
};

void chunk_range_format(const struct chunk_range *range, char ret[CHUNK_TEXT_SIZE]);
/* DFS_E_RANGE for a form that is not "bytes=a-b" or "bytes=a-". */
int chunk_range_parse(const char *text, struct chunk_range *ret, struct dfs_error *err);
void chunk_content_range_format(
        const struct chunk_range *range, uint64_t length, char ret[CHUNK_TEXT_SIZE]);

#endif
