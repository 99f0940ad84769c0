/* SPDX-License-Identifier: MIT */
/* dfs_open and dfs_close: where the cluster is, and the loop that turns while a call blocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/path.h"
#include "lua/command.h"
#include "node/libdfs/handle.h"

struct found { /* where the cluster is, as far as known */
	char master[IO_ADDRESS_MAX];
	char token[512];
};

static int find_cluster(
        const struct dfs_options *options, struct found *ret, struct dfs_error *err);
static int read_client_file(struct found *found, struct dfs_error *err);
static int take_setting(void *arg, const char *key, const char *value, struct dfs_error *err);
static void reply_taken(void *arg, int code, const struct dfs_error *err, const void *reply);

int dfs_open(struct dfs **ret, const struct dfs_options *options, struct dfs_error *err)
{
	struct dfs_options known = {0};
	struct loop_options loop = {.server = false};
	struct client_options client = {0};
	struct found found = {0};
	struct dfs *dfs;
	int code;

	if (options)
		memcpy(&known, options,
		        options->size < sizeof(known) ? options->size : sizeof(known));
	code = find_cluster(&known, &found, err);
	if (code != 0)
		return code;
	dfs = calloc(1, sizeof(*dfs));
	if (!dfs)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	code = loop_create(&dfs->loop, &loop, err);
	client.master = found.master;
	client.token = found.token;
	client.program = known.program ? known.program : "libdfs";
	client.timeout_ms = known.timeout_ms ? known.timeout_ms : 10000;
	client.parallel = 4;
	if (code == 0)
		code = client_create(&dfs->client, loop_io(dfs->loop), &client, err);
	if (code != 0) {
		dfs_close(dfs);
		return code;
	}
	*ret = dfs;
	return 0;
}

void dfs_close(struct dfs *dfs)
{
	if (!dfs)
		return;
	dfs_queue_wait(dfs);
	client_destroy(dfs->client);
	loop_destroy(dfs->loop);
	free(dfs);
}

const char *dfs_version(void)
{
	return DFS_VERSION;
}

struct call {
	struct wait wait;
	void (*take)(void *arg, const void *reply);
	void *arg;
};

int handle_call(struct dfs *dfs, enum proto_call which, const void *args,
        void (*take)(void *arg, const void *reply), void *arg, struct dfs_error *err)
{
	struct call call = {.wait.err = err, .take = take, .arg = arg};

	client_call(dfs->client, which, args, reply_taken, &call);
	loop_run_until(dfs->loop, &call.wait.over);
	return call.wait.code;
}

char *canonical(const char *path, struct dfs_error *err)
{
	struct buf buf = {0};

	if (path_normalize(path, &buf, err) != 0) {
		buf_fini(&buf);
		return NULL;
	}
	return buf.data; /* the caller's: buf owns nothing else */
}

static void reply_taken(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct call *call = arg;

	call->wait.over = true;
	call->wait.code = code;
	if (code != 0 && call->wait.err)
		*call->wait.err = *err;
	if (code == 0 && call->take)
		call->take(call->arg, reply);
}

/* Precedence: the caller, the environment, the file of DFS_CONFIG, the user's client file
 * (docs/contracts.md). */
static int find_cluster(const struct dfs_options *options, struct found *ret, struct dfs_error *err)
{
	const char *master = options->master ? options->master : getenv("DFS_MASTER");
	const char *token = options->token ? options->token : getenv("DFS_TOKEN");
	int code = 0;

	if (!master || !token)
		code = read_client_file(ret, err);
	if (master && strlen(master) >= sizeof(ret->master))
		return error_set(err, DFS_E_INVAL, "the master's address is longer than %zu bytes",
		        sizeof(ret->master) - 1);
	if (token && strlen(token) >= sizeof(ret->token))
		return error_set(err, DFS_E_INVAL, "the token is longer than %zu bytes",
		        sizeof(ret->token) - 1);
	if (code != 0)
		return code;
	if (master)
		snprintf(ret->master, sizeof(ret->master), "%s", master);
	if (token)
		snprintf(ret->token, sizeof(ret->token), "%s", token);
	if (!ret->master[0])
		return error_set(err, DFS_E_UNAVAIL,
		        "no cluster is known: start one by `dfs up`, or set DFS_MASTER=host:port, "
		        "or DFS_CONFIG=FILE");
	if (!strchr(ret->master, ':') ||
	        strspn(strrchr(ret->master, ':') + 1, "0123456789") !=
	                strlen(strrchr(ret->master, ':') + 1) ||
	        strrchr(ret->master, ':')[1] == '\0')
		return error_set(err, DFS_E_INVAL,
		        "the master's address \"%.200s\" is not HOST:PORT", ret->master);
	return 0;
}

static int read_client_file(struct found *found, struct dfs_error *err)
{
	const char *named = getenv("DFS_CONFIG"), *config = getenv("XDG_CONFIG_HOME"),
	           *home = getenv("HOME");
	char path[4200];

	if (named && named[0])
		return config_read(named, take_setting, found, err);
	if (config && config[0] == '/')
		snprintf(path, sizeof(path), "%s/dfs/client.lua", config);
	else
		snprintf(path, sizeof(path), "%s/.config/dfs/client.lua", home ? home : "");
	if (access(path, R_OK) != 0)
		return 0;
	return config_read(path, take_setting, found, err);
}

static int take_setting(void *arg, const char *key, const char *value, struct dfs_error *err)
{
	struct found *found = arg;

	if (strcmp(key, "master") == 0)
		snprintf(found->master, sizeof(found->master), "%s", value);
	else if (strcmp(key, "token") == 0)
		snprintf(found->token, sizeof(found->token), "%s", value);
	else
		return error_set(err, DFS_E_INVAL,
		        "a client's configuration has `master` and `token`, not `%s`", key);
	return 0;
}
