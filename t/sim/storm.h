/* SPDX-License-Identifier: MIT */
#ifndef T_SIM_STORM_H
#define T_SIM_STORM_H

#include "ledger.h"
#include "witness.h"
#include "world.h"

/*
 * One random run of a whole cluster: users at work, faults that come and go, several at a time, and
 * a witness and a ledger that know what must hold. The seed decides everything.
 *
 *   storm.c         the run: steps, healing, the end
 *   storm_users.c   what users do, and what they must find
 *   storm_admin.c   what an operator does: drain and unplug, balance, scrub, check
 *   storm_faults.c  what befalls the machines
 *   storm_past.c    a backup of the metadata is restored
 */
enum {
	STORM_NODES = 5,
	STORM_USERS = 2,
	STORM_ADMIN = STORM_USERS, /* its client */
	STORM_FAULTS = 3,
	STORM_FAULT_KINDS = 22,
};

/* What a user does; one thing at a time. */
enum user_deed { IDLE, PUT, GET, REMOVE, RENAME, UNDELETE, EMPTY };

struct user {
	struct storm *storm;
	unsigned number;
	struct ledger ledger;
	enum user_deed deed;
	unsigned file, to;
	struct content content;
	bool kept;      /* of a remove: into the trash */
	bool straddles; /* the metadata was another when it began: what is its answer of? */
	bool may_lack;  /* something changed after the backup, whose bytes may be freed */
	void *bytes;    /* of a put under way */
	struct world_put put;
	struct world_get get;
	bool answered; /* of a call */
	int code;
};

/* What an operator does. */
enum deed {
	DEED_NONE,
	DEED_DRAIN,
	DEED_CANCEL,
	DEED_DRAINS, /* is it safe to unplug? */
	DEED_BALANCE,
	DEED_BALANCE_STOP,
	DEED_SCRUB,
	DEED_FSCK,
	DEED_FSCK_REPAIR,
	DEED_ACCEPT, /* what was restored */
	DEED_KINDS,
};

struct admin {
	enum deed deed;
	unsigned node;   /* that is being emptied */
	uint32_t number; /* the master's, of it; 0: none is */
	bool draining, safe, answered;
	bool straddles; /* the metadata was another when it asked */
	int code;
};

/* The metadata as it once was, and what the users had been told by then. */
struct past {
	struct kv *copy; /* NULL: none is kept */
	struct ledger ledgers[STORM_USERS];
	bool held; /* restored, and not accepted yet */
};

struct fault {         /* one that lasts */
	unsigned kind; /* 0: none */
	unsigned node, other;
	uint64_t until_ms;
	int64_t step_ms; /* of a clock */
};

struct storm_figures {
	uint64_t runs, puts, gets, removes, renames, undeletes, refused, checks, looks;
	uint64_t unplugged, restores;
	uint64_t gone; /* files of async puts, or that a restore could not bring back */
	uint64_t deeds[DEED_KINDS];
	uint64_t faults[STORM_FAULT_KINDS];
	uint64_t simulated_ms;
};

struct storm {
	uint64_t seed, random;
	struct world *world;
	struct witness *witness;
	struct user users[STORM_USERS];
	struct admin admin;
	struct past past;
	struct fault faults[STORM_FAULTS];
	bool scarred; /* a replica was destroyed: no second one before all goals are reached again
	               */
	bool rotten;  /* since the last scrub of all datanodes */
	uint64_t contents; /* made so far */
	struct storm_figures *figures;
};

/*
 * A whole run. false, after telling seed, time and what is broken on standard error. `ret_story`:
 * CRC32C of its trace, the same whenever that seed is run by the same program; may be NULL.
 */
bool storm_run(uint64_t seed, bool tell_trace, struct storm_figures *figures, uint32_t *ret_story);

/* Uniform below `below`. */
uint64_t storm_draw(struct storm *storm, uint64_t below);
void storm_look(struct storm *storm);
/* Some time, a look at everything; who is down starts. No new fault. */
void storm_pass(struct storm *storm, uint64_t ms);
/* Ends the run as broken; does not return. */
void storm_broken(struct storm *storm, const char *format, ...)
        __attribute__((format(printf, 2, 3), noreturn));

/* storm_users.c */
void users_begin(struct storm *storm);  /* who is idle begins something */
void users_settle(struct storm *storm); /* what has ended goes into the ledgers */
bool users_idle(const struct storm *storm);
void users_check(struct storm *storm); /* all is well: every file is what it must be */
/* They are idle, no fault lasts: files that may be gone, and are, are removed. */
void users_give_up(struct storm *storm);
bool users_may_be_copied(const struct storm *storm); /* users_copy, now */
/* What is known to hold in the metadata of this moment. */
void users_copy(const struct storm *storm, struct ledger ret[STORM_USERS]);
void users_restored(struct storm *storm, const struct ledger from[STORM_USERS]);
void users_straddle(struct storm *storm); /* the master has other metadata from now on */

/* storm_faults.c */
void faults_begin(struct storm *storm); /* one more, or none */
void faults_tick(struct storm *storm);  /* those whose time has come end; what died starts again */
void faults_end(struct storm *storm);   /* all of them */
bool faults_spare_master(const struct storm *storm); /* it runs, and no fault of its own holds it */
/* What the master said is heard at once, or never. */
bool faults_spare_wires(const struct storm *storm);
/* Its machine goes for good, and an empty one comes later. false: not now. */
bool faults_unplug(struct storm *storm, unsigned node);
const char *fault_name(unsigned kind);

/* storm_admin.c */
void admin_begin(struct storm *storm); /* if idle */
void admin_settle(struct storm *storm);
void admin_end(struct storm *storm); /* waits; nothing is drained or held any more */
/* The metadata is another: what was being done is not known any more. */
void admin_straddle(struct storm *storm);
void admin_check(struct storm *storm); /* all is well: `dfs fsck` says so too */
const char *deed_name(unsigned deed);

/* storm_past.c */
void past_keep(struct storm *storm);    /* a copy of now, or not */
void past_restore(struct storm *storm); /* the users lose what came after */
void past_fini(struct storm *storm);

#endif
