/* SPDX-License-Identifier: MIT */
/*
 * What is held here, told to the master (RULES 23): after each registration a full report in parts,
 * then what changes, in order, on the same channel. One call is under way at a time; a change that
 * comes while a full report runs waits its turn.
 */
#include <stdlib.h>
#include <string.h>
#include "node/datanode/role.h"

enum { PART_ROWS = 2000, CALL_TIMEOUT_MS = 30000 };

struct change {
	struct store_held held;
	bool gone;
};

struct reports {
	struct datanode *datanode;
	struct change *changes; /* waiting, in order */
	size_t changes_count, changes_size;
	size_t sending; /* of them, in the call under way */
	bool full;      /* a full report is under way */
	uint64_t after; /* its place */
	bool calling;
	uint64_t sequence;
	/* reports_again: the answer waits for the end of a full report that began after the call */
	struct link_call *asked;
	bool asked_begun;
};

/* Rows of one call. */
struct part {
	struct proto_held held[PART_ROWS];
	struct proto_chunk_version gone[PART_ROWS];
	char why[PART_ROWS][sizeof(((struct store_held *)0)->why)];
	size_t held_count, gone_count;
	uint64_t last;
};

static void send_next(struct reports *reports);
static void answer_asked(struct reports *reports);
static void send_full(struct reports *reports);
static void send_changes(struct reports *reports);
static void send_part(struct reports *reports, struct part *part, bool full, bool last);
static void sent(void *arg, int code, const struct dfs_error *err, const void *reply);
static int add_held(void *arg, const struct store_held *held);
static void fill(struct part *part, const struct store_held *held);
static void push(struct reports *reports, const struct change *change);

int reports_create(struct datanode *datanode)
{
	datanode->reports = calloc(1, sizeof(*datanode->reports));
	if (!datanode->reports)
		return DFS_E_NOMEM;
	datanode->reports->datanode = datanode;
	return 0;
}

void reports_destroy(struct datanode *datanode)
{
	if (!datanode->reports)
		return;
	free(datanode->reports->changes);
	free(datanode->reports);
	datanode->reports = NULL;
}

void reports_begin(struct datanode *datanode)
{
	struct reports *reports = datanode->reports;

	reports->full = true;
	reports->after = 0;
	reports->sequence = 0;
	reports->changes_count = 0; /* the full report holds them */
	send_next(reports);
}

/* Changes that wait are older than what the full report will say of those chunks. */
void reports_again(struct datanode *datanode, struct link_call *call)
{
	struct reports *reports = datanode->reports;

	if (reports->asked) {
		link_refuse(call, DFS_E_BUSY, "a full report is under way already");
		return;
	}
	reports->asked = call;
	reports->asked_begun = false;
	if (!reports->calling)
		send_next(reports);
}

void reports_stop(struct datanode *datanode)
{
	/* The channel is gone: so is the call that is answered. */
	if (datanode->reports->asked)
		link_refuse(datanode->reports->asked, DFS_E_CLOSED, "the channel is gone");
	datanode->reports->asked = NULL;
	datanode->reports->full = false;
	datanode->reports->calling = false;
	datanode->reports->sending = 0;
	datanode->reports->changes_count = 0;
}

void reports_changed(void *arg, const struct store_held *held)
{
	struct datanode *datanode = arg;

	if (held->state == STORE_BAD) {
		pulse_errors(datanode);
		datanode_log(datanode, "warn", "event=replica_bad chunk=%016llx text=\"%s\"",
		        (unsigned long long)held->chunk, held->why);
	}
	push(datanode->reports, &(struct change){.held = *held});
}

void reports_gone(struct datanode *datanode, uint64_t chunk, uint64_t version)
{
	push(datanode->reports,
	        &(struct change){.held = {.chunk = chunk, .version = version}, .gone = true});
}

