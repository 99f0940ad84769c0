/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lua/policy.h"
#include "world.h"

static const char cluster_id[] = "00112233445566778899aabbccddeeff";

static void trace_line(void *arg, const char *text);
static void role_log(void *arg, const char *level, const char *line);
static void master_again(void *arg);
static void die(const char *what, const struct dfs_error *err);

struct world *world_create(const struct world_options *options)
{
	struct world *world = calloc(1, sizeof(*world));
	struct sim_options sim = {.seed = options->seed};
	struct policy_host_options scripts = {
	        .scripts = DFS_SOURCE_ROOT "/scripts", .placement = "spread", .chunking = "fixed"};
	struct dfs_error err = {0};

	world->options = *options;
	world->sim = sim_create(&sim);
	sim_trace(world->sim, trace_line, world);
	for (size_t i = 0; i < HMAC_SIZE; i++)
		world->key[i] = (uint8_t)(i * 7 + 1);
	if (policy_host_create(&world->scripts, &scripts, &err) != 0)
		die("policies", &err);
	world->policies.ops = &policy_host_ops;
	world->policies.ctx = world->scripts;
	world->master_host = sim_host_create(world->sim, "master");
	for (unsigned i = 0; i < options->nodes; i++) {
		struct world_node *node = &world->nodes[i];

		snprintf(node->name, sizeof(node->name), "node%u", i + 1);
		snprintf(node->address, sizeof(node->address), "node%u:7071", i + 1);
		node->host = sim_host_create(world->sim, node->name);
		node->identity = 1000 + i;
		world_node_init(world, i);
	}
	for (unsigned i = 0; i < options->clients; i++) {
		char name[24];

		snprintf(name, sizeof(name), "client%u", i + 1);
		world->clients[i].host = sim_host_create(world->sim, name);
	}
	return world;
}

void world_destroy(struct world *world)
{
	for (unsigned i = 0; i < world->options.clients; i++)
		client_destroy(world->clients[i].client);
	for (unsigned i = 0; i < world->options.nodes; i++)
		datanode_destroy(world->nodes[i].role);
	master_destroy(world->master);
	policy_host_destroy(world->scripts);
	sim_destroy(world->sim);
	buf_fini(&world->trace);
	free(world);
}

void world_start(struct world *world)
{
	struct dfs_error err = {0};
	char bearer[PASS_SIZE];

	world_master_start(world);
	for (unsigned i = 0; i < world->options.nodes; i++)
		world_node_start(world, i);
	for (unsigned i = 0; i < world->options.clients; i++) {
		struct token token = {.role = TOKEN_ADMIN};
		struct client_options options = {
		        .master = "master:7070",
		        .token = bearer,
		        .program = "world",
		        .timeout_ms = 60000,
		        .parallel = 4,
		};

		if (world->options.trees[i])
			snprintf(token.prefix, sizeof(token.prefix), "%s", world->options.trees[i]);
		token_sign(world->key, &token, bearer);
		if (client_create(&world->clients[i].client, sim_host_io(world->clients[i].host),
		            &options, &err) != 0)
			die("client_create", &err);
	}
	if (!world_await_up(world, world->options.nodes, 20000))
		die("the datanodes did not come up", &err);
}

static void master_failed(void *arg, const struct dfs_error *err)
{
	struct world *world = arg;

	world->master_failed = true;
}

void world_master_start(struct world *world)
{
	struct dfs_error err = {0};

	if (world_master_try(world, &err) != 0)
		die("master_start", &err);
}

int world_master_try(struct world *world, struct dfs_error *err)
{
	struct master_options options = world->options.master;

	assert(!world->master);
	world->master_failed = false;
	options.kv = sim_host_kv(world->master_host);
	options.cluster = cluster_id;
	memcpy(options.key, world->key, HMAC_SIZE);
	options.create = true;
	options.listen = "master:7070";
	options.policies = &world->policies;
	options.log = role_log;
	options.again = master_again;
	options.fatal = master_failed;
	options.arg = world;
	world->master_again = false;
	return master_start(&world->master, sim_host_io(world->master_host), &options, err);
}

static void master_again(void *arg)
{
	struct world *world = arg;

	world->master_again = true;
}

static void master_stopped(void *arg)
{
	*(bool *)arg = true;
}

void world_master_again(struct world *world)
{
	bool stopped = false;

	master_stop(world->master, master_stopped, &stopped);
	if (!world_run_until(world, &stopped, 10000))
		die("the master did not stop", NULL);
	master_destroy(world->master);
	world->master = NULL;
	world_master_start(world);
}

