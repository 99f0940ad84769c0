/* SPDX-License-Identifier: MIT */
/*
 * Values of the data plane's headers and paths (client/chunk_http.h). The first byte says which
 * parser, the rest is the text. What is taken must be written back as a text that says the same;
 * what is refused says why and touches nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "client/chunk_http.h"
#include "fuzz.h"

static void must(bool good)
{
	if (!good)
		abort();
}

static void append_try(const char *text)
{
	struct chunk_append first = {.version = 42}, second = {0};
	struct dfs_error err = {0};
	char back[CHUNK_TEXT_SIZE];

	if (chunk_append_parse(text, &first, &err) != 0) {
		must(err.code == DFS_E_PROTO && err.text[0] && first.version == 42);
		return;
	}
	must(first.payload > 0 && !(first.create && first.offset > 0));
	chunk_append_format(&first, back);
	must(chunk_append_parse(back, &second, NULL) == 0);
	must(memcmp(&first, &second, sizeof(first)) == 0);
}

static void info_try(const char *text)
{
	struct chunk_info first = {.version = 42}, second = {0};
	char back[CHUNK_TEXT_SIZE];

	if (chunk_info_parse(text, &first, NULL) != 0) {
		must(first.version == 42);
		return;
	}
	chunk_info_format(&first, back);
	must(chunk_info_parse(back, &second, NULL) == 0);
	must(first.version == second.version && first.length == second.length &&
	        first.state == second.state);
}

static void range_try(const char *text)
{
	struct chunk_range first = {42, 42}, second = {0};
	char back[CHUNK_TEXT_SIZE];

	if (chunk_range_parse(text, &first, NULL) != 0) {
		must(first.first == 42 && first.last == 42);
		return;
	}
	must(first.first <= first.last);
	chunk_range_format(&first, back);
	must(chunk_range_parse(back, &second, NULL) == 0);
	must(first.first == second.first && first.last == second.last);
}

/* A chain that is taken at its first step is taken to its end, in at most CHUNK_CHAIN_MAX steps. */
static void chain_try(const char *text)
{
	char next[IO_ADDRESS_MAX];
	const char *rest = text;
	int hops = 0;

	if (chunk_chain_next(text, next, &rest, NULL) != 0)
		return;
	for (hops = 1; rest; hops++) {
		must(strchr(next, ':') && !strpbrk(next, ", \r\n;="));
		must(chunk_chain_next(rest, next, &rest, NULL) == 0);
	}
	must(hops <= CHUNK_CHAIN_MAX);
}

static void failed_try(const char *text)
{
	char address[IO_ADDRESS_MAX], again[IO_ADDRESS_MAX], back[IO_ADDRESS_MAX + 8];

	if (!chunk_failed_parse(text, address)) {
		must(address[0] == '\0');
		return;
	}
	chunk_failed_format(address, back);
	must(chunk_failed_parse(back, again) && strcmp(address, again) == 0);
}

static void path_try(const char *text)
{
	uint64_t chunk = 42, again, version;
	char back[CHUNK_TEXT_SIZE];

	(void)chunk_query_version(text, &version, NULL);
	if (chunk_path_parse(text, &chunk, NULL) != 0) {
		must(chunk == 42);
		return;
	}
	chunk_path_format(chunk, back);
	must(strncmp(text, back, strlen(back)) == 0);
	must(chunk_path_parse(back, &again, NULL) == 0 && again == chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const tries[])(const char *text) = {
	        append_try, info_try, range_try, chain_try, failed_try, path_try};
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	must(text != NULL);
	memcpy(text, bytes + 1, size - 1);
	text[size - 1] = '\0';
	tries[bytes[0] % 6](text);
	free(text);
	return 0;
}
