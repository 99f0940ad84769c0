/* SPDX-License-Identifier: MIT */
/* Users: each has files of its own, does one thing at a time, and looks into the files of the
 * others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "storm.h"

static void begin(struct user *user);
static void begin_put(struct user *user);
static void begin_call(struct user *user, enum proto_call call, const void *args);
static void settle(struct user *user);
static void settle_put(struct user *user);
static void settle_get(struct user *user);
static void settle_call(struct user *user);
static void give_up_file(struct user *user, unsigned file);
static void snapshot(const struct user *user, struct ledger *ret);
static void check_fits(struct user *user, bool fits, const char *what);
static void check_file(struct user *user, unsigned file);
static const char *path_of(const struct user *user, unsigned file, char ret[16]);

void users_begin(struct storm *storm)
{
	for (unsigned i = 0; i < STORM_USERS; i++)
		if (storm->users[i].deed == IDLE)
			begin(&storm->users[i]);
}

void users_settle(struct storm *storm)
{
	for (unsigned i = 0; i < STORM_USERS; i++)
		settle(&storm->users[i]);
}

bool users_idle(const struct storm *storm)
{
	for (unsigned i = 0; i < STORM_USERS; i++)
		if (storm->users[i].deed != IDLE)
			return false;
	return true;
}

void users_check(struct storm *storm)
{
	for (unsigned i = 0; i < STORM_USERS; i++)
		for (unsigned file = 0; file < LEDGER_FILES; file++)
			check_file(&storm->users[i], file);
}

void users_give_up(struct storm *storm)
{
	bool doubts = witness_doubts(storm->witness);

	for (unsigned i = 0; i < STORM_USERS; i++)
		for (unsigned file = 0; file < LEDGER_FILES; file++) {
			struct user *user = &storm->users[i];

			if (user->may_lack || (doubts && ledger_may_be_async(&user->ledger, file)))
				give_up_file(user, file);
		}
	for (unsigned i = 0; i < STORM_USERS; i++)
		storm->users[i].may_lack = false;
}

bool users_may_be_copied(const struct storm *storm)
{
	for (unsigned i = 0; i < STORM_USERS; i++)
		if (storm->users[i].ledger.count > LEDGER_STATES / 4)
			return false;
	return true;
}

void users_copy(const struct storm *storm, struct ledger ret[STORM_USERS])
{
	for (unsigned i = 0; i < STORM_USERS; i++)
		snapshot(&storm->users[i], &ret[i]);
}

void users_restored(struct storm *storm, const struct ledger from[STORM_USERS])
{
	struct ledger last[STORM_USERS];

	users_copy(storm, last);
	users_straddle(storm);
	for (unsigned i = 0; i < STORM_USERS; i++) {
		struct user *user = &storm->users[i];

		for (unsigned file = 0; file < LEDGER_FILES; file++)
			user->may_lack |= !ledger_agrees(&last[i], &from[i], file);
		user->ledger = from[i];
	}
}

void users_straddle(struct storm *storm)
{
	for (unsigned i = 0; i < STORM_USERS; i++)
		storm->users[i].straddles = true;
}

/* ---- deeds ---- */

static void begin(struct user *user)
{
	struct storm *storm = user->storm;
	char path[16], to[16];
	struct proto_undelete_args undelete = {.path = path, .to = ""};
	struct proto_trash_empty_args empty = {.path = path};
	struct proto_remove_args remove = {.path = path};
	struct proto_rename_args rename = {.path = path, .to = to};

	if (!ledger_may_split(&user->ledger))
		return; /* too much is uncertain: the next check clears it up */
	user->file = (unsigned)storm_draw(storm, LEDGER_FILES);
	user->to = (unsigned)storm_draw(storm, LEDGER_FILES);
	path_of(user, user->file, path);
	path_of(user, user->to, to);
	user->straddles = false;
	switch (storm_draw(storm, 12)) {
	case 0:
		user->deed = REMOVE;
		user->kept =
		        storm_draw(storm, 3) != 0 && ledger_may_keep(&user->ledger, user->file);
		remove.now = !user->kept;
		begin_call(user, PROTO_CALL_REMOVE, &remove);
		break;
	case 1:
	case 2:
		if (user->file == user->to)
			break;
		user->deed = RENAME;
		begin_call(user, PROTO_CALL_RENAME, &rename);
		break;
	case 3:
	case 4:
		user->deed = GET;
		world_get(storm->world, user->number, path, &user->get);
		break;
	case 5:
		user->deed = UNDELETE;
		begin_call(user, PROTO_CALL_UNDELETE, &undelete);
		break;
	case 6:
		if (storm_draw(storm, 3) != 0)
			break;
		user->deed = EMPTY;
		begin_call(user, PROTO_CALL_TRASH_EMPTY, &empty);
		break;
	default:
		begin_put(user);
		break;
	}
}

