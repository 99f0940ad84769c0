/* SPDX-License-Identifier: MIT */
/*
 * The operator: does one thing at a time to a cluster at work, while faults go on. What is said to
 * be safe to unplug is believed, and unplugged.
 */
#include <stdio.h>
#include <string.h>
#include "storm.h"

static const char *const names[DEED_KINDS] = {
        [DEED_NONE] = "none",
        [DEED_DRAIN] = "drains",
        [DEED_CANCEL] = "drains cancelled",
        [DEED_DRAINS] = "looks at a drain",
        [DEED_BALANCE] = "balances",
        [DEED_BALANCE_STOP] = "balances stopped",
        [DEED_SCRUB] = "scrubs",
        [DEED_FSCK] = "checks",
        [DEED_FSCK_REPAIR] = "checks with repair",
        [DEED_ACCEPT] = "restores accepted",
};

static enum deed choose(struct storm *storm);
static void begin(struct storm *storm, enum deed deed);
static void ask(struct storm *storm, enum proto_call which, const void *args);
static void answered(void *arg, int code, const struct dfs_error *err, const void *reply);
static bool drains_left(struct storm *storm);

const char *deed_name(unsigned deed)
{
	return names[deed];
}

void admin_begin(struct storm *storm)
{
	if (storm->admin.deed == DEED_NONE)
		begin(storm, choose(storm));
}

void admin_settle(struct storm *storm)
{
	struct admin *admin = &storm->admin;
	enum deed deed = admin->deed;

	if (deed == DEED_NONE || !admin->answered)
		return;
	admin->deed = DEED_NONE;
	if (admin->straddles || admin->code != 0) {
		if (deed == DEED_ACCEPT && admin->code == DFS_E_INVAL && !admin->straddles)
			storm->past.held = false; /* an answer got lost, and it was asked again */
		return;
	}
	storm->figures->deeds[deed]++;
	if (deed == DEED_DRAIN)
		admin->draining = true;
	if (deed == DEED_CANCEL)
		admin->draining = false, admin->number = 0;
	if (deed == DEED_ACCEPT)
		storm->past.held = false;
	if (deed == DEED_DRAINS && admin->safe && storm_draw(storm, 2) == 0 &&
	        faults_unplug(storm, admin->node)) {
		storm->figures->unplugged++;
		admin->draining = false;
		admin->number = 0;
	}
}

void admin_end(struct storm *storm)
{
	struct admin *admin = &storm->admin;
	uint64_t until_ms = sim_now_ms(storm->world->sim) + 600000;

	while (admin->deed != DEED_NONE || storm->past.held || drains_left(storm)) {
		if (sim_now_ms(storm->world->sim) > until_ms)
			storm_broken(storm, "ten minutes after the last fault the operator waits");
		admin_settle(storm);
		if (admin->deed == DEED_NONE && storm->past.held)
			begin(storm, DEED_ACCEPT);
		storm_pass(storm, 200);
	}
	admin->number = 0;
	admin->draining = false;
}

void admin_straddle(struct storm *storm)
{
	storm->admin.straddles = true;
	storm->admin.draining = false;
	storm->admin.number = 0;
}

/* What `dfs fsck` says when all is well. */
void admin_check(struct storm *storm)
{
	struct proto_fsck_args args = {.path = "/"};
	struct proto_fsck_reply begun = {0};
	struct proto_fsck_read_args read = {.wait_ms = 2000};
	struct proto_fsck_read_reply found = {0};
	struct arena arena = {0};
	struct buf json = {0};

	if (world_call(storm->world, STORM_ADMIN, PROTO_CALL_FSCK, &args, &json) != 0 ||
	        proto_fsck_reply_decode(&arena, json.data, json.size, &begun, NULL) != 0)
		storm_broken(storm, "a check cannot be begun");
	read.check = begun.check;
	while (!found.over) {
		buf_clear(&json);
		if (world_call(storm->world, STORM_ADMIN, PROTO_CALL_FSCK_READ, &read, &json) !=
		                0 ||
		        proto_fsck_read_reply_decode(&arena, json.data, json.size, &found, NULL) !=
		                0)
			storm_broken(storm, "a check cannot be read");
	}
	if (found.wrong > witness_forsaken(storm->witness) || (found.error && found.error[0]))
		storm_broken(storm, "all is well, and a check finds: %.*s", (int)json.size,
		        (const char *)json.data);
	arena_fini(&arena);
	buf_fini(&json);
}

