/* SPDX-License-Identifier: MIT */
#include "rescuer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "io/disk.h"
#include "meta/meta.h"
#include "node/rescue.h"

#define DIR       "/rescue"
#define EXTRACTED "/extracted"

enum { PATIENCE_MS = 600000 };

struct attempt {
	struct rescue *rescue;
	bool over;
	int code;
	struct dfs_error err;
};

static void over(void *arg, int code, const struct dfs_error *err)
{
	struct attempt *attempt = arg;

	attempt->over = true;
	attempt->code = code;
	attempt->err = *err;
}

static int counters(struct kv *kv, struct proto_row_counters *ret, struct dfs_error *err)
{
	struct arena arena = {0};
	int code = meta_verify(kv, &arena, ret, err);

	arena_fini(&arena);
	return code;
}

/* The checkpoint, then the log. */
static int put_together(struct world *world, unsigned client, const struct rescue *rescue,
        struct rescued *ret, struct dfs_error *err)
{
	struct sim_host *host = world->clients[client].host;
	struct io *io = sim_host_io(host);
	struct proto_row_counters reached;
	char path[CHECKPOINT_PATH_MAX];
	struct checkpoint state;
	int code;

	rescue_file(rescue, 0, path);
	io_disk(io, unlink, EXTRACTED);
	code = checkpoint_extract(io, path, EXTRACTED, &state, err);
	if (code == 0 && sim_kv_open_copy(&ret->kv, host, EXTRACTED) != 0)
		code = error_set(err, DFS_E_CORRUPT, "the checkpoint is no store");
	for (size_t i = 1; code == 0 && i < ret->files; i++) {
		rescue_file(rescue, i, path);
		code = checkpoint_log_replay(io, path, ret->kv, &state, err);
	}
	if (code == 0)
		code = counters(ret->kv, &reached, err);
	if (code == 0)
		code = meta_check(ret->kv, NULL, NULL, err);
	if (code == 0 && (reached.operation != ret->state.operation ||
	                         state.operation != ret->state.operation))
		code = error_set(err, DFS_E_CORRUPT, "it is another state than it says");
	return code;
}

int rescuer_run(struct world *world, unsigned client, unsigned datanodes, const char *cluster,
        const uint8_t *key, struct rescued *ret, struct dfs_error *err)
{
	struct io *io = sim_host_io(world->clients[client].host);
	const char *addresses[WORLD_NODES_MAX];
	struct attempt attempt = {.over = false};
	struct rescue_options options = {
	        .cluster = cluster ? cluster : "00112233445566778899aabbccddeeff",
	        .datanodes = addresses,
	        .datanodes_count = datanodes,
	        .dir = DIR,
	        .done = over,
	        .arg = &attempt,
	};
	int code;

	*ret = (struct rescued){.files = 0};
	for (unsigned i = 0; i < datanodes; i++)
		addresses[i] = world->nodes[i].address;
	memcpy(options.key, key ? key : world->key, HMAC_SIZE);
	io_disk(io, mkdir, DIR);
	code = rescue_start(&attempt.rescue, io, &options, err);
	if (code != 0)
		return code;
	if (!world_run_until(world, &attempt.over, PATIENCE_MS)) {
		rescue_destroy(attempt.rescue);
		return error_set(err, DFS_E_TIMEOUT, "a rescue has no end");
	}
	code = attempt.code;
	*err = attempt.err;
	if (code == 0) {
		const struct rescue_found *found = rescue_found(attempt.rescue);

		ret->state = found->state;
		ret->seen_epoch = found->seen_epoch;
		ret->files = found->files_count;
		code = put_together(world, client, attempt.rescue, ret, err);
	}
	rescue_destroy(attempt.rescue);
	if (code != 0 && ret->kv) {
		ret->kv->ops->close(ret->kv);
		ret->kv = NULL;
	}
	return code;
}

int rescuer_compare(struct rescued *rescued, struct kv *with, struct dfs_error *err)
{
	struct proto_row_counters last;
	int code = counters(with, &last, err);

	if (code == 0 && rescued->state.operation > last.operation)
		code = error_set(err, DFS_E_CORRUPT, "it knows what never happened");
	if (code == 0)
		code = meta_replay(
		        with, rescued->kv, rescued->state.operation + 1, last.operation, err);
	if (code == 0)
		code = meta_compare(with, rescued->kv, err);
	rescued->kv->ops->close(rescued->kv);
	rescued->kv = NULL;
	return code;
}
