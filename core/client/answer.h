/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "io/net.h"

/* The short JSON answer of a datanode, collected: a receipt or a fault. Zero-initialise;
 * answer_fini frees. */
struct answer {
	int status;                  /* 0: none yet */
	char failed[IO_ADDRESS_MAX]; /* whom the answer names, or "" */
	bool bad;                    /* it names bytes that this replica cannot give: */
	uint64_t bad_first, bad_last;
	struct buf body;
	bool too_large;
};

enum { ANSWER_SIZE_MAX = 64 * 1024 };

void answer_begin(struct answer *answer, const struct io_response *response);
void answer_body(struct answer *answer, const void *bytes, size_t size);
/* The error that an answer over 399 says, with the datanode's address in front; what else it may be
 * is PROTO. */
int answer_error(const struct answer *answer, const char *address, struct dfs_error *err);
void answer_fini(struct answer *answer);

#endif
