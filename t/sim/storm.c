/* SPDX-License-Identifier: MIT */
#include "storm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "rescuer.h"

enum {
	STEPS = 40,
	SETTLE_MS = 1800000,
	TIDY_MS = 5400000 /* a clock was ahead */,
	KEPT_MS = 300000,
	WELL_FOR = 6 /* looks, half a second apart */
};

static void run(struct storm *storm);
static void await_well(struct storm *storm);
static void await_idle(struct storm *storm);
static void await_goals(struct storm *storm);
static void scrub_all(struct storm *storm);
static void await_tidy(struct storm *storm);
static bool is_well(struct storm *storm, struct proto_status_reply *status);
static void rescue_check(struct storm *storm);

static _Thread_local jmp_buf over; /* a broken run ends here; one run at a time in a thread */

bool storm_run(uint64_t seed, bool tell_trace, struct storm_figures *figures, uint32_t *ret_story)
{
	struct world_options options = {
	        .seed = seed,
	        .nodes = STORM_NODES,
	        .clients = STORM_USERS + 1,
	        .master = {.session_ms = 20000, .ticket_ms = 2000, .linger_ms = 2000},
	};
	struct storm *storm = calloc(1, sizeof(*storm));
	volatile bool well = false; /* as it is after the jump */

	options.master.timing.safe_mode_ms = 5000;
	options.master.timing.trim_after_ms = 5000;
	options.master.timing.orphan_grace_ms = 30000;
	/* Often, so that faults meet them; the log behind them goes after 20 minutes. */
	options.master.checkpoint_dir = "/checkpoints";
	options.master.checkpoint_ms = 15000;
	options.master.checkpoint_log_bytes = 3000;
	storm->seed = seed;
	storm->random = seed * 0x9e3779b97f4a7c15u + 99;
	storm->figures = figures;
	storm->world = world_create(&options);
	for (unsigned i = 0; i < STORM_USERS; i++) {
		storm->users[i] = (struct user){.storm = storm, .number = i};
		ledger_init(&storm->users[i].ledger);
	}
	if (setjmp(over) == 0) {
		run(storm);
		well = true;
	} else if (tell_trace) {
		fwrite(storm->world->trace.data, 1, storm->world->trace.size, stderr);
	}
	figures->simulated_ms += sim_now_ms(storm->world->sim);
	if (ret_story)
		*ret_story = crc32c(0, storm->world->trace.data, storm->world->trace.size);
	past_fini(storm);
	witness_destroy(storm->witness);
	for (unsigned i = 0; i < STORM_USERS; i++)
		free(storm->users[i].bytes);
	world_destroy(storm->world);
	for (unsigned i = 0; i < STORM_USERS; i++)
		buf_fini(&storm->users[i].get.bytes);
	free(storm);
	return well;
}

uint64_t storm_draw(struct storm *storm, uint64_t below)
{
	storm->random ^= storm->random << 13;
	storm->random ^= storm->random >> 7;
	storm->random ^= storm->random << 17;
	return storm->random % below;
}

void storm_broken(struct storm *storm, const char *format, ...)
{
	char text[1200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "# seed %llu: at %llu ms: %s\n", (unsigned long long)storm->seed,
	        (unsigned long long)sim_now_ms(storm->world->sim), text);
	sim_note(storm->world->sim, "BROKEN: %s", text);
	longjmp(over, 1);
}

static void run(struct storm *storm)
{
	world_start(storm->world);
	storm->witness = witness_create(storm->world);
	for (int step = 0; step < STEPS; step++) {
		users_begin(storm);
		admin_begin(storm);
		sim_run_for(storm->world->sim, 1 + storm_draw(storm, step % 8 ? 60 : 6000));
		storm_look(storm); /* what is there before it is broken */
		if (storm_draw(storm, 3) == 0)
			faults_begin(storm);
		faults_tick(storm);
		users_settle(storm);
		admin_settle(storm);
		if (storm_draw(storm, 16) == 0)
			past_keep(storm);
		if (storm_draw(storm, 60) == 0)
			past_restore(storm);
		if (storm_draw(storm, 10) == 0) {
			await_well(storm);
			users_check(storm);
		}
	}
	await_well(storm);
	users_check(storm);
	admin_check(storm);
	await_tidy(storm);
	rescue_check(storm);
	storm->figures->runs++;
}

void storm_pass(struct storm *storm, uint64_t ms)
{
	sim_run_for(storm->world->sim, ms);
	storm_look(storm);
	faults_tick(storm); /* who does not start is tried again */
	users_settle(storm);
}

void storm_look(struct storm *storm)
{
	const char *wrong = witness_look(storm->witness);

	storm->figures->looks++;
	if (wrong)
		storm_broken(storm, "%s", wrong);
}

/* Faults stop. Then everything that was begun ends, and every goal is reached again. */
static void await_well(struct storm *storm)
{
	const char *wrong;

	storm_look(storm);
	faults_end(storm);
	await_idle(storm);
	admin_end(storm);
	users_give_up(storm);
	await_goals(storm);
	if (storm->rotten) {
		scrub_all(storm);
		await_goals(storm);
	}
	storm->scarred = storm->rotten = false;
	wrong = witness_end(storm->witness);
	if (wrong)
		storm_broken(storm, "%s", wrong);
}

