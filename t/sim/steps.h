/* SPDX-License-Identifier: MIT */
#ifndef T_SIM_STEPS_H
#define T_SIM_STEPS_H

#include "world.h"

/*
 * What many stories of a simulated cluster have in common: whole files put and compared, calls, and
 * what status says. Each runs to its end and fails the test where it does not succeed. User 0 does
 * them.
 */

/* ---- files ---- */

void step_put(struct world *world, const char *path, const struct client_put *how,
        const void *bytes, uint64_t size); /* 0644; `how` has goal and chunk_size */
void step_same(struct world *world, const char *path, const void *bytes, uint64_t size);
/* /f0, /f1, ... of as many bytes each, and that they are still so. */
void step_put_files(
        struct world *world, unsigned files, const struct client_put *how, uint64_t size);
void step_same_files(struct world *world, unsigned files, uint64_t size);
const char *step_file_name(unsigned file, char ret[16]);
int step_remove(struct world *world, const char *path); /* not into the trash; its code */
/* Directories /dN, from a number on. */
void step_mkdirs(struct world *world, unsigned from, unsigned count);

/* ---- what the master says ---- */

/* Is `text` in the reply of this call, as JSON? */
bool step_says(struct world *world, unsigned client, enum proto_call call, const void *args,
        const char *text);
bool step_status_says(struct world *world, const char *text);
/* Strings and lists are the arena's. */
struct proto_status_reply step_status(struct world *world, struct arena *arena);
struct proto_locate_reply step_locate(struct world *world, const char *path, struct arena *arena);
void step_await_calm(struct world *world); /* safe mode is over */
/* The counters row of a store, all of which is read on the way. */
struct proto_row_counters step_counters(struct kv *kv);
/* The master's number of a datanode of the world. */
uint32_t step_number_of(struct world *world, unsigned node);

#endif
