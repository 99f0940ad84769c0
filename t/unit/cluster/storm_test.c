/* SPDX-License-Identifier: MIT */
/*
 * The engine in a storm: datanodes that keep replicas, a metadata that applies operations, writers
 * that append, and a seed that kills, silences and delays. Watched all the time: no seal below what
 * was acknowledged, no deletion that was neither asked for nor of surplus, each call answered once.
 * In the end all is healed, and every chunk must have its goal of replicas, no fewer and no more.
 */
#include "bench.h"

#include <utlist.h>

enum { NODES = 6, CHUNKS = 40, STEPS = 600, STORMS = 40 };

struct replica {
	bool there, copying;
	uint64_t version, length;
	enum proto_held_state state;
};

struct file { /* a chunk, as metadata and its writer have it */
	bool made, freed, deleting, gone;
	enum proto_chunk_state state;
	uint64_t version, length, acked;
	uint32_t nodes[3];
	struct sealed sealed;
	bool sealing;
};

struct storm {
	struct bench *b;
	uint64_t seed;
	bool alive[NODES + 1], reported[NODES + 1];
	struct replica replicas[NODES + 1][CHUNKS];
	struct file files[CHUNKS];
};

static uint64_t roll(struct storm *s, uint64_t sides)
{
	s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (s->seed >> 33) % sides;
}

/* All replicas of a chunk hold prefixes of one sequence: the length says which bytes. */
static uint32_t crc_of(uint64_t chunk, uint64_t length)
{
	if (length == 0)
		return 0;
	return (uint32_t)((chunk * 2654435761u + length * 40503u) ^ (length << 7));
}

static struct proto_held told(const struct storm *s, uint32_t node, uint64_t i)
{
	const struct replica *r = &s->replicas[node][i];

	return held(CHUNK(i + 1), r->version, r->length, crc_of(i, r->length), r->state);
}

static void delta(struct storm *s, uint32_t node, uint64_t i)
{
	struct proto_held replica = told(s, node, i);

	if (s->alive[node])
		bench_report(s->b, node, false, &replica, 1);
}

static void tell_row(struct storm *s, uint64_t i)
{
	const struct file *f = &s->files[i];
	struct proto_row_chunk row = {
	        .version = f->version,
	        .state = f->freed ? PROTO_CHUNK_STATE_FREED : f->state,
	        .goal = 3,
	        .length = f->length,
	        .crc = crc_of(i, f->length),
	        .nodes = (uint32_t *)f->nodes,
	        .nodes_count = 3,
	};

	assert_int_equal(cluster_chunk_known(s->b->cluster, CHUNK(i + 1), &row), 0);
}

/* ---- metadata ---- */

static int apply(struct storm *s, const struct proto_op *op)
{
	uint64_t i =
	        (op->kind == PROTO_OP_CHUNK_RAISE ? op->chunk_raise.chunk : op->chunk_seal.chunk) -
	        CHUNK(1);
	struct file *f = &s->files[i];

	assert_true(i < CHUNKS);
	if (f->freed || f->state != PROTO_CHUNK_STATE_OPEN)
		return DFS_E_SEALED;
	if (op->kind == PROTO_OP_CHUNK_RAISE) {
		assert_true(op->chunk_raise.version == f->version + 1);
		f->version = op->chunk_raise.version;
		return 0;
	}
	/* RULES 1: this is what it is all for. */
	assert_true(op->chunk_seal.length >= f->acked);
	assert_true(op->chunk_seal.version == f->version);
	assert_int_equal(op->chunk_seal.crc, crc_of(i, op->chunk_seal.length));
	f->state = PROTO_CHUNK_STATE_SEALED;
	f->length = op->chunk_seal.length;
	return 0;
}

static void metadata_turns(struct storm *s)
{
	while (s->b->submitted && roll(s, 3) != 0) {
		struct submitted *submitted = s->b->submitted;
		int code = roll(s, 20) == 0 ? DFS_E_NOSPC : apply(s, &submitted->op);
		uint64_t i = submitted->op.chunk_raise.chunk - CHUNK(1);
		bool row_first = roll(s, 2);

		if (code == 0 && row_first)
			tell_row(s, i);
		bench_durable(s->b, submitted->op.kind, code);
		if (code == 0 && !row_first)
			tell_row(s, i);
	}
}

/* ---- datanodes ---- */

static void freeze(struct storm *s, struct sent *sent)
{
	uint64_t i = sent->args.freeze.chunk - CHUNK(1);
	struct replica *r = &s->replicas[sent->node][i];
	struct proto_freeze_reply reply = {0};

	if (r->there && sent->args.freeze.version < r->version) {
		bench_answer(s->b, sent, DFS_E_STALE, NULL);
		return;
	}
	if (r->there) {
		r->version = sent->args.freeze.version;
		if (r->state == PROTO_HELD_STATE_OPEN)
			r->state = PROTO_HELD_STATE_FROZEN;
		reply = (struct proto_freeze_reply){.found = true,
		        .length = r->length,
		        .crc = crc_of(i, r->length),
		        .state = r->state};
	}
	bench_answer(s->b, sent, 0, &reply);
}

