/* SPDX-License-Identifier: MIT */
/*
 * LMDB behind the ordered-KV vtable. Table N is the named database "tNN". One reader that has ended
 * is kept and renewed, which saves a look-up its set-up; more readers at once make their own.
 */
#include "io/kv_lmdb.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "io/kv_lmdb_size.h"
#include "io/real.h"

enum {
	READERS_MAX = 256,
	SCRATCH_PATH_MAX = 4096,
	NULL_PAGES = 65536,
	VALUE_MAX = 1 << 28,
};

static const uint64_t MAP_BYTES_DEFAULT = 1ull << 40;

struct lmdb_txn {
	struct kv_txn base;
	struct kv_lmdb *kv;
	MDB_txn *txn;
	bool write;
};

/* The last key of a table, as far as it is known in a write transaction: none is greater. */
struct lmdb_last {
	bool known;
	size_t size;
	char key[KV_KEY_MAX];
};

struct kv_lmdb {
	struct kv base;
	MDB_env *env;
	MDB_dbi tables[KV_TABLES_MAX];
	struct lmdb_txn writer;               /* LMDB admits one at a time */
	struct lmdb_last last[KV_TABLES_MAX]; /* the writer's */
	kv_lmdb_broken *broken;
	_Atomic(struct lmdb_txn *) idle_reader; /* ended, to be renewed */
};

struct lmdb_cursor {
	struct kv_cursor base;
	MDB_cursor *cursor;
};

static const struct kv_ops lmdb_ops;

static int open_env(
        struct kv_lmdb *lmdb, const char *dir, uint64_t map_bytes, struct dfs_error *err);
static int make_env(struct kv_lmdb *lmdb);
static int open_reading(struct kv_lmdb *lmdb, const char *path, unsigned flags);
static const char *map_start(struct kv_lmdb *lmdb);
static int open_tables(struct kv_lmdb *lmdb, bool create);
static int make_dir(const char *dir, struct dfs_error *err);
static int sync_parent(const char *path);
static int failure(int code);
static bool past_last(struct lmdb_txn *txn, int table, struct kv_bytes key);
static int last_find(struct lmdb_txn *txn, int table);
static struct lmdb_txn *reader_begin(struct kv_lmdb *lmdb, int *ret_code);
static void reader_end(struct lmdb_txn *txn);
static int copy_to(struct kv_lmdb *lmdb, int fd, const char *path);

static MDB_val to_val(struct kv_bytes bytes)
{
	return (MDB_val){bytes.size, (void *)bytes.data};
}

static struct kv_bytes from_val(MDB_val val)
{
	return (struct kv_bytes){val.mv_data, val.mv_size};
}

/* What a damaged page leads to may be no address at all, or longer than anything that was put. */
static bool sane(MDB_val val)
{
	return (uintptr_t)val.mv_data >= NULL_PAGES && val.mv_size <= VALUE_MAX;
}

int kv_lmdb_open(struct kv **ret, const char *dir, uint64_t map_bytes, struct dfs_error *err)
{
	return kv_lmdb_open_guarded(ret, dir, map_bytes, NULL, err);
}

int kv_lmdb_open_guarded(struct kv **ret, const char *dir, uint64_t map_bytes,
        kv_lmdb_broken *broken, struct dfs_error *err)
{
	struct kv_lmdb *lmdb = calloc(1, sizeof(*lmdb));
	int rc;

	if (!lmdb)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	lmdb->base.ops = &lmdb_ops;
	lmdb->broken = broken;
	rc = make_dir(dir, err);
	if (rc == 0)
		rc = open_env(lmdb, dir, map_bytes ? map_bytes : MAP_BYTES_DEFAULT, err);
	if (rc != 0) {
		lmdb_ops.close(&lmdb->base);
		return rc;
	}
	*ret = &lmdb->base;
	return 0;
}

int kv_lmdb_open_reader(
        struct kv **ret, const char *dir, kv_lmdb_broken *broken, struct dfs_error *err)
{
	struct kv_lmdb *lmdb = calloc(1, sizeof(*lmdb));
	char file[4200];
	int rc;

	if (!lmdb)
		return error_set(err, DFS_E_NOMEM, "out of memory");
	lmdb->base.ops = &lmdb_ops;
	lmdb->broken = broken;
	snprintf(file, sizeof(file), "%s/data.mdb", dir);
	rc = kv_lmdb_size_check(file, err);
	if (rc == 0) {
		rc = open_reading(lmdb, dir, MDB_RDONLY | MDB_NOTLS);
		if (rc != 0)
			error_set(err, rc, "%s cannot be read: %s", file, dfs_error_text(rc));
	}
	if (rc != 0) {
		lmdb_ops.close(&lmdb->base);
		return rc;
	}
	*ret = &lmdb->base;
	return 0;
}

