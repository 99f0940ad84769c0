/* SPDX-License-Identifier: MIT */
/* Calls of the other side: each is answered once, now or later, or dropped when the link is over.
 */
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>
#include "client/link_parts.h"
#include "proto/envelope.h"

struct link_call {
	struct link *link; /* NULL: the link is over */
	uint64_t id;
	enum proto_call which;
	struct link_call *prev, *next;
};

static struct link_call *call_take(struct link *link, const struct envelope *envelope);
static void call_end(struct link_call *call);
static void put_fault(struct link *link, uint64_t id, int code, const char *message);

void link_serve(struct link *link, const struct envelope *envelope)
{
	struct dfs_error err = {0};
	const void *args = NULL;
	struct link_call *call;
	int code = envelope_args(envelope, &link->body, &args, &err);

	if (code == 0 && !link->events->called)
		code = error_set(&err, DFS_E_UNSUPPORTED, "this side answers no calls");
	if (code == 0 && link->served_count >= LINK_CALLS_MAX)
		code = error_set(
		        &err, DFS_E_BUSY, "%d calls wait for an answer already", LINK_CALLS_MAX);
	call = code == 0 ? call_take(link, envelope) : NULL;
	if (code == 0 && !call)
		code = error_set(&err, DFS_E_NOMEM, "out of memory");
	if (code != 0) {
		put_fault(link, envelope->id, code, err.text);
		return;
	}
	link->events->called(
	        link->arg, call, envelope->call, args, envelope->client, envelope->sequence);
}

void link_answer(struct link_call *call, const void *reply)
{
	struct link *link = call->link;
	int code;

	if (link) {
		link_use(link);
		code = link_put_reply(link, call->id, call->which, reply);
		if (code != 0)
			put_fault(link, call->id, code,
			        code == DFS_E_TOOBIG ? "the answer is too large" : NULL);
		call_end(call);
		link_release(link);
	} else {
		call_end(call);
	}
}

void link_refuse(struct link_call *call, int code, const char *message)
{
	assert(code < 0);
	if (call->link)
		put_fault(call->link, call->id, code, message);
	call_end(call);
}

void link_serve_orphan(struct link *link)
{
	struct link_call *call, *next;

	DL_FOREACH_SAFE (link->served, call, next)
		call->link = NULL;
	link->served = NULL;
	link->served_count = 0;
}

static struct link_call *call_take(struct link *link, const struct envelope *envelope)
{
	struct link_call *call = link->served_spare;

	if (call) {
		link->served_spare = call->next;
		link->served_spare_count--;
	} else {
		call = malloc(sizeof(*call));
	}
	if (!call)
		return NULL;
	call->link = link;
	call->id = envelope->id;
	call->which = envelope->call;
	DL_APPEND(link->served, call);
	link->served_count++;
	return call;
}

static void call_end(struct link_call *call)
{
	struct link *link = call->link;

	if (!link || link->served_spare_count >= LINK_SPARES_MAX) {
		if (link)
			DL_DELETE(link->served, call);
		free(call);
	} else {
		DL_DELETE(link->served, call);
		call->next = link->served_spare;
		link->served_spare = call;
		link->served_spare_count++;
	}
	if (link)
		link->served_count--;
}

void link_serve_spares_free(struct link *link)
{
	while (link->served_spare) {
		struct link_call *call = link->served_spare;

		link->served_spare = call->next;
		free(call);
	}
}

/* A fault that cannot be written for want of memory leaves the caller waiting: its timeout or the
 * end of the link tells. */
static void put_fault(struct link *link, uint64_t id, int code, const char *message)
{
	if (link_put_fault(link, id, code, message) == 0)
		return;
	link->choked = true;
	link->choked_code = DFS_E_NOMEM;
	io_timer_set(link->io, link->turn, 0);
}
