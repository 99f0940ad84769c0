/* SPDX-License-Identifier: MIT */
#include "cluster/reasons.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

enum { ABOUT_SIZE = 128, TEXT_SIZE = 1024 };

static void add(struct reasons *reasons, int64_t wall_ms, const char *about, const char *text);
static bool grow(struct reasons *reasons);
static const char *kept(struct arena *arena, const char *text, size_t size);

void reasons_add(struct reasons *reasons, const char *about, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(reasons, 0, about, text);
}

void reasons_add_at(
        struct reasons *reasons, int64_t wall_ms, const char *about, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(reasons, wall_ms, about, text);
}

static void add(struct reasons *reasons, int64_t wall_ms, const char *about, const char *text)
{
	struct proto_reason *reason;

	if (reasons->count == REASONS_MAX) {
		reasons->more = true;
		return;
	}
	if (!grow(reasons))
		return;
	reason = &reasons->list[reasons->count];
	reason->time_ms = wall_ms;
	reason->about = kept(reasons->arena, about, ABOUT_SIZE - 1);
	reason->text = kept(reasons->arena, text, TEXT_SIZE - 1);
	if (reason->about && reason->text)
		reasons->count++;
	else
		reasons->failed = true;
}

static bool grow(struct reasons *reasons)
{
	size_t capacity = reasons->capacity ? reasons->capacity * 2 : 32;
	struct proto_reason *list;

	if (reasons->count < reasons->capacity)
		return true;
	list = arena_alloc(reasons->arena, capacity * sizeof(*list));
	if (!list) {
		reasons->failed = true;
		return false;
	}
	if (reasons->count > 0)
		memcpy(list, reasons->list, reasons->count * sizeof(*list));
	reasons->list = list;
	reasons->capacity = capacity;
	return true;
}

/* A text that was cut, or came from elsewhere, may not be UTF-8 any more: then without what is not
 * plain. */
static const char *kept(struct arena *arena, const char *text, size_t size)
{
	size_t used = strnlen(text, size);
	char *copy = arena_text(arena, text, used);

	if (copy && !text_is_utf8(copy, used))
		for (char *at = copy; *at; at++)
			if ((unsigned char)*at >= 0x80)
				*at = '?';
	return copy;
}