void world_master_kill(struct world *world)
{
	sim_host_kill(world->master_host);
	master_destroy(world->master);
	world->master = NULL;
	sim_host_restart(world->master_host);
}

void world_master_crash(struct world *world)
{
	sim_host_crash(world->master_host, false);
	master_destroy(world->master);
	world->master = NULL;
	sim_host_restart(world->master_host);
}

void world_node_start(struct world *world, unsigned i)
{
	struct dfs_error err = {0};

	if (world_node_try(world, i, &err) != 0)
		die(world->nodes[i].name, &err);
}

int world_node_try(struct world *world, unsigned i, struct dfs_error *err)
{
	static const char *const dirs[] = {"/data"};
	struct world_node *node = &world->nodes[i];
	struct datanode_options options = {
	        .master = "master:7070",
	        .listen = node->address,
	        .fence_file = "/fence",
	        .log = role_log,
	        .arg = world,
	        .store = {.dirs = dirs, .dirs_count = 1, .identity = {.node = node->identity}},
	};

	assert(!node->role);
	memcpy(options.key, world->key, HMAC_SIZE);
	memcpy(options.store.identity.cluster, cluster_id, sizeof(cluster_id));
	return datanode_start(&node->role, sim_host_io(node->host), &options, err);
}

void world_node_init(struct world *world, unsigned i)
{
	struct store_identity identity = {.node = world->nodes[i].identity};
	struct dfs_error err = {0};

	memcpy(identity.cluster, cluster_id, sizeof(cluster_id));
	if (store_init_dir(sim_host_io(world->nodes[i].host), "/data", &identity, &err) != 0)
		die("store_init_dir", &err);
}

void world_node_other(struct world *world, unsigned node)
{
	world->nodes[node].identity += 1000;
}

void world_node_kill(struct world *world, unsigned node)
{
	sim_host_kill(world->nodes[node].host);
	datanode_destroy(world->nodes[node].role);
	world->nodes[node].role = NULL;
	sim_host_restart(world->nodes[node].host);
}

void world_node_crash(struct world *world, unsigned node, bool silent)
{
	sim_host_crash(world->nodes[node].host, silent);
	datanode_destroy(world->nodes[node].role);
	world->nodes[node].role = NULL;
	sim_host_restart(world->nodes[node].host);
}

/* ---- metadata ---- */

static void must(int rc)
{
	if (rc != 0)
		die("put_back", NULL);
}

void world_put_back(struct kv *into, struct kv *from)
{
	struct kv_txn *read, *write;
	struct kv_bytes none = {"", 0}, key, value;

	must(into->ops->begin(into, true, &write));
	if (from)
		must(from->ops->begin(from, false, &read));
	for (int table = 0; table < KV_TABLES_MAX; table++) {
		struct kv_cursor *cursor;

		for (;;) {
			char at[KV_KEY_MAX];
			int rc;

			must(write->ops->cursor_open(write, table, &cursor));
			rc = cursor->ops->seek(cursor, none, &key, &value);
			if (rc == 0)
				memcpy(at, key.data, key.size);
			cursor->ops->cursor_close(cursor);
			if (rc != 0)
				break;
			key.data = at;
			must(write->ops->del(write, table, key));
		}
		if (!from)
			continue;
		must(read->ops->cursor_open(read, table, &cursor));
		for (int rc = cursor->ops->seek(cursor, none, &key, &value); rc == 0;
		        rc = cursor->ops->next(cursor, &key, &value))
			must(write->ops->put(write, table, key, value));
		cursor->ops->cursor_close(cursor);
	}
	if (from)
		read->ops->abort(read);
	must(write->ops->commit(write));
}

/* ---- users ---- */

static int64_t put_read(
        void *arg, uint64_t offset, void *ret_bytes, size_t size, struct dfs_error *err)
{
	struct world_put *put = arg;

	if (offset >= put->size)
		return 0;
	if (size > put->size - offset)
		size = put->size - offset;
	memcpy(ret_bytes, (const char *)put->bytes + offset, size);
	return (int64_t)size;
}

static void put_done(void *arg, const struct client_transfer *result)
{
	struct world_put *put = arg;

	put->over = true;
	put->result = *result;
	sim_note(put->world->sim, "put over: %s %s",
	        result->code ? dfs_error_name(result->code) : "ok", result->err.text);
}

void world_put(struct world *world, unsigned client, const struct client_put *put,
        const void *bytes, uint64_t size, struct world_put *ret)
{
	struct client_source source = {
	        .read = put_read, .arg = ret, .size_bytes = size, .seekable = true};

	*ret = (struct world_put){.world = world, .bytes = bytes, .size = size};
	if (!client_put_start(world->clients[client].client, put, &source, NULL, put_done, ret))
		die("client_put_start", NULL);
}

