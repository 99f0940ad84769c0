/* SPDX-License-Identifier: MIT */
/*
 * Random operations in random batches against a plain model: the same codes, the same tree, every
 * invariant of the database; and the log replayed onto an older copy, and onto nothing, gives the
 * same database (RULES 19). DFS_TEST_SEED=N runs another history.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "io/kv_lmdb.h"
#include "model.h"
#include "world.h"

enum { REMEMBERED = 64 }; /* accepted requests that may be asked again */

struct question;

struct player {
	struct world *w;
	struct question *all;
	struct question *accepted_last[REMEMBERED];
	struct model model;
	uint64_t random;
	uint64_t sequence;
	unsigned answered, submitted, accepted;
	uint64_t thrown[REMEMBERED]; /* numbers of entries of the trash, there still or not */
	uint64_t living_ms;
};

struct question {
	struct player *player;
	struct question *next; /* of all: what was asked may be asked again */
	struct proto_op op;
	int code;
	bool repeat;
	uint64_t sequence;
	char path[64], to[64];
	struct proto_chunk_new chunks[4];
	struct proto_extent_new extents[8];
	uint64_t entries[4], ticket;
};

static uint64_t next_random(struct player *p, uint64_t bound)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (p->random >> 11) % bound;
}

static const char *random_path(struct player *p, char ret[64])
{
	uint64_t depth = 1 + next_random(p, 4);
	size_t at = 0;

	for (uint64_t i = 0; i < depth; i++)
		at += (size_t)snprintf(
		        ret + at, 64 - at, "/%c", (int)('a' + next_random(p, MODEL_NAMES)));
	return ret;
}

static uint64_t random_session(struct player *p)
{
	uint64_t session = p->model.sessions[next_random(p, MODEL_SESSIONS)].session;

	return session ? session : 1 + next_random(p, 50);
}

/* Extents that follow what the session has staged; now and then wrong ones. */
static size_t random_extents(struct player *p, uint64_t number, struct question *q)
{
	struct model_session *session = model_session(&p->model, number);
	size_t count = session && session->chunks_count ? next_random(p, 8) : 0;
	uint64_t at = session ? session->staged : 0, filled[MODEL_SESSION_CHUNKS] = {0};

	for (size_t i = 0; i < count; i++) {
		unsigned c = (unsigned)next_random(p, session->chunks_count);

		q->extents[i] = (struct proto_extent_new){at, session->chunks[c],
		        session->filled[c] + filled[c], 1 + next_random(p, 100),
		        (uint32_t)next_random(p, 1000)};
		filled[c] += q->extents[i].length;
		at += q->extents[i].length;
	}
	if (count > 0 && next_random(p, 30) == 0)
		q->extents[next_random(p, count)].offset ^= 1;
	return count;
}

static void random_begin(struct player *p, struct question *q)
{
	static uint32_t nodes[] = {3, 1, 2};
	struct proto_op_session_begin *begin = &q->op.session_begin;

	q->op.kind = PROTO_OP_SESSION_BEGIN;
	*begin = (struct proto_op_session_begin){.session = meta_new_session(p->w->meta),
	        .path = q->path,
	        .goal = 3,
	        .chunk_size = 65536,
	        .no_replace = next_random(p, 8) == 0,
	        .chunks = q->chunks,
	        .chunks_count = next_random(p, 4)};
	for (size_t i = 0; i < begin->chunks_count; i++)
		q->chunks[i] = (struct proto_chunk_new){meta_new_chunk(p->w->meta), 1, nodes, 3};
}

static void random_commit(struct player *p, struct question *q)
{
	uint64_t number = random_session(p);
	struct model_session *session = model_session(&p->model, number);
	size_t count = random_extents(p, number, q);
	uint64_t size = session ? session->staged : 0;

	for (size_t i = 0; i < count; i++)
		size += q->extents[i].length;
	q->op = op_of_commit(number, next_random(p, 30) == 0 ? size + 1 : size, q->extents, count);
}

static void random_stage(struct player *p, struct question *q)
{
	uint64_t number = random_session(p);
	size_t count = random_extents(p, number, q);

	q->op = op_of_stage(number, q->extents, count);
}

static void random_throw(struct player *p, struct question *q)
{
	p->living_ms += next_random(p, 1000);
	q->op = (struct proto_op){.kind = PROTO_OP_TRASH_MOVE,
	        .trash_move = {.path = q->path,
	                .recursive = next_random(p, 3) != 0,
	                .living_ms = p->living_ms - next_random(p, 2) * (p->living_ms / 2),
	                .keep_ms = next_random(p, 10000),
	                .by = "somebody"}};
}

