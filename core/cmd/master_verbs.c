/* SPDX-License-Identifier: MIT */
/* What an operator does with a master's metadata: keep a copy of it, put one back, go on with it.
 */
#include "cmd/master_verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/text.h"
#include "cmd/flags.h"
#include "node/process/backup.h"

struct verb {
	const char *name;
	const char *usage;
	int (*run)(const struct verb *verb, int argc, char **argv);
};

static int backup_run(const struct verb *verb, int argc, char **argv);
static int restore_run(const struct verb *verb, int argc, char **argv);
static int rescue_run(const struct verb *verb, int argc, char **argv);
static int accept_run(const struct verb *verb, int argc, char **argv);
static void say_state(const char *what, const struct checkpoint *state);

static const struct verb verbs[] = {
        {"backup",
                "usage: dfs master backup FILE [--force] [--master HOST:PORT] [--token TOKEN]\n"
                "       dfs master backup FILE --dir DIR [--force]\n"
                "\n"
                "Copy the metadata into FILE: names, extents, chunks; not the chunks' bytes, which "
                "are on the\n"
                "datanodes. The first asks the running master (as the client file says), which "
                "goes "
                "on working;\n"
                "the second reads the directory of a master that does not run.\n"
                "\n"
                "  --force            replace FILE where it is there\n"
                "  --dir DIR          the metadata of a master that does not run\n"
                "  --master H:P, --token T   instead of those of the client file\n",
                backup_run},
        {"restore",
                "usage: dfs master restore FILE --dir DIR\n"
                "\n"
                "Put a backup, or a checkpoint of DIR/checkpoints, into the new directory DIR. "
                "FILE is checked\n"
                "before anything is written. The master that is started there then serves what "
                "the backup knows.\n"
                "It deletes nothing until `dfs master accept`: chunks that are newer than the "
                "backup stay where\n"
                "they are. What was written after the backup is not in the names any more.\n"
                "\n"
                "  --dir DIR          not there yet, or empty\n",
                restore_run},
        {"rescue",
                "usage: dfs master rescue --dir DIR --key FILE --datanode HOST:PORT...\n"
                "       dfs master rescue --key FILE --datanode HOST:PORT...\n"
                "\n"
                "The master's disk is lost: make its metadata anew in DIR, from the copies that "
                "the datanodes keep,\n"
                "which are some minutes old at most (`dfs status` says how old while all is well). "
                "The datanodes must run;\n"
                "name them all, or as many as there are. The master that is started on DIR "
                "deletes nothing until\n"
                "`dfs master accept`. Without --dir: only tell what could be rescued.\n"
                "\n"
                "  --dir DIR          not there yet, or empty\n"
                "  --key FILE         the cluster's key: each machine of the cluster has a copy\n"
                "  --datanode H:P     one of them, or several with commas between; may be given "
                "again\n",
                rescue_run},
        {"accept",
                "usage: dfs master accept [--master HOST:PORT] [--token TOKEN]\n"
                "\n"
                "After a restore: the metadata is right, what it does not know may be deleted "
                "from now on.\n",
                accept_run},
};

int master_verb_run(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return verbs[i].run(&verbs[i], argc - 1, argv + 1);
	}
	return -1;
}

static int backup_run(const struct verb *verb, int argc, char **argv)
{
	struct backup_settings settings = {0};
	struct checkpoint state;
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"dir", FLAG_TEXT, &settings.dir},
	        {"force", FLAG_SWITCH, &settings.force},
	        {"master", FLAG_TEXT, &settings.master},
	        {"token", FLAG_TEXT, &settings.token},
	};
	struct flags flags = {
	        "master backup", verb->usage, rows, sizeof(rows) / sizeof(rows[0]), &settings.file};
	int code = flags_parse(&flags, argc, argv);

	if (code < 0 && flags_need("master backup", "FILE", settings.file))
		return 2;
	if (code >= 0)
		return code;
	code = settings.dir ? backup_directory(&settings, &state, &err)
	                    : backup_running(&settings, &state, &err);
	if (code == 0)
		say_state(settings.file, &state);
	return flags_finish("master backup", code, &err);
}

static int restore_run(const struct verb *verb, int argc, char **argv)
{
	struct backup_settings settings = {0};
	struct checkpoint state;
	struct dfs_error err = {0};
	const struct flag rows[] = {{"dir", FLAG_TEXT, &settings.dir}};
	struct flags flags = {"master restore", verb->usage, rows, 1, &settings.file};
	int code = flags_parse(&flags, argc, argv);

	if (code < 0 && (flags_need("master restore", "FILE", settings.file) ||
	                        flags_need("master restore", "--dir", settings.dir)))
		return 2;
	if (code >= 0)
		return code;
	code = backup_restore(&settings, &state, &err);
	if (code == 0) {
		say_state(settings.dir, &state);
		printf("Start the master on it. It deletes nothing until you have looked at it and "
		       "run `dfs master accept`.\n");
	}
	return flags_finish("master restore", code, &err);
}

static int rescue_run(const struct verb *verb, int argc, char **argv)
{
	const char *datanodes[FLAG_LIST_MAX] = {NULL};
	uint32_t count = 0;
	struct rescue_settings settings = {.datanodes = datanodes};
	struct checkpoint state;
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"dir", FLAG_TEXT, &settings.dir},
	        {"key", FLAG_TEXT, &settings.key},
	        {"datanode", FLAG_LIST, datanodes, NULL, &count},
	};
	struct flags flags = {
	        "master rescue", verb->usage, rows, sizeof(rows) / sizeof(rows[0]), NULL};
	int code = flags_parse(&flags, argc, argv);

	if (code < 0 && (flags_need("master rescue", "--key", settings.key) ||
	                        flags_need("master rescue", "--datanode", datanodes[0])))
		return 2;
	if (code >= 0)
		return code;
	settings.datanodes_count = count;
	code = master_rescue(&settings, &state, &err);
	if (code == 0)
		say_state(settings.dir ? settings.dir : "can be rescued", &state);
	if (code == 0 && settings.dir)
		printf("Start the master on it, at the address that the datanodes know. It deletes "
		       "nothing until you have looked at it and run `dfs master accept`.\n");
	return flags_finish("master rescue", code, &err);
}

static int accept_run(const struct verb *verb, int argc, char **argv)
{
	struct backup_settings settings = {0};
	struct dfs_error err = {0};
	const struct flag rows[] = {
	        {"master", FLAG_TEXT, &settings.master},
	        {"token", FLAG_TEXT, &settings.token},
	};
	struct flags flags = {
	        "master accept", verb->usage, rows, sizeof(rows) / sizeof(rows[0]), NULL};
	int code = flags_parse(&flags, argc, argv);

	return code >= 0 ? code
	                 : flags_finish("master accept", backup_accept(&settings, &err), &err);
}

static void say_state(const char *what, const struct checkpoint *state)
{
	time_t seconds = (time_t)(state->wall_ms / 1000);
	char when[32], size[64] = "";
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &utc);
	if (!state->from) {
		memcpy(size, ", ", 2);
		text_size(state->size_bytes, size + 2);
	}
	printf("%s: up to operation %" PRIu64 ", of %s (epoch %" PRIu64 "%s)\n", what,
	        state->operation, when, state->epoch, size);
}
