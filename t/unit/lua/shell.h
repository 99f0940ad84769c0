/* SPDX-License-Identifier: MIT */
#ifndef UNIT_LUA_SHELL_H
#define UNIT_LUA_SHELL_H

/* Runs verbs as a shell would, in this process: what they print is caught. */
struct outcome {
	int code;
	char out[16384];
	char err[4096];
};

/* Words are split at blanks; '...' keeps them together. "put -r a /b" */
const struct outcome *shell(const char *line);
/* The same, with `input` on standard input. */
const struct outcome *shell_with(const char *input, const char *line);
/* The same, with a full disk behind standard output. */
const struct outcome *shell_full(const char *line);
/* The verb exits with `code`, its standard error is exactly `err`; what it printed. The test fails
 * otherwise. */
const char *run(const char *line, int code, const char *err);
/* The verb exits with 0 and prints exactly `out`. */
void prints(const char *line, const char *out);
/* The text has the part. */
void has(const char *text, const char *part);
/* A fresh directory below /tmp, made the working directory, in which `scripts` is a directory of
 * commands too. */
void shell_enter(void);
void shell_leave(void);
/* Write a local file, making the directories above it. */
void shell_file(const char *path, const char *text);
/* Its bytes, NULL where there is none. */
const char *shell_read(const char *path);

#endif