const void *kv_lmdb_map(struct kv *kv, size_t *ret_size)
{
	MDB_envinfo info = {0};

	/* me_mapaddr of the info is set for fixed maps only: a page of the file tells where it is.
	 */
	mdb_env_info(((struct kv_lmdb *)kv)->env, &info);
	*ret_size = info.me_mapsize;
	return map_start((struct kv_lmdb *)kv);
}

static void lmdb_close(struct kv *kv)
{
	struct kv_lmdb *lmdb = (struct kv_lmdb *)kv;
	struct lmdb_txn *idle;

	if (!lmdb)
		return;
	assert(!lmdb->writer.txn);
	idle = atomic_load(&lmdb->idle_reader);
	if (idle) {
		mdb_txn_abort(idle->txn);
		free(idle);
	}
	if (lmdb->env)
		mdb_env_close(lmdb->env);
	free(lmdb);
}

static int lmdb_begin(struct kv *kv, bool write, struct kv_txn **ret_txn)
{
	struct kv_lmdb *lmdb = (struct kv_lmdb *)kv;
	struct lmdb_txn *txn = &lmdb->writer;
	MDB_txn *begun;
	int rc;

	if (!write) {
		txn = reader_begin(lmdb, &rc);
		if (!txn)
			return rc;
	} else {
		rc = mdb_txn_begin(lmdb->env, NULL, 0, &begun); /* waits for another writer's end */
		if (rc != 0)
			return failure(rc);
		assert(!txn->txn);
		*txn = (struct lmdb_txn){{&lmdb_ops}, lmdb, begun, true};
		for (int i = 0; i < KV_TABLES_MAX; i++)
			lmdb->last[i].known = false;
	}
	*ret_txn = &txn->base;
	return 0;
}

static int lmdb_commit(struct kv_txn *base)
{
	struct lmdb_txn *txn = (struct lmdb_txn *)base;
	MDB_txn *ending = txn->txn;
	int rc;

	assert(ending);
	if (!txn->write) {
		reader_end(txn);
		return 0;
	}
	/* Before the commit gives the lock to the next writer, on another thread perhaps. */
	txn->txn = NULL;
	rc = mdb_txn_commit(ending);
	if (rc == MDB_MAP_FULL)
		return DFS_E_NOSPC; /* seen before anything was written */
	return rc == 0 ? 0 : DFS_E_IO;
}

static void lmdb_abort(struct kv_txn *base)
{
	struct lmdb_txn *txn = (struct lmdb_txn *)base;
	MDB_txn *ending;

	if (!txn)
		return;
	ending = txn->txn;
	assert(ending);
	if (!txn->write) {
		reader_end(txn);
		return;
	}
	txn->txn = NULL;
	mdb_txn_abort(ending);
}

static int lmdb_get(struct kv_txn *base, int table, struct kv_bytes key, struct kv_bytes *ret_value)
{
	struct lmdb_txn *txn = (struct lmdb_txn *)base;
	MDB_val k = to_val(key), v;
	int rc = mdb_get(txn->txn, txn->kv->tables[table], &k, &v);

	if (rc == 0 && !sane(v))
		return DFS_E_CORRUPT;
	if (rc != 0)
		return failure(rc);
	*ret_value = from_val(v);
	return 0;
}

static int lmdb_put(struct kv_txn *base, int table, struct kv_bytes key, struct kv_bytes value)
{
	struct lmdb_txn *txn = (struct lmdb_txn *)base;
	MDB_val k = to_val(key), v = to_val(value);
	MDB_dbi table_id = txn->kv->tables[table];
	int rc = MDB_KEYEXIST;

	assert(txn->write && key.size >= 1 && key.size <= KV_KEY_MAX);
	/*
	 * Most keys of a log are the greatest so far. Appended, they fill pages to the end where a
	 * plain put would split them in halves: half as many are written.
	 */
	if (past_last(txn, table, key))
		rc = mdb_put(txn->txn, table_id, &k, &v, MDB_APPEND);
	if (rc == MDB_KEYEXIST)
		rc = mdb_put(txn->txn, table_id, &k, &v, 0);
	return failure(rc);
}

