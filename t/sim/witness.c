/* SPDX-License-Identifier: MIT */
#include "witness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include "base/chunk_id.h"
#include "base/crc32c.h"
#include "base/text.h"
#include "meta/meta.h"
#include "meta/table.h"
#include "node/datanode/role.h"
#include "store/entry.h"

enum {
	FIRST_VERSION = 1,
	LEAST_REPLICAS = 2, /* that hold what is acknowledged */
	FULL_FRAME = FRAME_HEADER_SIZE + SPAN_SIZE_MAX,
};

/* A replica as last seen on a datanode's disk; kept while the datanode is away. */
struct seen {
	bool here;            /* at the last look */
	bool looked;          /* in this look */
	bool survives;        /* in this look: it must be here still */
	bool trimmed;         /* the master decided to delete it, as one too many */
	uint64_t incarnation; /* of the process that showed it */
	struct store_held held;
};

struct chunk {
	uint64_t id;
	UT_hash_handle hh;
	struct seen on[WORLD_NODES_MAX];
	bool known;                 /* metadata has it, at this look */
	struct proto_row_chunk row; /* as it was then; no lists, but: */
	bool member[WORLD_NODES_MAX];
	uint64_t version; /* highest that metadata had */
	bool was_sealed;  /* a look before this one found it sealed in metadata */
	bool sealed;      /* some replica was seen sealed: */
	uint64_t length;
	uint32_t crc;
	bool referred;   /* a file referred to it at the last look */
	bool given_up;   /* metadata was restored that is older than its end */
	bool restored;   /* metadata was restored that may be older than its replicas */
	unsigned cut;    /* async: whose replica was not sealed when the power went, by bits */
	uint64_t posted; /* bytes that a user sent there, in one body */
	char entry[24];  /* the datanode that its appends came to; "" none yet */
};

struct witness {
	struct world *world;
	struct kv *start;  /* the database as it was */
	uint64_t replayed; /* ... and the operation that it has been brought to since */
	struct chunk *chunks;
	uint32_t numbers[WORLD_NODES_MAX]; /* of the datanodes, as the master gave them */
	size_t trace_at;
	bool hurt;       /* a replica may have been destroyed since the last witness_end */
	unsigned lied;   /* disks that lied since then, by bits */
	unsigned unseen; /* that died, and did something before that nobody has looked at */
	unsigned cut;    /* machines that lost their power since the last look, by bits */
	bool blind;      /* the master runs on an old copy */
	bool held;       /* deletions are */
	char sentence[1024];
};

