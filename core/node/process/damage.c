/* SPDX-License-Identifier: MIT */
#include "node/process/damage.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "base/arena.h"
#include "io/kv_lmdb.h"
#include "meta/meta.h"

#define REMEDY "put a checkpoint (%s/checkpoints) or a backup back by `dfs master restore`"

enum { SMALL_BYTES = 64 << 20 };

static void crashed(int number, siginfo_t *info, void *context);
static void child_run(const char *dir, int out) __attribute__((noreturn));
static int child_read(const char *dir, struct dfs_error *err);

/* ---- a crash of our own ---- */

/* A signal handler has no context argument. */
static struct {
	const char *from, *to;           /* the file's map */
	const char *code_from, *code_to; /* LMDB's own code */
	char sentence[9000];
	size_t size;
} guard;

void damage_guard(const char *dir)
{
	static const int signals[] = {SIGSEGV, SIGBUS};
	struct sigaction action = {.sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_NODEFER};
	int size = snprintf(guard.sentence, sizeof(guard.sentence),
	        "dfs master: %s/data.mdb is damaged: reading it led out of the file; " REMEDY "\n",
	        dir, dir);

	guard.size = size < (int)sizeof(guard.sentence) ? (size_t)size : sizeof(guard.sentence) - 1;
	/* Until it is open nothing else is at work, and where it will lie is not known. */
	guard.from = NULL;
	guard.to = (const char *)UINTPTR_MAX;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

void damage_broken(const char *text)
{
	if (write(STDERR_FILENO, guard.sentence, guard.size) < 0)
		_exit(1);
	_exit(1);
}

void damage_guard_map(struct kv *kv)
{
	size_t map_size, code_size;

	guard.from = kv_lmdb_map(kv, &map_size);
	guard.to = guard.from + map_size;
	guard.code_from = kv_lmdb_code(&code_size);
	guard.code_to = guard.code_from ? guard.code_from + code_size : NULL;
}

int damage_tell(const char *dir, const char *what, struct dfs_error *err)
{
	char text[DFS_ERROR_TEXT_MAX];

	snprintf(text, sizeof(text), "%s", what); /* it may be err's own */
	if (strstr(text, "dfs master restore"))
		return error_set(err, DFS_E_CORRUPT, "%s", text);
	return error_set(
	        err, DFS_E_CORRUPT, "%s/data.mdb is damaged: %.200s; " REMEDY, dir, text, dir);
}

/* The instruction. */
static const char *crashed_at(const void *context)
{
	const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;

#if defined(__x86_64__)
	return (const char *)machine->gregs[REG_RIP];
#elif defined(__aarch64__)
	return (const char *)machine->pc;
#else
	return NULL; /* then the address alone must tell */
#endif
}

/* Only what a handler may do: write, _exit, sigaction. */
static void crashed(int number, siginfo_t *info, void *context)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	const char *at = info->si_addr, *code = crashed_at(context);

	if ((at >= guard.from && at < guard.to) ||
	        (code >= guard.code_from && code < guard.code_to))
		damage_broken(NULL);
	sigaction(number, &standard, NULL); /* the instruction runs again, and ends us as usual */
}

/* ---- the child ---- */

int damage_check_start(
        struct damage_check *check, const char *dir, int lock_fd, struct dfs_error *err)
{
	pid_t parent = getpid();
	char file[4200];
	int ends[2];

	*check = (struct damage_check){.pipe = -1};
	snprintf(check->dir, sizeof(check->dir), "%s", dir);
	snprintf(file, sizeof(file), "%s/data.mdb", dir);
	if (access(file, F_OK) != 0)
		return 0; /* a new cluster */
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set(err, DFS_E_NOMEM, "no pipe: %s", strerror(errno));
	check->child = fork();
	if (check->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		close(lock_fd);
		close(ends[0]);
		child_run(dir, ends[1]);
	}
	close(ends[1]);
	check->pipe = ends[0];
	if (check->child < 0) {
		check->child = 0;
		close(ends[0]);
		return error_set(err, DFS_E_NOMEM, "no process: %s", strerror(errno));
	}
	return 0;
}

bool damage_check_small(const struct damage_check *check)
{
	char file[4200];
	struct stat stat_of;

	snprintf(file, sizeof(file), "%s/data.mdb", check->dir);
	return stat(file, &stat_of) == 0 && stat_of.st_size <= SMALL_BYTES;
}

int damage_check_wait(struct damage_check *check, int timeout_ms, struct dfs_error *err)
{
	struct pollfd end = {.fd = check->pipe, .events = POLLIN};
	char text[DFS_ERROR_TEXT_MAX] = "";
	int status = 0;

	if (!check->child)
		return 0;
	if (poll(&end, 1, timeout_ms) <= 0)
		return DFS_E_BUSY;
	if (read(check->pipe, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	waitpid(check->child, &status, 0);
	check->child = 0;
	close(check->pipe);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (!text[0])
		snprintf(text, sizeof(text), "reading it led out of the file (signal %d)",
		        WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return damage_tell(check->dir, text, err);
}

void damage_check_end(struct damage_check *check)
{
	if (!check->child)
		return;
	kill(check->child, SIGKILL);
	waitpid(check->child, NULL, 0);
	close(check->pipe);
	check->child = 0;
}

/* The text goes into the pipe, which is the child's standard output. */
static void child_broken(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(1);
	_exit(1);
}

static void child_run(const char *dir, int out)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
	struct dfs_error err = {0};
	int code;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	dup2(out, STDOUT_FILENO);
	alarm(600); /* pages that lead in a circle */
	code = child_read(dir, &err);
	if (code == DFS_E_CORRUPT && write(out, err.text, strlen(err.text)) < 0)
		_exit(1);
	_exit(code == DFS_E_CORRUPT ? 1 : 0);
}

/* What else goes wrong (memory, permissions) the master itself will meet and tell. */
static int child_read(const char *dir, struct dfs_error *err)
{
	struct proto_row_counters counters;
	struct arena arena = {0};
	struct kv *kv;
	int code = kv_lmdb_open_reader(&kv, dir, child_broken, err);

	if (code == 0)
		code = meta_verify(kv, &arena, &counters, err);
	return code;
}
