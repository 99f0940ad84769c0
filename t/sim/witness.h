/* SPDX-License-Identifier: MIT */
#ifndef T_SIM_WITNESS_H
#define T_SIM_WITNESS_H

#include "world.h"

/*
 * Looks at a whole simulated cluster after each step of a run, from outside and with all its disks
 * in view, and knows what must hold in every state (docs/rules.md):
 *
 *   - a replica's version never falls while its datanode runs, and never passes the one in
 * metadata, which never falls (RULES 1, 5);
 *   - all appends of a chunk enter at one datanode, its primary (RULES 4), and it is sealed with
 * all that was acknowledged (RULES 1);
 *   - sealed replicas of a chunk are identical, and what metadata says they are (RULES 2, 3);
 *   - a chunk that a file refers to has a replica with all its bytes on some disk (RULES 3, 9, 13),
 * and two when the reference is made (RULES 24);
 *   - a datanode that acknowledged a replica, or sealed it, has it after any death (RULES 10, 27);
 *   - the operation log, replayed onto the database as it was before, gives the database (RULES
 * 19);
 *   - metadata is sound: references equal reference counts, and so on (meta_check);
 *
 * and at the end, when everything is well again (witness_end):
 *
 *   - sealed chunks have as many good replicas as their goal, with the same bytes on every disk.
 */
struct witness;

struct witness *witness_create(struct world *world); /* the master runs and is idle */
void witness_destroy(struct witness *witness);
/* NULL, or the sentence that says what is broken; borrowed until the next call. */
const char *witness_look(struct witness *witness);
const char *witness_end(struct witness *witness);
/* NULL where nothing is kept twice over: as many replicas as the goal asks for, none of what was
 * freed. */
const char *witness_tidy(struct witness *witness);
/* A file referred to it at the last look: what nobody refers to any more is mended by nobody. */
bool witness_refers(struct witness *witness, uint64_t chunk);
/* From now on to the next witness_end one replica, wherever it is, may be destroyed. */
void witness_disk_fails(struct witness *witness);
/* This datanode's disk was replaced by an empty one. */
void witness_disk_lost(struct witness *witness, unsigned node);

#endif
