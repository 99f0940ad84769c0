/* SPDX-License-Identifier: MIT */
/*
 * Calls to a master over one connection, many in flight.
 *
 *     many_calls create COUNT IN_FLIGHT DIR          create COUNT empty files DIR/f00000000...; DIR
 * is made if absent many_calls stat COUNT IN_FLIGHT DIR FILES      stat COUNT times, in turn the
 * first FILES files of DIR
 *
 * Prints calls/s, measured from the first call on a connection that is already up. One call that
 * fails ends the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "node/libdfs/handle.h"

struct load {
	struct dfs *dfs;
	enum proto_call which;
	const char *directory;
	uint64_t files, sent, came, count;
	bool over;
	int code;
	struct dfs_error err;
};

static void say_one(struct load *load);

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int die(const char *what, const struct dfs_error *err)
{
	fprintf(stderr, "many_calls: %s: %s\n", what, err->text);
	return 1;
}

static void came(void *arg, int code, const struct dfs_error *err, const void *reply)
{
	struct load *load = arg;

	(void)reply;
	if (code != 0 && !load->over) {
		load->code = code;
		load->err = *err;
	}
	if (code != 0 || ++load->came == load->count)
		load->over = true;
	say_one(load);
}

static void say_one(struct load *load)
{
	char path[4096];

	if (load->over || load->sent == load->count)
		return;
	snprintf(path, sizeof(path), "%s/f%08llu", load->directory,
	        (unsigned long long)(load->sent++ % load->files));
	if (load->which == PROTO_CALL_STAT) {
		client_call(load->dfs->client, load->which, &(struct proto_stat_args){.path = path},
		        came, load);
	} else {
		struct proto_create_args args = PROTO_CREATE_ARGS_INIT;

		args.path = path;
		client_call(load->dfs->client, load->which, &args, came, load);
	}
}

static int run(struct load *load, uint64_t in_flight)
{
	double start = now();

	for (uint64_t i = 0; i < in_flight; i++)
		say_one(load);
	loop_run_until(load->dfs->loop, &load->over);
	if (load->code != 0)
		return die(load->directory, &load->err);
	printf("%.0f\n", (double)load->count / (now() - start));
	return 0;
}

int main(int argc, char **argv)
{
	struct load load = {0};
	bool create = argc == 5 && strcmp(argv[1], "create") == 0;
	struct dfs_options options = {.size = sizeof(options), .program = "many_calls"};
	uint64_t in_flight = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	int code;

	load.count = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	load.files = create ? load.count : argc > 5 ? strtoull(argv[5], NULL, 10) : 0;
	if (load.count == 0 || in_flight == 0 || load.files == 0 ||
	        (!create && strcmp(argv[1], "stat") != 0)) {
		fprintf(stderr, "usage: many_calls create COUNT IN_FLIGHT DIR | stat COUNT "
		                "IN_FLIGHT DIR FILES\n");
		return 2;
	}
	load.which = create ? PROTO_CALL_CREATE : PROTO_CALL_STAT;
	load.directory = argv[4];
	if (dfs_open(&load.dfs, &options, &load.err) != 0)
		return die("open", &load.err);
	if (dfs_mkdir(load.dfs, load.directory, 0755, true, &load.err) != 0)
		code = die(load.directory, &load.err);
	else
		code = run(&load, in_flight);
	dfs_close(load.dfs);
	return code;
}