static void random_undelete(struct player *p, struct question *q)
{
	struct model_trash *entry = p->model.trash;

	for (uint64_t n = next_random(p, 6); entry && entry->next && n > 0; n--)
		entry = entry->next;
	if (entry && next_random(p, 5) != 0)
		snprintf(q->path, sizeof(q->path), "%s", entry->path);
	q->op = (struct proto_op){.kind = PROTO_OP_UNDELETE,
	        .undelete = {.path = q->path, .to = next_random(p, 2) ? q->to : ""}};
	if (next_random(p, 3) == 0)
		q->op.undelete.entry = entry && entry->number && next_random(p, 4)
		                               ? entry->number
		                               : p->thrown[next_random(p, REMEMBERED)];
}

static void random_drop(struct player *p, struct question *q)
{
	size_t count = next_random(p, 4);

	p->living_ms += next_random(p, 1000);
	for (size_t i = 0; i < count; i++)
		q->entries[i] = p->thrown[next_random(p, REMEMBERED)];
	q->op = (struct proto_op){.kind = PROTO_OP_TRASH_DROP,
	        .trash_drop = {.entries = q->entries,
	                .entries_count = count,
	                .living_ms = next_random(p, 2) ? p->living_ms : 0,
	                .rows = 10000}};
}

static void random_trash(struct player *p, struct question *q)
{
	uint64_t which = next_random(p, 10);

	if (which < 5)
		random_throw(p, q);
	else if (which < 7)
		random_undelete(p, q);
	else if (which < 8)
		random_drop(p, q);
	else if (which < 9)
		q->op = (struct proto_op){.kind = PROTO_OP_TRASH_LIVE,
		        .trash_live = {p->living_ms += next_random(p, 500)}};
	else
		q->op = (struct proto_op){.kind = PROTO_OP_TRASH_MEASURE,
		        .trash_measure = {p->thrown[next_random(p, REMEMBERED)], next_random(p, 9),
		                next_random(p, 9), next_random(p, 9)}};
}

static void random_op(struct player *p, struct question *q)
{
	const char *path = random_path(p, q->path), *to = random_path(p, q->to);
	uint64_t which = next_random(p, 115);

	if (which >= 100) {
		random_trash(p, q);
	} else if (which < 20) {
		q->op = next_random(p, 3) == 0 ? op_of_mkdirs(path) : op_of_mkdir(path);
	} else if (which < 30) {
		q->op = op_of_create(path);
	} else if (which < 33) {
		q->op = op_of_symlink(path, to);
	} else if (which < 43) {
		q->op = op_of_remove(path);
		q->op.remove.recursive = next_random(p, 3) == 0;
		q->op.remove.directory = next_random(p, 4) == 0;
	} else if (which < 58) {
		q->op = op_of_rename(path, to);
		q->op.rename.no_replace = next_random(p, 5) == 0;
	} else if (which < 61) {
		q->op = (struct proto_op){.kind = PROTO_OP_SETATTR,
		        .setattr = {.path = path,
		                .set_mode = true,
		                .mode = (uint32_t)next_random(p, 01000)}};
	} else if (which < 76 && model_session(&p->model, 0)) {
		random_begin(p, q);
	} else if (which < 82) {
		random_stage(p, q);
	} else if (which < 94) {
		random_commit(p, q);
	} else if (which < 96) {
		q->op = (struct proto_op){
		        .kind = PROTO_OP_SESSION_END, .session_end = {random_session(p)}};
	} else {
		q->op = op_of_purge((uint32_t)(1 + next_random(p, 20)));
	}
}

static void answered(void *arg, const struct meta_result *result)
{
	struct question *q = arg;
	struct player *p = q->player;

	if (result->code != q->code)
		fail_msg("%s %s %s: wanted %s, got %s (%s)", proto_op_name(q->op.kind), q->path,
		        q->to, dfs_error_name(q->code), dfs_error_name(result->code),
		        result->err.text);
	assert_int_equal(result->repeated, q->repeat && q->code == 0);
	if (q->op.kind == PROTO_OP_TRASH_MOVE && result->code == 0 && !q->repeat) {
		struct model_trash *entry = model_trash_ticket(&p->model, q->ticket);

		if (entry)
			entry->number = result->operation;
		p->thrown[q->ticket % REMEMBERED] = result->operation;
	}
	p->answered++;
	p->accepted += result->code == 0 && !result->repeated;
}

static struct question *question_of(struct player *p)
{
	struct question *q = calloc(1, sizeof(*q));

	q->player = p;
	q->next = p->all;
	p->all = q;
	return q;
}

/* A repeat of what was accepted changes nothing; a refusal would be judged anew. */
static void ask_again(struct player *p, const struct question *accepted)
{
	struct question *again;

	if (!accepted || next_random(p, 4) != 0)
		return;
	again = question_of(p);
	again->op = accepted->op;
	again->repeat = true;
	p->submitted++;
	meta_submit(p->w->meta, &accepted->op, 5, accepted->sequence, answered, again);
}

