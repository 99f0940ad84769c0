/* SPDX-License-Identifier: MIT */
/* A fake master: names, sessions and chunks in memory, durable by definition. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/crc32c.h"
#include "fake_parts.h"

/* ---- metadata ---- */

struct fake_chunk *fake_chunk_find(struct fake_cluster *fake, uint64_t chunk)
{
	for (size_t i = 0; i < fake->chunks_count; i++)
		if (fake->chunks[i].chunk == chunk)
			return &fake->chunks[i];
	return NULL;
}

/* Nodes in turn; fewer than the goal when not enough live. NULL: fewer than two, where two are
 * wanted. */
struct fake_chunk *fake_chunk_new(struct fake_cluster *fake, uint64_t session)
{
	struct fake_chunk *chunk = &fake->chunks[fake->chunks_count];

	assert(fake->chunks_count < FAKE_CHUNKS_MAX);
	*chunk = (struct fake_chunk){.version = 1, .session = session, .epoch = fake->epoch};
	for (unsigned i = 0; i < fake->options.nodes && chunk->nodes_count < fake->options.goal;
	        i++) {
		unsigned node = (fake->next_node + i) % fake->options.nodes;

		if (fake->nodes[node].alive || !fake->notices)
			chunk->nodes[chunk->nodes_count++] = node;
	}
	fake->next_node++;
	if (chunk->nodes_count < (fake->options.goal < 2 ? fake->options.goal : 2))
		return NULL;
	chunk->chunk = 0xa0000000000 + fake->next_chunk++;
	fake->chunks_count++;
	return chunk;
}

static struct fake_session *session_find(struct fake_cluster *fake, uint64_t id)
{
	for (size_t i = 0; i < fake->sessions_count; i++)
		if (fake->sessions[i].id == id && fake->sessions[i].open)
			return &fake->sessions[i];
	return NULL;
}

static void session_end(struct fake_session *session)
{
	session->open = false;
	free(session->staged);
	session->staged = NULL;
}

static struct fake_file *file_find(struct fake_cluster *fake, const char *path)
{
	for (size_t i = 0; i < fake->files_count; i++)
		if (strcmp(fake->files[i].path, path) == 0)
			return &fake->files[i];
	return NULL;
}

static void attr_of(const struct fake_file *file, struct proto_attr *ret)
{
	*ret = (struct proto_attr){.name = "f",
	        .kind = file->mode & 040000 ? PROTO_KIND_DIR : PROTO_KIND_FILE,
	        .inode = file->inode,
	        .generation = file->generation,
	        .size = file->size,
	        .mode = file->mode & 07777,
	        .mtime_ns = file->mtime_ns,
	        .goal = 3,
	        .chunk_size = 1,
	        .links = 1};
}

/* ---- calls ---- */

/* One call on its way to its answer. */
struct turn {
	struct fake_cluster *fake;
	struct link_call *call;
	enum proto_call which;
	uint64_t client, sequence;
	uint64_t value; /* what a mutation made, for its repetition */
	bool repeated;
	bool silent; /* the master dies before it answers */
};

/* It is never answered: the link ends first. */
static void turn_keep(struct turn *turn)
{
	struct fake_cluster *fake = turn->fake;

	assert(fake->hanging_count < 256);
	fake->hanging[fake->hanging_count++] = turn->call;
}

static void turn_answer(struct turn *turn, const void *reply)
{
	if (turn->silent)
		turn_keep(turn);
	else
		link_answer(turn->call, reply);
}

static void turn_refuse(struct turn *turn, int code, const char *message)
{
	link_refuse(turn->call, code, message);
}

static void allocated_fill(struct fake_cluster *fake, const struct fake_chunk *chunk,
        struct proto_allocated *ret, struct arena *arena)
{
	char ticket[400];

	fake_ticket(fake, 'a', chunk->chunk, chunk->version, ticket);
	*ret = (struct proto_allocated){.chunk = chunk->chunk,
	        .version = chunk->version,
	        .ticket = arena_text(arena, ticket, strlen(ticket)),
	        .lease_ms = 60000,
	        .replicas_count = chunk->nodes_count};
	ret->replicas = arena_alloc(arena, chunk->nodes_count * sizeof(*ret->replicas));
	for (size_t i = 0; i < chunk->nodes_count; i++)
		ret->replicas[i] = (struct proto_replica){.node = chunk->nodes[i] + 1,
		        .address = fake->nodes[chunk->nodes[i]].address,
		        .state = PROTO_REPLICA_STATE_OPEN};
}