static int lmdb_del(struct kv_txn *base, int table, struct kv_bytes key)
{
	struct lmdb_txn *txn = (struct lmdb_txn *)base;
	MDB_val k = to_val(key);

	assert(txn->write);
	return failure(mdb_del(txn->txn, txn->kv->tables[table], &k, NULL));
}

static int lmdb_cursor_open(struct kv_txn *base, int table, struct kv_cursor **ret_cursor)
{
	struct lmdb_txn *txn = (struct lmdb_txn *)base;
	struct lmdb_cursor *cursor = malloc(sizeof(*cursor));
	int rc;

	if (!cursor)
		return DFS_E_NOMEM;
	rc = mdb_cursor_open(txn->txn, txn->kv->tables[table], &cursor->cursor);
	if (rc != 0) {
		free(cursor);
		return failure(rc);
	}
	cursor->base.ops = &lmdb_ops;
	*ret_cursor = &cursor->base;
	return 0;
}

static int cursor_move(struct kv_cursor *base, MDB_cursor_op op, MDB_val *key,
        struct kv_bytes *ret_key, struct kv_bytes *ret_value)
{
	struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
	MDB_val value;
	int rc = mdb_cursor_get(cursor->cursor, key, &value, op);

	if (rc == 0 && (!sane(*key) || !sane(value) || key->mv_size > KV_KEY_MAX))
		return DFS_E_CORRUPT;
	if (rc != 0)
		return failure(rc);
	*ret_key = from_val(*key);
	*ret_value = from_val(value);
	return 0;
}

static int lmdb_seek(struct kv_cursor *cursor, struct kv_bytes key, struct kv_bytes *ret_key,
        struct kv_bytes *ret_value)
{
	MDB_val at = to_val(key);

	return cursor_move(cursor, key.size ? MDB_SET_RANGE : MDB_FIRST, &at, ret_key, ret_value);
}

static int lmdb_next(struct kv_cursor *cursor, struct kv_bytes *ret_key, struct kv_bytes *ret_value)
{
	MDB_val at;

	return cursor_move(cursor, MDB_NEXT, &at, ret_key, ret_value);
}

static int lmdb_last(struct kv_cursor *cursor, struct kv_bytes *ret_key, struct kv_bytes *ret_value)
{
	MDB_val at;

	return cursor_move(cursor, MDB_LAST, &at, ret_key, ret_value);
}

static void lmdb_cursor_close(struct kv_cursor *base)
{
	struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;

	if (!cursor)
		return;
	mdb_cursor_close(cursor->cursor);
	free(cursor);
}

static int lmdb_copy(struct kv *kv, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return error_from_errno(errno);
	rc = copy_to((struct kv_lmdb *)kv, fd, path);
	if (close(fd) != 0 && rc == 0)
		rc = DFS_E_IO;
	if (rc != 0)
		unlink(path);
	return rc;
}

static int lmdb_open_copy(struct kv *kv, const char *path, struct kv **ret)
{
	struct kv_lmdb *lmdb = calloc(1, sizeof(*lmdb));
	int rc = lmdb ? kv_lmdb_size_check(path, NULL) : DFS_E_NOMEM;

	if (rc == 0) {
		lmdb->base.ops = &lmdb_ops;
		/* Nobody else has the file: no lock, and nothing is written beside it. */
		rc = access(path, F_OK) == 0
		             ? open_reading(lmdb, path,
		                       MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS)
		             : DFS_E_NOENT;
	}
	if (rc == 0)
		*ret = &lmdb->base;
	else
		lmdb_ops.close(&lmdb->base);
	return rc;
}

/*
 * A file beside the store's own: there is room for the metadata, if anywhere. Its name goes as soon
 * as it is open; what a crash left of an earlier one goes first.
 */
static int lmdb_scratch(struct kv *kv, struct kv **ret)
{
	char path[SCRATCH_PATH_MAX];
	const char *home;
	int rc;

	if (mdb_env_get_path(((struct kv_lmdb *)kv)->env, &home) != 0)
		return DFS_E_INTERNAL;
	if (snprintf(path, sizeof(path), "%s/scratch.mdb", home) >= (int)sizeof(path))
		return DFS_E_NAME;
	unlink(path);
	rc = lmdb_copy(kv, path);
	if (rc == 0)
		rc = lmdb_open_copy(kv, path, ret);
	unlink(path);
	return rc;
}

