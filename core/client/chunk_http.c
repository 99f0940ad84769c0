/* SPDX-License-Identifier: MIT */
/* Paths and header values of the data plane (docs/contracts.md). Requests themselves: append.c,
 * fetch.c. */
#include "client/chunk_http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/frame.h"
#include "base/text.h"

static const char PATH_PREFIX[] = "/v1/chunks/";
static const char *const STATE_NAMES[] = {"open", "frozen", "sealed"};

enum { PARAMS_MAX = 16, NUMBER_SIZE = 21 };

static bool address_ok(const char *text, size_t size);

/* ---- path ---- */

void chunk_path_format(uint64_t chunk, char ret[CHUNK_TEXT_SIZE])
{
	snprintf(ret, CHUNK_TEXT_SIZE, "%s%016" PRIx64, PATH_PREFIX, chunk);
}

int chunk_path_parse(const char *path, uint64_t *ret_chunk, struct dfs_error *err)
{
	size_t prefix = sizeof(PATH_PREFIX) - 1;
	char id[TEXT_ID_SIZE];
	const char *at;

	if (strncmp(path, PATH_PREFIX, prefix) != 0)
		goto bad;
	at = path + prefix;
	if (strcspn(at, "?") != TEXT_ID_SIZE - 1)
		goto bad;
	memcpy(id, at, TEXT_ID_SIZE - 1);
	id[TEXT_ID_SIZE - 1] = '\0';
	if (text_parse_id(id, ret_chunk, NULL) != 0)
		goto bad;
	return 0;
bad:
	return error_set(err, DFS_E_PROTO, "path is not %s and 16 hex digits", PATH_PREFIX);
}

int chunk_query_version(const char *path, uint64_t *ret_version, struct dfs_error *err)
{
	const char *query = strchr(path, '?');

	if (!query || strncmp(query, "?version=", 9) != 0)
		return error_set(err, DFS_E_PROTO, "path lacks ?version=V");
	if (text_parse_u64(query + 9, ret_version, NULL) != 0)
		return error_set(err, DFS_E_PROTO, "?version= is not a number");
	return 0;
}

void chunk_keepsakes_format(uint64_t after, char ret[CHUNK_TEXT_SIZE])
{
	snprintf(ret, CHUNK_TEXT_SIZE, KEEPSAKES_PATH "?after=%016" PRIx64, after);
}

int chunk_keepsakes_parse(const char *path, uint64_t *ret_after, struct dfs_error *err)
{
	const char *query = path + sizeof(KEEPSAKES_PATH) - 1;
	uint64_t after = 0;

	if (*query != '\0' && (strncmp(query, "?after=", 7) != 0 ||
	                              text_parse_id(query + 7, &after, NULL) != 0))
		return error_set(err, DFS_E_PROTO,
		        "path is not " KEEPSAKES_PATH ", alone or with ?after= and 16 hex digits");
	*ret_after = after;
	return 0;
}

/* ---- parameter lists: key=value;key=value ---- */

/* One parameter that a list may hold; `value` keeps what was found. */
struct param {
	const char *key;
	uint64_t max;             /* numbers only */
	const char *const *names; /* or one of these, max + 1 of them */
	bool found;
	uint64_t value;
};

static int param_value(struct param *param, const char *text, size_t size)
{
	char copy[NUMBER_SIZE];

	if (size == 0 || size >= sizeof(copy))
		return DFS_E_PROTO;
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (!param->names)
		return text_parse_u64(copy, &param->value, NULL) == 0 && param->value <= param->max
		               ? 0
		               : DFS_E_PROTO;
	for (uint64_t i = 0; i <= param->max; i++) {
		if (strcmp(param->names[i], copy) == 0) {
			param->value = i;
			return 0;
		}
	}
	return DFS_E_PROTO;
}

static struct param *param_find(struct param *params, size_t count, const char *key, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(params[i].key) == size && memcmp(params[i].key, key, size) == 0)
			return &params[i];
	return NULL;
}

/* All of `params` must be there, once; others are ignored (a newer peer may send them). */
static int params_parse(const char *header, const char *text, struct param *params, size_t count,
        struct dfs_error *err)
{
	int seen = 0;

