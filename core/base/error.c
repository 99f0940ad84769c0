/* SPDX-License-Identifier: MIT */
/* The error table of include/dfs/error.h, and the two ways to write a sentence. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct error_row {
	int code;
	const char *name;
	const char *text;
};

static const struct error_row error_rows[] = {
#define X(name, number, text) {-(number), #name, text},
        DFS_ERRORS(X)
#undef X
};

enum { ERROR_ROWS = sizeof(error_rows) / sizeof(error_rows[0]) };

static const struct error_row *row_of(int code);
static void text_set(struct dfs_error *err, const char *text);

const char *dfs_error_name(int code)
{
	const struct error_row *row = row_of(code);

	if (code == DFS_OK)
		return "OK";
	return row ? row->name : "UNKNOWN";
}

const char *dfs_error_text(int code)
{
	const struct error_row *row = row_of(code);

	if (code == DFS_OK)
		return "done";
	return row ? row->text : "unknown error";
}

int dfs_error_code(const char *name)
{
	for (int i = 0; i < ERROR_ROWS; i++)
		if (strcmp(error_rows[i].name, name) == 0)
			return error_rows[i].code;
	return 0;
}

int error_set(struct dfs_error *err, int code, const char *format, ...)
{
	/* A whole sentence may be among the arguments (err->text itself), so it is made aside. */
	char text[DFS_ERROR_TEXT_MAX + 4];
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err->code = code;
	text_set(err, text);
	return code;
}

int error_where(struct dfs_error *err, const char *format, ...)
{
	char text[2 * DFS_ERROR_TEXT_MAX + 4];
	size_t size;
	va_list args;

	if (!err)
		return DFS_E_INTERNAL;
	va_start(args, format);
	vsnprintf(text, DFS_ERROR_TEXT_MAX, format, args);
	va_end(args);
	size = strlen(text);
	snprintf(text + size, sizeof(text) - size, ": %s", err->text);
	text_set(err, text);
	return err->code;
}

int error_from_errno(int number)
{
	switch (number) {
	case ENOMEM:
		return DFS_E_NOMEM;
	case ENOENT:
		return DFS_E_NOENT;
	case EEXIST:
		return DFS_E_EXIST;
	case ENOTDIR:
		return DFS_E_NOTDIR;
	case EISDIR:
		return DFS_E_ISDIR;
	case ENOTEMPTY:
		return DFS_E_NOTEMPTY;
	case ENAMETOOLONG:
		return DFS_E_NAME;
	case ENOSPC:
	case EDQUOT:
		return DFS_E_NOSPC;
	case EACCES:
	case EPERM:
	case EROFS:
		return DFS_E_PERM;
	default:
		return DFS_E_IO;
	}
}

static const struct error_row *row_of(int code)
{
	for (int i = 0; i < ERROR_ROWS; i++)
		if (error_rows[i].code == code)
			return &error_rows[i];
	return NULL;
}

/* Keep what fits, cut at a whole UTF-8 character: the sentence travels in JSON. */
static void text_set(struct dfs_error *err, const char *text)
{
	size_t size = strnlen(text, DFS_ERROR_TEXT_MAX);

	if (size == DFS_ERROR_TEXT_MAX) {
		size--;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	memcpy(err->text, text, size);
	err->text[size] = '\0';
}
