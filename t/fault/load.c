/* SPDX-License-Identifier: MIT */
/*
 * A load that knows every acknowledged byte: workers put, replace, get and delete files of known
 * content through libdfs while a test breaks the cluster below them, and a journal keeps what each
 * name may hold.
 *
 *     load run    JOURNAL [--seed N] [--workers N] [--slots N] [--goal N] [--size-max BYTES]
 *                 [--ops N]           until so many operations, or SIGTERM
 *     load verify JOURNAL             every name holds what was acknowledged; nothing else is there
 *     load count JOURNAL              puts and gets so far
 *
 * A name holds the last acknowledged state, or that of an operation since then whose answer never
 * came. `run` finds its seed in the journal of an earlier run and goes on where that ended. Content
 * follows from (seed, worker, slot, generation), so that a reader finds torn, mixed, old and
 * foreign bytes. Exit code 1 where a name holds anything else; operations that are refused or fail
 * are counted and told, and are the test's to judge.
 */
#include <dfs/dfs.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS_MAX = 16, SLOTS_MAX = 64, MAYBE_MAX = 32, HEAD = 48 };

/* What a name may hold: a generation, 0 for nothing. */
struct slot {
	uint64_t sure, next;
	uint64_t maybe[MAYBE_MAX]; /* of operations since `sure` without an answer */
	uint32_t maybe_count;
};

struct counts {
	uint64_t puts, gets, deletes, refused, bytes, slowest_ms;
	char slowest[64], error[256]; /* the last refusal */
};

struct journal {
	char magic[8];
	uint64_t seed;
	uint32_t workers, slots, goal;
	int stopping;
	uint64_t size_max, ops;
	struct counts counts[WORKERS_MAX];
	struct slot slot[WORKERS_MAX][SLOTS_MAX];
};

struct worker {
	struct journal *journal;
	uint32_t number;
	uint64_t random;
	struct dfs *dfs;
};

/* Bytes of one generation, as they are made or as they are compared. */
struct content {
	uint64_t seed, worker, slot, generation, size, at;
	uint64_t head[HEAD / 8];
	bool wrong;
	char why[160];
};

static volatile int *stopping; /* in the journal, which the workers share */

static int run(struct journal *journal);
static int work(struct worker *worker);
static bool step(struct worker *worker);
static bool put(struct worker *worker, uint32_t slot);
static bool get(struct worker *worker, uint32_t slot);
static bool delete (struct worker *worker, uint32_t slot);
static int verify(struct journal *journal);
static bool verify_worker(struct worker *worker);
static bool tell(struct journal *journal, const char *what);
static int tell_count(const struct journal *journal);
static struct journal *journal_open(const char *path, bool make, int argc, char **argv);

static void stop(int number)
{
	*stopping = 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = stop};
	struct journal *journal;

	if (argc < 3 || (strcmp(argv[1], "run") != 0 && strcmp(argv[1], "verify") != 0 &&
	                        strcmp(argv[1], "count") != 0)) {
		fputs("usage: load run|verify|count JOURNAL [--seed N] [--workers N] [--slots N] "
		      "[--goal N] "
		      "[--size-max BYTES] [--ops N]\n",
		        stderr);
		return 2;
	}
	setlinebuf(stdout);
	journal = journal_open(argv[2], strcmp(argv[1], "run") == 0, argc - 3, argv + 3);
	if (!journal)
		return 2;
	if (strcmp(argv[1], "count") == 0)
		return tell_count(journal);
	journal->stopping = 0;
	stopping = &journal->stopping;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	return strcmp(argv[1], "run") == 0 ? run(journal) : verify(journal);
}

/* ---- the journal ---- */