/* Two replicas at least: one alone may rightly be destroyed. */
static void begin_put(struct user *user)
{
	static const uint64_t sizes[] = {0, 1, 1000, 65536, 65537, 200000, 400000};
	struct storm *storm = user->storm;
	char path[16];
	struct client_put how = {
	        .path = path_of(user, user->file, path),
	        .chunk_size = (storm_draw(storm, 3) ? 64 : 512) * 1024,
	        .mode = 0644,
	        .goal = 2 + (uint32_t)storm_draw(storm, 2),
	        .async = storm_draw(storm, 4) == 0,
	};

	user->content.seed = storm->seed * 1000 + ++storm->contents;
	user->content.async = how.async;
	user->content.size = sizes[storm_draw(storm, 7)];
	user->bytes = world_bytes(user->content.seed, user->content.size);
	user->deed = PUT;
	world_put(storm->world, user->number, &how, user->bytes, user->content.size, &user->put);
}

static void called(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct user *user = arg;

	user->answered = true;
	user->code = code;
}

static void begin_call(struct user *user, enum proto_call call, const void *args)
{
	user->answered = false;
	client_call(user->storm->world->clients[user->number].client, call, args, called, user);
}

/* ---- what came of them ---- */

/* A refusal that says how things are; every other error leaves it open what was done. */
static enum outcome outcome_of(const struct user *user, int code)
{
	return user->straddles       ? PERHAPS
	       : code == 0           ? DONE
	       : code == DFS_E_NOENT ? REFUSED
	                             : PERHAPS;
}

static void settle(struct user *user)
{
	switch (user->deed) {
	case IDLE:
		return;
	case PUT:
		settle_put(user);
		return;
	case GET:
		settle_get(user);
		return;
	default:
		if (user->answered)
			settle_call(user);
		return;
	}
}

static void settle_call(struct user *user)
{
	struct storm_figures *figures = user->storm->figures;
	enum outcome outcome = outcome_of(user, user->code);
	enum user_deed deed = user->deed;
	bool done = user->code == 0, taken = user->code == DFS_E_EXIST && !user->straddles;

	user->deed = IDLE;
	switch (deed) {
	case REMOVE:
		figures->removes += done;
		check_fits(user, ledger_remove(&user->ledger, user->file, user->kept, outcome),
		        "a remove was answered wrongly");
		return;
	case RENAME:
		figures->renames += done;
		check_fits(user, ledger_rename(&user->ledger, user->file, user->to, outcome),
		        "a rename was answered wrongly");
		return;
	case UNDELETE:
		figures->undeletes += done;
		check_fits(user,
		        ledger_undelete(
		                &user->ledger, user->file, taken ? REFUSED : outcome, taken),
		        "an undelete was answered wrongly");
		return;
	case EMPTY:
		check_fits(user, ledger_empty(&user->ledger, user->file, outcome),
		        "the trash was emptied wrongly");
		return;
	default:
		return;
	}
}

static void settle_put(struct user *user)
{
	if (!user->put.over)
		return;
	user->deed = IDLE;
	free(user->bytes);
	user->bytes = NULL;
	user->storm->figures->puts += user->put.result.code == 0;
	user->storm->figures->refused += user->put.result.code != 0;
	ledger_put(&user->ledger, user->file, user->content,
	        user->put.result.code == 0 && !user->straddles ? DONE : PERHAPS);
}

