/* SPDX-License-Identifier: MIT */
/*
 * What happened lately: the last events, as the lines that were logged, and as sentences for
 * people. In memory only: a master that starts has no memory of the one before.
 */
#include "cluster/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_SIZE = 256 };

/* Events as sentences; {key} is the value of that key. What is not here is shown as it was logged.
 */
static const struct sentence {
	const char *event, *text;
} sentences[] = {
        {"node_registered", "datanode {node} registered from {address}"},
        {"node_lost", "the channel to datanode {node} closed"},
        {"node_state", "datanode {node} was {from} and is {to}: {why}"},
        {"node_reported",
                "datanode {node} reported {replicas} replicas, and {orphans} unknown ones"},
        {"copy_begun", "chunk {chunk} is copied from datanode {from} to datanode {to}"},
        {"copy_done", "chunk {chunk} was copied from datanode {from} to datanode {to}"},
        {"copy_failed",
                "the copy of chunk {chunk} from datanode {from} to datanode {to} failed: {why}"},
        {"seal_begun", "the master began to seal chunk {chunk}: {why}"},
        {"seal_waits", "the seal of chunk {chunk} waits: {why}"},
        {"seal_failed", "the seal of chunk {chunk} failed: {why}"},
        {"freeze_failed", "datanode {node} could not freeze chunk {chunk}: {why}"},
        {"replica_bad", "datanode {node} has a bad replica of chunk {chunk}: {why}"},
        {"replica_newer",
                "datanode {node} has version {version} of chunk {chunk}, and the metadata knows "
                "{known_version}"},
        {"stray_replica", "datanode {node} has a replica of open chunk {chunk} and is none of "
                          "its datanodes"},
        {"drain_begun", "datanode {node} is to be emptied"},
        {"drain_cancelled", "datanode {node} is to be used again"},
        {"drained", "datanode {node} was emptied: safe to unplug"},
        {"node_forgotten", "datanode {node} ({address}) was forgotten"},
        {"drain_needed_again", "datanode {node} is needed again: not safe to unplug"},
        {"balance_begun", "balance began: within {within} percent"},
        {"balance_ended", "balance ended, {moved} chunks moved: {why}"},
        {"trim_begun", "the replica of chunk {chunk} on datanode {node} is deleted: {why}"},
        {"trimmed", "the replica of chunk {chunk} on datanode {node} is gone"},
        {"trim_given_up", "the replica of chunk {chunk} on datanode {node} is needed after all"},
        {"safe_mode_left", "the master left safe mode, {after_ms} ms after its start"},
        {"stalled", "the master itself stalled for {stalled_ms} ms"},
};

static bool concerns(const char *line, uint64_t chunk, uint32_t node);
static bool value_of(const char *line, const char *key, char ret[VALUE_SIZE]);
static void say(const char *line, char *ret, size_t size);

void history_add(struct cluster *cluster, const char *line)
{
	struct happening *place = &cluster->history[cluster->happened % HISTORY_MAX];
	char *copy = strdup(line);

	if (!copy)
		return;
	free(place->line);
	*place = (struct happening){io_wall_ms(cluster->io), copy};
	cluster->happened++;
}

void history_fini(struct cluster *cluster)
{
	for (size_t i = 0; i < HISTORY_MAX; i++)
		free(cluster->history[i].line);
}

void cluster_history(struct cluster *cluster, uint64_t chunk, uint32_t node, size_t limit,
        struct reasons *reasons)
{
	uint64_t oldest = cluster->happened > HISTORY_MAX ? cluster->happened - HISTORY_MAX : 0;
	uint64_t from = cluster->happened;
	char text[1024], about[VALUE_SIZE];

	cluster_check(cluster);
	for (size_t found = 0; found < limit && from > oldest;)
		found += concerns(cluster->history[--from % HISTORY_MAX].line, chunk, node);
	for (; from < cluster->happened; from++) {
		const struct happening *one = &cluster->history[from % HISTORY_MAX];

		if (!concerns(one->line, chunk, node))
			continue;
		say(one->line, text, sizeof(text));
		if (!value_of(one->line, "event", about))
			about[0] = '\0';
		reasons_add_at(reasons, one->wall_ms, about, "%s", text);
	}
}

/* 0 and 0: every line. */
static bool concerns(const char *line, uint64_t chunk, uint32_t node)
{
	static const char *const nodes[] = {"node", "from", "to"};
	char wanted[32], value[VALUE_SIZE];

	if (chunk != 0) {
		snprintf(wanted, sizeof(wanted), "%016" PRIx64, chunk);
		return value_of(line, "chunk", value) && strcmp(value, wanted) == 0;
	}
	if (node == 0)
		return true;
	snprintf(wanted, sizeof(wanted), "%" PRIu32, node);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (value_of(line, nodes[i], value) && strcmp(value, wanted) == 0)
			return true;
	return false;
}

/* key=value or key="a value", first of its name, outside of other values. `why` is the last of a
 * line: quotes in it are its own. */
static bool value_of(const char *line, const char *key, char ret[VALUE_SIZE])
{
	size_t key_size = strlen(key);

	while (*line) {
		const char *equals = strchr(line, '='), *value, *end;
		bool quoted;

		if (!equals)
			return false;
		quoted = equals[1] == '"';
		value = equals + 1 + quoted;
		end = value + strcspn(value, quoted ? "\"" : " ");
		if (quoted && equals - line == 3 && memcmp(line, "why", 3) == 0)
			end = strrchr(line, '"');
		if (end < value) /* the line was cut */
			end = value + strlen(value);
		if ((size_t)(equals - line) == key_size && memcmp(line, key, key_size) == 0) {
			snprintf(ret, VALUE_SIZE, "%.*s", (int)(end - value), value);
			return true;
		}
		line = end + (quoted && *end == '"');
		line += *line == ' ';
	}
	return false;
}

static void say(const char *line, char *ret, size_t size)
{
	const char *text = NULL;
	char value[VALUE_SIZE], key[32];
	size_t used = 0;

	if (value_of(line, "event", value))
		for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
			if (strcmp(sentences[i].event, value) == 0)
				text = sentences[i].text;
	if (!text) {
		snprintf(ret, size, "%s", line);
		return;
	}
	ret[0] = '\0';
	while (*text && used + 1 < size) {
		size_t plain = strcspn(text, "{");

		used += (size_t)snprintf(ret + used, size - used, "%.*s", (int)plain, text);
		text += plain;
		if (*text != '{' || used + 1 >= size)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(text + 1, "}"), text + 1);
		text += strlen(key) + 2;
		used += (size_t)snprintf(
		        ret + used, size - used, "%s", value_of(line, key, value) ? value : "?");
	}
	/* A reason that was none. */
	used = strlen(ret);
	if (used > 2 && strcmp(ret + used - 2, ": ") == 0)
		ret[used - 2] = '\0';
}