static void await_idle(struct storm *storm)
{
	uint64_t until_ms = sim_now_ms(storm->world->sim) + SETTLE_MS;

	while (!users_idle(storm)) {
		if (sim_now_ms(storm->world->sim) > until_ms)
			storm_broken(storm, "half an hour after the last fault a user still waits");
		storm_pass(storm, 500);
	}
}

static void await_goals(struct storm *storm)
{
	uint64_t until_ms = sim_now_ms(storm->world->sim) + SETTLE_MS;
	struct proto_status_reply status = {0};
	unsigned well = 0;

	/* Well for a while: a node that has just come back has still to report what it lost. */
	while (!users_idle(storm) || (well = is_well(storm, &status) ? well + 1 : 0) < WELL_FOR) {
		if (sim_now_ms(storm->world->sim) > until_ms)
			storm_broken(storm,
			        "half an hour after the last fault: %u of %u nodes up, %llu open "
			        "chunks, %llu under their goal, %llu lost%s",
			        status.nodes_up, STORM_NODES,
			        (unsigned long long)status.open_chunks,
			        (unsigned long long)status.under_goal,
			        (unsigned long long)status.lost,
			        users_idle(storm) ? "" : ", and a user still waits");
		storm_pass(storm, 500);
	}
}

/* What rotted unread is found, and mended (RULES 3). */
static void scrub_all(struct storm *storm)
{
	struct proto_scrub_args scrub = {.now = true, .rate = 1 << 30};
	struct proto_scrub_wait_args wait = {.repaired = true, .wait_ms = 2000};
	struct proto_scrub_reply asked = {0};
	struct proto_scrub_wait_reply reply = {0};
	uint64_t until_ms = sim_now_ms(storm->world->sim) + SETTLE_MS;
	struct arena arena = {0};
	struct buf json = {0};

	if (world_call(storm->world, 0, PROTO_CALL_SCRUB, &scrub, &json) != 0 ||
	        proto_scrub_reply_decode(&arena, json.data, json.size, &asked, NULL) != 0)
		storm_broken(storm, "the datanodes cannot be asked to scrub");
	wait.asked = asked.asked;
	wait.asked_count = asked.asked_count;
	while (!reply.over) {
		buf_clear(&json);
		if (world_call(storm->world, 0, PROTO_CALL_SCRUB_WAIT, &wait, &json) != 0 ||
		        proto_scrub_wait_reply_decode(&arena, json.data, json.size, &reply, NULL) !=
		                0 ||
		        sim_now_ms(storm->world->sim) > until_ms)
			storm_broken(storm, "a scrub has no end, or something stays bad");
		storm_look(storm);
	}
	arena_fini(&arena);
	buf_fini(&json);
}

/* What faults and repairs have left over goes, with time. */
static void await_tidy(struct storm *storm)
{
	uint64_t until_ms = sim_now_ms(storm->world->sim) + TIDY_MS;
	const char *wrong;

	while ((wrong = witness_tidy(storm->witness))) {
		if (sim_now_ms(storm->world->sim) > until_ms)
			storm_broken(storm, "long after the last fault: %s", wrong);
		sim_run_for(storm->world->sim, 1000);
	}
	users_check(storm);
}

/* After all that, the datanodes keep the metadata, as it was a moment ago (RULES 20). */
static void rescue_check(struct storm *storm)
{
	struct kv *kv = sim_host_kv(storm->world->master_host);
	struct proto_status_reply status = {0};
	uint64_t until_ms = sim_now_ms(storm->world->sim) + KEPT_MS;
	struct rescued rescued;
	struct dfs_error err = {0};

	for (;;) { /* a minute after its last start */
		int code;

		sim_run_for(storm->world->sim, 5000);
		is_well(storm, &status);
		code = rescuer_run(
		        storm->world, STORM_ADMIN, STORM_NODES, NULL, NULL, &rescued, &err);
		if (code == 0 && rescued.state.epoch == status.epoch)
			break;
		if (code == 0)
			rescued.kv->ops->close(rescued.kv);
		else if (code != DFS_E_NOENT) /* nothing is kept yet */
			storm_broken(storm, "the metadata cannot be rescued: %s", err.text);
		if (sim_now_ms(storm->world->sim) > until_ms)
			storm_broken(storm, "the datanodes do not keep this reign: %s", err.text);
	}
	if (rescuer_compare(&rescued, kv, &err) != 0)
		storm_broken(storm, "the metadata cannot be rescued: %s", err.text);
}

static bool is_well(struct storm *storm, struct proto_status_reply *status)
{
	unsigned forsaken = witness_forsaken(storm->witness);
	struct proto_status_args args = {0};
	struct arena arena = {0};
	struct buf json = {0};
	bool well = world_call(storm->world, 0, PROTO_CALL_STATUS, &args, &json) == 0 &&
	            proto_status_reply_decode(&arena, json.data, json.size, status, NULL) == 0 &&
	            status->nodes_up == STORM_NODES && status->open_chunks == 0 &&
	            status->under_goal == forsaken && status->lost == forsaken &&
	            !status->safe_mode;

	arena_fini(&arena);
	buf_fini(&json);
	return well;
}
