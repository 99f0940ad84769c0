/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_STORE_STORY_H
#define T_UNIT_STORE_STORY_H

#include "rig.h"

/*
 * A story that appends, commits, freezes, seals, copies and deletes, and that may end anywhere. It
 * writes down what must be found of each chunk, and what may be.
 */
enum { STORY_CHUNKS = 7 };

struct expect {
	uint64_t acked;  /* bytes that must be there */
	uint64_t sent;   /* bytes that may be there */
	uint64_t record; /* they end at a multiple of this, or at acked or sent */
	uint64_t version_min, version_max;
	bool absent;  /* it may be absent */
	bool present; /* it may be there */
	bool frozen;  /* nothing may be appended below version_min */
	bool maybe_sealed, sealed;
	bool failed; /* a step failed: the story leaves it alone from then on */
	bool bad;    /* it was given up: it stays so */
};

struct story {
	struct rig *rig;
	bool power;  /* the power may go: async bytes with it */
	bool faulty; /* one disk operation fails: one chunk may be given up */
	struct expect expect[STORY_CHUNKS + 1];
};

void story_tell(struct story *story);
/* What is in the store is what the story expects. */
void story_check(struct story *story);
/* What is there can be worked with: appended to, frozen, sealed, read after a restart. */
void story_go_on(struct story *story);

#endif
