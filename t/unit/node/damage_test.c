/* SPDX-License-Identifier: MIT */
/*
 * A damaged metadata file gets a sentence, never a crash, a hang or silence: bytes of a real one
 * are flipped, pages zeroed, exchanged and filled with noise, and a process opens it as a master
 * does. DAMAGE_SEED and DAMAGE_ROUNDS choose others and more of them.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../meta/world.h"
#include "io/kv_lmdb.h"
#include "io/real.h"
#include "node/process/damage.h"

enum { ROUNDS = 100, PAGE = 4096, PATIENCE_S = 20 };

struct fuzz {
	char dir[64], file[96];
	unsigned char *good, *bytes;
	size_t size, at; /* of the last damage: its page */
	uint64_t state;
	unsigned refused;
};

static uint64_t next(struct fuzz *f)
{
	f->state ^= f->state << 13;
	f->state ^= f->state >> 7;
	f->state ^= f->state << 17;
	return f->state;
}

/* A database with every kind of row, some of them old: free pages, long lists. */
static void make(struct fuzz *f)
{
	struct world *w = world_create(true, 1);
	char path[64], file[96];
	struct stat stat_of;
	int fd;

	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "/d%d", i);
		world_must(w, op_of_mkdir(path));
		snprintf(path, sizeof(path), "/d%d/file", i);
		world_put(w, path, 6);
		if (i % 4 == 0) {
			world_must(w, op_of_remove_all(path));
			world_must(w, op_of_purge(100));
		}
	}
	snprintf(file, sizeof(file), "%s/data.mdb", w->dir);
	fd = open(file, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &stat_of) == 0);
	f->size = (size_t)stat_of.st_size;
	f->good = malloc(f->size);
	f->bytes = malloc(f->size);
	assert_int_equal(read(fd, f->good, f->size), f->size);
	close(fd);
	world_destroy(w);
	snprintf(f->dir, sizeof(f->dir), "/tmp/damage_test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->file, sizeof(f->file), "%s/data.mdb", f->dir);
}

static size_t page_any(struct fuzz *f)
{
	return (size_t)(next(f) % (f->size / PAGE)) * PAGE;
}

static size_t damage(struct fuzz *f)
{
	size_t at = page_any(f), other = page_any(f), size = f->size;

	memcpy(f->bytes, f->good, f->size);
	f->at = at;
	switch (next(f) % 7) {
	case 0: /* a header of a page or of its nodes */
		f->bytes[at + next(f) % 64] ^= (unsigned char)(1 << next(f) % 8);
		break;
	case 1:
		for (int i = 0; i < 20; i++)
			f->bytes[next(f) % f->size] ^= (unsigned char)(1 << next(f) % 8);
		break;
	case 2:
		memset(f->bytes + at, 0, PAGE);
		break;
	case 3:
		for (size_t i = 0; i < PAGE; i++)
			f->bytes[at + i] = (unsigned char)next(f);
		break;
	case 4:
		memcpy(f->bytes + at, f->good + other, PAGE);
		break;
	case 5: /* as 4, but it still says which page it is */
		memcpy(f->bytes + at + 16, f->good + other + 16, PAGE - 16);
		break;
	default:
		size = (size_t)(next(f) % f->size);
		break;
	}
	return size;
}

static void write_file(struct fuzz *f, size_t size)
{
	int fd = open(f->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char lock[96];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, f->bytes, size), size);
	close(fd);
	snprintf(lock, sizeof(lock), "%s/lock.mdb", f->dir);
	unlink(lock);
}

static void fatal(void *arg, const struct dfs_error *err)
{
	fprintf(stderr, "%s\n", err->text);
	_exit(1);
}

static int each_chunk(void *arg, uint64_t chunk, const struct proto_row_chunk *row)
{
	return 0;
}

/* What `dfs master` does, and then some work on it. 0, or a code with its sentence. */
static int master_life(struct fuzz *f, struct dfs_error *err)
{
	struct sim_options sim_options = {.seed = 1};
	struct sim *sim = sim_create(&sim_options);
	struct io *io = sim_host_io(sim_host_create(sim, "master"));
	struct meta_options options = {.cluster = CLUSTER, .fatal = fatal};
	struct proto_op op = op_of_mkdir("/one-more");
	struct damage_check check;
	struct meta *meta;
	int code = damage_check_start(&check, f->dir, open("/dev/null", O_RDONLY), err);

	damage_guard(f->dir);
	if (code == 0)
		code = kv_lmdb_open_guarded(&options.kv, f->dir, 64 << 20, damage_broken, err);
	if (code == 0)
		damage_guard_map(options.kv);
	if (code == 0)
		code = meta_open(&meta, io, &options, err);
	if (code == 0)
		code = meta_each_chunk(meta, 0, 10000, each_chunk, NULL);
	if (code != 0 && !err->text[0])
		error_set(err, code, "%s", dfs_error_text(code));
	if (code == DFS_E_FENCED || code == DFS_E_VERSION)
		error_where(err, "%s", f->dir);
	if (code == DFS_E_CORRUPT)
		damage_tell(f->dir, err->text, err);
	if (code == 0) {
		code = damage_check_wait(&check, PATIENCE_S * 1000, err);
		if (code == DFS_E_BUSY)
			abort();
	} else {
		damage_check_end(&check);
	}
	for (int i = 0; code == 0 && i < 50; i++) {
		meta_submit(meta, &op, 0, 0, NULL, NULL);
		while (!meta_idle(meta))
			sim_step(sim);
	}
	return code;
}