static const char *broken(struct witness *witness, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static const char *look_at_metadata(struct witness *witness);
static const char *look_at_rows(struct witness *witness, struct kv *now);
static const char *look_at_chunk_row(
        struct witness *witness, uint64_t id, const struct proto_row_chunk *row);
static const char *look_at_node(struct witness *witness, unsigned node);
static bool is_acknowledged(const struct chunk *chunk, unsigned node);
static const char *look_at_replica(
        struct witness *witness, struct chunk *chunk, unsigned node, const struct store_held *held);
static const char *look_at_trace(struct witness *witness);
static const char *look_at_line(struct witness *witness, const char *line);
static const char *look_for_bytes(struct witness *witness);
static bool is_forsaken(const struct witness *witness, const struct chunk *chunk);
static bool is_doubtful(const struct witness *witness, const struct chunk *chunk);
static bool is_hidden(const struct witness *witness, const struct chunk *chunk);
static unsigned least_whole(const struct witness *witness, const struct chunk *chunk);
static const char *needs(struct witness *witness, const struct chunk *chunk, unsigned node);
static bool holds_all(const struct chunk *chunk, const struct seen *seen);
static bool all_spans_live(struct witness *witness, const struct chunk *chunk);
static void spans_on_disk(struct world_node *node, const struct chunk *chunk, bool *live);
static bool read_file(struct world_node *node, uint64_t chunk, const char *suffix, struct buf *ret);
static const char *end_of_chunk(struct witness *witness, struct chunk *chunk);
static const char *look_at_history(struct witness *witness);
static int crc_on_disk(struct world_node *node, uint64_t chunk, uint64_t length, uint32_t *ret);
static struct chunk *chunk_of(struct witness *witness, uint64_t id);
static uint64_t operation_of(struct kv *kv);
static void found(void *arg, const char *sentence);

struct witness *witness_create(struct world *world)
{
	struct witness *witness = calloc(1, sizeof(*witness));

	witness->world = world;
	witness->start = sim_kv_clone(sim_host_kv(world->master_host));
	witness->replayed = operation_of(witness->start);
	return witness;
}

void witness_destroy(struct witness *witness)
{
	struct chunk *chunk, *next;

	if (!witness)
		return;
	HASH_ITER (hh, witness->chunks, chunk, next) {
		HASH_DEL(witness->chunks, chunk);
		free(chunk);
	}
	witness->start->ops->close(witness->start);
	free(witness);
}

const char *witness_look(struct witness *witness)
{
	const char *wrong = look_at_trace(witness);

	if (!wrong && !witness->blind)
		wrong = look_at_metadata(witness);
	for (unsigned node = 0; !wrong && node < witness->world->options.nodes; node++)
		if (sim_host_crashed(witness->world->nodes[node].host))
			witness->unseen |= 1u << node; /* what it says is nothing */
		else if (witness->world->nodes[node].role)
			wrong = look_at_node(witness, node);
	if (!wrong)
		wrong = look_for_bytes(witness);
	witness->cut = 0;
	return wrong || witness->blind ? wrong : look_at_history(witness);
}

const char *witness_end(struct witness *witness)
{
	const char *wrong = witness_look(witness);

	for (struct chunk *chunk = witness->chunks; chunk && !wrong; chunk = chunk->hh.next)
		wrong = end_of_chunk(witness, chunk);
	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next)
		if (chunk->row.state == PROTO_CHUNK_STATE_SEALED)
			chunk->cut = 0;
	witness->hurt = false;
	witness->lied = 0;
	return wrong;
}

const char *witness_tidy(struct witness *witness)
{
	const char *wrong = witness_look(witness);

	for (struct chunk *chunk = witness->chunks; chunk && !wrong; chunk = chunk->hh.next) {
		unsigned here = 0, want = chunk->row.refs > 0 ? chunk->row.goal : 0;
		const struct seen *last = NULL;

		for (unsigned node = 0; node < witness->world->options.nodes; node++) {
			here += chunk->on[node].here;
			if (chunk->on[node].here)
				last = &chunk->on[node];
		}
		/* A copy of the lost time is a stray one of a chunk that was open in the backup. */
		if (chunk->known && !chunk->restored && here > want)
			wrong = broken(witness,
			        "chunk %016" PRIx64
			        ": %u replicas where %u are asked for; one is in state %d at "
			        "version %" PRIu64 " (%s), metadata in %d at %" PRIu64,
			        chunk->id, here, want, last->held.state, last->held.version,
			        last->held.why, chunk->row.state, chunk->row.version);
	}
	return wrong;
}

bool witness_refers(struct witness *witness, uint64_t id)
{
	const struct chunk *chunk = chunk_of(witness, id);

	return chunk->known && chunk->row.refs > 0;
}

void witness_disk_fails(struct witness *witness)
{
	witness->hurt = true;
}

void witness_disk_lost(struct witness *witness, unsigned node)
{
	witness->hurt = true;
	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next)
		chunk->on[node] = (struct seen){0};
}

void witness_disk_lies(struct witness *witness, unsigned node)
{
	witness->lied |= 1u << node;
}

