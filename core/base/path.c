/* SPDX-License-Identifier: MIT */
/* Names and paths of the DFS: bytes, never resolved against anything. */
#include "base/path.h"

#include <string.h>
#include "base/text.h"

static int refuse(struct dfs_error *err, const char *name, size_t size, const char *why);
static bool component_next(const char **at, const char **ret_name, size_t *ret_size);
static bool name_is(const char *name, size_t size, const char *wanted);

int name_check(const char *name, size_t size, struct dfs_error *err)
{
	if (size == 0)
		return error_set(err, DFS_E_NAME, "a name is empty");
	if (size > NAME_BYTES_MAX)
		return refuse(err, name, size, "is longer than 255 bytes");
	if (name_is(name, size, ".") || name_is(name, size, ".."))
		return refuse(err, name, size, "is not a name");
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)name[i];

		if (byte == '/')
			return refuse(err, name, size, "holds a '/'");
		if (byte < 0x20 || byte == 0x7f)
			return refuse(err, name, size, "holds a control byte");
	}
	return 0;
}

int path_normalize(const char *path, struct buf *ret, struct dfs_error *err)
{
	const char *name, *at = path;
	size_t size, total = 0;
	int rc;

	if (path[0] == '\0')
		return error_set(err, DFS_E_NAME, "the path is empty");
	while (component_next(&at, &name, &size)) {
		rc = name_check(name, size, err);
		if (rc != 0)
			return rc;
		total += 1 + size;
	}
	if (total > PATH_BYTES_MAX)
		return error_set(err, DFS_E_NAME, "the path is %zu bytes long, more than %d", total,
		        PATH_BYTES_MAX);
	buf_clear(ret);
	for (at = path; component_next(&at, &name, &size);) {
		buf_append(ret, "/", 1);
		buf_append(ret, name, size);
	}
	if (total == 0)
		buf_append(ret, "/", 1);
	return ret->failed ? error_set(err, DFS_E_NOMEM, "out of memory for a path") : 0;
}

bool path_next(const char **at, const char **ret_name, size_t *ret_size)
{
	const char *name = *at;
	size_t size;

	while (*name == '/')
		name++;
	size = (size_t)(strchrnul(name, '/') - name);
	*at = name + size;
	if (size == 0)
		return false;
	*ret_name = name;
	*ret_size = size;
	return true;
}

bool path_reserved(const char *path)
{
	const char *name;
	size_t size;
	bool first = true;

	while (path_next(&path, &name, &size)) {
		if (first && name_is(name, size, ".dfs"))
			return true;
		if (name_is(name, size, ".snapshots"))
			return true;
		first = false;
	}
	return false;
}

static int refuse(struct dfs_error *err, const char *name, size_t size, const char *why)
{
	enum { SHOWN_MAX = 64 };
	struct buf quoted = {0};
	bool cut = size > SHOWN_MAX;

	text_quote(name, cut ? SHOWN_MAX : size, &quoted);
	error_set(err, DFS_E_NAME, "name \"%s%s\" %s", quoted.data ? quoted.data : "",
	        cut ? "..." : "", why);
	buf_fini(&quoted);
	return DFS_E_NAME;
}

/* As path_next, but passes over "." too. */
static bool component_next(const char **at, const char **ret_name, size_t *ret_size)
{
	while (path_next(at, ret_name, ret_size))
		if (!name_is(*ret_name, *ret_size, "."))
			return true;
	return false;
}

static bool name_is(const char *name, size_t size, const char *wanted)
{
	return size == strlen(wanted) && memcmp(name, wanted, size) == 0;
}