static void seal_at(struct storm *s, struct sent *sent)
{
	uint64_t i = sent->args.seal_at.chunk - CHUNK(1);
	struct replica *r = &s->replicas[sent->node][i];
	struct proto_seal_at_reply reply = {0};
	uint32_t node = sent->node;
	int code = 0;

	assert_true(s->files[i].state == PROTO_CHUNK_STATE_SEALED);
	assert_true(sent->args.seal_at.length == s->files[i].length);
	if (!r->there)
		code = DFS_E_NOENT;
	else if (r->state == PROTO_HELD_STATE_BAD)
		code = DFS_E_CORRUPT;
	else if (r->length < sent->args.seal_at.length)
		code = DFS_E_RANGE;
	else if (r->version > sent->args.seal_at.version)
		code = DFS_E_STALE;
	if (code == 0) {
		r->state = PROTO_HELD_STATE_SEALED;
		r->version = sent->args.seal_at.version;
		r->length = sent->args.seal_at.length;
	}
	bench_answer(s->b, sent, code, &reply);
	if (code == 0)
		delta(s, node, i);
}

/* RULES 3: enough others are as they should be; one may have rotted since the decision. */
static bool is_surplus(const struct storm *s, uint32_t node, uint64_t i)
{
	const struct file *f = &s->files[i];
	uint32_t others = 0;

	for (uint32_t n = 1; n <= NODES; n++) {
		const struct replica *r = &s->replicas[n][i];

		others += n != node && r->there && r->state == PROTO_HELD_STATE_SEALED &&
		          r->version == f->version && r->length == f->length;
	}
	return f->state == PROTO_CHUNK_STATE_SEALED && others >= 2;
}

static void delete_all(struct storm *s, struct sent *sent)
{
	struct proto_chunk_version gone[CHUNKS];
	struct proto_delete_reply reply = {.gone = gone};

	for (size_t n = 0; n < sent->args.delete.chunks_count; n++) {
		uint64_t i = sent->args.delete.chunks[n].chunk - CHUNK(1);

		assert_true(s->files[i].deleting || is_surplus(s, sent->node, i));
		assert_false(bench_counts(s->b).safe_mode);
		if (s->replicas[sent->node][i].copying || roll(s, 5) == 0)
			continue; /* busy */
		s->replicas[sent->node][i].there = false;
		gone[reply.gone_count++] = sent->args.delete.chunks[n];
	}
	bench_answer(s->b, sent, 0, &reply);
}

static void copy(struct storm *s, struct sent *sent)
{
	uint64_t i = sent->args.copy.chunk - CHUNK(1);
	struct proto_copy_reply reply = {0};
	uint32_t source = 0, node = sent->node;
	struct replica *r = &s->replicas[node][i];
	const struct replica *from;

	assert_int_equal(sscanf(sent->args.copy.source, "node%u:7070", &source), 1);
	from = &s->replicas[source][i];
	r->copying = false;
	if (!s->alive[source] || !from->there || from->state != PROTO_HELD_STATE_SEALED ||
	        roll(s, 8) == 0) {
		bench_answer(s->b, sent, DFS_E_IO, NULL);
		return;
	}
	assert_true(from->length == sent->args.copy.length);
	*r = *from;
	bench_answer(s->b, sent, 0, &reply);
	delta(s, node, i);
}

static void datanodes_turn(struct storm *s)
{
	struct sent *sent, *next;

	LL_FOREACH_SAFE(s->b->sent, sent, next)
	{
		if (!s->alive[sent->node] || roll(s, 3) == 0)
			continue;
		if (sent->kind == PROTO_CALL_FREEZE)
			freeze(s, sent);
		else if (sent->kind == PROTO_CALL_SEAL_AT)
			seal_at(s, sent);
		else if (sent->kind == PROTO_CALL_DELETE)
			delete_all(s, sent);
		else
			copy(s, sent);
		break; /* the list has changed */
	}
}

static void node_dies(struct storm *s, uint32_t node)
{
	if (!s->alive[node])
		return;
	s->alive[node] = s->reported[node] = false;
	for (uint64_t i = 0; i < CHUNKS; i++)
		s->replicas[node][i].copying = false;
	bench_kill(s->b, node);
}

static void node_starts(struct storm *s, uint32_t node)
{
	if (s->alive[node])
		return;
	bench_start(s->b, node);
	s->alive[node] = true;
}

