/* SPDX-License-Identifier: MIT */
/*
 * Metadata that is not the newest (RULES 16): restored from a backup. The users lose what they did
 * since, and nothing else; nothing is deleted until the operator accepts it.
 */
#include <stdio.h>
#include "meta/meta.h"
#include "storm.h"

static void start(struct storm *storm);

void past_keep(struct storm *storm)
{
	struct past *past = &storm->past;

	if (!users_may_be_copied(storm) || past->held)
		return;
	past_fini(storm);
	past->copy = sim_kv_clone(sim_host_kv(storm->world->master_host));
	users_copy(storm, past->ledgers);
	sim_note(storm->world->sim, "a copy of the metadata is kept");
}

void past_fini(struct storm *storm)
{
	struct kv *copy = storm->past.copy;

	storm->past.copy = NULL;
	if (copy)
		copy->ops->close(copy);
}

/* Faults go on, before and after. */
void past_restore(struct storm *storm)
{
	struct world *world = storm->world;
	struct kv *kv = sim_host_kv(world->master_host);
	struct dfs_error err = {0};

	if (!storm->past.copy || storm->past.held || !faults_spare_master(storm) ||
	        !faults_spare_wires(storm))
		return;
	world_master_kill(world);
	sim_run_for(world->sim, 100); /* what is on the wires arrives */
	users_settle(storm);
	admin_settle(storm);
	storm_look(storm);
	world_put_back(kv, storm->past.copy);
	if (meta_restore(kv, sim_host_io(world->master_host), 0, 1, &err) != 0)
		storm_broken(storm, "a backup cannot be restored: %s", err.text);
	sim_note(world->sim, "an old copy of the metadata is restored");
	users_restored(storm, storm->past.ledgers);
	admin_straddle(storm);
	witness_other_metadata(storm->witness, true);
	witness_deletes_held(storm->witness, true);
	storm->past.held = true;
	storm->figures->restores++;
	past_fini(storm);
	start(storm);
}

static void start(struct storm *storm)
{
	struct dfs_error err = {0};

	if (world_master_try(storm->world, &err) != 0)
		storm_broken(storm, "the master does not start: %s", err.text);
}