static struct journal *journal_open(const char *path, bool make, int argc, char **argv)
{
	struct journal *journal;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, sizeof(*journal)) != 0) {
		fprintf(stderr, "load: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	journal = mmap(NULL, sizeof(*journal), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (journal == MAP_FAILED)
		return NULL;
	if (make && memcmp(journal->magic, "dfsload", 8) != 0) {
		journal->seed = (uint64_t)time(NULL) * 1000003u ^ (uint64_t)getpid();
		journal->workers = 4;
		journal->slots = 24;
		journal->goal = 2;
		journal->size_max = 6u << 20;
	}
	/* `count` looks on while `run` begins: it must find all of this, or nothing, and write none
	 * of it. */
	if (!make)
		return journal;
	journal->ops = UINT64_MAX;
	for (int i = 0; i + 1 < argc; i += 2) {
		uint64_t value = strtoull(argv[i + 1], NULL, 10);

		if (strcmp(argv[i], "--seed") == 0)
			journal->seed = value;
		else if (strcmp(argv[i], "--workers") == 0)
			journal->workers = value < WORKERS_MAX ? (uint32_t)value : WORKERS_MAX;
		else if (strcmp(argv[i], "--slots") == 0)
			journal->slots = value < SLOTS_MAX ? (uint32_t)value : SLOTS_MAX;
		else if (strcmp(argv[i], "--goal") == 0)
			journal->goal = (uint32_t)value;
		else if (strcmp(argv[i], "--size-max") == 0)
			journal->size_max = value;
		else if (strcmp(argv[i], "--ops") == 0)
			journal->ops = value;
	}
	memcpy(journal->magic, "dfsload", 8);
	return journal;
}

/* Before an operation begins: from now on the name may hold what it brings. */
static void may_become(struct slot *slot, uint64_t generation)
{
	slot->maybe[slot->maybe_count] = generation;
	__atomic_store_n(&slot->maybe_count, slot->maybe_count + 1, __ATOMIC_SEQ_CST);
}

static void became(struct slot *slot, uint64_t generation)
{
	slot->sure = generation;
	__atomic_store_n(&slot->maybe_count, 0, __ATOMIC_SEQ_CST);
}

static bool may_hold(const struct slot *slot, uint64_t generation)
{
	for (uint32_t i = 0; i < slot->maybe_count; i++) {
		if (slot->maybe[i] == generation)
			return true;
	}
	return slot->sure == generation;
}

static const char *may_hold_text(const struct slot *slot)
{
	static char text[512];
	int size = snprintf(text, sizeof(text), "acknowledged %" PRIu64, slot->sure);

	for (uint32_t i = 0; i < slot->maybe_count && size < 480; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, ", or %" PRIu64 " of %s",
		        slot->maybe[i],
		        slot->maybe[i] ? "a put without answer" : "a delete without answer");
	return text;
}

/* ---- content ---- */

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t random_below(struct worker *worker, uint64_t bound)
{
	worker->random = mix(worker->random);
	return worker->random % bound;
}

static void content_begin(struct content *content)
{
	content->at = 0;
	memcpy(content->head, "dfs load", 8);
	content->head[1] = content->seed;
	content->head[2] = content->worker;
	content->head[3] = content->slot;
	content->head[4] = content->generation;
	content->head[5] = content->size;
}

static uint64_t content_word(const struct content *content, uint64_t index)
{
	if (index < HEAD / 8)
		return content->head[index];
	return mix(content->seed ^
	           mix(content->worker << 48 ^ content->slot << 32 ^ content->generation << 8) ^
	           index);
}

static void content_make(const struct content *content, uint64_t at, uint8_t *ret, size_t size)
{
	while (size > 0) {
		uint64_t word = content_word(content, at / 8);
		size_t skip = at % 8, part = 8 - skip < size ? 8 - skip : size;

		memcpy(ret, (const uint8_t *)&word + skip, part);
		ret += part;
		at += part;
		size -= part;
	}
}

static int64_t content_read(void *arg, void *bytes, size_t size)
{
	struct content *content = arg;

	if (size > content->size - content->at)
		size = content->size - content->at;
	content_make(content, content->at, bytes, size);
	content->at += size;
	return (int64_t)size;
}

/* The head says which generation this is; all that follows must be its. */
static int content_check(void *arg, const void *bytes, size_t size)
{
	struct content *content = arg;
	const uint8_t *from = bytes;
	uint8_t want[4096];

	while (size > 0 && content->at < HEAD) {
		((uint8_t *)content->head)[content->at++] = *from++;
		size--;
		if (content->at < HEAD)
			continue;
		if (memcmp(content->head, "dfs load", 8) != 0 ||
		        content->head[1] != content->seed || content->head[2] != content->worker ||
		        content->head[3] != content->slot) {
			content->wrong = true;
			snprintf(content->why, sizeof(content->why),
			        "the head is not one of this name");
		}
		content->generation = content->head[4];
		content->size = content->head[5];
	}
	while (size > 0 && !content->wrong) {
		size_t part = size < sizeof(want) ? size : sizeof(want);

		content_make(content, content->at, want, part);
		if (memcmp(want, from, part) != 0) {
			content->wrong = true;
			snprintf(content->why, sizeof(content->why),
			        "generation %" PRIu64 " has other bytes after %" PRIu64,
			        content->generation, content->at);
		}
		content->at += part;
		from += part;
		size -= part;
	}
	return content->wrong ? DFS_E_CORRUPT : 0;
}

/* ---- workers ---- */

static int run(struct journal *journal)
{
	pid_t pids[WORKERS_MAX];
	bool good = true;

	printf("# load: --seed %" PRIu64 " --workers %u --slots %u --goal %u\n", journal->seed,
	        journal->workers, journal->slots, journal->goal);
	fflush(stdout);
	for (uint32_t i = 0; i < journal->workers; i++) {
		struct worker worker = {.journal = journal, .number = i};

		worker.random = mix(journal->seed ^ i << 8 ^ mix(journal->counts[i].puts));
		pids[i] = fork();
		if (pids[i] == 0)
			exit(work(&worker));
	}
	for (uint32_t i = 0; i < journal->workers; i++) {
		int status = 0;

		while (waitpid(pids[i], &status, 0) < 0 && errno == EINTR)
			;
		good = good && status == 0;
	}
	return tell(journal, "ran") && good ? 0 : 1;
}

static int open_cluster(struct worker *worker)
{
	struct dfs_options options = {
	        .size = sizeof(options), .program = "load", .timeout_ms = 60000};
	struct dfs_error err = {0};

	if (dfs_open(&worker->dfs, &options, &err) == 0)
		return 0;
	printf("# load: %s\n", err.text);
	return -1;
}

static int work(struct worker *worker)
{
	char path[64];
	struct dfs_error err = {0};
	bool good = true;

	if (open_cluster(worker) != 0)
		return 1;
	snprintf(path, sizeof(path), "/load/%u", worker->number);
	dfs_mkdir(worker->dfs, path, 0755, true, &err);
	for (uint64_t i = 0; good && !*stopping && i < worker->journal->ops; i++)
		good = step(worker);
	dfs_close(worker->dfs);
	return good ? 0 : 1;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool step(struct worker *worker)
{
	uint32_t number = (uint32_t)random_below(worker, worker->journal->slots);
	struct slot *slot = &worker->journal->slot[worker->number][number];
	struct counts *counts = &worker->journal->counts[worker->number];
	uint64_t dice = random_below(worker, 100), began_ms = now_ms(), took_ms;
	const char *what = "get";
	bool good;

	if (slot->maybe_count == MAYBE_MAX || (dice < 40 && slot->sure != 0))
		good = get(worker, number);
	else if (dice < 88)
		what = "put", good = put(worker, number);
	else
		what = "delete", good = delete (worker, number);
	took_ms = now_ms() - began_ms;
	if (took_ms > counts->slowest_ms) {
		counts->slowest_ms = took_ms;
		snprintf(counts->slowest, sizeof(counts->slowest), "%s of /load/%u/%u", what,
		        worker->number, number);
	}
	return good;
}

static void path_of(const struct worker *worker, uint32_t slot, char ret[64])
{
	snprintf(ret, 64, "/load/%u/%u", worker->number, slot);
}

static void refused(
        struct worker *worker, const char *what, const char *path, const struct dfs_error *err)
{
	struct counts *counts = &worker->journal->counts[worker->number];

	counts->refused++;
	snprintf(counts->error, sizeof(counts->error), "%s %s: %.190s", what, path, err->text);
	if (getenv("LOAD_VERBOSE"))
		printf("# %s %s: %s\n", what, path, err->text);
}

static uint64_t random_size(struct worker *worker)
{
	uint64_t dice = random_below(worker, 100), most = worker->journal->size_max;

	if (dice < 60)
		most = most < 8192 ? most : 8192;
	else if (dice < 90)
		most = most < 400000 ? most : 400000;
	return HEAD + random_below(worker, most - HEAD);
}

/* Half from a file, as one body a chunk; half from a stream of unknown length, as several. */
static bool put(struct worker *worker, uint32_t number)
{
	struct slot *slot = &worker->journal->slot[worker->number][number];
	struct counts *counts = &worker->journal->counts[worker->number];
	struct content content = {.seed = worker->journal->seed,
	        .worker = worker->number,
	        .slot = number,
	        .generation = slot->next + 1,
	        .size = random_size(worker)};
	struct dfs_transfer transfer = {.size = sizeof(transfer),
	        .goal = worker->journal->goal,
	        .chunk_size = random_below(worker, 2) ? 1 << 20 : 0};
	struct dfs_error err = {0};
	char path[64], local[64];
	int code, fd = -1;

	path_of(worker, number, path);
	content_begin(&content);
	slot->next = content.generation;
	may_become(slot, content.generation);
	if (random_below(worker, 2)) {
		uint8_t bytes[8192];

		fd = memfd_create("load", MFD_CLOEXEC);
		for (int64_t size; (size = content_read(&content, bytes, sizeof(bytes))) > 0;) {
			if (write(fd, bytes, (size_t)size) != size)
				return false;
		}
		snprintf(local, sizeof(local), "/proc/self/fd/%d", fd);
		code = dfs_put_file(worker->dfs, local, path, &transfer, &err);
		close(fd);
	} else {
		code = dfs_put(worker->dfs, path, content_read, &content, &transfer, &err);
	}
	if (code != 0) {
		refused(worker, "put", path, &err);
		return true;
	}
	became(slot, content.generation);
	counts->puts++;
	counts->bytes += content.size;
	return true;
}

static bool delete (struct worker *worker, uint32_t number)
{
	struct slot *slot = &worker->journal->slot[worker->number][number];
	struct counts *counts = &worker->journal->counts[worker->number];
	struct dfs_error err = {0};
	char path[64];
	bool must_be_there = slot->maybe_count == 0 && slot->sure != 0;
	int code;

	path_of(worker, number, path);
	may_become(slot, 0);
	code = dfs_remove(worker->dfs, path, false, &err);
	if (code == DFS_E_NOENT && must_be_there) {
		printf("not ok # %s: acknowledged %" PRIu64 ", and a delete finds nothing\n", path,
		        slot->sure);
		return false;
	}
	if (code != 0 && code != DFS_E_NOENT) {
		refused(worker, "delete", path, &err);
		return true;
	}
	became(slot, 0);
	counts->deletes++;
	return true;
}

static bool look(struct worker *worker, uint32_t number, int *ret_code, struct dfs_error *err)
{
	struct slot *slot = &worker->journal->slot[worker->number][number];
	struct content content = {
	        .seed = worker->journal->seed, .worker = worker->number, .slot = number};
	struct dfs_transfer transfer = {.size = sizeof(transfer)};
	char path[64];
	int code;

	path_of(worker, number, path);
	code = dfs_get(worker->dfs, path, content_check, &content, &transfer, err);
	*ret_code = 0;
	if (!content.wrong && code == 0 && (content.at < HEAD || content.at != content.size)) {
		content.wrong = true;
		snprintf(content.why, sizeof(content.why),
		        "generation %" PRIu64 " ends after %" PRIu64 " of %" PRIu64 " bytes",
		        content.generation, content.at, content.size);
	}
	if (code == DFS_E_NOENT)
		content.generation = 0;
	if (content.wrong) {
		printf("not ok # %s: %s (%s)\n", path, content.why, may_hold_text(slot));
		return false;
	}
	if (code != 0 && code != DFS_E_NOENT) {
		*ret_code = code;
		return true;
	}
	if (may_hold(slot, content.generation))
		return true;
	printf("not ok # %s: holds %" PRIu64 " (%s)\n", path, content.generation,
	        may_hold_text(slot));
	return false;
}

static bool get(struct worker *worker, uint32_t number)
{
	struct dfs_error err = {0};
	char path[64];
	int code;

	if (!look(worker, number, &code, &err))
		return false;
	path_of(worker, number, path);
	if (code != 0)
		refused(worker, "get", path, &err);
	else
		worker->journal->counts[worker->number].gets++;
	return true;
}

/* ---- the end ---- */

static int verify(struct journal *journal)
{
	bool good = journal->workers > 0; /* else nothing was ever written that could be verified */

	for (uint32_t i = 0; i < journal->workers; i++) {
		struct worker worker = {.journal = journal, .number = i};

		good = open_cluster(&worker) == 0 && verify_worker(&worker) && good;
		dfs_close(worker.dfs);
	}
	return tell(journal, "verified") && good ? 0 : 1;
}

static int count_names(void *arg, const struct dfs_attr *attr)
{
	const struct worker *worker = arg;
	uint64_t slot = strtoull(attr->name, NULL, 10);

	if (slot < SLOTS_MAX && worker->journal->slot[worker->number][slot].next > 0)
		return 0;
	printf("not ok # /load/%u/%s: nobody made this name\n", worker->number, attr->name);
	return 1;
}

static bool verify_worker(struct worker *worker)
{
	struct dfs_error err = {0};
	char path[64];
	bool good = true;
	int code;

	for (uint32_t i = 0; i < worker->journal->slots; i++) {
		if (!look(worker, i, &code, &err))
			good = false;
		if (code == 0)
			continue;
		path_of(worker, i, path);
		printf("not ok # %s cannot be read: %s (%s)\n", path, err.text,
		        may_hold_text(&worker->journal->slot[worker->number][i]));
		good = false;
	}
	snprintf(path, sizeof(path), "/load/%u", worker->number);
	return dfs_list(worker->dfs, path, count_names, worker, &err) == 0 && good;
}

static bool tell(struct journal *journal, const char *what)
{
	struct counts sum = {0};

	for (uint32_t i = 0; i < journal->workers; i++) {
		const struct counts *counts = &journal->counts[i];

		sum.puts += counts->puts;
		sum.gets += counts->gets;
		sum.deletes += counts->deletes;
		sum.refused += counts->refused;
		sum.bytes += counts->bytes;
		if (counts->error[0])
			memcpy(sum.error, counts->error, sizeof(sum.error));
		if (counts->slowest_ms > sum.slowest_ms) {
			sum.slowest_ms = counts->slowest_ms;
			memcpy(sum.slowest, counts->slowest, sizeof(sum.slowest));
		}
	}
	printf("# load %s: %" PRIu64 " puts (%" PRIu64 " MB), %" PRIu64 " gets, %" PRIu64
	       " deletes, %" PRIu64 " refused, slowest %" PRIu64 " ms (%s)\n",
	        what, sum.puts, sum.bytes / 1000000, sum.gets, sum.deletes, sum.refused,
	        sum.slowest_ms, sum.slowest);
	if (sum.error[0])
		printf("# the last refusal: %s\n", sum.error);
	return true;
}

static int tell_count(const struct journal *journal)
{
	uint64_t done = 0;

	for (uint32_t i = 0; i < journal->workers; i++)
		done += journal->counts[i].puts + journal->counts[i].gets;
	printf("%" PRIu64 "\n", done);
	return 0;
}