static void ask(struct player *p)
{
	struct question *q = question_of(p);

	random_op(p, q);
	q->sequence = ++p->sequence;
	q->code = model_apply(&p->model, &q->op);
	q->ticket = p->model.tickets;
	p->submitted++;
	meta_submit(p->w->meta, &q->op, 5, q->sequence, answered, q);
	if (q->code == 0)
		p->accepted_last[next_random(p, REMEMBERED)] = q;
	ask_again(p, p->accepted_last[next_random(p, REMEMBERED)]);
}

static void settle(struct player *p)
{
	while (p->answered < p->submitted)
		assert_true(sim_step(p->w->sim));
}

static void compare_tree(struct player *p, const struct model_node *dir, const char *path)
{
	struct proto_list_reply page;
	size_t children = 0;
	char below[256];

	assert_int_equal(
	        meta_list(p->w->meta, *path ? path : "/", "", 0, &p->w->arena, &page, &p->w->err),
	        0);
	for (const struct model_node *node = dir->children; node; node = node->next)
		children++;
	assert_int_equal(page.entries_count, children);
	for (const struct model_node *node = dir->children; node; node = node->next) {
		const struct proto_attr *attr = NULL;

		for (size_t i = 0; i < page.entries_count; i++)
			if (strcmp(page.entries[i].name, node->name) == 0)
				attr = &page.entries[i];
		assert_non_null(attr);
		assert_int_equal(attr->kind, node->kind);
		assert_int_equal(attr->mode, node->mode);
		assert_int_equal(attr->generation, node->generation);
		if (node->kind != PROTO_KIND_DIR)
			assert_int_equal(attr->size, node->size);
		assert_string_equal(attr->target, node->target);
		snprintf(below, sizeof(below), "%s/%s", path, node->name);
		if (node->kind == PROTO_KIND_DIR)
			compare_tree(p, node, below);
	}
}

static int entry_seen(void *arg, uint64_t number, const struct proto_row_trash *row)
{
	struct player *p = arg;
	struct model_trash *entry = model_trash_number(&p->model, number);

	assert_non_null(entry);
	assert_string_equal(row->path, entry->path);
	assert_int_equal(row->kind, entry->node->kind);
	assert_int_equal(row->living_ms + row->keep_ms, entry->goes_ms);
	p->thrown[0]++;
	return 0;
}

static void compare_trash(struct player *p)
{
	struct proto_row_trash_count count;
	uint64_t kept = p->thrown[0], entries = 0;

	p->thrown[0] = 0;
	assert_int_equal(meta_each_trash(p->w->meta, 0, 0, entry_seen, p), 0);
	for (const struct model_trash *entry = p->model.trash; entry; entry = entry->next)
		entries++;
	assert_int_equal(p->thrown[0], entries);
	assert_int_equal(meta_trash_count(p->w->meta, &count), 0);
	assert_int_equal(count.entries, entries);
	p->thrown[0] = kept;
}

static unsigned chunks_in_files(const struct model_node *node)
{
	unsigned chunks = node->kind == PROTO_KIND_FILE ? node->chunks : 0;

	for (const struct model_node *at = node->children; at; at = at->next)
		chunks += chunks_in_files(at);
	return chunks;
}

/* Once nothing waits to be purged and no session is open, everything that counts is in the tree. */
static void compare_counters(struct player *p)
{
	uint64_t files = 0, dirs = 0, bytes = 0, chunks;
	struct proto_row_counters counters;

	for (int i = 0; i < MODEL_SESSIONS; i++) {
		struct proto_op op = {.kind = PROTO_OP_SESSION_END,
		        .session_end = {p->model.sessions[i].session}};

		if (op.session_end.session)
			world_must(p->w, op);
		p->model.sessions[i].session = 0;
	}
	while (meta_purge_pending(p->w->meta))
		world_must(p->w, op_of_purge(7));
	model_count(p->model.root, &files, &dirs, &bytes);
	chunks = chunks_in_files(p->model.root);
	/* Those in the trash are there still. */
	for (const struct model_trash *entry = p->model.trash; entry; entry = entry->next) {
		model_count_all(entry->node, &files, &dirs, &bytes);
		chunks += chunks_in_files(entry->node);
	}
	counters = world_counters(p->w);
	assert_int_equal(counters.files, files);
	assert_int_equal(counters.dirs, dirs);
	assert_int_equal(counters.bytes, bytes);
	assert_int_equal(counters.chunks, chunks);
}

/* A copy of the database as it is now. */
static struct kv *copy_of(struct world *w, const char *name)
{
	char dir[128], file[160];
	struct kv *copy;

