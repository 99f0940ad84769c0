/* SPDX-License-Identifier: MIT */
/*
 * Operations of a log, whatever they say: each is applied or refused, the database keeps its
 * invariants, and its log replays to the same database. An input is a list of (client 1 byte, size
 * 2 bytes, packed operation).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "io/sim/sim.h"
#include "meta/apply.h"
#include "meta/meta.h"

enum { HEAD = 3, OPS_MAX = 200, STEP_MS = 60000 };

struct trial {
	struct kv *kv;
	struct txn txn;
	struct arena arena;
	struct buf packed;
	struct meta_result result;
	int64_t time_ms;
	uint64_t sequence;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void told(void *arg, const char *sentence)
{
	fprintf(stderr, "%s\n", sentence);
}

/* One operation in its own transaction, as the engine does after a failure. */
static void perform(struct trial *t, const struct proto_op *op, uint64_t client)
{
	struct dfs_error err;
	struct record record = {op, t->time_ms, client, t->sequence, &t->packed};

	must(record_pack(op, t->time_ms, client, t->sequence, &t->packed) == 0,
	        "what was unpacked does not pack");
	must(txn_begin(&t->txn, t->kv, &err) == 0, "begin");
	apply(&t->txn, &record, &t->result);
	if (t->txn.failed)
		txn_abort(&t->txn);
	else
		must(txn_commit(&t->txn, &err) == 0, "commit");
	if (!t->txn.failed && t->result.code != 0)
		must(t->result.err.code == t->result.code && t->result.err.text[0],
		        "a refusal without a sentence");
}

static void begin_reign(struct trial *t)
{
	struct proto_op epoch = {
	        .kind = PROTO_OP_EPOCH_BEGIN,
	        .epoch_begin = {1, 7, "0123456789abcdef0123456789abcdef"},
	};
	struct proto_op reserve = {.kind = PROTO_OP_RESERVE, .reserve = {100, 100, 100}};

	perform(t, &epoch, 0);
	perform(t, &reserve, 0);
	must(t->result.code == 0, "a reign does not begin");
}

static void perform_all(struct trial *t, const uint8_t *bytes, size_t size)
{
	for (int count = 0; size >= HEAD && count < OPS_MAX; count++) {
		uint64_t client = bytes[0] & 3;
		size_t length = bytes[1] | (size_t)bytes[2] << 8;
		struct proto_op op;

		t->sequence = bytes[0] >> 2;
		bytes += HEAD;
		size -= HEAD;
		length = length < size ? length : size;
		arena_reset(&t->arena);
		if (proto_op_unpack(bytes, length, &t->arena, &op, NULL) == 0)
			perform(t, &op, client);
		t->time_ms += STEP_MS;
		bytes += length;
		size -= length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sim *sim = sim_create(&(struct sim_options){.seed = 1});
	struct trial t = {
	        .kv = sim_host_kv(sim_host_create(sim, "master")), .time_ms = 1700000000000};
	struct kv *copy = sim_kv_clone(t.kv);
	struct dfs_error err = {0};
	int rc;

	begin_reign(&t);
	perform_all(&t, bytes, size);
	must(meta_check(t.kv, told, NULL, &err) == 0, "the database has lost its invariants");
	rc = meta_replay(t.kv, copy, 1, t.txn.counters.operation, &err);
	if (rc == 0)
		rc = meta_compare(t.kv, copy, &err);
	must(rc == 0, err.text);
	txn_fini(&t.txn);
	arena_fini(&t.arena);
	buf_fini(&t.packed);
	copy->ops->close(copy);
	sim_destroy(sim);
	return 0;
}