static const struct kv_ops lmdb_ops = {
        .begin = lmdb_begin,
        .commit = lmdb_commit,
        .abort = lmdb_abort,
        .get = lmdb_get,
        .put = lmdb_put,
        .del = lmdb_del,
        .cursor_open = lmdb_cursor_open,
        .seek = lmdb_seek,
        .next = lmdb_next,
        .last = lmdb_last,
        .cursor_close = lmdb_cursor_close,
        .copy = lmdb_copy,
        .open_copy = lmdb_open_copy,
        .scratch = lmdb_scratch,
        .close = lmdb_close,
};

static int open_env(
        struct kv_lmdb *lmdb, const char *dir, uint64_t map_bytes, struct dfs_error *err)
{
	struct buf file = {0};
	int dead, rc;

	buf_printf(&file, "%s/data.mdb", dir);
	rc = file.failed ? DFS_E_NOMEM : kv_lmdb_size_check(file.data, err);
	buf_fini(&file);
	if (rc != 0)
		return rc;
	rc = make_env(lmdb);
	if (rc == 0)
		rc = mdb_env_set_mapsize(lmdb->env, map_bytes);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(lmdb->env, KV_TABLES_MAX);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(lmdb->env, READERS_MAX);
	if (rc == 0)
		rc = mdb_env_open(lmdb->env, dir, MDB_NOTLS, 0600);
	if (rc == 0)
		rc = mdb_reader_check(lmdb->env, &dead);
	if (rc == 0)
		rc = open_tables(lmdb, true);
	if (rc != 0)
		return error_set(err, failure(rc), "%s: the metadata store cannot be opened: %s",
		        dir, mdb_strerror(rc));
	/* The file's name must be as durable as what is committed to it. */
	rc = io_disk_real.fsync_dir(NULL, dir);
	if (rc != 0)
		return error_set(err, error_from_errno(-rc), "%s: %s", dir, strerror(-rc));
	return 0;
}

static void assert_failed(MDB_env *env, const char *text)
{
	struct kv_lmdb *lmdb = mdb_env_get_userctx(env);

	if (lmdb && lmdb->broken)
		lmdb->broken(text);
}

static int make_env(struct kv_lmdb *lmdb)
{
	int rc = mdb_env_create(&lmdb->env);

	if (rc == 0)
		rc = mdb_env_set_userctx(lmdb->env, lmdb);
	if (rc == 0)
		rc = mdb_env_set_assert(lmdb->env, assert_failed);
	return rc;
}

static int open_reading(struct kv_lmdb *lmdb, const char *path, unsigned flags)
{
	int rc = make_env(lmdb);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(lmdb->env, KV_TABLES_MAX);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(lmdb->env, READERS_MAX);
	if (rc == 0)
		rc = mdb_env_open(lmdb->env, path, flags, 0600);
	if (rc == 0)
		rc = open_tables(lmdb, false);
	return rc == MDB_NOTFOUND ? DFS_E_CORRUPT : failure(rc);
}

static int open_tables(struct kv_lmdb *lmdb, bool create)
{
	MDB_txn *txn;
	char name[8];
	int rc = mdb_txn_begin(lmdb->env, NULL, create ? 0 : MDB_RDONLY, &txn);

	if (rc != 0)
		return rc;
	for (int i = 0; i < KV_TABLES_MAX; i++) {
		snprintf(name, sizeof(name), "t%02d", i);
		rc = mdb_dbi_open(txn, name, create ? MDB_CREATE : 0, &lmdb->tables[i]);
		if (rc != 0) {
			mdb_txn_abort(txn);
			return rc;
		}
	}
	return mdb_txn_commit(txn);
}

static int make_dir(const char *dir, struct dfs_error *err)
{
	int rc;

	if (mkdir(dir, 0700) != 0)
		return errno == EEXIST ? 0
		                       : error_set(err, error_from_errno(errno), "%s: %s", dir,
		                                 strerror(errno));
	rc = sync_parent(dir);
	if (rc != 0)
		return error_set(err, error_from_errno(-rc), "%s: %s", dir, strerror(-rc));
	return 0;
}

/* Make the name of `path` durable. 0 or a negative errno. */
static int sync_parent(const char *path)
{
	size_t size = strlen(path);
	char *parent;
	int rc;

	while (size > 1 && path[size - 1] == '/')
		size--;
	while (size > 0 && path[size - 1] != '/')
		size--;
	parent = size ? strndup(path, size) : strdup(".");
	if (!parent)
		return -ENOMEM;
	rc = io_disk_real.fsync_dir(NULL, parent);
	free(parent);
	return rc;
}

