/* SPDX-License-Identifier: MIT */
/*
 * One extent, from one replica after another: what one did not give, the next is asked for from the
 * byte that was reached. One request: fetch_http.c.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "client/get.h"

static void forget_lost(struct fetch *fetch);
static void relocated(void *what, int code, const struct dfs_error *err, const void *reply);

/* Allowed moves: rows from, columns to. */
static const bool MOVES[5][5] = {
        [FETCH_IDLE] = {[FETCH_ASK] = true, [FETCH_RELOCATE] = true},
        [FETCH_ASK] = {[FETCH_IDLE] = true,
                [FETCH_ASK] = true,
                [FETCH_BODY] = true,
                [FETCH_RELOCATE] = true},
        [FETCH_BODY] = {[FETCH_IDLE] = true,
                [FETCH_ASK] = true,
                [FETCH_RELOCATE] = true,
                [FETCH_WRITE] = true},
        [FETCH_RELOCATE] = {[FETCH_IDLE] = true, [FETCH_ASK] = true},
        [FETCH_WRITE] = {[FETCH_IDLE] = true},
};

void fetch_move(struct fetch *fetch, enum fetch_state to)
{
	assert(MOVES[fetch->state][to]);
	fetch->state = to;
}

/* ---- which replica ---- */

/*
 * Good ones first, in the master's order. One that it calls missing is asked when no other is left:
 * the datanode has the final word (GFS 2.6.2), and its report may be on its way. Corrupt ones are
 * the last resort: whole spans of theirs (docs/decisions/0013).
 */
enum { RANK_CORRUPT = 4 };

static int replica_rank(const struct proto_replica *replica)
{
	switch (replica->state) {
	case PROTO_REPLICA_STATE_GOOD:
	case PROTO_REPLICA_STATE_OPEN:
		return 0;
	case PROTO_REPLICA_STATE_UNKNOWN:
		return 1;
	case PROTO_REPLICA_STATE_STALE:
	case PROTO_REPLICA_STATE_SHORT:
		return 2;
	case PROTO_REPLICA_STATE_MISSING:
		return 3;
	default:
		return RANK_CORRUPT;
	}
}

static bool choose(struct fetch *fetch)
{
	for (int rank = 0; rank <= (fetch->salvage ? RANK_CORRUPT : RANK_CORRUPT - 1); rank++) {
		for (size_t i = 0; i < fetch->extent->replicas_count; i++) {
			if ((fetch->tried & (1u << i)) ||
			        replica_rank(&fetch->extent->replicas[i]) != rank)
				continue;
			fetch->replica = i;
			return true;
		}
	}
	return false;
}

/* Every replica there is said that it has not got the next byte. */
static bool all_named(const struct fetch *fetch)
{
	return fetch->extent->replicas_count > 0 &&
	       fetch->named == (1u << fetch->extent->replicas_count) - 1;
}

static void lost_sentence(const struct fetch *fetch, char *ret, size_t size)
{
	const struct proto_located *extent = fetch->extent;
	size_t used;

	if (fetch->named != 0)
		used = (size_t)snprintf(ret, size,
		        "%.120s: bytes %" PRIu64 " to %" PRIu64
		        " cannot be read: they are bad in %s replica%s of chunk %016" PRIx64,
		        fetch->get->path, fetch->at,
		        (fetch->lost_to < fetch->to ? fetch->lost_to : fetch->to) - 1,
		        all_named(fetch) ? "every" : "each",
		        all_named(fetch) ? "" : " that is there", extent->chunk);
	else
		used = (size_t)snprintf(ret, size,
		        "%.120s: chunk %016" PRIx64 ": no replica gives bytes from %" PRIu64 " on",
		        fetch->get->path, extent->chunk,
		        extent->chunk_offset + (fetch->at - extent->offset));

	if (extent->replicas_count == 0)
		snprintf(ret + used, size - used, ": the master knows none");
	for (size_t i = 0; i < extent->replicas_count && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s node %u: %.100s",
		        i ? ";" : ":", extent->replicas[i].node,
		        fetch->reasons[i][0] ? fetch->reasons[i]
		                             : proto_replica_state_name(extent->replicas[i].state));
}

/* Ask the next replica; when there is none, ask the master once for others; then take what bad ones
 * have; then it is lost. */
static void next_replica(struct fetch *fetch)
{
	struct get *get = fetch->get;
	struct proto_locate_args args = PROTO_LOCATE_ARGS_INIT;
	char sentence[DFS_ERROR_TEXT_MAX];

	if (choose(fetch)) {
		fetch_move(fetch, FETCH_ASK);
		if (fetch_ask(fetch) != 0)
			get_fail(get, DFS_E_NOMEM, "out of memory for a request");
	} else if (!fetch->relocated) {
		fetch->relocated = true;
		args.inode = get->inode;
		args.generation = get->generation;
		args.offset = fetch->at;
		args.limit = 1;
		fetch_move(fetch, FETCH_RELOCATE);
		job_call(&get->job, PROTO_CALL_LOCATE, &args, relocated, fetch);
	} else if (!fetch->salvage) {
		fetch->salvage = true;
		fetch->tried = 0;
		next_replica(fetch);
	} else {
		lost_sentence(fetch, sentence, sizeof(sentence));
		get_fail(get, DFS_E_LOST, sentence);
	}
}

