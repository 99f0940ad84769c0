/* SPDX-License-Identifier: MIT */
/* Answers, their ages, and the log; the datanodes. */
#include <inttypes.h>
#include "meta/apply.h"
#include "meta/check.h"

static int visit_answer(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_age(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_log(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_node(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_reign(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_hold(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static int visit_setting(struct check *check, const struct table_cursor *at, struct dfs_error *err);
static bool has_row(struct check *check, enum meta_table table, struct table_key key);

int check_history(struct check *check, struct dfs_error *err)
{
	int rc = check_table(check, META_ANSWER, err, visit_answer);

	if (rc == 0)
		rc = check_table(check, META_ANSWER_TIME, err, visit_age);
	if (rc == 0)
		rc = check_table(check, META_LOG, err, visit_log);
	if (rc == 0)
		rc = check_table(check, META_NODE, err, visit_node);
	if (rc == 0)
		rc = check_table(check, META_REIGN, err, visit_reign);
	if (rc == 0)
		rc = check_table(check, META_HOLD, err, visit_hold);
	if (rc == 0)
		rc = check_table(check, META_SETTING, err, visit_setting);
	return rc;
}

static int visit_answer(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t client = key_get_u64(&at->key, 0), sequence = key_get_u64(&at->key, 8);
	struct proto_row_answer row;

	if (check_row(check, META_ANSWER, at, &row) &&
	        !has_row(check, META_ANSWER_TIME,
	                key_u64_3(key_from_time(row.time_ms), client, sequence)))
		check_fault(check, "the answer to %016" PRIx64 ", %" PRIu64 " never ends", client,
		        sequence);
	return 0;
}

static int visit_age(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t client = key_get_u64(&at->key, 8), sequence = key_get_u64(&at->key, 16);

	if (!has_row(check, META_ANSWER, key_u64_2(client, sequence)))
		check_fault(check, "there is an age but no answer to %016" PRIx64 ", %" PRIu64,
		        client, sequence);
	return 0;
}

static int visit_log(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t operation = key_get_u64(&at->key, 0);
	struct dfs_error why = {0};
	struct record record;
	struct proto_op op;

	if (record_unpack(at->value, &check->arena, &op, &record, &why) != 0)
		check_fault(check, "operation %" PRIu64 " of the log: %s", operation, why.text);
	if (operation > check->counters.operation)
		check_fault(check, "operation %" PRIu64 " is in the log, the last one is %" PRIu64,
		        operation, check->counters.operation);
	else if (operation < check->counters.operation &&
	         !has_row(check, META_LOG, key_u64(operation + 1)))
		check_fault(check, "operation %" PRIu64 " is missing in the log", operation + 1);
	return 0;
}

static int visit_node(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint32_t node = key_get_u32(&at->key);
	struct proto_row_node row;

	if (check_row(check, META_NODE, at, &row) && node >= check->counters.next_node)
		check_fault(check, "datanode %u is beyond the next number to give", node);
	return 0;
}

static int visit_reign(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	uint64_t epoch = key_get_u64(&at->key, 0);
	struct proto_row_reign row;

	if (!check_row(check, META_REIGN, at, &row))
		return 0;
	if (epoch > check->counters.epoch || row.operation > check->counters.operation)
		check_fault(
		        check, "epoch %" PRIu64 " of the history is beyond the last one", epoch);
	if (epoch == check->counters.epoch && row.reign != check->counters.reign)
		check_fault(check, "epoch %" PRIu64 " has two reigns", epoch);
	return 0;
}

static int visit_setting(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct proto_row_setting row;

	if (check_row(check, META_SETTING, at, &row) && row.value[0] == '\0')
		check_fault(check, "a setting is kept that says nothing");
	return 0;
}

static int visit_hold(struct check *check, const struct table_cursor *at, struct dfs_error *err)
{
	struct proto_row_hold row;

	if (check_row(check, META_HOLD, at, &row) && row.epoch > check->counters.epoch)
		check_fault(check, "deletions are held for epoch %" PRIu64 ", which is to come",
		        row.epoch);
	return 0;
}

static bool has_row(struct check *check, enum meta_table table, struct table_key key)
{
	struct kv_bytes value;

	return table_get(check->kv, table, &key, &value, NULL) == 0;
}