	while (*text) {
		size_t size = strcspn(text, ";");
		size_t key = strcspn(text, "=;");
		struct param *param;

		if (key == size || key == 0 || ++seen > PARAMS_MAX)
			return error_set(err, DFS_E_PROTO, "%s is not key=value;key=value", header);
		param = param_find(params, count, text, key);
		if (param && param->found)
			return error_set(err, DFS_E_PROTO, "%s has %s twice", header, param->key);
		if (param && param_value(param, text + key + 1, size - key - 1) != 0)
			return error_set(
			        err, DFS_E_PROTO, "%s: bad value of %s", header, param->key);
		if (param)
			param->found = true;
		text += size + (text[size] == ';');
	}
	for (size_t i = 0; i < count; i++)
		if (!params[i].found)
			return error_set(err, DFS_E_PROTO, "%s lacks %s", header, params[i].key);
	return 0;
}

void chunk_append_format(const struct chunk_append *append, char ret[CHUNK_TEXT_SIZE])
{
	snprintf(ret, CHUNK_TEXT_SIZE,
	        "version=%" PRIu64 ";offset=%" PRIu64 ";payload=%" PRIu64
	        ";create=%d;sync=%d;seal=%d",
	        append->version, append->offset, append->payload, append->create, append->sync,
	        append->seal);
}

int chunk_append_parse(const char *text, struct chunk_append *ret, struct dfs_error *err)
{
	struct param params[] = {
	        {.key = "version", .max = UINT64_MAX},
	        {.key = "offset", .max = UINT64_MAX / 4},
	        {.key = "payload", .max = UINT64_MAX / 4},
	        {.key = "create", .max = 1},
	        {.key = "sync", .max = 1},
	        {.key = "seal", .max = 1},
	};
	int code =
	        params_parse("x-dfs-append", text, params, sizeof(params) / sizeof(params[0]), err);

	if (code != 0)
		return code;
	if (params[2].value == 0)
		return error_set(err, DFS_E_PROTO, "x-dfs-append: payload is 0");
	if (params[3].value && params[1].value != 0)
		return error_set(err, DFS_E_PROTO, "x-dfs-append: create=1 at an offset");
	*ret = (struct chunk_append){
	        .version = params[0].value,
	        .offset = params[1].value,
	        .payload = params[2].value,
	        .create = params[3].value != 0,
	        .sync = params[4].value != 0,
	        .seal = params[5].value != 0,
	};
	return 0;
}

bool chunk_body_fits(uint64_t body_size, uint64_t payload)
{
	if (payload == 0 || payload > UINT64_MAX / 64)
		return false;
	return body_size >= frame_body_size(payload) && body_size <= payload * CHUNK_FRAMES_MAX &&
	       (body_size - payload) % FRAME_HEADER_SIZE == 0;
}

void chunk_info_format(const struct chunk_info *info, char ret[CHUNK_TEXT_SIZE])
{
	snprintf(ret, CHUNK_TEXT_SIZE, "version=%" PRIu64 ";length=%" PRIu64 ";state=%s",
	        info->version, info->length, STATE_NAMES[info->state]);
}

int chunk_info_parse(const char *text, struct chunk_info *ret, struct dfs_error *err)
{
	struct param params[] = {
	        {.key = "version", .max = UINT64_MAX},
	        {.key = "length", .max = UINT64_MAX / 4},
	        {.key = "state", .max = CHUNK_SEALED, .names = STATE_NAMES},
	};
	int code =
	        params_parse("x-dfs-chunk", text, params, sizeof(params) / sizeof(params[0]), err);

	if (code != 0)
		return code;
	*ret = (struct chunk_info){
	        .version = params[0].value,
	        .length = params[1].value,
	        .state = (enum chunk_state)params[2].value,
	};
	return 0;
}

/* ---- addresses ---- */

int chunk_chain_next(const char *chain, char ret_next[IO_ADDRESS_MAX], const char **ret_rest,
        struct dfs_error *err)
{
	const char *at = chain;
	size_t first = strcspn(chain, ",");

