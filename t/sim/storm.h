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
 *   storm_faults.c  what befalls the machines
 */
enum { STORM_NODES = 5, STORM_USERS = 2, STORM_FAULTS = 3, STORM_FAULT_KINDS = 20 };

/* What a user does; one thing at a time. */
enum user_deed { IDLE, PUT, GET, REMOVE, RENAME };

struct user {
	struct storm *storm;
	unsigned number;
	struct ledger ledger;
	enum user_deed deed;
	unsigned file, to;
	struct content content;
	void *bytes; /* of a put under way */
	struct world_put put;
	struct world_get get;
	bool answered; /* of a call */
	int code;
};

struct fault {         /* one that lasts */
	unsigned kind; /* 0: none */
	unsigned node, other;
	uint64_t until_ms;
	int64_t step_ms; /* of a clock */
};

struct storm_figures {
	uint64_t runs, puts, gets, removes, renames, refused, checks, looks;
	uint64_t faults[STORM_FAULT_KINDS];
	uint64_t simulated_ms;
};

struct storm {
	uint64_t seed, random;
	struct world *world;
	struct witness *witness;
	struct user users[STORM_USERS];
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
/* Ends the run as broken; does not return. */
void storm_broken(struct storm *storm, const char *format, ...)
        __attribute__((format(printf, 2, 3), noreturn));

/* storm_users.c */
void users_begin(struct storm *storm);  /* who is idle begins something */
void users_settle(struct storm *storm); /* what has ended goes into the ledgers */
bool users_idle(const struct storm *storm);
void users_check(struct storm *storm); /* all is well: every file is what it must be */

/* storm_faults.c */
void faults_begin(struct storm *storm); /* one more, or none */
void faults_tick(struct storm *storm);  /* those whose time has come end; what died starts again */
void faults_end(struct storm *storm);   /* all of them */
const char *fault_name(unsigned kind);

#endif
