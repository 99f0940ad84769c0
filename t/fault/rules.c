/* SPDX-License-Identifier: MIT */
/* The rules of rules.h: read, matched, counted. */
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RULES_MAX = 32, TEXT_MAX = 400, SHUTDOWN = 0x8004587d, NO_LOG_FLUSH = 2 };

enum action { ACTION_DELAY, ACTION_FAIL, ACTION_DIE, ACTION_POWER };

struct rule {
	enum rule_operation operation;
	enum action action;
	int error;
	unsigned delay_ms, chance;
	uint64_t after, count, seen, struck, random;
	char path[256], text[TEXT_MAX];
};

/* Operations of a disk have no context that a process of ours could hand down: one set of rules a
 * process. */
static struct {
	pthread_mutex_t lock;
	struct rule rules[RULES_MAX];
	size_t count;
	struct stat file; /* as it was read */
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const operations[RULE_OPERATIONS] = {"open", "read", "write", "sync", "sync_dir",
        "truncate", "rename", "unlink", "mkdir", "commit", "step"};

static void look(void);
static void load(const char *path);
static bool parse(struct rule *rule, char *line);
static bool parse_word(struct rule *rule, const char *word);
static bool matches(
        struct rule *rule, enum rule_operation operation, const char *path, const char *other);
static void strike(struct rule *rule, const char *path, struct verdict *verdict);
static void power_off(const char *path);

struct verdict rules_ask(enum rule_operation operation, const char *path, const char *other)
{
	struct verdict verdict = {0};

	pthread_mutex_lock(&all.lock);
	look();
	for (size_t i = 0; i < all.count; i++) {
		if (matches(&all.rules[i], operation, path, other))
			strike(&all.rules[i], path, &verdict);
	}
	pthread_mutex_unlock(&all.lock);
	return verdict;
}

struct verdict rules_ask_fd(enum rule_operation operation, int fd)
{
	char link[40], path[PATH_MAX];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof(path) - 1);
	path[size < 0 ? 0 : size] = '\0';
	return rules_ask(operation, path, NULL);
}

static int obey(struct verdict verdict)
{
	struct timespec delay = {verdict.delay_ms / 1000, verdict.delay_ms % 1000 * 1000000L};

	while (verdict.delay_ms > 0 && nanosleep(&delay, &delay) != 0 && errno == EINTR)
		;
	return verdict.error;
}

int rules_obey(enum rule_operation operation, const char *path, const char *other)
{
	return obey(rules_ask(operation, path, other));
}

int rules_obey_fd(enum rule_operation operation, int fd)
{
	return obey(rules_ask_fd(operation, fd));
}

/* ---- reading them ---- */

static void look(void)
{
	const char *path = getenv("FAULTY_RULES");
	struct stat now;

	if (!path || stat(path, &now) != 0)
		memset(&now, 0, sizeof(now));
	if (now.st_ino == all.file.st_ino && now.st_size == all.file.st_size &&
	        now.st_mtim.tv_sec == all.file.st_mtim.tv_sec &&
	        now.st_mtim.tv_nsec == all.file.st_mtim.tv_nsec)
		return;
	all.count = 0;
	all.file = now;
	if (now.st_ino != 0)
		load(path);
}

static void load(const char *path)
{
	char line[TEXT_MAX];
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0')
			continue;
		if (all.count == RULES_MAX || !parse(&all.rules[all.count], line)) {
			fprintf(stderr, "faulty: %s: not a rule: %s\n", path, line);
			_exit(99);
		}
		all.count++;
	}
	if (file)
		fclose(file);
}

static bool parse(struct rule *rule, char *line)
{
	char *rest = NULL, *word;
	size_t operation = 0;

	memset(rule, 0, sizeof(*rule));
	rule->count = UINT64_MAX;
	rule->chance = 100;
	snprintf(rule->text, sizeof(rule->text), "%s", line);
	word = strtok_r(line, " ", &rest);
	while (word && operation < RULE_OPERATIONS && strcmp(word, operations[operation]) != 0)
		operation++;
	if (!word || operation == RULE_OPERATIONS)
		return false;
	rule->operation = (enum rule_operation)operation;
	word = strtok_r(NULL, " ", &rest);
	if (!word)
		return false;
	for (; word; word = strtok_r(NULL, " ", &rest)) {
		if (!parse_word(rule, word))
			return false;
	}
	return true;
}

static bool parse_word(struct rule *rule, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t size = equals ? (size_t)(equals - word) : strlen(word);
	uint64_t number = equals ? strtoull(equals + 1, NULL, 10) : 0;
#define IS(name) (size == strlen(name) && memcmp(word, name, size) == 0)

	if (IS("die") || IS("power")) {
		rule->action = IS("die") ? ACTION_DIE : ACTION_POWER;
		return !equals;
	}
	if (!equals || !equals[1])
		return false;
	if (IS("delay")) {
		rule->action = ACTION_DELAY;
		rule->delay_ms = (unsigned)number;
		return number > 0;
	}
	if (IS("fail")) {
		rule->action = ACTION_FAIL;
		rule->error = strcmp(equals + 1, "EIO") == 0      ? EIO
		              : strcmp(equals + 1, "ENOSPC") == 0 ? ENOSPC
		              : strcmp(equals + 1, "EROFS") == 0  ? EROFS
		                                                  : 0;
		return rule->error != 0;
	}
	if (IS("path"))
		return (size_t)snprintf(rule->path, sizeof(rule->path), "%s", equals + 1) <
		       sizeof(rule->path);
	if (IS("after"))
		rule->after = number;
	else if (IS("count"))
		rule->count = number;
	else if (IS("chance"))
		rule->chance = (unsigned)number;
	else if (IS("seed"))
		rule->random = number;
	else
		return false;
	return true;
#undef IS
}

/* ---- obeying them ---- */

static bool matches(
        struct rule *rule, enum rule_operation operation, const char *path, const char *other)
{
	if (rule->operation != operation || rule->struck >= rule->count)
		return false;
	if (!strstr(path, rule->path) && (!other || !strstr(other, rule->path)))
		return false;
	if (rule->seen++ < rule->after)
		return false;
	rule->random = rule->random * 6364136223846793005u + 1442695040888963407u;
	return (rule->random >> 33) % 100 < rule->chance;
}

static void strike(struct rule *rule, const char *path, struct verdict *verdict)
{
	if (rule->struck++ == 0)
		fprintf(stderr, "faulty: %s at %s\n", rule->text, path);
	switch (rule->action) {
	case ACTION_DELAY:
		verdict->delay_ms += rule->delay_ms;
		break;
	case ACTION_FAIL:
		verdict->error = -rule->error;
		break;
	case ACTION_POWER:
		power_off(path);
		/* fall through */
	case ACTION_DIE:
		kill(getpid(), SIGKILL);
		pause();
	}
}

/* Nothing that was not synced is found when it is mounted again. */
static void power_off(const char *path)
{
	unsigned flag = NO_LOG_FLUSH;
	struct stat disk, root;
	char dir[PATH_MAX];
	char *slash;
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	/* The test's own file system must stay: the rules lie on it. */
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &disk) != 0 || disk.st_dev == all.file.st_dev ||
	        stat("/", &root) != 0 || disk.st_dev == root.st_dev ||
	        ioctl(fd, SHUTDOWN, &flag) != 0) {
		fprintf(stderr, "faulty: EXT4_IOC_SHUTDOWN of %s: %s\n", dir, strerror(errno));
		_exit(99);
	}
	close(fd);
}
