/* SPDX-License-Identifier: MIT */
#ifndef T_UNIT_STORE_RIG_REAL_H
#define T_UNIT_STORE_RIG_REAL_H

#include <stddef.h>
#include "io/io.h"

/*
 * The smallest real world that a store can live in: POSIX files in a fresh temporary directory,
 * worker threads, timers, and a loop that is turned by hand.
 */
struct rig_real;

struct rig_real *rig_real_create(char *ret_dir, size_t size);
void rig_real_destroy(struct rig_real *real); /* removes the directory */
struct io *rig_real_io(struct rig_real *real);
/* One turn: timers that are due, jobs that have run; waits a little where there is nothing. */
void rig_real_step(struct rig_real *real);

#endif