void witness_power_cut(struct witness *witness, unsigned node)
{
	witness->cut |= 1u << node; /* for those that are not known yet */
	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next)
		if (!chunk->on[node].here || chunk->on[node].held.state != STORE_SEALED)
			chunk->cut |= 1u << node;
}

bool witness_doubts(const struct witness *witness)
{
	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next)
		if (chunk->known && chunk->row.refs > 0 && is_doubtful(witness, chunk))
			return true;
	return false;
}

const char *witness_unplug(struct witness *witness, unsigned node)
{
	const char *wrong = witness_look(witness);

	for (struct chunk *chunk = witness->chunks; chunk && !wrong; chunk = chunk->hh.next) {
		wrong = needs(witness, chunk, node);
		chunk->on[node] = (struct seen){0};
	}
	witness->numbers[node] = 0;
	return wrong;
}

void witness_other_metadata(struct witness *witness, bool restored)
{
	witness->blind = true;
	for (struct chunk *chunk = witness->chunks; restored && chunk; chunk = chunk->hh.next) {
		chunk->given_up |= !chunk->known || chunk->row.refs == 0;
		chunk->restored = true;
		chunk->version = chunk->posted = 0;
		chunk->known = chunk->referred = false;
	}
	if (!restored)
		return;
	witness->start->ops->close(witness->start);
	witness->start = sim_kv_clone(sim_host_kv(witness->world->master_host));
	witness->replayed = operation_of(witness->start);
	witness->blind = false;
}

void witness_newest_back(struct witness *witness)
{
	witness->blind = false;
}

unsigned witness_forsaken(const struct witness *witness)
{
	unsigned count = 0;

	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next)
		count += is_forsaken(witness, chunk);
	return count;
}

uint32_t witness_number(const struct witness *witness, unsigned node)
{
	return witness->numbers[node];
}

void witness_deletes_held(struct witness *witness, bool held)
{
	witness->held = held;
}

static const char *broken(struct witness *witness, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(witness->sentence, sizeof(witness->sentence), format, args);
	va_end(args);
	return witness->sentence;
}

/* ---- metadata ---- */

static const char *look_at_metadata(struct witness *witness)
{
	struct kv *now = sim_kv_clone(sim_host_kv(witness->world->master_host));
	struct dfs_error err = {0};
	char first[512] = "";
	const char *wrong = NULL;

	if (meta_check(now, found, first, &err) != 0)
		wrong = broken(witness, "metadata: %s; %s", err.text, first);
	if (!wrong)
		wrong = look_at_rows(witness, now);
	now->ops->close(now);
	return wrong;
}

static const char *look_at_rows(struct witness *witness, struct kv *now)
{
	struct table_key first = key_none();
	struct table_cursor cursor = {0};
	struct proto_row_chunk row;
	struct arena arena = {0};
	struct kv_txn *txn = NULL;
	const char *wrong = NULL;
	int rc = now->ops->begin(now, false, &txn);

	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next) {
		chunk->was_sealed = chunk->known && chunk->row.state == PROTO_CHUNK_STATE_SEALED;
		chunk->known = false;
	}
	if (rc == 0)
		rc = table_seek(txn, META_CHUNK, &first, &cursor, NULL);
	while (rc == 0 && !wrong) {
		rc = table_unpack(META_CHUNK, &cursor.key, cursor.value, &arena, &row, NULL);
		if (rc == 0)
			wrong = look_at_chunk_row(witness, key_get_u64(&cursor.key, 0), &row);
		arena_reset(&arena);
		if (rc == 0)
			rc = table_next(&cursor, NULL);
	}
	if (rc != 0 && rc != DFS_E_NOENT)
		wrong = broken(witness, "metadata cannot be read: %s", dfs_error_text(rc));
	table_cursor_fini(&cursor);
	if (txn)
		now->ops->abort(txn);
	arena_fini(&arena);
	return wrong;
}

static const char *look_at_chunk_row(
        struct witness *witness, uint64_t id, const struct proto_row_chunk *row)
{
	struct chunk *chunk = chunk_of(witness, id);

