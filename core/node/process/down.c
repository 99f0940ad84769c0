/* SPDX-License-Identifier: MIT */
/* `dfs down` and `dfs init`: the end of an embedded cluster, and the beginning of one of separate
 * machines. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "io/real.h"
#include "node/process/key.h"
#include "node/process/roles.h"

enum { DOWN_MS = 30000 };

static int end_process(const char *dir, int lock, struct dfs_error *err);

int role_down(const char *dir, struct dfs_error *err)
{
	char standard[4096], path[4200];
	int lock, code;

	if (!dir) {
		code = default_dir(standard, err);
		if (code != 0)
			return code;
		dir = standard;
	}
	snprintf(path, sizeof(path), "%s/lock", dir);
	lock = open(path, O_RDWR | O_CLOEXEC);
	if (lock < 0)
		return error_set(
		        err, DFS_E_NOENT, "no cluster was ever started on %s (dfs up --dir)", dir);
	if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
		close(lock);
		return error_set(err, DFS_E_NOENT, "no cluster runs on %s", dir);
	}
	code = end_process(dir, lock, err);
	close(lock);
	return code;
}

/* The one that holds the lock wrote its pid into it; it is gone when the lock is free. */
static int end_process(const char *dir, int lock, struct dfs_error *err)
{
	uint64_t begin_ms = io_real_mono_ms();
	char text[32] = "";
	long pid;
	int process;

	if (pread(lock, text, sizeof(text) - 1, 0) < 0 || (pid = strtol(text, NULL, 10)) <= 1)
		return error_set(err, DFS_E_CORRUPT,
		        "%s/lock does not name the process that runs the cluster", dir);
	process = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (process < 0 || syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0) != 0)
		return error_set(err, error_from_errno(errno),
		        "process %ld, which runs the cluster on %s, cannot be ended: %s", pid, dir,
		        strerror(errno));
	while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
		struct pollfd end = {.fd = process, .events = POLLIN};

		if (io_real_mono_ms() - begin_ms > DOWN_MS) {
			close(process);
			return error_set(err, DFS_E_TIMEOUT, "process %ld did not end in %d s", pid,
			        DOWN_MS / 1000);
		}
		poll(&end, 1, 20);
	}
	close(process);
	return 0;
}

int init_cluster(const char *dir, const char *master, struct dfs_error *err)
{
	char path[4200];
	struct cluster_key key;
	int code = dir_make(dir, err);

	/*
	 * The key comes last: where it is there, all the rest of `dir` is, and a crash before
	 * leaves what the next call writes anew. Only the user's own file comes later: it is never
	 * replaced, so it must not know a key that nobody has.
	 */
	snprintf(path, sizeof(path), "%s/master", dir);
	if (code == 0)
		code = dir_make(path, err);
	snprintf(path, sizeof(path), "%s/cluster.key", dir);
	if (code == 0 && access(path, F_OK) == 0)
		code = error_set(err, DFS_E_EXIST,
		        "%s is there already: this directory has a cluster", path);
	snprintf(path, sizeof(path), "%s/master/FRESH", dir);
	if (code == 0)
		code = file_write_private(
		        path, "An empty database may be made here, once (dfs init).\n", true, err);
	key_make(&key);
	snprintf(path, sizeof(path), "%s/client.lua", dir);
	if (code == 0)
		code = client_file_write(path, master, &key, TOKEN_ADMIN, true, err);
	snprintf(path, sizeof(path), "%s/cluster.key", dir);
	if (code == 0)
		code = key_write(path, &key, err);
	return code == 0 ? client_file_for_user(master, &key, err) : code;
}
