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
 *   - while deletions are held nothing is told to be deleted (RULES 16);
 *   - what is safe to unplug is needed by nobody (witness_unplug);
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
/* From now on to the next witness_end this datanode's disk may lose what it said it has. */
void witness_disk_lies(struct witness *witness, unsigned node);
/* What it had not synced may be gone: async replicas that are not sealed (RULES 10). */
void witness_power_cut(struct witness *witness, unsigned node);
/* Async chunks have lost their power on each of their disks: a file may be gone. */
bool witness_doubts(const struct witness *witness);
/*
 * It was said to be safe, and this machine goes for good: NULL, or what still needs it. Each chunk
 * that it holds has its goal elsewhere, with all bytes; one of those that a fault may have
 * destroyed is forgiven.
 */
const char *witness_unplug(struct witness *witness, unsigned node);
/*
 * The master starts on other rows next. `restored`: they stand from now on. What no file referred
 * to any more may be gone, and versions begin anew. Else they are an old copy, which must not lead:
 * it is not looked at, and the rows of before stand, until witness_newest_back.
 */
void witness_other_metadata(struct witness *witness, bool restored);
void witness_newest_back(struct witness *witness);
/* The master's number of this datanode, as it last registered. */
uint32_t witness_number(const struct witness *witness, unsigned node);
/* Kept copies of the metadata (RULES 20) that a restored backup names and later ones had replaced:
 * they are lost until the next ones replace them again. */
unsigned witness_forsaken(const struct witness *witness);
/* Nothing may be deleted, or something again. */
void witness_deletes_held(struct witness *witness, bool held);
/* This datanode's disk was replaced by an empty one. */
void witness_disk_lost(struct witness *witness, unsigned node);

#endif
