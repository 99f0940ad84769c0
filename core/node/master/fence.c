/* SPDX-License-Identifier: MIT */
/*
 * RULES 16 at the master: is this metadata the newest that there is? Each datanode tells the last
 * (epoch, reign, operation) that it served.
 *
 *   what it served            restored, not accepted      restored once      never restored
 *   in our history            serve                       serve              serve
 *   given up by a restore     serve                       serve              -
 *   an epoch above ours       take a higher one, again    refuse             old copy
 *   of nobody we know         old copy                    old copy           old copy
 *
 * An old copy (the database put back by hand, a new one in its place) must not lead: it changes
 * nothing and deletes nothing, whatever the other datanodes say. A restore by `dfs master restore`
 * is the only way to go on with less than a datanode has seen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include "node/master/role.h"

static void raise_epoch(struct request *request, uint64_t seen);
static void raised(void *arg, const struct meta_result *result);
static void accepted(void *arg, const struct meta_result *result);
static void time_text(int64_t wall_ms, char ret[32]);

bool fence_register(struct request *request, const struct proto_register_args *args)
{
	struct master *master = request->master;
	enum meta_lineage lineage;
	struct dfs_error err = {0};
	bool above = args->epoch >= meta_epoch(master->meta);

	if (meta_lineage(master->meta, args->epoch, args->reign, args->operation, &lineage, &err) !=
	        0) {
		request_fail(request, &err);
		return false;
	}
	if (lineage != META_FOREIGN) {
		master->vouched = true;
		return true;
	}
	if (above && meta_held(master->meta, NULL)) {
		raise_epoch(request, args->epoch);
		return false;
	}
	if (!(above && meta_restored(master->meta))) {
		if (!master->outdated[0])
			master_log(master, "error",
			        "event=old_copy address=%s seen_epoch=%" PRIu64
			        " seen_operation=%" PRIu64 " epoch=%" PRIu64 " operation=%" PRIu64,
			        args->address, args->epoch, args->operation,
			        meta_epoch(master->meta), meta_operation(master->meta));
		snprintf(master->outdated, sizeof(master->outdated),
		        "this master runs on an old copy of the metadata: datanode %.64s has "
		        "served a newer one; stop it and start the newest, or put a backup back by "
		        "`dfs master restore`",
		        args->address);
		fence_hold(master);
	}
	request_refuse(request, DFS_E_FENCED,
	        "datanode %s has served a master with newer metadata (epoch %" PRIu64
	        ", operation %" PRIu64 "; here %" PRIu64 ", %" PRIu64
	        "): this master runs on an old copy; start the one with the newest data, or put "
	        "a backup back by `dfs master restore`",
	        args->address, args->epoch, args->operation, meta_epoch(master->meta),
	        meta_operation(master->meta));
	return false;
}

bool master_may_delete(const struct master *master)
{
	return !master->outdated[0] && !meta_held(master->meta, NULL);
}

void fence_hold(struct master *master)
{
	const char *why = NULL;

	if (master->outdated[0])
		why = "an old copy of the metadata";
	else if (meta_held(master->meta, NULL))
		why = "restored from a backup, until `dfs master accept`";
	cluster_hold_deletes(master->cluster, why);
}

void fence_sentence(struct master *master, char *ret, size_t size)
{
	struct proto_row_hold hold;
	char made[32], put_back[32];

	if (size > 0)
		ret[0] = '\0';
	if (master->outdated[0]) {
		snprintf(ret, size, "%s", master->outdated);
		return;
	}
	if (!meta_held(master->meta, &hold))
		return;
	time_text(hold.wall_ms, made);
	time_text(hold.since_ms, put_back);
	snprintf(ret, size,
	        "restored on %s from a backup of %s (operation %" PRIu64
	        "): nothing is deleted until you have looked at it and run `dfs master accept`",
	        put_back, made, hold.operation);
}

void handle_accept(struct request *request, const void *args)
{
	struct proto_op op = {.kind = PROTO_OP_ACCEPT};

	request_submit(request, &op, accepted);
}

static void accepted(void *arg, const struct meta_result *result)
{
	struct request *request = arg;
	struct proto_accept_reply reply = {0};

	if (result->code != 0) {
		request_fail(request, &result->err);
		return;
	}
	master_log(request->master, "info", "event=restore_accepted");
	request_answer(request, &reply);
}

/*
 * The restore jumped over all epochs that it could know of; here is a datanode that it did not
 * know. Chunk ids begin with the epoch: nothing may be allocated in one that others used.
 */
static void raise_epoch(struct request *request, uint64_t seen)
{
	struct master *master = request->master;
	struct proto_op op = {.kind = PROTO_OP_HOLD};
	struct proto_row_hold hold;

	meta_held(master->meta, &hold);
	op.hold.epoch = seen + 1;
	op.hold.operation = hold.operation;
	op.hold.wall_ms = hold.wall_ms;
	while (op.hold.reign == 0)
		op.hold.reign = io_random_u64(master->io);
	if (!master->raising)
		meta_submit(master->meta, &op, 0, 0, raised, master);
	master->raising = true;
	request_refuse(request, DFS_E_BUSY,
	        "the restored master takes an epoch above %" PRIu64 ": register again", seen);
}

static void raised(void *arg, const struct meta_result *result)
{
	struct master *master = arg;

	master->raising = false;
	if (result->code != 0) {
		master_log(master, "error", "event=epoch_not_raised text=\"%s\"", result->err.text);
		return;
	}
	master_log(master, "info", "event=epoch_raised epoch=%" PRIu64 " action=start_again",
	        result->value);
	if (master->options.again && !master->stopping)
		master->options.again(master->options.arg);
}

static void time_text(int64_t wall_ms, char ret[32])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(ret, 32, "%Y-%m-%d %H:%M:%S UTC", &utc);
}