	if (row->version < chunk->version)
		return broken(witness,
		        "chunk %016" PRIx64 ": its version fell from %" PRIu64 " to %" PRIu64
		        " in metadata",
		        id, chunk->version, row->version);
	if (chunk->was_sealed && row->state != PROTO_CHUNK_STATE_FREED &&
	        (row->state != PROTO_CHUNK_STATE_SEALED || row->length != chunk->row.length ||
	                row->crc != chunk->row.crc))
		return broken(witness,
		        "chunk %016" PRIx64 " was sealed at %" PRIu64
		        " bytes and is something else now",
		        id, chunk->row.length);
	chunk->known = true;
	chunk->version = row->version;
	chunk->row = *row;
	chunk->row.nodes = NULL;
	for (unsigned node = 0; node < WORLD_NODES_MAX; node++) {
		chunk->member[node] = false;
		for (size_t i = 0; i < row->nodes_count; i++)
			chunk->member[node] |= row->nodes[i] == witness->numbers[node];
	}
	return NULL;
}

static void found(void *arg, const char *sentence)
{
	char *first = arg;

	if (!first[0])
		snprintf(first, 512, "%s", sentence);
}

static uint64_t operation_of(struct kv *kv)
{
	struct table_key key = key_counters();
	struct proto_row_counters row = {0};
	struct arena arena = {0};
	struct kv_txn *txn = NULL;

	if (kv->ops->begin(kv, false, &txn) == 0) {
		table_read(txn, META_COUNTERS, &key, &arena, &row, NULL);
		kv->ops->abort(txn);
	}
	arena_fini(&arena);
	return row.operation;
}

/* ---- replicas ---- */

struct look {
	struct witness *witness;
	unsigned node;
	const char *wrong;
};

static int each_replica(void *arg, const struct store_held *held)
{
	struct look *look = arg;

	look->wrong = look_at_replica(
	        look->witness, chunk_of(look->witness, held->chunk), look->node, held);
	return look->wrong != NULL;
}

static const char *look_at_node(struct witness *witness, unsigned node)
{
	struct look look = {.witness = witness, .node = node};
	struct datanode *role = witness->world->nodes[node].role;

	witness->unseen &= ~(1u << node);
	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next) {
		struct seen *seen = &chunk->on[node];

		seen->looked = false;
		seen->survives = seen->here && seen->incarnation != role->incarnation &&
		                 !seen->trimmed && !chunk->given_up &&
		                 !(witness->lied & 1u << node) && is_acknowledged(chunk, node);
	}
	store_each(role->store, 0, each_replica, &look);
	for (struct chunk *chunk = witness->chunks; chunk && !look.wrong; chunk = chunk->hh.next) {
		struct seen *seen = &chunk->on[node];

		if (!seen->looked)
			seen->here = seen->trimmed = false;
		if (seen->survives && !witness->hurt && !(seen->here && holds_all(chunk, seen)))
			look.wrong = broken(witness,
			        "chunk %016" PRIx64
			        ": %s acknowledged it, and lost it when it died",
			        chunk->id, witness->world->nodes[node].name);
	}
	return look.wrong;
}

/*
 * Is this datanode bound to have it after any death (RULES 10, 27)? Where its receipt was
 * committed, and where the replica was sealed.
 */
static bool is_acknowledged(const struct chunk *chunk, unsigned node)
{
	const struct seen *seen = &chunk->on[node];

	if (!chunk->known || chunk->row.refs == 0 || seen->held.state == STORE_BAD)
		return false;
	if (chunk->row.durability == PROTO_DURABILITY_ASYNC && (chunk->cut & 1u << node) &&
	        seen->held.state != STORE_SEALED)
		return false;
	return (chunk->member[node] && chunk->version == FIRST_VERSION) ||
	       (seen->held.state == STORE_SEALED && holds_all(chunk, seen));
}

