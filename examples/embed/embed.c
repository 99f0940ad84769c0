/* SPDX-License-Identifier: MIT */
/*
 * A program that keeps its results in Moonchunk: stores a file from memory, lists its directory,
 * reads a part back.
 *
 *     cc embed.c $(pkg-config --cflags --libs dfs) && dfs up --detach && ./a.out
 */
#include <dfs/dfs.h>
#include <stdio.h>
#include <string.h>

struct text {
	const char *bytes;
	size_t left;
};

/* Where the bytes come from: up to `size` of them, 0 at the end. */
static int64_t next_bytes(void *arg, void *bytes, size_t size)
{
	struct text *text = arg;

	if (size > text->left)
		size = text->left;
	memcpy(bytes, text->bytes, size);
	text->bytes += size;
	text->left -= size;
	return (int64_t)size;
}

/* Where they go. */
static int print_bytes(void *arg, const void *bytes, size_t size)
{
	return fwrite(bytes, 1, size, stdout) == size ? 0 : DFS_E_IO;
}

static int print_name(void *arg, const struct dfs_attr *attr)
{
	printf("%s  %llu bytes, %u replicas asked for\n", attr->name,
	        (unsigned long long)attr->size, attr->goal);
	return 0;
}

static int run(struct dfs *dfs, struct dfs_error *err)
{
	static const char haiku[] =
	        "an old silent pond\na frog jumps into the pond\nsplash! silence again\n";
	struct text text = {haiku, sizeof(haiku) - 1};
	struct dfs_transfer last_line = {.size = sizeof(last_line), .offset = 46};
	int code = dfs_mkdir(dfs, "/poems", 0755, true, err);

	if (code == 0)
		code = dfs_put(dfs, "/poems/pond", next_bytes, &text, NULL, err);
	if (code == 0)
		code = dfs_list(dfs, "/poems", print_name, NULL, err);
	if (code == 0)
		code = dfs_get(dfs, "/poems/pond", print_bytes, NULL, &last_line, err);
	return code;
}

int main(void)
{
	struct dfs *dfs;
	struct dfs_error err = {0};
	int code = dfs_open(&dfs, NULL, &err); /* finds the cluster as the dfs command does */

	if (code == 0) {
		code = run(dfs, &err);
		dfs_close(dfs);
	}
	if (code != 0)
		fprintf(stderr, "embed: %s\n", err.text);
	return code == 0 ? 0 : 1;
}
