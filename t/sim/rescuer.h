/* SPDX-License-Identifier: MIT */
#ifndef T_SIM_RESCUER_H
#define T_SIM_RESCUER_H

#include "meta/checkpoint.h"
#include "world.h"

/* `dfs master rescue` in a simulated world, on the host of a client: what the datanodes keep of the
 * metadata, put together. */
struct rescued {
	struct checkpoint state;
	uint64_t seen_epoch;
	size_t files;
	struct kv *kv; /* the caller closes it */
};

/*
 * From the first `datanodes` of the world, with `cluster` and `key` (NULL: the world's). 0, or what
 * rescue.h says, or what is wrong with what was rescued: in the words of `err`.
 */
int rescuer_run(struct world *world, unsigned client, unsigned datanodes, const char *cluster,
        const uint8_t *key, struct rescued *ret, struct dfs_error *err);
/*
 * Is it a state of that database, its next operations leading to what it is now? 0 or a code with a
 * sentence. Closes `rescued->kv`.
 */
int rescuer_compare(struct rescued *rescued, struct kv *with, struct dfs_error *err);

#endif
