/* SPDX-License-Identifier: MIT */
#ifndef NODE_PROCESS_KEY_H
#define NODE_PROCESS_KEY_H

#include "base/error.h"
#include "base/hmac.h"
#include "base/pass.h"

/* The cluster's name and secret, in a file of its own, 0600: every daemon of the cluster has a
 * copy. */
struct cluster_key {
	char cluster[33];
	uint8_t key[HMAC_SIZE];
};

/* DFS_E_PERM where others may read the file, DFS_E_CORRUPT where it is not one. */
int key_read(const char *path, struct cluster_key *ret, struct dfs_error *err);
/* A new cluster: random id and key, not in a file yet. */
void key_make(struct cluster_key *ret);
/* DFS_E_EXIST where the file is there. */
int key_write(const char *path, const struct cluster_key *key, struct dfs_error *err);

/* Write `text` to `path`, mode 0600: whole and synced, or not at all. `replace` false: DFS_E_EXIST.
 */
int file_write_private(const char *path, const char *text, bool replace, struct dfs_error *err);
/* Rename a whole file to the name that counts, durably. */
int file_publish(const char *from, const char *to, struct dfs_error *err);
/* mkdir -p, 0700; each name that it makes is durable. */
int dir_make(const char *path, struct dfs_error *err);

/* What a client needs to find its cluster: "return { master = ..., token = ... }". */
int client_file_write(const char *path, const char *master, const struct cluster_key *key,
        enum token_role role, bool replace, struct dfs_error *err);
/* $XDG_CONFIG_HOME/dfs/client.lua, where the user has none yet: then `dfs put` needs no flag. */
int client_file_for_user(const char *master, const struct cluster_key *key, struct dfs_error *err);

#endif