static const char *look_at_replica(
        struct witness *witness, struct chunk *chunk, unsigned node, const struct store_held *held)
{
	struct seen *seen = &chunk->on[node];
	struct datanode *role = witness->world->nodes[node].role;
	const char *name = witness->world->nodes[node].name;

	if (seen->here && seen->incarnation == role->incarnation && held->state != STORE_BAD &&
	        seen->held.state != STORE_BAD && held->version < seen->held.version)
		return broken(witness,
		        "chunk %016" PRIx64 ": its version fell from %" PRIu64 " to %" PRIu64
		        " on %s",
		        chunk->id, seen->held.version, held->version, name);
	if (chunk->known && !chunk->restored && held->state != STORE_BAD &&
	        held->version > chunk->version)
		return broken(witness,
		        "chunk %016" PRIx64 ": %s has version %" PRIu64 ", metadata only %" PRIu64,
		        chunk->id, name, held->version, chunk->version);
	if (held->state == STORE_SEALED) {
		if (chunk->sealed && (held->length != chunk->length || held->crc != chunk->crc))
			return broken(witness,
			        "chunk %016" PRIx64 ": sealed at %" PRIu64
			        " bytes (%08x) on %s, at %" PRIu64 " (%08x) elsewhere",
			        chunk->id, held->length, held->crc, name, chunk->length,
			        chunk->crc);
		chunk->sealed = true;
		chunk->length = held->length;
		chunk->crc = held->crc;
		if (chunk->known && chunk->row.state == PROTO_CHUNK_STATE_SEALED &&
		        held->version == chunk->version &&
		        (held->length != chunk->row.length || held->crc != chunk->row.crc))
			return broken(witness,
			        "chunk %016" PRIx64 ": sealed at %" PRIu64
			        " bytes on %s, at %" PRIu64 " in metadata",
			        chunk->id, held->length, name, chunk->row.length);
	}
	*seen = (struct seen){.here = true,
	        .looked = true,
	        .trimmed = seen->trimmed,
	        .incarnation = role->incarnation,
	        .held = *held};
	return NULL;
}

/* RULES 3, 9, 13: what a file refers to is somewhere; and on enough disks from the first moment
 * (RULES 24). */
static const char *look_for_bytes(struct witness *witness)
{
	for (struct chunk *chunk = witness->chunks; chunk; chunk = chunk->hh.next) {
		bool referred = chunk->known && chunk->row.refs > 0 && chunk->row.floor > 0;
		unsigned whole = 0;

		for (unsigned node = 0; node < witness->world->options.nodes; node++)
			whole += chunk->on[node].here && holds_all(chunk, &chunk->on[node]);
		if (referred && !chunk->referred && is_hidden(witness, chunk))
			continue;
		if (referred && whole == 0 && chunk->referred && all_spans_live(witness, chunk))
			whole = 1;
		if (referred && whole < least_whole(witness, chunk))
			return broken(witness,
			        "chunk %016" PRIx64
			        " has %u references%s and %u whole replicas (%s, %s)",
			        chunk->id, chunk->row.refs,
			        chunk->referred ? "" : " for the first time", whole,
			        proto_chunk_state_name(chunk->row.state),
			        proto_durability_name(chunk->row.durability));
		chunk->referred = referred;
	}
	return NULL;
}

/* No replica is whole; is each byte in a span that is, on any disk? Looked for on the disks, by
 * what an entry and a checksum are, and by nothing that the store knows. */
static bool all_spans_live(struct witness *witness, const struct chunk *chunk)
{
	struct world *world = witness->world;
	bool *live = calloc(chunk->row.length + 1, sizeof(*live));
	uint64_t at = 0;

	for (unsigned node = 0; node < world->options.nodes; node++)
		if (chunk->on[node].here && !sim_host_crashed(world->nodes[node].host))
			spans_on_disk(&world->nodes[node], chunk, live);
	while (at < chunk->row.length && live[at])
		at++;
	free(live);
	return chunk->row.state == PROTO_CHUNK_STATE_SEALED && at == chunk->row.length;
}

