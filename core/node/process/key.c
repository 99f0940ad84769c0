/* SPDX-License-Identifier: MIT */
/* Files that make a cluster: its key, and what a client is given to find it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text.h"
#include "io/real.h"
#include "node/process/key.h"

static int sync_parent(const char *path);

int key_read(const char *path, struct cluster_key *ret, struct dfs_error *err)
{
	char cluster[33] = "", key[65] = "";
	struct stat stat;
	FILE *file = fopen(path, "re");
	int found;

	if (!file)
		return error_set(err, error_from_errno(errno),
		        "the cluster key %s cannot be read: %s", path, strerror(errno));
	if (fstat(fileno(file), &stat) == 0 && (stat.st_mode & 077)) {
		fclose(file);
		return error_set(err, DFS_E_PERM,
		        "the cluster key %s may be read by others: chmod 600 it", path);
	}
	found = fscanf(file, "cluster=%32[0-9a-f]\nkey=%64[0-9a-f]", cluster, key);
	fclose(file);
	if (found != 2 || strlen(cluster) != 32 ||
	        text_hex_decode(key, ret->key, sizeof(ret->key)) != 0)
		return error_set(
		        err, DFS_E_CORRUPT, "%s is not a cluster key (cluster=..., key=...)", path);
	memcpy(ret->cluster, cluster, sizeof(ret->cluster));
	return 0;
}

void key_make(struct cluster_key *ret)
{
	uint8_t id[16];

	io_real_random(id, sizeof(id));
	io_real_random(ret->key, sizeof(ret->key));
	text_hex(id, sizeof(id), ret->cluster);
}

int key_write(const char *path, const struct cluster_key *key, struct dfs_error *err)
{
	char hex[2 * HMAC_SIZE + 1], text[160];

	text_hex(key->key, sizeof(key->key), hex);
	snprintf(text, sizeof(text), "cluster=%s\nkey=%s\n", key->cluster, hex);
	return file_write_private(path, text, false, err);
}

int file_write_private(const char *path, const char *text, bool replace, struct dfs_error *err)
{
	char tmp[4096];
	int fd, code = 0;

	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return error_set(err, error_from_errno(errno), "%s cannot be written: %s", path,
		        strerror(errno));
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fsync(fd) != 0 ||
	        (replace ? rename(tmp, path) : link(tmp, path)) != 0)
		code = errno;
	close(fd);
	if (code != 0 || !replace)
		unlink(tmp);
	if (code == EEXIST)
		return error_set(err, DFS_E_EXIST, "%s is there already", path);
	if (code != 0)
		return error_set(err, error_from_errno(code), "%s cannot be written: %s", path,
		        strerror(code));
	return sync_parent(path) == 0
	               ? 0
	               : error_set(err, DFS_E_IO, "the directory of %s cannot be synced: %s", path,
	                         strerror(errno));
}

int file_publish(const char *from, const char *to, struct dfs_error *err)
{
	if (rename(from, to) != 0)
		return error_set(err, error_from_errno(errno), "%s cannot be renamed to %s: %s",
		        from, to, strerror(errno));
	return sync_parent(to) == 0
	               ? 0
	               : error_set(err, DFS_E_IO, "the directory of %s cannot be synced: %s", to,
	                         strerror(errno));
}

int dir_make(const char *path, struct dfs_error *err)
{
	char part[4096];
	size_t size = strlen(path);

	if (size >= sizeof(part))
		return error_set(err, DFS_E_NAME, "the path %.64s... is too long", path);
	memcpy(part, path, size + 1);
	for (char *at = part + 1;; at++) {
		char end = *at;
		bool made;

		if (end != '/' && end != '\0')
			continue;
		*at = '\0';
		made = mkdir(part, 0700) == 0;
		if (!made && errno != EEXIST)
			return error_set(err, error_from_errno(errno), "%s cannot be made: %s",
			        part, strerror(errno));
		/* The last one also where it was there: whoever made it may have been interrupted.
		 */
		if ((made || end == '\0') && sync_parent(part) != 0)
			return error_set(err, DFS_E_IO, "the directory of %s cannot be synced: %s",
			        part, strerror(errno));
		if (end == '\0')
			return 0;
		*at = end;
	}
}

int client_file_write(const char *path, const char *master, const struct cluster_key *key,
        enum token_role role, bool replace, struct dfs_error *err)
{
	struct token token = {.role = role};
	char signed_token[PASS_SIZE], text[1024];

	token_sign(key->key, &token, signed_token);
	snprintf(text, sizeof(text),
	        "-- How the dfs command finds this cluster. Whoever has this file may use it: keep "
	        "it 0600.\n"
	        "return {\n  master = \"%s\",\n  token = \"%s\",\n}\n",
	        master, signed_token);
	return file_write_private(path, text, replace, err);
}

int client_file_for_user(const char *master, const struct cluster_key *key, struct dfs_error *err)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char dir[4000], path[4200];
	int code;

	if (config && config[0] == '/')
		snprintf(dir, sizeof(dir), "%s/dfs", config);
	else if (home && home[0] == '/')
		snprintf(dir, sizeof(dir), "%s/.config/dfs", home);
	else
		return 0;
	snprintf(path, sizeof(path), "%s/client.lua", dir);
	if (access(path, F_OK) == 0)
		return 0;
	code = dir_make(dir, err);
	return code == 0 ? client_file_write(path, master, key, TOKEN_ADMIN, false, err) : code;
}

static int sync_parent(const char *path)
{
	char dir[4096];
	char *slash;
	int fd, code;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash)
		snprintf(dir, sizeof(dir), ".");
	else if (slash == dir)
		dir[1] = '\0';
	else
		*slash = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	code = fsync(fd);
	close(fd);
	return code;
}
