/* SPDX-License-Identifier: MIT */
/* up, down, init, master, datanode: their flags. A row of the table of flags says where its value
 * goes and what it must be. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "cmd/roles.h"
#include "lua/command.h"
#include "node/process/roles.h"

enum flag_kind { FLAG_TEXT, FLAG_SWITCH, FLAG_U32, FLAG_PORT, FLAG_SIZE, FLAG_MS, FLAG_DATA };

struct flag {
	const char *name;
	enum flag_kind kind;
	void *to;
	bool *given;     /* may be NULL */
	uint32_t *count; /* FLAG_DATA */
};

struct flags {
	const char *verb, *usage;
	const struct flag *rows;
	size_t count;
};

static int up_run(const struct scripts *scripts, int argc, char **argv);
static int down_run(const struct scripts *scripts, int argc, char **argv);
static int init_run(const struct scripts *scripts, int argc, char **argv);
static int master_run(const struct scripts *scripts, int argc, char **argv);
static int datanode_run(const struct scripts *scripts, int argc, char **argv);
static int parse(const struct flags *flags, int argc, char **argv);
static int parse_config(const struct flags *flags, const char *path);
static int config_row(void *arg, const char *key, const char *value, struct dfs_error *err);
static const struct flag *flag_find(const struct flags *flags, const char *name, size_t size);
static int flag_take(const struct flag *flag, const char *value, struct dfs_error *err);
static int finish(const char *verb, int code, const struct dfs_error *err);
static int need(const char *verb, const char *flag, const char *value);

static const struct role roles[] = {
        {"up", "start a whole cluster on this machine",
                "usage: dfs up [--nodes N] [--dir DIR] [--port P] [--detach] [--placement NAME] "
                "[--chunking NAME]\n"
                "\n"
                "Start a master and N datanodes as children of one process, with all data below "
                "DIR\n"
                "(default: $XDG_DATA_HOME/dfs). A second start on the same DIR brings the data "
                "back.\n"
                "\n"
                "  --nodes N         datanodes, 1 to 64 (default: those of DIR, else 3)\n"
                "  --dir DIR         where everything is kept\n"
                "  --port P          the master's port; datanode i listens on P+i (default: that "
                "of DIR, else 7070)\n"
                "  --detach          return when the cluster is healthy; `dfs down` ends it\n"
                "  --placement NAME  a script of scripts/placement (default: spread)\n"
                "  --chunking NAME   a script of scripts/chunking (default: fixed)\n"
                "  --master-config FILE  a Lua table of flags of `dfs master`, without the dashes, - "
                "as _\n",
                up_run},
        {"down", "end the cluster that `dfs up` started",
                "usage: dfs down [--dir DIR]\n"
                "\n"
                "End the processes of `dfs up` on DIR, in order, and wait for it. The data "
                "stays.\n",
                down_run},
        {"init", "make the files of a new cluster, or of a datanode",
                "usage: dfs init --dir DIR [--listen HOST:PORT]\n"
                "       dfs init --datanode --dir DIR --key FILE [--data DIR]...\n"
                "\n"
                "The first makes DIR/cluster.key (copy it to every machine of the cluster, 0600), "
                "DIR/master\n"
                "for the metadata and DIR/client.lua for clients. The second gives a datanode its "
                "identity.\n"
                "\n"
                "  --listen H:P   where the master will listen (default: 127.0.0.1:7070)\n"
                "  --key FILE     the cluster's key\n"
                "  --data DIR     a data directory, one a disk (default: DIR/data)\n",
                init_run},
        {"master", "run a master",
                "usage: dfs master --dir DIR --key FILE [--listen HOST:PORT] [--config FILE] ...\n"
                "\n"
                "  --dir DIR           the metadata (made by `dfs init`)\n"
                "  --key FILE          the cluster's key\n"
                "  --listen H:P        default 127.0.0.1:7070\n"
                "  --config FILE       a Lua table of these flags, without the dashes, - as _\n"
                "  --placement NAME    a script of scripts/placement (default: spread)\n"
                "  --chunking NAME     a script of scripts/chunking (default: fixed)\n"
                "  --goal N            replicas where nobody asks (default: 3)\n"
                "  --min-replicas N    fewer live datanodes refuse a write (default: 2, or the "
                "goal)\n"
                "  --dead-after MS     silence of a datanode that counts as death (default: "
                "10000)\n"
                "  --session MS        silence of a writer that ends its session (default: "
                "120000)\n"
                "  --linger MS         how long freed chunks are kept for readers (default: "
                "600000)\n"
                "  --ticket MS         how long a reader may use what it was told (default: "
                "300000)\n"
                "  --lease MS          default 60000\n"
                "  --safe-mode MS      how long a started master waits for its datanodes (default: "
                "60000)\n"
                "  --freeze-wait MS    how long a seal waits for silent replicas (default: 3000)\n"
                "  --checkpoint MS     how often the metadata is copied into DIR/checkpoints "
                "(default: "
                "3600000)\n"
                "  --checkpoint-log SIZE  and after so much of its log (default: 64M)\n"
                "  --idle-seal MS      how long an open chunk may rest once its writer is gone "
                "(default: 60000)\n"
                "  --copies N          copies between datanodes at once, 1 to 256 (default: 16)\n"
                "  --copies-from N     of these, from one datanode (default: 2)\n"
                "  --copies-to N       of these, to one datanode (default: 2)\n"
                "  --repair-rate SIZE  bytes/s that copies may move at a datanode that serves "
                "nobody else\n"
                "                      (default: no bound)\n"
                "  --repair-busy-rate SIZE     and at one that serves users (default: 16M)\n"
                "  --repair-cluster-rate SIZE  bytes/s of all copies (default: no bound)\n"
                "  --trim-after MS     how long datanodes must have been steady before replicas "
                "above the goal\n"
                "                      are deleted (default: 300000)\n"
                "  --map-size SIZE     address space of the database (default: 1T)\n",
                master_run},
        {"datanode", "run a datanode",
                "usage: dfs datanode --dir DIR --key FILE --master HOST:PORT [--listen HOST:PORT] "
                "...\n"
                "\n"
                "  --dir DIR        its identity (made by `dfs init --datanode`)\n"
                "  --key FILE       the cluster's key\n"
                "  --master H:P     default 127.0.0.1:7070\n"
                "  --listen H:P     default 127.0.0.1:7071\n"
                "  --address H:P    what others reach it by (default: that of --listen)\n"
                "  --rack NAME      its failure domain\n"
                "  --data DIR       a data directory, one a disk; may be repeated (default: "
                "DIR/data)\n"
                "  --reserve SIZE   bytes of each disk never filled (default: max(1 %, 1 GiB), "
                "less on small disks)\n"
                "  --config FILE    a Lua table of these flags, without the dashes, - as _\n",
                datanode_run},
};