static void node_reports(struct storm *s, uint32_t node)
{
	struct proto_held replicas[CHUNKS];
	size_t count = 0;

	if (!s->alive[node] || s->reported[node])
		return;
	for (uint64_t i = 0; i < CHUNKS; i++)
		if (s->replicas[node][i].there)
			replicas[count++] = told(s, node, i);
	bench_report(s->b, node, true, replicas, count);
	s->reported[node] = true;
}

/* ---- writers ---- */

static void open_one(struct storm *s, uint64_t i)
{
	struct place_request request = {
	        .chunk = CHUNK(i + 1), .seed = roll(s, 1000), .size_bytes = MIB, .goal = 3};
	struct file *f = &s->files[i];
	struct place_answer answer;

	if (f->made ||
	        place_builtin(&request, cluster_view(s->b->cluster, MIB, NULL, 0), &answer, NULL) !=
	                0 ||
	        answer.nodes_count < 3)
		return;
	f->made = true;
	f->version = 1;
	memcpy(f->nodes, answer.nodes, sizeof(f->nodes));
	assert_int_equal(cluster_chunk_opened(s->b->cluster, CHUNK(i + 1), 1, f->nodes, 3, MIB), 0);
	tell_row(s, i);
}

/* A record goes down the chain, perhaps not to its end; acknowledged only if every replica took it.
 */
static void append(struct storm *s, uint64_t i)
{
	struct file *f = &s->files[i];
	uint64_t length = 0, more = 1 + roll(s, 1000);
	uint64_t reaches = roll(s, 6) == 0 ? roll(s, 3) : 3, n;

	if (!f->made || f->freed || f->state != PROTO_CHUNK_STATE_OPEN || f->sealing)
		return;
	length = s->replicas[f->nodes[0]][i].length;
	for (n = 0; n < reaches; n++) {
		struct replica *r = &s->replicas[f->nodes[n]][i];

		if (!s->alive[f->nodes[n]])
			break;
		if (!r->there && length == 0) {
			*r = (struct replica){
			        .there = true, .version = 1, .state = PROTO_HELD_STATE_OPEN};
			delta(s, f->nodes[n], i);
		}
		if (!r->there || r->state != PROTO_HELD_STATE_OPEN || r->version != 1 ||
		        r->length != length)
			break;
		r->length += more;
	}
	if (n == 3)
		f->acked = length + more;
	if (n == 3 && roll(s, 2) == 0)
		bench_progress(s->b, f->nodes[0], CHUNK(i + 1), 1, length + more, length + more);
	if (n < 3) {
		f->sealing = true;
		bench_seal(s->b, CHUNK(i + 1), f->acked, &f->sealed);
	}
}

/* All replicas have the same bytes: the commit seals the chunk, the datanodes follow, or not. */
static void commit(struct storm *s, uint64_t i)
{
	struct file *f = &s->files[i];

	if (!f->made || f->freed || f->state != PROTO_CHUNK_STATE_OPEN || f->acked == 0)
		return;
	for (int n = 0; n < 3; n++)
		if (s->replicas[f->nodes[n]][i].length != f->acked)
			return;
	f->state = PROTO_CHUNK_STATE_SEALED;
	f->length = f->acked;
	tell_row(s, i);
	for (int n = 0; n < 3; n++) {
		struct replica *r = &s->replicas[f->nodes[n]][i];

		if (!s->alive[f->nodes[n]] || r->state != PROTO_HELD_STATE_OPEN ||
		        r->version != f->version || roll(s, 4) == 0)
			continue;
		r->state = PROTO_HELD_STATE_SEALED;
		delta(s, f->nodes[n], i);
	}
}

static void gone(void *arg, uint64_t chunk)
{
	struct storm *s = arg;
	struct file *f = &s->files[chunk - CHUNK(1)];

	assert_true(f->deleting && !f->gone);
	f->gone = true;
}

static void free_one(struct storm *s, uint64_t i)
{
	struct file *f = &s->files[i];

	if (!f->made || f->freed || roll(s, 8) != 0)
		return;
	f->freed = f->deleting = true;
	cluster_chunk_delete(s->b->cluster, CHUNK(i + 1), f->version, gone, s);
}

/* A replica rots, unless it is the last good one of an acknowledged length. */
static void rot(struct storm *s, uint64_t i)
{
	const struct file *f = &s->files[i];
	uint32_t node = 1 + (uint32_t)roll(s, NODES), others = 0;
	struct replica *r = &s->replicas[node][i];

	for (uint32_t n = 1; n <= NODES; n++)
		others += n != node && s->replicas[n][i].there &&
		          s->replicas[n][i].state != PROTO_HELD_STATE_BAD &&
		          s->replicas[n][i].length >= (f->length > f->acked ? f->length : f->acked);
	if (!r->there || others < 2 || !s->alive[node])
		return;
	r->state = PROTO_HELD_STATE_BAD;
	delta(s, node, i);
}

