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
enum { LEDGER_FILES = 3, LEDGER_STATES = 64 };

struct content { /* world_bytes(seed, size); seed 0: no such file */
	uint64_t seed, size;
};

enum outcome { DONE, REFUSED, PERHAPS };

struct ledger {
	struct content states[LEDGER_STATES][LEDGER_FILES];
	unsigned count;
};

void ledger_init(struct ledger *ledger); /* no file is there */
/* Room for one more answer of PERHAPS? If not, read the files first. */
bool ledger_may_split(const struct ledger *ledger);
/* Each: false when no state is left that fits what was answered. */
bool ledger_put(struct ledger *ledger, unsigned file, struct content content, enum outcome outcome);
bool ledger_remove(struct ledger *ledger, unsigned file, enum outcome outcome);
bool ledger_rename(struct ledger *ledger, unsigned from, unsigned to, enum outcome outcome);
/* A read showed these bytes, or (NULL) that there is no such file. */
bool ledger_read(struct ledger *ledger, unsigned file, const void *bytes, size_t size);
bool ledger_missing(struct ledger *ledger, unsigned file);

/* "f0 = 12345 (200000 bytes), f1 is not there; or ..." into `ret`, cut where it does not fit. */
void ledger_tell(const struct ledger *ledger, char *ret, size_t size);

#endif