/* In a process of its own; what it said is in ret. Its exit code, or minus its signal. */
static int opened(struct fuzz *f, char *ret, size_t size)
{
	int ends[2], status;
	size_t filled = 0;
	ssize_t got;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct dfs_error err = {0};
		int code;

		alarm(PATIENCE_S);
		signal(SIGSEGV, SIG_DFL); /* cmocka's */
		signal(SIGBUS, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		signal(SIGFPE, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		code = master_life(f, &err);
		if (code != 0)
			fprintf(stderr, "%s\n", err.text);
		_exit(code != 0);
	}
	close(ends[1]);
	while ((got = read(ends[0], ret + filled, size - 1 - filled)) > 0)
		filled += (size_t)got;
	ret[filled] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static size_t rows_of(struct fuzz *f, bool *ret_consistent)
{
	struct buf rows = {0};
	struct dfs_error err = {0};
	struct kv *kv;
	size_t size;

	assert_int_equal(kv_lmdb_open_reader(&kv, f->dir, NULL, &err), 0);
	world_dump(kv, &rows);
	*ret_consistent = meta_check(kv, NULL, NULL, &err) == 0;
	kv->ops->close(kv);
	size = rows.size;
	buf_fini(&rows);
	return size;
}

/*
 * Where the walk noticed nothing, nothing was to be noticed: the rows are there (the master's own
 * reign and work came to them), or `dfs fsck` will say that they do not fit together. A meta page
 * that leads to the commit before the last is beyond both: the datanodes tell (RULES 16).
 */
static bool all_rows_are_there(struct fuzz *f)
{
	bool consistent, good_consistent, meta_page = f->at < 2 * PAGE;
	size_t now = rows_of(f, &consistent), good;

	memcpy(f->bytes, f->good, f->size);
	write_file(f, f->size);
	good = rows_of(f, &good_consistent);
	assert_true(good_consistent);
	return now >= good || !consistent || meta_page;
}

static void a_damaged_file_gets_a_sentence(void **state)
{
	const char *seed = getenv("DAMAGE_SEED"), *more = getenv("DAMAGE_ROUNDS");
	unsigned rounds = more ? (unsigned)atoi(more) : ROUNDS;
	struct fuzz f = {.state = seed ? strtoull(seed, NULL, 10) : 88172645463325252ull};
	char said[2048], command[128];

	make(&f);
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t at = f.state;
		int code;

		write_file(&f, damage(&f));
		code = opened(&f, said, sizeof(said));
		if (code != 0 && code != 1)
			fail_msg("round %u (DAMAGE_SEED=%llu): ended by signal %d: %s", i,
			        (unsigned long long)at, -code, said);
		if (code == 1 && !(strstr(said, f.dir) && strstr(said, "restore")))
			fail_msg("round %u (DAMAGE_SEED=%llu): no sentence: %s", i,
			        (unsigned long long)at, said);
		if (code == 0 && !all_rows_are_there(&f))
			fail_msg("round %u (DAMAGE_SEED=%llu): rows are gone and nobody said so", i,
			        (unsigned long long)at);
		f.refused += code == 1;
	}
	print_message("# %u rounds: %u refused with a sentence, %u without harm\n", rounds,
	        f.refused, rounds - f.refused);
	assert_true(f.refused > rounds / 4);
	snprintf(command, sizeof(command), "rm -rf '%s'", f.dir);
	assert_int_equal(system(command), 0);
	free(f.good);
	free(f.bytes);
}

static void a_good_file_is_opened(void **state)
{
	struct fuzz f = {.state = 1};
	char said[2048], command[128];

	make(&f);
	memcpy(f.bytes, f.good, f.size);
	write_file(&f, f.size);
	assert_int_equal(opened(&f, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	snprintf(command, sizeof(command), "rm -rf '%s'", f.dir);
	assert_int_equal(system(command), 0);
	free(f.good);
	free(f.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_file_is_opened),
	        cmocka_unit_test(a_damaged_file_gets_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