static void check(struct storm *s)
{
	for (uint64_t i = 0; i < CHUNKS; i++) {
		struct file *f = &s->files[i];

		assert_true(f->sealed.calls <= 1);
		if (f->sealing && f->sealed.calls == 1 && f->sealed.code == 0) {
			assert_true(f->sealed.length >= f->acked);
			f->sealing = false;
		}
	}
	assert_true(bench_counts(s->b).copies <= 16);
}

static void step(struct storm *s)
{
	uint64_t i = roll(s, CHUNKS);
	uint32_t node = 1 + (uint32_t)roll(s, NODES);

	switch (roll(s, 16)) {
	case 0:
		if (roll(s, 3) == 0)
			node_dies(s, node);
		break;
	case 1:
	case 2:
		node_starts(s, node);
		break;
	case 3:
	case 4:
		node_reports(s, node);
		break;
	case 5:
	case 6:
		open_one(s, i);
		break;
	case 7:
		commit(s, i);
		break;
	case 8:
		if (roll(s, 4) == 0)
			rot(s, i);
		break;
	case 9:
		free_one(s, i);
		break;
	case 10:
		if (roll(s, 20) == 0)
			fake_io_stall(&s->b->fake, 7000);
		break;
	default:
		append(s, i);
		break;
	}
	metadata_turns(s);
	datanodes_turn(s);
	bench_run(s->b, roll(s, 4) == 0 ? 1 + roll(s, 3000) : 10);
	check(s);
}

static bool is_anywhere(const struct storm *s, uint64_t i)
{
	for (uint32_t node = 1; node <= NODES; node++)
		if (s->replicas[node][i].there)
			return true;
	return false;
}

/* All nodes are back; writers are gone, and their sessions: what they never began is freed. */
static void heal(struct storm *s)
{
	for (uint32_t node = 1; node <= NODES; node++) {
		node_starts(s, node);
		node_reports(s, node);
	}
	for (uint64_t i = 0; i < CHUNKS; i++) {
		struct file *f = &s->files[i];

		if (!f->made || f->freed || f->state != PROTO_CHUNK_STATE_OPEN || is_anywhere(s, i))
			continue;
		assert_int_equal(f->acked, 0);
		f->freed = f->deleting = true;
		cluster_chunk_delete(s->b->cluster, CHUNK(i + 1), f->version, gone, s);
	}
	for (int i = 0; i < 3000; i++) {
		metadata_turns(s);
		for (int n = 0; n < 8; n++)
			datanodes_turn(s);
		bench_run(s->b, 500);
		check(s);
	}
}

static void all_is_well(struct storm *s)
{
	struct cluster_counts counts = bench_counts(s->b);

	for (uint64_t i = 0; i < CHUNKS; i++) {
		struct file *f = &s->files[i];
		uint32_t good = 0, there = 0;

		if (!f->made)
			continue;
		if (f->freed) {
			assert_true(f->gone);
			continue;
		}
		if (f->state != PROTO_CHUNK_STATE_SEALED) {
			print_message("# chunk %llu is still open\n", (unsigned long long)i + 1);
			fail();
		}
		if (f->sealing)
			assert_int_equal(f->sealed.calls, 1);
		for (uint32_t node = 1; node <= NODES; node++) {
			const struct replica *r = &s->replicas[node][i];

			there += r->there;
			if (bench_state(s->b, CHUNK(i + 1), node) != PROTO_REPLICA_STATE_GOOD)
				continue;
			good++;
			assert_true(r->there && r->state == PROTO_HELD_STATE_SEALED);
			assert_true(r->length == f->length && r->version == f->version);
		}
		if (f->length > 0)
			assert_true(good == 3 && there == 3);
	}
	assert_int_equal(counts.under_goal, 0);
	assert_int_equal(counts.lost, 0);
	assert_int_equal(counts.open_chunks, 0);
	assert_int_equal(counts.copies, 0);
	assert_int_equal(counts.deleting, 0);
}

static void one_storm(uint64_t seed)
{
	struct cluster_options options = {.epoch = BENCH_EPOCH, .trim_after_ms = 3000};
	struct storm *s = calloc(1, sizeof(*s));

	s->seed = seed;
	s->b = bench_with(&options);
	bench_join(s->b, NODES);
	for (uint32_t node = 1; node <= NODES; node++)
		s->alive[node] = s->reported[node] = true;
	for (int i = 0; i < STEPS; i++)
		step(s);
	heal(s);
	all_is_well(s);
	bench_free(s->b);
	free(s);
}

static void nothing_acknowledged_is_lost_in_a_storm(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;

	for (uint64_t i = 0; i < (given ? 1 : STORMS); i++) {
		print_message("# seed %llu\n", (unsigned long long)(seed + i));
		one_storm(seed + i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_acknowledged_is_lost_in_a_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
