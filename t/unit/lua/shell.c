/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shell.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lua/command.h"

enum { WORDS_MAX = 32 };

static char dir[64];

static int split(char *line, char *words[WORDS_MAX])
{
	int count = 0;

	for (char *at = line + strspn(line, " "); *at; at += strspn(at, " ")) {
		bool quoted = *at == '\'';

		assert(count < WORDS_MAX);
		words[count++] = at += quoted;
		at += strcspn(at, quoted ? "'" : " ");
		if (*at)
			*at++ = '\0';
	}
	return count;
}

static int catch (int fd, FILE *file)
{
	int kept = dup(fd);

	dup2(fileno(file), fd);
	return kept;
}

static void release(int fd, int kept, FILE *file, char *ret, size_t size)
{
	size_t got;

	dup2(kept, fd);
	close(kept);
	rewind(file);
	got = fread(ret, 1, size - 1, file);
	ret[got] = '\0';
	fclose(file);
}

static const struct outcome *run_verb(FILE *in, FILE *out, const char *line)
{
	static struct outcome outcome;
	static const char *const directories[] = {"scripts", SCRIPTS_DIR "/commands"};
	struct command_host_options options = {.directories = directories,
	        .directories_count = 2,
	        .library = SCRIPTS_DIR "/lib",
	        .roles = "up\tstart a cluster on this machine\ndatanode\tkeep chunks\n"};
	FILE *err = tmpfile();
	char copy[1024], *words[WORDS_MAX], unused[16];
	int count, kept[3];

	snprintf(copy, sizeof(copy), "%s", line);
	count = split(copy, words);
	fflush(stdout);
	kept[0] = catch (0, in);
	kept[1] = catch (1, out);
	kept[2] = catch (2, err);
	clearerr(stdin);
	clearerr(stdout);
	outcome.code = command_run(&options, count, words);
	fflush(stdout);
	release(0, kept[0], in, unused, sizeof(unused));
	release(1, kept[1], out, outcome.out, sizeof(outcome.out));
	release(2, kept[2], err, outcome.err, sizeof(outcome.err));
	return &outcome;
}

const struct outcome *shell(const char *line)
{
	return run_verb(tmpfile(), tmpfile(), line);
}

const struct outcome *shell_with(const char *input, const char *line)
{
	FILE *in = tmpfile();

	fputs(input, in);
	rewind(in);
	return run_verb(in, tmpfile(), line);
}

const struct outcome *shell_full(const char *line)
{
	const struct outcome *outcome = run_verb(tmpfile(), fopen("/dev/full", "r+"), line);

	__fpurge(stdout);
	clearerr(stdout);
	return outcome;
}

void shell_enter(void)
{
	snprintf(dir, sizeof(dir), "/tmp/lua_shell.XXXXXX");
	if (!mkdtemp(dir) || chdir(dir) != 0)
		abort();
}

void shell_leave(void)
{
	char command[256];

	snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -r %s", dir, dir);
	if (chdir("/") != 0 || system(command) != 0)
		abort();
}

void shell_file(const char *path, const char *text)
{
	char above[256];
	FILE *file;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
		mkdir(above, 0755);
	}
	file = fopen(path, "w");
	assert(file);
	fputs(text, file);
	fclose(file);
}

const char *shell_read(const char *path)
{
	static char text[4096];
	FILE *file = fopen(path, "r");
	size_t size;

	if (!file)
		return NULL;
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

const char *run(const char *line, int code, const char *err)
{
	const struct outcome *outcome = shell(line);

	if (outcome->code != code || strcmp(outcome->err, err) != 0)
		fail_msg("dfs %s: exit %d, '%s', want %d, '%s'; printed '%s'", line, outcome->code,
		        outcome->err, code, err, outcome->out);
	return outcome->out;
}

void prints(const char *line, const char *out)
{
	const char *got = run(line, 0, "");

	if (strcmp(got, out) != 0)
		fail_msg("dfs %s: printed\n%s\nwant\n%s", line, got, out);
}

void has(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("'%s' is not in\n%s", part, text);
}
