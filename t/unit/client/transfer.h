/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_CLIENT_TRANSFER_H
#define T_UNIT_CLIENT_TRANSFER_H

#include "fake_cluster.h"

/* A put or get of a test: bytes made from a seed, a source or sink in memory, and how it ended. */
struct transfer {
	struct fake_cluster *fake;
	struct client_job *job;
	bool done;
	int endings;
	struct client_transfer result;
	uint8_t *bytes;
	size_t size;
	/* source */
	bool seekable, unknown;
	size_t piece;   /* it gives at most this much at once; 0: all */
	size_t ends_at; /* it is shorter than it says; SIZE_MAX: no */
	size_t fails_at;
	size_t busy_at; /* DFS_E_BUSY for `busy_times` */
	unsigned busy_times;
	uint64_t read_up_to;
	bool warm; /* by_workers: what is not at hand is only every third frame */
	/* sink */
	uint8_t *got;
	size_t got_size;
	bool any_order;
	bool cancelled;
	bool by_workers; /* a file: workers read or, with any_order, write */
	int held;        /* by them, now */
	int most_held;
	size_t sink_fails_at;
	uint64_t written, next_offset;
	/* progress */
	unsigned progressed;
	uint64_t progress_bytes, progress_total, progress_ms;
	bool progress_cancels;
};

extern bool transfer_by_workers; /* what transfer_init sets */

void transfer_init(struct transfer *transfer, struct fake_cluster *fake, size_t size);
void transfer_fini(struct transfer *transfer);
void transfer_put(struct transfer *transfer, const char *path); /* starts it */
void transfer_get(struct transfer *transfer, const char *path, uint64_t offset, uint64_t length);
void transfer_cancel(struct transfer *transfer);
/* To its end, within `limit_ms` of simulated time. */
int transfer_wait(struct transfer *transfer, uint64_t limit_ms);
/* What was got is [offset, offset + length) of the bytes. */
void transfer_got(const struct transfer *transfer, uint64_t offset, uint64_t length);

#endif