/* Tickets may have expired, replicas moved; or the file is another one now. */
static void relocated(void *what, int code, const struct dfs_error *err, const void *reply)
{
	struct fetch *fetch = what;
	struct get *get = fetch->get;
	const struct proto_locate_reply *answer = reply;
	struct get_page *page = NULL;
	const struct proto_located *extent;

	if (get->failed.code != 0)
		return;
	assert(fetch->state == FETCH_RELOCATE);
	if (code != 0 && code != DFS_E_CHANGED) {
		get_fail(get, code, err->text);
		return;
	}
	if (code == DFS_E_CHANGED || answer->attr.generation != get->generation ||
	        answer->extents_count == 0) {
		get_changed(get);
		return;
	}
	page = page_make(answer);
	if (!page) {
		get_fail(get, DFS_E_NOMEM, "out of memory for extents");
		return;
	}
	extent = &page->reply.extents[0];
	if (extent->offset > fetch->at || extent->offset + extent->length < fetch->to) {
		page_unref(page); /* cut differently: start over */
		get_changed(get);
		return;
	}
	fetch->whole = fetch->whole && extent->offset == fetch->from &&
	               extent->length == fetch->to - fetch->from;
	page_unref(fetch->page);
	fetch->page = page;
	fetch->extent = extent;
	fetch->tried = 0;
	forget_lost(fetch);
	next_replica(fetch);
}

/* ---- what all replicas lack ---- */

static void forget_lost(struct fetch *fetch)
{
	fetch->named = 0;
	fetch->lost_to = UINT64_MAX;
}

void fetch_bad(struct fetch *fetch, uint64_t first, uint64_t last)
{
	const struct proto_located *extent = fetch->extent;
	uint64_t at = extent->chunk_offset + (fetch->at - extent->offset);
	uint64_t to;

	if (first > at || last < at || last - at >= UINT64_MAX - fetch->at)
		return;
	to = fetch->at + (last - at) + 1;
	fetch->named |= 1u << fetch->replica;
	fetch->lost_to = to < fetch->lost_to ? to : fetch->lost_to;
}

/* ---- life ---- */

void client_fetch_start(struct fetch *fetch, struct get_page *page,
        const struct proto_located *extent, uint64_t from, uint64_t to, bool held)
{
	assert(fetch->state == FETCH_IDLE && from < to);
	assert(extent->offset <= from && to <= extent->offset + extent->length);
	fetch->page = page;
	fetch->extent = extent;
	fetch->from = fetch->at = from;
	fetch->to = to;
	fetch->crc = 0;
	fetch->whole = from == extent->offset && to == extent->offset + extent->length;
	fetch->relocated = fetch->strict = fetch->salvage = false;
	fetch->tried = 0;
	forget_lost(fetch);
	fetch->held = held;
	for (size_t i = 0; i < PROTO_REPLICAS_MAX; i++)
		fetch->reasons[i][0] = '\0';
	next_replica(fetch);
}

void fetch_stop(struct fetch *fetch)
{
	fetch_drop(fetch);
	fetch_forget(fetch);
	page_unref(fetch->page);
	fetch->page = NULL;
	fetch->extent = NULL;
	fetch->held = false;
	fetch->state = FETCH_IDLE;
}

/* ---- how a request ended ---- */

static void whole_wrong(struct fetch *fetch)
{
	struct get *get = fetch->get;
	char sentence[DFS_ERROR_TEXT_MAX];

	snprintf(fetch->reasons[fetch->replica], FETCH_REASON_SIZE,
	        "its bytes are not those that the file was made of");
	if (!get->sink.any_order) {
		snprintf(sentence, sizeof(sentence),
		        "%.120s: chunk %016" PRIx64 " on node %u: the bytes %" PRIu64 " to %" PRIu64
		        " of the file fail its checksum after they were delivered",
		        get->path, fetch->extent->chunk,
		        fetch->extent->replicas[fetch->replica].node, fetch->from, fetch->to - 1);
		get_fail(get, DFS_E_CORRUPT, sentence);
		return;
	}
	/* Again from the extent's start, and never again from this one. A worker that writes the
	 * bad ones is waited for: the next ones come later. */
	parcel_keep(&fetch->gathered, 0);
	get->delivered -= fetch->at - fetch->from;
	fetch->at = fetch->from;
	fetch->crc = 0;
	fetch->strict = true;
	fetch->tried |= 1u << fetch->replica;
	get->job.transfer.retries++;
	next_replica(fetch);
}

static void fetch_done(struct fetch *fetch)
{
	struct get *get = fetch->get;

	get->next_write = get->sink.any_order ? get->next_write : fetch->to;
	fetch_stop(fetch);
	get_run(get);
}

void fetch_written(struct fetch *fetch)
{
	assert(fetch->state == FETCH_WRITE);
	if (!fetch_write_rest(fetch) && fetch->get->failed.code == 0)
		fetch_done(fetch);
}

void fetch_ended(struct fetch *fetch, int code, const struct dfs_error *err)
{
	bool progress = fetch->at > fetch->began_at;

	/* Every byte is here and was checked: how the rest of the answer went is no matter. */
	if (fetch->at == fetch->to)
		code = 0;
	if (code == 0 && fetch->whole && fetch->crc != fetch->extent->crc) {
		whole_wrong(fetch);
	} else if (code == 0 && fetch_lends(fetch)) {
		fetch_move(fetch, FETCH_WRITE);
		fetch_written(fetch);
	} else if (code == 0) {
		fetch_done(fetch);
	} else {
		snprintf(fetch->reasons[fetch->replica], FETCH_REASON_SIZE, "%.199s", err->text);
		if (progress && !fetch->strict) {
			fetch->tried = 0;
			fetch->relocated = false;
			forget_lost(fetch);
		}
		fetch->tried |= 1u << fetch->replica;
		fetch->get->job.transfer.retries++;
		next_replica(fetch);
	}
}
