/* SPDX-License-Identifier: MIT */
/* The client's beginning and end. Its connection: connection.c; its calls: call.c; transfers:
 * put.c, get.c. */
#include "client/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "client/client_parts.h"
#include "client/job.h"

enum { TIMEOUT_MS = 10000, PARALLEL = 4, PARALLEL_MAX = 64, PROGRAM_MAX = 63 };

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static void client_free(struct client *client)
{
	if (client->retry)
		io_timer_destroy(client->io, client->retry);
	calls_spares_free(client);
	if (client->patience)
		io_timer_destroy(client->io, client->patience);
	free(client->master);
	free(client->token);
	free(client->program);
	client->magic = 0;
	free(client);
}

int client_create(struct client **ret, struct io *io, const struct client_options *options,
        struct dfs_error *err)
{
	struct client *client;

	if (!options->master || !strchr(options->master, ':') ||
	        strlen(options->master) >= CLIENT_ADDRESS_SIZE)
		return error_set(err, DFS_E_INVAL, "master address is not host:port: %s",
		        options->master ? options->master : "none");
	client = calloc(1, sizeof(*client));
	if (!client)
		return error_set(err, DFS_E_NOMEM, "out of memory for a client");
	client->magic = CLIENT_MAGIC;
	client->io = io;
	client->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
	client->parallel = options->parallel ? options->parallel : PARALLEL;
	if (client->parallel > PARALLEL_MAX)
		client->parallel = PARALLEL_MAX;
	client->master = copy(options->master);
	client->token = copy(options->token);
	client->program = copy(options->program);
	if (!client->master || !client->token || !client->program || connection_init(client) != 0) {
		client_free(client);
		return error_set(err, DFS_E_NOMEM, "out of memory for a client");
	}
	if (strlen(client->program) > PROGRAM_MAX)
		client->program[PROGRAM_MAX] = '\0';
	*ret = client;
	return 0;
}

void client_destroy(struct client *client)
{
	if (!client)
		return;
	assert(client->magic == CLIENT_MAGIC);
	client->ending = true;
	while (client->jobs)
		job_fail(client->jobs, DFS_E_CANCELLED, "the client was closed");
	connection_stop(client);
	calls_fail_all(client, DFS_E_CANCELLED, "the client was closed");
	assert(!client->calls && !client->jobs);
	client_free(client);
}

uint64_t client_id(const struct client *client)
{
	return client->id;
}

uint64_t client_epoch(const struct client *client)
{
	return client->epoch;
}