const struct role *role_find(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, name) == 0)
			return &roles[i];
	}
	return NULL;
}

const char *roles_summary(void)
{
	return "up\tstart a whole cluster on this machine\n"
	       "down\tend the cluster that `dfs up` started\n"
	       "init\tmake the files of a new cluster, or of a datanode\n"
	       "master\trun a master\n"
	       "datanode\trun a datanode\n";
}

static int up_run(const struct scripts *scripts, int argc, char **argv)
{
	struct up_settings settings = {0};
	struct role_files files = {.program = scripts->program, .scripts = scripts->root};
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"nodes", FLAG_U32, &settings.nodes},
	        {"dir", FLAG_TEXT, &settings.dir},
	        {"port", FLAG_PORT, &settings.port, &settings.port_given},
	        {"detach", FLAG_SWITCH, &settings.detach},
	        {"placement", FLAG_TEXT, &settings.placement},
	        {"chunking", FLAG_TEXT, &settings.chunking},
	        {"master-config", FLAG_TEXT, &settings.master_config},
	};
	int code = parse(
	        &(struct flags){"up", role_find("up")->usage, rows, sizeof(rows) / sizeof(rows[0])},
	        argc, argv);

	return code >= 0 ? code : finish("up", role_up(&files, &settings, &err), &err);
}

static int down_run(const struct scripts *scripts, int argc, char **argv)
{
	const char *dir = NULL;
	struct dfs_error err = {0};
	const struct flag rows[] = {{"dir", FLAG_TEXT, &dir}};
	int code = parse(&(struct flags){"down", role_find("down")->usage, rows, 1}, argc, argv);

	return code >= 0 ? code : finish("down", role_down(dir, &err), &err);
}

static int init_run(const struct scripts *scripts, int argc, char **argv)
{
	struct datanode_settings node = {0};
	bool datanode = false;
	const char *listen = "127.0.0.1:7070";
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"dir", FLAG_TEXT, &node.dir},
	        {"listen", FLAG_TEXT, &listen},
	        {"datanode", FLAG_SWITCH, &datanode},
	        {"key", FLAG_TEXT, &node.key},
	        {"data", FLAG_DATA, node.data, NULL, &node.data_count},
	};
	int code = parse(&(struct flags){"init", role_find("init")->usage, rows,
	                         sizeof(rows) / sizeof(rows[0])},
	        argc, argv);

	if (code < 0 && need("init", "--dir", node.dir))
		return 2;
	if (code < 0 && datanode && need("init --datanode", "--key", node.key))
		return 2;
	if (code >= 0)
		return code;
	return finish("init",
	        datanode ? init_datanode(&node, &err) : init_cluster(node.dir, listen, &err), &err);
}