	if (!w->dir[0])
		return sim_kv_clone(w->kv);
	snprintf(dir, sizeof(dir), "%s/%s", w->dir, name);
	snprintf(file, sizeof(file), "%s/data.mdb", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(w->kv->ops->copy(w->kv, file), 0);
	assert_int_equal(kv_lmdb_open(&copy, dir, 64 << 20, &w->err), 0);
	return copy;
}

static struct kv *empty_of(struct world *w)
{
	struct kv *kv;
	char dir[128];

	if (!w->dir[0])
		return sim_kv_clone(sim_host_kv(sim_host_create(w->sim, "empty")));
	snprintf(dir, sizeof(dir), "%s/empty", w->dir);
	assert_int_equal(kv_lmdb_open(&kv, dir, 64 << 20, &w->err), 0);
	return kv;
}

static void replays(struct world *w, struct kv *copy, uint64_t copied_at)
{
	int rc = meta_replay(w->kv, copy, copied_at + 1, meta_operation(w->meta), &w->err);

	if (rc == 0)
		rc = meta_compare(w->kv, copy, &w->err);
	if (rc != 0)
		fail_msg("replay from %d: %s", (int)copied_at + 1, w->err.text);
	world_check(copy);
	copy->ops->close(copy);
}

static void play(bool lmdb, uint64_t seed, int rounds)
{
	struct player p = {.w = world_create(lmdb, seed), .random = seed * 0x9e3779b97f4a7c15 + 1};
	struct kv *copy = NULL;
	uint64_t copied_at = 0;

	model_init(&p.model);
	for (int round = 0; round < rounds; round++) {
		for (uint64_t batch = 1 + next_random(&p, 20); batch > 0; batch--)
			ask(&p);
		settle(&p);
		if (round % 50 == 49) {
			compare_tree(&p, p.model.root, "");
			compare_trash(&p);
			world_check(p.w->kv);
			arena_reset(&p.w->arena);
		}
		if (round == rounds / 3) {
			copied_at = meta_operation(p.w->meta);
			copy = copy_of(p.w, "copy");
		}
		if (next_random(&p, 100) ==
		        0) /* a restart of the master changes nothing but the epoch */
			assert_int_equal(world_reopen(p.w, CLUSTER, false), 0);
		if (next_random(&p, 100) == 0) { /* answers end */
			sim_run_for(p.w->sim, next_random(&p, 700000));
			memset(p.accepted_last, 0, sizeof(p.accepted_last));
		}
	}
	compare_tree(&p, p.model.root, "");
	compare_trash(&p);
	compare_counters(&p);
	world_check(p.w->kv);
	assert_true(p.accepted * 6 > p.submitted);
	replays(p.w, copy, copied_at);
	replays(p.w, empty_of(p.w), 0);
	model_fini(&p.model);
	world_destroy(p.w);
	for (struct question *q; (q = p.all); free(q))
		p.all = q->next;
}

static uint64_t seed_of_run(void)
{
	const char *text = getenv("DFS_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : 1;

	print_message("# DFS_TEST_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

static void random_histories_match_the_model(void **state)
{
	uint64_t seed = seed_of_run();

	for (uint64_t run = 0; run < 20; run++)
		play(false, seed + run * 1000, 300);
}

static void random_history_matches_the_model_on_lmdb(void **state)
{
	play(true, seed_of_run(), 120);
}

/* A log that says something else than what was done is found out. */
static void replay_notices_another_history(void **state)
{
	struct world *w = world_create(false, 3);
	struct kv *copy = sim_kv_clone(w->kv);
	uint64_t at = meta_operation(w->meta);

	world_must(w, op_of_create("/a"));
	world_must(w, op_of_create("/b"));
	assert_int_equal(meta_compare(w->kv, copy, &w->err), DFS_E_CORRUPT);
	assert_int_equal(meta_replay(w->kv, copy, at + 2, at + 2, &w->err),
	        DFS_E_INVAL); /* not where the copy is */
	assert_int_equal(meta_replay(w->kv, copy, at + 1, at + 3, &w->err), DFS_E_NOENT);
	assert_int_equal(
	        meta_compare(w->kv, copy, &w->err), DFS_E_CORRUPT); /* nothing of it was kept */
	assert_int_equal(meta_replay(w->kv, copy, at + 1, at + 1, &w->err), 0);
	assert_int_equal(meta_compare(w->kv, copy, &w->err), DFS_E_CORRUPT);
	assert_int_equal(meta_replay(w->kv, copy, at + 2, at + 2, &w->err), 0);
	assert_int_equal(meta_compare(w->kv, copy, &w->err), 0);
	copy->ops->close(copy);
	world_destroy(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(random_histories_match_the_model),
	        cmocka_unit_test(random_history_matches_the_model_on_lmdb),
	        cmocka_unit_test(replay_notices_another_history),
	};

	return cmocka_run_group_tests_name("meta_model", tests, NULL, NULL);
}
