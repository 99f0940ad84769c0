/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_APPEND_H
#define CLIENT_APPEND_H

#include <stdbool.h>
#include "client/chunk_http.h"
#include "io/io.h"
#include "proto/gen/proto.h"

/*
 * One append: a POST of frames to the first replica of a chain and its receipt (docs/contracts.md).
 * It knows nothing of what the bytes are; it counts them, watches that they move, and reads the
 * answer.
 */
struct append;

enum { APPEND_PATIENCE_MS = 30000 };

struct append_request {
	const char *address; /* of the first replica */
	const char *chain;   /* of the others; NULL: none */
	const char *ticket;
	uint64_t chunk;
	struct chunk_append params;
	uint32_t replicas; /* how many must have acknowledged */
	uint64_t body_size;
};

struct append_result {
	int code; /* 0 or why not */
	struct dfs_error err;
	struct proto_receipt
	        receipt; /* with 0; strings are borrowed. All but its crc fits the request */
	char failed[IO_ADDRESS_MAX]; /* with an error: the datanode to be avoided */
};

struct append_events {
	/* More of the body may be written: append_write until it says false, or append_wait. */
	void (*more)(void *arg);
	/* The end, once. The append is gone when it returns. */
	void (*done)(void *arg, const struct append_result *result);
};

/* NULL: out of memory. Strings are borrowed for the call. No event comes inside it. */
struct append *append_start(struct io *io, const struct append_request *request,
        const struct append_events *events, void *arg);
/* Inside `more`. False: enough for now (`more` comes again) or for ever (that was the last byte).
 */
bool append_write(struct append *append, const void *bytes, size_t size);
/*
 * Inside `more`: the bytes are not there yet. `more` does not come, and no patience ends, before
 * append_resume, which does nothing where nobody waits.
 */
void append_wait(struct append *append);
void append_resume(struct append *append);
/* Bytes of the body that were not yet written; all of them. */
uint64_t append_left(const struct append *append);
uint64_t append_size(const struct append *append);
/* No event follows. Takes NULL; inside `done` it does nothing. */
void append_cancel(struct append *append);

#endif
