/* SPDX-License-Identifier: MIT */
/* The table of calls that the master answers. A row missing here is refused, whatever the schema
 * says. */
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
        [PROTO_CALL_ACCEPT] = handle_accept,
        [PROTO_CALL_DRAIN] = handle_drain,
        [PROTO_CALL_DRAINS] = handle_drains,
        [PROTO_CALL_CHECKPOINT] = handle_checkpoint,
        [PROTO_CALL_CHECKPOINT_READ] = handle_checkpoint_read,
};

/* RULES 33. A datanode's token is for datanodes' calls, and theirs need it; the others stand in one
 * order. */
static bool role_allows(enum token_role have, enum proto_role need)
{
	if (need == PROTO_ROLE_NODE || have == TOKEN_NODE)
		return need == PROTO_ROLE_NODE && have == TOKEN_NODE;
	return (int)have >= (int)need;
}

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
	else
		handlers[request->which](request, args);
}
