/* SPDX-License-Identifier: MIT */
/* meta_check: the frame of the walk. What is checked stands in check_names.c, check_chunks.c and
 * check_history.c. */
#include "meta/check.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "meta/meta.h"

enum { FAULTS_TOLD_MAX = 100 };

static int walk(struct check *check, struct dfs_error *err);
static void damaged(struct check *check, const char *sentence);
static int by_number(const void *a, const void *b);
static bool same_key(const struct table_key *a, const struct table_key *b);

/* For callers who want the sentences alone. */
struct sentences {
	void (*found)(void *arg, const char *sentence);
	void *arg;
	unsigned told;
};

static void tell_sentence(void *arg, const char *sentence, struct meta_subject subject)
{
	struct sentences *sentences = arg;

	if (sentences->found && sentences->told++ < FAULTS_TOLD_MAX)
		sentences->found(sentences->arg, sentence);
}

int meta_check(struct kv *kv, void (*found)(void *arg, const char *sentence), void *arg,
        struct dfs_error *err)
{
	struct sentences sentences = {.found = found, .arg = arg};
	struct meta_check_out out = {.fault = tell_sentence, .arg = &sentences};
	struct meta_checked done = {0};
	int rc = meta_check_all(kv, &out, &done, err);

	if (rc == 0 && done.faults > 0)
		rc = error_set(
		        err, DFS_E_CORRUPT, "the metadata has %" PRIu64 " faults", done.faults);
	return rc;
}

int meta_check_all(struct kv *kv, const struct meta_check_out *out, struct meta_checked *ret,
        struct dfs_error *err)
{
	struct check check = {.out = out};
	int rc = kv->ops->begin(kv, false, &check.kv);

	if (rc != 0)
		return error_set(
		        err, rc, "the metadata store: no read transaction: %s", dfs_error_text(rc));
	check_init(&check);
	rc = walk(&check, err);
	kv->ops->abort(check.kv);
	check_fini(&check);
	check.done.operation = check.counters.operation;
	if (rc == 0)
		*ret = check.done;
	return rc;
}

void check_init(struct check *check)
{
	check->inodes.item_size = sizeof(struct check_inode);
	check->chunks.item_size = sizeof(struct check_chunk);
	check->contents.item_size = sizeof(struct check_content);
}

void check_fini(struct check *check)
{
	free(check->inodes.items);
	free(check->chunks.items);
	free(check->contents.items);
	arena_fini(&check->arena);
}

static void fault(
        struct check *check, struct meta_subject subject, const char *format, va_list args)
{
	char sentence[DFS_ERROR_TEXT_MAX];

	vsnprintf(sentence, sizeof(sentence), format, args);
	check->done.faults++;
	check->out->fault(check->out->arg, sentence, subject);
}

void check_fault(struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fault(check, (struct meta_subject){0}, format, args);
	va_end(args);
}

void check_fault_of(
        struct check *check, enum meta_about about, uint64_t number, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fault(check, (struct meta_subject){about, number}, format, args);
	va_end(args);
}

int check_table(struct check *check, enum meta_table table, struct dfs_error *err,
        int (*visit)(struct check *check, const struct table_cursor *at, struct dfs_error *err))
{
	struct table_cursor cursor = {0};
	struct table_key first = key_none();
	struct dfs_error why = {0};
	int rc = table_seek(check->kv, table, &first, &cursor, &why);

	while (rc == 0 || rc == DFS_E_CORRUPT) {
		struct table_key at = cursor.key;

		/* A value that fails its checksum is a fault; the walk goes on behind it. */
		if (rc == DFS_E_CORRUPT)
			damaged(check, why.text);
		else
			rc = visit(check, &cursor, &why);
		if (rc != 0 && rc != DFS_E_CORRUPT)
			break;
		arena_reset(&check->arena);
		rc = cursor.cursor ? table_next(&cursor, &why) : DFS_E_NOENT;
		if (rc == DFS_E_CORRUPT && same_key(&at, &cursor.key)) {
			check->done.damaged = true;
			check_fault(check, "metadata table %s cannot be walked to its end",
			        table_name(table));
			break;
		}
	}
	table_cursor_fini(&cursor);
	if (rc != 0 && rc != DFS_E_NOENT && rc != DFS_E_CORRUPT)
		return error_set(err, rc, "%s", why.text);
	return 0;
}

bool check_row(struct check *check, enum meta_table table, const struct table_cursor *at, void *ret)
{
	struct dfs_error why = {0};

	if (table_unpack(table, &at->key, at->value, &check->arena, ret, &why) == 0)
		return true;
	damaged(check, why.text);
	return false;
}

static void damaged(struct check *check, const char *sentence)
{
	check->done.damaged = true;
	check_fault(check, "%s", sentence);
}

void *check_add(struct check_array *array, const void *item, struct dfs_error *err)
{
	size_t capacity = array->capacity ? 2 * array->capacity : 1024;
	void *added;

	if (array->count == array->capacity) {
		char *items = realloc(array->items, capacity * array->item_size);

		if (!items) {
			error_set(err, DFS_E_NOMEM, "out of memory for a check of the metadata");
			return NULL;
		}
		array->items = items;
		array->capacity = capacity;
	}
	added = array->items + array->count++ * array->item_size;
	return memcpy(added, item, array->item_size);
}

void *check_find(const struct check_array *array, uint64_t number)
{
	if (array->count == 0)
		return NULL;
	return bsearch(&number, array->items, array->count, array->item_size, by_number);
}

void check_sort(struct check_array *array)
{
	if (array->count > 0)
		qsort(array->items, array->count, array->item_size, by_number);
}

static int walk(struct check *check, struct dfs_error *err)
{
	struct table_key key = key_counters();
	int rc = table_read(check->kv, META_COUNTERS, &key, &check->arena, &check->counters, err);

	if (rc == DFS_E_NOENT)
		return error_set(err, rc, "there is no metadata here");
	if (rc == 0)
		rc = check_names(check, err);
	if (rc == 0)
		rc = check_chunks(check, err);
	if (rc == 0)
		rc = check_history(check, err);
	return rc;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool same_key(const struct table_key *a, const struct table_key *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}