static void spans_on_disk(struct world_node *node, const struct chunk *chunk, bool *live)
{
	struct buf index = {0}, data = {0};
	struct entry entry;

	if (read_file(node, chunk->id, ".idx", &index) &&
	        read_file(node, chunk->id, ".data", &data))
		for (uint64_t at = 0; at + ENTRY_SIZE <= index.size; at += ENTRY_SIZE) {
			const struct span *span = &entry.span;

			if (entry_decode((const uint8_t *)index.data + at, chunk->id, at, &entry,
			            NULL) != 0 ||
			        entry.kind != ENTRY_SPAN || span->offset + span->size > data.size ||
			        span->offset + span->size > chunk->row.length ||
			        crc32c(0, (const uint8_t *)data.data + span->offset, span->size) !=
			                span->crc)
				continue;
			memset(live + span->offset, true, span->size);
		}
	buf_fini(&index);
	buf_fini(&data);
}

static bool read_file(struct world_node *node, uint64_t chunk, const char *suffix, struct buf *ret)
{
	struct io *io = sim_host_io(node->host);
	int64_t size;
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/data/chunks/%02x/%016" PRIx64 "%s", (unsigned)(chunk & 255),
	        chunk, suffix);
	fd = io_disk(io, open, path, IO_OPEN_READ);
	if (fd < 0)
		return false;
	size = io_disk(io, size, fd);
	buf_reserve(ret, (size_t)size + 1);
	size = io_disk(io, pread, fd, ret->data, (size_t)size, 0);
	if (size > 0)
		buf_grow(ret, (size_t)size);
	io_disk(io, close, fd);
	return size >= 0;
}

/* New, and a datanode that acknowledged it died before anybody looked: the next look tells. */
static bool is_hidden(const struct witness *witness, const struct chunk *chunk)
{
	for (unsigned node = 0; node < WORLD_NODES_MAX; node++)
		if (chunk->member[node] && (witness->unseen & 1u << node) &&
		        !(chunk->on[node].here && holds_all(chunk, &chunk->on[node])))
			return true;
	return false;
}

static unsigned least_whole(const struct witness *witness, const struct chunk *chunk)
{
	if (chunk->given_up || is_doubtful(witness, chunk))
		return 0;
	if (chunk->row.durability == PROTO_DURABILITY_ASYNC && chunk->cut)
		return 1;
	return chunk->referred || witness->hurt || witness->lied ? 1 : LEAST_REPLICAS;
}

static bool is_forsaken(const struct witness *witness, const struct chunk *chunk)
{
	unsigned here = 0;

	for (unsigned node = 0; node < witness->world->options.nodes; node++)
		here += chunk->on[node].here;
	return chunk->known && chunk->row.refs > 0 && chunk->given_up && here == 0 &&
	       chunk_is_keepsake(chunk->id);
}

/* Async, and each replica but those that a fault may have destroyed lost its power before it was
 * sealed (RULES 10). */
static bool is_doubtful(const struct witness *witness, const struct chunk *chunk)
{
	unsigned left = 0;

	if (chunk->row.durability != PROTO_DURABILITY_ASYNC)
		return false;
	for (unsigned node = 0; node < WORLD_NODES_MAX; node++)
		left += chunk->member[node] && !((chunk->cut | witness->lied) & 1u << node);
	return left <= (witness->hurt ? 1 : 0);
}

