/* SPDX-License-Identifier: MIT */
#ifndef CMD_MASTER_VERBS_H
#define CMD_MASTER_VERBS_H

/*
 * `dfs master backup`, `restore`, `accept`: argv[0] is "master". The exit code, or -1
 * where argv[1] is none of them.
 */
int master_verb_run(int argc, char **argv);

#endif
