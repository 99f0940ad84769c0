/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_FRAMES_H
#define CLIENT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/frame.h"

/*
 * Frames of a body that arrives in slices of any size: each is checked against its CRC32C and then
 * given whole. A frame that lies inside one slice is given where it lies; only one that is cut by a
 * slice's end is copied. Zero-initialise; frames_fini frees.
 */
struct frames {
	uint8_t header[FRAME_HEADER_SIZE];
	size_t header_got;
	struct frame frame; /* valid once header_got is FRAME_HEADER_SIZE */
	size_t got;         /* bytes of it in `bytes` */
	uint8_t *bytes;     /* SPAN_SIZE_MAX, made at first need */
};

/* Borrows `bytes`. Non-zero ends the feeding with that code. */
typedef int frames_each(
        void *arg, const struct frame *frame, const uint8_t *bytes, struct dfs_error *err);

/*
 * 0, what `each` returned, DFS_E_CORRUPT (bytes that fail their checksum), DFS_E_PROTO (no frame
 * header), DFS_E_NOMEM. After an error only frames_reset or frames_fini.
 */
int frames_feed(struct frames *frames, const void *bytes, size_t size, frames_each *each, void *arg,
        struct dfs_error *err);
/* True where no frame is cut in the middle. */
bool frames_at_boundary(const struct frames *frames);
void frames_reset(struct frames *frames); /* keeps the memory */
void frames_fini(struct frames *frames);

#endif
