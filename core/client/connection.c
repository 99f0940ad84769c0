/* SPDX-License-Identifier: MIT */
/*
 * The connection to the master, which mends itself (README.md has the drawing). It opens when the
 * first call waits; when it breaks it opens again as long as calls wait; a refused token or
 * protocol ends every call that waits.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "client/client_parts.h"

enum { RETRY_FIRST_MS = 50, RETRY_MAX_MS = 1000 };

static void connection_opened(void *arg);
static void connection_closed(void *arg, int status, const char *why);
static void hello_answered(void *arg, int code, const struct dfs_error *err, const void *reply);
static void retry_fired(void *arg);
static void patience_fired(void *arg);

static const struct link_events CONNECTION_EVENTS = {
        .opened = connection_opened,
        .closed = connection_closed,
};

/* Allowed moves: rows from, columns to. */
static const bool MOVES[5][5] = {
        [CONNECTION_IDLE] = {[CONNECTION_OPENING] = true},
        [CONNECTION_OPENING] =
                {[CONNECTION_HELLO] = true, [CONNECTION_WAITING] = true, [CONNECTION_IDLE] = true},
        [CONNECTION_HELLO] =
                {[CONNECTION_READY] = true, [CONNECTION_WAITING] = true, [CONNECTION_IDLE] = true},
        [CONNECTION_READY] = {[CONNECTION_WAITING] = true, [CONNECTION_IDLE] = true},
        [CONNECTION_WAITING] = {[CONNECTION_OPENING] = true, [CONNECTION_IDLE] = true},
};

static void move(struct client *client, enum connection_state to)
{
	assert(client->magic == CLIENT_MAGIC);
	assert(MOVES[client->state][to]);
	client->state = to;
	assert((client->link != NULL) ==
	        (to == CONNECTION_OPENING || to == CONNECTION_HELLO || to == CONNECTION_READY));
}

int connection_init(struct client *client)
{
	client->retry = io_timer_create(client->io, retry_fired, client);
	client->patience = io_timer_create(client->io, patience_fired, client);
	return client->retry && client->patience ? 0 : DFS_E_NOMEM;
}

/* ---- broken, and again ---- */

static void wait_for_retry(struct client *client, const char *why)
{
	uint64_t delay = RETRY_FIRST_MS;

	for (uint32_t i = 0; i < client->tries && delay < RETRY_MAX_MS; i++)
		delay *= 2;
	client->tries++;
	snprintf(client->why, sizeof(client->why), "%s", why);
	client->probing = false;
	calls_unsend(client);
	move(client, CONNECTION_WAITING);
	io_timer_set(client->io, client->retry, delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS);
	connection_watch(client);
}

/* A try to connect begins. The link may only fail for want of memory: that is tried again like a
 * broken one. */
static void connection_open(struct client *client)
{
	struct dfs_error err = {0};
	int code = link_open(&client->link, client->io, client->master,
	        client->token[0] ? client->token : NULL, &CONNECTION_EVENTS, client, &err);

	if (code == 0) {
		move(client, CONNECTION_OPENING);
	} else {
		client->link = NULL;
		client->state = CONNECTION_OPENING;
		wait_for_retry(client, err.text);
	}
}

void connection_want(struct client *client)
{
	if (client->state == CONNECTION_READY) {
		calls_send(client);
	} else if (client->state == CONNECTION_IDLE) {
		client->lost_ms = io_mono_ms(client->io);
		client->tries = 0;
		client->why[0] = '\0';
		connection_open(client);
	}
	connection_watch(client);
}

static void retry_fired(void *arg)
{
	struct client *client = arg;

	assert(client->state == CONNECTION_WAITING);
	if (client->calls)
		connection_open(client);
	else
		move(client, CONNECTION_IDLE);
}

static void patience_cancel(struct client *client)
{
	client->patience_at_ms = 0;
	io_timer_cancel(client->io, client->patience);
}

static void drop_link(struct client *client)
{
	struct link *link = client->link;

	client->link = NULL;
	link_close(link);
}

void connection_stop(struct client *client)
{
	io_timer_cancel(client->io, client->retry);
	patience_cancel(client);
	drop_link(client);
}

/* No further try would end otherwise. */
static void give_up(struct client *client, int code, const char *sentence)
{
	drop_link(client);
	patience_cancel(client);
	move(client, CONNECTION_IDLE);
	calls_unsend(client);
	calls_fail_all(client, code, sentence);
}

/* ---- what the link tells ---- */

