/* SPDX-License-Identifier: MIT */
/* up, down, init, master, datanode: their flags. A row of the table of flags says where its value
 * goes and what it must be. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "cmd/flags.h"
#include "cmd/master_verbs.h"
#include "cmd/roles.h"
#include "node/process/roles.h"

static int up_run(const struct scripts *scripts, int argc, char **argv);
static int down_run(const struct scripts *scripts, int argc, char **argv);
_Static_assert((int)DATA_DIRS_MAX >= (int)FLAG_LIST_MAX, "more --data than a datanode takes");

static int init_run(const struct scripts *scripts, int argc, char **argv);
static int master_run(const struct scripts *scripts, int argc, char **argv);
static int datanode_run(const struct scripts *scripts, int argc, char **argv);

static const struct role roles[] = {
        {"up", "start a whole cluster on this machine",
                "usage: dfs up [--nodes N] [--dir DIR] [--port P] [--detach] [--placement NAME] "
                "[--chunking NAME]\n"
                "              [--retain AGE] [--retain-policy NAME]\n"
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
                "  --repair NAME     a script of scripts/repair (default: urgent)\n"
                "  --master-config FILE  a Lua table of flags of `dfs master`, without the dashes, "
                "- "
                "as _\n"
                "  --retain AGE      how long what is removed stays in the trash: 3d, 12h, 0 "
                "(default: 3d)\n"
                "  --retain-policy NAME  a script of scripts/retain (default: default)\n",
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
                "       dfs master backup FILE [--dir DIR] [--force]\n"
                "       dfs master restore FILE --dir DIR\n"
                "       dfs master accept\n"
                "\n"
                "The first runs a master; the others keep its metadata from getting lost: each "
                "tells "
                "more by --help.\n"
                "\n"
                "  --dir DIR           the metadata (made by `dfs init`)\n"
                "  --key FILE          the cluster's key\n"
                "  --listen H:P        default 127.0.0.1:7070\n"
                "  --config FILE       a Lua table of these flags, without the dashes, - as _\n"
                "  --placement NAME    a script of scripts/placement (default: spread)\n"
                "  --chunking NAME     a script of scripts/chunking (default: fixed)\n"
                "  --repair NAME       a script of scripts/repair (default: urgent)\n"
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
                "  --keep MS           how often what is new in its log goes to the datanodes; 0: "
                "never, nor do\n"
                "                      checkpoints (default: 60000)\n"
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
                "  --balance-rate SIZE bytes/s that dfs balance moves (default: 32M)\n"
                "  --trim-after MS     how long datanodes must have been steady before replicas "
                "above the goal\n"
                "                      are deleted (default: 300000)\n"
                "  --map-size SIZE     address space of the database (default: 1T)\n"
                "  --retain AGE        how long what is removed stays in the trash: 3d, 12h, 0 "
                "(default: 3d)\n"
                "  --retain-policy NAME  a script of scripts/retain (default: default)\n"
                "  --orphan-grace AGE  how long replicas that the metadata does not know are left "
                "alone (default: 1h)\n",
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
	        {"repair", FLAG_TEXT, &settings.repair},
	        {"master-config", FLAG_TEXT, &settings.master_config},
	        {"retain", FLAG_AGE_TEXT, &settings.retain},
	        {"retain-policy", FLAG_TEXT, &settings.retain_policy},
	};
	int code = flags_parse(
	        &(struct flags){"up", role_find("up")->usage, rows, sizeof(rows) / sizeof(rows[0])},
	        argc, argv);

	return code >= 0 ? code : flags_finish("up", role_up(&files, &settings, &err), &err);
}

static int down_run(const struct scripts *scripts, int argc, char **argv)
{
	const char *dir = NULL;
	struct dfs_error err = {0};
	const struct flag rows[] = {{"dir", FLAG_TEXT, &dir}};
	int code =
	        flags_parse(&(struct flags){"down", role_find("down")->usage, rows, 1}, argc, argv);

	return code >= 0 ? code : flags_finish("down", role_down(dir, &err), &err);
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
	        {"data", FLAG_LIST, node.data, NULL, &node.data_count},
	};
	int code = flags_parse(&(struct flags){"init", role_find("init")->usage, rows,
	                               sizeof(rows) / sizeof(rows[0])},
	        argc, argv);

	if (code < 0 && flags_need("init", "--dir", node.dir))
		return 2;
	if (code < 0 && datanode && flags_need("init --datanode", "--key", node.key))
		return 2;
	if (code >= 0)
		return code;
	return flags_finish("init",
	        datanode ? init_datanode(&node, &err) : init_cluster(node.dir, listen, &err), &err);
}

static int master_run(const struct scripts *scripts, int argc, char **argv)
{
	int verb = master_verb_run(argc, argv);
	struct master_settings settings = {.listen = "127.0.0.1:7070"};
	struct role_files files = {.program = scripts->program, .scripts = scripts->root};
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"dir", FLAG_TEXT, &settings.dir},
	        {"key", FLAG_TEXT, &settings.key},
	        {"listen", FLAG_TEXT, &settings.listen},
	        {"placement", FLAG_TEXT, &settings.placement},
	        {"chunking", FLAG_TEXT, &settings.chunking},
	        {"repair", FLAG_TEXT, &settings.repair},
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
	        {"keep", FLAG_MS, &settings.keep_ms, &settings.keep_given},
	        {"idle-seal", FLAG_MS, &settings.idle_seal_ms},
	        {"copies", FLAG_U32, &settings.copies},
	        {"copies-from", FLAG_U32, &settings.copies_from},
	        {"copies-to", FLAG_U32, &settings.copies_to},
	        {"repair-rate", FLAG_SIZE, &settings.repair_rate},
	        {"repair-busy-rate", FLAG_SIZE, &settings.repair_busy_rate},
	        {"repair-cluster-rate", FLAG_SIZE, &settings.repair_cluster_rate},
	        {"balance-rate", FLAG_SIZE, &settings.balance_rate},
	        {"trim-after", FLAG_MS, &settings.trim_after_ms},
	        {"map-size", FLAG_SIZE, &settings.map_bytes},
	        {"retain", FLAG_AGE, &settings.retain_ms, &settings.retain_given},
	        {"retain-policy", FLAG_TEXT, &settings.retain_policy},
	        {"orphan-grace", FLAG_AGE, &settings.orphan_grace_ms, &settings.orphan_grace_given},
	};
	int code = verb >= 0 ? verb
	                     : flags_parse(&(struct flags){"master", role_find("master")->usage,
	                                           rows, sizeof(rows) / sizeof(rows[0])},
	                               argc, argv);

	if (code < 0 && (flags_need("master", "--dir", settings.dir) ||
	                        flags_need("master", "--key", settings.key)))
		return 2;
	return code >= 0 ? code
	                 : flags_finish("master", role_master(&files, &settings, &err), &err);
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
	        {"data", FLAG_LIST, settings.data, NULL, &settings.data_count},
	        {"reserve", FLAG_SIZE, &settings.reserve_bytes},
	};
	int code = flags_parse(&(struct flags){"datanode", role_find("datanode")->usage, rows,
	                               sizeof(rows) / sizeof(rows[0])},
	        argc, argv);

	if (code < 0 && (flags_need("datanode", "--dir", settings.dir) ||
	                        flags_need("datanode", "--key", settings.key)))
		return 2;
	return code >= 0 ? code : flags_finish("datanode", role_datanode(&settings, &err), &err);
}