static const char *needs(struct witness *witness, const struct chunk *chunk, unsigned node)
{
	unsigned elsewhere = 0, want = chunk->row.goal;

	if (!chunk->known || chunk->row.refs == 0 || chunk->row.floor == 0 || chunk->given_up ||
	        !chunk->on[node].here || is_doubtful(witness, chunk))
		return NULL;
	if (witness->hurt) /* perhaps all of them are: the next look counts the spans elsewhere */
		return NULL;
	for (unsigned other = 0; other < witness->world->options.nodes; other++)
		elsewhere += other != node &&
		             ((chunk->on[other].here && holds_all(chunk, &chunk->on[other])) ||
		                     (witness->unseen & 1u << other));
	if (witness->lied)
		want--;
	return elsewhere >= want
	               ? NULL
	               : broken(witness,
	                         "chunk %016" PRIx64
	                         ": %s was safe to unplug, and %u of %u replicas are elsewhere",
	                         chunk->id, witness->world->nodes[node].name, elsewhere,
	                         chunk->row.goal);
}

static bool holds_all(const struct chunk *chunk, const struct seen *seen)
{
	const struct store_held *held = &seen->held;

	if (held->state == STORE_BAD)
		return false;
	if (held->state == STORE_SEALED && chunk->row.state == PROTO_CHUNK_STATE_SEALED)
		return held->length == chunk->row.length && held->crc == chunk->row.crc;
	return held->length >= chunk->row.floor;
}

static struct chunk *chunk_of(struct witness *witness, uint64_t id)
{
	struct chunk *chunk;

	HASH_FIND(hh, witness->chunks, &id, sizeof(id), chunk);
	if (!chunk) {
		chunk = calloc(1, sizeof(*chunk));
		chunk->id = id;
		chunk->cut = witness->cut;
		HASH_ADD(hh, witness->chunks, id, sizeof(id), chunk);
	}
	return chunk;
}

/* ---- what went over the wires ---- */

static const char *look_at_trace(struct witness *witness)
{
	const struct buf *trace = &witness->world->trace;
	const char *wrong = NULL, *text = (const char *)trace->data;

	while (!wrong && witness->trace_at < trace->size) {
		const char *line = text + witness->trace_at;
		const char *end = memchr(line, '\n', trace->size - witness->trace_at);
		char copy[256];
		size_t size = (size_t)(end - line);

		snprintf(copy, sizeof(copy), "%.*s", (int)(size < 255 ? size : 255), line);
		witness->trace_at += size + 1;
		wrong = look_at_line(witness, copy);
	}
	return wrong;
}

/* "12.3 client1 -> node2 POST /v1/chunks/ID ..." and "12.4 node2 -> client1 200 for POST
 * /v1/chunks/ID" */
static const char *look_at_line(struct witness *witness, const char *line)
{
	char from[24], to[24], what[8], path[64];
	struct chunk *chunk;
	uint64_t id, bytes;
	unsigned number, node;

	if (sscanf(line, "%*s info event=registered node=%u address=node%u:", &number, &node) ==
	        2) {
		witness->numbers[node - 1] = number;
		return NULL;
	}
	if (sscanf(line, "%*s info event=trim_begun chunk=%" SCNx64 " node=%u", &id, &number) ==
	        2) {
		for (node = 0; node < WORLD_NODES_MAX; node++)
			if (witness->numbers[node] == number)
				chunk_of(witness, id)->on[node].trimmed = true;
		return NULL;
	}
	if (witness->held && strstr(line, " master -> node") && strstr(line, "\"m\":\"delete\""))
		return broken(witness, "deletions are held, and there is one: %s", line);
	if (sscanf(line, "%*s %23s -> %23s %7s /v1/chunks/%63s %" SCNu64, from, to, what, path,
	            &bytes) == 5 &&
	        strcmp(what, "POST") == 0 && strncmp(from, "client", 6) == 0) {
		if (text_parse_id(path, &id, NULL) != 0)
			return NULL;
		chunk = chunk_of(witness, id);
		if (chunk->entry[0] && strcmp(chunk->entry, to) != 0)
			return broken(witness, "chunk %016" PRIx64 ": appended to by %s and by %s",
			        id, chunk->entry, to);
		snprintf(chunk->entry, sizeof(chunk->entry), "%s", to);
		chunk->posted = bytes - FRAME_HEADER_SIZE * ((bytes + FULL_FRAME - 1) / FULL_FRAME);
		return NULL;
	}
	if (sscanf(line, "%*s %23s -> %23s 200 for POST /v1/chunks/%63s", from, to, path) != 3 ||
	        strncmp(to, "client", 6) != 0 || text_parse_id(path, &id, NULL) != 0)
		return NULL;
	chunk = chunk_of(witness, id);
	if (chunk->was_sealed && chunk->row.length < chunk->posted)
		return broken(witness,
		        "chunk %016" PRIx64 ": %s acknowledged %" PRIu64
		        " bytes, and it was sealed with %" PRIu64,
		        id, from, chunk->posted, chunk->row.length);
	return NULL;
}

