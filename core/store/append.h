/* SPDX-License-Identifier: MIT */
#ifndef STORE_APPEND_H
#define STORE_APPEND_H

#include <stdbool.h>
#include "base/error.h"
#include "store/sync.h"

/* What the rest of the store does to appends under way. */
struct chunk;
struct dir;
struct store;
struct store_append;

/* Unsynced bytes of the directory are over their bound: its appends of that kind are told to wait.
 */
void append_choke(struct dir *dir, enum sync_kind kind);
/* They fell: below half of the bound the appends go on. */
void append_release(struct dir *dir);
/*
 * The chunk is frozen, sealed or given up under this append (NULL is fine): what comes is refused
 * with `code`. One that was fed to its end and waits for the disk goes on where `waiting_too` is
 * false.
 */
void append_stop(struct store_append *append, bool waiting_too, int code, const char *why);
/* No job holds the chunk any more: what it has gathered goes on (NULL is fine). */
void append_go_on(struct store_append *append);
/* Free all of them without a word: store_close. */
void append_free_all(struct store *store);

#endif