static int master_run(const struct scripts *scripts, int argc, char **argv)
{
	struct master_settings settings = {.listen = "127.0.0.1:7070"};
	struct role_files files = {.program = scripts->program, .scripts = scripts->root};
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"dir", FLAG_TEXT, &settings.dir},
	        {"key", FLAG_TEXT, &settings.key},
	        {"listen", FLAG_TEXT, &settings.listen},
	        {"placement", FLAG_TEXT, &settings.placement},
	        {"chunking", FLAG_TEXT, &settings.chunking},
	        {"goal", FLAG_U32, &settings.goal},
	        {"min-replicas", FLAG_U32, &settings.min_replicas},
	        {"dead-after", FLAG_MS, &settings.dead_after_ms},
	        {"session", FLAG_MS, &settings.session_ms},
	        {"linger", FLAG_MS, &settings.linger_ms},
	        {"ticket", FLAG_MS, &settings.ticket_ms},
	        {"lease", FLAG_MS, &settings.lease_ms},
	        {"safe-mode", FLAG_MS, &settings.safe_mode_ms},
	        {"freeze-wait", FLAG_MS, &settings.freeze_wait_ms},
	        {"checkpoint", FLAG_MS, &settings.checkpoint_ms},
	        {"checkpoint-log", FLAG_SIZE, &settings.checkpoint_log_bytes},
	        {"idle-seal", FLAG_MS, &settings.idle_seal_ms},
	        {"copies", FLAG_U32, &settings.copies},
	        {"copies-from", FLAG_U32, &settings.copies_from},
	        {"copies-to", FLAG_U32, &settings.copies_to},
	        {"repair-rate", FLAG_SIZE, &settings.repair_rate},
	        {"repair-busy-rate", FLAG_SIZE, &settings.repair_busy_rate},
	        {"repair-cluster-rate", FLAG_SIZE, &settings.repair_cluster_rate},
	        {"trim-after", FLAG_MS, &settings.trim_after_ms},
	        {"map-size", FLAG_SIZE, &settings.map_bytes},
	};
	int code = parse(&(struct flags){"master", role_find("master")->usage, rows,
	                         sizeof(rows) / sizeof(rows[0])},
	        argc, argv);

	if (code < 0 &&
	        (need("master", "--dir", settings.dir) || need("master", "--key", settings.key)))
		return 2;
	return code >= 0 ? code : finish("master", role_master(&files, &settings, &err), &err);
}

static int datanode_run(const struct scripts *scripts, int argc, char **argv)
{
	struct datanode_settings settings = {
	        .listen = "127.0.0.1:7071",
	        .master = "127.0.0.1:7070",
	        .reserve_bytes = UINT64_MAX,
	};
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"dir", FLAG_TEXT, &settings.dir},
	        {"key", FLAG_TEXT, &settings.key},
	        {"master", FLAG_TEXT, &settings.master},
	        {"listen", FLAG_TEXT, &settings.listen},
	        {"address", FLAG_TEXT, &settings.address},
	        {"rack", FLAG_TEXT, &settings.rack},
	        {"data", FLAG_DATA, settings.data, NULL, &settings.data_count},
	        {"reserve", FLAG_SIZE, &settings.reserve_bytes},
	};
	int code = parse(&(struct flags){"datanode", role_find("datanode")->usage, rows,
	                         sizeof(rows) / sizeof(rows[0])},
	        argc, argv);

	if (code < 0 && (need("datanode", "--dir", settings.dir) ||
	                        need("datanode", "--key", settings.key)))
		return 2;
	return code >= 0 ? code : finish("datanode", role_datanode(&settings, &err), &err);
}

/* -1: go on; else the exit code. The configuration file is read first, so that flags override it.
 */