static void connection_opened(void *arg)
{
	struct client *client = arg;
	struct proto_hello_args hello = {
	        .protocol = PROTO_VERSION, .program = client->program, .client = client->id};

	move(client, CONNECTION_HELLO);
	link_call(client->link, PROTO_CALL_HELLO, &hello, 0, 0, client->timeout_ms, hello_answered,
	        client);
}

static void token_refused(struct client *client, int status, const char *why)
{
	char sentence[DFS_ERROR_TEXT_MAX];

	snprintf(sentence, sizeof(sentence),
	        "the master at %s refused the token (%d%s%s): check DFS_TOKEN or the token in the "
	        "client file",
	        client->master, status, why[0] ? ", " : "", why);
	give_up(client, DFS_E_AUTH, sentence);
}

static void connection_closed(void *arg, int status, const char *why)
{
	struct client *client = arg;
	char reason[200];

	if (client->state == CONNECTION_READY)
		client->lost_ms = io_mono_ms(client->io);
	client->link = NULL;
	if (status == 401 || status == 403) {
		token_refused(client, status, why);
	} else if (status != 0) {
		snprintf(reason, sizeof(reason), "it answers HTTP %d", status);
		wait_for_retry(client, reason);
	} else {
		wait_for_retry(client, why);
	}
}

static void hello_refused(struct client *client, int code, const struct dfs_error *err)
{
	char sentence[DFS_ERROR_TEXT_MAX];

	if (code == DFS_E_CLOSED)
		return; /* connection_closed follows, or it was this side that closed */
	if (code == DFS_E_AUTH || code == DFS_E_PERM || code == DFS_E_VERSION) {
		snprintf(sentence, sizeof(sentence), "the master at %s refused this client: %.300s",
		        client->master, err->text);
		give_up(client, code, sentence);
		return;
	}
	drop_link(client);
	wait_for_retry(client, err->text);
}

static void hello_answered(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct client *client = arg;
	const struct proto_hello_reply *hello = reply;

	if (code != 0) {
		hello_refused(client, code, err);
		return;
	}
	client->tries = 0;
	client->why[0] = '\0';
	client->heard_ms = io_mono_ms(client->io);
	move(client, CONNECTION_READY);
	client->id = hello->client;
	client->epoch = hello->epoch;
	calls_fail_foreign(client);
	calls_send(client);
	connection_watch(client);
}

/* ---- patience ---- */

/* Silence of a READY connection after which it is asked, and after twice as much is taken for dead.
 */
static uint64_t silence_ms(const struct client *client)
{
	return client->timeout_ms / 2 + 1;
}

void connection_watch(struct client *client)
{
	uint64_t now = io_mono_ms(client->io);
	uint64_t at;

	if (!client->calls) {
		patience_cancel(client);
		return;
	}
	if (client->state == CONNECTION_READY)
		at = client->heard_ms + silence_ms(client) * (client->probing ? 2 : 1);
	else
		at = calls_deadline(client);
	/* Each answer moves it on: where it fires too early, it looks again. */
	if (client->patience_at_ms != 0 && client->patience_at_ms <= at)
		return;
	client->patience_at_ms = at > now ? at : now;
	io_timer_set(client->io, client->patience, client->patience_at_ms - now);
}

static void master_silent(struct client *client)
{
	uint64_t silent = io_mono_ms(client->io) - client->heard_ms;
	char why[100];

	if (silent < silence_ms(client))
		return;
	if (!client->probing) {
		client->probing = true;
		calls_probe(client);
		return;
	}
	if (silent < 2 * silence_ms(client))
		return;
	snprintf(why, sizeof(why), "no answer for %llu ms", (unsigned long long)silent);
	client->lost_ms = client->heard_ms;
	drop_link(client);
	wait_for_retry(client, why);
}

static void patience_fired(void *arg)
{
	struct client *client = arg;
	char sentence[DFS_ERROR_TEXT_MAX];

	client->patience_at_ms = 0;
	if (client->state == CONNECTION_READY)
		master_silent(client);
	if (client->state != CONNECTION_READY) {
		snprintf(sentence, sizeof(sentence),
		        "no master answers at %s (%s): is it running? try `dfs up`, or set "
		        "DFS_MASTER",
		        client->master, client->why[0] ? client->why : "no connection yet");
		calls_fail_overdue(client, sentence);
	}
	/* A try that takes longer than everybody's patience is left; the next call makes another.
	 */
	if (!client->calls && client->state == CONNECTION_OPENING) {
		drop_link(client);
		move(client, CONNECTION_IDLE);
	}
	connection_watch(client);
}
