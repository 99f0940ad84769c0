/* SPDX-License-Identifier: MIT */
/* Calls that this side makes: each waits under its id until it is answered, overdue, or the link is
 * over. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
/* Ids are counted up: they need no mixing to fall into different buckets. */
#define HASH_FUNCTION(key, size, ret) ((ret) = (unsigned)*(const uint64_t *)(key))
#include <uthash.h>
#include <utlist.h>
#include "client/link_parts.h"
#include "proto/envelope.h"

struct link_asked {
	uint64_t id;
	enum proto_call which;
	link_reply *reply;
	void *arg;
	uint64_t deadline_ms; /* 0: none */
	int code;             /* of one that never left */
	UT_hash_handle hh;
	struct link_asked *prev, *next; /* in deadlines or refused */
};

static int asked_send(struct link *link, struct link_asked *asked, const void *args,
        uint64_t client, uint64_t sequence);
static void deadline_add(struct link *link, struct link_asked *asked);
static void deadline_set(struct link *link);
static void asked_forget(struct link *link, struct link_asked *asked);
static void asked_tell(struct link *link, struct link_asked *asked, int code,
        const struct dfs_error *err, const void *reply);
static struct link_asked *asked_get(struct link *link);
static void asked_put(struct link *link, struct link_asked *asked);

void link_call(struct link *link, enum proto_call which, const void *args, uint64_t client,
        uint64_t sequence, uint64_t timeout_ms, link_reply *reply, void *arg)
{
	struct link_asked *asked = asked_get(link);
	struct dfs_error err = {0};

	assert(link->magic == LINK_MAGIC && proto_call_info(which));
	if (!asked) {
		error_set(&err, DFS_E_NOMEM, "out of memory for a call");
		reply(arg, err.code, &err, NULL);
		return;
	}
	asked->id = link->next_id++;
	asked->which = which;
	asked->reply = reply;
	asked->arg = arg;
	asked->code = asked_send(link, asked, args, client, sequence);
	if (asked->code != 0) {
		DL_APPEND(link->refused, asked);
		if (!link->over)
			io_timer_set(link->io, link->turn, 0);
		return;
	}
	if (timeout_ms == 0)
		return;
	asked->deadline_ms = io_mono_ms(link->io) + timeout_ms;
	deadline_add(link, asked);
}

void link_ask_answered(struct link *link, const struct envelope *envelope)
{
	struct link_asked *asked;
	struct dfs_error err = {0};
	const void *reply = NULL;
	int code;

	HASH_FIND(hh, link->asked, &envelope->id, sizeof(envelope->id), asked);
	if (!asked)
		return; /* it was overdue */
	asked_forget(link, asked);
	code = envelope_result(envelope, asked->which, &link->body, &reply, &err);
	/* CLOSED is what this side says of its own connection: from over there it means something
	 * else. */
	if (code == DFS_E_CLOSED)
		code = err.code = DFS_E_UNAVAIL;
	asked_tell(link, asked, code, &err, code == 0 ? reply : NULL);
}

void link_ask_overdue(void *arg)
{
	struct link *link = arg;
	uint64_t now = io_mono_ms(link->io);
	struct dfs_error err = {0};

	assert(link->magic == LINK_MAGIC);
	link_use(link);
	while (!link->over && link->deadlines && link->deadlines->deadline_ms <= now) {
		struct link_asked *asked = link->deadlines;

		asked_forget(link, asked);
		error_set(&err, DFS_E_TIMEOUT, "no answer to %s in time",
		        proto_call_info(asked->which)->name);
		asked_tell(link, asked, err.code, &err, NULL);
	}
	if (!link->over)
		deadline_set(link);
	link_release(link);
}

void link_ask_report(struct link *link)
{
	struct link_asked *refused = link->refused, *asked, *next;

	link->refused = NULL; /* what fails from here on is told in the next turn */
	DL_FOREACH_SAFE (refused, asked, next) {
		const char *name = proto_call_info(asked->which)->name;
		struct dfs_error err = {0};

		error_set(&err, asked->code, "%s: %s", name, dfs_error_text(asked->code));
		asked_tell(link, asked, err.code, &err, NULL);
	}
}

void link_ask_fail_all(struct link *link, const char *why)
{
	struct dfs_error err = {0};

	error_set(&err, DFS_E_CLOSED, "%s", why);
	/* Told in the order of asking; a call made meanwhile joins `refused`, and is told too. */
	while (link->asked) {
		struct link_asked *asked = link->asked;

		asked_forget(link, asked);
		asked_tell(link, asked, err.code, &err, NULL);
	}
	while (link->refused)
		link_ask_report(link);
}

static int asked_send(struct link *link, struct link_asked *asked, const void *args,
        uint64_t client, uint64_t sequence)
{
	int code;

	HASH_ADD(hh, link->asked, id, sizeof(asked->id), asked);
	if (!asked->hh.tbl)
		return DFS_E_NOMEM;
	code = link_put_call(link, asked->id, asked->which, args, client, sequence);
	if (code != 0)
		HASH_DEL(link->asked, asked);
	return code;
}

static void asked_forget(struct link *link, struct link_asked *asked)
{
	bool first = link->deadlines == asked;

	HASH_DEL(link->asked, asked);
	if (asked->deadline_ms == 0)
		return;
	DL_DELETE(link->deadlines, asked);
	if (first && !link->deadlines)
		io_timer_cancel(link->io, link->clock);
}

static void asked_tell(struct link *link, struct link_asked *asked, int code,
        const struct dfs_error *err, const void *reply)
{
	link_reply *told = asked->reply;
	void *arg = asked->arg;

	asked_put(link, asked);
	told(arg, code, err, reply);
}

static struct link_asked *asked_get(struct link *link)
{
	struct link_asked *asked = link->asked_spare;

	if (!asked)
		return calloc(1, sizeof(*asked));
	link->asked_spare = asked->next;
	link->asked_spare_count--;
	memset(asked, 0, sizeof(*asked));
	return asked;
}

static void asked_put(struct link *link, struct link_asked *asked)
{
	if (link->asked_spare_count >= LINK_SPARES_MAX) {
		free(asked);
		return;
	}
	asked->next = link->asked_spare;
	link->asked_spare = asked;
	link->asked_spare_count++;
}

void link_ask_spares_free(struct link *link)
{
	while (link->asked_spare) {
		struct link_asked *asked = link->asked_spare;

		link->asked_spare = asked->next;
		free(asked);
	}
}

/* Sorted from the end: calls with one timeout come in order. */
static void deadline_add(struct link *link, struct link_asked *asked)
{
	struct link_asked *at = link->deadlines ? link->deadlines->prev : NULL;

	while (at && at->deadline_ms > asked->deadline_ms)
		at = at == link->deadlines ? NULL : at->prev;
	if (at)
		DL_APPEND_ELEM(link->deadlines, at, asked);
	else
		DL_PREPEND(link->deadlines, asked);
	if (link->deadlines == asked)
		deadline_set(link);
}

static void deadline_set(struct link *link)
{
	uint64_t now = io_mono_ms(link->io);

	if (!link->deadlines)
		return;
	io_timer_set(link->io, link->clock,
	        link->deadlines->deadline_ms > now ? link->deadlines->deadline_ms - now : 0);
}
