/* SPDX-License-Identifier: MIT */
/*
 * Balance at the master's door. That it is on, and how even it is to be, is a setting in the
 * metadata: a master that starts goes on with it. What was moved so far is seen in the replicas
 * themselves.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "node/master/role.h"

static const char setting[] = "balance";

static void balance_answer(struct request *request);
static void balance_set(void *arg, const struct meta_result *result);
static void balance_apply(struct master *master, const char *value);

void handle_balance(struct request *request, const void *args)
{
	const struct proto_balance_args *ask = args;
	struct proto_op op = {.kind = PROTO_OP_SETTING_SET};
	char value[24] = "";

	if (ask->within > 100) {
		request_refuse(request, DFS_E_INVAL,
		        "a cluster is balanced within 1 to 100 percent, not %" PRIu32, ask->within);
		return;
	}
	if (ask->stop && ask->within != 0) {
		request_refuse(request, DFS_E_INVAL, "to stop takes no percentage");
		return;
	}
	if (!ask->stop)
		snprintf(value, sizeof(value), "%" PRIu32, ask->within ? ask->within : 5);
	op.setting_set.name = setting;
	op.setting_set.value = value;
	request_submit(request, &op, balance_set);
}

void handle_balancing(struct request *request, const void *args)
{
	balance_answer(request);
}

int balance_load(struct master *master, struct dfs_error *err)
{
	struct arena arena = {0};
	const char *value = "";
	int code = meta_setting(master->meta, setting, &arena, &value, err);

	if (code == 0 && value[0])
		balance_apply(master, value);
	arena_fini(&arena);
	return code;
}

void balance_applied(struct master *master, const struct proto_op_setting_set *set)
{
	if (strcmp(set->name, setting) == 0)
		balance_apply(master, set->value);
}

/* It ended by itself: the next master need not begin it again. */
void balance_settle(struct master *master)
{
	struct proto_op op = {
	        .kind = PROTO_OP_SETTING_SET, .setting_set = {.name = setting, .value = ""}};

	if (cluster_balance_over(master->cluster))
		meta_submit(master->meta, &op, 0, 0, NULL, NULL);
}

static void balance_apply(struct master *master, const char *value)
{
	uint64_t within = 0;

	if (value[0] && text_parse_u64(value, &within, NULL) == 0 && within <= 100)
		cluster_balance_start(master->cluster, (uint32_t)within);
	else
		cluster_balance_stop(master->cluster);
}

static void balance_set(void *arg, const struct meta_result *result)
{
	struct request *request = arg;

	if (result->code != 0)
		request_fail(request, &result->err);
	else
		balance_answer(request);
}

static void balance_answer(struct request *request)
{
	struct proto_balance_reply reply = {0};

	if (cluster_balance(request->master->cluster, &request->arena, &reply.balance) != 0)
		request_refuse(request, DFS_E_NOMEM, "the master is out of memory");
	else
		request_answer(request, &reply);
}
