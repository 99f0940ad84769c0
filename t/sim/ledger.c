/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

typedef bool fits(const struct ledger_state *state, const void *arg);

static bool keep(struct ledger *ledger, fits *fit, const void *arg);
static void move(struct ledger *ledger, enum outcome outcome,
        void (*apply)(struct ledger_state *state, const void *arg), const void *arg);
static void forget_doubles(struct ledger *ledger);

struct change { /* of file `to`, by a put or from file `from` */
	unsigned from, to;
	bool kept;
	struct content content;
	const void *bytes;
	size_t size;
};

void ledger_init(struct ledger *ledger)
{
	memset(ledger, 0, sizeof(*ledger));
	ledger->count = 1;
}

bool ledger_may_split(const struct ledger *ledger)
{
	return ledger->count <= LEDGER_STATES / 2;
}

static void apply_content(struct ledger_state *state, const void *arg)
{
	const struct change *change = arg;

	state->files[change->to] = change->content;
}

static void apply_rename(struct ledger_state *state, const void *arg)
{
	const struct change *change = arg;

	if (state->files[change->from].seed == 0 || change->from == change->to)
		return; /* where it would have been refused nothing changed */
	state->files[change->to] = state->files[change->from];
	state->files[change->from] = (struct content){0};
}

static void apply_remove(struct ledger_state *state, const void *arg)
{
	const struct change *change = arg;
	struct content *trash = state->trash[change->to];

	if (change->kept && state->files[change->to].seed != 0) {
		memmove(trash + 1, trash, (LEDGER_TRASH - 1) * sizeof(*trash));
		trash[0] = state->files[change->to];
	}
	state->files[change->to] = (struct content){0};
}

static void apply_undelete(struct ledger_state *state, const void *arg)
{
	unsigned file = *(const unsigned *)arg;
	struct content *trash = state->trash[file];

	if (state->files[file].seed != 0 || trash[0].seed == 0)
		return;
	state->files[file] = trash[0];
	memmove(trash, trash + 1, (LEDGER_TRASH - 1) * sizeof(*trash));
	trash[LEDGER_TRASH - 1] = (struct content){0};
}

static void apply_empty(struct ledger_state *state, const void *arg)
{
	memset(state->trash[*(const unsigned *)arg], 0, sizeof(state->trash[0]));
}

static bool may_undelete(const struct ledger_state *state, const void *arg)
{
	unsigned file = *(const unsigned *)arg;

	return state->files[file].seed == 0 && state->trash[file][0].seed != 0;
}

static bool has_no_trash(const struct ledger_state *state, const void *arg)
{
	return state->trash[*(const unsigned *)arg][0].seed == 0;
}

static bool is_there(const struct ledger_state *state, const void *arg)
{
	return state->files[*(const unsigned *)arg].seed != 0;
}

static bool is_not_there(const struct ledger_state *state, const void *arg)
{
	return state->files[*(const unsigned *)arg].seed == 0;
}

static bool has_bytes(const struct ledger_state *state, const void *arg)
{
	const struct change *change = arg;
	const struct content *content = &state->files[change->to];
	bool same;
	void *want;

	if (content->seed == 0 || content->size != change->size)
		return false;
	want = world_bytes(content->seed, content->size);
	same = change->size == 0 || memcmp(want, change->bytes, change->size) == 0;
	free(want);
	return same;
}

bool ledger_put(struct ledger *ledger, unsigned file, struct content content, enum outcome outcome)
{
	struct change change = {.to = file, .content = content};

	move(ledger, outcome, apply_content, &change);
	return true;
}

bool ledger_remove(struct ledger *ledger, unsigned file, bool kept, enum outcome outcome)
{
	struct change change = {.to = file, .kept = kept};

	if (outcome != PERHAPS && !keep(ledger, outcome == DONE ? is_there : is_not_there, &file))
		return false;
	move(ledger, outcome, apply_remove, &change);
	return true;
}

bool ledger_may_keep(const struct ledger *ledger, unsigned file)
{
	for (unsigned i = 0; i < ledger->count; i++)
		if (ledger->states[i].trash[file][LEDGER_TRASH - 1].seed != 0)
			return false;
	return true;
}