static int failure(int code)
{
	switch (code) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return DFS_E_NOENT;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
		return DFS_E_NOSPC;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_CURSOR_FULL:
	case MDB_INVALID:
	case MDB_BAD_TXN: /* a page of it was found damaged before */
	case MDB_INCOMPATIBLE:
	case MDB_BAD_VALSIZE:
	case MDB_BAD_DBI:
		return DFS_E_CORRUPT;
	case MDB_VERSION_MISMATCH:
		return DFS_E_VERSION;
	case MDB_READERS_FULL:
		return DFS_E_BUSY;
	case ENOMEM:
		return DFS_E_NOMEM;
	default:
		return DFS_E_IO;
	}
}

/* Whether the key is greater than all in its table; it is the last one then. */
static bool past_last(struct lmdb_txn *txn, int table, struct kv_bytes key)
{
	struct lmdb_last *last = &txn->kv->last[table];
	size_t common;
	int order;

	if (!last->known && last_find(txn, table) != 0)
		return false;
	common = last->size < key.size ? last->size : key.size;
	order = memcmp(key.data, last->key, common);
	if (order < 0 || (order == 0 && key.size <= last->size))
		return false;
	memcpy(last->key, key.data, key.size);
	last->size = key.size;
	return true;
}

static int last_find(struct lmdb_txn *txn, int table)
{
	struct lmdb_last *last = &txn->kv->last[table];
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(txn->txn, txn->kv->tables[table], &cursor);

	if (rc != 0)
		return rc;
	rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
	mdb_cursor_close(cursor);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return rc;
	last->size = rc == 0 ? key.mv_size : 0;
	memcpy(last->key, rc == 0 ? key.mv_data : "", last->size);
	last->known = true;
	return 0;
}

/* The kept reader where it is free, else a new one. */
static struct lmdb_txn *reader_begin(struct kv_lmdb *lmdb, int *ret_code)
{
	struct lmdb_txn *txn = atomic_exchange(&lmdb->idle_reader, NULL);
	int rc;

	if (txn) {
		rc = mdb_txn_renew(txn->txn);
		if (rc != 0)
			mdb_txn_abort(txn->txn);
	} else {
		txn = malloc(sizeof(*txn));
		if (!txn) {
			*ret_code = DFS_E_NOMEM;
			return NULL;
		}
		*txn = (struct lmdb_txn){{&lmdb_ops}, lmdb, NULL, false};
		rc = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn->txn);
	}
	if (rc == 0)
		return txn;
	free(txn);
	*ret_code = failure(rc);
	return NULL;
}

static void reader_end(struct lmdb_txn *txn)
{
	struct lmdb_txn *other;

	mdb_txn_reset(txn->txn);
	other = atomic_exchange(&txn->kv->idle_reader, txn);
	if (other) {
		mdb_txn_abort(other->txn);
		free(other);
	}
}

static int copy_to(struct kv_lmdb *lmdb, int fd, const char *path)
{
	/* Without its free pages: a copy is as long as what is in it. */
	int rc = mdb_env_copyfd2(lmdb->env, fd, MDB_CP_COMPACT);

	if (rc != 0)
		return failure(rc);
	if (fdatasync(fd) != 0 || sync_parent(path) != 0)
		return DFS_E_IO;
	return 0;
}

/* LMDB does not tell; its file is the mapping of the process that bears its name. */
static const char *map_start(struct kv_lmdb *lmdb)
{
	const char *dir = "";
	char line[8192], name[8192];
	void *found = NULL;
	FILE *maps = fopen("/proc/self/maps", "re");

	mdb_env_get_path(lmdb->env, &dir);
	if (!realpath(dir, name))
		name[0] = '\0';
	while (maps && !found && fgets(line, sizeof(line), maps)) {
		const char *file = strchr(line, '/');
		void *from;

		if (file && name[0] && strncmp(file, name, strlen(name)) == 0 &&
		        strcmp(file + strlen(name), "/data.mdb\n") == 0 &&
		        sscanf(line, "%p-", &from) == 1)
			found = from;
	}
	if (maps)
		fclose(maps);
	return found;
}

const void *kv_lmdb_code(size_t *ret_size)
{
	uintptr_t inside = (uintptr_t)mdb_env_open, from, to;
	const void *found = NULL;
	char line[8192];
	FILE *maps = fopen("/proc/self/maps", "re");

	while (maps && !found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2 || inside < from ||
		        inside >= to || !strstr(line, "/liblmdb"))
			continue;
		found = (const void *)from;
		*ret_size = to - from;
	}
	if (maps)
		fclose(maps);
	return found;
}
