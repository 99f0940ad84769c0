/* SPDX-License-Identifier: MIT */
#ifndef FAULT_RULES_H
#define FAULT_RULES_H

#include <stdint.h>

/*
 * What is to go wrong in this process, from the file that FAULTY_RULES names, one rule a line:
 *
 *     OPERATION ACTION [path=PART] [after=N] [count=N] [chance=PERCENT] [seed=N]
 *
 *     sync delay=2000                     every fdatasync takes two seconds more
 *     read fail=EIO path=0012ab.data      reads of one file fail
 *     write fail=ENOSPC after=3 count=1   the fourth write fails, half of it written, and no other
 *     rename fail=EIO chance=10 seed=7    one rename of ten
 *     step die after=17                   kill -9 just before the 18th change of the file system
 *     step power after=17                 likewise, and the power of that file system goes (ext4
 * alone)
 *
 * OPERATION is open, read, write, sync, sync_dir, truncate, rename, unlink, mkdir (io/disk.h),
 * commit (of a store), or step: everything below these that changes a file system, LMDB's commits
 * as one. PART is a part of the path; of both paths of a rename either.
 *
 * The file is looked at before each operation, so a test switches rules on and off in a running
 * process; it replaces the file by rename. Each change of it counts from 0 again. The first time
 * that a rule strikes is told on standard error: "faulty: RULE at PATH".
 *
 * Threads any. A rule that can't be read ends the process: a test that breaks nothing must not
 * pass.
 */
enum rule_operation {
	RULE_OPEN,
	RULE_READ,
	RULE_WRITE,
	RULE_SYNC,
	RULE_SYNC_DIR,
	RULE_TRUNCATE,
	RULE_RENAME,
	RULE_UNLINK,
	RULE_MKDIR,
	RULE_COMMIT,
	RULE_STEP,
	RULE_OPERATIONS,
};

/* What the rules say to one operation; does not come back where they say die. */
struct verdict {
	int error; /* 0, or a negative errno */
	unsigned delay_ms;
};

struct verdict rules_ask(enum rule_operation operation, const char *path, const char *other);
struct verdict rules_ask_fd(enum rule_operation operation, int fd);
/* As rules_ask, and has slept: 0 or a negative errno. */
int rules_obey(enum rule_operation operation, const char *path, const char *other);
int rules_obey_fd(enum rule_operation operation, int fd);

#endif