bool ledger_undelete(struct ledger *ledger, unsigned file, enum outcome outcome, bool taken)
{
	if (outcome == REFUSED)
		return keep(ledger, taken ? is_there : has_no_trash, &file);
	if (outcome == DONE && !keep(ledger, may_undelete, &file))
		return false;
	move(ledger, outcome, apply_undelete, &file);
	return true;
}

bool ledger_empty(struct ledger *ledger, unsigned file, enum outcome outcome)
{
	move(ledger, outcome, apply_empty, &file);
	return true;
}

bool ledger_rename(struct ledger *ledger, unsigned from, unsigned to, enum outcome outcome)
{
	struct change change = {.from = from, .to = to};

	if (outcome != PERHAPS && !keep(ledger, outcome == DONE ? is_there : is_not_there, &from))
		return false;
	move(ledger, outcome, apply_rename, &change);
	return true;
}

bool ledger_read(struct ledger *ledger, unsigned file, const void *bytes, size_t size)
{
	struct change change = {.to = file, .bytes = bytes, .size = size};

	return keep(ledger, has_bytes, &change);
}

bool ledger_missing(struct ledger *ledger, unsigned file)
{
	return keep(ledger, is_not_there, &file);
}

bool ledger_may_be_async(const struct ledger *ledger, unsigned file)
{
	for (unsigned i = 0; i < ledger->count; i++) {
		const struct ledger_state *state = &ledger->states[i];

		if (state->files[file].async)
			return true;
		for (unsigned entry = 0; entry < LEDGER_TRASH; entry++)
			if (state->trash[file][entry].async)
				return true;
	}
	return false;
}

/* Both lists are without doubles, but in an order of their own. */
bool ledger_agrees(const struct ledger *a, const struct ledger *b, unsigned file)
{
	const struct ledger_state *first = &a->states[0];

	for (unsigned i = 0; i < a->count + b->count; i++) {
		const struct ledger_state *state =
		        i < a->count ? &a->states[i] : &b->states[i - a->count];

		if (memcmp(&state->files[file], &first->files[file], sizeof(first->files[0])) !=
		                0 ||
		        memcmp(state->trash[file], first->trash[file], sizeof(first->trash[0])) !=
		                0)
			return false;
	}
	return true;
}

void ledger_tell(const struct ledger *ledger, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = 0;
	for (unsigned i = 0; i < ledger->count; i++)
		for (unsigned file = 0; file < LEDGER_FILES && at < size; file++)
			at += (size_t)snprintf(ret + at, size - at, "%sf%u = %llu (%llu bytes)",
			        file ? ", "
			        : i  ? "; or "
			             : "",
			        file, (unsigned long long)ledger->states[i].files[file].seed,
			        (unsigned long long)ledger->states[i].files[file].size);
}

static bool keep(struct ledger *ledger, fits *fit, const void *arg)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < ledger->count; i++)
		if (fit(&ledger->states[i], arg))
			memmove(&ledger->states[kept++], &ledger->states[i],
			        sizeof(ledger->states[0]));
	if (kept == 0)
		return false; /* as it was, so that it can still be told */
	ledger->count = kept;
	return true;
}

static void move(struct ledger *ledger, enum outcome outcome,
        void (*apply)(struct ledger_state *state, const void *arg), const void *arg)
{
	unsigned count = ledger->count;

	if (outcome == REFUSED)
		return;
	if (outcome == PERHAPS) {
		assert(2 * count <= LEDGER_STATES);
		memcpy(&ledger->states[count], &ledger->states[0],
		        count * sizeof(ledger->states[0]));
		ledger->count = 2 * count;
	}
	for (unsigned i = 0; i < count; i++)
		apply(&ledger->states[i], arg);
	forget_doubles(ledger);
}

static void forget_doubles(struct ledger *ledger)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < ledger->count; i++) {
		bool known = false;

		for (unsigned j = 0; j < kept && !known; j++)
			known = memcmp(&ledger->states[j], &ledger->states[i],
			                sizeof(ledger->states[0])) == 0;
		if (!known)
			memmove(&ledger->states[kept++], &ledger->states[i],
			        sizeof(ledger->states[0]));
	}
	ledger->count = kept;
}
