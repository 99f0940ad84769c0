/* SPDX-License-Identifier: MIT */
#include "cmd/flags.h"

#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "lua/command.h"

static int parse_config(const struct flags *flags, const char *path);
static int config_row(void *arg, const char *key, const char *value, struct dfs_error *err);
static const struct flag *flag_find(const struct flags *flags, const char *name, size_t size);
static int flag_take(const struct flag *flag, const char *value, struct dfs_error *err);

int flags_parse(const struct flags *flags, int argc, char **argv)
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
		if (!flag && flags->operand && !*flags->operand && argv[i][0] != '-') {
			*flags->operand = argv[i];
			continue;
		}
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
	if (!flag || (key[strlen(name)] == '.' && flag->kind != FLAG_LIST))
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
	case FLAG_LIST:
		if (*flag->count == FLAG_LIST_MAX)
			return error_set(
			        err, DFS_E_INVAL, "it is given at most %d times", FLAG_LIST_MAX);
		((const char **)flag->to)[(*flag->count)++] = value;
		return 0;
	case FLAG_SIZE:
		return text_parse_size(value, flag->to, err);
	case FLAG_MS:
		return text_parse_u64(value, flag->to, err);
	case FLAG_AGE:
		return text_parse_age(value, flag->to, err);
	case FLAG_AGE_TEXT: /* checked here, and passed on as it is */
		code = text_parse_age(value, &number, err);
		if (code == 0)
			*(const char **)flag->to = value;
		return code;
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

int flags_finish(const char *verb, int code, const struct dfs_error *err)
{
	if (code == 0)
		return 0;
	fprintf(stderr, "dfs %s: %s\n", verb, err->text);
	return code == DFS_E_INVAL ? 2 : 1;
}

int flags_need(const char *verb, const char *flag, const char *value)
{
	if (value)
		return 0;
	fprintf(stderr, "dfs %s: %s is needed: see dfs %s --help\n", verb, flag, verb);
	return 1;
}
