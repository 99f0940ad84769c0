/* SPDX-License-Identifier: MIT */
/*
 * Whose history is this? (RULES 16.) A datanode remembers the last (epoch, reign, operation) that
 * it served. Metadata that grew from the state of then has that reign in its history, and at least
 * that operation within it. An older copy that was put back has not, however often it was started
 * since and however high its own epochs climbed: the reigns of the time it missed are not its own.
 */
#include "meta/read.h"

struct history {
	uint64_t first_epoch;    /* 0: nothing is recorded */
	uint64_t next_operation; /* that began the first reign past the one asked for; 0: none */
	uint64_t restored;       /* the epoch of the last restore; 0: none */
	bool known;              /* the epoch asked for is recorded: */
	uint64_t reign;
};

static int history_read(
        struct meta *meta, uint64_t epoch, struct history *ret, struct dfs_error *err);
static int history_walk(
        struct kv_txn *kv, uint64_t epoch, struct history *ret, struct dfs_error *err);
static void history_add(
        struct history *history, uint64_t at, const struct proto_row_reign *row, uint64_t epoch);

int meta_lineage(struct meta *meta, uint64_t epoch, uint64_t reign, uint64_t operation,
        enum meta_lineage *ret, struct dfs_error *err)
{
	struct history history = {0};
	uint64_t last = meta->operation;
	bool ours;
	int rc;

	*ret = META_OURS;
	if (epoch == 0)
		return 0; /* it never served anybody */
	rc = history_read(meta, epoch, &history, err);
	if (rc != 0)
		return rc;
	if (history.next_operation)
		last = history.next_operation - 1;
	/* Reigns from before the history was kept are taken on trust. */
	ours = epoch <= meta->epoch && operation <= last &&
	       (history.known ? reign == history.reign : epoch < history.first_epoch);
	if (!ours)
		*ret = epoch < history.restored ? META_GIVEN_UP : META_FOREIGN;
	return 0;
}

uint64_t meta_restored(struct meta *meta)
{
	struct history history = {0};

	return history_read(meta, 0, &history, NULL) == 0 ? history.restored : 0;
}

bool meta_held(const struct meta *meta, struct proto_row_hold *ret)
{
	if (ret)
		*ret = meta->hold;
	return meta->held;
}

int meta_hold_read(struct meta *meta, struct dfs_error *err)
{
	struct table_key key = key_counters();
	struct arena arena = {0};
	struct kv_txn *kv;
	int rc = read_begin(meta, &kv, err);

	if (rc != 0)
		return rc;
	rc = table_read(kv, META_HOLD, &key, &arena, &meta->hold, err);
	read_end(kv);
	arena_fini(&arena); /* the row has no strings */
	/* A row that cannot be read is one that is there. */
	meta->held = rc != DFS_E_NOENT;
	return rc == DFS_E_NOENT ? 0 : rc;
}

static int history_read(
        struct meta *meta, uint64_t epoch, struct history *ret, struct dfs_error *err)
{
	struct kv_txn *kv;
	int rc = read_begin(meta, &kv, err);

	if (rc != 0)
		return rc;
	rc = history_walk(kv, epoch, ret, err);
	read_end(kv);
	return rc;
}

/* One row for each start of the master: some thousands in a life. */
static int history_walk(
        struct kv_txn *kv, uint64_t epoch, struct history *ret, struct dfs_error *err)
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none();
	struct arena arena = {0};
	struct proto_row_reign row;
	int rc = table_seek(kv, META_REIGN, &first, &cursor, err);

	while (rc == 0) {
		rc = table_unpack(META_REIGN, &cursor.key, cursor.value, &arena, &row, err);
		if (rc != 0)
			break;
		history_add(ret, key_get_u64(&cursor.key, 0), &row, epoch);
		rc = table_next(&cursor, err);
	}
	table_cursor_fini(&cursor);
	arena_fini(&arena);
	return rc == DFS_E_NOENT ? 0 : rc;
}

static void history_add(
        struct history *history, uint64_t at, const struct proto_row_reign *row, uint64_t epoch)
{
	if (!history->first_epoch)
		history->first_epoch = at;
	if (at == epoch) {
		history->known = true;
		history->reign = row->reign;
	}
	if (at > epoch && !history->next_operation)
		history->next_operation = row->operation;
	if (row->restored)
		history->restored = at;
}
