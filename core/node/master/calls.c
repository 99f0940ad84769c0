/* SPDX-License-Identifier: MIT */
/* The table of calls that the master answers. A row missing here is refused, whatever the schema
 * says. */
#include <utlist.h>
#include "base/pass.h"
#include "node/master/role.h"

typedef void handler(struct request *request, const void *args);

static handler *const handlers[PROTO_CALLS] = {
        [PROTO_CALL_HELLO] = handle_hello,
        [PROTO_CALL_STAT] = handle_stat,
        [PROTO_CALL_LIST] = handle_list,
        [PROTO_CALL_MKDIR] = handle_mkdir,
        [PROTO_CALL_CREATE] = handle_create,
        [PROTO_CALL_SYMLINK] = handle_symlink,
        [PROTO_CALL_REMOVE] = handle_remove,
        [PROTO_CALL_RENAME] = handle_rename,
        [PROTO_CALL_SETATTR] = handle_setattr,
        [PROTO_CALL_WRITE_BEGIN] = handle_write_begin,
        [PROTO_CALL_ALLOCATE] = handle_allocate,
        [PROTO_CALL_RENEW] = handle_renew,
        [PROTO_CALL_SEAL] = handle_seal,
        [PROTO_CALL_STAGE] = handle_stage,
        [PROTO_CALL_COMMIT] = handle_commit,
        [PROTO_CALL_ABANDON] = handle_abandon,
        [PROTO_CALL_LOCATE] = handle_locate,
        [PROTO_CALL_NODES] = handle_nodes,
        [PROTO_CALL_STATUS] = handle_status,
        [PROTO_CALL_REGISTER] = handle_register,
        [PROTO_CALL_REPORT] = handle_report,
        [PROTO_CALL_HEARTBEAT] = handle_heartbeat,
        [PROTO_CALL_PROGRESS] = handle_progress,
        [PROTO_CALL_SCRUB] = handle_scrub,
        [PROTO_CALL_SCRUB_WAIT] = handle_scrub_wait,
        [PROTO_CALL_FSCK] = handle_fsck,
        [PROTO_CALL_FSCK_READ] = handle_fsck_read,
        [PROTO_CALL_ACCEPT] = handle_accept,
        [PROTO_CALL_DRAIN] = handle_drain,
        [PROTO_CALL_DRAINS] = handle_drains,
        [PROTO_CALL_FORGET] = handle_forget,
        [PROTO_CALL_CHECKPOINT] = handle_checkpoint,
        [PROTO_CALL_CHECKPOINT_READ] = handle_checkpoint_read,
        [PROTO_CALL_KEEPSAKE_READ] = handle_keepsake_read,
        [PROTO_CALL_UNDELETE] = handle_undelete,
        [PROTO_CALL_TRASH_LIST] = handle_trash_list,
        [PROTO_CALL_TRASH_EMPTY] = handle_trash_empty,
        [PROTO_CALL_WHY] = handle_why,
        [PROTO_CALL_BALANCE] = handle_balance,
        [PROTO_CALL_BALANCING] = handle_balancing,
        [PROTO_CALL_HISTORY] = handle_history,
};

/* RULES 33. A datanode's token is for datanodes' calls, and theirs need it; the others stand in one
 * order. */
static bool role_allows(enum token_role have, enum proto_role need)
{
	if (need == PROTO_ROLE_NODE || have == TOKEN_NODE)
		return need == PROTO_ROLE_NODE && have == TOKEN_NODE;
	return (int)have >= (int)need;
}

static bool doubtful(const struct request *request);
static bool keep(struct request *request, const void *args);
static void again(struct request *request);
static void dispatch_again(struct request *request);
static bool wants_replicas(enum proto_call which);

void calls_dispatch(struct request *request, const void *args)
{
	const struct proto_call_info *info = proto_call_info(request->which);

	request->master->calls_count[request->which]++;
	if (!handlers[request->which])
		request_refuse(request, DFS_E_UNSUPPORTED, "the master does not answer \"%s\"",
		        info->name);
	else if (!role_allows(request->token.role, info->role))
		request_refuse(request, DFS_E_PERM, "\"%s\" needs a token of role %s", info->name,
		        proto_role_name(info->role));
	else if (request->master->stopping)
		request_refuse(
		        request, DFS_E_UNAVAIL, "the master is stopping: try again in a moment");
	else if (info->mutates && request->master->outdated[0])
		request_refuse(request, DFS_E_FENCED, "%s", request->master->outdated);
	else if (doubtful(request) && keep(request, args))
		request->retry = dispatch_again;
	else {
		if (wants_replicas(request->which) && cluster_settling(request->master->cluster))
			keep(request, args);
		handlers[request->which](request, args);
	}
}

/*
 * RULES 16: a master that was put in the place of a newer one finds that out by the first datanode
 * that registers. What it would change before that would be lost with it: so changes wait for that
 * datanode, where there is one to wait for, and not longer than one counts as alive.
 */
static bool doubtful(const struct request *request)
{
	const struct master *master = request->master;
	const struct proto_call_info *info = proto_call_info(request->which);

	return info->mutates && !master->vouched && (request->peer || request->http) &&
	       cluster_nodes_known(master->cluster) > 0 && cluster_settling(master->cluster);
}

/* Once more, and as if it had just come. */
static void dispatch_again(struct request *request)
{
	request->master->calls_count[request->which]--;
	calls_dispatch(request, request->kept);
}

/*
 * A master that has just started knows no replica and no node before they report: whoever asks for
 * them in that second waits for it, as those do who were connected when the old master went.
 */
static bool wants_replicas(enum proto_call which)
{
	return which == PROTO_CALL_WRITE_BEGIN || which == PROTO_CALL_ALLOCATE ||
	       which == PROTO_CALL_LOCATE;
}

/* The arguments, till it is tried again. */
static bool keep(struct request *request, const void *args)
{
	const struct proto_call_info *info = proto_call_info(request->which);
	void *copy;

	if (request->kept)
		return true;
	copy = arena_alloc(&request->kept_arena, info->args_size);
	if (!copy || proto_shape_copy(info->args, &request->kept_arena, args, copy) != 0)
		return false;
	request->kept = copy;
	return true;
}

bool calls_wait(struct request *request, int code)
{
	bool curable = code == DFS_E_NODES || code == DFS_E_NOSPC || code == DFS_E_UNAVAIL;

	if (!request->kept || !curable || request->master->stopping ||
	        !cluster_settling(request->master->cluster) || (!request->peer && !request->http))
		return false;
	request->retry = again;
	return true;
}

static void again(struct request *request)
{
	request->plan = NULL;
	arena_reset(&request->arena);
	handlers[request->which](request, request->kept);
}

void calls_retry(struct master *master)
{
	struct request *request, *next;

	DL_FOREACH_SAFE (master->in_flight, request, next) {
		void (*retry)(struct request *) = request->retry;

		request->retry = NULL;
		if (retry)
			retry(request);
	}
}
