/* SPDX-License-Identifier: MIT */
#ifndef CLUSTER_REASONS_H
#define CLUSTER_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "proto/gen/proto.h"

/*
 * The answer to "why is this so?": sentences, each about something, in the order in which they are
 * to be read. Grows in the arena; at most REASONS_MAX are kept, and `more` says that there were
 * others.
 */
enum { REASONS_MAX = 1000 };

struct reasons {
	struct arena *arena; /* borrowed */
	struct proto_reason *list;
	size_t count, capacity;
	bool more;   /* not all fitted */
	bool failed; /* out of memory */
};

/* A sentence, cut at 1,023 bytes; `about` ("chunk 00ab", "datanode 3"), cut at 127, is copied. */
void reasons_add(struct reasons *reasons, const char *about, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* The same, of something that happened then. */
void reasons_add_at(struct reasons *reasons, int64_t wall_ms, const char *about, const char *format,
        ...) __attribute__((format(printf, 4, 5)));

#endif
