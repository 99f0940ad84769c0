/* SPDX-License-Identifier: MIT */
/*
 * Calls to the master. Each is kept, with a copy of its arguments, until it is answered; after a
 * broken connection it goes out again, a mutation with the same (client, sequence), so that the
 * master does it once (RULES 17).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>
#include "client/client_parts.h"

enum { FIRST_TIMEOUT_MS = 2500, SPARE_CALLS_MAX = 1024 };

static void call_answered(void *arg, int code, const struct dfs_error *err, const void *reply);

/* A spare one brings its arena's first block: a call in a busy client needs no allocation. */
static struct client_call *call_get(struct client *client)
{
	struct client_call *call = client->spare_calls;
	struct arena arena;

	if (!call)
		return calloc(1, sizeof(*call));
	client->spare_calls = call->next;
	client->spare_calls_count--;
	arena = call->arena;
	*call = (struct client_call){.arena = arena};
	return call;
}

static void call_put(struct client *client, struct client_call *call)
{
	if (client->spare_calls_count >= SPARE_CALLS_MAX) {
		arena_fini(&call->arena);
		free(call);
		return;
	}
	arena_reset(&call->arena);
	call->next = client->spare_calls;
	client->spare_calls = call;
	client->spare_calls_count++;
}

void calls_spares_free(struct client *client)
{
	while (client->spare_calls) {
		struct client_call *call = client->spare_calls;

		client->spare_calls = call->next;
		arena_fini(&call->arena);
		free(call);
	}
}

static struct client_call *call_make(struct client *client, enum proto_call which, const void *args,
        client_reply *reply, void *arg)
{
	const struct proto_call_info *info = proto_call_info(which);
	struct client_call *call = call_get(client);
	void *copy = call ? arena_alloc(&call->arena, info->args_size) : NULL;

	if (!copy || proto_shape_copy(info->args, &call->arena, args, copy) != 0) {
		if (call)
			call_put(client, call);
		return NULL;
	}
	call->client = client;
	call->which = which;
	call->args = copy;
	call->reply = reply;
	call->arg = arg;
	call->asked_ms = io_mono_ms(client->io);
	return call;
}

/* The call leaves the list and its caller is told. */
static void call_end(
        struct client_call *call, int code, const struct dfs_error *err, const void *reply)
{
	struct client *client = call->client;

	DL_DELETE(client->calls, call);
	if (call->reply)
		call->reply(call->arg, code, err, reply);
	call_put(client, call);
}

static void call_fail(struct client_call *call, int code, const char *sentence)
{
	struct dfs_error err = {0};

	error_set(&err, code, "%s", sentence);
	call_end(call, code, &err, NULL);
}

void client_call(struct client *client, enum proto_call which, const void *args,
        client_reply *reply, void *arg)
{
	struct client_call *call;
	struct dfs_error err = {0};

	assert(client->magic == CLIENT_MAGIC && proto_call_info(which));
	call = client->ending ? NULL : call_make(client, which, args, reply, arg);
	if (!call) {
		error_set(&err, client->ending ? DFS_E_CANCELLED : DFS_E_NOMEM, "%s: %s",
		        proto_call_info(which)->name,
		        client->ending ? "the client was closed" : "out of memory");
		reply(arg, err.code, &err, NULL);
		return;
	}
	/* Silence counts from when something was asked. */
	if (!client->calls)
		client->heard_ms = call->asked_ms;
	DL_APPEND(client->calls, call);
	connection_want(client);
}

static void call_send(struct client *client, struct client_call *call)
{
	if (proto_call_info(call->which)->mutates && call->sequence == 0) {
		call->client_id = client->id;
		call->sequence = ++client->sequence;
	}
	call->sent = true;
	link_call(client->link, call->which, call->args, call->client_id, call->sequence, 0,
	        call_answered, call);
}

void calls_send(struct client *client)
{
	struct client_call *call = client->calls ? client->calls->prev : NULL, *first = NULL, *next;

	assert(client->state == CONNECTION_READY);
	/* The unsent ones are the last: with a thousand in flight nobody walks past all of them. */
	while (call && !call->sent) {
		first = call;
		call = call == client->calls ? NULL : call->prev;
	}
	for (; first; first = next) {
		next = first->next;
		call_send(client, first);
	}
}

static void call_answered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct client_call *call = arg;
	struct client *client = call->client;

	assert(client->magic == CLIENT_MAGIC && call->sent);
	/* The connection broke: calls_unsend has it sent again, or the end of the client ends it.
	 */
	if (code == DFS_E_CLOSED)
		return;
	client->heard_ms = io_mono_ms(client->io);
	if (call->probe)
		client->probing = false;
	call_end(call, code, err, reply);
	connection_watch(client);
}

void calls_unsend(struct client *client)
{
	struct client_call *call, *next;

	DL_FOREACH_SAFE (client->calls, call, next) {
		call->sent = false;
		if (call->probe)
			call_fail(call, DFS_E_CLOSED, "");
	}
}

void calls_fail_foreign(struct client *client)
{
	struct client_call *call, *next;
	char sentence[200];

	DL_FOREACH_SAFE (client->calls, call, next) {
		if (call->sequence == 0 || call->client_id == client->id)
			continue;
		snprintf(sentence, sizeof(sentence),
		        "%s may or may not have been done: the master at %s does not know this "
		        "client any more",
		        proto_call_info(call->which)->name, client->master);
		call_fail(call, DFS_E_UNAVAIL, sentence);
	}
}

void calls_fail_all(struct client *client, int code, const char *sentence)
{
	/* Those that are made meanwhile wait for a connection of their own. */
	struct client_call *calls = client->calls, *call;

	client->calls = NULL;
	while ((call = calls)) {
		DL_DELETE(calls, call);
		DL_APPEND(client->calls, call);
		call_fail(call, code, sentence);
	}
}

/*
 * A master that was never heard is more likely not there at all (a wrong port) than restarting:
 * whoever typed the command should not wait long for that sentence.
 */
static uint64_t patience_ms(const struct client *client)
{
	return client->id == 0 && client->timeout_ms > FIRST_TIMEOUT_MS ? FIRST_TIMEOUT_MS
	                                                                : client->timeout_ms;
}

void calls_fail_overdue(struct client *client, const char *sentence)
{
	uint64_t now = io_mono_ms(client->io);
	struct client_call *call, *next;

	DL_FOREACH_SAFE (client->calls, call, next) {
		uint64_t since =
		        call->asked_ms > client->lost_ms ? call->asked_ms : client->lost_ms;

		if (now - since >= patience_ms(client))
			call_fail(call, DFS_E_UNAVAIL, sentence);
	}
}

uint64_t calls_deadline(const struct client *client)
{
	const struct client_call *oldest = client->calls;
	uint64_t since;

	if (!oldest)
		return UINT64_MAX;
	since = oldest->asked_ms > client->lost_ms ? oldest->asked_ms : client->lost_ms;
	return since + patience_ms(client);
}

void calls_probe(struct client *client)
{
	struct proto_stat_args args = {.path = "/"};
	struct client_call *call = call_make(client, PROTO_CALL_STAT, &args, NULL, NULL);

	if (!call)
		return;
	call->probe = true;
	DL_APPEND(client->calls, call);
	calls_send(client);
}