/* ---- the end ---- */

static const char *end_of_chunk(struct witness *witness, struct chunk *chunk)
{
	struct world *world = witness->world;
	unsigned good = 0, want = chunk->row.goal < world->options.nodes ? chunk->row.goal
	                                                                 : world->options.nodes;

	if (!chunk->known || chunk->row.state != PROTO_CHUNK_STATE_SEALED ||
	        chunk->row.length == 0 || is_forsaken(witness, chunk))
		return NULL;
	for (unsigned node = 0; node < world->options.nodes; node++) {
		const struct seen *seen = &chunk->on[node];
		uint32_t crc = 0;

		if (!seen->here || seen->held.state != STORE_SEALED ||
		        seen->held.version != chunk->version || !holds_all(chunk, seen))
			continue;
		if (crc_on_disk(&world->nodes[node], chunk->id, chunk->row.length, &crc) != 0 ||
		        crc != chunk->row.crc) {
			if (seen->trimmed)
				continue; /* it is being deleted at this moment */
			return broken(witness,
			        "chunk %016" PRIx64 ": other bytes on the disk of %s", chunk->id,
			        world->nodes[node].name);
		}
		good++;
	}
	return good >= want ? NULL
	                    : broken(witness,
	                              "chunk %016" PRIx64 ": %u good replicas in the end, not %u",
	                              chunk->id, good, want);
}

static const char *look_at_history(struct witness *witness)
{
	struct kv *now = sim_kv_clone(sim_host_kv(witness->world->master_host));
	uint64_t last = operation_of(now);
	struct dfs_error err = {0};
	const char *wrong = NULL;
	int rc = meta_replay(now, witness->start, witness->replayed + 1, last, &err);

	if (rc == DFS_E_NOENT) {
		/* A clock that was set made it look old, and a checkpoint covers it: dropped (RULES
		 * 19). */
		witness->start->ops->close(witness->start);
		witness->start = sim_kv_clone(now);
	} else if (rc != 0 || meta_compare(now, witness->start, &err) != 0) {
		wrong = broken(witness, "replay: %s", err.text);
	}
	witness->replayed = last;
	now->ops->close(now);
	return wrong;
}

/* CRC32C of a replica's first `length` bytes, and that there are no more. */
static int crc_on_disk(struct world_node *node, uint64_t chunk, uint64_t length, uint32_t *ret)
{
	struct io *io = sim_host_io(node->host);
	void *bytes = malloc(length + 1);
	char path[80];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/data/chunks/%02x/%016" PRIx64 ".data",
	        (unsigned)(chunk & 255), chunk);
	fd = io_disk(io, open, path, IO_OPEN_READ);
	got = fd < 0 ? fd : io_disk(io, pread, fd, bytes, length + 1, 0);
	if (fd >= 0)
		io_disk(io, close, fd);
	if (got == (ssize_t)length)
		*ret = crc32c(0, bytes, length);
	free(bytes);
	return got == (ssize_t)length ? 0 : -1;
}
