/* SPDX-License-Identifier: MIT */
/*
 * How many files a second LMDB alone can create durably: for each the rows that a create needs (a
 * name, an inode, a log entry), a number of them in one transaction, each transaction committed to
 * disk.
 *
 *     lmdb_alone DIR COUNT BATCH          prints creates/s; DIR must be empty
 */
#include <endian.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TABLES = 3, NAMES = 0, INODES = 1, LOG = 2 };
enum { INODE_SIZE = 88, LOG_SIZE = 120 };

struct database {
	MDB_env *env;
	MDB_dbi tables[TABLES];
	MDB_txn *txn;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void check(int code, const char *what)
{
	if (code == 0)
		return;
	fprintf(stderr, "lmdb_alone: %s: %s\n", what, mdb_strerror(code));
	exit(1);
}

static void put(struct database *database, int table, const void *key, size_t key_size,
        const void *value, size_t value_size)
{
	MDB_val k = {key_size, (void *)key}, v = {value_size, (void *)value};

	check(mdb_put(database->txn, database->tables[table], &k, &v, 0), "put");
}

static void create(struct database *database, uint64_t number)
{
	static const char zeros[LOG_SIZE];
	uint64_t id = htobe64(number + 2);
	char name[8 + 32];
	int size;

	memset(name, 0, 8);
	name[7] = 1; /* the parent's inode */
	size = snprintf(name + 8, sizeof(name) - 8, "f%08llu", (unsigned long long)number);
	put(database, NAMES, name, 8 + (size_t)size, &id, sizeof(id));
	put(database, INODES, &id, sizeof(id), zeros, INODE_SIZE);
	put(database, LOG, &id, sizeof(id), zeros, LOG_SIZE);
}

static void open_database(struct database *database, const char *directory)
{
	static const char *const names[TABLES] = {"name", "inode", "log"};

	check(mdb_env_create(&database->env), "env_create");
	check(mdb_env_set_maxdbs(database->env, TABLES), "maxdbs");
	check(mdb_env_set_mapsize(database->env, (size_t)8 << 30), "mapsize");
	check(mdb_env_open(database->env, directory, 0, 0600), directory);
	check(mdb_txn_begin(database->env, NULL, 0, &database->txn), "begin");
	for (int i = 0; i < TABLES; i++)
		check(mdb_dbi_open(database->txn, names[i], MDB_CREATE, &database->tables[i]),
		        names[i]);
	check(mdb_txn_commit(database->txn), "commit");
}

int main(int argc, char **argv)
{
	uint64_t count = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t batch = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	struct database database = {0};
	double start;

	if (count == 0 || batch == 0) {
		fprintf(stderr, "usage: lmdb_alone DIR COUNT BATCH\n");
		return 2;
	}
	open_database(&database, argv[1]);
	start = now();
	for (uint64_t done = 0; done < count;) {
		check(mdb_txn_begin(database.env, NULL, 0, &database.txn), "begin");
		for (uint64_t i = 0; i < batch && done < count; i++)
			create(&database, done++);
		check(mdb_txn_commit(database.txn), "commit");
	}
	printf("%.0f\n", (double)count / (now() - start));
	mdb_env_close(database.env);
	return 0;
}