static size_t allocate_some(struct fake_cluster *fake, uint64_t session, uint32_t count,
        struct proto_allocated *ret, struct arena *arena)
{
	size_t made = 0;

	assert(count <= 64);
	while (made < count) {
		struct fake_chunk *chunk = fake_chunk_new(fake, session);

		if (!chunk)
			break;
		allocated_fill(fake, chunk, &ret[made++], arena);
	}
	return made;
}

static void do_write_begin(struct turn *turn, const struct proto_write_begin_args *args)
{
	struct fake_cluster *fake = turn->fake;
	struct proto_write_begin_reply reply = {.chunk_size = fake->options.chunk_size,
	        .goal = fake->options.goal,
	        .expires_ms = 120000,
	        .warning = ""};
	struct proto_allocated chunks[64];
	struct arena arena = {0};

	reply.session = turn->value;
	reply.chunks = chunks;
	if (!turn->repeated) {
		struct fake_session *session = &fake->sessions[fake->sessions_count++];

		assert(fake->sessions_count <= 64);
		*session = (struct fake_session){.id = fake->next_session++, .open = true};
		session->path = strdup(args->path);
		session->staged = calloc(FAKE_EXTENTS_MAX, sizeof(*session->staged));
		turn->value = reply.session = session->id;
		reply.chunks_count = allocate_some(fake, session->id, args->count, chunks, &arena);
		if (reply.chunks_count < args->count) {
			session_end(session);
			turn_refuse(turn, DFS_E_NODES, "1 of 3 datanodes is live, 2 are needed");
			arena_fini(&arena);
			return;
		}
	}
	turn_answer(turn, &reply);
	arena_fini(&arena);
}

static void do_allocate(struct turn *turn, const struct proto_allocate_args *args)
{
	struct proto_allocate_reply reply = {.warning = ""};
	struct proto_allocated chunks[64];
	struct arena arena = {0};

	reply.chunks = chunks;
	if (!session_find(turn->fake, args->session)) {
		turn_refuse(turn, DFS_E_EXPIRED, "no such session");
		return;
	}
	if (!turn->repeated && !turn->fake->allocates_nothing) {
		reply.chunks_count =
		        allocate_some(turn->fake, args->session, args->count, chunks, &arena);
		if (reply.chunks_count == 0) {
			turn_refuse(turn, DFS_E_NODES, "1 of 3 datanodes is live, 2 are needed");
			return;
		}
	}
	turn_answer(turn, &reply);
	arena_fini(&arena);
}

static void do_renew(struct turn *turn, const struct proto_renew_args *args)
{
	struct proto_renew_reply reply = {.expires_ms = 120000};

	if (session_find(turn->fake, args->session))
		turn_answer(turn, &reply);
	else
		turn_refuse(turn, DFS_E_EXPIRED, "no such session");
}

/* The longest living replica decides, the others are brought to its length; shorter than acked:
 * nothing is sealed. */
static bool chunk_seal(struct fake_cluster *fake, struct fake_chunk *chunk, uint64_t acked)
{
	struct fake_replica *best = NULL;

	for (size_t i = 0; i < chunk->nodes_count; i++) {
		struct fake_node *node = &fake->nodes[chunk->nodes[i]];
		struct fake_replica *replica = fake_replica_find(node, chunk->chunk);

		if (node->alive && replica && (!best || replica->bytes.size > best->bytes.size))
			best = replica;
	}
	if (!best ? acked > 0 : best->bytes.size < acked)
		return false;
	chunk->version++;
	chunk->sealed = true;
	chunk->length = best ? best->bytes.size : 0;
	chunk->crc = best ? crc32c(0, best->bytes.data, best->bytes.size) : 0;
	for (size_t i = 0; i < chunk->nodes_count; i++) {
		struct fake_node *node = &fake->nodes[chunk->nodes[i]];
		struct fake_replica *replica = fake_replica_find(node, chunk->chunk);

		if (!node->alive)
			continue;
		if (!replica)
			replica = fake_replica_new(node, chunk->chunk, 0);
		for (size_t f = 0, at = 0; best && f < best->frames; at += best->sizes[f++])
			if (f >= replica->frames)
				fake_replica_add(replica, best->bytes.data + at, best->sizes[f],
				        best->crcs[f]);
		replica->version = chunk->version;
		replica->sealed = true;
	}
	return true;
}

