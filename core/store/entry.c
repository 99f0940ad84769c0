/* SPDX-License-Identifier: MIT */
/* How one entry of an index stands in its 64 bytes. What a run of entries means is in index.c. */
#include "store/entry.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "base/crc32c.h"
#include "base/frame.h"

/*
 *   0        4        8    9     10    11   12       16       24       32       36
 *   +--------+--------+----+-----+-----+----+--------+--------+--------+--------+--------+
 *   | crc    | before |kind|flags|codec| 0  | stored | first  | second | logical| sum    |
 *   +--------+--------+----+-----+-----+----+--------+--------+--------+--------+--------+
 *   40       48       56       64
 *   +--------+--------+--------+        little-endian; what a kind does not use is zero
 *   | third  | fourth | durable|
 *   +--------+--------+--------+
 */
enum {
	AT_CRC = 0,
	AT_BEFORE = 4,
	AT_KIND = 8,
	AT_FLAGS = 9,
	AT_CODEC = 10,
	AT_STORED = 12,
	AT_FIRST = 16,
	AT_SECOND = 24,
	AT_LOGICAL = 32,
	AT_SUM = 36,
	AT_THIRD = 40,
	AT_FOURTH = 48,
	AT_DURABLE = 56,
};

/* Every field of an entry, by its place; each kind gives them its own meaning. */
struct raw {
	uint8_t kind, flags, codec;
	uint32_t stored, logical, sum;
	uint64_t first, second, third, fourth;
};

static void raw_put(const struct raw *raw, uint8_t ret[ENTRY_SIZE]);
static void raw_get(const uint8_t bytes[ENTRY_SIZE], struct raw *ret);
static void raw_from_entry(const struct entry *entry, struct raw *ret);
static const char *newer_than_us(const struct raw *raw);
static const char *entry_from_raw(const struct raw *raw, struct entry *ret);
static uint32_t checksum(const uint8_t bytes[ENTRY_SIZE], uint64_t chunk, uint64_t position);
static void put_le32(uint8_t *at, uint32_t value);
static void put_le64(uint8_t *at, uint64_t value);
static uint32_t get_le32(const uint8_t *at);
static uint64_t get_le64(const uint8_t *at);

uint32_t entry_encode(
        const struct entry *entry, uint64_t chunk, uint64_t position, uint8_t ret[ENTRY_SIZE])
{
	struct raw raw = {.kind = (uint8_t)entry->kind};
	uint32_t crc;

	assert(position % ENTRY_SIZE == 0 && entry->durable <= position);
	raw_from_entry(entry, &raw);
	raw_put(&raw, ret);
	put_le32(ret + AT_BEFORE, entry->before);
	put_le64(ret + AT_DURABLE, entry->durable);
	crc = checksum(ret, chunk, position);
	put_le32(ret + AT_CRC, crc);
	return crc;
}

int entry_decode(const uint8_t bytes[ENTRY_SIZE], uint64_t chunk, uint64_t position,
        struct entry *ret, struct dfs_error *err)
{
	struct entry entry = {0};
	struct raw raw;
	const char *wrong;

	if (entry_checksum(bytes) != checksum(bytes, chunk, position))
		return error_set(err, DFS_E_CORRUPT, "entry %" PRIu64 " fails its checksum",
		        position / ENTRY_SIZE);
	raw_get(bytes, &raw);
	entry.kind = raw.kind;
	entry.before = get_le32(bytes + AT_BEFORE);
	entry.durable = get_le64(bytes + AT_DURABLE);
	wrong = newer_than_us(&raw);
	if (wrong)
		return error_set(
		        err, DFS_E_VERSION, "entry %" PRIu64 " %s", position / ENTRY_SIZE, wrong);
	wrong = entry_from_raw(&raw, &entry);
	if (!wrong && entry.durable > position)
		wrong = "calls bytes durable that come after it";
	if (wrong)
		return error_set(
		        err, DFS_E_CORRUPT, "entry %" PRIu64 " %s", position / ENTRY_SIZE, wrong);
	*ret = entry;
	return 0;
}

uint32_t entry_checksum(const uint8_t bytes[ENTRY_SIZE])
{
	return get_le32(bytes + AT_CRC);
}