/* In the storm a get may fail; what it gives must be right. */
static void settle_get(struct user *user)
{
	if (!user->get.over)
		return;
	user->deed = IDLE;
	if (user->straddles) {
		; /* of which metadata? */
	} else if (user->get.result.code == 0) {
		user->storm->figures->gets++;
		check_fits(user,
		        ledger_read(&user->ledger, user->file, user->get.bytes.data,
		                user->get.bytes.size),
		        "a get gave other bytes");
	} else if (user->get.result.code == DFS_E_NOENT) {
		check_fits(user, ledger_missing(&user->ledger, user->file),
		        "a get says that the file is not there");
	}
	buf_fini(&user->get.bytes);
	user->get.bytes = (struct buf){0};
}

static void check_fits(struct user *user, bool fits, const char *what)
{
	char told[700];

	if (fits)
		return;
	ledger_tell(&user->ledger, told, sizeof(told));
	storm_broken(user->storm, "user %u, file %u: %s; it was told: %s", user->number, user->file,
	        what, told);
}

/* All is well, so a get must succeed. Another user reads it: nothing of it is known there. */
static void check_file(struct user *user, unsigned file)
{
	struct storm *storm = user->storm;
	struct world_get *get = &user->get;
	char path[16];

	user->file = file;
	world_get(storm->world, (user->number + 1) % STORM_USERS, path_of(user, file, path), get);
	if (!world_run_until(storm->world, &get->over, 600000))
		storm_broken(storm, "a get of %s never ended", path);
	storm->figures->checks++;
	if (get->result.code == DFS_E_NOENT)
		check_fits(user, ledger_missing(&user->ledger, file), "it is not there");
	else if (get->result.code != 0)
		storm_broken(storm, "%s cannot be read: %s", path, get->result.err.text);
	else
		check_fits(user, ledger_read(&user->ledger, file, get->bytes.data, get->bytes.size),
		        "it has other bytes");
	buf_fini(&get->bytes);
	get->bytes = (struct buf){0};
}

/* What its user was told that it is, or (it may be) nothing at all: then it goes, so that the rest
 * may be well. */
static void give_up_file(struct user *user, unsigned file)
{
	struct storm *storm = user->storm;
	struct world_get *get = &user->get;
	char path[16];
	struct proto_remove_args remove = {.path = path_of(user, file, path), .now = true};
	struct proto_trash_empty_args empty = {.path = path};

	user->file = file;
	world_get(storm->world, user->number, path, get);
	if (!world_run_until(storm->world, &get->over, 600000))
		storm_broken(storm, "a get of %s never ended", path);
	if (get->result.code != 0 && get->result.code != DFS_E_NOENT) {
		sim_note(storm->world->sim, "%s is given up: %s", path, get->result.err.text);
		storm->figures->gone++;
		check_fits(user,
		        world_call(storm->world, user->number, PROTO_CALL_REMOVE, &remove, NULL) ==
		                        0 &&
		                ledger_remove(&user->ledger, file, false, DONE),
		        "it cannot be removed");
	}
	buf_fini(&get->bytes);
	get->bytes = (struct buf){0};
	check_fits(user,
	        world_call(storm->world, user->number, PROTO_CALL_TRASH_EMPTY, &empty, NULL) == 0 &&
	                ledger_empty(&user->ledger, file, DONE),
	        "its trash cannot be emptied");
}

/* Of what is under way it is not known whether it is in there. */
static void snapshot(const struct user *user, struct ledger *ret)
{
	*ret = user->ledger;
	switch (user->deed) {
	case IDLE:
	case GET:
		return;
	case PUT:
		ledger_put(ret, user->file, user->content, PERHAPS);
		return;
	case REMOVE:
		ledger_remove(ret, user->file, user->kept, PERHAPS);
		return;
	case RENAME:
		ledger_rename(ret, user->file, user->to, PERHAPS);
		return;
	case UNDELETE:
		ledger_undelete(ret, user->file, PERHAPS, false);
		return;
	case EMPTY:
		ledger_empty(ret, user->file, PERHAPS);
		return;
	}
}

static const char *path_of(const struct user *user, unsigned file, char ret[16])
{
	snprintf(ret, 16, "/u%u-f%u", user->number, file);
	return ret;
}
