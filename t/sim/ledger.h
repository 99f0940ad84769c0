/* SPDX-License-Identifier: MIT */
#ifndef T_SIM_LEDGER_H
#define T_SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What one user was told of his files, and so what may be there: the set of all states that fit
 * every answer so far. An answer of success moves each state; one that says "perhaps" (the master
 * was out of reach) splits it in two; what a read shows throws out the states that say otherwise.
 * When none is left, the cluster broke a promise: an acknowledged byte is gone, a removed file is
 * back, a repeated rename was done twice. One user's operations follow one another, so this is a
 * check for linearizability that needs no search.
 */
enum { LEDGER_FILES = 3, LEDGER_TRASH = 2, LEDGER_STATES = 64 };

struct content { /* world_bytes(seed, size); seed 0: no such file */
	uint64_t seed, size;
	uint64_t async; /* acknowledged so: a power cut of all its replicas may take it */
};

enum outcome { DONE, REFUSED, PERHAPS };

struct ledger_state {
	struct content files[LEDGER_FILES];
	struct content trash[LEDGER_FILES][LEDGER_TRASH]; /* by the name they had; newest first */
};

struct ledger {
	struct ledger_state states[LEDGER_STATES];
	unsigned count;
};

void ledger_init(struct ledger *ledger); /* no file is there */
/* Room for one more answer of PERHAPS? If not, read the files first. */
bool ledger_may_split(const struct ledger *ledger);
/* Each: false when no state is left that fits what was answered. */
bool ledger_put(struct ledger *ledger, unsigned file, struct content content, enum outcome outcome);
/* `kept`: into the trash, where ledger_may_keep says that there is room for it in here. */
bool ledger_remove(struct ledger *ledger, unsigned file, bool kept, enum outcome outcome);
bool ledger_may_keep(const struct ledger *ledger, unsigned file);
/* REFUSED: nothing of that name is in the trash; `taken`: refused, because the name is. */
bool ledger_undelete(struct ledger *ledger, unsigned file, enum outcome outcome, bool taken);
/* All that had this name is gone from the trash. */
bool ledger_empty(struct ledger *ledger, unsigned file, enum outcome outcome);
bool ledger_rename(struct ledger *ledger, unsigned from, unsigned to, enum outcome outcome);
/* A read showed these bytes, or (NULL) that there is no such file. */
bool ledger_read(struct ledger *ledger, unsigned file, const void *bytes, size_t size);
bool ledger_missing(struct ledger *ledger, unsigned file);

/* May it be one that was acknowledged in async mode, or is it so in some state, its trash too? */
bool ledger_may_be_async(const struct ledger *ledger, unsigned file);
/* Do both say the same of this file and its trash? */
bool ledger_agrees(const struct ledger *a, const struct ledger *b, unsigned file);

/* "f0 = 12345 (200000 bytes), f1 is not there; or ..." into `ret`, cut where it does not fit. */
void ledger_tell(const struct ledger *ledger, char *ret, size_t size);

#endif