static void raw_from_entry(const struct entry *entry, struct raw *ret)
{
	switch (entry->kind) {
	case ENTRY_OPEN:
		ret->first = entry->open.chunk;
		ret->second = entry->open.version;
		ret->stored = entry->open.format;
		break;
	case ENTRY_SPAN:
		ret->flags = (uint8_t)entry->span.flags;
		ret->stored = ret->logical = entry->span.size;
		ret->first = ret->second = entry->span.offset;
		ret->sum = entry->span.crc;
		ret->third = entry->span.writer;
		ret->fourth = entry->span.sequence;
		break;
	case ENTRY_SYNCED:
	case ENTRY_CUT:
		ret->first = entry->synced.length;
		ret->second = entry->synced.committed;
		break;
	case ENTRY_VERSION:
		ret->second = entry->version.version;
		break;
	case ENTRY_SEALED:
		ret->first = entry->sealed.length;
		ret->second = entry->sealed.version;
		ret->third = entry->sealed.spans;
		ret->sum = entry->sealed.crc;
		break;
	}
}

/* An entry that checks, and that this program does not understand, was written by a newer one. */
static const char *newer_than_us(const struct raw *raw)
{
	if (raw->kind < ENTRY_OPEN || raw->kind > ENTRY_SEALED)
		return "is of a kind not known here";
	if (raw->kind == ENTRY_OPEN && raw->stored != INDEX_FORMAT)
		return "is of a format not known here";
	if (raw->kind == ENTRY_SPAN && raw->codec != 0)
		return "is of a codec not known here";
	if (raw->kind == ENTRY_SPAN && (raw->flags & ~FRAME_RECORD_END) != 0)
		return "has a flag not known here";
	return NULL;
}

/* NULL, or what is wrong with it: an entry that checks, and that no program has written. */
static const char *entry_from_raw(const struct raw *raw, struct entry *ret)
{
	switch (ret->kind) {
	case ENTRY_OPEN:
		ret->open.chunk = raw->first;
		ret->open.version = raw->second;
		ret->open.format = raw->stored;
		return NULL;
	case ENTRY_SPAN:
		if (raw->logical < 1 || raw->logical > SPAN_SIZE_MAX ||
		        raw->stored != raw->logical || raw->first != raw->second)
			return "has a length or a place that cannot be";
		ret->span = (struct span){.offset = raw->first,
		        .writer = raw->third,
		        .sequence = raw->fourth,
		        .size = raw->logical,
		        .crc = raw->sum,
		        .flags = raw->flags};
		return NULL;
	case ENTRY_SYNCED:
	case ENTRY_CUT:
		ret->synced.length = raw->first;
		ret->synced.committed = raw->second;
		return NULL;
	case ENTRY_VERSION:
		ret->version.version = raw->second;
		return NULL;
	case ENTRY_SEALED:
		ret->sealed.length = raw->first;
		ret->sealed.version = raw->second;
		ret->sealed.spans = raw->third;
		ret->sealed.crc = raw->sum;
		return NULL;
	}
	return "is of a kind not known here";
}

static uint32_t checksum(const uint8_t bytes[ENTRY_SIZE], uint64_t chunk, uint64_t position)
{
	uint8_t place[16];

	put_le64(place, chunk);
	put_le64(place + 8, position);
	return crc32c(crc32c(0, place, sizeof(place)), bytes + AT_BEFORE, ENTRY_SIZE - AT_BEFORE);
}

static void raw_put(const struct raw *raw, uint8_t ret[ENTRY_SIZE])
{
	memset(ret, 0, ENTRY_SIZE);
	ret[AT_KIND] = raw->kind;
	ret[AT_FLAGS] = raw->flags;
	ret[AT_CODEC] = raw->codec;
	put_le32(ret + AT_STORED, raw->stored);
	put_le64(ret + AT_FIRST, raw->first);
	put_le64(ret + AT_SECOND, raw->second);
	put_le32(ret + AT_LOGICAL, raw->logical);
	put_le32(ret + AT_SUM, raw->sum);
	put_le64(ret + AT_THIRD, raw->third);
	put_le64(ret + AT_FOURTH, raw->fourth);
}

static void raw_get(const uint8_t bytes[ENTRY_SIZE], struct raw *ret)
{
	ret->kind = bytes[AT_KIND];
	ret->flags = bytes[AT_FLAGS];
	ret->codec = bytes[AT_CODEC];
	ret->stored = get_le32(bytes + AT_STORED);
	ret->first = get_le64(bytes + AT_FIRST);
	ret->second = get_le64(bytes + AT_SECOND);
	ret->logical = get_le32(bytes + AT_LOGICAL);
	ret->sum = get_le32(bytes + AT_SUM);
	ret->third = get_le64(bytes + AT_THIRD);
	ret->fourth = get_le64(bytes + AT_FOURTH);
}

static void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void put_le64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static uint64_t get_le64(const uint8_t *at)
{
	return (uint64_t)get_le32(at) | (uint64_t)get_le32(at + 4) << 32;
}