static void push(struct reports *reports, const struct change *change)
{
	if (!reports->datanode->registered)
		return; /* the next full report holds it */
	if (reports->changes_count == reports->changes_size) {
		size_t size = reports->changes_size ? reports->changes_size * 2 : 64;
		struct change *changes = realloc(reports->changes, size * sizeof(*changes));

		if (!changes)
			return;
		reports->changes = changes;
		reports->changes_size = size;
	}
	reports->changes[reports->changes_count++] = *change;
	send_next(reports);
}

static void send_next(struct reports *reports)
{
	if (reports->calling || !reports->datanode->registered)
		return;
	if (reports->asked && reports->asked_begun && !reports->full)
		answer_asked(reports);
	if (reports->asked && !reports->asked_begun && !reports->full) {
		reports->asked_begun = true;
		reports->full = true;
		reports->after = 0;
		reports->changes_count = 0;
	}
	if (reports->full)
		send_full(reports);
	else if (reports->changes_count > 0)
		send_changes(reports);
}

static void answer_asked(struct reports *reports)
{
	struct proto_report_all_reply reply = {0};
	struct link_call *call = reports->asked;

	reports->asked = NULL;
	link_answer(call, &reply);
}

static void send_full(struct reports *reports)
{
	struct part *part = calloc(1, sizeof(*part));
	bool last;

	if (!part)
		return;
	store_each(reports->datanode->store, reports->after, add_held, part);
	last = part->held_count < PART_ROWS;
	reports->after = part->last;
	reports->full = !last;
	send_part(reports, part, true, last);
	free(part);
}

static void send_changes(struct reports *reports)
{
	struct part *part = calloc(1, sizeof(*part));

	if (!part)
		return;
	while (reports->sending < reports->changes_count && part->held_count < PART_ROWS &&
	        part->gone_count < PART_ROWS) {
		const struct change *change = &reports->changes[reports->sending];

		/* The master takes a part's held before its gone: what was deleted and made anew
		 * must be in two. */
		if (!change->gone && part->gone_count > 0)
			break;
		reports->sending++;
		if (change->gone)
			part->gone[part->gone_count++] = (struct proto_chunk_version){
			        .chunk = change->held.chunk, .version = change->held.version};
		else
			fill(part, &change->held);
	}
	send_part(reports, part, false, false);
	free(part);
}

static void send_part(struct reports *reports, struct part *part, bool full, bool last)
{
	struct proto_report_args args = {
	        .incarnation = reports->datanode->incarnation,
	        .sequence = ++reports->sequence,
	        .full = full,
	        .last = last,
	        .held = part->held,
	        .held_count = part->held_count,
	        .gone = part->gone,
	        .gone_count = part->gone_count,
	};

	reports->calling = true;
	link_call(reports->datanode->link, PROTO_CALL_REPORT, &args, 0, 0, CALL_TIMEOUT_MS, sent,
	        reports);
}

static void sent(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct reports *reports = arg;

	if (code == DFS_E_CLOSED)
		return; /* the channel's end stops the reports */
	if (code != 0) {
		/* Out of step with the master: begin anew, with a new registration. */
		datanode_log(reports->datanode, "warn", "event=report_refused code=%s text=\"%s\"",
		        dfs_error_name(code), err->text);
		atomic_store(&reports->datanode->pulse.unknown_there, true);
		return;
	}
	reports->calling = false;
	reports->changes_count -= reports->sending;
	if (reports->changes_count > 0)
		memmove(reports->changes, reports->changes + reports->sending,
		        reports->changes_count * sizeof(*reports->changes));
	reports->sending = 0;
	send_next(reports);
}

static int add_held(void *arg, const struct store_held *held)
{
	struct part *part = arg;

	if (part->held_count == PART_ROWS)
		return 1;
	fill(part, held);
	part->last = held->chunk;
	return 0;
}

static void fill(struct part *part, const struct store_held *held)
{
	struct proto_held *ret = &part->held[part->held_count];

	ret->chunk = held->chunk;
	ret->version = held->version;
	ret->length = held->length;
	ret->state = (enum proto_held_state)held->state;
	ret->crc = held->crc;
	memcpy(part->why[part->held_count], held->why, sizeof(held->why));
	ret->why = part->why[part->held_count];
	part->held_count++;
}