static void seal_cut(
        struct fake_cluster *fake, const struct fake_chunk *chunk, struct proto_seal_reply *reply)
{
	for (size_t i = 0; i < chunk->nodes_count; i++) {
		struct fake_replica *replica =
		        fake_replica_find(&fake->nodes[chunk->nodes[i]], chunk->chunk);

		if (!replica || replica->frames == 0)
			continue;
		reply->length = replica->sizes[0];
		reply->crc = replica->crcs[0];
	}
}

static void do_seal(struct turn *turn, const struct proto_seal_args *args)
{
	struct fake_chunk *chunk = fake_chunk_find(turn->fake, args->chunk);
	struct proto_seal_reply reply = {0};

	assert(chunk && chunk->session == args->session);
	if (!session_find(turn->fake, args->session)) {
		turn_refuse(turn, DFS_E_EXPIRED, "no such session");
	} else if (!chunk->sealed && !chunk_seal(turn->fake, chunk, args->acked)) {
		turn_refuse(turn, DFS_E_UNAVAIL, "waiting for node 1");
	} else {
		assert(chunk->length >= args->acked);
		reply.length = chunk->length;
		reply.version = chunk->version;
		reply.crc = chunk->crc ^ turn->fake->seal_lies;
		if (turn->fake->seal_short)
			seal_cut(turn->fake, chunk, &reply);
		turn_answer(turn, &reply);
	}
}

static void extent_check(struct fake_cluster *fake, const struct fake_session *session,
        const struct proto_extent *extent)
{
	struct fake_chunk *chunk = fake_chunk_find(fake, extent->chunk);
	char receipt[400];

	assert(chunk && chunk->session == session->id && !chunk->freed);
	assert(extent->length > 0);
	if (extent->receipt[0]) {
		fake_receipt(
		        extent->chunk, extent->chunk_offset, extent->length, extent->crc, receipt);
		assert(strcmp(receipt, extent->receipt) == 0);
	} else {
		assert(chunk->sealed && extent->chunk_offset == 0);
		assert(extent->length == chunk->length && extent->crc == chunk->crc);
	}
}

static void stage_extents(struct fake_cluster *fake, struct fake_session *session,
        const struct proto_extent *extents, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fake_extent *last =
		        session->staged_count ? &session->staged[session->staged_count - 1] : NULL;

		extent_check(fake, session, &extents[i]);
		assert(extents[i].offset == (last ? last->offset + last->length : 0));
		assert(session->staged_count < FAKE_EXTENTS_MAX);
		session->staged[session->staged_count++] =
		        (struct fake_extent){.offset = extents[i].offset,
		                .chunk = extents[i].chunk,
		                .chunk_offset = extents[i].chunk_offset,
		                .length = extents[i].length,
		                .crc = extents[i].crc,
		                .receipt = extents[i].receipt[0] != '\0'};
	}
}

static void do_stage(struct turn *turn, const struct proto_stage_args *args)
{
	struct fake_session *session = session_find(turn->fake, args->session);
	struct proto_stage_reply reply = {0};

	if (!session) {
		turn_refuse(turn, DFS_E_EXPIRED, "no such session");
		return;
	}
	if (!turn->repeated)
		stage_extents(turn->fake, session, args->extents, args->extents_count);
	turn_answer(turn, &reply);
}

static struct fake_file *file_for(struct fake_cluster *fake, const char *path)
{
	struct fake_file *file = file_find(fake, path);

	if (file)
		return file;
	assert(fake->files_count < FAKE_FILES_MAX);
	file = &fake->files[fake->files_count++];
	snprintf(file->path, sizeof(file->path), "%s", path);
	file->inode = fake->next_inode++;
	file->extents = calloc(FAKE_EXTENTS_MAX, sizeof(*file->extents));
	return file;
}

static void do_commit(struct turn *turn, const struct proto_commit_args *args)
{
	struct fake_cluster *fake = turn->fake;
	struct fake_session *session = session_find(fake, args->session);
	struct proto_commit_reply reply;
	struct fake_file *file;
	uint64_t size = 0;

	if (!session && !turn->repeated) {
		turn_refuse(turn, DFS_E_EXPIRED, "no such session");
		return;
	}
	if (!turn->repeated) {
		stage_extents(fake, session, args->extents, args->extents_count);
		file = file_for(fake, session->path);
		file->extents_count = session->staged_count;
		memcpy(file->extents, session->staged,
		        session->staged_count * sizeof(*file->extents));
		for (size_t i = 0; i < file->extents_count; i++)
			size += file->extents[i].length;
		assert(size == args->size);
		file->size = size;
		file->mode = args->mode;
		file->mtime_ns = args->mtime_ns;
		file->generation = fake->next_generation++;
		turn->value = (uint64_t)(file - fake->files);
		session_end(session);
	}
	attr_of(&fake->files[turn->value], &reply.attr);
	turn_answer(turn, &reply);
}

