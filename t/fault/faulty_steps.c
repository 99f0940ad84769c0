/* SPDX-License-Identifier: MIT */
/*
 * Every change of a file system by our code, whichever way it goes, is a step (rules.h): the calls
 * of the C library that make one, and LMDB's commits and copies, wrapped by the linker in
 * dfs-faulty. A process is killed, or its disk loses power, before the Nth of them; a commit may
 * also fail or be late.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "rules.h"

#define WRAPPED(type, name, ...)                                                                   \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

static void step(const char *path, const char *other)
{
	rules_obey(RULE_STEP, path, other);
}

static void step_fd(int fd)
{
	rules_obey_fd(RULE_STEP, fd);
}

WRAPPED(int, open64, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list list;

	if (!(flags & (O_CREAT | O_TRUNC)))
		return __real_open64(path, flags);
	va_start(list, flags);
	mode = va_arg(list, mode_t);
	va_end(list);
	step(path, NULL);
	return __real_open64(path, flags, mode);
}

WRAPPED(int, mkostemp64, char *name, int flags)
{
	step(name, NULL);
	return __real_mkostemp64(name, flags);
}

/* Pipes, sockets and logs are not what is asked about: a rule's path keeps them out. */
WRAPPED(ssize_t, write, int fd, const void *bytes, size_t size)
{
	struct stat file;

	if (fd > STDERR_FILENO && fstat(fd, &file) == 0 && S_ISREG(file.st_mode))
		step_fd(fd);
	return __real_write(fd, bytes, size);
}

WRAPPED(ssize_t, pwrite64, int fd, const void *bytes, size_t size, off_t offset)
{
	step_fd(fd);
	return __real_pwrite64(fd, bytes, size, offset);
}

WRAPPED(ssize_t, pwritev64, int fd, const struct iovec *iov, int iov_count, off_t offset)
{
	step_fd(fd);
	return __real_pwritev64(fd, iov, iov_count, offset);
}

WRAPPED(int, ftruncate64, int fd, off_t size)
{
	step_fd(fd);
	return __real_ftruncate64(fd, size);
}

WRAPPED(int, fsync, int fd)
{
	step_fd(fd);
	return __real_fsync(fd);
}

WRAPPED(int, fdatasync, int fd)
{
	step_fd(fd);
	return __real_fdatasync(fd);
}

WRAPPED(int, rename, const char *from, const char *to)
{
	step(from, to);
	return __real_rename(from, to);
}

WRAPPED(int, link, const char *from, const char *to)
{
	step(from, to);
	return __real_link(from, to);
}

WRAPPED(int, unlink, const char *path)
{
	step(path, NULL);
	return __real_unlink(path);
}

WRAPPED(int, mkdir, const char *path, mode_t mode)
{
	step(path, NULL);
	return __real_mkdir(path, mode);
}

WRAPPED(int, rmdir, const char *path)
{
	step(path, NULL);
	return __real_rmdir(path);
}

WRAPPED(int, mdb_env_open, MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode)
{
	step(path, NULL);
	return __real_mdb_env_open(env, path, flags, mode);
}

WRAPPED(int, mdb_env_copyfd2, MDB_env *env, int fd, unsigned flags)
{
	step_fd(fd);
	return __real_mdb_env_copyfd2(env, fd, flags);
}

WRAPPED(int, mdb_txn_commit, MDB_txn *txn)
{
	const char *path = "";
	int error;

	mdb_env_get_path(mdb_txn_env(txn), &path);
	step(path, NULL);
	error = rules_obey(RULE_COMMIT, path, NULL);
	if (!error)
		return __real_mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return -error;
}