	for (int hops = 0; at; hops++) {
		size_t size = strcspn(at, ",");

		if (hops == CHUNK_CHAIN_MAX)
			return error_set(err, DFS_E_PROTO, "x-dfs-chain has more than %d addresses",
			        CHUNK_CHAIN_MAX);
		if (!address_ok(at, size))
			return error_set(
			        err, DFS_E_PROTO, "x-dfs-chain is not host:port,host:port");
		at = at[size] ? at + size + 1 : NULL;
	}
	memcpy(ret_next, chain, first);
	ret_next[first] = '\0';
	*ret_rest = chain[first] ? chain + first + 1 : NULL;
	return 0;
}

void chunk_failed_format(const char *address, char ret[IO_ADDRESS_MAX + 8])
{
	snprintf(ret, IO_ADDRESS_MAX + 8, "failed=%s", address);
}

bool chunk_failed_parse(const char *text, char ret_address[IO_ADDRESS_MAX])
{
	size_t size;

	ret_address[0] = '\0';
	while (strncmp(text, "failed=", 7) != 0) {
		text += strcspn(text, ";");
		if (*text++ != ';')
			return false;
	}
	text += 7;
	size = strcspn(text, ";");
	if (!address_ok(text, size))
		return false;
	memcpy(ret_address, text, size);
	ret_address[size] = '\0';
	return true;
}

/* host:port with a host of harmless bytes and a port of 1 to 5 digits; [v6]:port too. */
static bool address_ok(const char *text, size_t size)
{
	static const char HOST[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                           "0123456789.-_:[]";
	size_t colon = size;

	if (size < 3 || size >= IO_ADDRESS_MAX)
		return false;
	while (colon > 0 && text[colon - 1] != ':')
		colon--;
	if (colon < 2 || size - colon < 1 || size - colon > 5)
		return false;
	if (strspn(text, HOST) < size)
		return false;
	return strspn(text + colon, "0123456789") >= size - colon;
}

void chunk_bad_format(const struct chunk_range *range, char ret[CHUNK_TEXT_SIZE])
{
	snprintf(ret, CHUNK_TEXT_SIZE, "bad=%" PRIu64 "-%" PRIu64, range->first, range->last);
}

bool chunk_bad_parse(const char *text, struct chunk_range *ret)
{
	struct chunk_range range;
	char bytes[CHUNK_TEXT_SIZE];

	if (strncmp(text, "bad=", 4) != 0 || strlen(text) > 48)
		return false;
	snprintf(bytes, sizeof(bytes), "bytes=%s", text + 4);
	if (chunk_range_parse(bytes, &range, NULL) != 0 || range.last == UINT64_MAX)
		return false;
	*ret = range;
	return true;
}

/* ---- ranges ---- */

void chunk_range_format(const struct chunk_range *range, char ret[CHUNK_TEXT_SIZE])
{
	if (range->last == UINT64_MAX)
		snprintf(ret, CHUNK_TEXT_SIZE, "bytes=%" PRIu64 "-", range->first);
	else
		snprintf(ret, CHUNK_TEXT_SIZE, "bytes=%" PRIu64 "-%" PRIu64, range->first,
		        range->last);
}

int chunk_range_parse(const char *text, struct chunk_range *ret, struct dfs_error *err)
{
	struct chunk_range range = {.last = UINT64_MAX};
	char first[NUMBER_SIZE];
	size_t size;

	if (strncmp(text, "bytes=", 6) != 0)
		goto bad;
	text += 6;
	size = strcspn(text, "-");
	if (size >= sizeof(first) || text[size] != '-')
		goto bad;
	memcpy(first, text, size);
	first[size] = '\0';
	if (text_parse_u64(first, &range.first, NULL) != 0)
		goto bad;
	if (text[size + 1] && text_parse_u64(text + size + 1, &range.last, NULL) != 0)
		goto bad;
	if (range.last < range.first)
		goto bad;
	*ret = range;
	return 0;
bad:
	return error_set(err, DFS_E_RANGE, "Range is not bytes=a-b or bytes=a-");
}

void chunk_content_range_format(
        const struct chunk_range *range, uint64_t length, char ret[CHUNK_TEXT_SIZE])
{
	snprintf(ret, CHUNK_TEXT_SIZE, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->first,
	        range->last, length);
}