static void do_abandon(struct turn *turn, const struct proto_abandon_args *args)
{
	struct fake_session *session = session_find(turn->fake, args->session);
	struct proto_abandon_reply reply = {0};

	if (session)
		session_end(session);
	turn_answer(turn, &reply);
}

static void locate_fill(
        struct turn *turn, const struct fake_file *file, const struct proto_locate_args *args)
{
	struct fake_cluster *fake = turn->fake;
	struct proto_locate_reply reply = {0};
	struct proto_located *located = calloc(256, sizeof(*located));
	uint32_t limit =
	        fake->page_size && fake->page_size < args->limit ? fake->page_size : args->limit;
	struct arena arena = {0};

	attr_of(file, &reply.attr);
	reply.extents = located;
	for (size_t i = 0; i < file->extents_count; i++) {
		const struct fake_extent *extent = &file->extents[i];
		struct fake_chunk *chunk = fake_chunk_find(fake, extent->chunk);
		struct proto_allocated allocated;
		char ticket[400];

		if (extent->offset + extent->length <= args->offset)
			continue;
		if (reply.extents_count == limit) {
			reply.more = true;
			break;
		}
		fake_ticket(fake, 'r', extent->chunk, 0, ticket);
		allocated_fill(fake, chunk, &allocated, &arena);
		for (size_t r = 0; r < allocated.replicas_count; r++)
			allocated.replicas[r].state = PROTO_REPLICA_STATE_GOOD;
		located[reply.extents_count++] = (struct proto_located){.offset = extent->offset,
		        .chunk = extent->chunk,
		        .version = chunk->version,
		        .state = PROTO_CHUNK_STATE_SEALED,
		        .chunk_offset = extent->chunk_offset,
		        .length = extent->length,
		        .crc = extent->crc,
		        .chunk_length = chunk->length,
		        .ticket = arena_text(&arena, ticket, strlen(ticket)),
		        .replicas = allocated.replicas,
		        .replicas_count = allocated.replicas_count};
	}
	turn_answer(turn, &reply);
	free(located);
	arena_fini(&arena);
}

static void do_locate(struct turn *turn, const struct proto_locate_args *args)
{
	struct fake_cluster *fake = turn->fake;
	struct fake_file *file = args->path[0] ? file_find(fake, args->path) : NULL;

	for (size_t i = 0; !args->path[0] && i < fake->files_count; i++)
		if (fake->files[i].inode == args->inode)
			file = &fake->files[i];
	if (!file)
		turn_refuse(turn, DFS_E_NOENT, "/nowhere: no such file or directory");
	else if (!args->path[0] && file->generation != args->generation)
		turn_refuse(turn, DFS_E_CHANGED, "the file changed");
	else
		locate_fill(turn, file, args);
}

static void do_mkdir(struct turn *turn, const struct proto_mkdir_args *args)
{
	struct proto_mkdir_reply reply = {.attr = {.name = "d", .kind = PROTO_KIND_DIR}};

	turn_answer(turn, &reply);
}

static void do_stat(struct turn *turn, const struct proto_stat_args *args)
{
	struct proto_stat_reply reply = {.attr = {.name = "", .kind = PROTO_KIND_DIR}};
	struct fake_file *file = file_find(turn->fake, args->path);

	if (file)
		attr_of(file, &reply.attr);
	turn_answer(turn, &reply);
}