/* ---- deeds ---- */

/* A drain is looked after; else this and that, not too often. */
static enum deed choose(struct storm *storm)
{
	struct admin *admin = &storm->admin;

	if (storm->past.held && storm_draw(storm, 6) == 0)
		return DEED_ACCEPT;
	if (admin->number != 0)
		return !admin->draining || storm_draw(storm, 12) == 0 ? DEED_CANCEL : DEED_DRAINS;
	switch (storm_draw(storm, 24)) {
	case 0:
	case 1:
		return DEED_DRAIN;
	case 2:
		return DEED_BALANCE;
	case 3:
		return DEED_BALANCE_STOP;
	case 4:
		return DEED_SCRUB;
	case 5:
		return DEED_FSCK;
	case 6:
		return DEED_FSCK_REPAIR;
	default:
		return DEED_NONE;
	}
}

static void begin(struct storm *storm, enum deed deed)
{
	struct admin *admin = &storm->admin;
	struct proto_drain_args drain = {0};
	struct proto_drains_args drains = {0};
	struct proto_balance_args balance = {0};
	struct proto_scrub_args scrub = {.now = true, .rate = 100000};
	struct proto_fsck_args fsck = {.path = "/"};
	struct proto_accept_args accept = {0};

	admin->answered = admin->safe = admin->straddles = false;
	admin->deed = deed;
	switch (deed) {
	case DEED_DRAIN:
		admin->node = (unsigned)storm_draw(storm, STORM_NODES);
		admin->number = witness_number(storm->witness, admin->node);
		drain.node = admin->number;
		ask(storm, PROTO_CALL_DRAIN, &drain);
		return;
	case DEED_CANCEL:
		drain.node = admin->number;
		drain.cancel = true;
		ask(storm, PROTO_CALL_DRAIN, &drain);
		return;
	case DEED_DRAINS:
		ask(storm, PROTO_CALL_DRAINS, &drains);
		return;
	case DEED_BALANCE:
	case DEED_BALANCE_STOP:
		balance.stop = deed == DEED_BALANCE_STOP;
		ask(storm, PROTO_CALL_BALANCE, &balance);
		return;
	case DEED_SCRUB:
		ask(storm, PROTO_CALL_SCRUB, &scrub);
		return;
	case DEED_FSCK:
	case DEED_FSCK_REPAIR:
		fsck.repair = deed == DEED_FSCK_REPAIR;
		ask(storm, PROTO_CALL_FSCK, &fsck);
		return;
	case DEED_ACCEPT:
		witness_deletes_held(storm->witness, false); /* from now on it may be accepted */
		ask(storm, PROTO_CALL_ACCEPT, &accept);
		return;
	default:
		admin->deed = DEED_NONE;
		return;
	}
}

static void ask(struct storm *storm, enum proto_call which, const void *args)
{
	sim_note(storm->world->sim, "operator: %s", names[storm->admin.deed]);
	client_call(
	        storm->world->clients[STORM_ADMIN].client, which, args, answered, &storm->admin);
}

static void answered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct admin *admin = arg;
	const struct proto_drains_reply *drains = reply;

	admin->answered = true;
	admin->code = code;
	for (size_t i = 0; code == 0 && admin->deed == DEED_DRAINS && i < drains->drains_count; i++)
		admin->safe |= drains->drains[i].node == admin->number && drains->drains[i].safe;
}

/* Those of machines that are here are cancelled; true while there are some, or it is not known. */
static bool drains_left(struct storm *storm)
{
	struct proto_drains_args args = {0};
	struct proto_drains_reply reply = {0};
	struct proto_drain_args cancel = {.cancel = true};
	struct arena arena = {0};
	struct buf json = {0};
	bool left = world_call(storm->world, STORM_ADMIN, PROTO_CALL_DRAINS, &args, &json) != 0 ||
	            proto_drains_reply_decode(&arena, json.data, json.size, &reply, NULL) != 0;

	for (size_t i = 0; i < reply.drains_count; i++)
		for (unsigned node = 0; node < STORM_NODES; node++) {
			cancel.node = reply.drains[i].node;
			if (witness_number(storm->witness, node) != cancel.node)
				continue;
			left = true;
			world_call(storm->world, STORM_ADMIN, PROTO_CALL_DRAIN, &cancel, NULL);
		}
	arena_fini(&arena);
	buf_fini(&json);
	return left;
}