static int get_write(
        void *arg, uint64_t offset, const void *bytes, size_t size, struct dfs_error *err)
{
	struct world_get *get = arg;

	assert(offset == get->from + get->bytes.size);
	buf_append(&get->bytes, bytes, size);
	return 0;
}

static void get_done(void *arg, const struct client_transfer *result)
{
	struct world_get *get = arg;

	get->over = true;
	get->result = *result;
	sim_note(get->world->sim, "get over: %s %s",
	        result->code ? dfs_error_name(result->code) : "ok", result->err.text);
}

void world_get(struct world *world, unsigned client, const char *path, struct world_get *ret)
{
	world_get_part(world, client, path, 0, UINT64_MAX, ret);
}

void world_get_part(struct world *world, unsigned client, const char *path, uint64_t from,
        uint64_t length, struct world_get *ret)
{
	struct client_get get = {.path = path, .offset = from, .length = length};
	struct client_sink sink = {.write = get_write, .arg = ret};

	*ret = (struct world_get){.world = world, .from = from};
	if (!client_get_start(world->clients[client].client, &get, &sink, NULL, get_done, ret))
		die("client_get_start", NULL);
}

struct one_call {
	enum proto_call which;
	bool over;
	int code;
	struct buf *json;
};

static void call_done(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct one_call *call = arg;

	call->over = true;
	call->code = code;
	if (code == 0 && call->json)
		proto_call_info(call->which)->reply_encode(reply, call->json);
}

int world_call(struct world *world, unsigned client, enum proto_call which, const void *args,
        struct buf *ret_json)
{
	struct one_call call = {.which = which, .json = ret_json};

	client_call(world->clients[client].client, which, args, call_done, &call);
	if (!world_run_until(world, &call.over, 120000))
		die("a call was never answered", NULL);
	return call.code;
}

bool world_run_until(struct world *world, const bool *flag, uint64_t limit_ms)
{
	return sim_run_until(world->sim, flag, limit_ms);
}

/* Datanodes that are up and told how much room they have. */
static unsigned nodes_ready(struct world *world)
{
	struct proto_nodes_args args = {0};
	struct proto_nodes_reply reply = {0};
	struct arena arena = {0};
	struct buf json = {0};
	unsigned ready = 0;

	if (world_call(world, 0, PROTO_CALL_NODES, &args, &json) == 0 &&
	        proto_nodes_reply_decode(&arena, json.data, json.size, &reply, NULL) == 0) {
		for (size_t i = 0; i < reply.nodes_count; i++)
			ready += reply.nodes[i].state == PROTO_NODE_STATE_UP &&
			         reply.nodes[i].free > 0;
	}
	arena_fini(&arena);
	buf_fini(&json);
	return ready;
}

bool world_await_up(struct world *world, unsigned count, uint64_t limit_ms)
{
	uint64_t until_ms = sim_now_ms(world->sim) + limit_ms;

	while (sim_now_ms(world->sim) < until_ms) {
		if (nodes_ready(world) == count)
			return true;
		sim_run_for(world->sim, 100);
	}
	return false;
}

static int count_data(void *arg, const char *name)
{
	unsigned *count = arg;
	size_t size = strlen(name);

	*count += size > 5 && strcmp(name + size - 5, ".data") == 0;
	return 0;
}

unsigned world_replicas_of(struct world *world, unsigned node)
{
	unsigned count = 0;

	for (unsigned folder = 0; folder < 256; folder++) {
		char path[64];

		snprintf(path, sizeof(path), "/data/chunks/%02x", folder);
		io_disk(sim_host_io(world->nodes[node].host), list, path, count_data, &count);
	}
	return count;
}

unsigned world_replicas(struct world *world)
{
	unsigned count = 0;

	for (unsigned node = 0; node < world->options.nodes; node++)
		count += world_replicas_of(world, node);
	return count;
}

void *world_bytes(uint64_t seed, uint64_t size)
{
	uint8_t *bytes = malloc(size + 8);
	uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;

	for (uint64_t i = 0; i < size; i += 8) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(bytes + i, &state, 8);
	}
	return bytes;
}

static void trace_line(void *arg, const char *text)
{
	struct world *world = arg;

	buf_text(&world->trace, text);
	buf_text(&world->trace, "\n");
}

static void role_log(void *arg, const char *level, const char *line)
{
	struct world *world = arg;

	sim_note(world->sim, "%s %s", level, line);
}

static void die(const char *what, const struct dfs_error *err)
{
	fprintf(stderr, "# world: %s: %s\n", what, err ? err->text : "failed");
	abort();
}