static int parse(const struct flags *flags, int argc, char **argv)
{
	struct dfs_error err = {0};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(flags->usage, stdout);
			return 0;
		}
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc &&
		        parse_config(flags, argv[++i]) != 0)
			return 1;
		if (strncmp(argv[i], "--config=", 9) == 0 && parse_config(flags, argv[i] + 9) != 0)
			return 1;
	}
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		size_t size = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
		const struct flag *flag = strncmp(argv[i], "--", 2) == 0
		                                  ? flag_find(flags, argv[i] + 2, size - 2)
		                                  : NULL;
		const char *value = equals ? equals + 1 : NULL;

		if (strcmp(argv[i], "--config") == 0) {
			if (++i < argc)
				continue;
			fprintf(stderr, "dfs %s: --config needs a value\n", flags->verb);
			return 2;
		}
		if (strncmp(argv[i], "--config=", 9) == 0)
			continue;
		if (!flag) {
			fprintf(stderr, "dfs %s: unknown argument %s: see dfs %s --help\n",
			        flags->verb, argv[i], flags->verb);
			return 2;
		}
		if (!value && flag->kind != FLAG_SWITCH)
			value = i + 1 < argc ? argv[++i] : NULL;
		if (flag->kind != FLAG_SWITCH && !value) {
			fprintf(stderr, "dfs %s: --%s needs a value\n", flags->verb, flag->name);
			return 2;
		}
		if (flag_take(flag, value, &err) != 0) {
			fprintf(stderr, "dfs %s: --%s: %s\n", flags->verb, flag->name, err.text);
			return 2;
		}
	}
	return -1;
}

static int parse_config(const struct flags *flags, const char *path)
{
	struct dfs_error err = {0};

	if (config_read(path, config_row, (void *)flags, &err) == 0)
		return 0;
	fprintf(stderr, "dfs %s: %s\n", flags->verb, err.text);
	return -1;
}

/* "dead_after" for --dead-after; "data.1", "data.2" for a list. */
static int config_row(void *arg, const char *key, const char *value, struct dfs_error *err)
{
	const struct flags *flags = arg;
	char name[64];
	const struct flag *flag;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(key, "."), key);
	for (char *at = name; *at; at++)
		*at = *at == '_' ? '-' : *at;
	flag = flag_find(flags, name, strlen(name));
	if (!flag || (key[strlen(name)] == '.' && flag->kind != FLAG_DATA))
		return error_set(err, DFS_E_INVAL, "unknown setting %s", key);
	value = strdup(value); /* lives as long as the process */
	if (flag_take(flag, value, err) != 0)
		return error_where(err, "%s", key);
	return 0;
}

static const struct flag *flag_find(const struct flags *flags, const char *name, size_t size)
{
	for (size_t i = 0; i < flags->count; i++) {
		if (strlen(flags->rows[i].name) == size &&
		        strncmp(flags->rows[i].name, name, size) == 0)
			return &flags->rows[i];
	}
	return NULL;
}

static int flag_take(const struct flag *flag, const char *value, struct dfs_error *err)
{
	uint64_t number = 0;
	int code = 0;

	if (flag->given)
		*flag->given = true;
	switch (flag->kind) {
	case FLAG_SWITCH:
		*(bool *)flag->to = !value || strcmp(value, "true") == 0;
		return 0;
	case FLAG_TEXT:
		if (!*value)
			return error_set(err, DFS_E_INVAL, "an empty value");
		*(const char **)flag->to = value;
		return 0;
	case FLAG_DATA:
		if (*flag->count == DATA_DIRS_MAX)
			return error_set(
			        err, DFS_E_INVAL, "at most %d data directories", DATA_DIRS_MAX);
		((const char **)flag->to)[(*flag->count)++] = value;
		return 0;
	case FLAG_SIZE:
		return text_parse_size(value, flag->to, err);
	case FLAG_MS:
		return text_parse_u64(value, flag->to, err);
	case FLAG_U32:
	case FLAG_PORT:
		code = text_parse_u64(value, &number, err);
		if (code == 0 &&
		        (number == 0 || number > (flag->kind == FLAG_PORT ? 65535 : 1000000)))
			code = error_set(err, DFS_E_INVAL, "%s is not between 1 and %d", value,
			        flag->kind == FLAG_PORT ? 65535 : 1000000);
		if (code == 0 && flag->kind == FLAG_PORT)
			*(uint16_t *)flag->to = (uint16_t)number;
		else if (code == 0)
			*(uint32_t *)flag->to = (uint32_t)number;
		return code;
	}
	return DFS_E_INTERNAL;
}

static int finish(const char *verb, int code, const struct dfs_error *err)
{
	if (code == 0)
		return 0;
	fprintf(stderr, "dfs %s: %s\n", verb, err->text);
	return code == DFS_E_INVAL ? 2 : 1;
}

static int need(const char *verb, const char *flag, const char *value)
{
	if (value)
		return 0;
	fprintf(stderr, "dfs %s: %s is needed: see dfs %s --help\n", verb, flag, verb);
	return 1;
}