static void turn_run(struct turn *turn, const void *args)
{
	switch (turn->which) {
	case PROTO_CALL_WRITE_BEGIN:
		do_write_begin(turn, args);
		break;
	case PROTO_CALL_ALLOCATE:
		do_allocate(turn, args);
		break;
	case PROTO_CALL_RENEW:
		do_renew(turn, args);
		break;
	case PROTO_CALL_SEAL:
		do_seal(turn, args);
		break;
	case PROTO_CALL_STAGE:
		do_stage(turn, args);
		break;
	case PROTO_CALL_COMMIT:
		do_commit(turn, args);
		break;
	case PROTO_CALL_ABANDON:
		do_abandon(turn, args);
		break;
	case PROTO_CALL_LOCATE:
		do_locate(turn, args);
		break;
	case PROTO_CALL_MKDIR:
		do_mkdir(turn, args);
		break;
	case PROTO_CALL_STAT:
		do_stat(turn, args);
		break;
	default:
		turn_refuse(turn, DFS_E_UNSUPPORTED, "not in this fake");
	}
}

/* ---- exactly once ---- */

static struct fake_done *done_find(struct turn *turn)
{
	for (size_t i = 0; i < turn->fake->done_count; i++) {
		struct fake_done *done = &turn->fake->done[i];

		if (done->client == turn->client && done->sequence == turn->sequence)
			return done;
	}
	return NULL;
}

static void turn_once(struct turn *turn, const void *args)
{
	struct fake_cluster *fake = turn->fake;
	bool mutates = proto_call_info(turn->which)->mutates;
	struct fake_done *done = mutates ? done_find(turn) : NULL;

	assert(!mutates || (turn->client >= 100 && turn->sequence > 0));
	if (done) {
		assert(done->which == turn->which);
		turn->repeated = true;
		turn->value = done->value;
	} else {
		fake->calls[turn->which]++;
	}
	turn_run(turn, args);
	if (!mutates || done)
		return;
	assert(fake->done_count < 8192);
	fake->done[fake->done_count++] =
	        (struct fake_done){turn->client, turn->sequence, turn->value, turn->which, 0};
}

static bool master_misbehaves(struct turn *turn)
{
	struct fake_cluster *fake = turn->fake;
	int code = fake->refuse[turn->which];

	if (fake->master_dying) {
		turn_keep(turn);
		return true;
	}
	if (code != 0) {
		if (!fake->refuse_all[turn->which])
			fake->refuse[turn->which] = 0;
		turn_refuse(turn, code, fake->refuse_text[turn->which]);
		return true;
	}
	if (fake->hangs[turn->which]) {
		turn_keep(turn);
		return true;
	}
	if (fake->dies_at == turn->which) {
		fake->dies_at = PROTO_CALL_NONE;
		fake->master_dying = true;
		if (!fake->dies_done) {
			turn_keep(turn);
			return true;
		}
		turn->silent = true;
	}
	return false;
}

static void hello(
        struct fake_link *link, struct link_call *call, const struct proto_hello_args *args)
{
	struct fake_cluster *fake = link->fake;
	struct proto_hello_reply reply = {.protocol = PROTO_VERSION,
	        .cluster = "00000000000000000000000000000000",
	        .epoch = fake->epoch,
	        .role = PROTO_ROLE_ADMIN};

	if (args->protocol != PROTO_VERSION) {
		link_refuse(call, DFS_E_VERSION, "another protocol");
		return;
	}
	link->greeted = true;
	reply.client = args->client >= fake->first_client && args->client < fake->next_client
	                       ? args->client
	                       : fake->next_client++;
	link_answer(call, &reply);
}

static void master_called(void *arg, struct link_call *call, enum proto_call which,
        const void *args, uint64_t client, uint64_t sequence)
{
	struct fake_link *link = arg;
	struct turn turn = {.fake = link->fake,
	        .call = call,
	        .which = which,
	        .client = client,
	        .sequence = sequence};

	link->fake->arrivals[which]++;
	assert(link->greeted == (which != PROTO_CALL_HELLO));
	if (master_misbehaves(&turn))
		return;
	if (which == PROTO_CALL_HELLO)
		hello(link, call, args);
	else
		turn_once(&turn, args);
}

/* ---- serving ---- */

static void link_remove(struct fake_link *link)
{
	struct fake_link **at = &link->fake->links;

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	free(link);
}

static void master_closed(void *arg, int status, const char *why)
{
	link_remove(arg);
}

static const struct link_events MASTER_EVENTS = {.called = master_called, .closed = master_closed};

static int master_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	struct fake_cluster *fake = arg;
	const char *bearer = upgrade->headers[IO_AUTHORIZATION];
	struct fake_link *link;

	assert(strcmp(upgrade->path, "/v1/rpc") == 0);
	if (!bearer)
		return 401;
	if (strcmp(bearer, "Bearer good") != 0)
		return 403;
	link = calloc(1, sizeof(*link));
	link->fake = fake;
	link->next = fake->links;
	fake->links = link;
	return link_accept(&link->link, sim_host_io(fake->master_host), channel, &MASTER_EVENTS,
	        link, ret_events, ret_arg);
}

