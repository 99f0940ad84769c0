/* SPDX-License-Identifier: MIT */
/*
 * dfs: picks a role, or the Lua command of that name. Flags that say where the cluster is may stand
 * anywhere before "--"; they are taken out here, so that no command needs to know them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd/roles.h"
#include "cmd/scripts.h"
#include "lua/command.h"

struct globals {
	const char *master, *token, *config, *commands;
};

static void hold_standard_files(void);
static int take_globals(int *argc, char **argv, struct globals *ret);
static bool is_address(const char *text);
static const char **global_for(struct globals *globals, const char *name, size_t size);
static int run_command(
        const struct globals *globals, const struct scripts *scripts, int argc, char **argv);

int main(int argc, char **argv)
{
	struct globals globals = {0};
	struct scripts scripts;
	const struct role *role;
	int code;

	hold_standard_files();
	code = take_globals(&argc, argv, &globals);
	if (code != 0)
		return code;
	if (globals.config)
		setenv("DFS_CONFIG", globals.config, 1);
	if (scripts_find(&scripts) != 0)
		return 1;
	role = argc > 1 ? role_find(argv[1]) : NULL;
	if (role)
		return role->run(&scripts, argc - 1, argv + 1);
	return run_command(&globals, &scripts, argc - 1, argv + 1);
}

/*
 * Whoever starts us with one of them closed must not see the next file that we open taken for it:
 * `put -` would store a device, a warning would go into a database. What stands in fails as a
 * closed one does.
 */
static void hold_standard_files(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		        open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(1);
	}
}

static int run_command(
        const struct globals *globals, const struct scripts *scripts, int argc, char **argv)
{
	static char *help[] = {"help", NULL};
	const char *directories[3];
	char own[PATH_MAX], program[64];
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct dfs_options connect = {
	        .size = sizeof(connect), .master = globals->master, .token = globals->token};
	struct command_host_options options = {
	        .directories = directories, .library = scripts->library, .connect = &connect};

	if (config && config[0] == '/')
		snprintf(own, sizeof(own), "%s/dfs/commands", config);
	else
		snprintf(own, sizeof(own), "%s/.config/dfs/commands", home ? home : "");
	if (globals->commands)
		directories[options.directories_count++] = globals->commands;
	directories[options.directories_count++] = scripts->commands;
	directories[options.directories_count++] = own;
	options.roles = roles_summary();
	snprintf(program, sizeof(program), "dfs %.48s", argc > 0 ? argv[0] : "help");
	connect.program = program;
	if (argc == 0)
		return command_run(&options, 1, help);
	return command_run(&options, argc, argv);
}

/* --master H:P, --token T, --config FILE, --commands DIR, each also as --name=value. Roles have
 * their own --master. */
static int take_globals(int *argc, char **argv, struct globals *ret)
{
	int kept = 1;
	bool role = *argc > 1 && role_find(argv[1]);

	for (int i = 1; i < *argc; i++) {
		const char *equals = strchr(argv[i], '=');
		size_t size = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
		const char **to = role ? NULL : global_for(ret, argv[i], size);

		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[kept++] = argv[i++];
			break;
		}
		if (!to) {
			argv[kept++] = argv[i];
			continue;
		}
		*to = equals ? equals + 1 : i + 1 < *argc ? argv[++i] : NULL;
		if (!*to || !**to) {
			fprintf(stderr, "dfs: %.*s needs a value\n", (int)size, argv[i]);
			return 2;
		}
	}
	argv[kept] = NULL;
	*argc = kept;
	if (!ret->master || is_address(ret->master))
		return 0;
	fprintf(stderr, "dfs: --master %s is not HOST:PORT\n", ret->master);
	return 2;
}

static bool is_address(const char *text)
{
	const char *port = strrchr(text, ':');

	return port && port > text && port[1] &&
	       strspn(port + 1, "0123456789") == strlen(port + 1) && strlen(port + 1) <= 5;
}

static const char **global_for(struct globals *globals, const char *name, size_t size)
{
	const struct {
		const char *name;
		const char **to;
	} rows[] = {
	        {"--master", &globals->master},
	        {"--token", &globals->token},
	        {"--config", &globals->config},
	        {"--commands", &globals->commands},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strlen(rows[i].name) == size && strncmp(rows[i].name, name, size) == 0)
			return rows[i].to;
	}
	return NULL;
}
