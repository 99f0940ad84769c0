/* SPDX-License-Identifier: MIT */
/*
 * A look at a JSON text before cJSON gets it. cJSON recurses 1,000 deep, spends 64 bytes on a value
 * of two, and ends a string at \u0000: all three are refused here, by one scan that knows only
 * brackets, commas and strings.
 */
#include <cjson/cJSON.h>
#include <string.h>
#include "base/error.h"
#include "proto/gen/proto.h"
#include "proto/parts.h"

struct scan {
	const char *at, *end;
	size_t depth, values;
};

static int step(struct scan *scan, struct dfs_error *err);
static int string_skip(struct scan *scan, struct dfs_error *err);

int proto_json_check(const char *json, size_t size, struct dfs_error *err)
{
	struct scan scan = {json, json + size, 0, 1};

	if (size > PROTO_MESSAGE_MAX)
		return error_set(err, DFS_E_PROTO, "message: %zu bytes, at most %d are taken", size,
		        PROTO_MESSAGE_MAX);
	while (scan.at < scan.end) {
		int status = step(&scan, err);

		if (status != 0)
			return status;
	}
	if (scan.values > PROTO_VALUES_MAX)
		return error_set(
		        err, DFS_E_PROTO, "message: more than %d values", PROTO_VALUES_MAX);
	return 0;
}

int proto_json_parse(const char *json, size_t size, struct cJSON **ret, struct dfs_error *err)
{
	const char *end = NULL;
	cJSON *tree;
	int status = proto_json_check(json, size, err);

	if (status != 0)
		return status;
	tree = cJSON_ParseWithLengthOpts(json, size, &end, false);
	while (tree && end < json + size && strchr(" \t\r\n", *end))
		end++;
	if (!tree || end != json + size) {
		cJSON_Delete(tree);
		return error_set(err, DFS_E_PROTO, "message: not JSON");
	}
	*ret = tree;
	return 0;
}

static int step(struct scan *scan, struct dfs_error *err)
{
	switch (*scan->at++) {
	case '"':
		return string_skip(scan, err);
	case '{':
	case '[':
		scan->values++;
		if (++scan->depth > PROTO_DEPTH_MAX)
			return error_set(err, DFS_E_PROTO, "message: nested deeper than %d levels",
			        PROTO_DEPTH_MAX);
		return 0;
	case '}':
	case ']':
		if (scan->depth-- == 0)
			return error_set(err, DFS_E_PROTO, "message: a bracket closes nothing");
		return 0;
	case ',':
		scan->values++;
		return 0;
	case '\0':
		return error_set(err, DFS_E_PROTO, "message: a NUL byte");
	default:
		return 0;
	}
}

static int string_skip(struct scan *scan, struct dfs_error *err)
{
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '"') {
			scan->at++;
			return 0;
		}
		if (*scan->at == '\0')
			return error_set(err, DFS_E_PROTO, "message: a NUL byte");
		if (*scan->at != '\\')
			continue;
		if (scan->end - scan->at >= 6 && memcmp(scan->at, "\\u0000", 6) == 0)
			return error_set(err, DFS_E_PROTO, "message: \\u0000 in a string");
		scan->at++;
	}
	return error_set(err, DFS_E_PROTO, "message: a string without an end");
}