static const struct io_service SERVICE = {.channel = master_channel};

void fake_master_serve(struct fake_cluster *fake)
{
	char why[256];

	fake->server =
	        io_net(sim_host_io(fake->master_host), serve, "master:7070", &SERVICE, fake, why);
	assert(fake->server);
	fake->master_alive = true;
	fake->epoch++;
}

void fake_master_clear(struct fake_cluster *fake)
{
	while (fake->links) {
		link_close(fake->links->link);
		link_remove(fake->links);
	}
	for (size_t i = 0; i < fake->hanging_count; i++)
		link_refuse(fake->hanging[i], DFS_E_INTERNAL, "");
	fake->hanging_count = 0;
	io_net(sim_host_io(fake->master_host), server_close, fake->server);
}

void fake_master_kill(struct fake_cluster *fake)
{
	assert(fake->master_alive);
	sim_host_kill(fake->master_host);
	fake_master_clear(fake);
	fake->master_alive = fake->master_dying = false;
}

void fake_master_start(struct fake_cluster *fake)
{
	assert(!fake->master_alive);
	sim_host_restart(fake->master_host);
	fake_master_serve(fake);
}

void fake_master_fini(struct fake_cluster *fake)
{
	for (size_t i = 0; i < fake->files_count; i++)
		free(fake->files[i].extents);
	for (size_t i = 0; i < fake->sessions_count; i++) {
		free(fake->sessions[i].staged);
		free(fake->sessions[i].path);
	}
}

/* ---- the test's side ---- */

void fake_master_refuse(
        struct fake_cluster *fake, enum proto_call which, int code, const char *message)
{
	fake->refuse[which] = code;
	fake->refuse_all[which] = false;
	snprintf(fake->refuse_text[which], sizeof(fake->refuse_text[which]), "%s", message);
}

void fake_master_refuse_all(
        struct fake_cluster *fake, enum proto_call which, int code, const char *message)
{
	fake_master_refuse(fake, which, code, message);
	fake->refuse_all[which] = true;
}

void fake_master_dies_at(struct fake_cluster *fake, enum proto_call which, bool done)
{
	fake->dies_at = which;
	fake->dies_done = done;
}

void fake_master_hangs_at(struct fake_cluster *fake, enum proto_call which, bool hangs)
{
	fake->hangs[which] = hangs;
}

void fake_master_expire(struct fake_cluster *fake)
{
	for (size_t i = 0; i < fake->sessions_count; i++)
		if (fake->sessions[i].open)
			session_end(&fake->sessions[i]);
}

void fake_master_seal_lies(struct fake_cluster *fake, bool lies)
{
	fake->seal_lies = lies;
}

void fake_master_seal_short(struct fake_cluster *fake, bool cuts)
{
	fake->seal_short = cuts;
}

void fake_master_allocates_nothing(struct fake_cluster *fake, bool nothing)
{
	fake->allocates_nothing = nothing;
}

unsigned fake_old_posts(const struct fake_cluster *fake)
{
	return fake->old_posts;
}

void fake_tickets_expire(struct fake_cluster *fake)
{
	fake->ticket_age++;
}

unsigned fake_calls(const struct fake_cluster *fake, enum proto_call which)
{
	return fake->calls[which];
}

unsigned fake_arrivals(const struct fake_cluster *fake, enum proto_call which)
{
	return fake->arrivals[which];
}

size_t fake_sessions(const struct fake_cluster *fake)
{
	size_t count = 0;

	for (size_t i = 0; i < fake->sessions_count; i++)
		count += fake->sessions[i].open;
	return count;
}

void fake_page_size(struct fake_cluster *fake, uint32_t extents)
{
	fake->page_size = extents;
}

void fake_master_forgets_clients(struct fake_cluster *fake)
{
	fake->first_client = fake->next_client;
}

void fake_master_notices(struct fake_cluster *fake, bool notices)
{
	fake->notices = notices;
}

void fake_seal_open_chunks(struct fake_cluster *fake)
{
	for (size_t i = 0; i < fake->chunks_count; i++)
		if (!fake->chunks[i].sealed && fake->chunks[i].session)
			chunk_seal(fake, &fake->chunks[i], 0);
}
